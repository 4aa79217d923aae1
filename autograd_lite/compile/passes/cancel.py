"""A pass: products on the way back in which every division cancels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from ..ir import Line, Program, Var
from .cleanup import dead_code
from .polynomials import expansions
from .sums import simplest


def cancel_divisions(program: Program) -> Program:
    """Turn products in which every division cancels into what is left of them.

    The course's cost, -mean(Y log A + (1 - Y) log(1 - A)) with A = sigmoid(Z), is the case in
    point: (-Y / A + (1 - Y) / (1 - A)) / m * A * (1 - A) is (A - Y) / m, which is shorter, and
    finite where A is 0 or 1.
    """
    sums = expansions(program.lines)
    made = program.makers()
    lines: list[Line] = []
    for line in program.lines:
        wanted = line.fn in (np.multiply, np.negative) and line.out.shape and line.rules
        total = sums.get(line.out) if wanted else None
        short = simplest(total, line) if total is not None and total.divided else None
        if short is not None:
            rules = tuple(dict.fromkeys(rules_behind(line, made)))
            short = [dataclasses.replace(x, rules=rules) for x in short]
        lines += short or [line]
    return dead_code(program.replace(lines=lines))


def rules_behind(line: Line, made: Mapping[Var, Line]) -> list[str]:
    """Whose derivatives went into a line, the first one first."""
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
