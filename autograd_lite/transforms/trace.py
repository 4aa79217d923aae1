"""One differentiation under way: its variables, its graph, and the linear map that leads back.

`grad` may stand inside `grad`. Every call opens a Trace with variables of its own, and a sweep goes
to these only, so the levels cannot be confused.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.backward import depending
from ..engine.graph import NOTHING, Node, modes, reachable
from ..engine.replay import sweep_or_replay
from ..engine.tensor import Tensor, tensor_of
from ..errors import NotDifferentiableError, ShapeError
from ..rules.devices import in_type_of
from ..rules.registry import RULES, primitive

Argnums = int | Sequence[int]


@primitive(variadic=lambda i, g, y, *arrays: g[i])
def bundle(*arrays: Any) -> tuple[Any, ...]:
    """Several results as one, so that a single sweep starts from all of them."""
    return arrays


_BUNDLE = RULES[bundle]
_SAME = RULES[np.positive]
ndarray = np.ndarray


class Trace:
    """The variables of one differentiation, and whether something outside can reach into it.

    `tied`: a variable is itself computed from others. `tensors`: a Tensor went in. `inside`:
    another differentiation is under way around this one.
    """

    __slots__ = ("inside", "recording", "tensors", "tied", "variables")

    def __enter__(self) -> Trace:
        self.variables: list[Tensor] = []
        self.tied = self.tensors = False
        self.inside = modes.depth > 0
        self.recording = modes.grad
        modes.depth += 1
        if not self.recording:
            modes.update(grad=True)
        return self

    def __exit__(self, *exc: object) -> None:
        modes.depth -= 1
        if not self.recording:
            modes.update(grad=False)

    def enter_arguments(self, args: tuple[Any, ...], numbers: Sequence[int]) -> list[Any]:
        """The arguments, those of these numbers with a variable in place of every array."""
        return [pytree.map(self.enter, a) if i in numbers else a for i, a in enumerate(args)]

    def enter(self, x: Any) -> Tensor:
        """A new variable with x's value, tied to x's own history where it has one.

        Raises NotDifferentiableError for integers and for what is no number.
        """
        t = variable(x, self.recording)
        if type(x) is Tensor:
            self.tensors = True
            self.tied |= t._node is not None and t._node.rule is not None
        self.variables.append(t)
        return t

    def pullback(self, results: Sequence[Any]) -> Pullback:
        """The way from gradients of `results` back to the variables of this trace."""
        back = Pullback(results, self.variables)
        back.lifted = self.reachable_from_outside(back.nodes)
        return back

    def reachable_from_outside(self, nodes: Iterable[Node]) -> bool:
        """Whether an outer derivative, or the user's, may pass through these calls."""
        if self.tied:
            return True
        if not self.recording or not (self.inside or self.tensors):
            return False
        own = {v._node for v in self.variables}
        return any([not n.parents and n not in own for n in nodes])

    def leave(self, d: Any) -> Any:
        """A derivative as the caller gets it: an array where arrays went in."""
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
        """What f returned as the caller gets it: Tensors where one went in, or a graph matters.

        `copy` is for a graph that will be used again: nobody else can then write into its arrays.
        """

        def one(v: Any) -> Any:
            if type(v) is not Tensor:
                return v
            may_matter = v._node is not None and (self.tied or self.inside or self.tensors)
            if may_matter and self.reachable_from_outside(reachable(v._node)):  # type: ignore[arg-type]
                return v
            data = v._data + 0 if copy else v._data
            if self.tensors:
                return tensor_of(data, None)
            return np.asarray(data) if isinstance(data, np.generic) else data

        return pytree.map(one, tree)


def variable(x: Any, tie: bool = True) -> Tensor:
    """A new variable with x's value, tied to x's own history where it has one.

    Raises NotDifferentiableError for integers and for what is no number.
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
        data = data[()]  # NumPy's scalars compute much faster than arrays of one number
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
    """The array in a Tensor, or x as an array; arrays of other kinds stay what they are."""
    if type(x) is Tensor:
        return x._data
    return x if hasattr(x, "__array_function__") else np.asarray(x)


def bundled(results: Sequence[Tensor]) -> Node:
    """A node from which one sweep reaches all results; it takes a tuple of their gradients."""
    data = tuple([r._data for r in results])
    return Node(_BUNDLE, data, {}, data, tuple([r._node for r in results]))


class Pullback:
    """The transposed Jacobian of one recorded computation; it may be applied any number of times.

    `lifted`: the gradients it gives remember how they were computed. `complete`: the last sweep
    came to every variable.
    """

    __slots__ = ("complete", "lifted", "nodes", "tied", "variables", "wanted")

    def __init__(
        self, results: Sequence[Any], variables: Sequence[Tensor], lifted: bool = False
    ) -> None:
        self.variables = variables
        self.lifted = lifted
        self.wanted = {v._node for v in variables if v._node is not None}
        self.tied = [i for i, r in enumerate(results) if type(r) is Tensor and r._node is not None]
        roots = [results[i] for i in self.tied]
        self.nodes: list[Node] = []
        if len(roots) == 1:
            self.nodes = reachable(roots[0]._node)
        elif roots:
            self.nodes = reachable(bundled(roots))

    def prune(self) -> Pullback:
        """Itself, without the calls through which no gradient reaches a variable."""
        alive = depending(self.nodes, self.wanted)
        reaches = bool(self.nodes) and self.nodes[0] in alive
        self.nodes = [n for n in self.nodes if n in alive] if reaches else []
        return self

    def __call__(self, gradients: Sequence[Any]) -> list[Any]:
        """The gradient of every variable, zeros where the results do not depend on it.

        One gradient for each result, of its shape and type; those of constants are not read.
        """
        found: dict[Any, Any] = {}
        if self.nodes:
            given = [gradients[i] for i in self.tied]
            lift = self.lifted or any([type(g) is Tensor and g._node is not None for g in given])
            g = given[0] if len(given) == 1 else tuple(given)
            lifted = tensor_of if lift else None
            found |= sweep_or_replay(self.nodes[0], g, lifted, self.wanted, self.nodes)[1]
        self.complete = len(found) == len(self.variables)
        return [
            found[v._node] if v._node in found else np.zeros_like(v._data) for v in self.variables
        ]


def positions(argnums: Argnums, given: int) -> list[int]:
    """The numbers of the arguments to differentiate, counted from the front.

    Raises NotDifferentiableError where there is no such argument.

    >>> positions((0, -1), 3)
    [0, 2]
    """
    asked = argnums if isinstance(argnums, Sequence) else (argnums,)
    numbers = []
    for i in asked:
        try:
            n = operator.index(i)
        except TypeError:
            raise NotDifferentiableError(
                f"argnums={argnums!r}: arguments are named by their numbers, counted from 0."
            ) from None
        if not -given <= n < given:
            raise NotDifferentiableError(
                f"argnums={argnums!r} asks for argument number {n}, but {given} were given by "
                f"position. Arguments to differentiate are given by position, counted from 0."
            )
        numbers.append(n % given)
    return numbers


def chosen(argnums: Argnums, numbers: Sequence[int], parts: dict[int, Any]) -> Any:
    """One part for a single number, a tuple of parts for a sequence of them."""
    if isinstance(argnums, Sequence):
        return tuple([parts[i] for i in numbers])
    return parts[numbers[0]]


def require_scalar(value: Any, asked_by: str) -> None:
    """Raise NotDifferentiableError unless `value` is one real number."""
    data = value._data if type(value) is Tensor else value
    if type(data) is np.float64:  # as it almost always is
        return
    returned = f"{asked_by} needs a function that returns a scalar; this one returned"
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
            f"{asked_by} needs a function that returns a real number; this one returned type "
            f"{what}. Of a complex number take np.real, np.imag or np.abs; or use vjp or jacobian."
        )


def gradients_for(pattern: Any, tree: Any, called: str) -> list[Any]:
    """The arrays of `tree`, one for each leaf of `pattern`, with its type, in memory of their own.

    Raises ShapeError where containers or shapes differ.
    """
    given = pytree.leaves_like(pattern, tree, called)
    like: list[Any] = []
    pytree.map(like.append, pattern)
    return [
        gradient_for(a, g, name)
        for a, g, name in zip(like, given, pytree.paths(pattern, called), strict=True)
    ]


def gradient_for(like: Any, g: Any, called: str) -> Any:
    """`g` as an array of the shape and type of `like`; a Tensor stays one."""
    data = like._data if type(like) is Tensor else like
    if np.shape(g) != np.shape(data):
        raise ShapeError(
            f"{called} has shape {np.shape(g)}, but what it belongs to has shape {np.shape(data)}."
        )
    dtype = getattr(data, "dtype", None)
    if type(g) is Tensor:
        return g if dtype is None or g.dtype == dtype else g.astype(dtype)
    g = in_type_of(data, g)
    return np.array(g) if isinstance(g, np.ndarray) else g
