"""How long compiling takes: the first call of a compiled cat step, and of the planar one."""

from __future__ import annotations

from functools import partial

from .. import engines, peers
from ..measure import Contender, Effort, Row, Running, compare
from ..problem import Problem
from . import cat, planar

CAT = "cat step, float64: compile and first call"
PLANAR = "planar step: compile and first call"


def ours(problem: Problem) -> Running:
    """A new step each time, and its first call."""
    return Running(lambda: engines.compiled(problem).step())


def jax(problem: Problem) -> Running:
    """JAX jit, told to forget what it compiled before."""

    def step() -> None:
        peers.jax().clear_caches()
        engines.jax(problem).once()

    return Running(step)


def contenders(problem: Problem) -> list[Contender]:
    """Those that compile."""
    return [
        Contender(engines.COMPILED, partial(ours, problem)),
        Contender(engines.JAX, partial(jax, problem), "jax"),
    ]


def run(effort: Effort) -> list[Row]:
    """Seconds."""
    return compare(CAT, contenders(cat.problem()), effort) + compare(
        PLANAR, contenders(planar.problem()), effort
    )
