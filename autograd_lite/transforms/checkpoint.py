"""Time for memory: what a function computes is forgotten, and computed again on the way back.

A chain of n calls, cut into sqrt(n) checkpointed pieces, needs memory for 2 sqrt(n) arrays.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.backward import backpropagate
from ..engine.graph import Node, modes, next_order
from ..engine.record import several
from ..engine.tensor import Tensor, tensor_of
from ..errors import GraphError
from ..rules.registry import RULES, Function, primitive
from .trace import bundled, variable


def checkpoint(f: Function) -> Function:
    """The same function with a short memory: it keeps its arguments and results, nothing between.

    Arguments and results may be nested containers. Gradients reach Tensors that f reads through a
    closure too, and may be differentiated again. f must give the same values when it is called
    again on the way back.

    Raises GraphError on the way back if it does not.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).sum())(x).backward()
    >>> x.grad
    array([2., 4.])
    """

    @functools.wraps(f, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        if not modes.grad:
            return f(*args, **kwargs)
        return Checkpointed(f, args, kwargs).record()

    return call


class Checkpointed:
    """One call of a checkpointed function, and how to make it again.

    `nodes` are the calls whose results f reads: its arguments first, then what it reaches through a
    closure.
    """

    __slots__ = ("arguments", "f", "nodes", "pending")

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        inputs = [x for x in pytree.leaves((args, kwargs)) if is_tied(x)]
        self.f = f
        # By thread: the gradient that came in, and those that have not been asked for yet.
        self.pending: dict[int, tuple[Any, dict[int, Any]]] = {}
        self.nodes: list[Node] = [t._node for t in inputs]
        self.arguments = pytree.map(lambda x: _GAP if is_tied(x) else x, (args, kwargs))

    def __repr__(self) -> str:
        return getattr(self.f, "__name__", repr(self.f))

    def record(self) -> Any:
        """Call f, keep its results as those of one node, and forget how they came about."""
        again = Recomputation(self, [n.out for n in self.nodes])
        if not again.tied:
            return again.result
        self.nodes += again.older
        data = tuple([n.out for n in self.nodes])
        out = tuple([t._data for t in again.tied])
        parts = iter(
            several(Node(_RULE, data, {"checkpointed": self}, out, tuple(self.nodes)), out)
        )
        return pytree.map(lambda x: next(parts) if is_tied(x) else x, again.result)

    def gradient(self, i: int, g: Any, y: Any, arrays: Sequence[Any]) -> Any:
        """Gradient number i; all of them are computed when the first is asked for."""
        thread = threading.get_ident()
        asked, found = self.pending.get(thread, (None, {}))
        if asked is not g or i not in found:
            found = dict(enumerate(self.gradients(g, y, arrays)))
            self.pending[thread] = g, found
        d = found.pop(i)
        if not found:
            del self.pending[thread]
        return d

    def gradients(self, g: tuple[Any, ...], y: tuple[Any, ...], arrays: Sequence[Any]) -> list[Any]:
        """Call f again, and sweep through what it leaves behind; one gradient for each node."""
        n = sum([x is _GAP for x in pytree.leaves(self.arguments)])
        again = Recomputation(self, arrays[:n])
        self.compare(again, y)
        ends = again.ends + self.nodes[n:]
        lift = tensor_of if any([type(a) is Tensor for a in arrays]) else None
        found = backpropagate(again.nodes, g, lift, set(ends))
        return [
            found[end] if end in found else np.zeros_like(a)
            for end, a in zip(ends, arrays, strict=True)
        ]

    def compare(self, again: Recomputation, y: tuple[Any, ...]) -> None:
        """Raise GraphError unless f has done the same again."""
        values = [t._data for t in again.tied]
        if (
            len(values) != len(y)
            or not all(map(same, values, y))
            or set(again.older) - {*self.nodes}
        ):
            raise GraphError(
                f"checkpoint({self!r}) gave other values when it was called again on the way back. "
                f"Either it draws random numbers (draw them outside, and pass them), or something "
                f"it reads was changed in between (pass that as an argument)."
            )


class Recomputation:
    """One recomputation of a checkpointed function on new variables, and the graph it leaves."""

    __slots__ = ("ends", "nodes", "older", "result", "tied")

    def __init__(self, checkpointed: Checkpointed, inputs: Sequence[Any]) -> None:
        start = next_order()
        variables = [variable(a) for a in inputs]
        following = iter(variables)
        args, kwargs = pytree.map(
            lambda x: next(following) if x is _GAP else x, checkpointed.arguments
        )
        before = modes.update(grad=True)
        try:
            self.result = checkpointed.f(*args, **kwargs)
        finally:
            modes.update(**before)
        self.ends: list[Node] = [v._node for v in variables if v._node is not None]
        self.tied = [x for x in pytree.leaves(self.result) if is_tied(x)]
        self.nodes = reachable(bundled(self.tied), start, {*self.ends})
        self.older = [n for n in self.nodes if n.order < start]


def reachable(root: Node, start: int, ends: set[Node]) -> list[Node]:
    """Every call that `root` depends on, newest first; nothing behind `ends` or before `start`."""
    seen = {root}
    nodes = [root]
    for node in nodes:
        if node.order > start and node not in ends:
            for parent in node.parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    nodes.append(parent)
    return sorted(nodes, key=lambda n: n.order, reverse=True)


def is_tied(x: Any) -> bool:
    """Whether a gradient can flow to x."""
    return type(x) is Tensor and x._node is not None


def same(a: Any, b: Any) -> bool:
    """Whether two arrays agree to rounding (where their numbers are at hand)."""
    if not isinstance(a, np.ndarray | np.generic):
        return True
    if a.shape != b.shape:
        return False
    dtype: Any = a.dtype
    near = 1e3 * float(np.finfo(dtype).eps)
    return bool(
        np.array_equal(a, b, equal_nan=True)
        or np.allclose(a, b, rtol=near, atol=near, equal_nan=True)
    )


@primitive(variadic=lambda i, g, y, *arrays, checkpointed: checkpointed.gradient(i, g, y, arrays))
def recompute(*arrays: Any, checkpointed: Checkpointed) -> Any:
    """What a checkpointed function gives."""
    return tuple([t._data for t in Recomputation(checkpointed, arrays).tied])


_GAP = object()
_RULE = RULES[recompute]
