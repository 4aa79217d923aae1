"""The one printer of expressions: a line of a Program as a person would write it.

`Printer` writes NumPy that runs. Other styles override what they spell in another way: numbers,
names of functions, brackets, powers. `PlainPrinter` stands below; LaTeX is in derivation/latex.py,
and the style of drawings in draw/expressions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...rules.indexing import getitem
from ...rules.registry import printed_name
from ...rules.shaping import astype
from ...rules.traits import ATOM, BITWISE, COMPARED, NEGATED, RAISED, SIGNS
from ..ir import Line, Var


class Printer:
    """A printer of runnable NumPy; `inlined` lines are written where their result is used.

    Lines may be added to `names` and `inlined` while printing goes on.
    """

    brackets = "(", ")"
    methods: tuple[Any, ...] = (np.sum, np.mean, np.max, np.min, np.reshape)
    elementwise: tuple[str, ...] = ("*", "/", "//", "%")  # signs that stand in brackets beside @
    associative: tuple[str, ...] = ()  # signs of which a chain needs no brackets on its right
    negated = NEGATED  # an operand that binds less tightly stands in brackets after a minus

    def __init__(self, names: Mapping[Var, str], inlined: Mapping[Var, Line] | None = None) -> None:
        self.names = names
        self.inlined = {} if inlined is None else inlined

    # Decisions of a style

    def variable(self, v: Var) -> str:
        """Return the name of a variable."""
        return self.names[v]

    def value(self, x: Any) -> str:
        """Return a constant argument: a number, a dtype, a slice."""
        return literal(x)

    def function(self, fn: Callable[..., Any]) -> str:
        """Return the name by which a function is called."""
        return function_name(fn)

    def sign(self, line: Line) -> str:
        """Return the sign of a line that is written with one, else an empty string."""
        return SIGNS[line.fn].text if line.fn in SIGNS and not self.must_be_called(line) else ""

    def must_be_called(self, line: Line) -> bool:
        """Return whether a line may not be written with a sign.

        NumPy's functions make a NumPy number of two Python numbers; operators would not.
        """
        return isinstance(line.fn, np.ufunc) and all(map(is_weak, line.args))

    # Expressions

    def argument(self, x: Any) -> str:
        """Return an argument of a call: a name, a number, a tuple, an expression."""
        if isinstance(x, Var):
            return self.expression(self.inlined[x])[0] if x in self.inlined else self.variable(x)
        if type(x) is tuple:
            return f"({', '.join(map(self.argument, x))}{',' if len(x) == 1 else ''})"
        if type(x) is list:
            return f"[{', '.join(map(self.argument, x))}]"
        return self.value(x)

    def operand(self, x: Any, around: int, sign: str = "", right: bool = False) -> str:
        """Return an operand of a sign of this binding strength, in brackets if it needs them."""
        text, binding, inner = self.argument(x), ATOM, ""
        if isinstance(x, Var) and x in self.inlined:
            text, binding = self.expression(self.inlined[x])
            inner = self.sign(self.inlined[x])
        negative = text.startswith("-") and (right or around == RAISED)
        mixed = "@" in (sign, inner) and (sign in self.elementwise or inner in self.elementwise)
        same = binding == around and (
            mixed
            or around in (RAISED, COMPARED)
            or (around == BITWISE and sign != inner)
            or (right and not (sign == inner and sign in self.associative))
        )
        return self.bracketed(text) if binding < around or same or negative else text

    def bracketed(self, text: str) -> str:
        """Return the text in brackets."""
        return f"{self.brackets[0]}{text}{self.brackets[1]}"

    def expression(self, line: Line) -> tuple[str, int]:
        """Return the right-hand side of a line and its binding strength."""
        fn, args = line.fn, line.args
        sign = "" if line.several or line.kwargs else self.sign(line)
        if sign and len(args) == 1:
            return f"{sign}{self.operand(args[0], self.negated)}", NEGATED
        if sign and len(args) == 2:
            return self.infix(line, sign, SIGNS[fn].binding)
        if fn is np.square and not is_boolean(args[0]):
            return self.power(args[0], 2)
        if fn is np.transpose and len(args) == 1 and not line.kwargs:
            return self.transposed(args[0])
        if fn is getitem:
            return self.indexed(*args), ATOM
        return self.call(line)

    def infix(self, line: Line, sign: str, binding: int) -> tuple[str, int]:
        """Return two operands with a sign between them."""
        a, b = line.args
        if binding == RAISED:
            return self.power(a, b)
        if a is b and SIGNS[line.fn].text == "*" and not is_boolean(a):
            return self.power(a, 2)
        left, right = self.operand(a, binding, sign), self.operand(b, binding, sign, right=True)
        return self.joined(left, sign, right), binding

    def joined(self, left: str, sign: str, right: str) -> str:
        """Return two printed operands with a sign between them."""
        return f"{left} {sign} {right}"

    def power(self, base: Any, exponent: Any) -> tuple[str, int]:
        """Return a power."""
        raised = self.operand(exponent, RAISED, right=True)
        return f"{self.operand(base, RAISED)}**{raised}", RAISED

    def transposed(self, x: Any) -> tuple[str, int]:
        """Return the transpose of a matrix."""
        return f"{self.operand(x, ATOM)}.T", ATOM

    def indexed(self, x: Any, index: Any) -> str:
        """Return a part of an array."""
        return f"{self.operand(x, ATOM)}[{self.index(index)}]"

    def index(self, x: Any) -> str:
        """Return what stands between the brackets of an index."""
        if type(x) is tuple and x:
            return ", ".join(map(self.index, x))
        if not isinstance(x, slice):
            return self.argument(x)
        ends = ["" if end is None else self.argument(end) for end in (x.start, x.stop)]
        return ":".join(ends) + ("" if x.step is None else f":{self.argument(x.step)}")

    def call(self, line: Line, name: str = "") -> tuple[str, int]:
        """Return a call of a function, of `name` if given, or of an array's method."""
        args, kwargs = list(line.args), dict(line.kwargs)
        if line.fn is astype:
            return f"{self.operand(args[0], ATOM)}.astype({literal(args[1])})", ATOM
        if line.fn in self.methods and isinstance(args[0], Var) and not args[0].weak:
            kwargs = {key: lone(value) for key, value in kwargs.items()}
            if not name and args[0] not in self.inlined:
                name = f"{self.variable(args.pop(0))}.{line.fn.__name__}"
        shown = [self.argument(a) for a in args]
        shown += [f"{key}={self.argument(value)}" for key, value in kwargs.items()]
        return f"{name or self.function(line.fn)}({', '.join(shown)})", ATOM


class PlainPrinter(Printer):
    """The style of derivations: numbers as a person writes them, all of one type."""

    def value(self, x: Any) -> str:
        """Return 2 in place of np.float64(2.0)."""
        if isinstance(x, np.generic) and x.dtype.kind in "fiu" and np.isfinite(x):
            x = x.item()
        if isinstance(x, float) and x == round(x) and abs(x) < 1e6:
            x = round(x)
        return literal(x)


class Verbatim(str):
    """An expression that is printed already: text whose repr has no quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def is_weak(x: Any) -> bool:
    """Return whether an argument is a Python number."""
    return x.weak if isinstance(x, Var) else not isinstance(x, np.generic)


def is_boolean(x: Any) -> bool:
    """Return whether an argument is of dtype bool, for which x**2 and x * x differ in dtype."""
    return isinstance(x, Var) and x.dtype.kind == "b"


def literal(x: Any) -> str:
    """Return Python source of a value."""
    if isinstance(x, slice):
        return f"slice({literal(x.start)}, {literal(x.stop)}, {literal(x.step)})"
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.bool_):
        return str(bool(x))
    if isinstance(x, np.generic):
        number = x.item()
        finite = not isinstance(number, float) or np.isfinite(number)
        return f"np.{x.dtype.name}({number!r})" if finite else f"np.{x.dtype.name}('{number}')"
    if isinstance(x, float) and not np.isfinite(x):
        return f"float('{x}')"
    if isinstance(x, np.dtype):
        return f"np.{x.name}" if hasattr(np, x.name) else f"np.dtype({x.str!r})"
    if isinstance(x, type) and issubclass(x, np.generic):
        return f"np.{x.__name__}"
    return function_name(x) if callable(x) else repr(x)


def function_name(fn: Callable[..., Any]) -> str:
    """Return how source calls a function: np.tanh, np.add.accumulate, sigmoid."""
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{fn.__name__}"
    return fn.__name__ if hasattr(fn, "__autograd_primitive__") else printed_name(fn)


def lone(axis: Any) -> Any:
    """Return the axis in a tuple of one: axis=(1,) reads axis=1."""
    return axis[0] if type(axis) is tuple and len(axis) == 1 else axis
