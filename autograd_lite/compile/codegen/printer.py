"""A line of a Program as the Python that a person would write."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ...rules.registry import printed_name
from ...rules.shaping import astype
from ..ir import Line, Var

# How tightly Python binds; a call or a name binds tightest.
COMPARED, ADDED, MULTIPLIED, NEGATED, RAISED, ATOM = range(6)
_SIGNS: dict[Any, tuple[str, int]] = {
    np.add: ("+", ADDED), np.subtract: ("-", ADDED), np.multiply: ("*", MULTIPLIED),
    np.true_divide: ("/", MULTIPLIED), np.matmul: ("@", MULTIPLIED), np.power: ("**", RAISED),
    np.greater: (">", COMPARED), np.less: ("<", COMPARED), np.greater_equal: (">=", COMPARED),
    np.less_equal: ("<=", COMPARED), np.equal: ("==", COMPARED), np.not_equal: ("!=", COMPARED),
    operator.add: ("+", ADDED), operator.sub: ("-", ADDED), operator.mul: ("*", MULTIPLIED),
    operator.truediv: ("/", MULTIPLIED), operator.floordiv: ("//", MULTIPLIED),
    operator.mod: ("%", MULTIPLIED), operator.pow: ("**", RAISED),
    operator.gt: (">", COMPARED), operator.lt: ("<", COMPARED), operator.ge: (">=", COMPARED),
    operator.le: ("<=", COMPARED), operator.eq: ("==", COMPARED), operator.ne: ("!=", COMPARED),
}  # fmt: skip
_BITWISE = {
    operator.and_: "&", operator.or_: "|", operator.xor: "^",
    operator.lshift: "<<", operator.rshift: ">>",
}  # fmt: skip
_PREFIXES = {np.negative: "-", operator.neg: "-", operator.pos: "+", operator.invert: "~"}
_METHODS: tuple[Any, ...] = (np.sum, np.mean, np.max, np.min, np.reshape)


class Printer:
    """Prints expressions; `inlined` are lines written where their result is used."""

    def __init__(self, names: Mapping[Var, str], inlined: Mapping[Var, Line] | None = None) -> None:
        self.names = names
        self.inlined = inlined or {}

    def argument(self, x: Any) -> str:
        """An argument of a call: a name, a number, a tuple, a slice, an expression."""
        if isinstance(x, Var):
            return self.expression(self.inlined[x])[0] if x in self.inlined else self.names[x]
        if type(x) is tuple:
            return f"({', '.join(map(self.argument, x))}{',' if len(x) == 1 else ''})"
        if type(x) is list:
            return f"[{', '.join(map(self.argument, x))}]"
        return literal(x)

    def operand(self, x: Any, around: int, sign: str = "", right: bool = False) -> str:
        """An operand of a sign that binds as tightly as `around`, in brackets if it needs them."""
        if not (isinstance(x, Var) and x in self.inlined):
            text = self.argument(x)
            return f"({text})" if text.startswith("-") and (right or around == RAISED) else text
        text, level = self.expression(self.inlined[x])
        inner = _SIGNS.get(self.inlined[x].fn, ("", 0))[0]
        mixed = level == around == MULTIPLIED and ("@" in (sign, inner)) and sign != inner
        same = level == around and (right or around in (RAISED, COMPARED))
        if level < around or mixed or same or (right and text.startswith("-")):
            return f"({text})"
        return text

    def expression(self, line: Line) -> tuple[str, int]:
        """A line's right-hand side, and how tightly it binds."""
        fn, args = line.fn, line.args
        if line.several or (isinstance(fn, np.ufunc) and all(map(is_weak, args))):
            return self.call(line), ATOM  # of two Python numbers np.add makes one of NumPy's
        if fn in _SIGNS and not line.kwargs and len(args) == 2:
            sign, level = _SIGNS[fn]
            if fn is np.multiply and args[0] is args[1] and not is_boolean(args[0]):
                return self._power(args[0], 2)
            if level == RAISED:
                return self._power(*args)
            a = self.operand(args[0], level, sign)
            b = self.operand(args[1], level, sign, right=True)
            return f"{a} {sign} {b}", level
        if fn in _PREFIXES:
            return f"{_PREFIXES[fn]}{self.operand(args[0], NEGATED)}", NEGATED
        if fn in _BITWISE:
            a, b = (self.operand(x, ATOM) for x in args)
            return f"({a} {_BITWISE[fn]} {b})", ATOM
        if fn is np.square and not is_boolean(args[0]):
            return self._power(args[0], 2)
        if fn is np.transpose and len(args) == 1 and not line.kwargs:
            return f"{self.operand(args[0], ATOM)}.T", ATOM
        if fn is getitem:
            return f"{self.operand(args[0], ATOM)}[{self.index(args[1])}]", ATOM
        if fn is astype:
            return f"{self.operand(args[0], ATOM)}.astype({literal(args[1])})", ATOM
        if fn in _METHODS and isinstance(args[0], Var) and not args[0].weak:
            options = [*map(self.argument, args[1:])]
            options += [f"{k}={self.argument(lone(v))}" for k, v in line.kwargs.items()]
            if args[0] in self.inlined:
                shown = ", ".join([self.argument(args[0]), *options])
                return f"{function_name(fn)}({shown})", ATOM
            return f"{self.argument(args[0])}.{fn.__name__}({', '.join(options)})", ATOM
        return self.call(line), ATOM

    def call(self, line: Line, name: str = "") -> str:
        """The line as a call of its function by name."""
        shown = [self.argument(a) for a in line.args]
        shown += [f"{k}={self.argument(v)}" for k, v in line.kwargs.items()]
        return f"{name or function_name(line.fn)}({', '.join(shown)})"

    def _power(self, base: Any, exponent: Any) -> tuple[str, int]:
        b = self.operand(exponent, RAISED, right=True)
        return f"{self.operand(base, RAISED)}**{b}", RAISED

    def index(self, x: Any) -> str:
        """What stands between brackets."""

        def one(p: Any) -> str:
            if isinstance(p, slice):
                parts = ["" if v is None else self.argument(v) for v in (p.start, p.stop)]
                return ":".join(parts) + ("" if p.step is None else f":{self.argument(p.step)}")
            return self.argument(p)

        return ", ".join(map(one, x)) if type(x) is tuple and len(x) > 1 else one(x)


def is_weak(x: Any) -> bool:
    """Whether an argument is a number of Python's."""
    return x.weak if isinstance(x, Var) else not isinstance(x, np.generic)


def is_boolean(x: Any) -> bool:
    """Whether an argument holds True and False: their ** 2 is of another type than x * x."""
    return isinstance(x, Var) and x.dtype.kind == "b"


def literal(x: Any) -> str:
    """A value that Python reads back."""
    if isinstance(x, slice):
        return f"slice({literal(x.start)}, {literal(x.stop)}, {literal(x.step)})"
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.bool_):
        return str(bool(x))
    if isinstance(x, np.generic):
        return number(x)
    if isinstance(x, float) and not np.isfinite(x):
        return f"float('{x}')"
    if isinstance(x, np.dtype):
        return f"np.{x.name}" if hasattr(np, x.name) else f"np.dtype({x.str!r})"
    if isinstance(x, type) and issubclass(x, np.generic):
        return f"np.{x.__name__}"
    return function_name(x) if callable(x) else repr(x)


def number(x: Any) -> str:
    """A number of NumPy's; float64 and Python's float mean the same except beside float32."""
    plain = x.item()
    if isinstance(plain, float) and not np.isfinite(plain):
        return f"np.{x.dtype.name}('{plain}')"
    return f"np.{x.dtype.name}({plain!r})"


def function_name(fn: Callable[..., Any]) -> str:
    """How generated source calls a function: np.tanh, np.add.accumulate, sigmoid."""
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{fn.__name__}"
    return printed_name(fn)


def lone(axis: Any) -> Any:
    """axis=(1,) reads axis=1."""
    return axis[0] if type(axis) is tuple and len(axis) == 1 else axis
