"""Which way round the BLAS at hand is quicker: A @ B, or (B.T @ A.T).T; it is tried, and timed.

The numbers lie in memory as they are given, and transposing them costs nothing, but the library has
another routine for each case, up to twice as fast. For an operand that a loop never changes a copy
the other way round may pay, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..ir import Line, Program, Var
from .algebra import Made, is_transpose
from .cleanup import common_subexpressions, dead_code
from .reductions import each_line, made_by

LARGE = 4_000_000  # multiplications; below, the choice is worth less than the time it takes
WORTHWHILE = 0.85  # share of the plain product's time that another way must stay below
PATIENCE = 0.02  # seconds for one trial, beyond which it is not repeated

Timer = Callable[[Any, Any], float]
_timed: dict[Any, tuple[float, float]] = {}


def seconds(a: Any, b: Any) -> float:
    """How long np.dot takes, at best of three."""
    out = np.empty((a.shape[0], b.shape[1]), a.dtype)
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        np.dot(a, b, out)
        best = min(best, time.perf_counter() - start)
        if best > PATIENCE:
            break
    return best


def choose_layouts(
    program: Program, examples: Mapping[Var, Any], timer: Timer = seconds
) -> Program:
    """The Program with each large product the quicker way round.

    `examples` are arrays for its inputs, as they lie in memory.
    """

    def rule(line: Line, made: Made) -> list[Line] | None:
        if not is_large(line):
            return None
        a, b = line.args
        if not turned_is_quicker(a, b, made, {**program.constants, **examples}, timer):
            return None
        left, right, turned = (Var(v.shape[::-1], v.dtype) for v in (b, a, line.out))
        return [
            made_by(line, left, np.transpose, b),
            made_by(line, right, np.transpose, a),
            made_by(line, turned, np.matmul, left, right),
            line.calling(np.transpose, turned),
        ]

    return dead_code(transposes_last(double_transposes(each_line(program, rule))))


def is_large(line: Line) -> bool:
    """Whether a line is a product of two matrices that is worth a trial."""
    if line.fn is not np.matmul or not all(isinstance(a, Var) for a in line.args):
        return False
    a, b = line.args
    plain = len(a.shape) == len(b.shape) == 2 and a.dtype == b.dtype and a.dtype.kind == "f"
    return plain and a.shape[0] * a.shape[1] * b.shape[1] >= LARGE


def turned_is_quicker(
    a: Var, b: Var, made: Made, examples: Mapping[Var, Any], timer: Timer
) -> bool:
    """Whether (B.T @ A.T).T takes clearly less time than A @ B."""
    x, y = example(a, made, examples), example(b, made, examples)
    key = (x.shape, y.shape, x.dtype, x.flags.c_contiguous, y.flags.c_contiguous, timer)
    if key not in _timed:
        _timed[key] = timer(x, y), timer(y.T, x.T)
    plain, turned = _timed[key]
    return turned < WORTHWHILE * plain


def example(v: Var, made: Made, examples: Mapping[Var, Any]) -> Any:
    """An array that lies in memory as the variable will."""
    if v in examples:
        return examples[v]
    if v in made and is_transpose(made[v]):
        return example(made[v].args[0], made, examples).T
    return np.ones(v.shape, v.dtype)


def double_transposes(program: Program) -> Program:
    """x.T.T is x, and what is turned twice over is turned once."""
    same: dict[Var, Any] = {}
    made: dict[Var, Line] = {}
    lines = []
    for line in program.lines:
        line = line.using(same)
        inner = made.get(line.args[0]) if is_transpose(line) else None
        if inner is not None and is_transpose(inner):
            same[line.out] = inner.args[0]
            continue
        lines.append(line)
        made[line.out] = line
    return common_subexpressions(program.renamed(lines, same))


def transposes_last(program: Program) -> Program:
    """s * x.T is (s * x).T for a number s: the product runs through x as it lies in memory."""

    def rule(line: Line, made: Made) -> list[Line] | None:
        if line.fn not in (np.multiply, np.true_divide) or len(line.out.shape) != 2:
            return None
        for i, a in enumerate(line.args):
            inner = made.get(a) if isinstance(a, Var) else None
            other = line.args[1 - i]
            number = other.shape == () if isinstance(other, Var) else np.ndim(other) == 0
            if number and inner is not None and is_transpose(inner) and made.uses[a] == 1:
                x = inner.args[0]
                new = Var(x.shape, line.out.dtype)
                args = (x, other) if i == 0 else (other, x)
                return [made_by(line, new, line.fn, *args), line.calling(np.transpose, new)]
        return None

    return each_line(program, rule)


def lay_out_loop(
    body: Program, once: list[Line], examples: Mapping[Var, Any], timer: Timer = seconds
) -> tuple[Program, list[Line]]:
    """The body of a loop with each large product the quicker way, and lines to run once.

    Where X never changes, a copy of X.T may be quicker than X.T itself.
    """
    known = dict(examples)
    for line in once:
        if is_transpose(line) and line.args[0] in known:
            known[line.out] = known[line.args[0]].T
    fixed = {line.out for line in once if line.out in known}
    made = Made(body)
    copies: dict[Var, Any] = {}
    for line in body.lines:
        if is_large(line) and line.args[1] in fixed and line.args[1] not in copies:
            a, b = line.args
            x, y = example(a, made, known), known[b]
            z = np.ascontiguousarray(y)
            if timer(x, z) < WORTHWHILE * min(timer(x, y), timer(y.T, x.T)):
                copies[b] = Var(b.shape, b.dtype, b.name)
                known[copies[b]] = z
    more = [Line(np.ascontiguousarray, (b,), {}, (new,)) for b, new in copies.items()]
    lines = [line.using(copies) if is_large(line) else line for line in body.lines]
    body = body.replace(inputs=[*body.inputs, *copies.values()], lines=lines)
    return choose_layouts(dead_code(body), known, timer), more
