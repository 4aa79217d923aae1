"""Which variables of a Program may share memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...rules.indexing import getitem, scatter
from ...rules.shaping import astype, spread
from ..ir import Line, Program, Var

# Functions beside ufuncs whose result is always memory of its own
_FRESH: frozenset[Any] = frozenset((
    np.sum, np.mean, np.prod, np.max, np.min, np.std, np.var, np.any, np.all, np.argmax, np.argmin,
    np.argsort, np.sort, np.dot, np.outer, np.inner, np.vdot, np.tensordot, np.where, np.copy,
    np.concatenate, np.stack, np.vstack, np.hstack, np.zeros_like, np.ones_like, np.full_like,
    np.empty_like, np.cumsum, np.cumprod, np.clip, np.take, np.repeat, np.tile, np.round, np.zeros,
    np.array, astype, spread, scatter,
))  # fmt: skip
# Functions whose result always lies in the memory of the first argument
_VIEWS: frozenset[Any] = frozenset((
    np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.squeeze, np.expand_dims, np.diagonal,
    np.broadcast_to,
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


def views(program: Program) -> dict[Var, frozenset[Var]]:
    """For each variable those in whose memory it lies for certain, itself included.

    A reshape may be a view or a copy: that hangs on how the numbers lie.
    """
    found: dict[Var, frozenset[Var]] = {}
    for line in program.lines:
        view = line.fn in _VIEWS or (line.fn is getitem and is_basic(line.args[1]))
        into = frozenset[Var]()
        if view and isinstance(line.args[0], Var):
            into = found.get(line.args[0], frozenset((line.args[0],)))
        found.update((v, into | {v}) for v in line.outs)
    return {**{v: frozenset((v,)) for v in [*program.inputs, *program.constants]}, **found}


def is_basic(index: Any) -> bool:
    """Whether an index is of whole numbers, slices, None and Ellipsis, which gives a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or type(p) in (int, slice) for p in parts)


def sharing(program: Program) -> dict[Var, frozenset[Var]]:
    """For each variable those it may share memory with, itself included."""
    found = roots(program.lines)
    every = [*program.inputs, *program.constants, *(v for x in program.lines for v in x.outs)]
    return {v: found.get(v, frozenset((v,))) for v in every}
