"""ag.iterate: n steps of a compiled step with the state fed back, as one generated loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import pytree
from ..errors import TraceError
from .codegen.loop_module import LoopModule, loop_module
from .codegen.module import Functions
from .codegen.step_module import quietness
from .ir import Var
from .jit import Step, Version
from .passes.cleanup import dead_code, invariant
from .passes.layout import lay_out_loop
from .passes.pipeline import quick
from .passes.strength import Loop, reduce_strength
from .tracing.arguments import Call, is_traced
from .tracing.trace import Fixed, Result, Traced

Callback = Callable[[int, Any, Callable[[], Any]], Any]
KEPT_EVERY = 100  # steps at least between states that are kept, to start again from
NOTHING = Fixed(None)  # stands for the value of a step that returns none


def iterate(
    step: Callable[..., Any],
    state: Any,
    n: int,
    *constants: Any,
    every: int = 100,
    callback: Callback | None = None,
) -> tuple[Any, list[Any]]:
    """Run `state = step(state, *constants)` n times, as one generated loop.

    Whatever does not change is computed once. If X is constant, and W is used only as W @ X and
    moves by multiples of dZ @ X.T, the loop keeps W @ X instead and computes W when it is asked
    for (see passes/strength.py), provided that saves work.

    Parameters
    ----------
    step : callable
        A function or a compiled step. It returns the new state, or a pair of the new state and a
        value such as the cost.
    state : pytree
        Arrays and numbers to start from. The arrays are not written to.
    n : int
        Number of iterations.
    *constants : pytree
        Further arguments of the step.
    every : int
        The values of iterations 0, every, 2 * every, ... are returned.
    callback : callable, optional
        `callback(i, value, get_state)` is called at the same iterations, after the step;
        get_state() returns the state then. If it returns True, the loop stops.

    Returns
    -------
    tuple
        The last state, and the list of values.

    Raises
    ------
    TraceError
        If the new state differs from the old one in structure, shape or dtype.
    TypeError, ValueError
        If n or every is no integer, or too small.

    Examples
    --------
    >>> iterate(lambda x, a: (x + a, x * x), np.zeros(2), 10, np.ones(2), every=5)
    (array([10., 10.]), [array([0., 0.]), array([25., 25.])])
    """
    for name, number in (("n", n), ("every", every)):
        if not isinstance(number, int | np.integer):
            raise TypeError(f"iterate takes a whole number for {name}, not {number!r}.")
    if n < 0 or every < 1:
        raise ValueError(f"iterate takes n >= 0 and every >= 1, not {n} and {every}.")
    if not isinstance(step, Step):
        step = Step(step)
    call = step.call((state, *constants), {}).plain()
    version = step.version(call)
    if version.loops is None:
        version.loops = Loops(step.__name__, call, version)
    loop = version.loops.best(n, call)
    history: list[Any] = []
    with loop.module.lend() as functions:
        run = LoopState(step, version.loops, loop, functions, call)
        while run.done < n:
            value = run.advance(min(every if run.done else 1, n - run.done))
            i = run.done - 1
            if i % every == 0:
                if run.has_values:
                    history.append(value)
                if callback is not None and callback(i, value, run.state):
                    break
        return run.state(), history


class Loops:
    """The loops of one Version: as it was traced, and with reduced strength if that applies."""

    def __init__(self, name: str, call: Call, version: Version) -> None:
        self.name = name
        traced = version.traced
        self.state_results, self.value_results = split_results(traced, call.args[0], name)
        self.quiet = quietness(traced.program)
        program = quick(traced.program)
        outputs = [program.outputs[i] for i in output_numbers(self.state_results)]
        pairs = list(zip(program.inputs, outputs, strict=False))
        check_states(traced, call, pairs, name)
        outputs += [program.outputs[i] for i in output_numbers(self.value_results)]
        self.program = dead_code(program.replace(outputs=outputs))
        self.pairs = pairs
        self.once, self.body = invariant(self.program, {s for s, _ in pairs})
        self.reduction = reduce_strength(self.body, self.once, pairs)
        self.plain: LoopModule | None = None
        self.reduced: LoopModule | None = None

    def best(self, n: int, call: Call) -> LoopModule:
        """Return the loop that takes fewer multiplications for n iterations."""
        r = self.reduction
        if r is not None and r.saved * n > r.spent:
            if self.reduced is None:
                self.reduced = self._module(r)
            return self.reduced
        if self.plain is None:
            values = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
            examples = dict(zip(self.program.inputs, values, strict=True))
            body = lay_out_loop(self.body, self.once, examples)
            pairs = [(s, out) for (s, _), out in zip(self.pairs, body.outputs, strict=False)]
            self.plain = self._module(Loop(body, pairs, [], [], [s for s, _ in pairs]))
        return self.plain

    def _module(self, loop: Loop) -> LoopModule:
        return loop_module(self.name, self.program, self.once, loop, self.quiet)


class LoopState:
    """The values that a running loop works on, and the last state that is known to be right."""

    def __init__(
        self, step: Step, loops: Loops, loop: LoopModule, functions: Functions, call: Call
    ) -> None:
        self.step, self.loops, self.loop = step, loops, loop
        self.once, self.iterations, self.state_of = functions
        self.has_values = loops.value_results is not NOTHING
        self.constants = call.args[1:]
        self.done = self.kept_at = 0  # numbers of steps
        self.kept = call.args[0]
        self.watching = True
        self.enter(self.kept)

    def enter(self, state: Any) -> None:
        """Start from a state in the caller's form."""
        call = self.step.call((state, *self.constants), {}).plain()
        flat = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
        self.values = list(self.once(*flat, *self.loop.module.constants))

    def advance(self, ahead: int) -> Any:
        """Run some steps; return the value of the last one."""
        if self.watching and self.done - self.kept_at >= KEPT_EVERY:
            self.kept, self.kept_at = self.state(), self.done
        self.done += ahead
        try:
            out = self.iterations(ahead, *self.values)
        except FloatingPointError:
            return self.repair()
        states = self.values[: self.loop.states] = out[: self.loop.states]
        if self.watching and self.loop.shows_nan and any(map(holds_nan, states)):
            return self.repair()
        return placed(self.loops.value_results, out[self.loop.states :])

    def repair(self) -> Any:
        """Run the function itself from the last good state; return the value of the last step.

        The engine can repair a nan in a gradient. If nans remain, stop looking for them.
        """
        state, value = self.kept, None
        for _ in range(self.done - self.kept_at):
            result = self.step.eager((state, *self.constants), {})
            state, value = result if self.has_values else (result, None)
        self.enter(state)
        self.kept, self.kept_at = self.state(), self.done
        self.watching = not any(holds_nan(x) for x in pytree.leaves(state))
        return value

    def state(self) -> Any:
        """Return the state now, in the caller's form."""
        return placed(self.loops.state_results, self.state_of(*self.values))


def holds_nan(x: Any) -> bool:
    """Return whether a state holds a nan."""
    if isinstance(x, np.ndarray):
        x = np.vdot(x, x) if x.dtype.kind in "fc" else 0
    return bool(x != x)


def split_results(traced: Traced, state: Any, name: str) -> tuple[Any, Any]:
    """Return the part of the results that is the next state, and the rest.

    Raises TraceError if no part has the structure of the state.
    """
    results = traced.results
    if same_structure(results, state):
        return results, NOTHING
    if isinstance(results, tuple) and len(results) == 2 and same_structure(results[0], state):
        return results[0], results[1]
    old, new = (repr(pytree.map(lambda _: ..., tree)) for tree in (state, results))
    raise TraceError(
        f"{name} must return a new state nested like the old one, or a pair (new state, value). "
        f"The old one is {old}; it returned {new}.".replace("Ellipsis", "...")
    )


def same_structure(results: Any, state: Any) -> bool:
    """Return whether results have the containers, keys and fixed values of a state."""
    if not isinstance(state, dict | tuple | list):
        return isinstance(results, Result) if is_traced(state) else results in (None, Fixed(state))
    if not (isinstance(results, dict) if isinstance(state, dict) else type(results) is type(state)):
        return False
    new, old = dict(pytree.children(results)), dict(pytree.children(state))
    return [*new] == [*old] and all(same_structure(new[key], old[key]) for key in old)


def output_numbers(results: Any) -> list[int]:
    """Return which outputs of the Program stand in results, in their order."""
    return [r.i for r in pytree.leaves(results) if isinstance(r, Result)]


def placed(results: Any, values: Iterable[Any]) -> Any:
    """Return copies of values, whose memory belongs to the loop, in the containers of results."""
    following = iter(np.array(v) if isinstance(v, np.ndarray) else v for v in values)
    return pytree.map(lambda r: next(following) if isinstance(r, Result) else r.value, results)


def check_states(traced: Traced, call: Call, pairs: list[tuple[Var, Any]], name: str) -> None:
    """Raise TraceError unless each state keeps shape and dtype, and its value if that decides."""
    varying = [i for i, leaf in enumerate(call.leaves) if is_traced(leaf.value)]
    for i, (s, out) in zip(varying, pairs, strict=False):
        if not isinstance(out, Var) or out.shape != s.shape or out.dtype != s.dtype:
            came = f"{out.dtype}{list(out.shape)}" if isinstance(out, Var) else repr(out)
            whole = s.dtype.kind in "iub" and isinstance(out, Var) and out.dtype.kind == "f"
            raise TraceError(
                f"{name}: the state {s.name} goes in as {s.dtype}{list(s.shape)} but comes out as "
                f"{came}; a state keeps its shape and dtype."
                + (" Start with floating numbers: 3.0, x.astype(float)." if whole else "")
            )
        if i in traced.pinned and out is not s:
            raise TraceError(
                f"{name}: the state {s.name} decides a size, an axis or a branch, and changes from "
                f"step to step; a loop is compiled once. Call the compiled step in a Python loop, "
                f"or index with an array made from {s.name}: np.arange(k) + {s.name}."
            )
