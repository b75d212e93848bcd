"""A bad input ends in bounded time and memory, is indexed or skipped with a reason, and stops no other file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.bad import MEGABYTES, Case, index_beside_a_good_file, seconds_for
from tests.faults.inputs import INPUTS


@pytest.mark.parametrize("name", INPUTS)
def test_a_bad_input_costs_little_and_stops_no_other(name: str, tmp_path: Path, thorough: bool) -> None:
    item = INPUTS[name]
    if item.heavy and not thorough:
        pytest.skip("tried by `make faults`")
    taken = index_beside_a_good_file(Case(name, tmp_path))
    assert taken.transcript.broke == ""
    assert taken.in_time
    assert taken.transcript.became
    assert taken.transcript.spent < seconds_for(item)
    assert item.heavy or taken.megabytes < MEGABYTES
