"""Matrices of derivatives: jacobian, hessian, and hvp, a Hessian times a vector without the matrix.

One forward pass each; then one sweep per row of a Jacobian, or per column.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, NoReturn, ParamSpec, overload

import numpy as np

from .. import pytree
from ..errors import NotDifferentiableError
from ..rules.devices import beside
from ..rules.registry import Function
from .argnums import Argnums, refuse_arguments
from .forward import transposed
from .pullback import Pullback
from .trace import Trace, array_of, require_scalar

P = ParamSpec("P")
Mode = Literal["auto", "forward", "reverse"]
# Columns are swept through the graph of the transposed map, about three times the graph itself.
FORWARD_COST = 3


@overload
def jacobian(
    f: np.ufunc, *, argnums: Argnums = 0, has_aux: bool = False, mode: Mode = "auto"
) -> Function: ...
@overload
def jacobian(
    f: Callable[P, Any], *, argnums: Argnums = 0, has_aux: bool = False, mode: Mode = "auto"
) -> Callable[P, Any]: ...
def jacobian(
    f: Function, *misplaced: Any, argnums: Argnums = 0, has_aux: bool = False, mode: Mode = "auto"
) -> Function:
    """Return a function that computes all derivatives of all results with respect to all elements.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested dicts, lists and tuples of them.
    argnums : int or sequence of int
        Which arguments to differentiate; a sequence returns a tuple in place of each result.
    has_aux : bool
        Whether f returns a pair of the result and anything else; the Jacobian then comes in a pair.
    mode : {"auto", "forward", "reverse"}
        "reverse" takes one sweep per element of the result, "forward" one per element of the
        arguments; "auto" is the cheaper one by their sizes.

    Returns
    -------
    callable
        Takes the arguments of f. For a result of shape r and an argument of shape s it returns an
        array of shape r + s; containers of results hold containers of arguments. For complex
        numbers it is the complex derivative, which exists if f is analytic.

    Raises
    ------
    NotDifferentiableError
        If an argument holds integers, or there is no such mode.

    Examples
    --------
    >>> jacobian(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> parameters = {"a": np.array([1.0, 2.0]), "b": 3.0}
    >>> jacobian(lambda p: {"sum": p["a"] + p["b"]})(parameters)["sum"]["b"]
    array([1., 1.])
    """
    refuse_arguments(misplaced, "jacobian")
    if mode not in ("auto", "forward", "reverse"):
        raise NotDifferentiableError(
            f'jacobian has the modes "auto", "forward" and "reverse", not {mode!r}.'
        )

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        with Trace() as trace:
            result, aux = trace.call(f, args, kwargs, argnums, has_aux)
            results = pytree.leaves(result)
            n_in = sum([v.size for v in trace.variables])
            n_out = sum([math.prod(np.shape(r)) for r in results])
            forward = mode == "forward" or (mode == "auto" and FORWARD_COST * n_in < n_out)
            blocks = by_columns(trace, results) if forward else by_rows(trace, results)
            whole = pytree.rebuild(result, [trace.gradients(block) for block in blocks])
            aux = trace.outside(aux)
        return (whole, aux) if has_aux else whole

    return evaluate


def by_rows(trace: Trace, results: list[Any]) -> Iterator[list[Any]]:
    """Yield each result's derivatives with respect to every variable, one sweep per row."""
    for result in results:
        back = trace.pullback([result]).prune()
        rows = [back([e]) for e in units(result)]
        yield [
            np.reshape(pile(row_parts, v), np.shape(result) + v.shape)
            for v, *row_parts in zip(trace.variables, *rows, strict=True)
        ]


def by_columns(trace: Trace, results: list[Any]) -> Iterator[list[Any]]:
    """Yield each result's derivatives with respect to every variable, one sweep per column."""
    push = transposed(trace, results, trace.variables).prune()
    still = [np.zeros_like(v._data) for v in trace.variables]
    blocks = []
    for i, v in enumerate(trace.variables):
        columns = [push([*still[:i], e, *still[i + 1 :]]) for e in units(v)]
        blocks.append(
            [
                np.reshape(np.moveaxis(pile(parts, r), 0, -1), np.shape(r) + v.shape)
                for r, *parts in zip(results, *columns, strict=True)
            ]
        )
    for block in zip(*blocks, strict=True):
        yield [
            d.astype(v.dtype) if d.dtype.kind == v.dtype.kind else d
            for d, v in zip(block, trace.variables, strict=True)
        ]


def units(like: Any) -> Iterator[Any]:
    """Yield the arrays of this shape and dtype with a single 1 in them, in row-major order."""
    data = array_of(like)
    dtype = data.dtype if data.dtype.kind in "fc" else float
    for i in range(data.size):
        e = np.zeros(data.size, dtype)
        e[i] = 1
        yield beside(data, e.reshape(data.shape))


def pile(parts: list[Any], like: Any) -> Any:
    """Stack arrays of one shape along a new first axis."""
    return np.stack(parts) if parts else np.zeros((0, *np.shape(like)))


def hessian(
    f: Callable[P, Any], *misplaced: NoReturn, argnums: Argnums = 0, has_aux: bool = False
) -> Callable[P, Any]:
    """Return a function that computes the second derivatives of f: the Jacobian of the Jacobian.

    Parameters
    ----------
    f : callable
        Usually returns a scalar; results of shape r return second derivatives of shape r + s + s.
    argnums : int or sequence of int
        Which arguments to differentiate.
    has_aux : bool
        Whether f returns a pair of the result and anything else.

    Returns
    -------
    callable
        Takes the arguments of f and returns an array of shape s + s for an argument of shape s. For
        a dict of parameters, H["W"]["b"] holds the derivatives with respect to W, then b. It is
        zero if f is linear.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    refuse_arguments(misplaced, "hessian")
    first = jacobian(f, argnums=argnums, has_aux=has_aux, mode="reverse")
    return jacobian(first, argnums=argnums, has_aux=has_aux, mode="reverse")


def hvp(
    f: Function, *misplaced: NoReturn, argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function that multiplies the Hessian of f by a vector, without making the matrix.

    It costs a few gradients.

    Parameters
    ----------
    f : callable
        Returns a real scalar; with `has_aux`, a pair of it and anything else.
    argnums : int or sequence of int
        Which arguments to differentiate; a sequence takes and returns a tuple.
    has_aux : bool
        Whether f returns a pair; the product then comes in a pair too.

    Returns
    -------
    callable
        Takes the arguments of f and, last, the vector v: `hvp(f)(x, v)`. The vector has the
        structure and shapes of the argument, and so has the result.

    Raises
    ------
    ShapeError
        If v does not fit the argument.
    NotDifferentiableError
        If f does not return a real scalar.

    References
    ----------
    B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).

    Examples
    --------
    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 4.])
    """
    refuse_arguments(misplaced, "hvp", "x, v")

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise NotDifferentiableError("hvp(f)(x, ..., v) takes the vector v last.")
        with Trace() as trace:
            value, aux = trace.call(f, args[:-1], kwargs, argnums, has_aux)
            v = trace.directions(args[-1], "the vector")
            require_scalar(value, "hvp")
            back = Pullback([value], pytree.leaves(trace.moved()), lifted=True)
            gradient = back([np.ones_like(array_of(value))])
            # A Hessian is its own transpose: the pullback of the gradient is the product.
            lifted = trace.reachable_from_outside(back.nodes)
            product = trace.gradients(Pullback(gradient, trace.variables, lifted)(v))
            aux = trace.outside(aux)
        return (product, aux) if has_aux else product

    return evaluate
