"""Faults done on purpose to processes that index; `make faults` does each of them many times."""

from __future__ import annotations

import pytest

SHORT, THOROUGH = 5, 50


@pytest.fixture
def thorough(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture
def times(thorough: bool) -> int:
    """How often what is left to chance is tried."""
    return THOROUGH if thorough else SHORT
