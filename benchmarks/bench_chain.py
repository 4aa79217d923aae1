"""A chain of 1000 products of scalars, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import chain


@pytest.mark.benchmark(group="chain of 1000 scalar products, and the planar step of hand NumPy")
@pytest.mark.parametrize("contender", Effort().present(chain.contenders()), ids=str)
def test_chain(benchmark: Any, contender: Contender) -> None:
    """Measure the whole chain, not divided by its length."""
    benchmark(contender.start().once)
