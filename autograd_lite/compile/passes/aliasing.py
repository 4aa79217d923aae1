"""Find which variables of a Program share memory, or may share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...rules.indexing import getitem
from ...rules.traits import FRESH, FROZEN, VIEW, has
from ..ir import Line, Program, Var


def is_fresh(line: Line) -> bool:
    """Return whether a line makes memory of its own; any other line may return a view."""
    return has(line.fn, FRESH)


def roots(lines: Iterable[Line]) -> dict[Var, frozenset[Var]]:
    """Map each variable that may be a view to the variables whose memory it may lie in."""
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
    """Map each variable to those in whose memory it lies for certain, itself included.

    A reshape may be a view or a copy: that depends on the order in memory.
    """
    found: dict[Var, frozenset[Var]] = {}
    for line in program.lines:
        view = has(line.fn, VIEW) or (line.fn is getitem and is_basic(line.args[1]))
        into = frozenset[Var]()
        if view and isinstance(line.args[0], Var):
            into = found.get(line.args[0], frozenset((line.args[0],)))
        found.update((v, into | {v}) for v in line.outs)
    return {**{v: frozenset((v,)) for v in [*program.inputs, *program.constants]}, **found}


def is_basic(index: Any) -> bool:
    """Return whether x[index] is a view: for integers, slices, None and Ellipsis."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or type(p) in (int, slice) for p in parts)


def sharing(program: Program) -> dict[Var, frozenset[Var]]:
    """Map each variable to those it may share memory with, itself included."""
    found = roots(program.lines)
    every = [*program.inputs, *program.constants, *(v for x in program.lines for v in x.outs)]
    return {v: found.get(v, frozenset((v,))) for v in every}


def read_only(program: Program) -> set[Var]:
    """Return variables that may be read-only views."""
    found: set[Var] = set()
    for line in program.lines:
        view_of_one = not is_fresh(line) and not found.isdisjoint(line.reads)
        if has(line.fn, FROZEN) or view_of_one:
            found.update(line.outs)
    return found
