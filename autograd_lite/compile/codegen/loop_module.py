"""Loop -> the file of a loop: what runs once, the iterations, and how to return the states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir import Line, Program, Var, variables
from ..passes.cleanup import dead_code
from ..passes.strength import Loop
from .buffers import BufferPlan
from .module import Module, ModuleWriter, indented, passed_constants
from .names import name_variables
from .nan_guards import Guard, shows_in_states, with_nan_guard, with_overflow_guard


@dataclass(frozen=True)
class LoopModule:
    """A file with three functions, and what is needed to call them.

    once(inputs, constants) returns the values that the loop works on: the states, then what stays
    the same. loop(n, values) returns the states after n iterations, then the results of the last
    one. state(values) returns the states as the caller knows them.
    """

    module: Module
    states: int  # number of states among the values
    shows_nan: bool  # a nan that matters shows in the states; otherwise the loop raises


def loop_module(
    title: str, program: Program, once: list[Line], loop: Loop, quiet: str
) -> LoopModule:
    """Return the file; an iteration whose result is dropped skips the lines only it needs."""
    shown = shows_in_states(loop.body, loop.states)
    body, nan = (loop.body, []) if shown else with_nan_guard(loop.body)
    body, overflow = with_overflow_guard(body)
    first = [*once, *loop.before]
    lines = [*first, *body.lines, *loop.after]
    names = name_variables(program.replace(lines=[], outputs=[], watched=[]), lines)
    writer = ModuleWriter(program, names, BufferPlan(body, names, loop.states))

    states = [s for s, _ in loop.states]
    inputs = [*program.inputs, *passed_constants(program)]
    used = {v for line in [*body.lines, *loop.after] for v in line.reads}
    used |= {*loop.results, *variables(body.outputs)}
    made = [*inputs, *(v for line in first for v in line.outs)]
    fixed = [v for v in made if v in used and v not in states]
    values = writer.listed([*states, *fixed])

    copies = [s for s in states if s in program.inputs and not s.weak]
    copying = [f"{names[s]} = np.array({names[s]}){'' if s.shape else '[()]'}" for s in copies]
    start = [*copying, *map(writer.statement, first), f"return ({values})"]
    writer.define("once", writer.listed(inputs), start)
    repeat = [
        *writer.strong_numbers(body, [v for v in fixed if v.weak]),
        *writer.views(),
        *iterations(writer, body, loop.states, nan, overflow),
    ]
    writer.define("loop", f"n, {values}", repeat, quiet)
    end = [*map(writer.statement, loop.after), f"return ({writer.listed(loop.results)})"]
    writer.define("state", values, end)
    module = writer.finish("loop", f"Written by autograd_lite: n times {title}.", lines)
    return LoopModule(module, len(states), shown)


def iterations(
    writer: ModuleWriter,
    body: Program,
    states: list[tuple[Var, Any]],
    nan: list[Guard],
    overflow: list[Guard],
) -> list[str]:
    """Return all iterations but the last without what only the results need, then the last."""
    outs = [out for _, out in states]
    quick = dead_code(body.replace(outputs=[*outs, *(guard.value for guard in nan)])).lines
    moved = [(s, out) for s, out in states if s is not out and out not in writer.plan.in_place]
    old, new = (", ".join(writer.names[pair[i]] for pair in moved) for i in (0, 1))
    again = [f"{old} = {new}"] if moved else []
    return [
        "for _ in range(n - 1):",
        *indented([*writer.statements(quick, nan), *again] or ["pass"]),
        *writer.statements(body.lines, [*nan, *overflow]),
        f"return ({writer.listed(body.outputs)})",
    ]
