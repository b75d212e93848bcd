"""Whether words stand in the sources as they are given: where, or else what comes nearest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from index.types import Source, Span
from rag.checking.sources import Sources, find_document
from rag.checking.text import require_short
from rag.errors import QuestionInvalid
from rag.reader.units import heading_path, passage_units
from rag.types import Citation

_MOST_PLACES = 20
_NEAR = 12
"""Passages whose sentences are compared with words that stand nowhere."""
_LONGEST_COMPARED = 400
"""Words of a quote and of a sentence that are compared."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Whether `quote` is verbatim, white space aside, and where; else the words that come `nearest`, and how near.

    `likeness` is the share of its words that stand there in order, 1 for what is verbatim, 0 where none does.
    """

    quote: str
    verbatim: bool
    places: tuple[Citation, ...] = ()
    nearest: Citation | None = None
    likeness: float = 0.0


def find_quote(quote: str, sources: Sources, document: str | None = None) -> Quotation:
    """Where `quote` stands, in one document if it is named, in all of them otherwise; twenty places at most.

    Raises: QuestionInvalid, for a quote without a word or one too long; NoDocument.
    """
    require_short(quote)
    if not any(character.isalnum() for character in quote):
        raise QuestionInvalid("The quote has no word; give the words that should stand in a document.")
    among = (find_document(sources, document),) if document is not None else sources.documents
    numbers = {source.document_id: n for n, source in enumerate(sources.documents, start=1)}
    pattern = re.compile(r"\s+".join(map(re.escape, quote.split())))
    places: list[Citation] = []
    for source in among:
        text = sources.text(source.document_id)
        for match in pattern.finditer(text):
            places.append(_citation(sources, numbers[source.document_id], source, Span(*match.span())))
            if len(places) == _MOST_PLACES:
                return Quotation(quote, True, tuple(places), likeness=1.0)
    if places:
        return Quotation(quote, True, tuple(places), likeness=1.0)
    only = among[0].document_id if document is not None else None
    likeness, nearest = max(_compared(quote, sources, numbers, only), key=lambda item: item[0], default=(0.0, None))
    return Quotation(quote, False, (), nearest, round(likeness, 3))


def _compared(
    quote: str, sources: Sources, numbers: dict[str, int], only: str | None
) -> Iterator[tuple[float, Citation]]:
    """The sentences that share words with `quote`, with how much they are like it."""
    words = _words(quote)
    for passage in sources.nearest(quote, _NEAR, only):
        text, source = sources.text(passage.document_id), sources.source(passage)
        structure = sources.structure(passage.document_id)
        for unit in passage_units(passage, source, text, structure):
            if unit.span is not None:
                blocks = SequenceMatcher(None, words, _words(unit.span.of(text)), autojunk=False).get_matching_blocks()
                likeness = sum(block.size for block in blocks) / len(words)
                yield likeness, _citation(sources, numbers[passage.document_id], source, unit.span)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())[:_LONGEST_COMPARED]


def _citation(sources: Sources, label: int, source: Source, span: Span) -> Citation:
    text = sources.text(source.document_id)
    headings = heading_path(sources.structure(source.document_id), text, span.start)
    return Citation(label, "quoted", source, None, span, span.of(text), headings)
