"""One differentiation under way: its variables, and what its results look like from outside.

`grad` may stand inside `grad`. Every call opens a Trace with variables of its own, and its sweep
goes to these only, so that no two differentiations are confused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.graph import NOTHING, Node, reachable, tensor_of
from ..engine.modes import modes
from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError
from ..rules.registry import RULES
from .argnums import Argnums, as_tuple, positions
from .pullback import Pullback, gradients_for

_SAME = RULES[np.positive]
ndarray = np.ndarray


class Trace:
    """The variables of one differentiation, and whether anything outside can reach them.

    `tied`: a variable was itself computed from other variables. `tensors`: a Tensor was passed.
    `inside`: an outer differentiation is under way. `numbers` are the positions of the arguments
    that are differentiated, `arguments` all arguments as f receives them.
    """

    __slots__ = (
        "argnums", "arguments", "inside", "numbers", "recording", "tensors", "tied", "variables",
    )  # fmt: skip

    def __enter__(self) -> Trace:
        self.variables: list[Tensor] = []
        self.tied: bool = False
        self.tensors: bool = False
        self.inside: bool = modes.depth > 0
        self.recording: bool = modes.grad
        modes.depth += 1
        if not self.recording:
            modes.update(grad=True)
        return self

    def __exit__(self, *exc: object) -> None:
        modes.depth -= 1
        if not self.recording:
            modes.update(grad=False)

    def call(
        self, f: Callable[..., Any], args: Sequence[Any], kwargs: Any, argnums: Argnums, aux: bool
    ) -> tuple[Any, Any]:
        """Call f with variables in place of the arguments to differentiate.

        Returns the result to differentiate and what else f returned, None unless `aux`.
        """
        self.argnums: Argnums = argnums
        self.numbers: list[int] = positions(argnums, len(args))
        self.arguments: list[Any] = [
            pytree.map(self.enter, a) if i in self.numbers else a for i, a in enumerate(args)
        ]
        result = f(*self.arguments, **kwargs)
        if not aux:
            return result, None
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise NotDifferentiableError(
                "with has_aux=True the function returns a pair: what to differentiate, and the "
                "rest."
            )
        return result[0], result[1]

    def enter(self, x: Any) -> Tensor:
        """Return a new variable with the value of x, tied to the history of x if it has one.

        Raises NotDifferentiableError for integers and for anything but numbers.
        """
        t = variable(x, self.recording)
        if type(x) is Tensor:
            self.tensors = True
            self.tied |= t._node is not None and t._node.rule is not None
        self.variables.append(t)
        return t

    def pullback(self, results: Sequence[Any]) -> Pullback:
        """Return the map from gradients of `results` to gradients of the variables."""
        back = Pullback(results, self.variables)
        back.lifted = self.reachable_from_outside(back.nodes)
        return back

    def moved(self) -> tuple[Any, ...]:
        """Return the arguments that are differentiated, in the order of argnums."""
        return tuple([self.arguments[i] for i in self.numbers])

    def directions(self, given: Any, called: str) -> list[Any]:
        """Return one array per variable of `moved`; raise ShapeError if `given` does not fit."""
        return gradients_for(self.moved(), as_tuple(self.argnums, given), called)

    def gradients(self, found: Iterable[Any]) -> Any:
        """Return one derivative per variable as the caller asked: in the arguments' structure."""
        following = iter(found)
        parts = {
            i: pytree.map(lambda _: self.leave(next(following)), self.arguments[i])
            for i in sorted({*self.numbers})
        }
        if isinstance(self.argnums, Sequence):
            return tuple([parts[i] for i in self.numbers])
        return parts[self.numbers[0]]

    def reachable_from_outside(self, nodes: Iterable[Node]) -> bool:
        """Return whether an outer derivative, or the user's, may pass through these calls."""
        if self.tied:
            return True
        if not self.recording or not (self.inside or self.tensors):
            return False
        own = {v._node for v in self.variables}
        return any([not n.parents and n not in own for n in nodes])

    def leave(self, d: Any) -> Any:
        """Return a derivative as the caller receives it: an array if arrays were passed."""
        if type(d) is Tensor:
            if d._node is not None or self.tensors:
                return d
            d = d._data
        elif type(d) is ndarray and not self.tensors:
            return d
        if isinstance(d, np.generic):
            d = np.asarray(d)
        return tensor_of(d, None) if self.tensors else d

    def outside(self, tree: Any, copy: bool = False) -> Any:
        """Unwrap the result of f; keep Tensors if one was passed or an outer trace needs them.

        `copy` is for a graph that will be used again: nobody else can then write into its arrays.
        """

        def one(v: Any) -> Any:
            if type(v) is not Tensor:
                return v
            may_matter = v._node is not None and (self.tied or self.inside or self.tensors)
            if may_matter and self.reachable_from_outside(reachable(v._node)):  # type: ignore[arg-type]
                return v
            data = np.copy(v._data) if copy else v._data
            if self.tensors:
                return tensor_of(data, None)
            return np.asarray(data) if isinstance(data, np.generic) else data

        return pytree.map(one, tree)


def variable(x: Any, tie: bool = True) -> Tensor:
    """Return a new variable with the value of x, tied to the history of x if it has one.

    Raises NotDifferentiableError for integers and for anything but numbers.
    """
    if type(x) is ndarray and x.dtype.kind in "fc" and x.shape:
        return tensor_of(x, Node(None, (), NOTHING, x, ()))
    data = x._data if type(x) is Tensor else x
    if type(x) is Tensor and x._node is not None and tie:
        return tensor_of(data, Node(_SAME, (data,), {}, data, (x._node,)))
    if not hasattr(data, "__array_function__") or isinstance(data, np.generic):
        data = np.asarray(data, dtype=float if type(data) is int else None)
        if data.dtype.kind not in "fciub":
            raise NotDifferentiableError(
                f"cannot differentiate with respect to a {type(x).__name__}: parameters are "
                f"floating numbers, arrays, and dicts, lists and tuples of them. The fields of an "
                f"object are the dict vars(x); what else the function needs goes into an argument "
                f"of its own."
            )
    if not data.shape and isinstance(data, np.ndarray):
        data = data[()]  # NumPy computes with its scalars faster than with arrays of one element
    if data.dtype.kind not in "fc":
        raise NotDifferentiableError(
            f"cannot differentiate with respect to an array of type {data.dtype}; pass floating "
            f"numbers, for example x.astype(float)."
        )
    t = tensor_of(data, Node(None, (), {}, data, ()))
    if type(x) is Tensor and x._name:
        t.name = x._name
    return t


def array_of(x: Any) -> Any:
    """Return the array in a Tensor, or x as an array; duck arrays stay as they are."""
    if type(x) is Tensor:
        return x._data
    return x if hasattr(x, "__array_function__") else np.asarray(x)


def require_scalar(value: Any, transform: str) -> None:
    """Raise NotDifferentiableError unless `value` is one real number."""
    data = value._data if type(value) is Tensor else value
    if type(data) is np.float64:  # the usual case
        return
    returned = f"{transform} needs a function that returns a scalar; this one returned"
    if data is None:
        raise NotDifferentiableError(f"{returned} nothing. Is its `return` missing?")
    if isinstance(data, dict | tuple | list):
        raise NotDifferentiableError(
            f"{returned} a {type(data).__name__} of {len(data)}. For a scalar and something else, "
            f"pass has_aux=True; for several results use vjp or jacobian."
        )
    if math.prod(np.shape(data)) != 1:
        raise NotDifferentiableError(
            f"{returned} shape {np.shape(data)}. Sum it, or use jacobian or elementwise_grad."
        )
    kind = data.dtype.kind if hasattr(data, "dtype") else np.asarray(data).dtype.kind
    if kind not in ("f" if type(value) is Tensor and value._node is not None else "fiub"):
        what = data.dtype if hasattr(data, "dtype") else type(data).__name__
        raise NotDifferentiableError(
            f"{transform} needs a function that returns a real number; this one returned type "
            f"{what}. Take np.real, np.imag or np.abs of a complex number; or use vjp or jacobian."
        )
