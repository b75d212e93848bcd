"""Plots as inline SVG, made only from escaped strings. Each names itself and tells its numbers in words.

They take their colours from the classes of the stylesheet, and mark nothing by colour alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from evals.refusal import Measure
from evals.stats import Interval
from rag.app.page.html import BADGES, safe
from rag.types import Verdict

WIDTH = 400
_LEFT, _RIGHT = 132, 342
_ROW, _SIDE = 28, 20


@dataclass(frozen=True, slots=True)
class Bin:
    """How many answers took from `low` to `high` milliseconds, the end left out."""

    low: float
    high: float
    n: int


def percent(value: float | None) -> str:
    """`69.8 %`, or a dash for what does not apply."""
    return "–" if value is None else f"{100 * value:.1f} %"


def between(interval: Interval | None) -> str:
    """`59.4–78.5`, in per cent; empty where there is none."""
    return f"{100 * interval.low:.1f}–{100 * interval.high:.1f}" if interval else ""


def bars(name: str, title: str, measures: Mapping[str, Measure]) -> str:
    """A bar for each share, from 0 to 100 %, with a whisker for its interval. `name` is unique on the page."""
    description = "; ".join(
        f"{label}: {percent(measure.value)} of {measure.n} {_range(measure.interval)}".rstrip()
        for label, measure in measures.items()
    )
    height = _ROW * len(measures) + 22
    grid = "".join(
        f'<line class="grid" x1="{_x(at)}" x2="{_x(at)}" y1="0" y2="{height - 20}"/>'
        f'<text class="axis" x="{_x(at)}" y="{height - 4}" text-anchor="middle">{100 * at:.0f}</text>'
        for at in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    drawn = "".join(_bar(label, measure, _ROW * at) for at, (label, measure) in enumerate(measures.items()))
    return _figure(name, title, f"Per cent, with 95 % intervals. {description}.", height, grid + drawn)


def shares(name: str, title: str, rows: Sequence[tuple[str, Mapping[Verdict, int]]]) -> str:
    """A bar of whole width for each row, divided as the verdicts are."""
    description = "; ".join(
        f"{label}: " + ", ".join(f"{BADGES[verdict][1].lower()} {n}" for verdict, n in counts.items())
        for label, counts in rows
    )
    drawn = "".join(_shared(label, counts, 34 * at) for at, (label, counts) in enumerate(rows))
    return _figure(name, title, f"Number of statements by verdict. {description}.", 34 * len(rows), drawn)


def times(name: str, title: str, bins: Sequence[Bin]) -> str:
    """A column for each bin, as high as its number."""
    description = "; ".join(f"{duration(b.low)} to {duration(b.high)}: {b.n}" for b in bins)
    step, most = (WIDTH - 2 * _SIDE) / len(bins), max(b.n for b in bins)
    drawn = []
    for at, column in enumerate(bins):
        x, high = _SIDE + at * step, 100 * column.n / most
        number = f'<text x="{x + step / 2:.1f}" y="{112 - high:.1f}" text-anchor="middle">{column.n}</text>'
        drawn.append(
            f'<rect class="bar" x="{x + 2:.1f}" y="{118 - high:.1f}" width="{step - 4:.1f}" height="{high:.1f}"/>'
            + (number if column.n else "")
            + _edge(x, column.low)
        )
    drawn.append(_edge(_SIDE + len(bins) * step, bins[-1].high))
    base = f'<line class="rule" x1="{_SIDE}" x2="{WIDTH - _SIDE}" y1="118" y2="118"/>'
    return _figure(name, title, f"Number of answers by time. {description}.", 142, base + "".join(drawn))


def binned(milliseconds: Sequence[float]) -> tuple[Bin, ...]:
    """At least one time, counted between 1, 2, 5, 10, 20, 50 ms and so on, without empty bins at the ends."""
    edges = [0.0]
    for power in count():
        edges += [step * 10.0**power for step in (1, 2, 5)]
        if edges[-1] > max(milliseconds):
            break
    places = [bisect_right(edges, value) - 1 for value in milliseconds]
    return tuple(Bin(edges[at], edges[at + 1], places.count(at)) for at in range(min(places), max(places) + 1))


def duration(milliseconds: float) -> str:
    """`70 ms` or `3.4 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2g} s"


def _figure(name: str, title: str, description: str, height: int, drawn: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-told">'
        f'<title id="{name}-title" translate="yes">{safe(title)}</title>'
        f'<desc id="{name}-told" translate="yes">{safe(description)}</desc>{drawn}</svg>'
    )


def _x(share: float) -> str:
    return f"{_LEFT + (_RIGHT - _LEFT) * share:.1f}"


def _range(interval: Interval | None) -> str:
    return f"({between(interval)})" if interval else ""


def _bar(label: str, measure: Measure, top: int) -> str:
    short = label if len(label) <= 18 else label[:17] + "…"
    text = f'<text x="0" y="{top + 18}">{safe(short)}</text>'
    number = f'<text class="value" x="{WIDTH}" y="{top + 18}" text-anchor="end">{percent(measure.value)}</text>'
    if measure.value is None:
        return text + number
    width = (_RIGHT - _LEFT) * measure.value
    bar = f'<rect class="bar" x="{_LEFT}" y="{top + 5}" width="{width:.1f}" height="17" rx="3"/>'
    return text + bar + (_whisker(measure.interval, top) if measure.interval else "") + number


def _whisker(interval: Interval, top: int) -> str:
    low, high, middle = _x(interval.low), _x(interval.high), top + 13.5
    path = f"M{low} {middle - 4}v8M{low} {middle}H{high}M{high} {middle - 4}v8"
    return f'<path class="halo" d="{path}"/><path class="whisker" d="{path}"/>'


def _shared(label: str, counts: Mapping[Verdict, int], top: int) -> str:
    drawn, at, whole = [f'<text x="0" y="{top + 20}">{safe(label)}</text>'], 96.0, sum(counts.values())
    for verdict, n in counts.items():
        width = (WIDTH - 96) * n / whole if whole else 0.0
        if n:
            segment = (
                f'<rect class="{verdict}" x="{at:.1f}" y="{top + 3}" width="{max(width - 1, 1):.1f}" height="24"/>'
            )
            mark = f'<text class="on" x="{at + width / 2:.1f}" y="{top + 20}" text-anchor="middle">{BADGES[verdict][0]}'
            drawn.append(segment + (f"{mark} {n}</text>" if width > 40 else ""))
        at += width
    return "".join(drawn)


def _edge(x: float, milliseconds: float) -> str:
    return f'<text class="axis" x="{x:.1f}" y="134" text-anchor="middle">{safe(duration(milliseconds))}</text>'
