"""A run as HTML made only from escaped strings: its numbers beside those of other runs, and plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median, quantiles

from evals import plots
from evals.compare import compare
from evals.errors import EvalError
from evals.refusal import Measure
from evals.report import mean, measures
from evals.run import About, Results, Row
from evals.stats import Paired
from rag.app.page.html import BADGES, badge, count, given, safe
from rag.types import Verdict

RIGHT = "right"
"""The one score a kind is shown by: the answer holds an accepted form, or refusing was right."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A measure of the table; `better` is 1 where more is better, -1 where less is, 0 where neither is."""

    metric: str
    label: str
    better: int = 1
    unit: bool = False


_TABLE = (
    _Column(RIGHT, "Cases that came out right"),
    _Column("source_recall@5", "Evidence among the first five passages"),
    _Column("answer_presence", "Answer holds an accepted form"),
    _Column("evidence_in_quotes", "Evidence inside the quotes"),
    _Column("quote_validity", "Quotes that are exact"),
    _Column("supported", "Statements that are supported"),
    _Column("refusal_right", "Rightly answered or refused"),
    _Column("refusal_precision", "Refusals that were right"),
    _Column("refusal_recall", "Unanswerable questions refused"),
    _Column("near_miss_f1", "Near misses, F1 of refusing"),
    _Column("may_answer", "Shown as “may answer”", 0),
    _Column("words_quoted", "Words quoted per answer", 0, unit=True),
)
_MEANING = (
    '<p class="soft">n is how many cases count for a measure. The small numbers after it are the range in which it '
    "would likely lie over many more cases like these.</p>"
)
_SCORES = (*(column.metric for column in _TABLE), "refused")


@dataclass(frozen=True, slots=True)
class _Beside:
    """Another run, what it measures, and how this one differs from it on the cases they share."""

    title: str
    run: Results
    measures: Mapping[str, Measure]
    differences: Mapping[str, Paired]


def moment(started: str) -> str:
    """`22 Nov 2026, 12:44 UTC`."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def results(run: Results, last: Results | None, baseline: Results | None) -> str:
    """The numbers of a run beside those of the run before it and of the baseline, and its plots.

    `last` and `baseline` are one run where they are one object: two runs within a second may be equal.
    """
    about = _about(run)
    try:
        measured = measures(_scored(run).rows)
    except EvalError:
        return f'{about}<p class="said wrong" role="alert">Every case failed. The reasons are listed below.</p>'
    others = {"Last run": last, "Baseline": baseline}
    if last is not None and last is baseline:
        others = {"Last run, the baseline": last}
    beside = [_beside(title, run, other) for title, other in others.items() if other is not None]
    return (
        f"{about}{_notes(run.about, beside)}"
        f"<h3>Measures</h3>{_MEANING}{_measures(measured, beside)}"
        f"<h3>By kind of question</h3>{_kinds(run, beside)}"
        f'<div class="plots">{_plots(run, measured, beside)}</div>'
    )


def right(row: Row) -> float | None:
    """1 where the case came out right, else 0; None where it failed."""
    if row.error is not None:
        return None
    presence = row.scores.get("answer_presence") if row.answerable else None
    return row.scores.get("refusal_right") if presence is None else presence


def _scored(run: Results, kind: str | None = None) -> Results:
    """The run with only the scores that are shown, of one kind or of all."""
    rows = (
        replace(row, scores={name: row.scores.get(name) for name in _SCORES} | {RIGHT: right(row)})
        if row.error is None
        else row
        for row in run.rows
        if kind is None or row.kind == kind
    )
    return replace(run, rows=tuple(rows))


def _beside(title: str, run: Results, other: Results) -> _Beside:
    try:
        measured: Mapping[str, Measure] = measures(_scored(other).rows)
    except EvalError:
        measured = {}
    return _Beside(title, other, measured, _differences(run, other))


def _differences(run: Results, other: Results, kind: str | None = None) -> Mapping[str, Paired]:
    try:
        return compare(_scored(other, kind), _scored(run, kind)).metrics
    except EvalError:  # no case in common
        return {}


def _about(run: Results) -> str:
    about, total = run.about, len(run.rows)
    failed = sum(row.error is not None for row in run.rows)
    made = "quoted word for word" if about.answerer == "quotes" else f"written by {about.model or 'a language model'}"
    parts = [moment(about.started), count(total, "case"), f"{about.seconds:.0f} s"]
    parts += [made] if about.answerer else []
    parts += [f"{failed} failed"] if failed else []
    early = (
        f'<p class="early">This run was stopped after {total} of {count(about.cases, "case")}; '
        "the numbers are of those alone.</p>"
        if about.stopped
        else ""
    )
    return f'<h3 class="run">{" · ".join(safe(part) for part in parts)}</h3>{early}'


def _notes(about: About, beside: Sequence[_Beside]) -> str:
    """In words, what besides the answers is not the same in the runs compared."""
    notes = []
    for item in beside:
        other = item.run.about
        changed = {
            "the suite": other.suite_sha256 != about.suite_sha256,
            "the settings": other.settings_fingerprint != about.settings_fingerprint,
            "the index": other.generation != about.generation,
        }
        differing = [what for what, differs in changed.items() if differs]
        text = f"{item.title}: {moment(other.started)}"
        text += f", since when {' and '.join(differing)} changed" if differing else ""
        text += "" if item.differences else "; it shares no case with this one"
        notes.append(f"<li>{safe(text)}.</li>")
    if not notes:
        return '<p class="soft">There is no other run to compare with yet.</p>'
    return f'<ul class="notes">{"".join(notes)}</ul>'


def _measures(measured: Mapping[str, Measure], beside: Sequence[_Beside]) -> str:
    rows = []
    for column in _TABLE:
        measure = measured[column.metric]
        if measure.value is None:
            continue
        cells = [_value(measure, column.unit)]
        cells += [
            _change(i.differences.get(column.metric), i.measures.get(column.metric), column, measure.n) for i in beside
        ]
        rows.append((_head(safe(column.label), measure.n), *cells))
    return _table(("Measure", "This run", *(item.title for item in beside)), rows)


def _kinds(run: Results, beside: Sequence[_Beside]) -> str:
    column, rows = _Column(RIGHT, ""), []
    for kind, measure in _by_kind(run).items():
        others = [_differences(run, item.run, kind) for item in beside]
        changes = [_change(differences.get(RIGHT), None, column, measure.n) for differences in others]
        rows.append((_head(given(kind), measure.n), _value(measure), *changes))
    heads = ("Kind", "Came out right", *(item.title for item in beside))
    return _table(heads, rows)


def _by_kind(run: Results) -> dict[str, Measure]:
    kinds = sorted({row.kind for row in run.rows})
    return {kind: mean(right(row) for row in run.rows if row.kind == kind) for kind in kinds}


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{safe(text)}</th>' for text in heads)
    return f'<table class="numbers"><thead><tr>{head}</tr></thead><tbody>{"".join(map(_row, rows))}</tbody></table>'


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'


def _head(label: str, n: int) -> str:
    return f"{label} <small>n = {n}</small>"


def _value(measure: Measure, is_unit: bool = False) -> str:
    if is_unit and measure.value is not None and measure.interval is not None:
        return f"{measure.value:.1f} <small>{measure.interval.low:.1f}–{measure.interval.high:.1f}</small>"
    return f"{plots.percent(measure.value)} <small>{plots.between(measure.interval)}</small>"


def _change(pair: Paired | None, there: Measure | None, column: _Column, n: int) -> str:
    """The paired difference with its interval, and its n where that is less; what has no pairs is told as it was."""
    if pair is None:
        return "–" if there is None or there.value is None else f"<small>was</small> {plots.percent(there.value)}"
    fewer = f" <small>n = {pair.n}</small>" if pair.n < n else ""
    if not pair.wins + pair.losses:
        return f"same{fewer}"
    scale = 1 if column.unit else 100
    low, high = scale * pair.interval.low, scale * pair.interval.high
    return (
        f"{_sign(pair, column.better)}{_signed(scale * pair.difference)} "
        f"<small>{_signed(low)} to {_signed(high)}</small>{fewer}"
    )


def _sign(pair: Paired, better: int) -> str:
    """A mark and, for who does not see it, a word where the interval leaves out 0."""
    if not better or pair.interval.low <= 0 <= pair.interval.high:
        return ""
    up = pair.difference * better > 0
    kind, mark, word = ("up", "▲", "better") if up else ("down", "▼", "worse")
    return f'<span class="{kind}"><span aria-hidden="true">{mark}</span><span class="unseen">{word}</span></span> '


def _signed(value: float) -> str:
    return "0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def _plots(run: Results, measured: Mapping[str, Measure], beside: Sequence[_Beside]) -> str:
    runs = [("This run", run), *((item.title, item.run) for item in beside)]
    refusing = {
        "Precision": measured["refusal_precision"],
        "Recall": measured["refusal_recall"],
        "Near: precision": measured["near_miss_precision"],
        "Near: recall": measured["near_miss_recall"],
    }
    kinds = plots.bars("ev-kinds", "Came out right, by kind", _by_kind(run))
    refusals = plots.bars("ev-refusals", "Refusals", refusing) if any(each.n for each in refusing.values()) else ""
    return (
        _figure("Right by kind, %", f'<div translate="no">{kinds}</div>', "")
        + _figure("Refusals, %", refusals, _refused(refusing), "No question was refused, and none should have been.")
        + _verdicts(runs)
        + _latency(run)
    )


def _figure(caption: str, drawn: str, numbers: str, nothing: str = "") -> str:
    more = f"<details><summary>The numbers</summary>{numbers}</details>" if drawn and numbers else ""
    content = drawn or f'<p class="soft">{nothing}</p>'
    return f"<figure><figcaption>{safe(caption)}</figcaption>{content}{more}</figure>"


def _refused(refusing: Mapping[str, Measure]) -> str:
    rows = [(_head(safe(label), measure.n), _value(measure)) for label, measure in refusing.items()]
    return _table(("Refusals", "This run"), rows)


def _verdicts(runs: Sequence[tuple[str, Results]]) -> str:
    counted = [(title, _counted(run)) for title, run in runs]
    counted = [(title, counts) for title, counts in counted if sum(counts.values())]
    drawn = plots.shares("ev-verdicts", "Verdicts on the statements", counted) if counted else ""
    legend = "".join(f"<li>{badge(verdict)}</li>" for verdict in BADGES)
    rows = [(badge(verdict), *(f"{counts[verdict]:,}" for _, counts in counted)) for verdict in BADGES]
    numbers = _table(("Verdict", *(title for title, _ in counted)), rows)
    drawn = f'{drawn}<ul class="legend-row">{legend}</ul>' if drawn else ""
    return _figure("Verdicts on statements", drawn, numbers, "No statement was made.")


def _counted(run: Results) -> dict[Verdict, int]:
    verdicts = Counter(str(s.get("verdict")) for row in run.rows for s in (row.answer or {}).get("statements", []))
    return {verdict: verdicts[verdict] for verdict in BADGES}


def _latency(run: Results) -> str:
    taken = [float(ms) for row in run.rows if (ms := (row.answer or {}).get("timings_ms", {}).get("total")) is not None]
    if not taken:
        return _figure("Time per answer", "", "", "No time was taken.")
    within = quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else taken[0]
    bins = plots.binned(taken)
    drawn = plots.times("ev-times", "Time per answer", bins)
    sentence = (
        f'<p class="soft">Half within {plots.duration(median(taken))}, 95 % within {plots.duration(within)}, '
        f"the slowest {plots.duration(max(taken))}.</p>"
    )
    rows = [(f"{plots.duration(b.low)} to {plots.duration(b.high)}", str(b.n)) for b in bins]
    return _figure("Time per answer", drawn + sentence, _table(("Time", "Answers"), rows))
