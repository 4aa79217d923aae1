"""Passes that know nothing of mathematics: inline, fold, common subexpressions, dead code.

Each takes a Program and gives another with the same meaning; `replace` checks it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import AutogradError
from ..functions import sigmoid
from ..rules.shaping import spread
from .emit import is_own
from .program import Line, Program, Var, fill, variables
from .recorder import Recorder, Trace

KEPT_SYMBOLIC = (spread, np.broadcast_to)  # one number repeated: better used as a number
QUIET = (sigmoid,)  # exp may overflow there, on the way to a right result
FOLDED_NUMBERS = 4096  # larger results of constants are computed at run time, or hoisted by a loop


def inline(program: Program) -> Program:
    """Own functions in terms of NumPy's, by running their bodies on Recorders."""
    lines: list[Line] = []
    renamed: dict[Var, Any] = {}
    notes = set(program.notes)
    for line in program.lines:
        line = Line(line.fn, fill(line.args, renamed), fill(line.kwargs, renamed), line.outs, line.several)
        inner = opened(line.fn.__wrapped__, line) if is_own(line.fn) else None  # type: ignore[attr-defined]
        if inner is None:
            lines.append(line)
            continue
        inner_lines, out = inner
        if line.fn in QUIET:
            notes.add("quiet")
        lines.extend(inner_lines)
        renamed[line.out] = out
        if isinstance(out, Var):
            out.name = out.name or line.out.name
            out.gradient_of = out.gradient_of or line.out.gradient_of
    outputs = [fill(v, renamed) for v in program.outputs]
    return program.replace(lines=lines, outputs=outputs, notes=sorted(notes))


def opened(body: Callable[..., Any], line: Line) -> tuple[list[Line], Any] | None:
    """The lines of an own function's body, or None where it is no straight-line NumPy."""
    if line.several:
        return None
    trace = Trace()

    def stand_in(x: Any) -> Any:
        if isinstance(x, Var):
            weak = 0.5 if x.dtype.kind == "f" else 1
            return Recorder(trace, x, weak if x.weak else np.ones(x.shape, x.dtype)[()])
        if type(x) is tuple or type(x) is list:
            return type(x)([stand_in(item) for item in x])
        return x

    try:
        with np.errstate(all="ignore"):
            out = body(*stand_in(line.args), **{k: stand_in(v) for k, v in line.kwargs.items()})
    except (AutogradError, TypeError, ValueError, AttributeError):
        return None
    if not isinstance(out, Recorder) or trace.constants or out.dtype != line.out.dtype:
        return None
    return trace.lines, out.variable


def fold(program: Program) -> Program:
    """Compute now what depends on constants alone."""
    constants = dict(program.constants)
    known: dict[Var, Any] = {}
    lines = []
    for line in program.lines:
        args, kwargs = fill(line.args, known), fill(line.kwargs, known)
        used = list(variables((args, kwargs)))
        if (
            line.fn not in KEPT_SYMBOLIC
            and all(v in constants and constants[v].size <= FOLDED_NUMBERS for v in used)
            and sum(v.size for v in line.outs) <= FOLDED_NUMBERS
        ):
            with np.errstate(all="ignore"):
                result = line.fn(*fill(args, constants), **fill(kwargs, constants))
            for v, part in zip(line.outs, result if line.several else (result,), strict=True):
                if np.ndim(part) == 0:
                    known[v] = part  # a number is written where it is used
                else:
                    constants[v] = part
        else:
            lines.append(Line(line.fn, args, kwargs, line.outs, line.several))
    outputs = [fill(v, known) for v in program.outputs]
    return dead_code(program.replace(constants=constants, lines=lines, outputs=outputs))


def common_subexpressions(program: Program) -> Program:
    """Compute once what several lines compute alike."""
    seen: dict[Any, tuple[Var, ...]] = {}
    same: dict[Var, Any] = {}
    lines = []
    for line in program.lines:
        args, kwargs = fill(line.args, same), fill(line.kwargs, same)
        key = (line.fn, frozen(args), frozen(kwargs))
        earlier = seen.get(key)
        if earlier is None:
            seen[key] = line.outs
            lines.append(Line(line.fn, args, kwargs, line.outs, line.several))
        else:
            for old, new in zip(earlier, line.outs, strict=True):
                same[new] = old
                old.name = old.name or new.name
    return program.replace(lines=lines, outputs=[fill(v, same) for v in program.outputs])


def frozen(x: Any) -> Any:
    """A hashable stand-in for a nest of arguments; equal only if the arguments are the same."""
    if isinstance(x, tuple | list):
        return (type(x).__name__, *map(frozen, x))
    if isinstance(x, dict):
        return tuple(sorted((k, frozen(v)) for k, v in x.items()))
    if isinstance(x, slice):
        return ("slice", x.start, x.stop, x.step)
    if isinstance(x, Var):
        return x
    return (type(x).__name__, repr(x))


def dead_code(program: Program) -> Program:
    """Leave out what no output needs."""
    needed = set(variables(program.outputs))
    lines = []
    for line in reversed(program.lines):
        if any(v in needed for v in line.outs):
            needed.update(variables((line.args, line.kwargs)))
            lines.append(line)
    constants = {v: a for v, a in program.constants.items() if v in needed}
    return program.replace(lines=lines[::-1], constants=constants)


def invariant(program: Program, changing: set[Var]) -> tuple[Program, list[Line]]:
    """Take out of a loop's body the lines that need no `changing` variable: they run once."""
    moving = set(changing)
    body, before = [], []
    for line in program.lines:
        if any(v in moving for v in variables((line.args, line.kwargs))):
            moving.update(line.outs)
            body.append(line)
        else:
            before.append(line)
    made = [v for line in before for v in line.outs]
    inputs = [*program.inputs, *made]
    return dead_code(program.replace(inputs=inputs, lines=body)), before
