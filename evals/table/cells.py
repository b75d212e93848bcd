"""The lines of the table, and what stands in them: a number with its n and its 95 % interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.markdown import NOTHING, table
from evals.stats import CONFIDENCE, Interval, Values, interval

_RESAMPLES, _SEED = 2_000, 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A number over `n` cases, None where there are none; `digits` of it are shown after the point."""

    value: float | None
    n: int
    interval: Interval | None = None
    digits: int = 2

    def __str__(self) -> str:
        """`.82 [.73, .89] n 92`, or a dash."""
        if self.value is None:
            return NOTHING
        text = _short(self.value, self.digits)
        if self.interval is not None:
            low, high = (_short(bound, self.digits) for bound in (self.interval.low, self.interval.high))
            text += f" [{low}, {high}]"
        return f"{text} n {self.n:,}" if self.n else text


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what is measured, its cells in the order that `what` names them, and the least that was asked for.

    `base` are the same cells of the checkout that it is measured beside, where there is one.
    """

    what: str
    cells: tuple[Cell, ...]
    least: str = ""
    base: tuple[Cell, ...] = ()


def beside(what: str, cells: Sequence[tuple[Cell, ...]], least: str = "") -> Line:
    """A line of the cells of one checkout, or of those of two."""
    ours, *theirs = cells
    return Line(what, ours, least, *theirs)


def share(flags: Iterable[bool], digits: int = 2) -> Cell:
    """The share of `flags` that hold, with Wilson's interval."""
    return mean([float(flag) for flag in flags], digits)


def mean(values: Sequence[float], digits: int = 2) -> Cell:
    """The mean of `values`, with the bootstrap's interval, or Wilson's where each is 0 or 1."""
    if not values:
        return Cell(None, 0)
    return Cell(sum(values) / len(values), len(values), interval(values), digits)


def auroc(scores: Sequence[float], positive: Sequence[bool], digits: int = 2) -> Cell:
    """The chance that a positive scores above a negative, ties counting half, with the bootstrap's interval.

    Positives and negatives are drawn apart. No number where there are none of either.
    """
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    up, down = values[labels], values[~labels]
    if not len(up) or not len(down):
        return Cell(None, 0)
    rng = np.random.default_rng(_SEED)
    drawn = [chance_above(rng.choice(up, len(up)), rng.choice(down, len(down))) for _ in range(_RESAMPLES)]
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return Cell(chance_above(up, down), len(values), Interval(float(low), float(high)), digits)


def chance_above(up: Values, down: Values) -> float:
    """The share of pairs in which a value of `up` is above one of `down`, ties counting half; neither is empty."""
    ordered = np.sort(down)
    below = np.searchsorted(ordered, up, side="left")
    upto = np.searchsorted(ordered, up, side="right")
    return float((below + upto).mean() / (2 * len(down)))


def caught_at(scores: Sequence[float], positive: Sequence[bool], allowed: float) -> Cell:
    """The share of the negatives below the score that at most `allowed` of the positives lie below."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    up, down = np.sort(values[labels]), values[~labels]
    if not len(up) or not len(down):
        return Cell(None, 0)
    edge = up[min(int(allowed * len(up)), len(up) - 1)]
    return share(bool(value < edge) for value in down)


def recall_at_precision(scores: Sequence[float], positive: Sequence[bool], precision: float) -> Cell:
    """The largest share of the positives above any score such that of all above it so many are positive."""
    values, labels = np.asarray(scores, dtype=float), np.asarray(positive, dtype=bool)
    if not labels.any():
        return Cell(None, 0)
    edges = [edge for edge in np.unique(values) if labels[values >= edge].mean() >= precision]
    return share(bool(value >= edges[0]) if edges else False for value in values[labels])


def render(lines: Sequence[Line], name: str, base: str | None) -> str:
    """The lines as Markdown, those of the checkout `base` beside those of `name` where one is named."""
    head = ("what", name, *([base] if base else ()), "asked for")
    return table(head, [_cells(line, beside=bool(base)) for line in lines])


def _cells(line: Line, *, beside: bool) -> tuple[str, ...]:
    cells = [" / ".join(map(str, line.cells)) or NOTHING]
    if beside:
        cells.append(" / ".join(map(str, line.base)) or NOTHING)
    return (line.what, *cells, line.least)


def _short(value: float, digits: int) -> str:
    """`.82`, as the tables of this project are written, and `41.3`."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("0") if 0 <= value < 1 and digits else text
