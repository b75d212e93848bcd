"""Two runs over the same cases, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evals.errors import EvalError
from evals.markdown import difference, table
from evals.run import Results, Row
from evals.stats import Paired, paired


@dataclass(frozen=True, slots=True)
class Comparison:
    """The paired differences by metric, over the cases that both runs scored on it.

    `shared` counts the cases asked in both; `only_a` and `only_b` those of one run alone, which are left out.
    """

    shared: int
    only_a: int
    only_b: int
    same_suite: bool
    metrics: Mapping[str, Paired]


def compare(a: Results, b: Results) -> Comparison:
    """How run B differs from run A, in the order of A's metrics.

    Raises: EvalError, when the runs share no case that both scored.
    """
    first, second = ({row.id: row for row in run.rows} for run in (a, b))
    ids = [id_ for id_ in first if id_ in second]
    pairs = [(first[id_], second[id_]) for id_ in ids]
    names = dict.fromkeys(name for row in first.values() for name in row.scores)
    metrics = {name: paired(*zip(*both, strict=True)) for name in names if (both := _both(pairs, name))}
    if not metrics:
        raise EvalError("The two runs share no case that both have scores for; compare runs of one suite.")
    return Comparison(
        shared=len(ids),
        only_a=len(first) - len(ids),
        only_b=len(second) - len(ids),
        same_suite=a.about.suite_sha256 == b.about.suite_sha256,
        metrics=metrics,
    )


def render_comparison(comparison: Comparison) -> str:
    """The comparison as Markdown. A difference whose interval leaves out 0 is marked."""
    head = ("metric", "n pairs", "mean A", "mean B", "B - A", "95 % interval", "p", "B wins", "B loses")
    alone = f"only in A: {comparison.only_a}; only in B: {comparison.only_b}"
    notes = [f"- cases in both runs: {comparison.shared}; {alone}"]
    if not comparison.same_suite:
        notes.append("- **the suites differ**: cases are matched by id alone")
    body = [_cells(name, pair) for name, pair in comparison.metrics.items()]
    return "# Comparison\n\n" + "\n".join(notes) + "\n\n" + table(head, body) + "\n"


def _both(pairs: list[tuple[Row, Row]], name: str) -> list[tuple[float, float]]:
    values = [(one.scores.get(name), other.scores.get(name)) for one, other in pairs]
    return [(a, b) for a, b in values if a is not None and b is not None]


def _cells(name: str, pair: Paired) -> tuple[str, ...]:
    low, high = pair.interval.low, pair.interval.high
    marked = f"**{name}**" if low > 0 or high < 0 else name
    return marked, str(pair.n), f"{pair.mean_a:.3f}", f"{pair.mean_b:.3f}", *difference(pair)
