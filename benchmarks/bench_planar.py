"""The planar network: one step, and 10,000, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import planar

STEPS = Effort().present(planar.steps())
LOOPS = Effort().present(planar.loops())


@pytest.mark.benchmark(group=planar.STEP)
@pytest.mark.parametrize("contender", STEPS, ids=str)
def test_step(benchmark: Any, contender: Contender) -> None:
    """Measure one step."""
    benchmark(contender.start().once)


@pytest.mark.benchmark(group=planar.LOOP)
@pytest.mark.parametrize("contender", LOOPS, ids=str)
def test_loop(benchmark: Any, contender: Contender) -> None:
    """Measure 10,000 steps, not divided by their number."""
    benchmark(contender.start().once)
