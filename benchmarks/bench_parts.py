"""The planar step in parts, and one call recorded and swept, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender
from .works import parts


@pytest.mark.benchmark(group=parts.PLANAR)
@pytest.mark.parametrize("contender", parts.planar_parts(), ids=str)
def test_planar(benchmark: Any, contender: Contender) -> None:
    """Measure a part of the step."""
    benchmark(contender.start().once)


@pytest.mark.benchmark(group=parts.CALL)
@pytest.mark.parametrize("contender", parts.calls(), ids=str)
def test_call(benchmark: Any, contender: Contender) -> None:
    """Measure 1000 products, not divided by their number."""
    benchmark(contender.start().once)


@pytest.mark.benchmark(group=parts.ARRAY)
@pytest.mark.parametrize("contender", parts.array_calls(), ids=str)
def test_array_call(benchmark: Any, contender: Contender) -> None:
    """Measure 100 calls of tanh, not divided by their number."""
    benchmark(contender.start().once)
