"""Cancel divisions in products of the backward pass, written as sums of products and back.

UNSAFE: where it multiplies out a sum whose terms are large and nearly cancel, digits are lost.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...rules.shaping import astype
from ..ir import Line, Program, Var
from .cleanup import dead_code
from .polynomials import Sum, Term, expansions, flattened
from .rewrite import UNSAFE, Definitions, New, rewritten, rule

MAX_WRITTEN = 3  # terms


def cancel_divisions(program: Program) -> Program:
    """Turn products in which every division cancels into what is left of them.

    An example is the course's cost, -mean(Y log A + (1 - Y) log(1 - A)) with A = sigmoid(Z):
    (-Y / A + (1 - Y) / (1 - A)) / m * A * (1 - A) is (A - Y) / m, which is shorter, and finite if
    A is 0 or 1.
    """
    sums, makers = expansions(program), program.makers()

    @rule(np.multiply, np.negative, accuracy=UNSAFE)
    def cancelled(line: Line, made: Definitions) -> New:
        total = sums.get(line.out)
        if total is None or not total.divided or not line.out.shape or not line.rules:
            return None
        short = simplest(total, line)
        if short is None:
            return None
        rules = tuple(dict.fromkeys(rules_behind(line, makers)))
        return [dataclasses.replace(x, rules=rules) for x in short]

    return dead_code(rewritten(program, [cancelled]))


def rules_behind(line: Line, made: Mapping[Var, Line]) -> list[str]:
    """Return the rules that went into a line, the first one first."""
    found: list[str] = []
    seen: set[Var] = set()
    stack = [line]
    while stack:
        x = stack.pop()
        found += x.rules
        following = [v for v in x.reads if v in made and made[v].rules and v not in seen]
        seen.update(following)
        stack += [made[v] for v in following]
    return found[::-1]


class Writer:
    """Collects the lines of one expression of real numbers."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        self.rules = rules
        self.lines: list[Line] = []

    def line(self, fn: Any, *args: Any) -> Var:
        """Append a line and return its variable.

        Raises ValueError for integers, which may wrap around.
        """
        dtype = np.result_type(
            *[0.0 if not isinstance(a, Var) or a.weak else a.dtype for a in args]
        )
        if dtype.kind != "f":
            raise ValueError("integers may wrap around")
        out = Var(np.broadcast_shapes(*(a.shape for a in args if isinstance(a, Var))), dtype)
        self.lines.append(Line(fn, args, {}, (out,), rules=self.rules))
        return out

    def product(self, t: Term, c: float) -> Any:
        """Return c times the bases, or c if there are none."""
        value: Any = None
        for base, power in t:
            for _ in range(power):
                value = base if value is None else self.line(np.multiply, value, base)
        if value is None:
            return c
        return value if abs(c - 1.0) < 1e-12 else self.line(np.multiply, value, c)


def simplest(total: Sum, line: Line) -> list[Line] | None:
    """Return lines that make what `line` made from a Sum whose divisions all cancel.

    None if some division is left, or if there would be many terms.
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
    """Return minus a number, or the variable of a line that negates."""
    return writer.line(np.negative, part) if isinstance(part, Var) else -part


def shorter(factor: float) -> tuple[Any, float]:
    """Return how to multiply by a factor in few characters: / 3 and / 0.8, but * 0.3.

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
    """Factor a Sum as c * (A - Y): return c, and the terms inside."""
    common = min(abs(c) for c in flat.terms.values())
    inside = {t: c / common for t, c in flat.terms.items()}
    if any(abs(abs(s) - 1.0) > 1e-12 for s in inside.values()):
        return 1.0, dict(flat.terms)
    return common, inside
