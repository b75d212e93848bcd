"""What is found for a question in one generation of an index: its passages, read, and the words that answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from index.store.open import Index
from index.store.within import Within
from rag.answering.decide import Decision, in_order
from rag.answering.lookup import with_empty_cell
from rag.answering.named_cell import with_named_cell
from rag.answering.overview import Overview, asks_for_overview
from rag.answering.quotes import evidence_of, with_parts
from rag.answering.reading import Candidate, Reading, read, reordered
from rag.asking.asked import ParsedQuestion, from_question
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters, Search, matching, none_found
from rag.asking.followup import leans
from rag.asking.listed import Listed, documents_of
from rag.asking.named import Known
from rag.asking.question import asked_by_themselves
from rag.counting.answer import Counting
from rag.reader.reader import Reader
from rag.retrieval.retrieve import Retriever
from rag.stages import Clock
from rag.types import Conflict, Evidence, Filtering, Quote, RetrievedPassage, Side, Status, Turn
from rag.wording import attribution

READ = 8
"""Passages that are read for a question. On the tuning half of the everyday suite the answer stands in them for as many
questions as in twelve."""
_MOST_FORMS = 4
"""Rewritings of a follow-up that are tried."""
Rewritings = Callable[[str, Sequence[Turn]], Sequence[str]]
"""Forms of a follow-up that stand alone, after the turns before it."""


@dataclass(frozen=True)
class Parts:
    """What depends on one generation of the index."""

    index: Index
    retriever: Retriever
    counting: Counting
    overview: Overview

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every article with the paths of its document."""
        paths = lru_cache(maxsize=None)(self.index.paths_of)
        return tuple(Entry(article, paths(article.document_id)) for article in self.index.articles())

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """Every document, as a person chooses among them."""
        return documents_of(self.entries)

    @cached_property
    def known(self) -> Known:
        """The names that the articles carry."""
        return Known(self.entries)

    def table_rows(self, row: Candidate) -> tuple[str, ...]:
        """The values of each row of data of the table that a candidate is a row of; none for what is no row."""
        tables = self.counting.tables_at(row.passage, row.span)
        columns = (column.values for table in tables for column in table.columns)
        return tuple(map("; ".join, zip(*columns, strict=True)))

    def kept_to(self, search: Search) -> tuple[Within | None, Filtering]:
        """The passages that a search is kept to, None for all; and how that is told."""
        if not (search.set or search.parsed):
            return None, Filtering()
        passed, filtering = matching(search, self.entries)
        return self.index.within({entry.key for entry in passed}) if search.in_force else None, filtering


@dataclass(frozen=True)
class Searched:
    """What one form of a question found: its passages in order, the words that answer, and under which filters."""

    question: str
    passages: tuple[RetrievedPassage, ...]
    evidence: Evidence
    filtering: Filtering
    none: str | None
    """In words why no article passes the filters."""


class Searcher:
    """Searches and reads. It keeps nothing of a question or of an index."""

    def __init__(self, reader: Reader, decision: Decision, limit: Callable[[], int], max_words: int) -> None:
        """Keeps as many passages of a question as `limit` says by then, and quotes `max_words` words at most."""
        self._reader = reader
        self._decision = decision
        self._limit = limit
        self._max_words = max_words

    def in_conversation(
        self,
        parts: Parts,
        question: str,
        turns: Sequence[Turn],
        filters: Filters,
        understand: bool,
        clock: Clock,
        rewritings: Rewritings,
    ) -> Searched:
        """The search for a question alone, or for the shortest form of it that finds an answer after the turns."""
        alone = self.search(parts, question, filters, understand, clock)
        leaning = bool(turns) and leans(question)
        if not turns or not (leaning or self.status(alone) == "refused"):
            return alone
        with clock.stage("rewrite"):
            forms = rewritings(question, turns)[:_MOST_FORMS]
        searches: list[Searched] = []
        for form in forms:
            searches.append(self.search(parts, form, filters, understand, clock))
            if self.status(searches[-1]) == "answered":
                return searches[-1]
        if not leaning:
            return alone
        return max(searches, key=lambda search: search.evidence.probability, default=alone)

    def status(self, search: Searched) -> Status:
        """What the evidence of a search comes to."""
        return self._decision.status(search.evidence.probability)

    def search(self, parts: Parts, question: str, filters: Filters, understand: bool, clock: Clock) -> Searched:
        """What is found under the filters that are set and those that the question asks for; the latter are let go
        where nothing is found under them.
        """
        wanted = from_question(question, lambda: parts.known) if understand else ParsedQuestion(EVERY_ARTICLE, question)
        search = Search(filters, wanted.filters)
        if understand and asks_for_overview(question, parts.known, parts.counting.like):
            passed, filtering = matching(search, parts.entries)
            overview = parts.overview.of(passed)
            if overview:
                return Searched(question, *overview, filtering, None)
        result = self._search_within(parts, wanted.text, search, clock)
        if wanted.filters and self.status(result) != "answered":
            why = result.none or "those documents do not hold the answer"
            wider = self._search_within(parts, question, search.without(why), clock)
            if wider.evidence.probability > result.evidence.probability:
                result = wider
        return replace(result, question=question)

    def _search_within(self, parts: Parts, text: str, search: Search, clock: Clock) -> Searched:
        with clock.stage("retrieve"):
            within, filtering = parts.kept_to(search)
        with clock.stage("count"):
            worked_out = parts.counting.answer(text, within)
        if worked_out:
            return Searched(text, *worked_out, filtering, None)
        reading, rest = self.read(parts, text, within, self._limit(), READ, clock)
        # What is quoted beside the likeliest was fitted on questions of one part; of several, each wants its own words.
        quoting = replace(self._decision, worth=0.0) if rest else self._decision
        chosen = evidence_of(reading, quoting, self._max_words)
        chosen = with_empty_cell(chosen, reading, self._decision, self._reader)
        chosen = with_named_cell(chosen, reading, self._decision, parts.table_rows)
        if rest:
            chosen = with_parts(chosen, reading, rest, self._decision, self._max_words)
        nothing = filtering.filters and not filtering.articles
        none = none_found(search, parts.entries) if nothing else None
        passages, chosen = parts.counting.with_rows_alike(text, reading.passages, chosen)
        chosen = parts.counting.with_items_counted(text, passages, chosen)
        return Searched(text, passages, chosen, filtering, none)

    def read(
        self, parts: Parts, question: str, within: Within | None, limit: int, many: int, clock: Clock | None = None
    ) -> tuple[Reading, tuple[Reading, ...]]:
        """The question read against its passages, the best first, and each part of it where it has several."""
        clock = clock or Clock()
        several = asked_by_themselves(question)
        first = None if several else limit
        with clock.stage("retrieve"):
            passages = parts.retriever.retrieve([question, *several], many, within)
        with clock.stage("read"):
            units = [parts.retriever.units(item) for item in passages]
            readings = [
                read(text, passages, units, self._reader, parts.index.idf, first=first, is_enough=self._is_answered)
                for text in (question, *several)
            ]
        best = [self._decision.ranked(reading.candidates) for reading in readings]
        order = in_order(best, [item.label for item in passages])[:limit]
        renewed = tuple(reordered(reading, order) for reading in readings)
        return renewed[0], renewed[1:]

    def _is_answered(self, reading: Reading) -> bool:
        return (
            self._decision.status(self._decision.probability(self._decision.ranked(reading.candidates))) == "answered"
        )


def conflicts(search: Searched) -> tuple[Conflict, ...]:
    """The quotes whose answers are other numbers, as sides of a disagreement; none where they agree."""
    if not search.evidence.differing:
        return ()
    by_label = {item.label: item for item in search.passages}
    numbered = [quote for quote in search.evidence.quotes if _has_number(quote)]
    sides = tuple(Side(q.label, f"{attribution(by_label[q.label].source)}: {q.text}") for q in numbered)
    return (Conflict(search.question, sides),) if len(sides) > 1 else ()


def _has_number(quote: Quote) -> bool:
    """Whether the words of a quote that answer have a number."""
    answer = quote.answer
    words = quote.text[answer.start - quote.span.start : answer.end - quote.span.start] if answer else ""
    return any(character.isdigit() for character in words)
