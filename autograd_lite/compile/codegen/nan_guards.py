"""Guards: generated lines notice a nan that the engine can repair, and that they cannot.

The engine repeats a sweep that ends in a nan, with zero times anything being zero, so that the
branch of np.where that is not taken does no harm (see nan_repair). Generated lines look at as few
gradients as show a nan in any of them, and raise; then the function itself runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...rules.traits import LINEAR, NAN, has
from ..ir import Line, Program, Var, is_transpose


@dataclass(frozen=True)
class Guard:
    """A value that is nan if the lines cannot be trusted, and the error to raise then."""

    value: Var
    error: str

    def statements(self, names: Mapping[Var, str]) -> list[str]:
        """Return Python that raises the error."""
        v = names[self.value]
        return [f"if {v} != {v}:", f"    raise FloatingPointError({self.error!r})"]


def with_nan_guard(program: Program) -> tuple[Program, list[Guard]]:
    """Add lines that look at the watched gradients, and their guard.

    The product of an array with itself is nan if one element is, and costs half a microsecond.
    """
    made = program.makers()
    watched = [untransposed(v, made) for v in to_watch(program)]
    square = lambda v: (np.vdot if v.shape else np.multiply, (v, v))
    return with_guard(program, watched, square, "watch", "a gradient is nan")


def with_overflow_guard(program: Program) -> tuple[Program, list[Guard]]:
    """Add lines that look at the numbers that must be finite, and their guard."""
    times_zero = lambda v: (np.multiply, (v, 0))
    error = "a logarithm of exp overflowed"
    return with_guard(program, program.finite, times_zero, "overflow", error)


def with_guard(
    program: Program, watched: Sequence[Var], term: Callable[[Var], Any], name: str, error: str
) -> tuple[Program, list[Guard]]:
    """Add the term of each watched value, and guard the sum of the terms, if there are any."""
    lines: list[Line] = []
    total: Var | None = None
    for line in program.lines:
        lines.append(line)
        for v in line.outs:
            if v in watched:
                part = Var((), v.dtype)
                fn, args = term(v)
                lines.append(Line(fn, args, {}, (part,)))
                if total is not None:
                    both = Var((), np.result_type(total.dtype, part.dtype))
                    lines.append(Line(np.add, (total, part), {}, (both,)))
                    part = both
                total = part
    if total is None:
        return program, []
    total.name = name
    return program.replace(lines=lines), [Guard(total, error)]


def to_watch(program: Program) -> list[Var]:
    """Return as few of the watched gradients as show a nan in any of them.

    The sum of dZ over its columns, for example, needs no look if the product dZ @ X.T has one.
    """
    made = program.makers()
    given = {*program.inputs, *program.constants}  # a nan there is a nan in the engine, too
    remaining = [v for v in program.watched if v not in given]
    for v in list(remaining):
        others = [k for k in remaining if k is not v]
        if source_of(v, made, program) in showing_in(others, made):
            remaining = others
    return remaining


def source_of(v: Var, made: Mapping[Var, Line], program: Program) -> Var:
    """Return the older variable whose elements v only adds up or moves; v if there is none.

    The engine cannot repair a nan that a sum makes by itself.
    """
    while v in made:
        line = made[v]
        sums = line.fn is np.matmul and is_ones(line.args[1], program)
        if not (sums or (has(line.fn, LINEAR) and len(line.reads) == 1)):
            break
        v = line.reads[0]
    return v


def is_ones(x: Any, program: Program) -> bool:
    """Return whether an argument is a constant of ones: a product with it is a sum."""
    return x in program.constants and bool((program.constants[x] == 1).all())


def showing_in(found: Iterable[Var], made: Mapping[Var, Line]) -> set[Var]:
    """Return all variables in which a nan becomes a nan in one of `found`."""
    showing: set[Var] = set()
    stack = list(found)
    while stack:
        v = stack.pop()
        if v in showing:
            continue
        showing.add(v)
        if v in made and has(made[v].fn, NAN):
            stack += [u for u in made[v].reads if u.dtype.kind in "fc"]
    return showing


def shows_in_states(body: Program, states: Sequence[tuple[Var, Any]]) -> bool:
    """Return whether a nan in any watched gradient reaches a state of the loop for good."""
    made = body.makers()
    lasting = {s for s, out in states if isinstance(out, Var) and s in showing_in([out], made)}
    shown = showing_in([out for s, out in states if s in lasting], made)
    return all(v in shown for v in body.watched)


def untransposed(v: Var, made: Mapping[Var, Line]) -> Var:
    """Return x for x.T, since np.vdot would copy an array that is not contiguous."""
    while v in made and is_transpose(made[v]):
        v = made[v].args[0]
    return v
