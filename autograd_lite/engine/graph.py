"""The graph: a node for each recorded call, and the order in which nodes are swept."""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..rules.registry import Rule, printed_name

if TYPE_CHECKING:
    from .tensor import Tensor

NOTHING: dict[str, Any] = {}  # the keyword arguments of most calls

# A swept graph with at most this many elements is kept, so that it can still be drawn.
KEPT_ELEMENTS = 1024

next_order = itertools.count().__next__


class Node:
    """One recorded call: the function, its arguments and its output.

    `args` are raw arrays; `parents[i]` is the node that made `args[i]`, or None for a constant.
    A leaf (a variable the user made) has no rule. A node never refers to a Tensor strongly, so a
    graph has no cycles, and its memory returns when the last name goes.
    """

    __slots__ = ("args", "kwargs", "meta", "order", "out", "parents", "rule", "saved", "swept")

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
        self.saved: list[tuple[int, bytes]] | None = None  # fingerprints: see write_guard
        self.swept = False  # a backward pass has gone through

    def require_meta(self) -> NodeMeta:
        """Return the rarely used parts of a node, made on first use."""
        if self.meta is None:
            self.meta = NodeMeta()
        return self.meta


class NodeMeta:
    """The rarely used parts of a node: a name, a Tensor to fill, hooks, a source line."""

    __slots__ = ("hooks", "line", "name", "released", "sink", "stepped")

    def __init__(self) -> None:
        self.name: str | None = None
        self.sink: weakref.ref[Any] | None = None  # the Tensor whose `grad` is filled
        self.hooks: list[Callable[[Any], Any]] | None = None
        self.line: str | None = None
        # the gradient that an update of the variable has used
        self.stepped: weakref.ref[Any] | None = None
        self.released = False  # swept without retain_graph: a second backward is refused


class Recorded:
    """An array and the node that made it: the part of a Tensor that recording needs.

    Tensor is the only subclass that is used; it says so with `results=True`, and results of
    recorded calls are then Tensors. This module and those that record calls stand below it.
    """

    __slots__ = ("__weakref__", "_data", "_grad", "_name", "_node")
    kind: ClassVar[type[Recorded]]
    _data: Any
    _grad: Any
    _name: str | None
    _node: Node | None

    def __init_subclass__(cls, results: bool = False) -> None:
        if hasattr(Recorded, "kind"):
            raise TypeError("Tensor cannot be subclassed: results of recorded calls are Tensors.")
        if results:
            Recorded.kind = cls

    def _called(self) -> str:
        """Return what an error calls it."""
        return f"the Tensor {self._name!r}" if self._name else "a Tensor"


def tensor_of(data: Any, node: Node | None) -> Tensor:
    """Return a Tensor around an array that is already there, without a copy."""
    t: Any = _new(Recorded.kind)
    t._data = data
    t._node = node
    t._name = None
    t._grad = None
    return t  # type: ignore[no-any-return]


_new = object.__new__
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


def depending(nodes: Sequence[Node], wanted: Iterable[Node]) -> set[Node]:
    """Return those of `nodes` (newest first) through which a gradient can reach one of `wanted`."""
    alive = set(wanted)
    for node in reversed(nodes):
        for parent in node.parents:
            if parent in alive:
                alive.add(node)
                break
    return alive


def is_live(node: Node) -> bool:
    """Return whether a gradient may still flow from this node to a variable.

    A swept node has had its gradient; a new call on results of a swept graph has none to lose.
    """
    walk = [node]
    seen = {node}
    for n in walk:
        if n.rule is None:
            return True
        if not n.swept:
            more = {p for p in n.parents if p is not None and p not in seen}
            seen |= more
            walk += more
    return False


def release(nodes: Sequence[Node]) -> None:
    """Mark a graph as used, and drop its arrays unless it is small."""
    if nodes[0].rule is None:
        return  # a variable is no graph that could be used up
    nodes[0].require_meta().released = True
    elements = 0
    for node in nodes:
        elements += getattr(node.out, "size", KEPT_ELEMENTS) or 1
        if elements > KEPT_ELEMENTS:
            nodes[0].args = nodes[0].parents = ()
            return


def describe(node: Node) -> str:
    """Return a call as an error names it: function, shapes and, if known, the user's line."""
    if node.rule is None:
        return "a variable"
    shapes = ", ".join(str(a.shape) if hasattr(a, "shape") else repr(a) for a in node.args)
    line = node.meta and node.meta.line
    return f"{printed_name(node.rule.fn)} on {shapes}" + (f" ({line})" if line else "")
