"""Passes for speed: sums as products of vectors, which the BLAS takes in one call.

np.sum costs 1 us and more before it adds the first number, a dot product half of that, and it
needs no array for the products.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ir import Line, Program, Var, distinct
from .algebra import Made, is_number
from .cleanup import common_subexpressions, dead_code
from .sigmoids import is_one, written_sigmoids

# Beyond so many numbers NumPy's pairwise sum is the more accurate, and its start costs nothing.
SMALL = 4096


def quicken(program: Program) -> Program:
    """All of them, in an order in which each finds what it looks for."""
    program = common_subexpressions(logs_of_sigmoids(means_as_sums(program)))
    program = dead_code(sums_as_dots(dead_code(blends(program))))
    return dead_code(axis_sums_as_products(program))


def each_line(
    program: Program,
    rule: Callable[[Line, Made], list[Line] | None],
    constants: Mapping[Var, Any] | None = None,
) -> Program:
    """The Program with those lines replaced for which a rule gives others.

    The rule may enter constants that its lines need.
    """
    made = Made(program)
    lines: list[Line] = []
    for line in program.lines:
        new = None if line.several else rule(line, made)
        for x in [line] if new is None else new:
            lines.append(x)
            if not x.several:
                made[x.out] = x
    return program.replace(lines=lines, constants={**program.constants, **(constants or {})})


def means_as_sums(program: Program) -> Program:
    """mean(x) is sum(x) / n."""

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn is not np.mean or not is_plain_reduction(line) or not line.out.size:
            return None
        total = Var(line.out.shape, line.out.dtype)
        n = line.args[0].size // line.out.size
        return [
            dataclasses.replace(line, fn=np.sum, outs=(total,)),
            line.calling(np.true_divide, total, n),
        ]

    return each_line(program, rule)


def logs_of_sigmoids(program: Program) -> Program:
    """With A = 1 / u and u = 1 + exp(n), log(A) is -log(u), and log(1 - A) is n - log(u).

    One logarithm instead of two, and finite where A rounds to 1, as the engine's is. Where exp(n)
    overflows it is not, so this is done where a sum shows that, and is to be `finite`.
    """
    if not any(line.rules for line in program.lines):
        return program  # nothing is differentiated: plain NumPy gives what it gives
    by_A = {s.A: s for s in written_sigmoids(program.lines)}
    shown = {
        line.out: total_that_shows(line, program) for line in program.lines if line.fn is np.log
    }
    finite: list[Var] = []

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn is not np.log or shown[line.out] is None:
            return None
        x = line.args[0]
        log = Var(line.out.shape, line.out.dtype)
        new: list[Line] | None = None
        if x in by_A:
            new = [made_by(line, log, np.log, by_A[x].u), line.calling(np.negative, log)]
        inner = made.get(x)
        if inner is not None and inner.fn is np.subtract and is_one(inner.args[0]):
            s = by_A.get(inner.args[1])
            if s is not None:
                new = [made_by(line, log, np.log, s.u), line.calling(np.subtract, s.n, log)]
        if new is not None:
            finite.append(shown[line.out])  # type: ignore[arg-type]
        return new

    changed = each_line(program, rule)
    return changed.replace(finite=distinct([*program.finite, *finite]))


def total_that_shows(line: Line, program: Program) -> Var | None:
    """A number that is not finite if a number in the line's result is not."""
    showing = {line.out}
    for later in program.lines:
        if later.several or not any(v in showing for v in later.reads):
            continue
        divided_by = later.fn is np.true_divide and later.args[1] in showing
        if later.fn in _SHOWING and not divided_by:
            if later.out.shape == ():
                return later.out
            showing.add(later.out)
    return None


_SHOWING = (
    np.add, np.subtract, np.negative, np.multiply, np.true_divide, np.sum, np.mean
)  # fmt: skip


def blends(program: Program) -> Program:
    """Y (-log) + (1 - Y) (n - log) is (1 - Y) n - log: what the course's cost comes to."""

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn is not np.add:
            return None
        products = [made.get(x) if isinstance(x, Var) else None for x in line.args]
        for one, other in (products, products[::-1]):
            for Y, a in factors(one):
                for rest, b in factors(other):
                    minus, difference = made.get(a), made.get(b)
                    if (
                        complements(Y, rest, made)
                        and minus is not None
                        and minus.fn is np.negative
                        and difference is not None
                        and difference.fn is np.subtract
                        and difference.args[1] is minus.args[0]
                    ):
                        part = Var(line.out.shape, line.out.dtype)
                        return [
                            made_by(line, part, np.multiply, rest, difference.args[0]),
                            line.calling(np.subtract, part, minus.args[0]),
                        ]
        return None

    return each_line(program, rule)


def factors(line: Line | None) -> tuple[tuple[Any, Any], ...]:
    """The two variables of a product, in both orders."""
    if line is None or line.fn is not np.multiply or not all(isinstance(a, Var) for a in line.args):
        return ()
    a, b = line.args
    return (a, b), (b, a)


def complements(Y: Var, rest: Var, made: Made) -> bool:
    """Whether `rest` is 1 - Y."""
    line = made.get(rest)
    return (
        line is not None
        and line.fn is np.subtract
        and is_number(line.args[0], 1)
        and line.args[1] is Y
    )


def sums_as_dots(program: Program) -> Program:
    """sum(a * b) over everything is a dot product; sum(a + b) is sum(a) + sum(b)."""

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn is not np.sum or line.kwargs or len(line.args) != 1:
            return None
        x = line.args[0]
        if not isinstance(x, Var) or x.dtype.kind != "f" or not 1 < x.size <= SMALL:
            return None
        lines: list[Line] = []
        summed(x, line, made, lines)
        last = lines[-1]
        return [*lines[:-1], line.calling(last.fn, *last.args)]

    return each_line(program, rule)


def summed(x: Var, line: Line, made: Made, lines: list[Line]) -> Var:
    """Append lines that add up all numbers in x; their result."""
    maker = made.get(x) if made.uses[x] == 1 else None
    new = Var((), x.dtype)
    fn, args = (maker.fn, maker.args) if maker is not None else (None, ())
    whole = [isinstance(a, Var) and a.shape == x.shape and a.dtype == x.dtype for a in args]
    if fn in (np.add, np.subtract, np.negative) and all(whole):
        parts = [summed(a, line, made, lines) for a in args]
        lines.append(made_by(line, new, fn, *parts))
    elif fn is np.multiply and all(whole):
        lines.append(made_by(line, new, np.vdot, *args))
    elif fn in (np.multiply, np.true_divide) and whole[0] and is_number(args[1]):
        part = summed(args[0], line, made, lines)
        lines.append(made_by(line, new, fn, part, args[1]))
    else:
        lines.append(made_by(line, new, np.sum, x))
    return new


def axis_sums_as_products(program: Program) -> Program:
    """The sum over the columns of a matrix is its product with a column of ones."""
    ones: dict[Var, Any] = {}

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn is not np.sum or not is_plain_reduction(line):
            return None
        x = line.args[0]
        if x.dtype.kind != "f" or not 1 < x.size <= SMALL or line.out.dtype != x.dtype:
            return None
        axis = line.kwargs.get("axis")
        if axis is None and not line.kwargs:
            return [line.calling(np.vdot, x, column(ones, x.shape, x.dtype))]
        if len(x.shape) == 2 and axis in (1, -1, (1,), (-1,)) and line.kwargs.get("keepdims"):
            return [line.calling(np.matmul, x, column(ones, (x.shape[1], 1), x.dtype))]
        return None

    return each_line(program, rule, ones)


def column(ones: dict[Var, Any], shape: tuple[int, ...], dtype: Any) -> Var:
    """A constant of ones."""
    for v in ones:
        if v.shape == shape and v.dtype == dtype:
            return v
    v = Var(shape, dtype, "ones")
    ones[v] = np.ones(shape, dtype)
    return v


def is_plain_reduction(line: Line) -> bool:
    """One array of floating numbers, over some axes."""
    return (
        len(line.args) == 1
        and isinstance(line.args[0], Var)
        and not line.args[0].weak
        and line.args[0].dtype.kind == "f"
        and line.args[0].dtype.itemsize >= 4
        and set(line.kwargs) <= {"axis", "keepdims"}
    )


def made_by(line: Line, out: Var, fn: Any, *args: Any) -> Line:
    """Another line, from the same rules."""
    return Line(fn, args, {}, (out,), rules=line.rules)
