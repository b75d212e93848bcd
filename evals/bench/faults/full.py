"""A disk that takes no more: from any step on, past any size, and on a small file system of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evals.bench.faults.child import Harm, settings_of
from evals.bench.faults.kills import Bench
from evals.bench.faults.outcome import Outcome, Say
from evals.bench.faults.run import Told, run

_ASKED = "last good index in use; works again when space returns"
_SPARE = 1 << 20


def at_points(work: Path, points: Sequence[str], say: Say, *, short: bool = False) -> Outcome:
    """Refuse every write from before each of these steps on, and from after it."""
    outcome = Outcome("no write taken from a step on", _ASKED)
    bench = Bench(work, short)
    bench.grow(1 if short else 3)
    for point in points:
        for after in (False, True):
            _try(bench, Harm("fill", point, after), f"{'after' if after else 'before'} {point}", outcome)
        say(f"full before and after {point}, {len(outcome.failures)} failed")
    return outcome


def at_sizes(work: Path, count: int, say: Say, *, short: bool = False) -> Outcome:
    """Let no file grow past `count` sizes from nothing to that of the largest file of an index."""
    outcome = Outcome("no file may grow past a size", _ASKED)
    bench = Bench(work, short)
    bench.grow(1 if short else 2)
    largest = max(path.stat().st_size for path in settings_of(bench.home).root.rglob("*"))
    for number in range(count):
        limit = largest * number // count
        _try(bench, Harm("fill", limit=limit), f"{limit:,} bytes", outcome)
        say(f"full past {limit:,} bytes, {len(outcome.failures)} failed")
    return outcome


def on_small_disk(work: Path, count: int, say: Say, *, short: bool = False) -> Outcome:
    """Leave a file system so many amounts of space, from nothing to what an index needs; where one can be mounted."""
    outcome = Outcome("file system full", _ASKED)
    measured = Bench(work / "measured", short)
    measured.grow()
    size = sum(path.stat().st_size for path in measured.home.rglob("*"))
    with _mounted(work / "disk", 8 * size + _SPARE) as disk:
        if disk is None:
            outcome.notes.append("not tried, since no file system can be mounted here")
            return outcome
        bench = Bench(work, short, home=disk / "home")
        bench.grow(1 if short else 2)
        for number in range(count):
            free = size * 3 * number // (2 * count)
            _fill_up(disk, free)
            _try(bench, None, f"{free:,} bytes free", outcome, disk / "ballast")
            say(f"full but for {free:,} bytes, {len(outcome.failures)} failed")
    return outcome


def _try(bench: Bench, harm: Harm | None, name: str, outcome: Outcome, ballast: Path | None = None) -> None:
    """One run that meets the full disk, and one when there is room again."""
    allowed = bench.change()
    told = run(bench.task(harm))
    # The doctor opens the store in a process that may not fall back on anything, so it waits until there is room.
    problem = _unsaid(told) or bench.judge(told, allowed, doctor=ballast is None)
    if ballast is not None:
        ballast.unlink()
    outcome.by["refused" if told.refused else "finished in spite of it"] += 1
    at_last = bench.finish()
    outcome.add(name, problem or at_last)


def _unsaid(told: Told) -> str | None:
    """What is wrong with how the run ended: it must finish, or say why not in one line."""
    if told.report is None and not told.refused:
        return told.complaint()
    return f"{told.refused!r} is more than a line" if "\n" in told.refused else None


def _fill_up(disk: Path, free: int) -> None:
    """Leave about `free` bytes."""
    left = max(0, shutil.disk_usage(disk).free - free)
    with (disk / "ballast").open("wb") as ballast:
        while left > 0:
            left -= ballast.write(bytes(min(left, _SPARE)))


@contextmanager
def _mounted(place: Path, size: int) -> Iterator[Path | None]:
    """A new file system in memory, or None where there is no right to mount one."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        done = False
    try:
        yield place if done else None
    finally:
        if done:
            subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)
