"""Training as one compiled loop: forward pass, backward pass and update as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

from .by_hand.notation import Array, Parameters
from .optimizers import Optimizer
from .train import Run, count, diverged, loop, record

Cost = Callable[[Parameters, Array, Array], Any]


def descend(
    cost: Cost,
    run: Run,
    optimizer: Optimizer,
    iterations: int,
    X: Array,
    Y: Array,
    *,
    record_every: int = 100,
    progress: bool | None = None,
    callback: Callable[[Run], object] | None = None,
) -> Run:
    """Do what `train.minimize` does, for a cost(parameters, X, Y), with `ag.compile`.

    The numbers are those of `minimize` up to rounding: what does not change from one step to the
    next is computed once, and W1 @ X is updated instead of multiplied out again. Ctrl-C ends the
    loop at the next recorded cost.

    >>> from nn.optimizers import sgd
    >>> run = Run({"x": np.array([[3.0]])}, {})
    >>> square = lambda p, X, Y: np.sum(p["x"] ** 2)
    >>> descend(square, run, sgd(0.25), 3, np.ones((1, 1)), np.ones((1, 1)), record_every=1).costs
    [9.0, 2.25, 0.5625]
    """
    record_every = count("record_every", record_every)

    def step(state: Any, X: Array, Y: Array) -> Any:
        parameters, memory = state
        J, grads = ag.value_and_grad(cost)(parameters, X, Y)
        steps, memory = optimizer.update(grads, memory, parameters)
        return ({name: p + steps[name] for name, p in parameters.items()}, memory), J

    compiled = ag.compile(step)
    with loop(run, iterations, progress) as (iterations, bar, stop):

        def keep(state: Any) -> None:
            # Single numbers come out of a calculation as NumPy scalars; parameters are arrays.
            run.parameters = {name: np.asarray(p) for name, p in state[0].items()}
            run.state = state[1]

        # A resumed run may start between two recorded costs: go to the next one.
        while run.iterations % record_every and run.iterations < iterations and not stop:
            state, _ = compiled((run.parameters, run.state), X, Y)
            keep(state)
            run.iterations += 1
            bar.update()
        done = first = run.iterations

        def on_record(i: int, J: Any, get_state: Any) -> bool:
            nonlocal done
            run.iterations = first + i
            record(run, float(J), optimizer)
            bar.set_postfix_str(f"cost {run.costs[-1]:.6f}", refresh=False)
            run.iterations += 1
            bar.update(run.iterations - done)
            done = run.iterations
            if callback is not None:
                keep(get_state())
                callback(run)
            return bool(stop)

        if first < iterations and not stop:
            n = iterations - first
            state, _ = ag.iterate(
                compiled, (run.parameters, run.state), n, X, Y,
                every=record_every, callback=on_record,
            )  # fmt: skip
            keep(state)
            run.iterations = done if stop else iterations
            bar.update(run.iterations - done)
    if not all(np.isfinite(p).all() for p in run.parameters.values()):
        raise diverged(float("nan"), run.iterations - 1, optimizer)
    return run
