"""The measurements of `python -m evals.bench faults`, shortened: kills, rival writers, full disks and bad files."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.bench.faults import bad, full, homes, kills, writers
from evals.bench.faults.bad import Case
from evals.bench.faults.child import POINTS
from evals.bench.faults.inputs import INPUTS
from evals.bench.faults.outcome import Outcome, render

KILLED_AT = ("keeping vectors", "building the store")
FULL_AT = ("building the store",)
UNNAMED = ("replacing CURRENT",)


def silent(line: str) -> None:
    """Nobody listens."""


def held(outcome: Outcome, tried: int) -> None:
    assert outcome.failures == []
    assert outcome.tried == outcome.held == tried


def test_runs_killed_at_any_moment(tmp_path: Path) -> None:
    held(kills.at_random(tmp_path, 5, silent, short=True), 5)


def test_runs_killed_before_and_after_a_step(tmp_path: Path) -> None:
    held(kills.at_points(tmp_path, KILLED_AT, silent, short=True), 2 * len(KILLED_AT))


def test_runs_killed_before_and_after_current_names_what_they_made(tmp_path: Path) -> None:
    held(kills.at_points(tmp_path, UNNAMED, silent, short=True), 2 * len(UNNAMED))


def test_a_home_that_is_changed_by_processes_that_are_killed(tmp_path: Path) -> None:
    held(homes.rounds(tmp_path, 5, silent), 5)


def test_two_writers(tmp_path: Path) -> None:
    held(writers.measure(tmp_path, 3, silent, short=True), 3)


def test_a_disk_full_from_a_step_on(tmp_path: Path) -> None:
    held(full.at_points(tmp_path, FULL_AT, silent, short=True), 2 * len(FULL_AT))


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    held(full.at_sizes(tmp_path, 2, silent, short=True), 2)


def test_a_small_file_system_that_is_full(tmp_path: Path) -> None:
    outcome = full.on_small_disk(tmp_path, 2, silent, short=True)
    if outcome.notes:
        pytest.skip(outcome.notes[0])
    held(outcome, 2)


@pytest.mark.parametrize("name", bad.names(heavy=False))
def test_a_bad_input(name: str, tmp_path: Path) -> None:
    problem, cost = bad.try_one(Case(name, tmp_path))
    assert problem is None
    assert cost.became


def test_the_steps_and_the_inputs_are_those_asked_for() -> None:
    assert {*KILLED_AT, *FULL_AT, *UNNAMED} <= set(POINTS)
    assert len(INPUTS) > 60


def test_what_failed_is_told() -> None:
    outcome = Outcome("a fault", "nothing lost")
    outcome.add("first", None)
    outcome.add("second", "it | broke")
    assert r"| a fault | nothing lost | 2 | 1 | second: it \| broke |" in render([outcome])
