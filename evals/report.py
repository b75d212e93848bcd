"""A run as Markdown, and its numbers by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from evals.cases import Case
from evals.errors import EvalError
from evals.markdown import NOTHING, bounds, number, table
from evals.metrics import NAMES
from evals.refusal import Measure, flags, refusal_measures
from evals.run import About, Results, Row
from evals.stats import interval

KIND_COLUMNS = ("source_recall@5", "answer_presence", "evidence_in_quotes", "refused", "may_answer", "refusal_right")
CONTROL_COLUMNS = (
    "answer_presence",
    "token_f1",
    "cited_precision",
    "span_precision",
    "evidence_in_quotes",
    "words_quoted",
    "refusal_precision",
    "refusal_recall",
    "near_miss_f1",
)


def measures(rows: Sequence[Row]) -> dict[str, Measure]:
    """Every aggregate by its name: the mean of each score, refusal over all cases and over near misses, and by kind.

    Of each kind "answer_presence:KIND" and "answered:KIND", the share not refused.

    Raises: EvalError, when every case failed.
    """
    good = [row for row in rows if row.error is None]
    if not good:
        raise EvalError(
            "Every case of this run failed, so there is nothing to report; see the errors in results.jsonl."
        )
    measured = {name: mean(row.scores.get(name) for row in good) for name in good[0].scores}
    overall, near = refusal_measures(flags(good)), refusal_measures(flags(good, near_misses_only=True))
    measured |= {f"refusal_{name}": overall[name] for name in ("precision", "recall", "f1")}
    measured["over_refusal"] = overall["over_refusal"]
    measured |= {f"near_miss_{name}": near[name] for name in ("precision", "recall", "f1")}
    return measured | _of_kinds([row for row in good if row.answerable])


def mean(values: Iterable[float | None]) -> Measure:
    """The mean of the values that are not None, with its interval."""
    known = [value for value in values if value is not None]
    return Measure(sum(known) / len(known), len(known), interval(known)) if known else Measure(None, 0, None)


def metric_names(cases: Iterable[Case]) -> tuple[str, ...]:
    """The name of every aggregate that `measures` gives of a run over `cases`, in its order."""
    kinds = {(case.kind, case.answerable) for case in cases}
    return tuple(measures([Row("", kind, able, scores=dict.fromkeys(NAMES)) for kind, able in sorted(kinds)]))


def _of_kinds(rows: Sequence[Row]) -> dict[str, Measure]:
    by_kind: dict[str, Measure] = {}
    for kind in sorted({row.kind for row in rows}):
        mine = [row for row in rows if row.kind == kind]
        by_kind[f"answer_presence:{kind}"] = mean(row.scores.get("answer_presence") for row in mine)
        by_kind[f"answered:{kind}"] = mean(1.0 - float(row.scores["refused"] or 0) for row in mine)
    return by_kind


def shortfalls(results: Results, floors: Mapping[str, float]) -> tuple[str, ...]:
    """A sentence for each metric that is below its floor, or that no case could be scored on.

    Raises: EvalError, for a metric that does not exist.
    """
    measured = measures(results.rows)
    values = {name: _named(measured, name).value for name in floors}
    values_in_words = {name: "not measured" if value is None else number(value) for name, value in values.items()}
    short = [name for name, value in values.items() if value is None or value < floors[name]]
    return tuple(f"{name} is {values_in_words[name]}, and its floor is {floors[name]:g}." for name in short)


def render(results: Results) -> str:
    """The whole report. Equal results give equal text."""
    sections = [
        _header(results.about, results.rows),
        "## Metrics\n\n" + _metrics(results.rows),
        "## By kind\n\n" + _by_kind(results.rows),
        "## Refusal\n\n" + _refusal(results.rows),
        "## Controls\n\n" + _controls(results),
        "## Time\n\n" + _times(results.rows),
        "## Cases to look at\n\n" + _to_look_at(results.rows),
    ]
    return "# Evaluation\n\n" + "\n\n".join(sections) + "\n"


def _header(about: About, rows: Sequence[Row]) -> str:
    failed = sum(row.error is not None for row in rows)
    early = f" of {about.cases} (the run was stopped)" if about.stopped else ""
    versions = ", ".join(f"{name} {which}" for name, which in sorted(about.versions.items()))
    digest = (about.suite_sha256 or NOTHING)[:16]
    return "\n".join(
        [
            f"- suite: {about.suite or NOTHING}, split {about.split or 'all'}, sha256 {digest}",
            f"- cases: {len(rows)} asked{early}, {failed} failed",
            f"- settings: {about.settings_fingerprint or NOTHING}, index generation {about.generation or NOTHING}",
            f"- answerer: {about.answerer or NOTHING}, model {about.model or NOTHING}",
            f"- versions: {versions}",
            f"- started {about.started}, took {about.seconds:.1f} s",
        ]
    )


def _metrics(rows: Sequence[Row]) -> str:
    total = len(rows)
    body = [
        (name, f"{m.n} / {total}", number(m.value), bounds(m.interval))
        for name, m in measures(rows).items()
        if ":" not in name and not name.startswith(("refusal_p", "refusal_re", "refusal_f", "near_miss", "over_"))
    ]
    return table(("metric", "scored / asked", "value", "95 % interval"), body)


def _by_kind(rows: Sequence[Row]) -> str:
    body = []
    for kind in sorted({row.kind for row in rows}):
        mine = [row for row in rows if row.kind == kind]
        good = [row for row in mine if row.error is None]
        values = [mean(row.scores.get(name) for row in good).value for name in KIND_COLUMNS]
        body.append((kind, str(len(mine)), str(len(mine) - len(good)), *map(number, values)))
    return table(("kind", "n", "failed", *KIND_COLUMNS), body)


def _refusal(rows: Sequence[Row]) -> str:
    body = []
    for name, near in (("all unanswerable", False), ("near misses", True)):
        cases = flags(rows, near_misses_only=near)
        positives = sum(case.unanswerable for case in cases)
        refusal = refusal_measures(cases).values()
        cells = [f"{number(m.value)} {bounds(m.interval)}" if m.interval else NOTHING for m in refusal]
        body.append((name, str(positives), str(len(cases) - positives), *cells))
    return table(("over", "unanswerable", "answerable", "precision", "recall", "F1", "over-refusal"), body)


def _controls(results: Results) -> str:
    body = []
    for name, rows in [("**the system**", results.rows), *results.controls.items()]:
        if all(row.error is not None for row in rows):
            body.append((name, *[NOTHING] * len(CONTROL_COLUMNS)))
            continue
        measured = measures(rows)
        body.append((name, *(number(measured[column].value) for column in CONTROL_COLUMNS)))
    return table(("answerer", *CONTROL_COLUMNS), body)


def _times(rows: Sequence[Row]) -> str:
    parts: dict[str, list[float]] = {}
    for row in rows:
        for part, milliseconds in (row.answer or {}).get("timings_ms", {}).items():
            parts.setdefault(part, []).append(milliseconds)
    slowest_first = sorted(parts.items(), key=lambda item: (-median(item[1]), item[0]))
    body = [(part, str(len(ms)), f"{median(ms):.1f}", f"{max(ms):.1f}") for part, ms in slowest_first]
    return table(("part", "n", "median ms", "slowest ms"), body)


def _to_look_at(rows: Sequence[Row]) -> str:
    """Ids only: the questions of a test half stay unread."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for trouble in troubles(row):
            by_reason.setdefault((trouble, row.kind), []).append(row.id)
    body = [
        (trouble, kind, str(len(ids)), ", ".join(sorted(ids))) for (trouble, kind), ids in sorted(by_reason.items())
    ]
    return table(("trouble", "kind", "n", "ids"), body)


def troubles(row: Row) -> list[str]:
    """What went wrong with a case, in words; empty where nothing did."""
    if row.error is not None:
        return ["failed"]
    troubles = {
        "answered, should refuse": not row.answerable and row.scores["refused"] == 0,
        "refused, should answer": row.answerable and row.scores["refused"] == 1,
        "answer missing": _below(row, "answer_presence") and row.scores["refused"] == 0,
        "evidence not shown": _below(row, "source_recall@5"),
        "quote not exact": _below(row, "quote_validity"),
    }
    return [trouble for trouble, holds in troubles.items() if holds]


def _below(row: Row, metric: str) -> bool:
    value = row.scores.get(metric)
    return value is not None and value < 1


def _named(measured: Mapping[str, Measure], name: str) -> Measure:
    if name not in measured:
        raise EvalError(f"There is no metric {name!r}; choose among {', '.join(measured)}.")
    return measured[name]
