"""Forward mode: jvp, a Jacobian times a vector, by transposing the reverse pass twice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from .. import pytree
from ..engine.tensor import Tensor
from ..errors import NotDifferentiableError
from ..rules.registry import Function
from .argnums import Argnums
from .pullback import Pullback
from .reverse import floating
from .trace import Trace


@overload
def jvp(
    f: Function, /, *, argnums: Argnums | None = None, has_aux: bool = False
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def jvp(
    f: Function,
    primals: Any,
    tangents: Any,
    /,
    *,
    argnums: Argnums | None = None,
    has_aux: bool = False,
) -> tuple[Any, ...]: ...
def jvp(f: Function, *where: Any, argnums: Argnums | None = None, has_aux: bool = False) -> Any:
    """Return the value of f, and its exact change as the arguments move: J @ tangent.

    The pullback g -> J.T @ g is linear in g, and its own transpose is J. So the reverse rules are
    all that is needed.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, or nested dicts, lists and tuples of them.
    primals, tangents : tuple of arrays or pytrees
        The arguments of f, and their tangents in the same structures and shapes; one bare array
        each if f takes one argument. Without both, `jvp(f, argnums=0)` is a function of the
        arguments of f followed by the tangent: `jvp(f, argnums=0)(x, ..., v)`.
    argnums : int or sequence of int, optional
        Which arguments move: all primals, or argument 0 if there are none.
    has_aux : bool
        Whether f returns a pair of the value and anything else.

    Returns
    -------
    value : array or pytree
        What f returned.
    tangent : array or pytree
        The derivative of the value along the tangents, in the structure of the value.
    aux : object
        What else f returned; only with `has_aux`.

    Raises
    ------
    ShapeError
        If a tangent does not fit its argument.

    Examples
    --------
    >>> jvp(np.square, (3.0,), (1.0,))
    (array(9.), array(6.))
    >>> jvp(lambda x, y: x * y, argnums=1)(np.array([1.0, 2.0]), 3.0, 10.0)
    (array([3., 6.]), array([10., 20.]))
    """
    if not where:

        @functools.wraps(f, updated=())
        def evaluate(*args: Any, **kwargs: Any) -> Any:
            if not args:
                raise NotDifferentiableError("jvp(f)(x, ..., v) takes the tangent v last.")
            return _jvp(f, args[:-1], kwargs, 0 if argnums is None else argnums, args[-1], has_aux)

        return evaluate
    if len(where) != 2:
        raise NotDifferentiableError(
            f"jvp takes a function, a tuple of arguments and a tuple of tangents: "
            f"jvp(f, (x, y), (vx, vy)); it was given {1 + len(where)} things. The positions of "
            f"arguments are named: jvp(f, argnums=0)(x, y, vx)."
        )
    primals, tangents = where
    if not isinstance(primals, tuple | list):
        primals, tangents = (primals,), (tangents,)
    every = range(len(primals)) if argnums is None else argnums
    return _jvp(f, tuple(primals), {}, every, tangents, has_aux)


def _jvp(
    f: Function, args: tuple[Any, ...], kwargs: Any, argnums: Argnums, tangents: Any, has_aux: bool
) -> Any:
    with Trace() as trace:
        result, aux = trace.call(f, args, kwargs, argnums, has_aux)
        v = trace.directions(tangents, "tangents")
        # In the order of argnums, which may differ from that in which the variables entered.
        push = transposed(trace, pytree.leaves(result), pytree.leaves(trace.moved()))
        tangent = pytree.rebuild(result, [trace.leave(d) for d in push(v)])
        value, aux = trace.outside(result), trace.outside(aux)
    return (value, tangent, aux) if has_aux else (value, tangent)


def transposed(trace: Trace, results: list[Any], variables: list[Tensor]) -> Pullback:
    """Return the map from tangents of the variables to tangents of the results: the Jacobian."""
    back = Pullback(results, variables, lifted=True)
    u = [Tensor(np.ones_like(floating(r)), requires_grad=True) for r in results]
    return Pullback(back(u), u, lifted=trace.reachable_from_outside(back.nodes))
