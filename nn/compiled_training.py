"""Training as one compiled loop: forward pass, backward pass and update as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag

from .by_hand.notation import Array, Parameters
from .optimizers import Optimizer
from .train import Run, asked_to_stop, count, diverged, progress_bar, record

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
    """As `train.minimize`, of a cost(parameters, X, Y), by `ag.compile` and `ag.iterate`.

    The numbers are those of `minimize` up to rounding: what does not change from one step to the
    next is computed once, and W1 @ X is kept up to date instead of being multiplied out again.
    `callback(run)` is called after each step whose cost was recorded. Ctrl-C ends the loop at the
    next of these.

    >>> from nn.optimizers import sgd
    >>> run = Run({"x": np.array([[3.0]])}, {})
    >>> square = lambda p, X, Y: np.sum(p["x"] ** 2)
    >>> descend(square, run, sgd(0.25), 3, np.ones((1, 1)), np.ones((1, 1)), record_every=1).costs
    [9.0, 2.25, 0.5625]
    """
    iterations = count("iterations", iterations)
    record_every = count("record_every", record_every)
    run.interrupted = False

    def step(state: Any, X: Array, Y: Array) -> Any:
        parameters, memory = state
        J, grads = ag.value_and_grad(cost)(parameters, X, Y)
        steps, memory = optimizer.update(grads, memory, parameters)
        return ({name: p + steps[name] for name, p in parameters.items()}, memory), J

    compiled = ag.compile(step)
    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        progress_bar(run.iterations, iterations, progress) as bar,
        asked_to_stop() as stop,
    ):

        def tell(J: Any) -> None:
            record(run, float(J), optimizer)
            bar.set_postfix_str(f"cost {float(J):.6f}", refresh=False)

        shown = run.iterations

        def show() -> None:
            nonlocal shown
            bar.update(run.iterations - shown)
            shown = run.iterations

        # Where a resumed run starts between two costs that are recorded: up to the next one.
        while run.iterations % record_every and run.iterations < iterations and not stop:
            state, _ = compiled((run.parameters, run.state), X, Y)
            run.parameters, run.state = arrays(state[0]), state[1]
            run.iterations += 1
            show()
        done = first = run.iterations

        def on_record(i: int, J: Any, get_state: Any) -> bool:
            nonlocal done
            run.iterations = first + i
            tell(J)
            run.iterations = done = first + i + 1
            show()
            if callback is not None:
                run.parameters, run.state = arrays(get_state()[0]), get_state()[1]
                callback(run)
            return bool(stop)

        if first < iterations and not stop:
            state = (run.parameters, run.state)
            n = iterations - first
            state, _ = ag.iterate(compiled, state, n, X, Y, every=record_every, callback=on_record)
            run.parameters, run.state = arrays(state[0]), state[1]
            run.iterations = done if stop else iterations
            show()
    run.interrupted = run.iterations < iterations
    if not all(np.isfinite(p).all() for p in run.parameters.values()):
        raise diverged(float("nan"), run.iterations - 1, optimizer)
    return run


def arrays(parameters: Parameters) -> Parameters:
    """Parameters as arrays; single numbers come out of a calculation as scalars of NumPy."""
    return {name: np.asarray(p) for name, p in parameters.items()}
