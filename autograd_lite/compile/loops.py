"""ag.iterate: n steps of a compiled step with the state fed back, as one generated loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import Tensor
from .buffers import Plan, quick_call, strong_numbers, view_roots
from .emit import argument, evaluate, own_functions
from .names import name_variables
from .passes import dead_code, invariant
from .program import Line, Program, Var, variables
from .recorder import TraceError
from .step import Fixed, Result, Step, Traced, flat_arguments, optimize, trace
from .strength import Reduced, reduce_strength
from .trees import is_traced, rebuild

Callback = Callable[[int, Any, Callable[[], Any]], Any]


def iterate(
    step: Callable[..., Any],
    state: Any,
    n: int,
    *constants: Any,
    every: int = 100,
    callback: Callback | None = None,
) -> tuple[Any, list[Any]]:
    """Run `state = step(state, *constants)` n times; gives the last state and values on the way.

    A step may give a pair, the new state and a value such as the cost; the values of iterations
    0, every, 2 * every, ... come back as a list. `callback(i, value, get_state)` is called at the
    same iterations, after the step; get_state() gives the state then. If it returns True, the loop
    stops. Across iterations, what does not change is computed once; see `strength`.

    Raises TraceError where the new state differs from the old one in structure, shape or type.

    >>> iterate(lambda x, a: (x + a, x * x), np.zeros(2), 10, np.ones(2), every=5)[0]
    array([10., 10.])
    """
    loop = compiled_loop(step if isinstance(step, Step) else Step(step), state, constants)
    return loop.run(state, n, constants, every, callback)


def compiled_loop(step: Step, state: Any, constants: tuple[Any, ...]) -> Loop:
    """The Loop for arguments like these, from the step's own store."""
    given = step.positional((state, *constants), {})
    version = step.version(*given)
    if version.loop is None:
        version.loop = Loop(step, given, version.traced)
    return version.loop  # type: ignore[no-any-return]


@dataclass
class Parts:
    """A loop's Program, and what runs before and after it."""

    body: Program
    states: list[tuple[Var, Any]]
    before: list[Line]
    after: list[Line]
    results: list[Any]


class Loop:
    """A generated loop for one combination of shapes and types."""

    def __init__(self, step: Step, given: tuple[Any, ...], traced: Traced) -> None:
        self.names = step._names(given)
        self.state_results, self.value_results = split_results(traced, given[0], step.__name__)
        program = name_variables(optimize(traced.program))
        order = result_order(self.state_results)
        pairs = [(program.inputs[j], program.outputs[i]) for j, i in enumerate(order)]
        check_states(pairs, step.__name__)
        values = [program.outputs[i] for i in result_order(self.value_results)]
        program = dead_code(program.replace(outputs=[out for _, out in pairs] + values))
        self.reduced: Reduced | None = reduce_strength(program, pairs)
        if self.reduced is not None:
            r = self.reduced
            parts = Parts(r.program, r.states, r.before, r.after, r.results)
        else:
            parts = Parts(program, pairs, [], [], [s for s, _ in pairs])
        self.constants = list(program.constants.values())
        self.source = render_loop(step.__name__, program, parts)
        self._loop = evaluate(self.source, "loop", {})
        self._state = self._loop.__globals__["state"]

    def run(
        self, state: Any, n: int, constants: tuple[Any, ...], every: int, callback: Callback | None
    ) -> tuple[Any, list[Any]]:
        """Run n iterations."""
        given = tuple(
            rebuild(a, lambda x: x.data if isinstance(x, Tensor) else x)
            for a in (state, *constants)
        )
        flat = [v for _, _, v in flat_arguments(given, self.names) if is_traced(v)]
        history: list[Any] = []

        def tell(i: int, values: tuple[Any, ...], live: tuple[Any, ...]) -> bool:
            value = place(self.value_results, [np.array(v)[()] for v in values])
            history.append(value)

            def get_state() -> Any:
                return place(self.state_results, [np.array(v)[()] for v in self._state(*live)])

            return callback is not None and bool(callback(i, value, get_state))

        with np.errstate(over="ignore"):
            last = self._loop(n, max(1, every), tell, *flat, *self.constants)
        return place(self.state_results, list(last)), history if self.value_results != () else []


def split_results(traced: Traced, state: Any, name: str) -> tuple[Any, Any]:
    """The part of the results that is the next state, and the rest."""
    results = traced.results
    if same_nest(results, state):
        return results, ()
    if isinstance(results, tuple) and len(results) == 2 and same_nest(results[0], state):
        return results
    raise TraceError(
        f"{name} must return a new state nested like the old one, or a pair (new state, value)."
    )


def same_nest(results: Any, state: Any) -> bool:
    """Whether results are nested like a state."""
    if isinstance(state, dict):
        return (
            isinstance(results, dict)
            and list(results) == list(state)
            and all(same_nest(results[key], state[key]) for key in state)
        )
    if isinstance(state, tuple | list):
        return (
            type(results) is type(state)
            and len(results) == len(state)
            and all(map(same_nest, results, state))
        )
    return isinstance(results, Result if is_traced(state) else Fixed)


def result_order(results: Any) -> list[int]:
    """Numbers of the outputs, in the order in which they are nested."""
    found: list[int] = []
    rebuild(results, lambda r: found.append(r.i) if isinstance(r, Result) else None)
    return found


def place(results: Any, values: list[Any]) -> Any:
    """Values in the nest that results have, in order."""
    source = iter(values)
    return rebuild(results, lambda r: next(source) if isinstance(r, Result) else r)


def check_states(pairs: list[tuple[Var, Any]], name: str) -> None:
    """Raise TraceError unless each state keeps shape and type."""
    for s, out in pairs:
        same = isinstance(out, Var) and out.shape == s.shape and (out.dtype == s.dtype or s.weak)
        if not same:
            raise TraceError(
                f"{name}: the state {s.name} goes in with shape {s.shape} and type {s.dtype} but "
                f"comes out as {out!r}; it must keep both."
            )


def render_loop(title: str, program: Program, parts: Parts) -> str:
    """The source: what runs once, the loop, and a function that gives the states.

    An iteration whose value nobody asks for leaves out what only the value needs.
    """
    body, hoisted = invariant(parts.body, {s for s, _ in parts.states})
    once = [*parts.before, *hoisted]
    name_variables(
        Program(program.inputs, program.constants, [*once, *body.lines, *parts.after], [])
    )
    outs = [out for _, out in parts.states]
    plan = Plan(body, planned_in_place(body, parts.states))
    needed = set(map(id, dead_code(body.replace(outputs=outs)).lines))
    quick = [line for line in body.lines if id(line) in needed]
    feed_back = feedback(parts.states, plan.in_place)
    values = "".join(argument(v) + ", " for v in body.outputs[len(outs) :])
    inputs = ", ".join(argument(v) for v in [*program.inputs, *program.constants])
    needs = [s for s, _ in parts.states] if not parts.before else after_inputs(parts)
    shown = "".join(argument(v) + ", " for v in needs)
    own = [s for s, _ in parts.states if s in program.inputs]
    fixed = [v for v in program.inputs if v not in own]
    indent, deep = " " * 8, " " * 12
    loop = [
        f"def loop(n, every, tell, {inputs}):",
        *(f"    {argument(s)} = np.array({argument(s)})[()]  # the caller's stay" for s in own),
        *(f"    {line}" for line in strong_numbers([*once, *body.lines], fixed)),
        *(f"    {', '.join(map(argument, x.outs))} = {quick_call(x)}  # once" for x in once),
        *(f"    {line}" for line in plan.preparation()),
        "    for i in range(0, n, every):",
        plan.body(indent),
        *(indent + line for line in feed_back),
        f"{indent}if tell(i, ({values}), ({shown})):",
        f"{deep}break",
        f"{indent}for _ in range(min(every, n - i) - 1):",
        plan.body(deep, quick) if quick else f"{deep}pass",
        *(deep + line for line in feed_back),
        f"    return state({shown})",
    ]
    recover = [
        f"def state({shown.rstrip(', ')}):",
        *(f"    {', '.join(map(argument, x.outs))} = {quick_call(x)}" for x in parts.after),
        f"    return ({''.join(argument(v) + ', ' for v in parts.results)})",
    ]
    text = [
        f'"""Written by autograd_lite: n times {title}."""',
        "import numpy as np",
        own_functions([*once, *body.lines]),
        "\n".join(loop),
        "\n".join(recover),
    ]
    return "\n\n".join(part for part in text if part) + "\n"


def after_inputs(parts: Parts) -> list[Var]:
    """What the lines after the loop read, and results that they do not make."""
    made = {v for line in parts.after for v in line.outs}
    needed = [v for line in parts.after for v in variables((line.args, line.kwargs))]
    return list(dict.fromkeys(v for v in [*needed, *parts.results] if v not in made))


def planned_in_place(body: Program, states: list[tuple[Var, Any]]) -> dict[Var, Var]:
    """New states that can be written over the old ones: nobody reads the old one afterwards."""
    roots = view_roots(body.lines)
    result: dict[Var, Var] = {}
    for s, out in states:
        if s is out or not isinstance(out, Var) or s.size < 2 or s.dtype != out.dtype:
            continue
        readers = [
            i
            for i, line in enumerate(body.lines)
            if any(roots.get(v, v) is s for v in variables((line.args, line.kwargs)))
        ]
        maker = next((i for i, line in enumerate(body.lines) if out in line.outs), None)
        if maker is None or any(roots.get(v, v) is s for v in variables(body.outputs)):
            continue
        line = body.lines[maker]
        simple = isinstance(line.fn, np.ufunc) and line.fn.signature is None and not line.kwargs
        if simple and not line.several and out.shape == s.shape and max(readers, default=0) <= maker:
            result[out] = s
    return result


def feedback(states: list[tuple[Var, Any]], in_place: dict[Var, Var]) -> list[str]:
    """The assignment that makes new states the old ones, where they are not already."""
    moved = [(s, out) for s, out in states if s is not out and out not in in_place]
    if not moved:
        return []
    left = ", ".join(argument(s) for s, _ in moved)
    return [f"{left} = {', '.join(argument(out) for _, out in moved)}"]
