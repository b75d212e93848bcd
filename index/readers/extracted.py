"""What a reader makes of a file, and the composer that puts it together.

Offsets count characters of the text as it ends up, so whatever is left out is left out before it is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.document.blocks import Blocks, BlockWriter
from index.errors import UnreadableFile
from index.readers import grid
from index.readers.grid import Heads
from index.readers.lines import write_blocks
from index.readers.rows import write_row
from index.types import BlockKind, Frame, ScannedSpan, Section, Span

MAX_CHARACTERS = 50_000_000
"""A text longer than this is refused: a library in one file, or a bomb."""
_REACH = 200
"""Further on a word of a page is not looked for."""
WIDE_TABLE = 500
"""A row of more columns than this is longer than a passage."""
MAX_LINE = 5_000_000
"""And so is one with a longer line, which no book is."""

# Soft hyphens, zero-width spaces and joins, Mongolian vowel separators, invisible operators, byte order marks and tag
# characters. The joiners that scripts and emoji need, and variation selectors, are told only where three or more stand
# together, which is how a message is smuggled in them.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]|[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def require_lines(text: str) -> None:
    """Raises: UnreadableFile, when a line of `text` is longer than MAX_LINE."""
    longest = max(map(len, text.split("\n"))) if len(text) > MAX_LINE else 0
    if longest > MAX_LINE:
        raise UnreadableFile(f"has a line of {longest:,} characters; the limit is {MAX_LINE:,}")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file and what its reader knows of it; the fields are those of `index.types.Document`."""

    text: str
    encoding: str
    replaced: int = 0
    hidden: int = 0
    pages: tuple[int, ...] = ()
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    scanned: tuple[ScannedSpan, ...] = ()
    blocks: Blocks = Blocks()  # noqa: RUF009 - nothing changes it


def visible(text: str) -> tuple[str, int]:
    """`text` without the characters that nobody sees, and how many those were."""
    seen = _INVISIBLE.sub("", text)
    return seen, len(text) - len(seen)


class Composer:
    """Puts a text together from blocks, and knows where each page and section of it lies.

    Raises: UnreadableFile, from any method that adds text, when the text or a line of it grows past the limits above.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self._parts: list[str] = []
        self._length = 0
        self._replaced = 0
        self._hidden = 0
        self._pages: list[int] = []
        self._sections: list[Section] = []
        self._open: Section | None = None
        self._notes: list[str] = []
        self._scanned: list[ScannedSpan] = []
        self._blocks = BlockWriter()

    def block(self, text: str, gap: str = "\n\n", kind: BlockKind = "paragraph", level: int = 0) -> None:
        """Add a block, `gap` after what stands before it; one that is empty or all white space adds nothing."""
        clean = self._clean(text).strip()
        if clean:
            self._append((gap if self._length else "") + clean)
            self._blocks.add(kind, self._length - len(clean), self._length, level)

    def attribute(self, author: str | None, date: str | None) -> None:
        """The blocks from here on are what somebody else wrote, as far as that is printed; None for nobody else."""
        self._blocks.attribute(self._line(author), date)

    def text(self, text: str, gap: str = "\n\n") -> None:
        """Add a text that is kept as it is written, whose own lines tell its blocks."""
        clean = self._clean(text).strip()
        if clean:
            self._append((gap if self._length else "") + clean)
            write_blocks(clean, self._blocks, self._length - len(clean))

    def include(self, inner: Extracted, title: str) -> None:
        """Add the whole of another file as sections of its own, whose titles begin with `title`.

        What was left out of it is counted and told with what was left out here; where its pages begin is not kept.
        """
        self._close()
        if not inner.text:
            return
        self._append(("\n\n" if self._length else "") + inner.text)
        offset = self._length - len(inner.text)
        sections = inner.sections or (Section(Span(0, len(inner.text))),)
        self._sections += (
            replace(
                section,
                span=Span(section.span.start + offset, section.span.end + offset),
                title=": ".join(dict.fromkeys(filter(None, (title, section.title)))),
            )
            for section in sections
        )
        self._blocks.copy(inner.blocks, offset)
        self._scanned += (
            replace(word, span=Span(word.span.start + offset, word.span.end + offset)) for word in inner.scanned
        )
        self._hidden += inner.hidden
        self._replaced += inner.replaced
        self._notes += (f"{title}: {note}" for note in inner.notes)

    def table(self, rows: Iterable[Sequence[str]], heads: Heads | None = None, marked: int | None = None) -> None:
        """Add a table, a line a row; a row is its places from left to right, as `grid` tells of covered ones.

        The heads are judged by `grid`, of whose `marked` first rows they are known to be, unless they are given.
        """
        if heads is None:
            heads, rows = grid.judged(rows, marked)
        self._blocks.table(heads.names)
        above: list[int] = []
        widest = 0
        for number, places in enumerate(rows):
            widest = max(widest, len(places))
            above = self._row(places, above, heads, number)
        if widest > WIDE_TABLE:
            self.note(f"a table has {widest:,} columns: its rows are searched in pieces")

    def _row(self, places: Sequence[str], above: Sequence[int], heads: Heads, number: int) -> list[int]:
        """Add a row of a table; the start and the end of each of its cells, those covered taken from `above`."""
        own = ["" if place in grid.COVERED else grid.plain(place) for place in places]
        line = grid.line(own)
        if self._clean(line) != line:
            own = [grid.plain(_cleaned(cell)[0]) for cell in own]
            line = grid.line(own)
        if not line:
            return list(above)
        gap = "\n" if number else "\n\n"
        self._append((gap if self._length else "") + line)
        end, at = self._length, self._length - len(line) + 2
        edges: list[int] = []
        for cell in own:
            edges += (at, at + len(cell)) if at < end else (end, end)
            at += len(cell) + 3
        if grid.LEFT in places or grid.ABOVE in places:
            grid.cover(edges, places, above)
        edges += [end] * (2 * len(heads.names) - len(edges))
        write_row(self._blocks, Span(end - len(line), end), edges, places, number, heads)
        return edges

    def page(self) -> None:
        """A page begins with the next block."""
        self._pages.append(self._length)

    def scan(self, words: Iterable[tuple[str, float, Frame]]) -> None:
        """The words that OCR has read on the page last begun, with how sure it is and where they stand, in order."""
        begun = self._pages[-1]
        count, length = 0, self._length
        while length > begun:
            count += 1
            length -= len(self._parts[-count])
        text = "".join(self._parts[-count:]) if count else ""
        at = 0
        for word, confidence, frame in words:
            clean = visible(word)[0].rstrip("-")
            place = text.find(clean, at, at + _REACH) if clean else -1
            if place >= 0:
                at = place + len(clean)
                self._scanned.append(ScannedSpan(Span(begun + place, begun + at), confidence, frame))

    def section(
        self,
        title: str | None = None,
        *,
        outlet: str | None = None,
        author: str | None = None,
        date: str | None = None,
        columns: str | None = None,
    ) -> None:
        """A section begins with the next block, and the one before it is over; without text it is left out."""
        self._close()
        self._open = Section(
            Span(self._length, self._length),
            title=self._line(title),
            outlet=self._line(outlet),
            author=self._line(author),
            date=date,
            columns=columns,
        )

    def hide(self, text: str) -> None:
        """Count text that is left out because nobody sees it."""
        self.hide_count(len("".join(text.split())))

    def hide_count(self, characters: int) -> None:
        """Count characters that are left out because nobody sees them."""
        self._hidden += characters

    def note(self, text: str) -> None:
        """Tell something else that was left out."""
        self._notes.append(text)

    def done(self, *, replaced: int = 0) -> Extracted:
        """All that was added; `replaced` counts characters that were lost before they came here."""
        self._close()
        text = "".join(self._parts)
        return Extracted(
            text=text,
            encoding=self._encoding,
            replaced=self._replaced + replaced,
            hidden=self._hidden,
            pages=tuple(_first_mark(text, page) for page in self._pages),
            sections=tuple(
                replace(section, span=Span(_first_mark(text, section.span.start), section.span.end))
                for section in self._sections
            ),
            notes=tuple(self._notes),
            scanned=tuple(self._scanned),
            blocks=self._blocks.done(),
        )

    def _clean(self, text: str) -> str:
        clean, replaced, hidden = _cleaned(text)
        self._replaced += replaced
        self._hidden += hidden
        return clean

    def _line(self, text: str | None) -> str | None:
        return " ".join(self._clean(text).split()) or None if text else None

    def _append(self, text: str) -> None:
        require_lines(text)
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise UnreadableFile(f"holds more than {MAX_CHARACTERS:,} characters of text")
        self._parts.append(text)

    def _close(self) -> None:
        if self._open is not None and self._open.span.start < self._length:
            self._sections.append(replace(self._open, span=Span(self._open.span.start, self._length)))
        self._open = None


def _cleaned(text: str) -> tuple[str, int, int]:
    """`text` as it is kept, and how many of its characters are half ones, and how many nobody sees."""
    text, surrogates = _SURROGATE.subn("\ufffd", text)
    seen, hidden = visible(_CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return seen, surrogates, hidden


def _first_mark(text: str, at: int) -> int:
    """Where the block begins that stands after the gap at `at`."""
    while at < len(text) and text[at] == "\n":
        at += 1
    return at
