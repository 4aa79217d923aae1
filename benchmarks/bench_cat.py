"""The cat network: one full-batch step, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import cat


@pytest.mark.benchmark(group=cat.step_name("float64"))
@pytest.mark.parametrize("contender", Effort().present(cat.steps("float64")), ids=str)
def test_float64(benchmark: Any, contender: Contender) -> None:
    """Measure one step."""
    benchmark(contender.start().once)


@pytest.mark.benchmark(group=cat.step_name("float32"))
@pytest.mark.parametrize("contender", Effort().present(cat.steps("float32")), ids=str)
def test_float32(benchmark: Any, contender: Contender) -> None:
    """Measure one step."""
    benchmark(contender.start().once)
