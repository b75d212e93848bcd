"""Passages, cut by spans: whole sentences of one article, near a given number of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.sentences import paragraphs, sentences
from index.types import Article, Document, Passage, Span, passage_id


def chunk(document: Document, articles: Sequence[Article], words: int) -> tuple[Passage, ...]:
    """The passages of `document` in order.

    Each lies in one article, ends on a sentence boundary and, where a paragraph allows, on a paragraph's end.
    Every character of an article that is not white space lies in exactly one passage, and
    `document.text[p.start:p.end] == p.text`.
    """
    text = document.text
    return tuple(
        Passage(passage_id(document.id, span), document.id, article.ordinal, span.start, span.end, span.of(text))
        for article in articles
        for span in _pack(text, article.span, words)
    )


def _pack(text: str, article: Span, words: int) -> Iterator[Span]:
    """Sentences joined until the next would overshoot; a paragraph's end is preferred once half full."""
    start, end, count = -1, -1, 0
    for paragraph in paragraphs(text, article):
        size = len(paragraph.of(text).split())
        if count and count + size > words and count * 2 >= words:
            yield Span(start, end)
            start, count = -1, 0
        for sentence in sentences(text, paragraph):
            length = len(sentence.of(text).split())
            if count and count + length > words * 1.25:
                yield Span(start, end)
                start, count = -1, 0
            start = sentence.start if start < 0 else start
            end = sentence.end
            count += length
    if count:
        yield Span(start, end)
