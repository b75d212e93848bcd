"""A part of a document, and its headings, by the offsets that citations count in."""

from __future__ import annotations

from dataclasses import dataclass

from index.types import Source, Span
from rag.checking.sources import Sources, find_document

LONGEST = 20_000
"""Characters that are read at once where no end is named."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The exact characters of a document at `span`; `length` is how many it has in all, `label` its number."""

    source: Source
    label: int
    span: Span
    text: str
    length: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as printed, its level from 1, and where it stands."""

    level: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a document, in order; `length` is how many characters it has, `label` its number."""

    source: Source
    label: int
    headings: tuple[Heading, ...]
    length: int


def read_excerpt(sources: Sources, document: str, start: int = 0, end: int | None = None) -> Excerpt:
    """The characters from `start` to `end` of a document, as far as it has them.

    Raises: NoDocument.
    """
    source = find_document(sources, document)
    text = sources.text(source.document_id)
    first = min(max(0, start), len(text))
    last = min(max(first, first + LONGEST if end is None else end), len(text))
    span = Span(first, last)
    return Excerpt(source, _label(sources, source), span, span.of(text), len(text))


def outline_of(sources: Sources, document: str) -> Outline:
    """The headings of a document. Raises: NoDocument."""
    source = find_document(sources, document)
    text, structure = sources.text(source.document_id), sources.structure(source.document_id)
    headings = []
    for span in structure.heading_spans():
        block = structure.block(span.start)
        headings.append(Heading(block.level if block else 1, " ".join(span.of(text).split()), span.start, span.end))
    return Outline(source, _label(sources, source), tuple(headings), len(text))


def _label(sources: Sources, source: Source) -> int:
    return sources.documents.index(source) + 1
