"""What the two searches are given of a passage. What is stored, shown and quoted is the passage alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from index.cut.sentences import sentences
from index.document.structure import Structure
from index.types import Article, Block, Passage, Span

_MOST_HEADINGS = 200
"""Characters of the headings that are repeated with every passage."""


def headings_above(passage: Passage, article: Article, text: str, structure: Structure) -> str:
    """The headings that hold where a passage begins, outermost first; one that is the article's title is left out."""
    path = (_one_line(span.of(text)) for span in structure.headings(passage.start))
    return " · ".join(heading for heading in path if heading != article.title)[-_MOST_HEADINGS:]


def embedding_text(passage: Passage, article: Article, text: str, structure: Structure) -> str:
    """What is embedded of a passage of the document of this `text`, a line for each vector.

    The first line is what stands above: its article's title and date, and headings, those in it too; empty where there
    are none. Then comes each sentence, item and row that it has, at least one.
    """
    inside = (_one_line(block.span.of(text)) for block in structure.within(passage.span) if block.kind == "heading")
    above = (article.title, article.date, headings_above(passage, article, text, structure), *inside)
    first = ". ".join(dict.fromkeys(part for part in above if part))
    lines = [line for line in _lines(passage.span, text, structure) if line]
    return "\n".join((first, *(lines or [_one_line(passage.text)])))


def _lines(within: Span, text: str, structure: Structure) -> Iterator[str]:
    blocks = structure.within(within)
    for block in blocks:
        span = Span(max(block.span.start, within.start), min(block.span.end, within.end))
        if block.kind == "row":
            yield _one_line(row_text(list(_cells(block, span, text))))
        elif block.kind not in ("heading", "furniture"):
            yield from (_one_line(sentence.of(text)) for sentence in sentences(text, span))
    if not blocks:
        yield from (_one_line(sentence.of(text)) for sentence in sentences(text, within))


def _cells(block: Block, span: Span, text: str) -> Iterator[tuple[str, str]]:
    """The cells of a row with their heads; of one that is cut into pieces those of the piece."""
    return ((cell.head, cell.span.of(text)) for cell in block.cells if span.contains(cell.span))


def row_text(cells: Sequence[tuple[str, str]]) -> str:
    """A table's row as it is read, each value under its head: `Zone: 1; Fare: 1.80`. Empty values are left out."""
    return "; ".join(f"{head}: {value}" if head else value for head, value in cells if value)


def lexical_text(passage: Passage, article: Article, headings: str = "") -> str:
    """What is matched by words: the passage under title, outlet and author, whose names then find it, and headings."""
    parts = (article.title, article.outlet, article.author, headings, passage.text)
    return "\n".join(part for part in parts if part)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def digest_of(text: str) -> str:
    """The key under which the vectors of an embedding text are kept."""
    return hashlib.sha256(text.encode()).hexdigest()
