"""ag.iterate: n steps of a compiled step with the state fed back, as one generated loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytree
from ..errors import TraceError
from .codegen.loop_module import loop_source
from .codegen.module import evaluate
from .codegen.step_module import handed_over, quietness
from .ir import Var
from .jit import Step, Version, silent
from .passes.cleanup import dead_code, invariant
from .passes.layout import lay_out_loop
from .passes.pipeline import quick
from .passes.strength import Reduced, reduce_strength
from .tracing.arguments import Call, is_traced
from .tracing.trace import Fixed, Result, Traced

Callback = Callable[[int, Any, Callable[[], Any]], Any]
KEPT_EVERY = 100  # iterations at least between states that are kept, to start again from


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
    stops. The arrays of `state` are not written to.

    Across iterations, what does not change is computed once. Where X is constant, W is used only
    as W @ X and moves by multiples of dZ @ X.T, the loop keeps W @ X instead and gives W back when
    it is asked for (see strength), if that saves work.

    Raises TraceError where the new state differs from the old one in structure, shape or type.

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
    if version.loop is None:
        version.loop = Loops(step.__name__, call, version)
    return Run(step, version.loop.best(n, call), call, every, callback).steps(n)


class Loops:
    """The loops of one version: as it stands, and with reduced strength where that applies."""

    def __init__(self, name: str, call: Call, version: Version) -> None:
        self.name = name
        traced = version.traced
        self.state_results, self.value_results = split_results(traced, call.args[0], name)
        self.quiet = quietness(traced.program)
        program = quick(traced.program)
        order = numbers_of(self.state_results)
        count = len(order)
        pairs = [(program.inputs[j], program.outputs[i]) for j, i in enumerate(order)]
        check_states(pairs, name)
        check_pinned(traced, call, pairs, name)
        values = [program.outputs[i] for i in numbers_of(self.value_results)]
        self.program = dead_code(program.replace(outputs=[out for _, out in pairs] + values))
        self.pairs = list(zip(self.program.inputs[:count], self.program.outputs, strict=False))
        self.once, self.body = invariant(self.program, {s for s, _ in pairs})
        self.reduction = reduce_strength(self.body, self.once, self.pairs)
        self._plain: Loop | None = None
        self._reduced: Loop | None = None

    def best(self, n: int, call: Call) -> Loop:
        """The loop that takes fewer multiplications for n iterations."""
        r = self.reduction
        if r is not None and r.saved * n > r.spent:
            if self._reduced is None:
                self._reduced = self._loop(r)
            return self._reduced
        if self._plain is None:
            values = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
            examples = dict(zip(self.program.inputs, values, strict=True))
            body, more = lay_out_loop(self.body, self.once, examples)
            pairs = [(s, out) for (s, _), out in zip(self.pairs, body.outputs, strict=False)]
            results = [s for s, _ in pairs]
            self._plain = self._loop(Reduced(body, pairs, more, [], results, 0, 0))
        return self._plain

    def _loop(self, reduced: Reduced) -> Loop:
        return Loop(self.name, self, reduced, self.quiet)


class Loop:
    """A generated loop, and machines that run it, one for each thread at a time."""

    def __init__(self, name: str, loops: Loops, reduced: Reduced, quiet: str) -> None:
        self.made = loop_source(name, loops.program, loops.once, reduced, quiet)
        self.source = self.made.text
        self.constants = list(handed_over(loops.program).values())
        self.state_results, self.value_results = loops.state_results, loops.value_results
        self.quiet = bool(quiet)
        self.idle: list[Machine] = []

    def machine(self) -> Machine:
        """One with memory of its own."""
        try:
            return self.idle.pop()
        except IndexError:
            return Machine(self.source, self.made.given, self.quiet)


class Machine:
    """The three generated functions, with memory of their own."""

    def __init__(self, source: str, given: dict[str, Any], quiet: bool) -> None:
        namespace = evaluate(source, "loop", given)
        self.once, self.state = namespace["once"], namespace["state"]
        self.loop = silent(namespace["loop"]) if quiet else namespace["loop"]


class Run:
    """One call of `iterate`."""

    def __init__(
        self, step: Step, loop: Loop, call: Call, every: int, callback: Callback | None
    ) -> None:
        self.step, self.loop, self.every, self.callback = step, loop, every, callback
        self.call = call
        self.constants = call.args[1:]
        self.history: list[Any] = []
        self.machine = loop.machine()
        self.enter(call.args[0])
        self.kept = call.args[0]  # a state that is known to be right ...
        self.kept_at = 0  # ... and how many steps it has behind it
        self.watching = True

    def enter(self, state: Any) -> None:
        """Take up a state in the caller's form."""
        call = self.step.call((state, *self.constants), {}).plain()
        flat = [leaf.value for leaf in call.leaves if is_traced(leaf.value)]
        self.living = list(self.machine.once(*flat, *self.loop.constants))

    def steps(self, n: int) -> tuple[Any, list[Any]]:
        """Run n steps; the last state and the values on the way."""
        done = 0
        try:
            while done < n:
                ahead = min(self.every if done else 1, n - done)
                value = self.advance(done, ahead)
                done += ahead
                if (done - 1) % self.every == 0 and self.tell(done - 1, value):
                    break
            return self.state(), self.history
        finally:
            self.loop.idle.append(self.machine)

    def advance(self, done: int, ahead: int) -> Any:
        """Go on by some steps; the value of the last one."""
        if self.watching and done - self.kept_at >= KEPT_EVERY:
            self.kept, self.kept_at = self.state(), done
        count = self.loop.made.states
        try:
            out = self.machine.loop(ahead, *self.living)
        except FloatingPointError:
            return self.again(done + ahead)
        self.living[:count] = out[:count]
        if self.watching and self.loop.made.shown and any(map(holds_nan, out[:count])):
            return self.again(done + ahead)
        return nested_like(self.loop.value_results, map(own, out[count:]))

    def again(self, until: int) -> Any:
        """Run the steps since the last state that was right by the function itself.

        It has a cure for a nan in a gradient; if it gives a nan all the same, the watch is over.
        """
        state, value = self.kept, None
        for _ in range(until - self.kept_at):
            result = self.step.eager((state, *self.constants), {})
            state, value = result if self.loop.value_results is not NOTHING else (result, None)
        self.enter(state)
        self.kept, self.kept_at = self.state(), until
        self.watching = not any(holds_nan(x) for x in pytree.leaves(state))
        return value

    def state(self) -> Any:
        """The state now, in the caller's form and in memory of its own."""
        values = self.machine.state(*self.living)
        return nested_like(self.loop.state_results, [own(v) for v in values])

    def tell(self, i: int, value: Any) -> bool:
        """Note a value on the way; whether the callback wants to stop."""
        if self.loop.value_results is not NOTHING:
            self.history.append(value)
        return self.callback is not None and bool(self.callback(i, value, self.state))


NOTHING = Fixed(None)  # stands for the value of a step that gives none


def own(v: Any) -> Any:
    """A copy of an array, which belongs to the loop; numbers as they are."""
    return np.array(v) if isinstance(v, np.ndarray) else v


def holds_nan(x: Any) -> bool:
    """Whether a state holds a nan."""
    if isinstance(x, np.ndarray):
        x = np.vdot(x, x) if x.dtype.kind in "fc" else 0
    return bool(x != x)


def split_results(traced: Traced, state: Any, name: str) -> tuple[Any, Any]:
    """The part of the results that is the next state, and the rest.

    Raises TraceError where no part is nested like the state.
    """
    results = traced.results
    if same_nest(results, state):
        return results, NOTHING
    if isinstance(results, tuple) and len(results) == 2 and same_nest(results[0], state):
        return results[0], results[1]
    returned = pytree.map(lambda r: "..." if isinstance(r, Result) else r.value, results)
    raise TraceError(
        f"{name} must return a new state nested like the old one, or a pair (new state, value). "
        f"The old one is {outline(state)}; it returned {outline(returned)}."
    )


def outline(tree: Any) -> str:
    """A nest with dots for its arrays and numbers."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{k!r}: {outline(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, tuple | list):
        inner = ", ".join(map(outline, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner})"
    return "None" if tree is None else "..."


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
    return isinstance(results, Result) if is_traced(state) else results in (None, Fixed(state))


def numbers_of(results: Any) -> list[int]:
    """Numbers of the outputs, in the order in which they are nested."""
    return [r.i for r in pytree.leaves(results) if isinstance(r, Result)]


def nested_like(results: Any, values: Any) -> Any:
    """Values in the nest that results have, in order."""
    following = iter(values)
    return pytree.map(lambda r: next(following) if isinstance(r, Result) else r.value, results)


def check_pinned(traced: Traced, call: Call, pairs: list[tuple[Var, Any]], name: str) -> None:
    """Raise TraceError if a state changes that Python needs as a number, for a size or a branch."""
    varying = [i for i, leaf in enumerate(call.leaves) if is_traced(leaf.value)]
    for i, (s, out) in zip(varying, pairs, strict=False):
        if i in traced.pinned and out is not s:
            raise TraceError(
                f"{name}: the state {s.name} decides a size, an axis or a branch, and changes from "
                f"step to step; a loop is compiled once. Call the compiled step in a Python loop, "
                f"or index with an array made from {s.name}: np.arange(k) + {s.name}."
            )


def check_states(pairs: list[tuple[Var, Any]], name: str) -> None:
    """Raise TraceError unless each state keeps shape and type."""
    for s, out in pairs:
        if not isinstance(out, Var) or out.shape != s.shape or out.dtype != s.dtype:
            came = f"{out.dtype}{list(out.shape)}" if isinstance(out, Var) else repr(out)
            whole = s.dtype.kind in "iub" and isinstance(out, Var) and out.dtype.kind == "f"
            raise TraceError(
                f"{name}: the state {s.name} goes in as {s.dtype}{list(s.shape)} but comes out as "
                f"{came}; a state keeps its shape and type."
                + (" Start with floating numbers: 3.0, x.astype(float)." if whole else "")
            )
