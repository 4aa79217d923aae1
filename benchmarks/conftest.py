"""For `pytest benchmarks/bench_*.py`: warnings of other libraries are theirs, not ours."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here runs with warnings shown, not raised."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("default"))
