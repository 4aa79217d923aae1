"""Lines of a Program as mathematics, in the course's notation: dZ^{[2]}."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.functions import leaky_relu, log_softmax, relu, sigmoid, softmax
from ...rules.indexing import getitem
from ..codegen.printer import ADDED, ATOM, COMPARED, MULTIPLIED, NEGATED, RAISED, Printer, lone
from ..ir import Line, Var

_SYMBOL = re.compile(r"(d?)([A-Za-z])(\d*)$")
_WEIGHT = re.compile(r"(d?)(W(?=[A-Za-z]{1,2}$)|b(?=[a-z]$))([A-Za-z]+)$")  # Wax, ba
_GREEK = {
    "lambd": "lambda", "lambda_": "lambda", "lam": "lambda", "eps": "epsilon",
    **{x: x for x in ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa",
                      "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi",
                      "omega")},
}  # fmt: skip
# Python's own operators on its own numbers
_SAME: dict[Any, Any] = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply,
    operator.truediv: np.true_divide, operator.neg: np.negative, operator.pow: np.power,
    operator.abs: np.absolute, operator.gt: np.greater, operator.lt: np.less,
    operator.ge: np.greater_equal, operator.le: np.less_equal, operator.eq: np.equal,
    operator.ne: np.not_equal,
}  # fmt: skip
_FUNCTIONS: dict[Any, str] = {
    np.tanh: r"\tanh", np.exp: r"\exp", np.log: r"\log", np.sin: r"\sin", np.cos: r"\cos",
    np.sinh: r"\sinh", np.cosh: r"\cosh", np.tan: r"\tan", np.arctan: r"\arctan",
    np.maximum: r"\max", np.minimum: r"\min", np.max: r"\max", np.min: r"\min",
    sigmoid: r"\sigma", relu: r"\mathrm{ReLU}", leaky_relu: r"\mathrm{LeakyReLU}",
    softmax: r"\mathrm{softmax}", log_softmax: r"\log \mathrm{softmax}",
}  # fmt: skip
_COMPARISONS: dict[Any, str] = {
    np.greater: ">", np.less: "<", np.greater_equal: r"\geq", np.less_equal: r"\leq",
    np.equal: "=", np.not_equal: r"\neq",
}  # fmt: skip


class LatexPrinter(Printer):
    """Prints expressions as LaTeX; a sum over so many `examples` goes up to m."""

    def __init__(
        self, names: Mapping[Var, str], inlined: Mapping[Var, Line], examples: int | None
    ) -> None:
        super().__init__(names, inlined)
        self.examples = examples

    def argument(self, x: Any) -> str:
        """An argument of a function."""
        if isinstance(x, Var) and x not in self.inlined:
            return symbol(self.names[x])
        if isinstance(x, np.generic):
            x = x.item()
        if isinstance(x, float):
            return decimal(x)
        if isinstance(x, int) and not isinstance(x, bool):
            return str(x)
        return super().argument(x) if isinstance(x, Var) else rf"\texttt{{{super().argument(x)}}}"

    def part(self, x: Any, around: int, right: bool = False) -> str:
        """An operand, in brackets where it needs them."""
        text, level = self.argument(x), ATOM
        if isinstance(x, Var) and x in self.inlined:
            text, level = self.expression(self.inlined[x])
        elif text.startswith("-"):
            level = NEGATED if right else ADDED
        low = level < around or (level == around and right and around == ADDED)
        return bracketed(text) if low or (right and text.startswith("-")) else text

    def expression(self, line: Line) -> tuple[str, int]:
        """A line's right-hand side, and how tightly it binds."""
        fn, args = _SAME.get(line.fn, line.fn), line.args
        if fn in (np.add, np.subtract):
            sign = "+" if fn is np.add else "-"
            return f"{self.part(args[0], ADDED)} {sign} {self.part(args[1], ADDED, True)}", ADDED
        if fn is np.negative:
            return f"-{self.part(args[0], MULTIPLIED)}", NEGATED
        if fn is np.multiply:
            if args[0] is args[1]:
                return self._raised(args[0], 2)
            arrays = all(isinstance(a, Var) and a.size > 1 for a in args)
            dot = r" \odot " if arrays else r" \, "
            args = tuple(sorted(args, key=lambda a: isinstance(a, Var)))  # a number comes first
            return dot.join(self._factor(a, arrays) for a in args), MULTIPLIED
        if fn is np.matmul:
            a, b = (self.part(a, MULTIPLIED) for a in args)
            return (rf"{a} \, {b}" if r"\mathrm" in a + b else f"{a} {b}"), MULTIPLIED
        if fn is np.true_divide:
            return self._quotient(*args)
        if fn is np.power:
            return self._raised(*args)
        if fn is np.transpose and len(args) == 1:
            return f"{grouped(self.part(args[0], RAISED))}^{{T}}", RAISED
        if fn is np.sqrt:
            return rf"\sqrt{{{self.argument(args[0])}}}", ATOM
        if fn is np.absolute:
            return rf"\left| {self.argument(args[0])} \right|", ATOM
        if fn in _COMPARISONS:
            a, b = (self.part(x, COMPARED) for x in args)
            return rf"\mathbf{{1}}\left[ {a} {_COMPARISONS[fn]} {b} \right]", ATOM
        if fn is np.sum:
            return self._sum(line)
        if fn is getitem:
            return rf"{self.part(args[0], ATOM)}\left[ {self.index(args[1])} \right]", ATOM
        shown = ", ".join(self.argument(a) for a in args)
        name = _FUNCTIONS.get(fn, upright(fn.__name__))
        axis = lone(line.kwargs.get("axis"))
        name += "" if axis is None else rf"_{{\mathrm{{axis}}\,{axis}}}"
        return rf"{name}\left( {shown} \right)", ATOM

    def _factor(self, x: Any, among_arrays: bool) -> str:
        """A factor; a matrix product stands in brackets where it is multiplied elementwise."""
        inner = self.inlined.get(x) if isinstance(x, Var) else None
        if among_arrays and inner is not None and inner.fn is np.matmul:
            return bracketed(self.argument(x))
        return self.part(x, MULTIPLIED)

    def _quotient(self, a: Any, b: Any) -> tuple[str, int]:
        numerator = a
        if isinstance(b, Var) and b.size > 1:
            return rf"\frac{{{self.argument(a)}}}{{{self.argument(b)}}}", ATOM
        sign = ""
        if isinstance(a, Var) and a in self.inlined and self.inlined[a].fn is np.negative:
            sign, numerator = "-", self.inlined[a].args[0]
        below = self.argument(b)
        if not isinstance(numerator, Var):
            return rf"{sign}\frac{{{self.argument(numerator)}}}{{{below}}}", MULTIPLIED
        return rf"{sign}\frac{{1}}{{{below}}} {self.part(numerator, MULTIPLIED)}", MULTIPLIED

    def _raised(self, base: Any, power: Any) -> tuple[str, int]:
        return f"{grouped(self.part(base, ATOM))}^{{{self.argument(power)}}}", RAISED

    def _sum(self, line: Line) -> tuple[str, int]:
        x = line.args[0]
        axis = lone(line.kwargs.get("axis"))
        if axis in (1, -1) and len(x.shape) == 2:
            n = "m" if x.shape[1] == self.examples else str(x.shape[1])
            if x in self.inlined:
                return rf"\sum_{{i=1}}^{{{n}}} {bracketed(self.argument(x))}^{{(i)}}", MULTIPLIED
            return rf"\sum_{{i=1}}^{{{n}}} {example(self.argument(x))}", MULTIPLIED
        below = "" if axis is None else rf"_{{\mathrm{{axis}}\,{axis}}}"
        return rf"\sum{below} {self.part(x, MULTIPLIED)}", MULTIPLIED


def decimal(x: float) -> str:
    """A number to six digits.

    >>> decimal(2.0), decimal(0.25), decimal(1e-8), decimal(2.5e-7)
    ('2', '0.25', '10^{-8}', '2.5 \\\\cdot 10^{-7}')
    """
    if not np.isfinite(x):
        return str(x).replace("inf", r"\infty")
    digits, _, power = f"{x:g}".partition("e")
    if not power:
        return digits
    ten = f"10^{{{int(power)}}}"
    return {"1": ten, "-1": f"-{ten}"}.get(digits, rf"{digits} \cdot {ten}")


def symbol(name: str) -> str:
    """A name as the course writes it; t1, t2, ... are no layers.

    >>> symbol("dZ2"), symbol("X"), symbol("t2"), symbol("a_2"), symbol("Wax")
    ('dZ^{[2]}', 'X', 't_{2}', 'a_{2}', 'W_{ax}')
    >>> symbol("lambd"), symbol("Yhat"), symbol("rate")
    ('\\\\lambda', '\\\\hat{Y}', '\\\\mathrm{rate}')
    """
    found = _SYMBOL.match(name)
    if found is not None:
        d, letter, layer = found.groups()
        below = f"{d}{letter}" == "t"
        return f"{d}{letter}" + (f"_{{{layer}}}" if below else f"^{{[{layer}]}}") * bool(layer)
    if (weight := _WEIGHT.match(name)) is not None:
        d, letter, index = weight.groups()
        return f"{d}{letter}_{{{index}}}"
    d, rest = ("d", name[1:]) if name[:1] == "d" else ("", name)
    if name in _GREEK or rest in _GREEK:
        return rf"\{_GREEK[name]}" if name in _GREEK else rf"{d}\{_GREEK[rest]}"
    if re.match(r"[A-Za-z]_?hat$", rest):
        return rf"{d}\hat{{{rest[0]}}}"
    stem, _, index = name.rpartition("_")
    if index.isdigit() and stem:
        return f"{symbol(stem)}_{{{index}}}" if "_{" not in symbol(stem) else upright(name)
    return upright(name)


def upright(name: str) -> str:
    """A word, which is no product of letters."""
    return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"


def example(v: str) -> str:
    """Column i of a matrix: dZ^{[2](i)}.

    >>> example("dZ^{[2]}"), example("X")
    ('dZ^{[2](i)}', 'X^{(i)}')
    """
    return v[:-1] + "(i)}" if v.endswith("]}") else f"{grouped(v)}^{{(i)}}"


def grouped(text: str) -> str:
    """Braces around what has a superscript already."""
    return f"{{{text}}}" if "^" in text and not text.startswith(r"\left(") else text


def bracketed(text: str) -> str:
    """In round brackets."""
    return rf"\left( {text} \right)"
