"""SIGKILL at random moments of what a person does to a home: done whole or not at all, and the next run goes on."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.homes import ACTS, Deed, Home, judge, killed_after, prepared

ATTEMPTS = 6
"""At most so many deeds for each that is killed before it ends by itself."""


def test_what_a_person_does_to_a_home_is_done_whole_or_not_at_all(tmp_path: Path, times: int) -> None:
    chance = random.Random(1)
    place = Home(tmp_path)
    lengths = dict.fromkeys(ACTS, 0.2)
    count = 0
    for attempt in range(ATTEMPTS * times):
        if count >= times:
            break
        act = ACTS[attempt % len(ACTS)]
        path = prepared(place, act)
        killed, seconds = killed_after(Deed(place.home, act, path), chance.uniform(0, lengths[act]))
        if not killed:
            lengths[act] = seconds
        assert judge(place, act, path, killed=killed) is None, act
        count += killed
    assert count >= times
