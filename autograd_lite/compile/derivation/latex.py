"""The printer's style of mathematics, in the course's notation: dZ^{[2]}."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.functions import leaky_relu, log_softmax, relu, sigmoid, softmax
from ...rules.traits import ATOM, COMPARED, MULTIPLIED, NEGATED, RAISED
from ..codegen.printer import Printer, literal, lone
from ..ir import Line, Var

_SYMBOL = re.compile(r"(d?)([A-Za-z])(\d*)$")
_WEIGHT = re.compile(r"(d?)(W(?=[A-Za-z]{1,2}$)|b(?=[a-z]$))([A-Za-z]+)$")  # Wax, ba
_GREEK = {
    "lambd": "lambda", "lambda_": "lambda", "lam": "lambda", "eps": "epsilon",
    **{x: x for x in ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa",
                      "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi",
                      "omega")},
}  # fmt: skip
_FUNCTIONS: dict[Any, str] = {
    np.tanh: r"\tanh", np.exp: r"\exp", np.log: r"\log", np.sin: r"\sin", np.cos: r"\cos",
    np.sinh: r"\sinh", np.cosh: r"\cosh", np.tan: r"\tan", np.arctan: r"\arctan",
    np.maximum: r"\max", np.minimum: r"\min", np.max: r"\max", np.min: r"\min",
    sigmoid: r"\sigma", relu: r"\mathrm{ReLU}", leaky_relu: r"\mathrm{LeakyReLU}",
    softmax: r"\mathrm{softmax}", log_softmax: r"\log \mathrm{softmax}",
}  # fmt: skip
_SIGNS = {
    "<=": r"\leq", ">=": r"\geq", "==": "=", "!=": r"\neq", "%": r"\bmod", "//": r"\mathbin{//}",
    "&": r"\mathbin{\&}", "|": r"\mid", "^": r"\oplus", "<<": r"\ll", ">>": r"\gg", "~": r"\neg ",
}  # fmt: skip


class LatexPrinter(Printer):
    """The style of mathematics; a sum over this many `examples` goes up to m."""

    brackets = r"\left( ", r" \right)"
    elementwise = (r"\odot",)
    associative = ("+", "@", r"\odot", r"\,")
    negated = MULTIPLIED

    def __init__(
        self, names: Mapping[Var, str], inlined: Mapping[Var, Line], examples: int | None
    ) -> None:
        super().__init__(names, inlined)
        self.examples = examples

    def variable(self, v: Var) -> str:
        """Return the symbol of a variable."""
        return symbol(self.names[v])

    def value(self, x: Any) -> str:
        """Return a number, or anything else as code."""
        x = x.item() if isinstance(x, np.generic) else x
        if isinstance(x, int | float) and not isinstance(x, bool):
            return decimal(x) if isinstance(x, float) else str(x)
        return rf"\texttt{{{literal(x)}}}"

    def function(self, fn: Any) -> str:
        """Return the mathematical name of a function."""
        return _FUNCTIONS.get(fn, upright(fn.__name__))

    def must_be_called(self, line: Line) -> bool:
        """Return False: dtypes do not matter here."""
        return False

    def sign(self, line: Line) -> str:
        """Return the sign of a line; a product with a number has another one than one of arrays."""
        text = super().sign(line)
        if text == "*":
            arrays = all(isinstance(a, Var) and a.size > 1 for a in line.args)
            return r"\odot" if arrays else r"\,"
        return _SIGNS.get(text, text)

    def operand(self, x: Any, around: int, sign: str = "", right: bool = False) -> str:
        """Return an operand in brackets if it needs them, as a sum does before a product sign."""
        text = super().operand(x, around, sign, right)
        open_sum = sign in ("@", r"\odot", r"\,") and not right and text.startswith(r"\sum")
        return self.bracketed(text) if open_sum else text

    def infix(self, line: Line, sign: str, binding: int) -> tuple[str, int]:
        """Return two operands with a sign between them, a fraction, or an indicator."""
        if sign == "/":
            return self.quotient(*line.args)
        if sign == r"\,":  # the number comes first
            line = line.calling(line.fn, *sorted(line.args, key=lambda a: isinstance(a, Var)))
        text, binding = super().infix(line, sign, binding)
        if binding == COMPARED:
            return rf"\mathbf{{1}}\left[ {text} \right]", ATOM
        return text, binding

    def joined(self, left: str, sign: str, right: str) -> str:
        """Return two printed operands side by side; a matrix product has no sign."""
        if sign == "@":
            sign = r"\," if r"\mathrm" in left + right else ""
        return " ".join(filter(None, [left, sign, right]))

    def quotient(self, a: Any, b: Any) -> tuple[str, int]:
        """Return a fraction; a division by one number is a factor in front."""
        if isinstance(b, Var) and b.size > 1:
            return rf"\frac{{{self.argument(a)}}}{{{self.argument(b)}}}", ATOM
        minus = ""
        inner = self.inlined.get(a) if isinstance(a, Var) else None
        if inner is not None and inner.fn is np.negative:
            minus, a = "-", inner.args[0]
        if not isinstance(a, Var):
            return rf"{minus}\frac{{{self.argument(a)}}}{{{self.argument(b)}}}", MULTIPLIED
        factor = rf"\frac{{1}}{{{self.argument(b)}}}"
        return f"{minus}{factor} {self.operand(a, MULTIPLIED)}", MULTIPLIED

    def power(self, base: Any, exponent: Any) -> tuple[str, int]:
        """Return a power."""
        return f"{grouped(self.operand(base, ATOM))}^{{{self.argument(exponent)}}}", RAISED

    def transposed(self, x: Any) -> tuple[str, int]:
        """Return the transpose of a matrix."""
        return f"{grouped(self.operand(x, ATOM))}^{{T}}", RAISED

    def indexed(self, x: Any, index: Any) -> str:
        """Return a part of an array."""
        return rf"{self.operand(x, ATOM)}\left[ {self.index(index)} \right]"

    def call(self, line: Line, name: str = "") -> tuple[str, int]:
        """Return a function of its arguments, with the axis below its name."""
        if line.fn is np.sqrt:
            return rf"\sqrt{{{self.argument(line.args[0])}}}", ATOM
        if line.fn in (np.absolute, operator.abs):
            return rf"\left| {self.argument(line.args[0])} \right|", ATOM
        axis = lone(line.kwargs.get("axis"))
        below = "" if axis is None else rf"_{{\mathrm{{axis}}\,{axis}}}"
        if line.fn is np.sum:
            return self.sum(line.args[0], axis, below), NEGATED
        shown = ", ".join(map(self.argument, line.args))
        return f"{name or self.function(line.fn)}{below}{self.bracketed(shown)}", ATOM

    def sum(self, x: Any, axis: Any, below: str) -> str:
        """Return a sum; one over the columns of a matrix has an index."""
        if axis not in (1, -1) or len(x.shape) != 2:
            return rf"\sum{below} {self.operand(x, MULTIPLIED)}"
        n = "m" if x.shape[1] == self.examples else str(x.shape[1])
        text = self.argument(x)
        column = f"{self.bracketed(text)}^{{(i)}}" if x in self.inlined else example(text)
        return rf"\sum_{{i=1}}^{{{n}}} {column}"


def decimal(x: float) -> str:
    """Return a number to six digits.

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
    """Return a name as the course writes it; t1, t2, ... are no layers.

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
    """Return a word in upright type, so that it does not read as a product of letters."""
    return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"


def example(v: str) -> str:
    """Return column i of a matrix: dZ^{[2](i)}.

    >>> example("dZ^{[2]}"), example("X")
    ('dZ^{[2](i)}', 'X^{(i)}')
    """
    return v[:-1] + "(i)}" if v.endswith("]}") else f"{grouped(v)}^{{(i)}}"


def grouped(text: str) -> str:
    """Return the text in braces if it has a superscript already."""
    return f"{{{text}}}" if "^" in text and not text.startswith(r"\left(") else text
