"""Program -> the file of a loop: what runs once, the iterations, and how to get the states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir import Line, Program, Var, is_elementwise, variables
from ..passes.aliasing import roots
from ..passes.cleanup import dead_code
from ..passes.strength import Reduced
from .buffers import Plan, strong_numbers
from .module import sources_of
from .names import name_variables, unused
from .nan_guards import FAR, NAN, raising, shows_in_states, with_finite_watch, with_watch
from .step_module import constants_made, file, handed_over, silenced


@dataclass(frozen=True)
class LoopSource:
    """A file with three functions, and what is needed to call them.

    once(inputs, constants) gives what lives: first the states, then what stays the same.
    loop(n, living) gives the states after n iterations, then the values of the last one.
    state(living) gives the states as the caller knows them.
    """

    text: str
    states: int  # so many of what lives are states
    given: dict[str, Any]  # functions whose source is not at hand
    shown: bool  # whether a nan that matters shows in the states; else the loop raises


def loop_source(
    title: str, program: Program, once: list[Line], reduced: Reduced, quiet: str
) -> LoopSource:
    """The file. An iteration whose value nobody sees leaves out what only the value needs."""
    shown = shows_in_states(reduced.body, reduced.states)
    body, watch = (reduced.body, None) if shown else with_watch(reduced.body)
    body, finite = with_finite_watch(body)
    first = [*once, *reduced.before]
    every_line = [*first, *body.lines, *reduced.after]
    names = name_variables(program.replace(lines=[], outputs=[], watched=[]), every_line)
    states = [s for s, _ in reduced.states]
    given = [*program.inputs, *handed_over(program)]
    used = {v for line in [*body.lines, *reduced.after] for v in line.reads}
    used |= {*reduced.results, *variables(body.outputs)}
    before = [*given, *(v for line in first for v in line.outs)]
    fixed = [v for v in before if v in used and v not in states]
    living = listed([*states, *fixed], names)
    plan = Plan(body, names, planned_in_place(body, reduced.states))
    weak = [v for v in fixed if v.weak]
    sources = sources_of(every_line)
    text = file(
        f"Written by autograd_lite: n times {title}.",
        sources.text,
        "\n".join([*constants_made(program, names), *plan.preparation()]),
        "\n".join(
            [
                f"def once({listed(given, names)}):",
                *(
                    f"    {names[s]} = np.array({names[s]}){'' if s.shape else '[()]'}  # a copy"
                    for s in states
                    if s in program.inputs and not s.weak
                ),
                *(f"    {plan.assignment(line)}" for line in first),
                f"    return ({living})",
            ]
        ),
        "\n".join(
            [
                *silenced(quiet),
                f"def loop(n, {living}):",
                *(f"    {line}" for line in strong_numbers(body, weak, names)),
                *(f"    {line}" for line in plan.views_of_inputs()),
                *iterations(reduced, body, (watch, finite), plan, names),
            ]
        ),
        "\n".join(
            [
                f"def state({living}):",
                *(f"    {plan.assignment(line)}" for line in reduced.after),
                f"    return ({listed(reduced.results, names)})",
            ]
        ),
    )
    return LoopSource(text, len(states), sources.given, shown)


def iterations(
    reduced: Reduced,
    body: Program,
    watches: tuple[Var | None, Var | None],
    plan: Plan,
    names: Mapping[Var, str],
) -> list[str]:
    """All iterations but the last without what only the values need, then the last."""
    watch, finite = watches
    outs = [out for _, out in reduced.states]
    values = body.outputs[len(outs) :]
    needed = [*outs, *([] if watch is None else [watch])]
    quick = dead_code(body.replace(outputs=needed)).lines
    old = old_names(reduced.states, values, names)
    again = feedback(reduced.states, plan.in_place, names, old)
    results = [names[s] for s, _ in reduced.states]
    results += [old[v] if v in old else plan.printer.argument(v) for v in values]
    ending = f"    return ({''.join(r + ', ' for r in results)})"
    deep = " " * 8

    def one(lines: list[Line], indent: str, last: bool = False) -> list[str]:
        text = [*([plan.body(indent, lines)] if lines else [])]
        text += raising(watch, names, indent, NAN)
        text += raising(finite if last else None, names, indent, FAR)
        return [*text, *(indent + line for line in again)] or [f"{indent}pass"]

    if len(quick) == len(body.lines):
        return ["    for _ in range(n):", *one(quick, deep), ending]
    return ["    for _ in range(n - 1):", *one(quick, deep), *one(body.lines, "    ", True), ending]


def listed(items: list[Var], names: Mapping[Var, str]) -> str:
    """Names with a comma behind each."""
    return "".join(names[v] + ", " for v in items)


def planned_in_place(body: Program, states: list[tuple[Var, Any]]) -> dict[Var, Var]:
    """New states that can be written over the old ones: nobody reads the old one afterwards."""
    aliases = roots(body.lines)
    kept = Counter(r for v in variables(body.outputs) for r in aliases.get(v, (v,)))
    result: dict[Var, Var] = {}
    for s, out in states:
        if not isinstance(out, Var) or not s.shape or s.dtype != out.dtype:
            continue
        if kept[s] or kept[out] > 1:  # what two states share, one must not overwrite
            continue
        touching = [
            i
            for i, line in enumerate(body.lines)
            if any(s in aliases.get(v, (v,)) for v in line.reads)
        ]
        maker = next((i for i, line in enumerate(body.lines) if out in line.outs), -1)
        if maker < 0 or max(touching, default=0) > maker:
            continue
        line = body.lines[maker]
        simple = is_elementwise(line.fn) and line.fn is not np.where and not line.kwargs
        if simple and not line.several and out.shape == s.shape:
            result[out] = s
    return result


def old_names(
    states: list[tuple[Var, Any]], values: Iterable[Any], names: Mapping[Var, str]
) -> dict[Var, str]:
    """Names for states that are values as they were before the step, to be kept by."""
    taken = set(names.values())
    moved = [s for s, out in states if s is not out and any(v is s for v in values)]
    return {s: unused(f"old_{names[s]}", taken) for s in moved}


def feedback(
    states: list[tuple[Var, Any]],
    in_place: Mapping[Var, Var],
    names: Mapping[Var, str],
    old: Mapping[Var, str],
) -> list[str]:
    """The assignment that makes new states the old ones, where they are not already."""
    moved = [(names[s], names[o]) for s, o in states if s is not o and o not in in_place]
    moved += [(name, names[s]) for s, name in old.items()]
    if not moved:
        return []
    return [" = ".join(", ".join(side) for side in zip(*moved, strict=True))]
