"""Cancel the divisions in the derivative of a cross-entropy through its sigmoid.

The course's cost, -mean(Y log A + (1 - Y) log(1 - A)) with A = sigmoid(Z), has the derivative
(c Y / A - c (1 - Y) / (1 - A)) * A * (1 - A) with c = -1 / m. It equals (A - Y) / m, which is
shorter, and finite if A is 0 or 1.

ROUNDING: with any numerators p and q, p (1 - A) - q A has the terms of the lines it replaces, and
rounds less often. A - Y, the difference of those terms, is rounded once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir import Line, Program, Var
from .cleanup import dead_code
from .rewrite import (
    ROUNDING,
    Definitions,
    Match,
    New,
    Pattern,
    is_number,
    kind_of,
    made_by,
    result_kind,
    rewritten,
    rule,
)


def _written_out(p: Any, q: Any, n: Any) -> Any:
    """Backpropagate through A = 1 / (1 + exp(n)), n = -Z."""
    e = np.exp(n)
    u = 1 + e
    A = 1 / u
    return -(-(p / A - q / (1 - A)) * A / u * e)


_PATTERNS = [
    Pattern(lambda p, q, A: (p / A - q / (1 - A)) * (A * (1 - A))),
    Pattern(lambda p, q, A: (q / (1 - A) - p / A) * (A * (1 - A))),
    Pattern(_written_out),
]


def cancel_divisions(program: Program) -> Program:
    """Write the derivative of a cross-entropy with respect to Z without divisions."""
    return dead_code(rewritten(program, [cross_entropy]))


@rule(np.multiply, np.negative, accuracy=ROUNDING)
def cross_entropy(line: Line, made: Definitions) -> New:
    """Replace (p / A - q / (1 - A)) * A * (1 - A) by p * (1 - A) - q * A, or by c * (Y - A)."""
    for pattern in _PATTERNS if line.rules else ():
        for match in pattern.matches(line, made):
            # Unsigned integers wrap around: 1 - Y is 255 if Y is 2.
            if all(x.out.dtype.kind in "fi" for x in (*match.between, line)):
                lines = without_division(match, -1.0 if pattern is _PATTERNS[1] else 1.0)
                if lines is not None:
                    return lines
    return None


def without_division(match: Match, sign: float) -> list[Line] | None:
    """Return the lines that replace a match; None if they would change a shape or a dtype."""
    line, made = match.line, match.made
    one_minus_A = next(x for x in match.between if x.fn is np.subtract and is_number(x.args[0], 1))
    A = one_minus_A.args[1]
    numerators = [made[v] for v in (match.found["p"], match.found["q"]) if v in made]
    behind = (*numerators, *match.between[::-1], line)
    rules = tuple(dict.fromkeys(r for x in behind for r in x.rules))
    lines: list[Line] = []

    def emit(fn: Any, *args: Any) -> Var:
        kind = result_kind(made_by(line, line.out, fn, *args)) or kind_of(line.out)
        lines.append(Line(fn, args, {}, (Var(*kind),), rules=rules))
        return lines[-1].out

    (Y, c), (complement, d) = scaled(match.found["p"], made), scaled(match.found["q"], made)
    rest = made.get(complement) if isinstance(complement, Var) else None
    if c == d and rest is not None and rest.fn is np.subtract and rest.args[1] is Y:
        if not is_number(rest.args[0], 1) or rest.out.dtype.kind not in "fi":
            return None
        c *= sign
        difference = emit(np.subtract, Y, A) if c > 0 else emit(np.subtract, A, Y)
        if abs(c) != 1:
            emit(*multiplication(difference, abs(c)))
    else:
        terms = (
            emit(np.multiply, match.found["p"], one_minus_A.out),
            emit(np.multiply, match.found["q"], A),
        )
        emit(np.subtract, *terms[:: int(sign)])
    last = lines.pop()
    if kind_of(last.out) != kind_of(line.out):
        return None
    return [*lines, Line(last.fn, last.args, {}, line.outs, rules=rules)]


def scaled(x: Any, made: Definitions) -> tuple[Any, float]:
    """Return v and the number c if x is c * v, else x and 1."""
    line = made.get(x) if isinstance(x, Var) else None
    if line is not None and line.fn is np.negative:
        return line.args[0], -1.0
    if line is not None and line.fn is np.multiply:
        for number, v in (line.args, line.args[::-1]):
            if is_number(number):
                return v, float(number)
    return x, 1.0


def multiplication(x: Var, c: float) -> tuple[Any, Var, float]:
    """Return the call for x * c: x / 3 is more accurate than x * 0.333...

    >>> multiplication(Var((), np.dtype(float)), 1 / 3)[2]
    3
    """
    n = round(1 / c)
    return (np.true_divide, x, n) if n and abs(1 / c - n) < 1e-9 * n else (np.multiply, x, c)
