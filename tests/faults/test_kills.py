"""SIGKILL at random moments of every stage, and before and after every step that changes what is on the disk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.bench import Bench
from tests.faults.child import POINTS, STAGES, Harm, main
from tests.faults.folder import State
from tests.faults.process import Child, Transcript, run

KILLED_AT = ("keeping vectors", "building the store", "replacing CURRENT")
"""The steps that are tried when it is not to be thorough."""
RUNS_WITH_ONE_HOME = 10
RUNS_UNTIL_WHOLE = 4
ATTEMPTS = 5
"""At most so many runs for each that is killed before it ends by itself."""
KILLED_AGAIN = 0.3
"""The share of killed runs whose next run is killed too."""


def test_a_run_killed_at_a_random_moment_leaves_the_old_index_or_the_new(
    tmp_path: Path, times: int, thorough: bool
) -> None:
    chance = random.Random(1)
    bench = Bench(tmp_path, short=not thorough)
    lengths = dict.fromkeys(STAGES, 0.1)
    killed = 0
    for attempt in range(ATTEMPTS * times):
        if killed >= times:
            break
        if attempt % RUNS_WITH_ONE_HOME == 0:
            bench.forget()
        allowed = bench.change()
        stages = [STAGES[attempt % len(STAGES)]]
        if chance.random() < KILLED_AGAIN:
            stages.append(chance.choice(STAGES))
        for stage in stages:
            transcript = killed_in(stage, bench, chance.uniform(0, lengths[stage]))
            lengths.update(transcript.seconds())
            if not transcript.killed:
                assert transcript.complaint() is None
            bench.require_whole(transcript, allowed)
            killed += transcript.killed
        bench.require_next_run()
    assert killed >= times


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_before_or_after_a_step_leaves_the_old_index_or_the_new(
    point: str, tmp_path: Path, thorough: bool
) -> None:
    if not thorough and point not in KILLED_AT:
        pytest.skip("tried by `make faults`")
    bench = Bench(tmp_path, short=not thorough)
    bench.grow(3 if thorough else 1)
    for after in (False, True):
        transcript, allowed = killed_at(Harm("kill", point, after), bench)
        assert transcript.killed, transcript.complaint() or "the step was never reached"
        bench.require_whole(transcript, allowed)
        bench.require_next_run()


def killed_at(harm: Harm, bench: Bench) -> tuple[Transcript, Sequence[State]]:
    """The first run that is killed there, and what an index may hold after it; else the last of a few.

    A run that lays an edit over the others has fewer steps than one that makes a whole index.
    """
    for number in range(RUNS_UNTIL_WHOLE):
        allowed = bench.change()
        transcript = run(bench.task(harm))
        if transcript.killed or number == RUNS_UNTIL_WHOLE - 1:
            break
        assert transcript.complaint() is None
        bench.require_whole(transcript, allowed)
    return transcript, allowed


def killed_in(stage: str, bench: Bench, seconds: float) -> Transcript:
    """A run that is killed so many seconds into a stage, if it has not ended by then."""
    with Child(bench.task(), main) as child:
        if child.listen(lambda event: event[:2] == ("stage", stage)):
            child.listen(seconds=seconds)
        child.kill()
    return child.transcript
