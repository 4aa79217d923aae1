"""Operators of a Tensor. They run Python's operators on the raw arrays, without NumPy's dispatch:
most programs spend their time here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from numbers import Rational
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..rules.registry import RULES
from ..rules.signature import Function
from . import hooks
from .graph import NOTHING, Recorded
from .probability import log_of_probability
from .record import as_array, plain, record, result

if TYPE_CHECKING:
    from .tensor import Tensor

Unary = Callable[[Any], "Tensor"]
Binary = Callable[[Any, Any], "Tensor"]
Comparison = Callable[[Any, Any], Any]

_NUMBERS = (np.generic, bool, int, float, complex)
_AS_THEY_ARE = frozenset((np.ndarray, float, int, np.float64))


def binary(fn: Function, compute: Callable[[Any, Any], Any], reflected: bool = False) -> Binary:
    """Return an operator method that records the NumPy function `fn`."""
    rule = RULES[fn]

    def operate(self: Recorded, other: Any) -> Any:
        if type(other) is type(self):
            b, q = other._data, other._node
        elif type(other) in _AS_THEY_ARE:
            b, q = other, None
        elif isinstance(other, list | tuple):
            return operate(self, as_array(other))
        else:
            b, q = operand(other), None
            if b is NotImplemented:
                return NotImplemented
        a, p = self._data, self._node
        if reflected:
            a, b, p, q = b, a, q, p
            if type(a) is complex and type(b) is np.float64:  # Python would return a complex
                a = np.complex128(a)
        try:
            out = compute(a, b)
        except ValueError as error:
            raise hooks.shape_error(fn, (a, b), error, (p, q)) or error from None
        reads = (rule.read_by or rule.look())[(p is not None) + 2 * (q is not None)]
        return result(rule, (a, b), NOTHING, out, (p, q), reads)

    return operate


def unary(fn: Function, compute: Callable[[Any], Any]) -> Unary:
    """Return a method that records the one-argument NumPy function `fn`."""
    rule = RULES[fn]

    def operate(self: Recorded) -> Any:
        a, p = self._data, self._node
        try:
            out = compute(a)
        except ValueError as error:
            raise hooks.shape_error(fn, (a,), error, (p,)) or error from None
        return result(rule, (a,), NOTHING, out, (p,), (rule.read_by or rule.look())[1])

    return operate


def comparison(fn: Function) -> Comparison:
    """Return a comparison method: it returns plain booleans, without gradient."""

    def operate(self: Recorded, other: Any) -> Any:
        if getattr(other, "__array_ufunc__", False) is None:
            return NotImplemented
        return fn(self._data, plain(other))

    return operate


def operand(other: Any) -> Any:
    """Return an operand as NumPy takes it; NotImplemented if it is no number.

    It is NotImplemented too for an object with `__array_ufunc__ = None`, whose own operator is to
    be called (NEP 13).
    """
    if isinstance(other, _NUMBERS) or hasattr(other, "__array_function__"):
        return other
    if isinstance(other, Rational):
        return float(other)
    if isinstance(other, str | bytes) or getattr(other, "__array_ufunc__", False) is None:
        return NotImplemented
    return other if isinstance(other, Sequence) or hasattr(other, "__array__") else NotImplemented


class Operators(Recorded):
    """The part of a Tensor that Python's operators call."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # == compares elements, so it cannot be a key

    __add__: ClassVar[Binary] = binary(np.add, operator.add)
    __sub__: ClassVar[Binary] = binary(np.subtract, operator.sub)
    __mul__: ClassVar[Binary] = binary(np.multiply, operator.mul)
    __truediv__: ClassVar[Binary] = binary(np.true_divide, operator.truediv)
    __pow__: ClassVar[Binary] = binary(np.power, operator.pow)
    __matmul__: ClassVar[Binary] = binary(np.matmul, operator.matmul)
    __mod__: ClassVar[Binary] = binary(np.remainder, operator.mod)
    __floordiv__: ClassVar[Binary] = binary(np.floor_divide, operator.floordiv)

    __radd__: ClassVar[Binary] = binary(np.add, operator.add, reflected=True)
    __rsub__: ClassVar[Binary] = binary(np.subtract, operator.sub, reflected=True)
    __rmul__: ClassVar[Binary] = binary(np.multiply, operator.mul, reflected=True)
    __rtruediv__: ClassVar[Binary] = binary(np.true_divide, operator.truediv, reflected=True)
    __rpow__: ClassVar[Binary] = binary(np.power, operator.pow, reflected=True)
    __rmatmul__: ClassVar[Binary] = binary(np.matmul, operator.matmul, reflected=True)
    __rmod__: ClassVar[Binary] = binary(np.remainder, operator.mod, reflected=True)
    __rfloordiv__: ClassVar[Binary] = binary(np.floor_divide, operator.floordiv, reflected=True)

    __neg__: ClassVar[Unary] = unary(np.negative, operator.neg)
    __pos__: ClassVar[Unary] = unary(np.positive, operator.pos)
    __abs__: ClassVar[Unary] = unary(np.absolute, operator.abs)

    __eq__ = comparison(np.equal)
    __ne__ = comparison(np.not_equal)
    __lt__: ClassVar[Comparison] = comparison(np.less)
    __le__: ClassVar[Comparison] = comparison(np.less_equal)
    __gt__: ClassVar[Comparison] = comparison(np.greater)
    __ge__: ClassVar[Comparison] = comparison(np.greater_equal)

    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        """Return (t // other, t % other)."""
        return record(np.divmod, (self, other))  # type: ignore[return-value]

    def __rdivmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        """Return (other // t, other % t)."""
        return record(np.divmod, (other, self))  # type: ignore[return-value]

    def __round__(self, decimals: int = 0) -> Tensor:
        """Return the Tensor rounded to `decimals`."""
        return record(np.round, (self, decimals))


# NumPy's ufuncs as operators, plain and reflected: np.add(t, x) is as quick as t + x
BINARY: dict[Function, tuple[Binary, Binary]] = {
    np.add: (Operators.__add__, Operators.__radd__),
    np.subtract: (Operators.__sub__, Operators.__rsub__),
    np.multiply: (Operators.__mul__, Operators.__rmul__),
    np.true_divide: (Operators.__truediv__, Operators.__rtruediv__),
    np.power: (Operators.__pow__, Operators.__rpow__),
    np.matmul: (Operators.__matmul__, Operators.__rmatmul__),
    np.remainder: (Operators.__mod__, Operators.__rmod__),
    np.floor_divide: (Operators.__floordiv__, Operators.__rfloordiv__),
}
# Elementwise functions of one argument; our own are called past their dispatch
UNARY: dict[Function, Unary] = {
    fn: unary(fn, getattr(fn, "__wrapped__", fn))
    for fn, rule in RULES.items()
    if rule.elementwise and len(rule.signature.names) == 1
}
_plain_log = UNARY[np.log]


def log(t: Any) -> Any:
    """Return np.log(t); if `t` is a sigmoid that rounded to 0 or 1, from what went into it."""
    stable = log_of_probability(t)
    return _plain_log(t) if stable is None else stable


UNARY[np.log] = log
