"""The backward pass: the chain rule, the only place that adds gradients and undoes broadcasting."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from ..errors import GraphError, ShapeError
from ..rules.devices import beside, foreign, lazy
from ..rules.indexing import getitem, scatter_into
from ..rules.registry import RULES, primitive
from . import hooks
from .graph import NOTHING, Node, depending, describe
from .modes import check_finite, modes
from .nan_repair import has_nan, repaired
from .write_guard import check_unwritten

float64 = np.float64
_ONE = float64(1)
ndarray = np.ndarray

Lift = Callable[[Any, Node], Any]


@primitive(lambda g, y, parts, i: None)
def pick(parts: tuple[Any, ...], i: int) -> Any:
    """Return output number i of a call that returns several; the sweep itself is its rule."""
    return parts[i]


PICK = RULES[pick]
GETITEM = RULES[getitem]
_BY_PASS_ON = (PICK, GETITEM)


def backpropagate(
    nodes: list[Node], g: Any, lift: Lift | None = None, wanted: Collection[Node] | None = None
) -> dict[Node, Any]:
    """Return the gradients of `sweep`; if one holds a nan, sweep again with nan repaired.

    Lazy arrays cannot be inspected, so the repairs are made at once.
    """
    if type(g) is not float64 and lazy(g):
        return sweep(nodes, g, lift, wanted, repair=True)
    with np.errstate(all="ignore"):  # the caller sees the gradient, not its intermediate steps
        if (
            lift is None
            and modes.plain
            and modes.observer is None
            and ends_at_leaves(nodes, wanted)
        ):
            found = lean_sweep(nodes, g)
        else:
            found = sweep(nodes, g, lift, wanted)
        if any([has_nan(d) for d in found.values()]):
            found = sweep(nodes, g, lift, wanted, repair=True)
    return found


def sweep(
    nodes: list[Node],
    g: Any,
    lift: Lift | None = None,
    wanted: Collection[Node] | None = None,
    repair: bool = False,
) -> dict[Node, Any]:
    """Send the gradient `g` of nodes[0] back through the graph, newest call first.

    Returns the gradient of every leaf and of every node that asked for it, or of `wanted` alone.
    Rules get raw arrays, or what `lift(array, node)` makes of them (Tensors, for derivatives of
    derivatives). `repair` makes zero times infinity zero: see nan_repair.
    """
    alive = None if ends_at_leaves(nodes, wanted) else depending(nodes, wanted or ())
    grads: dict[Node, Any] = {nodes[0]: g}
    found: dict[Node, Any] = {}
    owned: set[Node] = set()  # nodes whose gradient is a buffer for pieces
    observer = modes.observer
    for node in nodes:
        g = grads.pop(node, None)
        if g is None:
            continue
        if node.meta is not None:
            g = arrive(g, node, found)
        if observer is not None:
            observer(node, g)
        if node.rule is None or (wanted is not None and node in wanted):
            found[node] = g  # an independent variable: stop
        else:
            pass_on(node, g, grads, owned, lift, alive, repair)
    return found


def pass_on(
    node: Node,
    g: Any,
    grads: dict[Node, Any],
    owned: set[Node],
    lift: Lift | None = None,
    alive: set[Node] | None = None,
    repair: bool = False,
) -> None:
    """Apply the chain rule to one call: add to the gradients of its parents."""
    rule, parents = node.rule, node.parents
    assert rule is not None
    node.swept = True
    if node.saved is not None:
        check_unwritten(node)
    if rule is PICK:
        wait_for_others(node, g, grads)
        return
    args, y = node.args, node.out
    if lift is not None or type(y) is tuple:
        args, y, g = operands(node, g, lift)
    elif rule is GETITEM and add_piece(node, g, grads, owned, alive):
        return
    vjps = rule.vjps if rule.plain else rule.vjps_for(parents)
    for vjp, parent, a in zip(vjps, parents, node.args):  # noqa: B905 (strict= takes time)
        if parent is None or (alive is not None and parent not in alive):
            continue
        d = vjp(g, y, *args, **node.kwargs)
        d = fit(d, g, a, node, parent, repair)
        if modes.anomaly:
            check_finite(d, node)
        earlier = grads.get(parent)
        grads[parent] = d if earlier is None else earlier + d


def lean_sweep(nodes: list[Node], g: Any) -> dict[Node, Any]:
    """Do what `sweep` does for first-order gradients of all leaves, in a fifth less time.

    Calls of one or two arrays, which most are, are spelled out; `pass_on` handles the others. `fit`
    is called only if it has something to do.
    """
    grads: dict[Node, Any] = {nodes[0]: g}
    found: dict[Node, Any] = {}
    owned: set[Node] = set()
    take, so_far = grads.pop, grads.get
    for node in nodes:
        g = take(node, None)
        if g is None:
            continue
        rule, meta = node.rule, node.meta
        if meta is not None and (rule is not None or meta.hooks is not None):
            g = arrive(g, node, found)
        if rule is None:
            found[node] = g
            continue
        args, y = node.args, node.out
        n = len(args)
        if n > 2 or node.kwargs or rule in _BY_PASS_ON or not rule.plain or type(y) is tuple:
            pass_on(node, g, grads, owned)
            continue
        node.swept = True
        if node.saved is not None:
            check_unwritten(node)
        a, p = args[0], node.parents[0]
        vjps: Any = rule.vjps
        if p is not None:
            d = vjps[0](g, y, a, args[1]) if n == 2 else vjps[0](g, y, a)
            if type(d) is ndarray:
                if (
                    d.shape != a.shape
                    or d.dtype is not a.dtype
                    or (p.rule is None and (d is g or d.base is not None))
                ):
                    d = fit(d, g, a, node, p)
            elif type(d) is not float64 or type(a) is not float64:
                d = fit(d, g, a, node, p)
            earlier = so_far(p)
            grads[p] = d if earlier is None else earlier + d
        if n == 2 and (q := node.parents[1]) is not None:
            b = args[1]
            d = vjps[1](g, y, a, b)
            if type(d) is ndarray:
                if (
                    d.shape != b.shape
                    or d.dtype is not b.dtype
                    or (q.rule is None and (d is g or d.base is not None))
                ):
                    d = fit(d, g, b, node, q)
            elif type(d) is not float64 or type(b) is not float64:
                d = fit(d, g, b, node, q)
            earlier = so_far(q)
            grads[q] = d if earlier is None else earlier + d
    return found


def ends_at_leaves(nodes: list[Node], wanted: Collection[Node] | None) -> bool:
    """Return whether the gradients of all leaves are wanted, and of no other nodes."""
    if wanted is None:
        return True
    leaves = [n for n in nodes if n.rule is None]
    return len(leaves) == len(wanted) and all([n in wanted for n in leaves])


def fit(d: Any, g: Any, a: Any, node: Node, parent: Node, repair: bool = False) -> Any:
    """Return the gradient `d` in the shape and dtype of the input `a` it belongs to.

    The gradient of a leaf shares no memory with another array.
    """
    if not hasattr(d, "shape"):
        d = beside(a, d)
    if repair and node.rule is not None:
        d = repaired(d, g, a, node.out, node.rule.elementwise, parent.rule is not None)
    if d.shape != a.shape:
        if d.size == a.size * a.size:
            hooks.outer_broadcast(node, a)
        d = unbroadcast(d, a.shape)
    if d.dtype is not a.dtype and d.dtype != a.dtype:
        d = cast(d, a.dtype)
    if parent.rule is None and (d is g or getattr(d, "base", None) is not None):
        d = +d  # d + 0 would lose the sign of a zero
    return d


def unbroadcast(d: Any, shape: tuple[int, ...]) -> Any:
    """Sum `d` over the axes along which an operand of this `shape` was repeated."""
    axes = repeated_axes(d.shape, shape)
    if axes is None:  # a rule may return one element if all are equal
        return np.broadcast_to(d, shape)
    if type(d) is ndarray:
        d = np.add.reduce(d, axes, keepdims=True)
    else:
        d = np.sum(d, axis=axes, keepdims=True)
    return d if d.shape == shape else d.reshape(shape)


@functools.lru_cache(maxsize=1024)
def repeated_axes(big: tuple[int, ...], small: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the axes along which broadcasting repeated `small`; None if `small` is the bigger.

    >>> repeated_axes((5, 4, 3), (4, 1))
    (0, 2)
    """
    extra = len(big) - len(small)
    if extra < 0 or any(n not in (1, m) for n, m in zip(small, big[extra:], strict=True)):
        return None
    return (*range(extra), *(i + extra for i, n in enumerate(small) if n == 1 != big[i + extra]))


def cast(d: Any, dtype: Any) -> Any:
    """Return the gradient in the dtype of its input; the real part if the input is real."""
    if d.dtype.kind == "c" and dtype.kind != "c":
        d = np.real(d)
    return d.astype(dtype)


def arrive(g: Any, node: Node, found: dict[Node, Any]) -> Any:
    """Return a complete gradient after the node's hooks; store it if a Tensor asked for it."""
    meta = node.meta
    assert meta is not None
    if meta.released:
        raise GraphError(
            f"backward a second time through the same graph, which contains {describe(node)}. Run "
            f"the forward pass again, or call the first backward with retain_graph=True."
        )
    for hook in meta.hooks or ():
        changed = hook(g)
        if changed is not None:
            if changed.shape != g.shape:
                raise ShapeError(
                    f"a hook returned shape {changed.shape} for a gradient of shape {g.shape}."
                )
            g = changed
    if meta.sink is not None:
        found[node] = g
    return g


# Calls with several outputs, and pieces of one array


def wait_for_others(node: Node, g: Any, grads: dict[Node, Any]) -> None:
    """Store one output's gradient until those of the other outputs arrive."""
    parts, i = node.args
    parent = node.parents[0]
    assert parent is not None
    waiting = grads.setdefault(parent, [None] * len(parts))
    waiting[i] = g if waiting[i] is None else waiting[i] + g


def operands(node: Node, g: Any, lift: Lift | None) -> tuple[tuple[Any, ...], Any, Any]:
    """Return arguments, output and gradient of a call in the form that its rule takes."""
    args, y = node.args, node.out
    if type(y) is tuple:
        sparse = node.rule is not None and node.rule.sparse
        g = tuple(
            np.zeros_like(o) if p is None and not sparse else p for p, o in zip(g, y, strict=True)
        )
    if lift is not None:
        args = tuple(
            a if p is None else lift(a, p) for a, p in zip(args, node.parents, strict=True)
        )
        y = lift(y, node) if type(y) is not tuple else lift_outputs(y, node, lift)
    return args, y, g


def lift_outputs(y: tuple[Any, ...], node: Node, lift: Lift) -> tuple[Any, ...]:
    """Return the outputs of a call that returns several, each tied to its position."""
    return tuple(
        lift(o, Node(PICK, (y, i), NOTHING, o, (node, None))) if o.dtype.kind in "fc" else o
        for i, o in enumerate(y)
    )


def add_piece(
    node: Node, g: Any, grads: dict[Node, Any], owned: set[Node], alive: set[Node] | None
) -> bool:
    """Add the gradient of x[index] in place to one buffer for x; return whether that was possible.

    A loop over the n elements of an array then costs n, not n * n.
    """
    (a, index), parent = node.args, node.parents[0]
    if parent is None or type(a) is not ndarray or not a.shape or a.dtype != g.dtype:
        return False
    if alive is not None and parent not in alive:
        return True
    if parent not in owned:
        owned.add(parent)
        buffer = np.zeros(a.shape, g.dtype)
        grads[parent] = buffer + grads[parent] if parent in grads else buffer
    scatter_into(grads[parent], index, g)
    return True


def seed(y: Any) -> Any:
    """Return the gradient of `y` with respect to itself: ones of its kind, on its device."""
    if type(y) is float64:
        return _ONE
    if not y.shape and not foreign(y):
        return y.dtype.type(1)  # computes faster than an array of one element
    return np.ones_like(y)
