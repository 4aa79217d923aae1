"""The sweep of a graph that comes by again and again, as it does in a training loop.

Where the calls are the same, so is all that `sweep` decides: the order, which rules are asked,
where gradients meet. After some rounds that is written down as two functions in straight-line
Python. For J = np.sum(W @ X) they say:

    def match(n0):                                 def replay(nodes, g0):
        if n0.rule is not r0 ...: return None          n0, n1, n2 = nodes
        n1, = n0.parents                               y = n0.out; a0, = n0.args
        if n1.rule is not r1 ...: return None          g1 = v0[0](g0, y, a0)
        n2, p1 = n1.parents                            if ... g1.shape != a0.shape: g1 = fit(...)
        if p1 is not None: return None                 y = n1.out; a0, a1 = n1.args
        if n2.rule is not None ...: return None        g2 = v1[0](g1, y, a0, a1)
        if n0.order > n1.order > n2.order:             ...
            return n0, n1, n2                          return {n2: g2}, ...

`match` knows the graph again, call by call, and `replay` does what the sweep would have done: the
same operations on the same numbers, without looking anything up. A graph with anything unusual in
it (a hook, a named result, several outputs of one call, arrays of another kind) is swept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..rules.registry import Rule
from .backward import GETITEM, Lift, backpropagate, check_unwritten, fit
from .graph import Node, modes, reachable

ROUNDS = 32  # sweeps before a plan is made: it costs as much as it saves in 70
LARGEST = 128  # calls and variables: a plan for more takes long, and is worth less
KEPT = 8  # plans for graphs that end in the same function

_ARRAYS = frozenset((np.ndarray, np.float64))


class Plan(NamedTuple):
    """A graph that is known, and its sweep."""

    match: Callable[[Node], tuple[Node, ...] | None]
    replay: Callable[[tuple[Node, ...], Any], tuple[dict[Node, Any], bool]]
    leaves: tuple[int, ...]


_plans: dict[Rule | None, list[Plan]] = {}
_rounds: dict[tuple[Rule | None, ...], int] = {}


def sweep_or_replay(
    root: Node,
    g: Any,
    lift: Lift | None = None,
    wanted: Collection[Node] | None = None,
    nodes: list[Node] | None = None,
) -> tuple[Sequence[Node], dict[Node, Any]]:
    """The graph under `root`, newest call first, and what `backpropagate` finds in it."""
    known = None
    usual = lift is None and modes.plain and modes.observer is None and type(g) in _ARRAYS
    for match, replay, leaves in (_plans.get(root.rule) or ()) if usual else ():
        known = match(root)
        if known is not None:
            if wanted is not None and {known[i] for i in leaves} != wanted:
                break
            found, right = replay(known, g)
            if right:
                return known, found
            break
    if nodes is None:
        nodes = reachable(root)
    if usual and known is None and len(nodes) <= LARGEST:
        notice(nodes)
    return nodes, backpropagate(nodes, g, lift, wanted)


def notice(nodes: list[Node]) -> None:
    """Count a graph that was swept, and make a plan when it has come often enough."""
    rules = tuple([n.rule for n in nodes])
    if len(_rounds) > 1000:  # each graph is another one: start anew
        _rounds.clear()
    _rounds[rules] = rounds = _rounds.get(rules, 0) + 1
    # At every power of two: what no plan ever fits is written down ever less often.
    if rounds >= ROUNDS and rounds & (rounds - 1) == 0:
        number = {n: i for i, n in enumerate(nodes)}
        if all([is_usual(n, number) for n in nodes]):
            earlier = _plans.get(rules[0], [])
            _plans[rules[0]] = [plan(nodes, number), *earlier[: KEPT - 1]]


def is_usual(n: Node, number: dict[Node, int]) -> bool:
    """Whether a plan may hold such a call, or variable."""
    if type(n.out) not in _ARRAYS:
        return False
    if n.rule is None:
        return True
    if n.meta is not None or not n.rule.plain or n.rule is GETITEM:
        return False
    vjps = (*n.rule.vjps, *[None] * len(n.parents))
    return all([p is None or (v and p in number) for v, p in zip(vjps, n.parents, strict=False)])


def plan(nodes: list[Node], number: dict[Node, int]) -> Plan:
    """The plan of a graph whose calls have these numbers, the newest first."""
    names: dict[str, Any] = {
        "ndarray": np.ndarray, "float64": np.float64, "errstate": np.errstate, "nan": np.nan,
        "fit": fit, "check_unwritten": check_unwritten,
    }  # fmt: skip
    for i, n in enumerate(nodes):
        if n.rule is not None:
            names |= {f"r{i}": n.rule, f"v{i}": n.rule.vjps}
    source = "\n".join([*matching(nodes, number), *replaying(nodes, number)])
    exec(compile(source, f"{__file__}, a plan", "exec"), names)
    leaves = tuple([i for i, n in enumerate(nodes) if n.rule is None])
    return Plan(names.pop("match"), names.pop("replay"), leaves)  # no cycle of names and functions


def matching(nodes: list[Node], number: dict[Node, int]) -> Iterator[str]:
    """The source of `match`."""
    yield "def match(n0):"
    yield "    try:"
    bound = {nodes[0]}
    rules = set()
    for i, n in enumerate(nodes):
        if n.rule is None:
            yield f"        if n{i}.rule is not None: return None"
            yield f"        if n{i}.meta is not None and n{i}.meta.hooks: return None"
            continue
        other = [f"n{i}.rule is not r{i}", f"n{i}.meta is not None"]
        other.append(f"{'not ' if n.kwargs else ''}n{i}.kwargs")
        if n.rule not in rules:  # its derivative may have been replaced
            rules.add(n.rule)
            other.append(f"r{i}.vjps is not v{i}")
        yield f"        if {' or '.join(other)}: return None"
        names, other = [], []
        for k, p in enumerate(n.parents):
            if p is not None and p not in bound:
                bound.add(p)
                names.append(f"n{number[p]}")
            else:
                names.append(f"p{k}")
                other.append(f"p{k} is not {None if p is None else f'n{number[p]}'}")
        yield f"        {', '.join(names)}, = n{i}.parents"
        if other:
            yield f"        if {' or '.join(other)}: return None"
    every = [f"n{i}" for i in range(len(nodes))]
    # So they are different ones, and would be swept in this order.
    yield f"        if {' > '.join([f'{n}.order' for n in every])}:"
    yield f"            return {', '.join(every)},"
    yield "    except (AttributeError, ValueError): pass  # a constant, or fewer arguments"
    yield "    return None"


def replaying(nodes: list[Node], number: dict[Node, int]) -> Iterator[str]:
    """The source of `replay`, which does what `backward.sweep` does, in its order."""
    yield "@errstate(all='ignore')"
    yield "def replay(nodes, g0):"
    yield f"    {', '.join([f'n{i}' for i in range(len(nodes))])}, = nodes"
    reached = {nodes[0]}
    for i, n in enumerate(nodes):
        if n.rule is None:
            continue
        args = ", ".join([f"a{k}" for k in range(len(n.args))])
        options = f", **n{i}.kwargs" if n.kwargs else ""
        yield f"    if n{i}.saved is not None: check_unwritten(n{i})"
        yield f"    y = n{i}.out; {args}, = n{i}.args"
        for k, p in enumerate(n.parents):
            if p is None:
                continue
            j = number[p]
            d = "d" if p in reached else f"g{j}"
            yield f"    {d} = v{i}[{k}](g{i}, y, {args}{options})"
            yield f"    if {unfit(d, f'g{i}', f'a{k}', n.args[k], p)}: " + (
                f"{d} = fit({d}, g{i}, a{k}, n{i}, False, n{j})"
            )
            if p in reached:
                yield f"    g{j} = g{j} + d; d = None"
            reached.add(p)
        yield f"    g{i} = None"  # its memory is needed
    leaves = {f"n{i}": f"g{i}" for i, n in enumerate(nodes) if n.rule is None}
    # argmax finds a nan first; where one comes out, `backpropagate` has more to do
    largest = [f"{g}.item({g}.argmax())" for g in leaves.values()]
    yield f"    try: sum = {' + '.join(largest)}"
    yield "    except ValueError: sum = nan  # an empty array"
    yield f"    return {{{', '.join([f'{n}: {g}' for n, g in leaves.items()])}}}, sum == sum"


def unfit(d: str, g: str, a: str, array: Any, parent: Node) -> str:
    """The condition on which `fit` has something to do, for an argument like this array."""
    if type(array) is not np.ndarray:
        return f"type({d}) is not float64 or type({a}) is not float64"
    shared = f" or {d} is {g} or {d}.base is not None" if parent.rule is None else ""
    return (
        f"type({d}) is not ndarray or {d}.shape != {a}.shape or {d}.dtype is not {a}.dtype{shared}"
    )
