"""Peak memory of a step: what it holds and what it makes on the way, beyond data and start."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import numpy as np

from .. import engines
from ..measure import HAND, Effort, Row, Running
from ..problem import Problem
from . import cat, planar, softmax

CAT = "cat step, float64: peak memory"
SOFTMAX = "784-256-128-10 step: peak memory"
PLANAR = "planar step: peak memory"


def peak(start: Callable[[Problem], Running], problem: Problem) -> int:
    """Bytes at the peak of a step, over those before there was anything but the problem.

    Counted are the parameters, the memory that a compiled step keeps, its code, and everything
    that a step allocates; not counted is what compiling itself needed and gave back.
    """
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        running = start(problem)
        for _ in range(3):
            running.step()
        gc.collect()
        tracemalloc.reset_peak()
        for _ in range(2):
            running.step()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def rows(work: str, problem: Problem, hand: Callable[[Problem], Running]) -> list[Row]:
    """Hand NumPy and ours."""
    control = peak(hand, problem)
    found = [Row(work, HAND, control, unit="B", ratio=1.0)]
    for name, start in ((engines.EAGER, engines.eager), (engines.COMPILED, engines.compiled)):
        value = peak(start, problem)
        found.append(Row(work, name, value, unit="B", ratio=value / control))
    return found


def run(effort: Effort) -> list[Row]:
    """Bytes."""
    return [
        *rows(CAT, cat.problem(np.float64), cat.hand),
        *rows(SOFTMAX, softmax.problem(), softmax.hand),
        *rows(PLANAR, planar.problem(), planar.hand),
    ]
