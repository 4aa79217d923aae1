"""Recognize sigmoids that a function writes out as 1 / (1 + exp(-Z))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...engine.functions import sigmoid
from ..ir import Program, Var
from .rewrite import Definitions, Pattern, Rule, kind_of, once, rewrite, rewritten_fully

FORMS: tuple[Any, ...] = (
    lambda n: 1 / (1 + np.exp(n)),
    lambda n: np.reciprocal(1 + np.exp(n)),
)
_PATTERNS = [Pattern(form) for form in FORMS]


def sigmoid_of(form: Any) -> Rule:
    """Rewrite of one form; the lines between are to be read by nobody else."""
    return rewrite(lambda x: form(-x), lambda x: sigmoid(x), once(np.exp, np.add))


SIGMOIDS = [sigmoid_of(form) for form in FORMS]


class Written(NamedTuple):
    """A = 1 / u, u = 1 + e, e = exp(n)."""

    A: Var
    u: Var
    e: Var
    n: Var


def written_sigmoids(program: Program) -> Iterator[Written]:
    """Yield all of them, of real arrays."""
    made = Definitions(program)
    for line in program.lines:
        for pattern in _PATTERNS:
            for matched in pattern.matches(line, made):
                u, e = (x.out for x in matched.between)
                n = made[e].args[0]
                if isinstance(n, Var) and kind_of(n) == kind_of(line.out) and n.dtype.kind == "f":
                    yield Written(line.out, u, e, n)
        made.update((v, line) for v in line.outs if not line.several)


def recognize_sigmoids(program: Program) -> Program:
    """Replace 1 / (1 + exp(-Z)) by sigmoid(Z), if nothing else needs what lies between."""
    return rewritten_fully(program, SIGMOIDS)
