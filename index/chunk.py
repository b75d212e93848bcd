"""Passages, cut by spans: whole sentences of one article, or whole rows of a table, near a given number of words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from index.sentences import MAX_SENTENCE, paragraphs, sentences
from index.types import Article, Document, Passage, Span, passage_id


def chunk(document: Document, articles: Sequence[Article], words: int) -> tuple[Passage, ...]:
    """The passages of `document` in order.

    Each lies in one article, ends on a sentence boundary and, where a paragraph allows, on a paragraph's end; where
    the document has pages, all its sentences begin on one. Every character of an article that is not white space lies
    in exactly one passage, and `document.text[p.start:p.end] == p.text`. Tables are cut between rows, and finer, since
    they say more in fewer words.
    """
    text = document.text

    def page_of(at: int) -> int | None:
        return bisect_right(document.pages, at) or None

    def passage(article: Article, span: Span) -> Passage:
        key = passage_id(document.id, span)
        return Passage(key, document.id, article.ordinal, span.start, span.end, span.of(text), page_of(span.start))

    return tuple(
        passage(article, span)
        for article in articles
        for span in (
            _pack(text, _blocks(text, article.span), words, page_of)
            if article.columns is None
            else _pack(text, [(article.span, list(_rows(text, article.span)))], max(1, words // 2), page_of)
        )
    )


_Block = tuple[Span, Sequence[Span]]
"""A paragraph and its sentences, or a table and its rows."""


def _blocks(text: str, within: Span) -> Iterator[_Block]:
    return ((paragraph, sentences(text, paragraph)) for paragraph in paragraphs(text, within))


def _rows(text: str, table: Span) -> Iterator[Span]:
    """The rows of a table, a line each; one longer than a sentence may be is cut as sentences are."""
    start = table.start
    while start < table.end:
        end = text.find("\n", start, table.end)
        row = Span(start, table.end if end < 0 else end)
        yield from sentences(text, row) if len(row) > MAX_SENTENCE else [row]
        start = row.end + 1


def _pack(text: str, blocks: Iterable[_Block], words: int, page_of: Callable[[int], int | None]) -> Iterator[Span]:
    """Units joined until the next would overshoot; a block's end is preferred once half full."""
    start, end, count = -1, -1, 0
    for block, units in blocks:
        size = len(block.of(text).split())
        if count and count + size > words and count * 2 >= words:
            yield Span(start, end)
            start, count = -1, 0
        for unit in units:
            length = len(unit.of(text).split())
            if count and (count + length > words * 1.25 or page_of(unit.start) != page_of(start)):
                yield Span(start, end)
                start, count = -1, 0
            start = unit.start if start < 0 else start
            end = unit.end
            count += length
    if count:
        yield Span(start, end)
