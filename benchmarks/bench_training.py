"""Training of the cat network, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import training


@pytest.mark.benchmark(group="cat, 2500 iterations by fit, 100 by the others")
@pytest.mark.parametrize("contender", Effort().present(training.contenders()), ids=str)
def test_training(benchmark: Any, contender: Contender) -> None:
    """Measure one call of the contender."""
    benchmark.pedantic(contender.start().once, rounds=3)
