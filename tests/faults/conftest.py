"""Faults done on purpose to processes that index; `make faults` does each of them many times."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SHORT, THOROUGH = 5, 50


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def thorough(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture
def times(thorough: bool) -> int:
    """How often what is left to chance is tried."""
    return THOROUGH if thorough else SHORT
