"""Settings of `pytest benchmarks/bench_*.py`: show the warnings of other libraries."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Show warnings instead of raising them."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("default"))
