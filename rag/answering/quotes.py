"""Which words are quoted for a question: the likeliest sentences, a list whole, what takes a sentence back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from index.types import Span
from index.words.tokens import words
from rag.answering.beside import chosen
from rag.answering.decide import Decision
from rag.answering.lookup import identified, is_identifier, named_apart, named_first
from rag.answering.reading import Candidate, Reading
from rag.lexicon import CONTRASTS
from rag.reader.units import ReadUnit
from rag.types import Evidence, Quote

_QUOTATION_MARKS = '"“”'


def evidence_of(reading: Reading, decision: Decision, max_words: int) -> Evidence:
    """The words quoted for a question, at most about `max_words`, and how likely they answer.

    The best sentence always is among them, however long, where there is any.
    """
    ranked = named_first(decision.ranked(reading.candidates), reading.question)
    if not ranked:
        return Evidence((), 0.0)
    ordered = named_first(decision.ordered(reading.candidates), reading.question)
    probability = decision.probability(ranked)
    exact = identified(ordered, reading.question)
    if exact and probability < decision.refused:  # what is named exactly is there: whether it answers, one can see
        ordered, probability = list(dict.fromkeys((*exact, *ordered))), decision.refused
    candidates = chosen(ordered, reading.question, decision, max_words)
    quotes = _with_withdrawals(reading, _quotes(reading, candidates))
    unknown = [mark for mark in reading.absent if is_identifier(mark)]
    missing = next(iter((*unknown, *reading.absent)), None)
    apart = named_apart(ranked, reading.question)
    has_other_figures = any(map(str.isdigit, "".join(apart)))
    if (
        unknown or has_other_figures or not decision.is_about_it(reading)
    ):  # T-4419 says nothing of T-4499, nor a row of 2019 of 2020
        probability = min(probability, decision.refused / 2)
    elif apart or reading.is_unheard_of:
        probability = min(probability, (decision.refused + decision.answered) / 2)
    differing = _differ(candidates)
    return Evidence(tuple(joined(quotes, reading)), probability, missing, differing)


def with_parts(
    whole: Evidence, reading: Reading, parts: Sequence[Reading], decision: Decision, max_words: int
) -> Evidence:
    """The evidence for a question of several parts: the best words for each part that is answered, and then the
    question's own. `parts` are read over the same passages as `reading`.
    """
    per_part = [evidence_of(part, decision, max_words // 2) for part in parts]
    answered = [part for part in per_part if decision.status(part.probability) != "refused"]
    quotes = dict.fromkeys(part.quotes[0] for part in answered if part.quotes)
    quotes |= dict.fromkeys(whole.quotes)
    distinct: list[Quote] = []
    for quote in quotes:
        if not any(_holds(other, quote) for other in distinct):
            distinct = [*(other for other in distinct if not _holds(quote, other)), quote]
    mean = sum(part.probability for part in per_part) / max(1, len(per_part))
    joint = tuple(joined(distinct, reading))
    return Evidence(joint, max(whole.probability, mean), whole.missing, whole.differing)


def _holds(whole: Quote, part: Quote) -> bool:
    return whole.label == part.label and whole.span.contains(part.span)


def _differ(candidates: Sequence[Candidate]) -> bool:
    """Whether the words that answer give other numbers in another document than in the best one's."""
    best, *others = candidates
    numbers = _numbers(best)
    elsewhere = [other for other in others if _article(other) != _article(best)]
    return bool(numbers) and any(_numbers(other) and not _numbers(other) & numbers for other in elsewhere)


def _numbers(candidate: Candidate) -> frozenset[str]:
    """The numbers in the words that answer, in figures."""
    if candidate.answer is None:
        return frozenset()
    passage = candidate.passage.passage
    words_of = passage.text[candidate.answer.start - passage.start : candidate.answer.end - passage.start]
    return frozenset(word.stem for word in words(words_of) if word.text[:1].isdigit())


def _article(candidate: Candidate) -> tuple[str, int]:
    return candidate.passage.passage.document_id, candidate.passage.passage.article


def _quotes(reading: Reading, candidates: Sequence[Candidate]) -> list[Quote]:
    """The chosen sentences, and whole the lists that the best leads to or that several of them are items of."""
    quotes: dict[tuple[int, int], Quote] = {}
    for candidate in candidates:
        units = reading.units[candidate.passage.label]
        listed = _list_about(units, candidate.at)
        places = {other.at for other in candidates if other.passage is candidate.passage}
        several = len(places.intersection(listed)) > 1
        is_led_to = candidate is candidates[0] and _leads(candidate.unit)
        if candidate.at in listed and (several or is_led_to):
            quote = _whole_list(candidate, units[listed.start : listed.stop])
        else:
            quote = _quote(reading, candidate)
        quotes.setdefault((quote.label, quote.span.start), quote)
    return list(quotes.values())


def _list_about(units: Sequence[ReadUnit], at: int) -> range:
    """The places of the list that a unit leads to or is of, and of what leads to it; none where there is no item."""
    first = at + 1 - len(list(takewhile(_is_item, reversed(units[: at + 1]))))
    end = at + 1 + len(list(takewhile(_is_item, units[at + 1 :])))
    is_led_to = first > 0 and _leads(units[first - 1])
    return range(first - is_led_to, end) if end > first else range(0)


def _is_item(unit: ReadUnit) -> bool:
    return unit.kind == "item"


def _leads(unit: ReadUnit) -> bool:
    """Whether a unit is of the passage itself and leads to what stands below it."""
    return unit.span is not None and unit.unit.text.rstrip().endswith(":")


def _whole_list(candidate: Candidate, listed: Sequence[ReadUnit]) -> Quote:
    """A list and what leads to it as one quote, its items as what answers."""
    spans = [unit.span for unit in listed if unit.span]
    items = spans[_leads(listed[0]) :]
    span = Span(spans[0].start, spans[-1].end)
    passage = candidate.passage.passage
    text = passage.text[span.start - passage.start : span.end - passage.start]
    return Quote(candidate.passage.label, span, text, Span(items[0].start, span.end), candidate.unit.headings)


def _quote(reading: Reading, candidate: Candidate) -> Quote:
    label = candidate.passage.label
    quote = as_quote(reading, label, candidate.unit)
    whole = Quote(label, quote.span, quote.text, candidate.answer, quote.headings, quote.cells)
    before = reading.units[label][candidate.at - 1] if candidate.at else candidate.unit
    is_opened_before = before.block == candidate.unit.block and _is_open(before) and _is_open(candidate.unit)
    return _union(whole, as_quote(reading, label, before), reading) if is_opened_before else whole


def _is_open(unit: ReadUnit) -> bool:
    """Whether a quotation begins or ends in a sentence, and does not do both in it."""
    marks = sum(unit.unit.text.count(mark) for mark in _QUOTATION_MARKS)
    return unit.kind == "paragraph" and marks % 2 == 1


def as_quote(reading: Reading, label: int, unit: ReadUnit) -> Quote:
    """A unit of the passage of this label as a quote, of which it is not known what answers."""
    item = reading.passages[label - 1]
    span = unit.span or item.passage.span
    start = span.start - item.passage.start
    text = item.passage.text[start : start + len(span)]
    return Quote(label, span, text, None, unit.headings, unit.cells)


def _with_withdrawals(reading: Reading, quotes: Sequence[Quote]) -> list[Quote]:
    """Each quote, with the sentence after it where that opens by taking something back: "However, …"."""
    quoted: list[Quote] = []
    for quote in quotes:
        quoted.append(quote)
        units = reading.units[quote.label]
        after = next((u for u in units if u.span and u.span.start >= quote.span.end), None)
        if after is not None and after.kind == "paragraph" and _takes_back(after):
            quoted.append(as_quote(reading, quote.label, after))
    return list({(quote.label, quote.span): quote for quote in quoted}.values())


def _takes_back(unit: ReadUnit) -> bool:
    first = unit.unit.text.split(maxsplit=1)[0] if unit.unit.text.split() else ""
    return first.strip(",.;:").casefold() in CONTRASTS


def joined(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """Quotes in order; those that follow each other on the lines of one passage are one."""
    whole: list[Quote] = []
    for quote in quotes:
        neighbour = next((n for n, other in enumerate(whole) if _adjoins(other, quote, reading)), None)
        if neighbour is None:
            whole.append(quote)
        else:
            whole[neighbour] = _union(whole[neighbour], quote, reading)
    return whole


def _adjoins(one: Quote, other: Quote, reading: Reading) -> bool:
    if one.label != other.label or one.cells or other.cells:
        return False
    item = reading.passages[one.label - 1]
    if item.source_of(one.span) != item.source_of(other.span):
        return False
    first, second = sorted((one.span, other.span), key=lambda span: span.start)
    passage = item.passage
    between = passage.text[first.end - passage.start : second.start - passage.start]
    return second.start >= first.end and not between.strip() and "\n\n" not in between


def _union(one: Quote, other: Quote, reading: Reading) -> Quote:
    passage = reading.passages[one.label - 1].passage
    span = Span(min(one.span.start, other.span.start), max(one.span.end, other.span.end))
    text = passage.text[span.start - passage.start : span.end - passage.start]
    return Quote(one.label, span, text, one.answer or other.answer, one.headings)
