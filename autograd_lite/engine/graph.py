"""One recorded call, and the order in which calls are swept."""

from __future__ import annotations

import itertools
import operator
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..rules.registry import Rule, printed_name

ndarray = np.ndarray
NOTHING: dict[str, Any] = {}  # the keyword arguments of most calls

# A swept graph of at most this many numbers is kept all the same, so that it can still be drawn.
KEPT_NUMBERS = 1024
# An array of at most this many numbers is remembered whole, a larger one at some 1000 places.
WATCHED_NUMBERS = 1024

next_order = itertools.count().__next__


class Node:
    """What was called, on what, giving what.

    `args` are raw arrays; `parents[i]` is the node that made `args[i]`, or None for a constant.
    A leaf (a variable the user made) has no rule. A node never refers to a Tensor strongly, so a
    graph has no cycles and its memory returns when the last name goes.
    """

    __slots__ = ("args", "kwargs", "meta", "order", "out", "parents", "rule", "saved")

    def __init__(
        self,
        rule: Rule | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        out: Any,
        parents: tuple[Node | None, ...],
    ) -> None:
        self.rule = rule
        self.args = args
        self.kwargs = kwargs
        self.out = out
        self.parents = parents
        self.order = next_order()  # parents are always older than children
        self.meta: NodeMeta | None = None
        self.saved: tuple[tuple[int, bytes], ...] | None = None  # fingerprints: see `protect`

    def require_meta(self) -> NodeMeta:
        """The rarely used parts of a node, made when first needed."""
        if self.meta is None:
            self.meta = NodeMeta()
        return self.meta


class NodeMeta:
    """What few nodes carry: a name, a Tensor that wants the gradient, hooks, a source line."""

    __slots__ = ("hooks", "line", "name", "sink", "stepped", "swept")

    def __init__(self) -> None:
        self.name: str | None = None
        self.sink: weakref.ref[Any] | None = None
        self.hooks: list[Callable[[Any], Any]] | None = None
        self.line: str | None = None
        # the gradient that lay here when the variable's data were changed
        self.stepped: weakref.ref[Any] | None = None
        self.swept = False  # backward went through, without retain_graph


class Modes(threading.local):
    """Switches of one thread; `plain` is true while none but the usual recording is on."""

    plain = True
    grad = True  # record at all
    lines = False  # note the user's source line in every node
    anomaly = False  # stop at the first nan or inf
    depth = 0  # how many grad() calls are under way
    observer: Callable[[Node, Any], None] | None = None  # told each gradient when it is complete

    def update(self, **switches: bool) -> dict[str, bool]:
        """Set switches; return what they were."""
        before = {name: getattr(self, name) for name in switches}
        for name, value in switches.items():
            setattr(self, name, value)
        plain = self.grad and not self.lines and not self.anomaly
        if plain and not self.plain:
            not_plain.pop()
        elif self.plain and not plain:
            not_plain.append(None)
        self.plain = plain
        return before


# One entry for each thread whose switches are not the usual ones: an operator asks here first,
# which takes a tenth of the time.
not_plain: list[None] = []
modes = Modes()
_order = operator.attrgetter("order")


def reachable(root: Node, start: int = -1) -> list[Node]:
    """Return every node that `root` depends on, newest first: children before their parents.

    The walk goes on from nodes newer than number `start` only.
    """
    seen = {root}
    nodes = [root]
    for node in nodes:  # grows while it is read: a walk without recursion
        if node.order > start:
            for parent in node.parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    nodes.append(parent)
    nodes.sort(key=_order, reverse=True)
    return nodes


def release(nodes: Sequence[Node]) -> None:
    """Mark a graph as used, and unless it is small let go of its arrays."""
    if nodes[0].rule is None:
        return  # a variable is no graph that could be used up
    nodes[0].require_meta().swept = True
    numbers = 0
    for node in nodes:
        numbers += getattr(node.out, "size", KEPT_NUMBERS) or 1
        if numbers > KEPT_NUMBERS:
            nodes[0].args = nodes[0].parents = ()
            return


def protect(node: Node) -> None:
    """Remember what the arrays look like that the rule will read and somebody could write into.

    Results inside the graph are handed out read-only; what can change are constants, variables,
    and views of these.
    """
    assert node.rule is not None
    args, parents = node.args, node.parents
    saved = []
    for i in node.rule.reads(parents):
        a = args[i] if i < len(args) else None
        if type(a) is ndarray:
            parent = parents[i]
            if parent is None or parent.rule is None or a.base is not None:
                saved.append((i, fingerprint(a)))
    if saved:
        node.saved = tuple(saved)


def fingerprint(a: Any) -> bytes:
    """The bytes of a small array; of a large one, those of a grid of samples."""
    if a.size <= WATCHED_NUMBERS:
        return a.tobytes()  # type: ignore[no-any-return]
    per_axis = int(WATCHED_NUMBERS ** (1 / a.ndim))
    return a[tuple([slice(None, None, -(-n // per_axis)) for n in a.shape])].tobytes()  # type: ignore[no-any-return]


def describe(node: Node) -> str:
    """A call as an error names it: function, shapes and, if known, the user's line."""
    if node.rule is None:
        return "a variable"
    shapes = ", ".join(str(a.shape) if hasattr(a, "shape") else repr(a) for a in node.args)
    line = node.meta and node.meta.line
    return f"{printed_name(node.rule.fn)} on {shapes}" + (f" ({line})" if line else "")
