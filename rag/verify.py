"""Whether each statement stands on the words it cites. Deterministic, and nothing is downloaded.

A statement is compared with the sentences of the passages it cites, never with the rest. Words in quotation marks
must be an exact run of the passage (white space aside). Other words are compared by stems: enough of them must be
there, and every number, date, name and negation must agree. Nothing is dropped or repaired: the statement is
labelled, with the span it was checked against.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import find_dates
from index.sentences import sentences
from index.tokens import words
from index.types import Span
from rag.cite import Marked
from rag.extract import attribution
from rag.names import group
from rag.quantities import find_quantities
from rag.types import Citation, RetrievedPassage, Statement, Verdict

_ENOUGH, _SOME = 0.6, 0.35
"""Share of a statement's content words that its source must say, to be supported or partly so."""
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]{8,})\"")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|\w+n['’]t|den(?:y|ied|ies)|refus\w+|fail(?:ed|s) to)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement's verdict, and the exact span it was checked against in each passage it cites."""

    statement: Statement
    citations: tuple[Citation, ...]


def verify(marked: Sequence[Marked], passages: Sequence[RetrievedPassage]) -> tuple[Checked, ...]:
    """A verdict for each sentence, in order; sentences without labels are "uncited".

    Guarantees: each citation's quote is an exact slice of its passage, and its label is that of a passage given.
    A label of no passage is kept on the statement and noted.
    """
    by_label = {item.label: item for item in passages}
    return tuple(_check(sentence, by_label) for sentence in marked)


def _check(sentence: Marked, by_label: dict[int, RetrievedPassage]) -> Checked:
    known = [by_label[label] for label in sentence.labels if label in by_label]
    unknown = [label for label in sentence.labels if label not in by_label]
    note = f"no passage was offered as {', '.join(f'[{n}]' for n in unknown)}" if unknown else ""
    if not known:
        verdict: Verdict = "unsupported" if unknown else "uncited"
        return Checked(Statement(sentence.text, sentence.labels, verdict, note), ())
    results = [_against(sentence.text, item) for item in known]
    best = min((result[0] for result in results), key=_ORDER.index)
    reason = next((why for verdict, _, why in results if verdict == best), "")
    citations = [
        Citation(item.label, verdict, item.source, item.passage.page, span, _slice(item, span))
        for item, (verdict, spans, _) in zip(known, results, strict=True)
        for span in spans
    ]
    told = "; ".join(part for part in (reason, note) if part)
    return Checked(Statement(sentence.text, sentence.labels, best, told), tuple(citations))


_ORDER: tuple[Verdict, ...] = ("supported", "partly", "unsupported", "uncited")


def _against(text: str, item: RetrievedPassage) -> tuple[Verdict, tuple[Span, ...], str]:
    """The verdict on `text` against one passage, the spans that bear on it, and why it is not supported."""
    quoted = quotations(text, item)
    spans = [place(quote, item) for quote in quoted]
    found = tuple(span for span in spans if span is not None)
    frame = _frame(text, quoted, item)
    if quoted and len(found) < len(quoted):
        return "unsupported", found or (_nearest(text, item),), "the quoted words are not in the passage"
    if quoted and not frame:
        return "supported", found, ""
    verdict, span, why = _paraphrase(frame if quoted else text, item)
    if quoted and verdict == "unsupported":
        return "partly", found, why
    return verdict, (*found, span) if not quoted else found, why


def quotations(text: str, item: RetrievedPassage) -> list[str]:
    """What stands in quotation marks: from the first to the last where the passage has it all, else each by itself.

    Quoted words may hold quotation marks of their own, closed or not.
    """
    outer = text[text.find("“") + 1 : text.rfind("”")] if "“" in text and "”" in text else ""
    if outer and place(outer, item):
        return [outer]
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def _frame(text: str, quoted: Sequence[str], item: RetrievedPassage) -> str:
    """What a statement says outside quotation marks, its naming of the source left out."""
    outside = text
    for part in (*quoted, attribution(item.source)):
        outside = outside.replace(part, " ")
    return outside if any(not word.is_stop for word in words(outside)) else ""


def place(quote: str, item: RetrievedPassage) -> Span | None:
    """Where `quote` stands in the passage, in the document's offsets; white space may differ, nothing else."""
    pattern = r"\s+".join(re.escape(part) for part in quote.split())
    match = re.search(pattern, item.passage.text) if pattern else None
    return Span(match.start() + item.passage.start, match.end() + item.passage.start) if match else None


def _paraphrase(text: str, item: RetrievedPassage) -> tuple[Verdict, Span, str]:
    span = _nearest(text, item)
    source = _slice(item, span)
    share = _share(text, source)
    lacking = _disagreement(text, source, item)
    if share >= _ENOUGH and not lacking:
        return "supported", span, ""
    if share >= _ENOUGH or (share >= _SOME and not lacking):
        return "partly", span, lacking or "not all of this is in the passage"
    return "unsupported", span, lacking or "the passage does not say this"


def _nearest(text: str, item: RetrievedPassage) -> Span:
    """The sentence of the passage, or two in a row, that says most of `text`."""
    singles = [Span(s.start + item.passage.start, s.end + item.passage.start) for s in sentences(item.passage.text)]
    pairs = [Span(a.start, b.end) for a, b in itertools.pairwise(singles)]
    best = max(singles, key=lambda s: (_share(text, _slice(item, s)), -s.start), default=item.passage.span)
    wider = max(pairs, key=lambda s: (_share(text, _slice(item, s)), -s.start), default=best)
    return wider if _share(text, _slice(item, wider)) > _share(text, _slice(item, best)) + 0.15 else best


def _share(text: str, source: str) -> float:
    """The share of the content words of `text` whose stems, or whose country, `source` says too."""
    wanted = [word for word in words(text) if not word.is_stop]
    if not wanted:
        return 0.0
    told = words(source)
    stems, places = {word.stem for word in told}, {group(word.text) for word in told} - {None}
    return sum(word.stem in stems or group(word.text) in places for word in wanted) / len(wanted)


def _disagreement(text: str, source: str, item: RetrievedPassage) -> str:
    """What in `text` the source contradicts or does not have: a number, a date, a name, a negation."""
    numbers = _numbers(text) - _numbers(source)
    if numbers:
        return f"the number {min(numbers):g} is not in the passage's words"
    years = {d.year for d in find_dates(text) if d.year} - {d.year for d in find_dates(source)}
    if years - {int((item.source.date or "0")[:4])}:
        return f"the year {min(year for year in years if year)} is not in the passage's words"
    name = _missing_name(text, source, item)
    if name:
        return f"“{name}” is not in the passage's words"
    if bool(_NEGATION.search(text)) != bool(_NEGATION.search(source)):
        return "one of them denies what the other says"
    return ""


def _numbers(text: str) -> set[float]:
    return {round(q.value, 6) for q in find_quantities(text) if q.unit != "ordinal" and q.value != 1}


def _missing_name(text: str, source: str, item: RetrievedPassage) -> str | None:
    told = words(" ".join(filter(None, (source, item.source.title, item.source.outlet, item.source.author))))
    stems, places = {word.stem for word in told}, {group(word.text) for word in told} - {None}
    for at, word in enumerate(words(text)):
        named = word.text[:1].isupper() and (at or group(word.text) is not None)
        if named and not word.is_stop and word.stem not in stems and group(word.text) not in places:
            return word.text
    return None


def _slice(item: RetrievedPassage, span: Span) -> str:
    return item.passage.text[span.start - item.passage.start : span.end - item.passage.start]
