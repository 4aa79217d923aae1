"""Peak memory of a step: what it holds and allocates, beyond data and first parameters."""

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
WITH_CODE = ", with its code"


def peaks(start: Callable[[Problem], Running], problem: Problem) -> tuple[int, int]:
    """Return the bytes at the peak of a step, minus those that the problem alone takes.

    The first figure counts arrays: the parameters, the buffers that a compiled step keeps, and all
    that a step allocates. The second adds everything else that stays alive: source text, code, the
    lines of the program. Memory that compilation needed and released is not counted.
    """
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        running = start(problem)
        for _ in range(3):
            running.step()
        gc.collect()
        numpy_s = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
        traces = tracemalloc.take_snapshot().filter_traces([numpy_s]).traces
        arrays = sum(trace.size for trace in traces)
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(2):
            running.step()
        most = tracemalloc.get_traced_memory()[1]
        return arrays + most - now, most - before
    finally:
        tracemalloc.stop()


def rows(work: str, problem: Problem, hand: Callable[[Problem], Running]) -> list[Row]:
    """Return the rows of hand NumPy and ours."""
    contenders = [
        (HAND, hand),
        (engines.EAGER, engines.eager),
        (engines.COMPILED, engines.compiled),
    ]
    found = {name: peaks(start, problem) for name, start in contenders}
    return [
        Row(work + what, name, both[i], unit="B", ratio=both[i] / found[HAND][i])
        for i, what in enumerate(("", WITH_CODE))
        for name, both in found.items()
    ]


def run(effort: Effort) -> list[Row]:
    """Measure in bytes."""
    return [
        *rows(CAT, cat.problem(np.float64), cat.hand),
        *rows(SOFTMAX, softmax.problem(), softmax.hand),
        *rows(PLANAR, planar.problem(), planar.hand),
    ]
