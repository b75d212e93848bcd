"""All faults, one kind after the other, as tables."""

from __future__ import annotations

from pathlib import Path

from evals.bench.faults import bad, full, homes, kills, writers
from evals.bench.faults.child import POINTS
from evals.bench.faults.outcome import Say, render

KILLS, HOMES, WRITERS, SIZES = 50, 60, 20, 12
"""How often each is tried when nothing else is said."""
HOW = (
    "Each row is a fault done on purpose to processes that index. After each, the index in use must be whole: the "
    "doctor finds nothing, its texts are those of the files, and every passage is found by its own vector. Then one "
    "more run must finish, and embed nothing again that was kept."
)


def measure(work: Path, times: int, say: Say) -> str:
    """Do every fault in the new folder `work`, `times` of them SIGKILLs by chance; what came of it, as Markdown.

    Other faults that are many are done as often in proportion, as 20 writers to 50 kills; the rest once each.
    """
    points = tuple(POINTS)
    outcomes = [
        kills.at_random(work / "kills", times, say),
        kills.at_points(work / "points", points, say),
        homes.rounds(work / "homes", _share(times, HOMES), say),
        writers.measure(work / "writers", _share(times, WRITERS), say),
        full.at_points(work / "full", points, say),
        full.at_sizes(work / "sizes", _share(times, SIZES), say),
        full.on_small_disk(work / "small", _share(times, SIZES), say),
    ]
    taken, costs = bad.measure(work / "bad", bad.names(heavy=True), say)
    return f"{HOW}\n\n{render([*outcomes, taken])}\n\n{bad.render(costs)}"


def _share(times: int, of: int) -> int:
    return max(1, times * of // KILLS)
