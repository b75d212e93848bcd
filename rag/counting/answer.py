"""A question answered from a whole table: which table, what it asks there, and the rows as quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import starmap

from index.store.open import Index
from index.store.within import Within
from index.types import Embedder, Span
from rag.asking.phrases import tokens
from rag.asking.question import split_parts
from rag.counting.asks import asks_of, without_courtesy
from rag.counting.compute import Result, carry_out, condition_of
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

    def _tables(self, question: str, within: Within | None) -> Iterator[Table]:
        """The tables of the passages found for a question, in their order."""
        seen: set[tuple[str, int]] = set()
        for item in self._retriever.retrieve([question], CANDIDATES, within):
            document = item.passage.document_id
            for number in self._index.structure(document).tables(item.passage.span):
                if (document, number) not in seen:
                    seen.add((document, number))
                    table = self._table(document, number, (item.source.path, item.source.title or ""))
                    yield from (table,) if table else ()

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
        spans = [table.rows[at] for at in result.rows[:MOST_ROWS]]
        passages, quotes = self._quoted(table, result.rows[:MOST_ROWS], spans)
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
        self, table: Table, rows: Sequence[int], spans: Sequence[Span]
    ) -> tuple[tuple[RetrievedPassage, ...], tuple[Quote, ...]]:
        """The passages that hold rows, labelled in order, and the rows as quotes; the table's first where none is."""
        items: dict[str, RetrievedPassage] = {}
        quotes: list[Quote] = []
        headings = heading_path(self._index.structure(table.document_id), table.text, table.rows[0].start)
        for at, span in zip(rows or (0,), spans or (table.rows[0],), strict=True):
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
