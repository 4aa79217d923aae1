"""The training loop: gradients, a step, and again, with a progress bar and a safe Ctrl-C."""

from __future__ import annotations

import contextlib
import math
import signal
import sys
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
    """A training run as far as it has come: all that is needed to continue, bit for bit.

    Attributes
    ----------
    parameters : dict of str to ndarray
    state : dict
        The state of the optimizer.
    iterations : int
        The number of steps taken.
    costs, recorded : list
        ``costs[i]`` is the cost before step ``recorded[i]``.
    interrupted : bool
        True if Ctrl-C ended the run.
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
    """Take steps downhill until `run` counts `iterations` in all.

    Ctrl-C ends the loop after the current step; a second one raises KeyboardInterrupt at once.

    Parameters
    ----------
    cost_and_gradients : callable
        A function of the parameters that returns the cost and a dict of gradients.
    run : Run
        The run to continue. It is changed, and the arrays in its parameters are written to.
    optimizer : Optimizer
    iterations : int
        Number of steps in all, those already taken included.
    record_every : int
        The cost before step i is recorded if i is a multiple of it.
    progress : bool, optional
        Show a progress bar on the standard error. By default only if that is a terminal.
    callback : callable, optional
        ``callback(run)`` is called after each step whose cost was recorded.

    Returns
    -------
    Run
        The same run.

    Raises
    ------
    DivergedError
        If a cost is infinite or nan.
    SettingError
        If a count is below 1.

    Examples
    --------
    >>> from nn.optimizers import sgd
    >>> run = Run({"x": np.array([3.0])}, {})
    >>> square = lambda p: (p["x"][0] ** 2, {"x": 2 * p["x"]})
    >>> minimize(square, run, sgd(0.25), iterations=3, record_every=1).costs
    [9.0, 2.25, 0.5625]
    """
    record_every = count("record_every", record_every)
    parameters, update = run.parameters, optimizer.update
    cost: Any = 0.0
    with loop(run, iterations, progress) as (iterations, bar, stop):
        while run.iterations < iterations and not stop:
            cost, grads = cost_and_gradients(parameters)
            recorded = run.iterations % record_every == 0
            if recorded:
                record(run, cost.item() if hasattr(cost, "item") else cost, optimizer)
                bar.set_postfix_str(f"cost {run.costs[-1]:.6f}", refresh=False)
            steps, run.state = update(grads, run.state, parameters)
            for name, step in steps.items():
                p = parameters[name]
                np.add(p, step, out=p)
            run.iterations += 1
            bar.update()
            if recorded and callback is not None:
                callback(run)
    if not np.isfinite(cost):
        raise diverged(cost, run.iterations - 1, optimizer)
    return run


@contextlib.contextmanager
def loop(run: Run, iterations: int, progress: bool | None) -> Iterator[tuple[int, Any, Flag]]:
    """Provide the checked number of iterations, a bar, and the flag that Ctrl-C raises.

    An overflow is not reported here: it shows in the cost, where DivergedError names it.
    """
    iterations = count("iterations", iterations)
    run.interrupted = False
    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        progress_bar(run.iterations, iterations, progress) as bar,
        asked_to_stop() as stop,
    ):
        yield iterations, bar, stop
    run.interrupted = run.iterations < iterations


def record(run: Run, cost: float, optimizer: Optimizer) -> None:
    """Record the cost before the next step; DivergedError if it is infinite or nan."""
    if not math.isfinite(cost):
        raise diverged(cost, run.iterations, optimizer)
    run.costs.append(cost)
    run.recorded.append(run.iterations)


def diverged(cost: float, iteration: int, optimizer: Optimizer) -> DivergedError:
    """Return the error for a cost that is infinite or nan, with the usual remedy."""
    return DivergedError(
        f"Training diverged: at iteration {iteration} the cost is {cost}. A learning rate smaller "
        f"than {optimizer.learning_rate:g} usually helps; so does scaling the inputs to 0..1."
    )


def count(name: str, value: Any) -> int:
    """Return `value` as an int; SettingError if it is not a whole number, at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise SettingError(f"{name} is {value!r}; it must be a whole number, at least 1.")
    return int(value)


class Flag:
    """A bool that can be raised once."""

    raised = False

    def __bool__(self) -> bool:
        return self.raised


@contextlib.contextmanager
def asked_to_stop() -> Iterator[Flag]:
    """Provide a flag that the first Ctrl-C raises; the second raises KeyboardInterrupt.

    The flag stays down in threads, which cannot catch signals, and if somebody else catches them.
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
    """A progress bar that shows nothing."""

    def update(self, n: int = 1) -> None:
        """Do nothing."""

    def set_postfix_str(self, text: str, refresh: bool = False) -> None:
        """Do nothing."""


@contextlib.contextmanager
def progress_bar(start: int, total: int, wanted: bool | None) -> Iterator[Any]:
    """Provide a tqdm bar with cost, iterations a second and time left; silent off a terminal."""
    if wanted is None:
        wanted = sys.stderr is not None and sys.stderr.isatty()
    try:
        if wanted:
            from tqdm import tqdm
    except ImportError:
        wanted = False
    if not wanted:
        yield NoBar()
        return
    with tqdm(total=total, initial=start, unit=" iterations", dynamic_ncols=True) as bar:
        yield bar
