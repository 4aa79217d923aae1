"""Sigmoids that a function writes out as 1 / (1 + exp(-Z))."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.functions import sigmoid
from ..ir import Line, Program, Var
from .cleanup import dead_code


class Written(NamedTuple):
    """A = 1 / u, u = 1 + e, e = exp(n)."""

    A: Var
    u: Var
    e: Var
    n: Var


def written_sigmoids(lines: list[Line]) -> list[Written]:
    """All of them, of real arrays."""
    made = {line.out: line for line in lines if not line.several and not line.kwargs}
    found = []
    for line in lines:
        u = quotient_of_one(line)
        e = plus_one(made.get(u)) if u is not None else None
        exp = made.get(e) if e is not None else None
        if u is not None and e is not None and exp is not None and exp.fn is np.exp:
            n = exp.args[0]
            if isinstance(n, Var) and n.shape == line.out.shape and n.dtype == line.out.dtype:
                found.append(Written(line.out, u, e, n))
    return found


def quotient_of_one(line: Line) -> Var | None:
    """u, where a line is 1 / u."""
    if line.fn is np.reciprocal and line.out.dtype.kind == "f":
        return variable(line.args[0])
    if line.fn is np.true_divide and is_one(line.args[0]) and line.out.dtype.kind == "f":
        return variable(line.args[1])
    return None


def plus_one(line: Line | None) -> Var | None:
    """e, where a line is 1 + e or e + 1."""
    if line is None or line.fn is not np.add:
        return None
    a, b = line.args
    return variable(b) if is_one(a) else variable(a) if is_one(b) else None


def variable(x: Any) -> Var | None:
    """An argument, if it is a variable."""
    return x if isinstance(x, Var) else None


def is_one(x: Any) -> bool:
    """Whether an argument is the number 1."""
    return not isinstance(x, Var) and np.ndim(x) == 0 and bool(x == 1)


def recognize_sigmoids(program: Program) -> Program:
    """1 / (1 + exp(-Z)) as sigmoid(Z), where nothing else needs what lies between."""
    made = program.makers()
    readers: dict[Var, set[Var]] = {}
    for line in program.lines:
        for v in line.reads:
            readers.setdefault(v, set()).update(line.outs)
    outputs = {v for v in program.outputs if isinstance(v, Var)}
    replaced: dict[Var, Line] = {}
    for s in written_sigmoids(program.lines):
        minus = made.get(s.n)
        private = readers[s.u] == {s.A} and readers[s.e] == {s.u} and not {s.u, s.e} & outputs
        if private and minus is not None and minus.fn is np.negative:
            replaced[s.A] = made[s.A].calling(sigmoid, minus.args[0])
    return dead_code(
        program.replace(lines=[replaced.get(line.out, line) for line in program.lines])
    )
