"""Compilation of a step with its first call, by pytest-benchmark."""

from __future__ import annotations

from typing import Any

import pytest

from .measure import Contender, Effort
from .works import cat, compiling, planar

CAT = Effort().present(compiling.contenders(cat.problem()))
PLANAR = Effort().present(compiling.contenders(planar.problem()))


@pytest.mark.benchmark(group=compiling.CAT)
@pytest.mark.parametrize("contender", CAT, ids=str)
def test_cat(benchmark: Any, contender: Contender) -> None:
    """Compile the cat step."""
    benchmark(contender.start().once)


@pytest.mark.benchmark(group=compiling.PLANAR)
@pytest.mark.parametrize("contender", PLANAR, ids=str)
def test_planar(benchmark: Any, contender: Contender) -> None:
    """Compile the planar step."""
    benchmark(contender.start().once)
