"""The training loop: gradients, a step, and again; a bar that says how far; a patient Ctrl-C."""

from __future__ import annotations

import contextlib
import math
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeAlias

import numpy as np

from .by_hand.notation import Gradients, Parameters
from .errors import DivergedError, SettingError
from .optimizers import Optimizer, State

CostAndGradients: TypeAlias = Callable[[Parameters], tuple[Any, Gradients]]


@dataclass
class Run:
    """A training run as far as it has come: all that is needed to go on, bit for bit.

    `costs[i]` is the cost before step `recorded[i]`. `interrupted` says that Ctrl-C ended it.
    """

    parameters: Parameters
    state: State
    iterations: int = 0
    costs: list[float] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    interrupted: bool = False


def minimize(
    cost_and_gradients: CostAndGradients,
    run: Run,
    optimizer: Optimizer,
    iterations: int,
    *,
    record_every: int = 100,
    progress: bool | None = None,
    callback: Callable[[Run], object] | None = None,
) -> Run:
    """Take steps downhill until `run` counts `iterations` in all; `run` is changed and returned.

    The arrays in `run.parameters` are written to. The cost before step i is recorded where i is a
    multiple of `record_every`, and `callback(run)` is called after that step. `progress`: a bar on
    the standard error, by default only where that is a terminal.

    Ctrl-C ends the loop after the step under way; a second one raises KeyboardInterrupt at once.
    Raises DivergedError where a cost is infinite or nan, SettingError for counts below 1.

    >>> from nn.optimizers import sgd
    >>> run = Run({"x": np.array([3.0])}, {})
    >>> square = lambda p: (p["x"][0] ** 2, {"x": 2 * p["x"]})
    >>> minimize(square, run, sgd(0.25), iterations=3, record_every=1).costs
    [9.0, 2.25, 0.5625]
    """
    iterations = count("iterations", iterations)
    record_every = count("record_every", record_every)
    parameters, update = run.parameters, optimizer.update
    run.interrupted = False
    cost: Any = 0.0
    # What overflows is found in the cost, and told with the iteration and a remedy.
    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        progress_bar(run.iterations, iterations, progress) as bar,
        asked_to_stop() as stop,
    ):
        while run.iterations < iterations and not stop:
            cost, grads = cost_and_gradients(parameters)
            recorded = run.iterations % record_every == 0
            if recorded:
                record(run, float(cost), optimizer)
                bar.set_postfix_str(f"cost {float(cost):.6f}", refresh=False)
            steps, run.state = update(grads, run.state, parameters)
            for name, step in steps.items():
                p = parameters[name]
                np.add(p, step, out=p)
            run.iterations += 1
            bar.update()
            if recorded and callback is not None:
                callback(run)
    run.interrupted = run.iterations < iterations
    if not math.isfinite(cost):
        raise diverged(float(cost), run.iterations - 1, optimizer)
    return run


def record(run: Run, cost: float, optimizer: Optimizer) -> None:
    """Note the cost of the step to come; DivergedError if it is infinite or nan."""
    """Note the cost before the next step; DivergedError where it is infinite or nan."""
    if not math.isfinite(cost):
        raise diverged(cost, run.iterations, optimizer)
    run.costs.append(cost)
    run.recorded.append(run.iterations)


def diverged(cost: float, iteration: int, optimizer: Optimizer) -> DivergedError:
    """The error for a cost that left the finite numbers."""
    """The error for a cost that left the finite numbers, with the usual remedy."""
    return DivergedError(
        f"Training diverged: at iteration {iteration} the cost is {cost}. A learning rate smaller "
        f"than {optimizer.learning_rate:g} usually helps; so does scaling the inputs to 0..1."
    )


def count(name: str, value: Any) -> int:
    """`value` as a whole number, at least 1; SettingError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise SettingError(f"{name} is {value!r}; it must be a whole number, at least 1.")
    return int(value)


class Flag:
    """Something that happens once, and stays so."""

    raised = False

    def __bool__(self) -> bool:
        return self.raised


@contextlib.contextmanager
def asked_to_stop() -> Iterator[Flag]:
    """A flag that the first Ctrl-C raises; the second is Python's own KeyboardInterrupt.

    Where signals cannot be caught, in other threads, or where somebody catches them already, the
    flag stays down.
    """
    flag = Flag()

    def on_signal(number: int, frame: FrameType | None) -> None:
        flag.raised = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if ours:
            signal.signal(signal.SIGINT, on_signal)
    except ValueError:  # not the main thread
        ours = False
    try:
        yield flag
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


class NoBar:
    """What stands in for the bar where there is none to show."""

    def update(self, n: int = 1) -> None:
        """Say nothing."""

    def set_postfix_str(self, text: str, refresh: bool = False) -> None:
        """Say nothing."""


@contextlib.contextmanager
def progress_bar(start: int, total: int, wanted: bool | None) -> Iterator[Any]:
    """A tqdm bar with cost, iterations a second and time left; silent without a terminal."""
    if wanted is False or (wanted is None and not _at_terminal()):
        yield NoBar()
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield NoBar()
        return
    with tqdm(total=total, initial=start, unit=" iterations", dynamic_ncols=True) as bar:
        yield bar


def _at_terminal() -> bool:
    import sys

    return sys.stderr is not None and sys.stderr.isatty()
