"""Program -> the file of a step: buffers made once, then one function of straight-line NumPy."""

from __future__ import annotations

from ...engine.functions import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax, softplus
from ..ir import Program
from .buffers import BufferPlan
from .module import Module, ModuleWriter, passed_constants
from .names import name_variables
from .nan_guards import with_nan_guard, with_overflow_guard

# Functions in which exp may overflow on the way to a right result
_OVERFLOWING = (sigmoid, log_sigmoid, log_softmax, logsumexp, softmax, softplus)


def step_module(title: str, program: Program, quiet: str) -> tuple[Module, Program]:
    """Return the file with the function `step`, and the Program with the guards added."""
    program, nan = with_nan_guard(program)
    program, overflow = with_overflow_guard(program)
    names = name_variables(program)
    writer = ModuleWriter(program, names, BufferPlan(program, names))
    writer.once = writer.views()
    body = [
        *writer.strong_numbers(program, program.inputs),
        *writer.statements(program.lines, [*nan, *overflow]),
        f"return ({writer.listed(program.outputs)})",
    ]
    arguments = ", ".join(names[v] for v in [*program.inputs, *passed_constants(program)])
    writer.define("step", arguments, body, quiet)
    return writer.finish("step", f"Written by autograd_lite: {title}.", program.lines), program


def quietness(traced: Program) -> str:
    """Return which warnings of NumPy's the lines hold back: none, "over" or "all".

    The engine sweeps without warnings; sigmoid overflows on the way to a right result.
    """
    if traced.watched:
        return "all"
    return "over" if any(line.fn in _OVERFLOWING for line in traced.lines) else ""
