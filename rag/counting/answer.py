"""A question answered from a whole table: which table, what it asks there, and the rows as quotes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import starmap

from index.store.open import Index
from index.store.within import Within
from index.types import Embedder, Span
from rag.asking.phrases import tokens
from rag.asking.question import split_parts
from rag.counting.alike import named_alike
from rag.counting.asks import asks_of, without_courtesy
from rag.counting.compute import Result, carry_out, condition_of
from rag.counting.listed import with_items_counted
from rag.counting.plan import Plan
from rag.counting.table import Table, read_table
from rag.counting.understand import understand
from rag.reader.units import heading_path
from rag.retrieval.retrieve import Retriever
from rag.types import Computed, Evidence, Quote, RetrievedPassage

CANDIDATES = 24
"""Passages among which the tables are looked for."""
MOST_ROWS = 8
"""Rows that are quoted, at most; the others are counted."""
SURE, UNSURE = 0.95, 0.5
"""The probability given to what was understood word by word, and to what was matched by likeness or left a word over.

The second lies between the two thresholds of the decision: it may answer."""


class Counting:
    """Answers what one generation of an index can answer by counting. Tables are kept once they were read."""

    def __init__(self, index: Index, retriever: Retriever, embedder: Embedder) -> None:
        """Over `index`, whose passages `retriever` finds."""
        self._index = index
        self._retriever = retriever
        self._embedder = embedder
        self._table = lru_cache(maxsize=4)(self._read)

    def answer(self, question: str, within: Within | None) -> tuple[tuple[RetrievedPassage, ...], Evidence] | None:
        """The passages of the rows that answer and these rows as quotes, with what was worked out.

        None where the question asks for no operation over a table, where a word of it is not accounted for, or where
        several tables answer it differently.
        """
        alone = without_courtesy(question)
        line = tokens(alone)
        asks = asks_of(line) if len(line) > 1 and len(split_parts(alone)) == 1 else None
        if asks is None:
            return None
        plans = (understand(alone, line, asks, table, self.like) for table in self._tables(question, within))
        results = [(plan, result) for plan in plans if plan and (result := carry_out(plan))]
        best = _best(results)
        return self._evidence(*best) if best else None

    def tables_at(
        self, item: RetrievedPassage, span: Span, but: Collection[tuple[str, int]] = frozenset()
    ) -> list[Table]:
        """The tables of the document of a passage that have a row in a span of it, but for those known."""
        document = item.passage.document_id
        titles = (item.source.path, item.source.title or "")
        every = self._index.structure(document).tables(span)
        numbers = [number for number in every if (document, number) not in but]
        return list(filter(None, (self._table(document, number, titles) for number in numbers)))

    def with_rows_alike(
        self, question: str, passages: tuple[RetrievedPassage, ...], evidence: Evidence
    ) -> tuple[tuple[RetrievedPassage, ...], Evidence]:
        """The passages and the evidence; where what answers likeliest is a row, the others of its table that the
        question names as well are quoted behind it, and their passages come last. Where these are more than are
        quoted, all is left as it is.
        """
        best = evidence.quotes[:1]
        tables = [table for quote in best for table in self.tables_at(passages[quote.label - 1], quote.span)]
        if not tables:
            return passages, evidence
        rows = named_alike(question, tables[0])
        items, quotes = self._quoted(tables[0], rows[: MOST_ROWS + 1], passages)
        if len(quotes) > MOST_ROWS or best[0].span not in [quote.span for quote in quotes]:
            return passages, evidence
        by_place = {(quote.label, quote.span): quote for quote in (*best, *quotes, *evidence.quotes)}
        return items, replace(evidence, quotes=tuple(by_place.values()))

    def with_items_counted(self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence) -> Evidence:
        """The evidence; where the list that it begins with is all that a question asks the number of, that number."""
        if not evidence.quotes:
            return evidence
        document = passages[evidence.quotes[0].label - 1].passage.document_id
        return with_items_counted(question, evidence, self._index.structure(document), self._index.text(document), SURE)

    def _tables(self, question: str, within: Within | None) -> Iterator[Table]:
        """The tables of the passages found for a question, in their order."""
        seen: set[tuple[str, int]] = set()
        for item in self._retriever.retrieve([question], CANDIDATES, within):
            for table in self.tables_at(item, item.passage.span, seen):
                seen.add((table.document_id, table.number))
                yield table

    def _read(self, document_id: str, number: int, titles: tuple[str, ...]) -> Table | None:
        text, structure = self._index.text(document_id), self._index.structure(document_id)
        first = structure.blocks[structure.blocks.table(number)[0]]
        above = heading_path(structure, text, first.span.start)
        names = tuple(dict.fromkeys(filter(None, (*titles, *above))))
        return read_table(document_id, number, text, structure.blocks, names)

    def like(self, text: str, others: Sequence[str]) -> list[float]:
        """How alike a text is to each of others, -1 to 1."""
        if not others:
            return []
        first, *rest = self._embedder.embed([text, *others])
        return [float(vector @ first) for vector in rest]

    def _evidence(self, plan: Plan, result: Result) -> tuple[tuple[RetrievedPassage, ...], Evidence]:
        table = plan.table
        passages, quotes = self._quoted(table, result.rows[:MOST_ROWS])
        computed = Computed(
            operation=plan.asks.operation,
            condition=condition_of(plan),
            text=result.text,
            value=result.value,
            counted=result.counted,
            of=len(table.rows),
            rows=tuple((quote.label, quote.span) for quote in quotes),
        )
        return passages, Evidence(quotes, SURE if plan.is_sure else UNSURE, computed=computed)

    def _quoted(
        self, table: Table, rows: Sequence[int], before: Sequence[RetrievedPassage] = ()
    ) -> tuple[tuple[RetrievedPassage, ...], tuple[Quote, ...]]:
        """The passages `before` and those that hold rows, labelled in order, and the rows as quotes; the table's first
        passage where none is.
        """
        items = {item.passage.id: item for item in before}
        quotes: list[Quote] = []
        headings = heading_path(self._index.structure(table.document_id), table.text, table.rows[0].start)
        for at in rows or (0,):
            span = table.rows[at]
            passage = self._index.passage_at(table.document_id, span.start)
            if passage is None:
                continue
            item = items.get(passage.id) or replace(self._retriever.item(passage), label=len(items) + 1)
            items[passage.id] = item
            held = Span(span.start, min(span.end, passage.end))
            cells = tuple((column.head, column.values[at]) for column in table.columns)
            if rows:
                quotes.append(Quote(item.label, held, held.of(table.text), None, headings, cells))
        return tuple(items.values()), tuple(quotes)


def _best(results: Sequence[tuple[Plan, Result]]) -> tuple[Plan, Result] | None:
    """The surest that has rows, where one has; None where another table as sure gives another result."""
    best = max(starmap(_rank, results), default=None)
    fitting = [pair for pair in results if _rank(*pair) == best]
    return fitting[0] if len({result.value for _, result in fitting}) == 1 else None


def _rank(plan: Plan, result: Result) -> tuple[bool, bool, int]:
    return bool(result.rows), plan.is_sure, len(plan.conditions)
