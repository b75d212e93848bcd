"""A passage as its format sets it: headings, rows as a table under their heads, list items, and the rest as text.

Its quotes are marked, and the words of them that answer are bold. Every word is a slice of the stored text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from index.document.structure import Structure
from index.types import Block, Cell, Span
from rag.app.page.html import safe

_SIGN = re.compile(r"[^\W\d_]?\W|\d+[.)]")


@dataclass(frozen=True, slots=True)
class Marking:
    """A place to mark, and the words in it that answer, where they are known."""

    span: Span
    answer: Span | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Text that lies at `span` of its document, whose whole text is `file_text` where that is known."""

    text: str
    span: Span
    file_text: str | None = None

    def of(self, part: Span) -> str:
        """The words at a part of the document; empty where they are not known."""
        if self.span.contains(part):
            return self.text[part.start - self.span.start : part.end - self.span.start]
        return part.of(self.file_text) if self.file_text is not None else ""


def laid_out(passage: Slice, structure: Structure | None, marks: Sequence[Marking]) -> str:
    """The passage as HTML. Without its document's structure it is text."""
    blocks = (
        [block for block in structure.within(passage.span) if passage.span.contains(block.span)] if structure else []
    )
    at, parts = passage.span.start, list[str]()
    for kind, group in groupby(blocks, _kind):
        same = list(group)
        if kind is None or not _has_words(same):
            continue
        parts.append(_text(passage, Span(at, _signs(passage, at, same[0].span.start)), marks))
        parts.append(_SET[same[0].kind](passage, same, marks))
        at = same[-1].span.end
    return "".join([*parts, _text(passage, Span(at, passage.span.end), marks)])


def has_table(passage: Slice, structure: Structure | None) -> bool:
    """Whether some of it is set as a table, with its heads."""
    blocks = structure.within(passage.span) if structure else ()
    return any(block.cells and passage.span.contains(block.span) for block in blocks)


def marked(passage: Slice, part: Span, marks: Sequence[Marking]) -> str:
    """The words at `part` with every mark that lies in it, as far as it does; marks may overlap."""
    pieces, at = [], part.start
    for mark in sorted(marks, key=lambda mark: (mark.span.start, mark.span.end)):
        span = _common(Span(at, part.end), mark.span)
        if span is None:
            continue
        pieces.append(safe(passage.of(Span(at, span.start))))
        pieces.append(f"<mark>{_bold(passage, span, [mark.answer for mark in marks if mark.answer])}</mark>")
        at = span.end
    return "".join([*pieces, safe(passage.of(Span(at, part.end)))])


def _signs(passage: Slice, at: int, start: int) -> int:
    """Where the signs begin that a format has before a block, on the block's own line; its start where it has none."""
    line = passage.of(Span(at, start)).rpartition("\n")[2]
    return start if any(map(str.isalnum, line)) else start - len(line)


def _kind(block: Block) -> object:
    """What stands together: the rows of one table, list items, and each heading; None for the rest."""
    if block.kind == "row":
        return ("row", block.table)
    if block.kind == "heading":
        return ("heading", block.span)
    return "item" if block.kind == "item" else None


def _has_words(blocks: Sequence[Block]) -> bool:
    """Whether there is something to set: of a table, a row of data."""
    return blocks[0].kind != "row" or any(block.cells for block in blocks)


def _text(passage: Slice, part: Span, marks: Sequence[Marking]) -> str:
    """Words as they stand; nothing where there are but blanks and the marks of a format."""
    words = passage.of(part)
    if not any(char.isalnum() for char in words):
        return ""
    start, end = part.end - len(words.lstrip()), part.start + len(words.rstrip())
    return f'<blockquote dir="auto">{marked(passage, Span(start, end), marks)}</blockquote>'


def _heading(passage: Slice, headings: Sequence[Block], marks: Sequence[Marking]) -> str:
    return "".join(f'<p class="title" dir="auto">{marked(passage, one.span, marks)}</p>' for one in headings)


def _list(passage: Slice, items: Sequence[Block], marks: Sequence[Marking]) -> str:
    rows = "".join(_item(passage, item.span, marks) for item in items)
    return f'<ul class="items">{rows}</ul>'


def _item(passage: Slice, part: Span, marks: Sequence[Marking]) -> str:
    """An item, its own dash or number before it where the format has one."""
    own = ' class="own"' if _SIGN.match(passage.of(part)) else ""
    return f'<li{own} dir="auto">{marked(passage, part, marks)}</li>'


def _table(passage: Slice, rows: Sequence[Block], marks: Sequence[Marking]) -> str:
    """The rows under the heads of their columns. A table can be wider than its card: it scrolls, by keyboard too."""
    data = next(row for row in rows if row.cells)
    heads = [cell.head for cell in data.cells]
    titles = "".join(f'<th scope="col" dir="auto">{safe(head)}</th>' for head in heads)
    top = f"<thead><tr>{titles}</tr></thead>" if any(heads) else ""
    body = "".join(_rows(passage, rows, heads, marks))
    return (
        '<div class="grid" tabindex="0" role="region" aria-label="Table">'
        f"<table>{top}<tbody>{body}</tbody></table></div>"
    )


def _rows(passage: Slice, rows: Sequence[Block], heads: Sequence[str], marks: Sequence[Marking]) -> Iterator[str]:
    for row in rows:
        hit = any(mark.span.overlap(row.span) for mark in marks)
        if row.cells:
            cells = "".join(_cell(passage, cell, marks) for cell in row.cells)
            yield f'<tr class="{"hit" * hit}">{cells}</tr>'
        elif hit or not _are_heads(passage.of(row.span), heads):
            yield f'<tr><th colspan="{len(heads)}" dir="auto">{marked(passage, row.span, marks)}</th></tr>'


def _cell(passage: Slice, cell: Cell, marks: Sequence[Marking]) -> str:
    return f'<td dir="auto">{marked(passage, cell.span, marks)}</td>'


_SET = {"heading": _heading, "item": _list, "row": _table}
"""How each kind that is set as such is written."""


def _are_heads(words: str, heads: Sequence[str]) -> bool:
    """Whether a row without values is the row of heads, which stand above already."""
    known = _letters("".join(heads))
    return all(_letters(word) in known for word in words.split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _bold(passage: Slice, part: Span, answers: Sequence[Span]) -> str:
    """A part with the first of `answers` that lies in it bold, as far as it does."""
    answer = next((common for each in answers if (common := _common(part, each))), None)
    if answer is None:
        return safe(passage.of(part))
    before, words, after = Span(part.start, answer.start), answer, Span(answer.end, part.end)
    return f"{safe(passage.of(before))}<strong>{safe(passage.of(words))}</strong>{safe(passage.of(after))}"


def _common(part: Span, other: Span) -> Span | None:
    """Where both are; None where they share no character."""
    start, end = max(part.start, other.start), min(part.end, other.end)
    return Span(start, end) if start < end else None
