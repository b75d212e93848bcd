"""What is said of an answer, in one place: the page, the terminal and the exports say it in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the values bring numpy, which `rag --help` can do without
    from index.types import Source, Span
    from rag.types import Answer, Citation, Conflict, Reason, Statement, Verdict

SIGNS: Mapping[Verdict, tuple[str, str]] = {
    "quoted": ("❝", "word for word"),
    "supported": ("✓", "supported"),
    "partly": ("◐", "partly supported"),
    "contradicted": ("≠", "contradicted"),
    "unsupported": ("✕", "not supported"),
    "uncited": ("○", "no source"),
}
"""Each verdict's sign and words; only "quoted" is no judgement."""
NEAREST = "The nearest words; look whether they answer you."
COUNTED = "Worked out over the whole table, but not from every word as it stands; look whether it answers you."
OWN_WORDS = "The sources’ own words"
_NO_ANSWER = "The documents do not seem to hold an answer to this."
_REASONS: Mapping[Reason, str] = {
    "empty_index": "Nothing is indexed yet; add documents, then ask again.",
    "no_evidence": _NO_ANSWER,
    "model_declined": "The model found no answer in the passages.",
    "unsupported": "What was written does not stand on the passages.",
    "error": "The answer could not be completed.",
}


def outcome(answer: Answer) -> str:
    """What became of the question, where it is not plainly answered, in one or two sentences; else nothing."""
    if answer.status == "answered":
        return ""
    if answer.status == "refused":
        return _why_not(answer)
    if answer.computed:
        return COUNTED
    return " ".join(filter(None, (_written(answer), _lacking(answer), NEAREST)))


def computed(answer: Answer) -> str:
    """What code worked out, and how many of the rows that it rests on are quoted; empty where it worked out nothing."""
    result = answer.computed
    if result is None:
        return ""
    is_part = result.operation not in ("max", "min") and result.counted > len(result.rows) > 0
    return result.text + (f" The first {len(result.rows)} are quoted." if is_part else "")


def quotes_of(answer: Answer) -> tuple[Citation, ...]:
    """The sources' own words that were found for the question, each quote once, in the order they should be read."""
    quotes = (*(c for c in answer.citations if c.verdict == "quoted"), *answer.quotes)
    first: dict[tuple[int, Span], Citation] = {}
    for quote in quotes:
        first.setdefault((quote.label, quote.span), quote)
    return tuple(first.values())


def written(answer: Answer) -> tuple[Statement, ...]:
    """The sentences that somebody wrote; none where the sources are only quoted."""
    return tuple(statement for statement in answer.statements if statement.verdict != "quoted")


def checked_against(statement: Statement, answer: Answer) -> tuple[tuple[int, Span, str], ...]:
    """The label, place and exact words of what a statement was checked against, as far as its passages hold them."""
    passages = {item.label: item.passage for item in answer.passages}
    return tuple(
        (label, span, passages[label].text[span.start - passages[label].start : span.end - passages[label].start])
        for label, span in statement.evidence
        if label in passages and passages[label].span.contains(span)
    )


def sides(conflict: Conflict, quotes: Sequence[Citation]) -> tuple[Citation, ...]:
    """The quotes that are the sides of a disagreement, in its order; none where one of them is not among these."""
    of_each = [[quote for quote in quotes if _is_side(quote, side.label, side.claim)] for side in conflict.sides]
    return tuple(dict.fromkeys(quotes[0] for quotes in of_each)) if all(of_each) else ()


def halves(quote: Citation) -> tuple[str, str, str]:
    """A quote in three: what stands before the words that answer, these words, and what follows.

    Where they are not known, the second and the third are empty.
    """
    span, answer = quote.span, quote.answer
    if answer is None or not span.contains(answer):
        return quote.quote, "", ""
    start, end = answer.start - span.start, answer.end - span.start
    return quote.quote[:start], quote.quote[start:end], quote.quote[end:]


def row(quote: Citation) -> tuple[tuple[str, str, bool], ...]:
    """The head and the value of each cell of a table's row that has a value, and whether it is words that answer."""
    at, cells = 0, []
    for head, value in quote.cells:
        start = quote.quote.find(value, at)
        if value.strip():
            cells.append((head, value, start >= 0 and _answers(quote, start, start + len(value))))
        at = max(at, start + len(value))
    return tuple(cells)


def attribution(source: Source) -> str:
    """Outlet and author as printed, where none is the headline, else the file's path; and the date."""
    from index.document.dates import human

    printed = [part for part in (source.outlet, source.author) if part] or [source.title or source.path]
    return ", ".join([*printed, human(source.date)] if source.date else printed)


def path(headings: Sequence[str]) -> str:
    """A path of headings in one line."""
    return " › ".join(headings)


def path_beside(headings: Sequence[str], source: Source) -> str:
    """The path of headings where the title of the source is shown too; empty where the title is all of it."""
    return "" if tuple(headings) == (source.title,) else path(headings)


def _why_not(answer: Answer) -> str:
    if answer.filters.filters and not answer.filters.articles:
        return _sentence(answer.missing or "no document passes the filters")
    return _lacking(answer) or (_REASONS[answer.reason] if answer.reason else _NO_ANSWER)


def _lacking(answer: Answer) -> str:
    term = (answer.missing or "").strip("“”")
    return f"Nothing in the passages speaks of “{term}”." if term else ""


def _written(answer: Answer) -> str:
    if not written(answer):
        return ""
    stands = "Nothing of" if answer.reason == "unsupported" else "Not all of"
    return f"{stands} what the model wrote stands on the passages."


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}."


def _is_side(quote: Citation, label: int, claim: str) -> bool:
    return quote.label == label and _plain(quote.quote) in _plain(claim)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _answers(quote: Citation, start: int, end: int) -> bool:
    """Whether some of the words that answer stand from `start` to `end` of the quote."""
    answer, before = quote.answer, quote.span.start
    return answer is not None and answer.start < before + end and before + start < answer.end


def by_ocr(sure: float) -> str:
    """That words were read by OCR, and how sure it is of them."""
    return f"read by OCR, {100 * sure:.0f} %"
