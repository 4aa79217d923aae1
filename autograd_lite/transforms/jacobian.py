"""Matrices of derivatives: jacobian, hessian, and hvp, a Hessian times a vector without the matrix.

One forward pass each; then one sweep for every row of a Jacobian, or for every column.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError
from ..rules.devices import beside
from ..rules.registry import Function
from .reverse import as_given, transposed, with_aux
from .trace import (
    Argnums,
    Pullback,
    Trace,
    array_of,
    chosen,
    gradients_for,
    positions,
    require_scalar,
)

# Columns are swept through the graph of the transposed map, about three times the graph itself.
FORWARD_COST = 3


def jacobian(
    f: Function, argnums: Argnums = 0, has_aux: bool = False, mode: str = "auto"
) -> Function:
    """A function that gives all derivatives of all results of f by all numbers of its arguments.

    For a result of shape r and an argument of shape s it is an array of shape r + s. Where the
    result is a container, so is the Jacobian, and in place of every array in it stands the
    structure of the argument; a tuple of `argnums` gives a tuple there.

    `mode` is "reverse" (one sweep for each number in the result), "forward" (one for each number in
    the arguments) or "auto", the cheaper one by their sizes. Of complex numbers it is the complex
    derivative, which exists where f is analytic.

    Raises NotDifferentiableError for integers and for another mode.

    >>> jacobian(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> parameters = {"a": np.array([1.0, 2.0]), "b": 3.0}
    >>> jacobian(lambda p: {"sum": p["a"] + p["b"]})(parameters)["sum"]["b"]
    array([1., 1.])
    """
    if mode not in ("auto", "forward", "reverse"):
        raise NotDifferentiableError(
            f'jacobian has the modes "auto", "forward" and "reverse", not {mode!r}.'
        )

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, len(args))
        with Trace() as trace:
            traced = trace.enter_arguments(args, numbers)
            result, aux = with_aux(f(*traced, **kwargs), has_aux)
            results = pytree.leaves(result)
            n_in = sum([v.size for v in trace.variables])
            n_out = sum([math.prod(np.shape(r)) for r in results])
            forward = mode == "forward" or (mode == "auto" and FORWARD_COST * n_in < n_out)
            blocks = by_columns(trace, results) if forward else by_rows(trace, results)
            whole = pytree.rebuild(
                result,
                [chosen(argnums, numbers, as_given(trace, traced, numbers, b)) for b in blocks],
            )
            aux = trace.outside(aux)
        return (whole, aux) if has_aux else whole

    return evaluate


def by_rows(trace: Trace, results: list[Any]) -> Iterator[list[Any]]:
    """For each result its derivative by every variable, one sweep a row."""
    for result in results:
        back = trace.pullback([result]).prune()
        rows = [back([e]) for e in units(result)]
        yield [
            np.reshape(pile(row_parts, v), np.shape(result) + v.shape)
            for v, *row_parts in zip(trace.variables, *rows, strict=True)
        ]


def by_columns(trace: Trace, results: list[Any]) -> Iterator[list[Any]]:
    """For each result its derivative by every variable, one sweep a column."""
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
    for of_one_result in zip(*blocks, strict=True):
        yield [
            d.astype(v.dtype) if d.dtype.kind == v.dtype.kind else d
            for d, v in zip(of_one_result, trace.variables, strict=True)
        ]


def units(like: Any) -> Iterator[Any]:
    """The arrays of this shape and type with a single one in them, in row-major order."""
    data = array_of(like)
    dtype = data.dtype if data.dtype.kind in "fc" else float
    for i in range(data.size):
        e = np.zeros(data.size, dtype)
        e[i] = 1
        yield beside(data, e.reshape(data.shape))


def pile(parts: list[Any], like: Any) -> Any:
    """Arrays of one shape in one, along a new first axis."""
    return np.stack(parts) if parts else np.zeros((0, *np.shape(like)))


def hessian(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives the second derivatives of f, of shape s + s for a scalar f of shape s.

    It is the Jacobian of the Jacobian, nested as there: of a dict of parameters, H["W"]["b"] holds
    the derivatives by W and then by b. Zero where f is linear.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    first = jacobian(f, argnums, has_aux, mode="reverse")
    return jacobian(first, argnums, has_aux, mode="reverse")


def hvp(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function of f's arguments and a vector v, last: the Hessian of f times v.

    The cost is that of a few gradients; the matrix is never made. f returns a scalar; v has the
    structure and shapes of the arguments named, and so has the result. With has_aux it gives a pair
    of the product and what else f returned.

    Raises ShapeError where v does not fit, NotDifferentiableError where f is not scalar.

    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 4.])
    """

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise NotDifferentiableError("hvp(f)(x, ..., v) takes the vector v last.")
        *given, vector = args
        numbers = positions(argnums, len(given))
        with Trace() as trace:
            traced = trace.enter_arguments(tuple(given), numbers)
            moved = [traced[i] for i in numbers]
            v = gradients_for(
                moved, vector if isinstance(argnums, Sequence) else (vector,), "the vector"
            )
            value, aux = with_aux(f(*traced, **kwargs), has_aux)
            require_scalar(value, "hvp")
            back = Pullback([value], pytree.leaves(moved), lifted=True)
            gradient = back([np.ones_like(value._data if type(value) is Tensor else value)])
            # A Hessian is its own transpose: the pullback of the gradient is the product.
            lifted = trace.reachable_from_outside(back.nodes)
            found = Pullback(gradient, trace.variables, lifted)(v)
            product = chosen(argnums, numbers, as_given(trace, traced, numbers, found))
            aux = trace.outside(aux)
        return (product, aux) if has_aux else product

    return evaluate
