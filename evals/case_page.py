"""The cases of a run that did not come out right, as HTML made only from escaped strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.cases import Case
from evals.gold import occurrences
from evals.report import troubles
from evals.run import Row
from rag.app.page.html import BADGES, badge, given, safe
from rag.contract import Json

_LONGEST_ANSWER = 4000


def failing(rows: Sequence[Row], cases: Mapping[str, Case], opened: int | None) -> str:
    """The cases that did not come out right, by kind; the one at the place `opened` of the run is shown whole."""
    wrong = [(at, row) for at, row in enumerate(rows) if row.error is not None or troubles(row)]
    if not wrong:
        return '<h3>Cases to look at</h3><p class="soft">Nothing went wrong in any case.</p>'
    kinds = dict.fromkeys(sorted(row.kind for _, row in wrong))
    groups = {kind: [item for item in wrong if item[1].kind == kind] for kind in kinds}
    groups_html = "".join(_group(kind, items, rows, cases, opened) for kind, items in groups.items())
    return f'<h3>Cases to look at <span class="count">{len(wrong)} of {len(rows)}</span></h3>{groups_html}'


def _group(
    kind: str, wrong: Sequence[tuple[int, Row]], rows: Sequence[Row], cases: Mapping[str, Case], opened: int | None
) -> str:
    total = sum(row.kind == kind for row in rows)
    is_open = " open" if any(at == opened for at, _ in wrong) else ""
    items = "".join(_item(at, row, cases.get(row.id), at == opened) for at, row in wrong)
    summary = f'{given(kind)} <span class="count">{len(wrong)} of {total}</span>'
    return f'<details class="kind"{is_open}><summary>{summary}</summary><ul>{items}</ul></details>'


def _item(at: int, row: Row, case: Case | None, is_open: bool) -> str:
    question = case.question if case else str((row.answer or {}).get("question", row.id))
    reasons = ["failed"] if row.error is not None else troubles(row)
    tags = "".join(f'<span class="tag">{safe(text)}</span>' for text in reasons)
    button = (
        f'<button type="button" class="case-head" data-do="{"close" if is_open else "open"}" data-id="{at}" '
        f'aria-expanded="{"true" if is_open else "false"}"><span dir="auto">{safe(question)}</span>'
        f'<span class="tags">{tags}</span></button>'
    )
    return f"<li>{button}{_case(row, case) if is_open else ''}</li>"


def _case(row: Row, case: Case | None) -> str:
    lines = f'<p class="soft" translate="no">{safe(row.id)}</p>'
    if case is None:
        lines += '<p class="soft">The suite no longer has this case.</p>'
    return f'<div class="case">{lines}{_history(case)}{_gold(case, row.answer or {})}{_answer(row)}</div>'


def _history(case: Case | None) -> str:
    if case is None or not case.history:
        return ""
    turns = "".join(
        f'<dt dir="auto">{safe(turn.question)}</dt><dd dir="auto">{safe(turn.answer)}</dd>' for turn in case.history
    )
    return f"<h4>Asked before</h4><dl>{turns}</dl>"


def _gold(case: Case | None, answer: Json) -> str:
    if case is None:
        return ""
    if not case.answerable:
        return "<h4>Right answer</h4><p>None: the documents do not hold it.</p>"
    parts = [case.answers] if case.answers else list(case.answers_all)
    forms = "".join(f'<li dir="auto">{" or ".join(map(safe, part))}</li>' for part in parts)
    forms_html = f"<h4>Right answer</h4><ul>{forms}</ul>" if forms else ""
    items = "".join(
        f'<li><blockquote dir="auto">{safe(item.quote)}</blockquote>'
        f'<p class="soft">{given(item.file)} · {_nearest_passages(item.file, item.quote, answer)}</p></li>'
        for item in case.evidence
    )
    return forms_html + (f"<h4>Where it is written</h4><ul>{items}</ul>" if items else "")


def _nearest_passages(file: str, quote: str, answer: Json) -> str:
    labels = [
        f"[{passage.get('label')}]"
        for passage in answer.get("passages", [])
        if passage.get("path") == file and occurrences(str(passage.get("text", "")), quote)
    ]
    return f"in passage {safe(', '.join(labels))}" if labels else "not among the passages shown"


def _answer(row: Row) -> str:
    if row.error is not None:
        return f'<h4>What came back</h4><p class="wrong">{safe(row.error)}</p>'
    answer = row.answer or {}
    if answer.get("status") == "refused":
        missing = answer.get("missing")
        why = f' <span class="soft" dir="auto">{safe(str(missing))}</span>' if missing else ""
        body = f"<p><strong>No answer.</strong>{why}</p>"
    else:
        body = "".join(map(_statement, answer.get("statements", [])))
        body = body or f'<p dir="auto">{safe(str(answer.get("text", ""))[:_LONGEST_ANSWER])}</p>'
    quotes = "".join(map(_quote, answer.get("citations", [])))
    return f"<h4>What came back</h4>{body}" + (f"<h4>Quotes</h4><ul>{quotes}</ul>" if quotes else "")


def _statement(item: Json) -> str:
    sign = "".join(badge(verdict) for verdict in BADGES if verdict == item.get("verdict"))
    return f'<div class="told"><p dir="auto">{safe(str(item.get("text", "")))}</p>{sign}</div>'


def _quote(item: Json) -> str:
    return (
        f'<li><blockquote dir="auto">{safe(str(item.get("quote", "")))}</blockquote>'
        f'<p class="soft">[{safe(str(item.get("label")))}] {given(str(item.get("path")))}</p></li>'
    )
