"""A disk that takes no more: from any step on, past any size, and on a small file system of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.bench import Bench
from tests.faults.child import POINTS, Harm, settings_of
from tests.faults.process import Transcript, run

FULL_AT = ("building the store",)
"""The steps that are tried when it is not to be thorough."""
SPARE = 1 << 20


@pytest.mark.parametrize("point", POINTS)
def test_no_write_is_taken_from_a_step_on(point: str, tmp_path: Path, thorough: bool) -> None:
    if not thorough and point not in FULL_AT:
        pytest.skip("tried by `make faults`")
    bench = Bench(tmp_path, short=not thorough)
    bench.grow(3 if thorough else 1)
    for after in (False, True):
        meet_a_full_disk(bench, Harm("fill", point, after))


def test_no_file_may_grow_past_a_size(tmp_path: Path, times: int, thorough: bool) -> None:
    bench = Bench(tmp_path, short=not thorough)
    bench.grow(2 if thorough else 1)
    largest = max(path.stat().st_size for path in settings_of(bench.home).root.rglob("*"))
    count = 1 + times // 4
    for number in range(count):
        meet_a_full_disk(bench, Harm("fill", limit=largest * number // count))


def test_a_file_system_is_full(tmp_path: Path, times: int, thorough: bool) -> None:
    measured = Bench(tmp_path / "measured", short=not thorough)
    measured.grow()
    size = sum(path.stat().st_size for path in measured.home.rglob("*"))
    with mounted(tmp_path / "disk", 8 * size + SPARE) as disk:
        bench = Bench(tmp_path, short=not thorough, home=disk / "home")
        bench.grow(2 if thorough else 1)
        count = 1 + times // 4
        for number in range(count):
            fill_up(disk, size * 3 * number // (2 * count))
            meet_a_full_disk(bench, None, disk / "ballast")


def meet_a_full_disk(bench: Bench, harm: Harm | None, ballast: Path | None = None) -> None:
    """One run that meets the full disk, and one when there is room again."""
    allowed = bench.change()
    transcript = run(bench.task(harm))
    require_ended_or_said_why(transcript)
    # The doctor opens the store in a process that may not fall back on anything, so it waits until there is room.
    bench.require_whole(transcript, allowed, doctor=ballast is None)
    if ballast is not None:
        ballast.unlink()
    bench.require_next_run()


def require_ended_or_said_why(transcript: Transcript) -> None:
    """A run that did not finish says so in one line."""
    assert transcript.refused or transcript.complaint() is None
    assert "\n" not in transcript.refused


def fill_up(disk: Path, free: int) -> None:
    """Leave about `free` bytes."""
    left = max(0, shutil.disk_usage(disk).free - free)
    with (disk / "ballast").open("wb") as ballast:
        while left > 0:
            left -= ballast.write(bytes(min(left, SPARE)))


@contextmanager
def mounted(place: Path, size: int) -> Iterator[Path]:
    """A new file system in memory; skips the test where there is no right to mount one."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        is_mounted = False
    if not is_mounted:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)
