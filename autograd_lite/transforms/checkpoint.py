"""Gradient checkpointing: drop intermediates, and recompute them in the backward pass.

A chain of n calls, cut into sqrt(n) checkpointed pieces, needs memory for 2 sqrt(n) arrays.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .. import pytree
from ..engine.backward import backpropagate
from ..engine.graph import Node, next_order, reachable, tensor_of
from ..engine.modes import modes
from ..engine.record import result
from ..engine.tensor import Tensor
from ..errors import GraphError
from ..rules.registry import RULES, Function, primitive
from .pullback import bundled
from .trace import variable

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """Return f with a short memory: it keeps its arguments and results, nothing between.

    Gradients also reach Tensors that f reads through a closure, and may be differentiated again.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested dicts, lists and tuples of them. It must return the same
        values when it is called again in the backward pass.

    Returns
    -------
    callable
        Takes the arguments of f and returns its results.

    Raises
    ------
    GraphError
        In the backward pass, if f returns other values than before.

    References
    ----------
    T. Chen, B. Xu, C. Zhang, C. Guestrin, Training Deep Nets with Sublinear Memory Cost (2016).

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).sum())(x).backward()
    >>> x.grad
    array([2., 4.])
    """

    @functools.wraps(f, updated=())
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not modes.grad:
            return f(*args, **kwargs)
        result: R = Checkpointed(f, args, kwargs).record()
        return result

    return call


class Checkpointed:
    """One call of a checkpointed function, with all that is needed to repeat it.

    `nodes` made the arrays that f reads: first its arguments, then what it reaches by closure.
    """

    __slots__ = ("arguments", "f", "nodes", "pending")

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        inputs = [x for x in pytree.leaves((args, kwargs)) if is_tied(x)]
        self.f: Function = f
        # By thread: the incoming gradient, and the gradients not asked for yet.
        self.pending: dict[int, tuple[Any, dict[int, Any]]] = {}
        self.nodes: list[Node] = [t._node for t in inputs]
        self.arguments: Any = pytree.map(lambda x: _GAP if is_tied(x) else x, (args, kwargs))

    def __repr__(self) -> str:
        return getattr(self.f, "__name__", repr(self.f))

    def record(self) -> Any:
        """Call f, record its results as those of one node, and forget its intermediates."""
        again = Recomputation(self, [n.out for n in self.nodes])
        if not again.tied:
            return again.result
        self.nodes += again.closure
        data = tuple([n.out for n in self.nodes])
        out = tuple([t._data for t in again.tied])
        parts = iter(result(_RULE, data, {"checkpointed": self}, out, tuple(self.nodes)))
        return pytree.map(lambda x: next(parts) if is_tied(x) else x, again.result)

    def gradient(self, i: int, g: Any, y: Any, arrays: Sequence[Any]) -> Any:
        """Return gradient number i; the first call computes all of them."""
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
        """Call f again and sweep its graph; return one gradient per node."""
        n = sum([x is _GAP for x in pytree.leaves(self.arguments)])
        again = Recomputation(self, arrays[:n])
        self.require_same(again, y)
        ends = again.ends + self.nodes[n:]
        lift = tensor_of if any([type(a) is Tensor for a in arrays]) else None
        found = backpropagate(again.nodes, g, lift, set(ends))
        return [
            found[end] if end in found else np.zeros_like(a)
            for end, a in zip(ends, arrays, strict=True)
        ]

    def require_same(self, again: Recomputation, y: tuple[Any, ...]) -> None:
        """Raise GraphError unless f returned the same again."""
        values = [t._data for t in again.tied]
        if (
            len(values) != len(y)
            or not all(map(same, values, y))
            or set(again.closure) - {*self.nodes}
        ):
            raise GraphError(
                f"checkpoint({self!r}) returned other values when it was called again in the "
                f"backward pass. Either it draws random numbers (draw them outside, and pass "
                f"them), or something it reads was changed in between (pass that as an argument)."
            )


class Recomputation:
    """One call of a checkpointed function on new variables, and the graph that it leaves.

    `ends` are the variables' nodes, `closure` the older nodes that f reached by itself.
    """

    __slots__ = ("closure", "ends", "nodes", "result", "tied")

    def __init__(self, checkpointed: Checkpointed, inputs: Sequence[Any]) -> None:
        variables = [variable(a) for a in inputs]
        start = next_order()
        following = iter(variables)
        args, kwargs = pytree.map(
            lambda x: next(following) if x is _GAP else x, checkpointed.arguments
        )
        before = modes.update(grad=True)
        try:
            self.result: Any = checkpointed.f(*args, **kwargs)
        finally:
            modes.update(**before)
        self.ends: list[Node] = [v._node for v in variables if v._node is not None]
        self.tied: list[Tensor] = [x for x in pytree.leaves(self.result) if is_tied(x)]
        self.nodes: list[Node] = reachable(bundled(self.tied), start)
        own = {*self.ends}
        self.closure: list[Node] = [n for n in self.nodes if n.order < start and n not in own]


def is_tied(x: Any) -> bool:
    """Return whether a gradient can flow to x."""
    return type(x) is Tensor and x._node is not None


def same(a: Any, b: Any) -> bool:
    """Return whether two arrays agree to rounding; True if their elements cannot be read."""
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
    """Return the results of a checkpointed function."""
    return tuple([t._data for t in Recomputation(checkpointed, arrays).tied])


_GAP = object()
_RULE = RULES[recompute]
