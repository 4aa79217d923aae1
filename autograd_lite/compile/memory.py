"""Which variables of a Program may share memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..rules.indexing import scatter
from ..rules.shaping import astype, spread
from .program import Line, Program, Var

# Functions beside ufuncs whose result is always memory of its own
_FRESH: frozenset[Any] = frozenset((
    np.sum, np.mean, np.prod, np.max, np.min, np.std, np.var, np.any, np.all, np.argmax, np.argmin,
    np.argsort, np.sort, np.dot, np.outer, np.inner, np.vdot, np.tensordot, np.where, np.copy,
    np.concatenate, np.stack, np.vstack, np.hstack, np.zeros_like, np.ones_like, np.full_like,
    np.empty_like, np.cumsum, np.cumprod, np.clip, np.take, np.repeat, np.tile, np.round, np.zeros,
    np.array, astype, spread, scatter,
))  # fmt: skip


def is_fresh(line: Line) -> bool:
    """Whether a line gives memory of its own; what is not known to, may give a view."""
    return isinstance(line.fn, np.ufunc) or line.fn in _FRESH


def roots(lines: Iterable[Line]) -> dict[Var, frozenset[Var]]:
    """For each variable that may be a view, the variables whose memory it may lie in."""
    found: dict[Var, frozenset[Var]] = {}
    for line in lines:
        if is_fresh(line):
            continue
        into = frozenset[Var]().union(
            *(found.get(v, frozenset((v,))) for v in line.reads if not v.weak)
        )
        found.update((v, into | {v}) for v in line.outs)
    return found


def sharing(program: Program) -> dict[Var, frozenset[Var]]:
    """For each variable those it may share memory with, itself included."""
    found = roots(program.lines)
    every = [*program.inputs, *program.constants, *(v for x in program.lines for v in x.outs)]
    return {v: found.get(v, frozenset((v,))) for v in every}
