"""Clean up without mathematics: inline, fold, common subexpressions, dead code, own outputs."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Container
from typing import Any

import numpy as np

from ... import pytree
from ...errors import AutogradError
from ...rules.traits import COMMUTES, REPEATS, SYNTAX, has
from ..ir import Line, Program, Var, fill, is_own, variables
from ..tracing.builder import ProgramBuilder
from ..tracing.tracer import Tracer
from .aliasing import read_only, sharing, views

FOLDED_ELEMENTS = 4096  # at most, of a result that is larger than the constants it comes from


def inline(program: Program, only: Container[Any] | None = None) -> Program:
    """Write own functions, or some of them, as NumPy's, by running their bodies on Tracers."""
    lines: list[Line] = []
    same: dict[Var, Any] = {}
    constants = dict(program.constants)
    for line in program.lines:
        line = line.using(same)
        wanted = is_own(line.fn) and not has(line.fn, SYNTAX) and (only is None or line.fn in only)
        inner = opened(line) if wanted else None
        if inner is None:
            lines.append(line)
            continue
        builder, out = inner
        lines += [dataclasses.replace(x, rules=line.rules) for x in builder.lines]
        constants.update(builder.constants)
        same[line.out] = out
        out.take_over(line.out)
    return program.renamed(lines, same, constants=constants)


def opened(line: Line) -> tuple[ProgramBuilder, Var] | None:
    """Trace the body of an own function; return None if it is no straight-line NumPy."""
    if line.several:
        return None
    body: Callable[..., Any] = inspect.unwrap(line.fn)
    builder = ProgramBuilder()

    def stand_in(x: Any) -> Any:
        if not isinstance(x, Var):
            return x
        if x.weak:
            return builder.adopt(x, 1 if x.dtype.kind in "iu" else 1.0)
        return builder.adopt(x, np.broadcast_to(x.dtype.type(1), x.shape)[()])

    try:
        with np.errstate(all="ignore"):
            out = body(*pytree.map(stand_in, line.args), **pytree.map(stand_in, dict(line.kwargs)))
    except (AutogradError, TypeError, ValueError, AttributeError, IndexError):
        return None
    if not isinstance(out, Tracer) or builder.pinned or out.variable.weak:
        return None
    if out.shape != line.out.shape or out.dtype != line.out.dtype:
        return None
    return builder, out.variable


def fold(program: Program) -> Program:
    """Compute results that depend on constants alone, unless they take more memory than those."""
    constants = dict(program.constants)
    known: dict[Var, Any] = {}
    lines = []
    for line in program.lines:
        line = line.using(known)
        used = list(line.reads)
        size = sum(v.size for v in line.outs)
        if (
            has(line.fn, REPEATS)  # one number is better used as a number
            or not all(v in constants for v in used)
            or size > max(FOLDED_ELEMENTS, sum(v.size for v in used))
        ):
            lines.append(line)
            continue
        with np.errstate(all="ignore"):
            result = line.fn(*fill(line.args, constants), **fill(line.kwargs, constants))
        for v, part in zip(line.outs, result if line.several else (result,), strict=True):
            if v.shape == ():
                known[v] = np.asarray(part)[()]  # a number is written where it is used
            else:
                constants[v] = part
    return dead_code(program.renamed(lines, known, constants=constants))


def common_subexpressions(program: Program) -> Program:
    """Compute only once what several lines compute."""
    seen: dict[Any, Line] = {}
    same: dict[Var, Any] = {}
    lines = []
    for line in program.lines:
        line = line.using(same)
        args = frozen(line.args)
        if has(line.fn, COMMUTES):
            args = frozenset(args[1:])
        earlier = seen.setdefault((line.fn, args, frozen(line.kwargs)), line)
        if earlier is line:
            lines.append(line)
            continue
        for old, new in zip(earlier.outs, line.outs, strict=True):
            same[new] = old
            old.take_over(new)
    return program.renamed(lines, same)


def frozen(x: Any) -> Any:
    """Return a hashable stand-in for arguments, equal only if the arguments are the same."""
    if isinstance(x, Var):
        return x
    if isinstance(x, tuple | list):
        return (type(x), *map(frozen, x))
    if isinstance(x, dict):
        return tuple(sorted((k, frozen(v)) for k, v in x.items()))
    if isinstance(x, slice):
        return ("slice", frozen(x.start), frozen(x.stop), frozen(x.step))
    if isinstance(x, np.generic | int | float | complex | str | np.dtype):
        return type(x), repr(x)  # 0.0 and -0.0 are equal, but not the same
    return type(x), id(x)


def dead_code(program: Program) -> Program:
    """Remove lines and constants that no output needs."""
    needed = set(variables(program.outputs))
    lines = []
    for line in reversed(program.lines):
        if any(v in needed for v in line.outs):
            needed.update(line.reads)
            lines.append(line)
    if len(lines) == len(program.lines) and needed.issuperset(program.constants):
        return program
    return program.replace(
        lines=lines[::-1],
        constants={v: a for v, a in program.constants.items() if v in needed},
        watched=[v for v in program.watched if v in needed],
        finite=[v for v in program.finite if v in needed],
    )


def separate_outputs(program: Program, original: Program) -> Program:
    """Copy outputs that share memory, unless they certainly did in the original.

    If a pass found that an output equals an input, a constant or another output, a caller that
    writes into one would change the other. A caller must also be able to write into each output.
    """
    before, now = views(original), sharing(program)
    was_read_only, is_read_only = read_only(original), read_only(program)
    lines = list(program.lines)
    outputs: list[Any] = []
    for i, v in enumerate(program.outputs):
        if not isinstance(v, Var) or v.weak:
            outputs.append(v)
            continue
        was = before.get(original.outputs[i], frozenset())
        allowed = {program.inputs[k] for k, x in enumerate(original.inputs) if x in was}
        taken: set[Var] = {*program.inputs, *program.constants} - allowed
        for j in range(i):
            other = original.outputs[j]
            if isinstance(other, Var) and not (was & before[other]):
                taken |= now.get(outputs[j], frozenset())
        if now[v] & taken or (v in is_read_only and original.outputs[i] not in was_read_only):
            copy = Var(v.shape, v.dtype, v.name)
            lines.append(Line(np.copy, (v,), {}, (copy,)))
            v = copy
        outputs.append(v)
    return program.replace(lines=lines, outputs=outputs)


def invariant(program: Program, changing: set[Var]) -> tuple[list[Line], Program]:
    """Move lines that need no `changing` variable out of a loop's body; they run once."""
    moving = set(changing)
    body, before = [], []
    for line in program.lines:
        if any(v in moving for v in line.reads):
            moving.update(line.outs)
            body.append(line)
        else:
            before.append(line)
    made = [v for line in before for v in line.outs]
    return before, dead_code(program.replace(inputs=[*program.inputs, *made], lines=body))
