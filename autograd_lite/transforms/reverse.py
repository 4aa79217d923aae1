"""Derivatives of functions: grad, value_and_grad, elementwise_grad, vjp and jvp.

Arguments and results may be nested dicts, lists and tuples of arrays. What comes back is an array
where an array went in, a Tensor where a Tensor did. A Tensor that the function reaches in another
way, through a closure, is a constant for arrays; inside another differentiation, or where a Tensor
went in, derivatives reach it too.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import pytree
from ..advice.warnings import warn_of_plain_cost, warn_of_unused
from ..engine.backward import seed
from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError
from ..rules.registry import Function
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


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives f's value and its gradient in one forward and one backward pass.

    `f` returns a scalar (with has_aux, a pair of it and anything else). `argnums` says which
    arguments to differentiate; a tuple of numbers gives a tuple, negative ones count from the end.
    Each argument may be an array, a number, or nested dicts, lists and tuples of them, and the
    gradient has its structure, shapes and types; it is zero where f does not depend on it.

    Raises NotDifferentiableError for integers, or where f does not return a real scalar.

    >>> value_and_grad(lambda p: np.sum(p["W"] ** 2))({"W": np.array([1.0, 2.0])})
    (array(5.), {'W': array([2., 4.])})
    """

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, len(args))
        with Trace() as trace:
            traced = trace.enter_arguments(args, numbers)
            value, aux = with_aux(f(*traced, **kwargs), has_aux)
            require_scalar(value, "grad")
            back = trace.pullback([value])
            found = back([seed(array_of(value))])
            if not (back.complete or trace.inside):
                without_gradient(f, value, back, traced, numbers)
            grads = as_given(trace, traced, numbers, found)
            value, aux = trace.outside(value), trace.outside(aux)
        return ((value, aux) if has_aux else value), chosen(argnums, numbers, grads)

    return evaluate


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that gives the gradient of f, as `value_and_grad`; it may be nested.

    With has_aux it gives a pair of the gradient and what else f returned.

    >>> grad(lambda x: x ** 3)(2.0)
    array(12.)
    >>> grad(grad(lambda x: x ** 3))(2.0)
    array(12.)
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return evaluate


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """A function that gives the slope of f at every number of its argument, in one sweep.

    It is the gradient of the sum of f's results; where each result depends on the number at its own
    place only, that is the slope there.

    >>> elementwise_grad(np.tanh)(np.array([0.0, 1.0])).tolist()
    [1.0, 0.419974341614...]
    >>> elementwise_grad(elementwise_grad(np.square))(np.array([3.0, 4.0]))
    array([2., 2.])
    """

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        value, back = _vjp(f, args, kwargs, argnums, False)
        return back(pytree.map(lambda y: seed(_floating(y)), value))

    return evaluate


def vjp(f: Function, *primals: Any, argnums: Argnums | None = None, has_aux: bool = False) -> Any:
    """The value of f, and the function that pulls a gradient of the value back to the arguments.

    `vjp(f, x, ...)` gives `(value, pullback)`, with has_aux `(value, pullback, aux)`. The pullback
    takes one gradient for each result, in the structure of the value, and may be called any number
    of times; it gives a tuple with one gradient for each argument. `vjp(f, argnums=0)(x, ...)`
    differentiates the arguments named only: one gradient for a number, a tuple for a tuple. (A lone
    int after f is argnums, since no derivative has an int for its point.)

    Raises ShapeError where the gradient does not fit the value.

    >>> value, pullback = vjp(lambda a, b: a * b, np.array([1.0, 2.0]), 3.0)
    >>> value, pullback(np.array([1.0, 1.0]))
    (array([3., 6.]), (array([3., 3.]), array(3.)))
    >>> vjp(np.sin)(0.0)[1](1.0)
    array(1.)
    """
    if _names_arguments(primals):
        numbers = primals[0] if primals else 0 if argnums is None else argnums
        return functools.wraps(f, updated=())(
            lambda *args, **kwargs: _vjp(f, args, kwargs, numbers, has_aux)
        )
    return _vjp(f, primals, {}, range(len(primals)) if argnums is None else argnums, has_aux)


def jvp(f: Function, *where: Any, argnums: Argnums | None = None, has_aux: bool = False) -> Any:
    """The value of f, and how it changes when the arguments move: J @ tangent, exactly.

    `jvp(f, primals, tangents)` takes a tuple of arguments and a tuple of their tangents (or one
    bare array each) and gives `(value, tangent)`, with has_aux `(value, tangent, aux)`.
    `jvp(f, argnums=0)(x, ..., v)` takes the tangent of the arguments named as its last argument.
    Tangents have the structure and shapes of their arguments, the result has that of the value.

    The pullback g -> J.T @ g is linear in g; its own transpose is J. So the reverse rules are all
    that is needed.

    Raises ShapeError where a tangent does not fit its argument.

    >>> jvp(np.square, (3.0,), (1.0,))
    (array(9.), array(6.))
    >>> jvp(lambda x, y: x * y, argnums=1)(np.array([1.0, 2.0]), 3.0, 10.0)
    (array([3., 6.]), array([10., 20.]))
    """
    if _names_arguments(where):
        asked = where[0] if where else 0 if argnums is None else argnums

        @functools.wraps(f, updated=())
        def evaluate(*args: Any, **kwargs: Any) -> Any:
            if not args:
                raise NotDifferentiableError("jvp(f)(x, ..., v) takes the tangent v last.")
            *args_, v = args
            return _jvp(f, tuple(args_), kwargs, asked, v, has_aux)

        return evaluate
    if len(where) != 2:
        raise NotDifferentiableError(
            f"jvp takes a function, a tuple of arguments and a tuple of tangents: "
            f"jvp(f, (x, y), (vx, vy)); it was given {1 + len(where)} things."
        )
    primals, tangents = where
    if not isinstance(primals, tuple | list):
        primals, tangents = (primals,), (tangents,)
    every = range(len(primals)) if argnums is None else argnums
    return _jvp(f, tuple(primals), {}, every, tangents, has_aux)


def _vjp(f: Function, args: tuple[Any, ...], kwargs: Any, argnums: Argnums, has_aux: bool) -> Any:
    numbers = positions(argnums, len(args))
    with Trace() as trace:
        traced = trace.enter_arguments(args, numbers)
        result, aux = with_aux(f(*traced, **kwargs), has_aux)
        back = trace.pullback(pytree.leaves(result))
        value, aux = trace.outside(result, copy=True), trace.outside(aux, copy=True)

    def pullback(gradient: Any) -> Any:
        """One gradient for each argument, given one for each result."""
        found = back(gradients_for(result, gradient, "the gradient given to a pullback"))
        return chosen(argnums, numbers, as_given(trace, traced, numbers, found))

    return (value, pullback, aux) if has_aux else (value, pullback)


def _jvp(
    f: Function, args: tuple[Any, ...], kwargs: Any, argnums: Argnums, tangents: Any, has_aux: bool
) -> Any:
    numbers = positions(argnums, len(args))
    with Trace() as trace:
        traced = trace.enter_arguments(args, numbers)
        moved = tuple([traced[i] for i in numbers])
        v = gradients_for(
            moved, tangents if isinstance(argnums, Sequence) else (tangents,), "tangents"
        )
        result, aux = with_aux(f(*traced, **kwargs), has_aux)
        # In the order of `moved`, which may differ from that in which the variables entered.
        push = transposed(trace, pytree.leaves(result), pytree.leaves(moved))
        tangent = pytree.rebuild(result, [trace.leave(d) for d in push(v)])
        value, aux = trace.outside(result), trace.outside(aux)
    return (value, tangent, aux) if has_aux else (value, tangent)


def transposed(trace: Trace, results: list[Any], variables: list[Tensor]) -> Pullback:
    """The map from tangents of the variables to tangents of the results: the Jacobian itself."""
    back = Pullback(results, variables, lifted=True)
    u = [Tensor(np.ones_like(_floating(r)), requires_grad=True) for r in results]
    return Pullback(back(u), u, lifted=trace.reachable_from_outside(back.nodes))


def _floating(r: Any) -> Any:
    data = array_of(r)
    return data if data.dtype.kind in "fc" else np.zeros(data.shape)


def with_aux(result: Any, has_aux: bool) -> tuple[Any, Any]:
    """What f returned, as a pair of what is differentiated and the rest."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotDifferentiableError(
            "with has_aux=True the function returns a pair: what to differentiate, and the rest."
        )
    return result[0], result[1]


def without_gradient(
    f: Function, value: Any, back: Pullback, traced: list[Any], numbers: list[int]
) -> None:
    """Warn where a cost is a plain number, or depends on some of the parameters only."""
    warn_of_plain_cost(value)
    reached = set(back.nodes)
    if not any(v._node in reached for v in back.variables):
        return  # the gradient of a constant
    try:
        arguments = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        arguments = []
    names = []
    for i in sorted(set(numbers)):
        called = arguments[i] if i < len(arguments) else f"argument {i}"
        for v, name in zip(pytree.leaves(traced[i]), pytree.paths(traced[i], called), strict=True):
            if v._node not in reached:
                names.append(name)
    warn_of_unused(names)


def as_given(
    trace: Trace, traced: list[Any], numbers: list[int], found: list[Any]
) -> dict[int, Any]:
    """Gradients in the structure of the arguments they belong to, by the argument's number."""
    following = iter(found)
    return {
        i: pytree.map(lambda _: trace.leave(next(following)), traced[i])
        for i in sorted(set(numbers))
    }


def _names_arguments(given: tuple[Any, ...]) -> bool:
    """Whether what follows f are not arguments of f but, if anything, their numbers."""
    if len(given) != 1:
        return not given
    only = given[0]
    if isinstance(only, tuple):
        return bool(only) and all(type(i) is int for i in only)
    return type(only) is int
