"""The few forms of Markdown that reports are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.stats import Interval, Paired

NOTHING = "–"


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A Markdown table, or the word None for no rows."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in body]
    if not rows:
        return "None."
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None) -> str:
    """Three decimals, or a dash for what does not apply."""
    return NOTHING if value is None else f"{value:.3f}"


def bounds(interval: Interval | None) -> str:
    """`[low, high]`, or a dash."""
    return NOTHING if interval is None else f"[{interval.low:.3f}, {interval.high:.3f}]"


def difference(pair: Paired) -> tuple[str, ...]:
    """A difference with its sign, its interval, p, wins and losses, a cell each."""
    low, high = pair.interval.low, pair.interval.high
    return f"{pair.difference:+.3f}", f"[{low:+.3f}, {high:+.3f}]", f"{pair.p:.4f}", str(pair.wins), str(pair.losses)
