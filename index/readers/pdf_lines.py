"""The lines of a PDF's page as a person reads them: column after column, whatever the order in which they are drawn."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw

from index.readers import grid
from index.readers.hyphens import BREAK
from index.readers.pdf_tables import Grid, grids_of

_UNSEEN = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})
_GAP = 0.9
"""Words further apart than this many sizes of their letters may be of two columns."""
_FEWEST_LINES = 3
_FEWEST_WORDS = 3
_FULL = 0.5
"""Lines of a column of prose fill at least this part of it, in the middle; cells of a table do not."""
_DEEPEST = 6
_BOLD = 600
_LONG_CELL = 600
_WORD_OR_END = re.compile(rf"[\r\n]|[^\s{BREAK}]+{BREAK}?|{BREAK}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page, its characters by their numbers, and its left and right edge in points."""

    text: str
    places: Sequence[int]
    left: float
    right: float


@dataclass(frozen=True)
class Line:
    """Words that stand side by side. In points: where on the page, from below, its first and last character stand, and
    the size of its letters."""

    words: tuple[Word, ...]
    first: float
    last: float
    size: float
    is_bold: bool = False

    @cached_property
    def text(self) -> str:
        """The words, a blank between them."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def left(self) -> float:
        """The left edge."""
        return min(word.left for word in self.words)

    @cached_property
    def right(self) -> float:
        """The right edge."""
        return max(word.right for word in self.words)


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table that is drawn with lines: for each place of each row the lines of text in it, or what covers it."""

    rows: list[list[list[Line] | str]]

    def lines(self) -> Iterator[Line]:
        """All lines, cell by cell."""
        return (line for row in self.rows for cell in row if not isinstance(cell, str) for line in cell)


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines and tables of a page in the order of reading, its height in points, and the characters that nobody
    sees."""

    parts: list[Line | Ruled]
    height: float
    hidden: str = ""
    turned: int = 0
    """Words whose letters were drawn from left to right though they are read from right to left, and were turned."""

    @property
    def lines(self) -> list[Line]:
        """The lines that stand in no table."""
        return [part for part in self.parts if isinstance(part, Line)]

    def all_lines(self) -> Iterator[Line]:
        """The lines, those of tables cell by cell."""
        for part in self.parts:
            yield from [part] if isinstance(part, Line) else part.lines()


def lines_of(page: pdfium.PdfPage) -> PageLines:
    """The lines of a page; what is drawn so that nobody sees it is left out."""
    textpage = page.get_textpage()
    try:
        reading = _Reading(textpage, hides=_may_hide(page))
    finally:
        textpage.close()
    parts: list[Line | Ruled] = list(reading.lines)
    for grid_found in grids_of(page):
        parts = _with_table(parts, grid_found)
    if not any(isinstance(part, Ruled) for part in parts):
        parts = list(in_reading_order(reading.lines))
    return PageLines(parts, page.get_height(), reading.hidden, reading.turned)


def _with_table(parts: Sequence[Line | Ruled], table: Grid) -> list[Line | Ruled]:
    """The parts with a table where the first of its words stands; as they are where no two cells have words."""
    cells: defaultdict[tuple[int, int], list[Line]] = defaultdict(list)
    rest: list[Line | Ruled] = []
    place: int | None = None
    for part in parts:
        if isinstance(part, Ruled):
            rest.append(part)
            continue
        outside: list[Word] = []
        inside: defaultdict[tuple[int, int], list[Word]] = defaultdict(list)
        for word in part.words:
            cell = table.cell((word.left + word.right) / 2, part.first + part.size / 4)
            (outside if cell is None else inside[cell]).append(word)
        if inside and place is None:
            place = len(rest)
        for cell, words in inside.items():
            cells[_origin(table, *cell)].append(replace(part, words=tuple(words)))
        if outside:
            rest.append(replace(part, words=tuple(outside)))
    longest = max((sum(len(line.text) for line in lines) for lines in cells.values()), default=0)
    if place is None or len(cells) < 2 or longest > _LONG_CELL:  # a frame around prose is no table
        return list(parts)
    rest.insert(place, Ruled([_places(table, cells, row) for row in range(len(table.rows) - 1)]))
    return rest


def _origin(table: Grid, row: int, column: int) -> tuple[int, int]:
    """The first of the places that a cell without lines in it covers."""
    while table.is_open_left(row, column):
        column -= 1
    while table.is_open_above(row, column):
        row -= 1
    return row, column


def _places(table: Grid, cells: Mapping[tuple[int, int], list[Line]], row: int) -> list[list[Line] | str]:
    places: list[list[Line] | str] = []
    for column in range(len(table.columns) - 1):
        if table.is_open_left(row, column):
            places.append(grid.LEFT)
        elif table.is_open_above(row, column):
            places.append(grid.ABOVE)
        else:
            places.append(cells.get((row, column), []))
    return places


def _may_hide(page: pdfium.PdfPage) -> bool:
    """Whether a page has invisible text and no picture: over a scan, such text is what OCR has read in it."""
    objects = [raw.FPDFPage_GetObject(page, at) for at in range(raw.FPDFPage_CountObjects(page))]
    kinds = [raw.FPDFPageObj_GetType(item) for item in objects]
    texts = (item for item, kind in zip(objects, kinds, strict=True) if kind == raw.FPDF_PAGEOBJ_TEXT)
    pictures = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM}
    return pictures.isdisjoint(kinds) and any(raw.FPDFTextObj_GetTextRenderMode(item) in _UNSEEN for item in texts)


class _Reading:
    """Reads the characters of a page into lines."""

    def __init__(self, textpage: pdfium.PdfTextPage, *, hides: bool) -> None:
        self._textpage = textpage
        self.lines: list[Line] = []
        self.hidden = ""
        self.turned = 0
        self._words: list[Word] = []
        self._raw = textpage.raw
        self._box = tuple(ctypes.c_double() for _ in range(4))
        text, places = _characters(textpage)
        if hides:
            text, places = self._seen(text, places)
        for match in _WORD_OR_END.finditer(text):
            if match[0] in "\r\n":
                self._end_line()
                continue
            self._add_word(match[0], places[match.start() : match.end()])
            if match[0].endswith(BREAK):
                self._end_line()
        self._end_line()

    def _seen(self, text: str, places: Sequence[int]) -> tuple[str, list[int]]:
        """The characters that are seen, with their numbers; the ends of lines always are."""
        seen = [at for at, char in zip(places, text, strict=True) if char in "\r\n" or self._is_seen(at)]
        visible = set(seen)
        self.hidden = "".join(char for at, char in zip(places, text, strict=True) if at not in visible)
        return "".join(text[at] for at in seen), seen

    def _is_seen(self, at: int) -> bool:
        item = raw.FPDFText_GetTextObject(self._textpage, at)
        return not item or raw.FPDFTextObj_GetTextRenderMode(item) not in _UNSEEN

    def _add_word(self, text: str, places: Sequence[int]) -> None:
        if not text.isascii():
            # Characters beyond the first 65,536 may come as two halves.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            if len(text) == len(places):
                text, places = self._turned(text, places)
        (first_left, first_right), (last_left, last_right) = self._edges(places[0]), self._edges(places[-1])
        self._words.append(Word(text, places, min(first_left, last_left), max(first_right, last_right)))

    def _turned(self, text: str, places: Sequence[int]) -> tuple[str, Sequence[int]]:
        """The word with its run of letters that are read from right to left set right where they are reversed."""
        run = [at for at, character in enumerate(text) if _is_from_right(character)]
        if len(run) < 2 or len(run) != run[-1] - run[0] + 1:
            return text, places
        if self._edges(places[run[0]])[0] >= self._edges(places[run[-1]])[0]:
            return text, places
        first, last = run[0], run[-1] + 1
        self.turned += 1
        return (
            text[:first] + text[first:last][::-1] + text[last:],
            [*places[:first], *places[first:last][::-1], *places[last:]],
        )

    def _end_line(self) -> None:
        if not self._words:
            return
        first, last = self._words[0].places[0], self._words[-1].places[-1]
        middle = self._words[len(self._words) // 2].places[0]  # a bullet or a note's number may be smaller
        size = raw.FPDFText_GetFontSize(self._textpage, middle)
        is_bold = raw.FPDFText_GetFontWeight(self._textpage, middle) >= _BOLD
        words = tuple(self._words)
        self._words.clear()
        self.lines.append(Line(words, self._height(first), self._height(last), size, is_bold))

    def _edges(self, at: int) -> tuple[float, float]:
        raw.FPDFText_GetCharBox(self._raw, at, *self._box)
        return self._box[0].value, self._box[1].value

    def _height(self, at: int) -> float:
        across, up = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._textpage, at, across, up)
        return up.value


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, Sequence[int]]:
    """The characters of a page, all at once where PDFium gives as many as it counts, else one by one; their numbers."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if len(text) != count:
        text = "".join(chr(raw.FPDFText_GetUnicode(textpage, at)) for at in range(count))
    return text, range(count)


def _is_from_right(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL", "NSM")


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """The lines, with those of columns that stand side by side taken apart and put below each other."""
    rows: list[_Row] = []
    for line in lines:
        if rows and _is_beside(rows[-1][-1], line):
            rows[-1] += _cut(line)
        else:
            rows.append(_cut(line))
    if sum(len(row) > 1 for row in rows) < _FEWEST_LINES:
        return list(lines)
    return [_one(row) for row in _ordered(rows, _DEEPEST)]


def _is_beside(left: Line, right: Line) -> bool:
    """Whether a line stands right of another, at its height: PDFium parts what stands far apart."""
    return abs(left.last - right.first) < 0.3 * right.size and left.right < right.left


_Row = list[Line]
"""The pieces of a line, from left to right."""


def _cut(line: Line) -> _Row:
    """A line cut where its words stand far apart."""
    pieces: list[list[Word]] = [[]]
    for word in sorted(line.words, key=lambda word: word.left) if _is_level(line) else line.words:
        if pieces[-1] and word.left - pieces[-1][-1].right > _GAP * max(line.size, 1.0):
            pieces.append([])
        pieces[-1].append(word)
    if len(pieces) == 1:
        return [line]
    return [Line(tuple(piece), line.first, line.last, line.size, line.is_bold) for piece in pieces]


def _is_level(line: Line) -> bool:
    """Whether the words stand from left to right, none of them turned."""
    return all(left.left <= right.left for left, right in pairwise(line.words))


def _one(row: _Row) -> Line:
    if len(row) == 1:
        return row[0]
    words = tuple(word for piece in row for word in piece.words)
    return Line(words, row[0].first, row[-1].last, row[0].size, row[0].is_bold)


def _ordered(rows: list[_Row], depth: int) -> list[_Row]:
    """The rows, the longest run of them that two columns make replaced by one column after the other."""
    best = max((_run(rows, cut) for cut in _cuts(rows)), key=lambda run: run[1] - run[0], default=(0, 0, 0.0))
    first, last, cut = best
    if not depth or last - first < _FEWEST_LINES:
        return rows
    left = [_left_of(row, cut) for row in rows[first:last]]
    right = [_right_of(row, cut) for row in rows[first:last]]
    return [
        *_ordered(rows[:first], depth - 1),
        *_ordered([row for row in left if row], depth - 1),
        *_ordered([row for row in right if row], depth - 1),
        *_ordered(rows[last:], depth - 1),
    ]


def _cuts(rows: Sequence[_Row]) -> list[float]:
    """Places between columns: in the middle of the gaps of the rows."""
    gaps = [(one.right + two.left) / 2 for row in rows for one, two in pairwise(row)]
    distinct: list[float] = []
    for gap in sorted(gaps):
        if not distinct or gap - distinct[-1] > 2.0:
            distinct.append(gap)
    return distinct


def _run(rows: Sequence[_Row], cut: float) -> tuple[int, int, float]:
    """The longest run of rows that `cut` parts into two columns of prose, and the place; none is `(0, 0, _)`."""
    best = (0, 0, cut)
    begun: int | None = None
    for at in range(len(rows) + 1):
        crossed = at == len(rows) or any(piece.left < cut < piece.right for piece in rows[at])
        if not crossed:
            begun = at if begun is None else begun
            continue
        if begun is not None:
            first, last = _trimmed(rows, cut, begun, at)
            if last - first > best[1] - best[0] and _are_columns(rows[first:last], cut):
                best = (first, last, cut)
        begun = None
    return best


def _trimmed(rows: Sequence[_Row], cut: float, first: int, last: int) -> tuple[int, int]:
    """The run from its first row that stands on both sides to its last; one column may go on longer below."""
    both = [at for at in range(first, last) if _sides(rows[at], cut) == (True, True)]
    if len(both) < _FEWEST_LINES:
        return first, first
    end = both[-1] + 1
    while (
        end < last and _sides(rows[end], cut) in ((True, False), (False, True)) and _is_next(rows[end - 1], rows[end])
    ):
        end += 1
    return both[0], end


def _sides(row: _Row, cut: float) -> tuple[bool, bool]:
    return bool(_left_of(row, cut)), bool(_right_of(row, cut))


def _is_next(above: _Row, below: _Row) -> bool:
    return 0 < above[-1].last - below[0].first < 2 * max(below[0].size, 1.0)


def _are_columns(rows: Sequence[_Row], cut: float) -> bool:
    """Whether what stands next to `cut` on each side is prose."""
    left = [max(pieces, key=lambda piece: piece.right) for row in rows if (pieces := _left_of(row, cut))]
    right = [min(pieces, key=lambda piece: piece.left) for row in rows if (pieces := _right_of(row, cut))]
    return _is_prose(left) and _is_prose(right)


def _is_prose(pieces: Sequence[Line]) -> bool:
    if len(pieces) < _FEWEST_LINES:
        return False
    width = max(piece.right for piece in pieces) - min(piece.left for piece in pieces)
    words = median(len(piece.words) for piece in pieces)
    return words >= _FEWEST_WORDS and median(piece.right - piece.left for piece in pieces) >= _FULL * width


def _left_of(row: _Row, cut: float) -> _Row:
    return [piece for piece in row if piece.right <= cut]


def _right_of(row: _Row, cut: float) -> _Row:
    return [piece for piece in row if piece.left >= cut]
