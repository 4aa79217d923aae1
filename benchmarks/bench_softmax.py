"""784-256-128-10, batch 128, momentum, float32, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import softmax


@pytest.mark.benchmark(group=softmax.STEP)
@pytest.mark.parametrize("contender", Effort().present(softmax.steps()), ids=str)
def test_step(benchmark: Any, contender: Contender) -> None:
    """Measure one step."""
    benchmark(contender.start().once)
