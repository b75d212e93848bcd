"""Passages, cut by spans: whole sentences of one article, or whole rows of a table, near a given number of words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from index.cut.sentences import MAX_SENTENCE, paragraphs, sentences
from index.document.structure import packed
from index.types import Article, Document, Passage, Span, passage_id


def chunk(document: Document, articles: Sequence[Article], words: int) -> tuple[Passage, ...]:
    """The passages of `document` in order.

    Each lies in one article, ends on a sentence boundary and, where a paragraph allows, on a paragraph's end; where
    the document has pages, all its sentences begin on one. None ends with a heading below which something stands on
    that page. Every character of an article that is not white space lies in exactly one passage, and
    `document.text[p.start:p.end] == p.text`. Tables are cut between rows, and finer, since they say more in fewer
    words.
    """
    text = document.text
    cuts = _Cuts(document)

    def page_of(at: int) -> int | None:
        return bisect_right(document.pages, at) or None

    def passage(article: Article, span: Span) -> Passage:
        key = passage_id(document.id, span)
        return Passage(key, document.id, article.ordinal, span.start, span.end, span.of(text), page_of(span.start))

    return tuple(
        passage(article, span)
        for article in articles
        for span in (
            _pack(text, _blocks(text, article.span, cuts), words, page_of, cuts)
            if article.columns is None
            else _pack(text, [(article.span, list(_rows(text, article.span)))], max(1, words // 2), page_of, cuts)
        )
    )


_CHARACTERS_A_WORD = 12
"""A text without blanks has a word for so many characters, so that no passage of it grows without an end."""
_Block = tuple[Span, Sequence[Span]]
"""A paragraph and its sentences, or a table and its rows."""


class _Cuts:
    """Where the blocks of a document cut its paragraphs, beside what its sentences tell."""

    def __init__(self, document: Document) -> None:
        blocks = packed(document.blocks)
        headings = [blocks[place].span for place in blocks.places_of("heading")]
        starts = blocks.starts()
        others = [int(starts[place]) for kind in ("item", "row") for place in blocks.places_of(kind)]
        begins = {document.text.rfind("\n", 0, place) + 1 for place in (*others, *(span.start for span in headings))}
        after = {document.text.find("\n", span.end) + 1 for span in headings} - {0}
        self._places = sorted(begins | after)
        self._starts = [span.start for span in headings]
        self._ends = [span.end for span in headings]

    def pieces(self, paragraph: Span) -> Iterator[Span]:
        """A paragraph cut at the lines where a block begins, and after those where a heading ends."""
        low, high = bisect_right(self._places, paragraph.start), bisect_left(self._places, paragraph.end)
        edges = [paragraph.start, *self._places[low:high], paragraph.end]
        return (Span(start, end) for start, end in pairwise(edges))

    def is_heading(self, unit: Span) -> bool:
        """Whether a heading stands in a sentence's place."""
        place = bisect_left(self._starts, unit.end) - 1
        return place >= 0 and self._ends[place] > unit.start


def _blocks(text: str, within: Span, cuts: _Cuts) -> Iterator[_Block]:
    for paragraph in paragraphs(text, within):
        yield paragraph, [unit for piece in cuts.pieces(paragraph) for unit in sentences(text, piece)]


def _rows(text: str, table: Span) -> Iterator[Span]:
    """The rows of a table, a line each; one longer than a sentence may be is cut as sentences are."""
    start = table.start
    while start < table.end:
        end = text.find("\n", start, table.end)
        row = Span(start, table.end if end < 0 else end)
        yield from sentences(text, row) if len(row) > MAX_SENTENCE else [row]
        start = row.end + 1


@dataclass(slots=True)
class _Open:
    """The units of the passage that is being packed, and its headings at the end, which may go to the next."""

    start: int = -1
    end: int = -1
    count: int = 0
    held: list[tuple[Span, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many words there are."""
        return self.count + sum(length for _, length in self.held)

    @property
    def first(self) -> int:
        """Where the first unit starts."""
        return self.start if self.count else self.held[0][0].start

    def add(self, unit: Span, length: int, *, is_heading: bool) -> None:
        if is_heading:
            self.held.append((unit, length))
            return
        self.start = self.first if self.count or self.held else unit.start
        self.count = self.size + length
        self.end = unit.end
        self.held.clear()

    def close(self, *, hold: bool) -> Iterator[Span]:
        """The passage; its last headings stay for the next with `hold`, unless there is nothing else."""
        if self.held and not (hold and self.count):
            self.start, self.end = self.first, self.held[-1][0].end
            self.held.clear()
        if self.end > 0:
            yield Span(self.start, self.end)
        self.start, self.end, self.count = -1, -1, 0


def _words(text: str) -> int:
    return max(len(text.split()), len(text) // _CHARACTERS_A_WORD)


def _pack(
    text: str, blocks: Iterable[_Block], words: int, page_of: Callable[[int], int | None], cuts: _Cuts
) -> Iterator[Span]:
    """Units joined until the next would overshoot; once half full, the place before a heading or a block's end is."""
    passage = _Open()
    for block, units in blocks:
        size = _words(block.of(text))
        is_over = passage.size + size > words or (bool(units) and cuts.is_heading(units[0]))
        if is_over and passage.count and passage.count * 2 >= words:
            yield from passage.close(hold=True)
        for unit in units:
            length = _words(unit.of(text))
            if passage.size and page_of(unit.start) != page_of(passage.first):
                yield from passage.close(hold=False)
            elif passage.size and passage.size + length > words * 1.25:
                yield from passage.close(hold=True)
            is_mark = bool(passage.held) and not any(character.isalnum() for character in unit.of(text))
            passage.add(unit, length, is_heading=is_mark or cuts.is_heading(unit))
    yield from passage.close(hold=False)
