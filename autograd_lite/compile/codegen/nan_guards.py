"""Where a nan would show that the engine has a cure for, and straight lines have not.

Eagerly, a sweep that ends in a nan is done again with zero times anything being zero, so that a
branch of np.where that is not taken does no harm. Generated lines look at as few gradients as tell
it of all, and raise; the function itself is run then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...rules.shaping import astype, spread
from ..ir import Line, Program, Var
from ..passes.algebra import is_transpose

# A nan among the numbers that these take is a nan among those they give.
_PASSING: frozenset[Any] = frozenset((
    np.add, np.subtract, np.multiply, np.true_divide, np.negative, np.positive, np.square, np.sqrt,
    np.exp, np.log, np.log1p, np.expm1, np.tanh, np.sin, np.cos, np.absolute, np.reciprocal,
    np.maximum, np.minimum, np.matmul, np.dot, np.vdot, np.sum, np.mean, np.transpose, np.reshape,
    np.broadcast_to, np.copy, astype, spread,
))  # fmt: skip
# These add up or move what is there: the engine has no cure for a nan that they themselves make.
_ADDING: frozenset[Any] = frozenset((
    np.sum, np.transpose, np.reshape, np.copy, np.negative, np.positive, astype
))  # fmt: skip


def to_watch(program: Program) -> list[Var]:
    """Of the watched gradients as few as tell it of all.

    So the sum of dZ over its columns needs no look beside the product dZ @ X.T.
    """
    made = program.makers()
    given = {*program.inputs, *program.constants}  # what is nan there is nan eagerly, too
    remaining = [v for v in program.watched if v not in given]
    for v in list(remaining):
        others = [k for k in remaining if k is not v]
        if source(v, made, program) in passing_to(others, made):
            remaining = others
    return remaining


def source(v: Var, made: dict[Var, Line], program: Program) -> Var:
    """The older variable that v only adds up or moves; v itself if there is none."""
    while v in made:
        line = made[v]
        moves = line.fn in _ADDING or (line.fn is np.matmul and is_ones(line.args[1], program))
        if not moves or not isinstance(line.args[0], Var):
            break
        v = line.args[0]
    return v


def is_ones(x: Any, program: Program) -> bool:
    """Whether an argument is a constant of ones: a product with it is a sum."""
    return x in program.constants and bool((program.constants[x] == 1).all())


def passing_to(found: Iterable[Var], made: dict[Var, Line]) -> set[Var]:
    """All variables in which a nan becomes a nan in one of these."""
    passing: set[Var] = set()
    stack = list(found)
    while stack:
        v = stack.pop()
        if v in passing:
            continue
        passing.add(v)
        if v in made and made[v].fn in _PASSING:
            stack += [u for u in made[v].reads if u.dtype.kind in "fc"]
    return passing


def shows_in_states(body: Program, states: Sequence[tuple[Var, Any]]) -> bool:
    """Whether in a loop a nan in any watched gradient reaches a state, and stays there for good."""
    made = body.makers()
    lasting = {s for s, out in states if isinstance(out, Var) and s in passing_to([out], made)}
    shown = passing_to([out for s, out in states if s in lasting], made)
    return all(v in shown for v in body.watched)


def with_watch(program: Program) -> tuple[Program, Var | None]:
    """The Program with lines that look at the watched gradients, and what is nan if one is.

    The product of an array with itself is nan if one number is, and costs half a microsecond.
    """
    made = program.makers()
    found = {as_it_lies(v, made) for v in to_watch(program)}
    lines: list[Line] = []
    terms: list[Var] = []
    for line in program.lines:
        lines.append(line)
        for v in found.intersection(line.outs):
            terms.append(Var((), v.dtype) if v.shape else v)
            if v.shape:
                lines.append(Line(np.vdot, (v, v), {}, (terms[-1],)))
    return added_up(program, lines, terms, "watch")


def with_finite_watch(program: Program) -> tuple[Program, Var | None]:
    """The Program with lines that look at what is to be finite, and what is nan if it is not."""
    terms = [Var((), v.dtype) for v in program.finite]
    new = [Line(np.multiply, (v, 0), {}, (t,)) for v, t in zip(program.finite, terms, strict=True)]
    return added_up(program, [*program.lines, *new], terms, "overflow")


def added_up(
    program: Program, lines: list[Line], terms: list[Var], name: str
) -> tuple[Program, Var | None]:
    """The Program with these lines and one that adds up the terms, and their sum."""
    if not terms:
        return program, None
    total = terms[0]
    for v in terms[1:]:
        new = Var((), np.result_type(total.dtype, v.dtype))
        lines = [*lines, Line(np.add, (total, v), {}, (new,))]
        total = new
    total.name = total.name or name
    return program.replace(lines=lines), total


def as_it_lies(v: Var, made: Mapping[Var, Line]) -> Var:
    """x for x.T: np.vdot would copy what is turned."""
    while v in made and is_transpose(made[v]):
        v = made[v].args[0]
    return v


def raising(watch: Var | None, names: Mapping[Var, str], indent: str, what: str) -> list[str]:
    """Source that raises FloatingPointError where the watch is nan."""
    if watch is None:
        return []
    return [
        f"{indent}if {names[watch]} != {names[watch]}:",
        f"{indent}    raise FloatingPointError('{what}')",
    ]


NAN = "a gradient is nan"
FAR = "a logarithm of exp overflowed"
