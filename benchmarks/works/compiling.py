"""Compilation time: the first call of a compiled cat step, and of the planar one."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from .. import engines, peers
from ..measure import Contender, Effort, Row, Running, compare
from ..problem import Problem
from . import cat, planar

CAT = "cat step, float64: compile and first call"
FIRST = "ag.compile, the first of a process"
PLANAR = "planar step: compile and first call"


def ours(problem: Problem) -> Running:
    """Make a new step and call it for the first time."""
    return Running(lambda: engines.compiled(problem).step())


def jax(problem: Problem) -> Running:
    """Run JAX jit after clearing its caches."""

    def step() -> None:
        peers.jax().clear_caches()
        engines.jax(problem).once()

    return Running(step)


def contenders(problem: Problem) -> list[Contender]:
    """Return the contenders that compile."""
    return [
        Contender(engines.COMPILED, partial(ours, problem)),
        Contender(engines.JAX, partial(jax, problem), "jax"),
    ]


def first() -> float:
    """Return the seconds of the first compilation in a fresh process, after a step by hand."""
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    """Compile once, and print the seconds."""
    problem = cat.problem()
    cat.hand(problem).step()
    start = time.perf_counter()
    ours(problem).step()
    print(time.perf_counter() - start)


def run(effort: Effort) -> list[Row]:
    """Measure in seconds."""
    times = [first() for _ in range(max(3, round(5 * min(effort.seconds, 2))))]
    return [
        *compare(CAT, contenders(cat.problem()), effort),
        Row(CAT, FIRST, statistics.median(times), least=min(times)),
        *compare(PLANAR, contenders(planar.problem()), effort),
    ]
