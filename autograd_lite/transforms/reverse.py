"""Reverse mode: grad, value_and_grad, elementwise_grad and vjp.

Arguments and results may be nested dicts, lists and tuples of arrays. An array comes back where an
array was passed, a Tensor where a Tensor was. A Tensor that the function reaches in another way,
through a closure, is a constant if arrays were passed; inside another differentiation, or if a
Tensor was passed, derivatives reach it too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, overload

import numpy as np

from .. import pytree
from ..engine.backward import seed
from ..rules.registry import Function
from .argnums import Argnums, argument_names, refuse_arguments
from .pullback import Pullback, gradients_for
from .trace import Trace, array_of, require_scalar

P = ParamSpec("P")


def value_and_grad(
    f: Callable[P, Any], *misplaced: NoReturn, argnums: Argnums = 0, has_aux: bool = False
) -> Callable[P, tuple[Any, Any]]:
    """Return a function that computes the value and the gradient of f in one pass each way.

    Parameters
    ----------
    f : callable
        Returns a real scalar; with `has_aux`, a pair of it and anything else. Each argument to
        differentiate is an array, a number, or nested dicts, lists and tuples of them.
    argnums : int or sequence of int
        Which arguments to differentiate. A sequence returns a tuple of gradients; negative
        positions count from the end.
    has_aux : bool
        Whether f returns a pair. The first result is then the pair `(value, aux)`.

    Returns
    -------
    callable
        Takes the arguments of f and returns `(value, gradient)`. The gradient has the structure,
        shapes and dtypes of the argument; it is zero where f does not depend on it.

    Raises
    ------
    NotDifferentiableError
        If an argument holds integers, or f does not return a real scalar.

    Examples
    --------
    >>> value_and_grad(lambda p: np.sum(p["W"] ** 2))({"W": np.array([1.0, 2.0])})
    (array(5.), {'W': array([2., 4.])})
    """
    refuse_arguments(misplaced, "value_and_grad")

    @functools.wraps(f, updated=())
    def evaluate(*args: P.args, **kwargs: P.kwargs) -> tuple[Any, Any]:
        with Trace() as trace:
            value, aux = trace.call(f, args, kwargs, argnums, has_aux)
            require_scalar(value, "grad")
            back = trace.pullback([value])
            found = back([seed(array_of(value))])
            if not (back.complete or trace.inside):
                _warn_without_gradient(f, value, back, trace)
            gradients = trace.gradients(found)
            value, aux = trace.outside(value), trace.outside(aux)
        return ((value, aux) if has_aux else value), gradients

    return evaluate


def grad(
    f: Callable[P, Any], *misplaced: NoReturn, argnums: Argnums = 0, has_aux: bool = False
) -> Callable[P, Any]:
    """Return a function that computes the gradient of f; it may be nested.

    Parameters
    ----------
    f : callable
        Returns a real scalar, as for `value_and_grad`.
    argnums : int or sequence of int
        Which arguments to differentiate; a sequence returns a tuple of gradients.
    has_aux : bool
        Whether f returns a pair of the scalar and anything else.

    Returns
    -------
    callable
        Takes the arguments of f and returns the gradient, in the structure of the argument; with
        `has_aux`, the pair `(gradient, aux)`.

    Raises
    ------
    NotDifferentiableError
        If an argument holds integers, or f does not return a real scalar.

    Examples
    --------
    >>> grad(lambda x: x ** 3)(2.0)
    array(12.)
    >>> grad(grad(lambda x: x ** 3))(2.0)
    array(12.)
    """
    refuse_arguments(misplaced, "grad")
    both = value_and_grad(f, argnums=argnums, has_aux=has_aux)

    @functools.wraps(f, updated=())
    def evaluate(*args: P.args, **kwargs: P.kwargs) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return evaluate


@overload
def elementwise_grad(f: np.ufunc, *, argnums: Argnums = 0) -> Function: ...
@overload
def elementwise_grad(f: Callable[P, Any], *, argnums: Argnums = 0) -> Callable[P, Any]: ...
def elementwise_grad(f: Function, *misplaced: Any, argnums: Argnums = 0) -> Function:
    """Return a function that computes the derivative of f at every element, in one sweep.

    It is the gradient of the sum of the results of f: the elementwise derivative if each result
    depends on the element at its own place only.

    Parameters
    ----------
    f : callable
        Takes arrays and returns an array of the same shape, element by element.
    argnums : int or sequence of int
        Which arguments to differentiate; a sequence returns a tuple of derivatives.

    Returns
    -------
    callable
        Takes the arguments of f and returns an array of the shape of the argument.

    Examples
    --------
    >>> elementwise_grad(np.tanh)(np.array([0.0, 1.0])).tolist()
    [1.0, 0.419974341614...]
    >>> elementwise_grad(elementwise_grad(np.square))(np.array([3.0, 4.0]))
    array([2., 2.])
    """
    refuse_arguments(misplaced, "elementwise_grad")

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        value, pullback = _vjp(f, args, kwargs, argnums, False)
        return pullback(pytree.map(lambda y: seed(floating(y)), value))

    return evaluate


@overload
def vjp(
    f: Callable[P, Any], /, *, argnums: Argnums | None = None, has_aux: bool = False
) -> Callable[P, tuple[Any, ...]]: ...
@overload
def vjp(
    f: Function, x: Any, /, *primals: Any, argnums: Argnums | None = None, has_aux: bool = False
) -> tuple[Any, ...]: ...
def vjp(f: Function, *primals: Any, argnums: Argnums | None = None, has_aux: bool = False) -> Any:
    """Return the value of f, and the function that pulls a gradient of it back to the arguments.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested dicts, lists and tuples of them.
    *primals : array or pytree
        The arguments of f. Without them, `vjp(f, argnums=0)` is a function of the arguments.
    argnums : int or sequence of int, optional
        Which arguments to differentiate: all primals, or argument 0 if there are none.
    has_aux : bool
        Whether f returns a pair of the value and anything else.

    Returns
    -------
    value : array or pytree
        What f returned.
    pullback : callable
        Takes one gradient per result, in the structure of the value, and may be called any number
        of times. It returns one gradient for an int, a tuple of them otherwise.
    aux : object
        What else f returned; only with `has_aux`.

    Raises
    ------
    ShapeError
        If the gradient does not fit the value.

    Examples
    --------
    >>> value, pullback = vjp(lambda a, b: a * b, np.array([1.0, 2.0]), 3.0)
    >>> value, pullback(np.array([1.0, 1.0]))
    (array([3., 6.]), (array([3., 3.]), array(3.)))
    >>> vjp(np.sin, argnums=0)(0.0)[1](1.0)
    array(1.)
    """
    if primals:
        return _vjp(f, primals, {}, range(len(primals)) if argnums is None else argnums, has_aux)

    @functools.wraps(f, updated=())
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        return _vjp(f, args, kwargs, 0 if argnums is None else argnums, has_aux)

    return evaluate


def _vjp(f: Function, args: tuple[Any, ...], kwargs: Any, argnums: Argnums, has_aux: bool) -> Any:
    with Trace() as trace:
        result, aux = trace.call(f, args, kwargs, argnums, has_aux)
        back = trace.pullback(pytree.leaves(result))
        value, aux = trace.outside(result, copy=True), trace.outside(aux, copy=True)

    def pullback(gradient: Any) -> Any:
        """Return one gradient per argument, given one per result."""
        given = gradients_for(result, gradient, "the gradient given to a pullback")
        return trace.gradients(back(given))

    return (value, pullback, aux) if has_aux else (value, pullback)


def floating(result: Any) -> Any:
    """Return the array of a result; zeros in its place if it holds integers or booleans."""
    data = array_of(result)
    return data if data.dtype.kind in "fc" else np.zeros(data.shape)


def _warn_without_gradient(f: Function, value: Any, back: Pullback, trace: Trace) -> None:
    """Warn if a cost is a plain number, or does not depend on some of the parameters."""
    from ..advice.warnings import warn_of_plain_cost, warn_of_unused  # seldom needed

    warn_of_plain_cost(value)
    reached = set(back.nodes)
    if not any(v._node in reached for v in back.variables):
        return  # the gradient of a constant
    names = argument_names(f, len(trace.arguments))
    unused = []
    for i in sorted({*trace.numbers}):
        tree = trace.arguments[i]
        for v, name in zip(pytree.leaves(tree), pytree.paths(tree, names[i]), strict=True):
            if v._node not in reached:
                unused.append(name)
    warn_of_unused(unused)
