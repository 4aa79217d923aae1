"""A Sum written back as lines of a Program."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.shaping import astype
from ..ir import Line, Var
from .polynomials import Sum, Term, flattened

MAX_WRITTEN = 3


class Writer:
    """Collects the lines of one expression of real numbers."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        self.rules = rules
        self.lines: list[Line] = []

    def line(self, fn: Any, *args: Any) -> Var:
        """Append a line; its variable. Raises ValueError where whole numbers would meet."""
        dtype = np.result_type(
            *[0.0 if not isinstance(a, Var) or a.weak else a.dtype for a in args]
        )
        if dtype.kind != "f":
            raise ValueError("whole numbers may wrap around")
        out = Var(np.broadcast_shapes(*(a.shape for a in args if isinstance(a, Var))), dtype)
        self.lines.append(Line(fn, args, {}, (out,), rules=self.rules))
        return out

    def product(self, t: Term, c: float) -> Any:
        """c times the bases; a number where there are none."""
        value: Any = None
        for base, power in t:
            for _ in range(power):
                value = base if value is None else self.line(np.multiply, value, base)
        if value is None:
            return c
        return value if abs(c - 1.0) < 1e-12 else self.line(np.multiply, value, c)


def simplest(total: Sum, line: Line) -> list[Line] | None:
    """Lines for a Sum whose divisions all cancelled, that make what `line` made.

    None if some division is left, or where that would be long.
    """
    flat = flattened(total)
    if flat is None or not flat.terms or flat.size > MAX_WRITTEN:
        return None
    common, terms = common_number(flat)
    writer = Writer(line.rules)
    try:
        result: Any = None
        for t, c in sorted(terms.items(), key=lambda item: -item[1]):  # what is added comes first
            part = writer.product(t, abs(c))
            if result is None:
                result = part if c > 0 else negated(writer, part)
            else:
                result = writer.line(np.add if c > 0 else np.subtract, result, part)
        if common != 1.0:
            fn, number = shorter(common)
            result = writer.line(fn, result, number)
        if isinstance(result, Var) and result.dtype != line.out.dtype:
            result = writer.line(astype, result, line.out.dtype)
    except ValueError:
        return None
    if not writer.lines or not isinstance(result, Var) or result.shape != line.out.shape:
        return None
    last = writer.lines[-1]
    return [*writer.lines[:-1], line.calling(last.fn, *last.args)]


def negated(writer: Writer, part: Any) -> Any:
    """Minus a number, or a line that negates."""
    return writer.line(np.negative, part) if isinstance(part, Var) else -part


def shorter(factor: float) -> tuple[Any, float]:
    """Times a factor, or divided by its inverse: / 3 and / 0.8, but * 0.3.

    >>> shorter(1 / 3)[1], shorter(1.25)[1], shorter(0.3)[1]
    (3, 0.8, 0.3)
    """
    n = round(1 / factor)
    if n != 0 and abs(1 / factor - n) < 1e-9 * n:
        return np.true_divide, n
    inverse = float(f"{1 / factor:.12g}")
    is_shorter = len(repr(inverse)) < len(repr(factor)) and abs(inverse * factor - 1) < 1e-15
    return (np.true_divide, inverse) if is_shorter else (np.multiply, factor)


def common_number(flat: Sum) -> tuple[float, dict[Term, float]]:
    """A number that stands outside, c * (A - Y), and what is left inside of it."""
    common = min(abs(c) for c in flat.terms.values())
    inside = {t: c / common for t, c in flat.terms.items()}
    if any(abs(abs(s) - 1.0) > 1e-12 for s in inside.values()):
        return 1.0, dict(flat.terms)
    return common, inside
