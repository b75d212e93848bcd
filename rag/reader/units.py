"""A passage as the reader reads it: its sentences, list items and rows, each with its exact characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.cut.sentences import sentences
from index.document.structure import Structure
from index.types import Block, Cell, Passage, Source, Span
from rag.reader.layout import Unit

MOST_UNITS = 120
"""Units of one passage that are read."""
_LONGEST_ADDRESS = 6
"""Words of a line that names those who are written to."""
_LONGEST_CONTEXT = 240
"""Characters of title and headings that are read above a passage."""
_LONGEST_WORD = 24
_WORD = re.compile(r"[£$€¥]?\w+(?:[.,:/'’-]\w+)*")


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """A unit with its place in the document.

    `span` is what it stands for, exact; None for the title and headings that are read above a passage. `pieces` tell
    where runs of its text stand in the document; `block` is where its block begins. `cells` are the values of a row
    under their heads. `headings` hold for it, outermost first.
    """

    unit: Unit
    span: Span | None
    block: int = -1
    kind: str = "paragraph"
    pieces: tuple[tuple[int, Span], ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    headings: tuple[str, ...] = ()

    def place(self, start: int, end: int) -> Span | None:
        """Where the characters `start` to `end` of the unit's text stand; None where no one run holds any of them.

        What reaches over several cells is the first of these alone.
        """
        for offset, span in self.pieces:
            low, high = max(start, offset), min(end, offset + len(span))
            if low < high:
                return Span(span.start + low - offset, span.start + high - offset)
        return None


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The characters `start` to `end` with the rest of the words and amounts that they cut: not `200` of `£1,200`.

    A run of characters too long for a word, as where no blanks set words apart, stays cut.
    """
    taken = Span(start, end)
    cut = [word for match in _WORD.finditer(text) if (word := Span(*match.span())).overlap(taken)]
    if not cut or max(map(len, cut)) > _LONGEST_WORD:
        return start, end
    return min(start, cut[0].start), max(end, cut[-1].end)


def claim_of(question: str, text: str, answer: tuple[int, int] | None) -> str:
    """ "Question? Words": what is claimed by the characters of `text` that were read for an answer, or by all of it."""
    words = text[slice(*whole_words(text, *answer))] if answer else text
    return f"{question.rstrip(' ?')}? {words}"


def context_text(source: Source, headings: Sequence[str], author: str | None, date: str | None) -> str:
    """What is read above a passage: who wrote it and when, then title and headings, outermost first."""
    who = ", ".join(part for part in (author or source.author, date or source.date) if part)
    titled = [source.title] if source.title and source.title not in headings[:1] else []
    path = " > ".join(" ".join(part.split()) for part in (*titled, *headings))
    return ". ".join(part for part in (who, path[-_LONGEST_CONTEXT:]) if part)


def heading_path(structure: Structure, text: str, at: int) -> tuple[str, ...]:
    """The headings that hold at a character, outermost first, as printed but for white space."""
    return tuple(" ".join(span.of(text).split()) for span in structure.headings(at))


def passage_units(passage: Passage, source: Source, text: str, structure: Structure) -> tuple[ReadUnit, ...]:
    """The units of a passage of the document of this `text`, its context first; never none.

    Where all is furniture, as where only the head of a mail is left, nothing in it can answer.
    """
    blocks = structure.within(passage.span)
    first = structure.block(passage.start)
    author, date = (first.author, first.date) if first else (None, None)
    context = context_text(source, heading_path(structure, text, passage.start), author, date)
    above = [ReadUnit(Unit(context, candidate=False), None, kind="context")] if context else []
    units = [unit for block in blocks for unit in _under_headings(block, passage.span, text, structure)]
    if not blocks:
        units = list(_sentences(passage.span, text, passage.start, "paragraph"))
    elif not units:
        whole = Unit(passage.span.of(text), candidate=False)
        units = [ReadUnit(whole, passage.span, passage.start, "paragraph", ((0, passage.span),))]
    return (*above, *units[:MOST_UNITS])


def _under_headings(block: Block, within: Span, text: str, structure: Structure) -> Iterator[ReadUnit]:
    path = heading_path(structure, text, block.span.start)
    return (replace(unit, headings=path) for unit in _of_block(block, within, text))


def _of_block(block: Block, within: Span, text: str) -> Iterator[ReadUnit]:
    span = Span(max(block.span.start, within.start), min(block.span.end, within.end))
    if block.kind == "furniture" or not span.of(text).strip():
        return
    if block.kind == "row":
        yield _row(block, span, text)
    elif block.kind == "heading":
        yield ReadUnit(Unit(span.of(text), candidate=False), span, span.start, "heading", ((0, span),))
    elif block.kind == "paragraph" and _is_address(span.of(text)):
        yield ReadUnit(Unit(span.of(text), candidate=False), span, block.span.start, block.kind, ((0, span),))
    else:
        yield from _sentences(span, text, block.span.start, block.kind)


def _is_address(text: str) -> bool:
    """Whether a paragraph only leads to the next, as "Dear all," does: a few words and a comma."""
    return text.rstrip().endswith(",") and len(text.split()) <= _LONGEST_ADDRESS


def _sentences(span: Span, text: str, block: int, kind: str) -> Iterator[ReadUnit]:
    for sentence in _whole_items(sentences(text, span), text):
        yield ReadUnit(Unit(sentence.of(text)), sentence, block, kind, ((0, sentence),))


def _whole_items(spans: Sequence[Span], text: str) -> Iterator[Span]:
    """Sentences, but the number of a list's item together with its first sentence."""
    number: Span | None = None
    for span in spans:
        whole = Span(number.start, span.end) if number else span
        number = None
        if not any(character.isalpha() for character in whole.of(text)) and len(whole) <= 4 and span is not spans[-1]:
            number = whole
        else:
            yield whole


def _cells_of(block: Block, span: Span) -> Sequence[Cell]:
    """The cells of a row; of one that is cut into pieces the first, which names it, and those of the piece."""
    if span == block.span:
        return block.cells
    return (*block.cells[:1], *(cell for cell in block.cells[1:] if span.contains(cell.span)))


def _row(block: Block, span: Span, text: str) -> ReadUnit:
    """A row as `index.cut.searchable.row_text` writes it, each value under its head, and where each value stands."""
    if not block.cells:
        words = " ".join(span.of(text).replace("|", " ").split())
        return ReadUnit(Unit(words, candidate=False), span, span.start, "row")
    written, pieces, cells = "", [], []
    for cell in _cells_of(block, span):
        value = cell.span.of(text)
        cells.append((cell.head, " ".join(value.split())))
        if not value.strip():
            continue
        written += ("; " if written else "") + (f"{cell.head}: " if cell.head else "")
        pieces.append((len(written), cell.span))
        written += value
    return ReadUnit(Unit(written), span, span.start, "row", tuple(pieces), tuple(cells))
