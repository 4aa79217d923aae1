"""Derivatives of functions: grad and value_and_grad; arguments may be nested containers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .backward import backpropagate
from .errors import NotDifferentiableError
from .graph import Node, modes, reachable
from .tensor import Tensor


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives f's value and its gradient in one forward and one backward pass.

    `f` returns a scalar (with has_aux, a pair of it and anything else). `argnums` says which
    arguments to differentiate; each may be an array, a number, or nested dicts, lists and tuples of
    them, and the gradient has its structure.

    Raises NotDifferentiableError for integers, or where f does not return a real scalar.

    >>> value_and_grad(lambda p: np.sum(p["W"] ** 2))({"W": np.array([1.0, 2.0])})
    (array(5.), {'W': array([2., 4.])})
    """

    @functools.wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        numbers = argnums if isinstance(argnums, Sequence) else (argnums,)
        with Level() as level:
            traced = list(args)
            for i in numbers:
                traced[i] = tree_map(level.enter, args[i])
            result = f(*traced, **kwargs)
            value, *aux = result if has_aux else (result,)
            found = level.gradient(value)
            grads = tuple(tree_map(lambda t: level.leave(t, found), traced[i]) for i in numbers)
            value = level.outside(value)
        grad = grads if isinstance(argnums, Sequence) else grads[0]
        return ((value, level.outside(aux[0])), grad) if has_aux else (value, grad)

    return evaluate


def grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the gradient of f; see `value_and_grad`. It may be nested.

    >>> grad(grad(lambda x: x ** 3))(2.0)
    array(12.)
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return evaluate


class Level:
    """One differentiation under way: its variables, and whether it happens inside another."""

    def __init__(self) -> None:
        self.variables: dict[int, tuple[Tensor, bool]] = {}
        self.nested = False
        self.differentiable = False

    def __enter__(self) -> Level:
        self.nested = modes.depth > 0
        modes.depth += 1
        self.before = modes.update(grad=True)
        return self

    def __exit__(self, *exc: object) -> None:
        modes.depth -= 1
        modes.update(**self.before)

    def enter(self, x: Any) -> Tensor:
        """A new variable with x's value; tied to x's own history where it has one."""
        if type(x) is Tensor and x.requires_grad:
            self.differentiable = True
            t: Tensor = +x
        else:
            data = x._data if type(x) is Tensor else x
            if not hasattr(data, "__array_function__") or isinstance(data, np.generic):
                data = np.asarray(data, dtype=float if isinstance(data, int) else None)
            if data.dtype.kind not in "fc":
                raise NotDifferentiableError(
                    f"cannot differentiate with respect to an array of type {data.dtype}; "
                    f"pass floating numbers, for example x.astype(float)."
                )
            t = Tensor._of(data, None)
            t._node = Node(None, (), {}, data, ())
        self.variables[id(t)] = (t, type(x) is Tensor)
        return t

    def gradient(self, value: Any, g: Any = None) -> dict[Node, Any]:
        """Sweep from `value` to this level's variables."""
        if g is None and np.shape(value) != () and np.size(value) != 1:
            raise NotDifferentiableError(
                f"grad needs a function that returns a scalar; this one returned shape "
                f"{np.shape(value)}. Sum it, or use jacobian or elementwise_grad."
            )
        if type(value) is not Tensor or value._node is None:
            return {}
        wanted = {t._node for t, _ in self.variables.values() if t._node is not None}
        nodes = reachable(value._node)
        if self.nested and not self.differentiable:
            # An outer derivative may reach in through a closure.
            self.differentiable = any(not n.parents and n not in wanted for n in nodes)
        if g is None:
            g = value._starting_gradient(None)
        return backpropagate(nodes, g, Tensor._of if self.differentiable else None, wanted)

    def leave(self, t: Tensor, found: dict[Node, Any]) -> Any:
        """The gradient of one variable, an array where an array went in."""
        assert t._node is not None
        d = found.get(t._node)
        if d is None:
            d = np.zeros_like(t._data)
        was_tensor = self.variables[id(t)][1]
        if isinstance(d, Tensor):
            return d if was_tensor or d.requires_grad else d.data
        d = np.asarray(d) if isinstance(d, np.generic) else d
        return Tensor._of(d, None) if was_tensor else d

    def outside(self, value: Any) -> Any:
        """The value as the caller may have it: a Tensor only where its history matters."""

        def one(v: Any) -> Any:
            if type(v) is not Tensor:
                return v
            keep = self.differentiable or any(tensor for _, tensor in self.variables.values())
            return v if keep else np.array(v._data) if isinstance(v._data, np.generic) else v._data

        return tree_map(one, value)


def tree_map(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply f to every array in nested dicts, lists and tuples."""
    if isinstance(tree, dict):
        return {key: tree_map(f, item) for key, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(tree_map(f, item) for item in tree))
    if isinstance(tree, tuple | list):
        return type(tree)(tree_map(f, item) for item in tree)
    return f(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """Every array in nested dicts, lists and tuples, in order."""
    if isinstance(tree, dict):
        for item in tree.values():
            yield from leaves(item)
    elif isinstance(tree, tuple | list):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree


