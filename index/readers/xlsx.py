"""Excel workbooks: a section a sheet, a line a row, cells as they are shown: dates as dates, shares in per cent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from index.readers import grid
from index.readers.archive import Archive
from index.readers.extracted import Composer, Extracted
from index.readers.xml import End, Start

_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_TIMES_ONLY = frozenset({18, 19, 20, 21, 45, 46, 47})
_SHARES = frozenset({9, 10})
_DECIMALS = {2: "2", 4: "2", 39: "2", 40: "2"}
"""Number formats that every workbook has, by their numbers."""
_FIXED = re.compile(r"0\.(0{1,10})(?![0#?e])")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_MAX_COLUMNS = 16_384
_DIGITS = 10
_OFF = (None, "0", "false")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["'](\$?[A-Z]{1,3}\$?\d{1,7}:\$?[A-Z]{1,3}\$?\d{1,7})["']""")
_CHUNK, _LONGEST_TAG, _MOST_MERGES = 1024 * 1024, 200, 100_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """What the sheets of a workbook share: its strings, the kind of number each style shows, and the first day."""

    strings: list[str]
    styles: list[str]
    epoch: datetime


@dataclass(slots=True)
class _Cell:
    """A cell; `column` is None where no workbook has one."""

    column: int | None
    kind: str = "n"
    style: int = 0
    pieces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """The cells of a row by column. `impossible` counts those that stand where no workbook has a cell."""

    is_hidden: bool
    number: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    impossible: int = 0


def read_xlsx(data: bytes) -> Extracted:
    """The rows of every sheet; hidden sheets, rows and columns are left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, or no workbook.
    """
    archive = Archive(data)
    main = archive.main("workbook", "an Excel workbook")
    sheets, book = _workbook(archive, main)
    composer = Composer()
    for sheet in sheets:
        if sheet.part not in archive:
            continue
        rows = _possible(_rows(archive, sheet.part, book), composer, sheet.name)
        if sheet.is_hidden:
            composer.note(f"the sheet {sheet.name!r} is hidden and was left out")
            composer.hide_count(sum(_size(cell) for row in rows for cell in row.cells.values()))
        else:
            _compose(composer, sheet, rows, _merges(archive, sheet.part))
    return composer.done()


def _possible(rows: Iterator[_Row], composer: Composer, sheet: str) -> Iterator[_Row]:
    """The rows, with a note at their end of cells that no workbook has."""
    count = 0
    for row in rows:
        count += row.impossible
        yield row
    if count:
        cells = "1 cell" if count == 1 else f"{count:,} cells"
        composer.note(f"{cells} of the sheet {sheet!r} in a column that no workbook has was left out")


def _compose(composer: Composer, sheet: _Sheet, rows: Iterator[_Row], merges: _Merges) -> None:
    heads, places = grid.judged(_places(composer, rows, merges))
    composer.section(title=sheet.name, columns=heads.line)
    composer.table(places, heads)


def _places(composer: Composer, rows: Iterator[_Row], merges: _Merges) -> Iterator[list[str]]:
    """The rows that are shown, as places; what is hidden is counted."""
    for row in rows:
        if row.is_hidden:
            composer.hide_count(sum(map(_size, row.cells.values())))
        elif row.cells:
            yield merges.cover(row.number, [row.cells.get(column, "") for column in range(max(row.cells) + 1)])


def _size(cell: str) -> int:
    return len("".join(cell.split()))


def _workbook(archive: Archive, main: str) -> tuple[list[_Sheet], _Book]:
    related = archive.related(main)
    by_kind = {kind: name for kind, name in related.values() if name in archive}
    sheets: list[_Sheet] = []
    epoch = datetime(1899, 12, 30)
    for event in archive.xml(main):
        if isinstance(event, Start) and event.name == "sheet" and event.attributes.get("r:id") in related:
            kind, part = related[event.attributes["r:id"]]
            if kind == "worksheet":
                hidden = event.attributes.get("state", "visible") != "visible"
                sheets.append(_Sheet(event.attributes.get("name", ""), part, hidden))
        elif isinstance(event, Start) and event.name == "workbookPr" and event.attributes.get("date1904") not in _OFF:
            epoch = datetime(1904, 1, 1)
    strings = list(_strings(archive, by_kind["sharedStrings"])) if "sharedStrings" in by_kind else []
    styles = _styles(archive, by_kind["styles"]) if "styles" in by_kind else []
    return sheets, _Book(strings, styles, epoch)


def _strings(archive: Archive, part: str) -> Iterator[str]:
    pieces: list[str] = []
    path: list[str] = []
    for event in archive.xml(part):
        if isinstance(event, Start):
            path.append(event.name)
        elif isinstance(event, End):
            path.pop()
            if event.name == "si":
                yield "".join(pieces)
                pieces.clear()
        elif path[-1] == "t" and "rPh" not in path:  # not the small signs that tell how a word is said
            pieces.append(event)


def _styles(archive: Archive, part: str) -> list[str]:
    """For each cell style whether it shows a `date`, a `time`, a `share`, so many decimals, or any number (empty)."""
    own: dict[str, str] = {}
    styles: list[str] = []
    in_cells = False
    for event in archive.xml(part):
        if isinstance(event, End):
            in_cells = in_cells and event.name != "cellXfs"
        elif isinstance(event, Start) and event.name == "numFmt":
            own[event.attributes.get("numFmtId", "")] = event.attributes.get("formatCode", "")
        elif isinstance(event, Start) and event.name == "cellXfs":
            in_cells = True
        elif isinstance(event, Start) and event.name == "xf" and in_cells:
            number = event.attributes.get("numFmtId", "0")
            styles.append(_shows(_whole(number) or 0, own.get(number)))
    return styles


def _shows(number: int, code: str | None) -> str:
    if code is None:
        if number in _DATES:
            return "time" if number in _TIMES_ONLY else "date"
        return "share" if number in _SHARES else _DECIMALS.get(number, "")
    plain = _LITERAL.sub("", code.split(";")[0]).lower()
    if re.search("[ymdhs]", plain) and "general" not in plain:
        return "date" if re.search("[yd]|mmm", plain) else "time"
    if "%" in plain:
        return "share"
    decimals = _FIXED.search(plain)
    return str(len(decimals[1])) if decimals else ""


def _rows(archive: Archive, part: str, book: _Book) -> Iterator[_Row]:
    """The rows that a sheet has; the cells of hidden columns come as hidden rows of their own."""
    reading = _Reading(book)
    for event in archive.xml(part):
        if isinstance(event, Start):
            reading.start(event)
        elif isinstance(event, str):
            reading.text(event)
        elif reading.end(event):
            yield from _apart(reading.row, reading.hidden)


def _apart(row: _Row, hidden: set[int]) -> Iterator[_Row]:
    unseen = {at: text for at, text in row.cells.items() if at in hidden and not row.is_hidden}
    if unseen:
        yield _Row(True, row.number, unseen)
        row.cells = {at: text for at, text in row.cells.items() if at not in unseen}
    yield row


class _Reading:
    """Takes the events of one sheet; `row` is the one last begun, `hidden` the columns that are not shown."""

    def __init__(self, book: _Book) -> None:
        self.row = _Row(False)
        self.hidden: set[int] = set()
        self._book = book
        self._cell: _Cell | None = None
        self._path: list[str] = []

    def start(self, event: Start) -> None:
        name, attributes = event
        self._path.append(name)
        if name == "c":
            self._cell = _cell(attributes, next(reversed(self.row.cells), -1) + 1)
        elif name == "row":
            named = attributes.get("r", "")
            number = int(named) if named.isdecimal() else self.row.number + 1
            self.row = _Row(attributes.get("hidden") not in _OFF, number)
        elif name == "col" and attributes.get("hidden") not in _OFF:
            self.hidden.update(_columns(attributes))

    def text(self, text: str) -> None:
        if self._cell is not None and self._path[-1] in ("v", "t"):
            self._cell.pieces.append(text)

    def end(self, event: End) -> bool:
        """Whether a row has ended."""
        self._path.pop()
        if event.name == "c" and self._cell is not None:
            if self._cell.column is None:
                self.row.impossible += 1
            else:
                self.row.cells[self._cell.column] = _displayed(self._cell, self._book)
            self._cell = None
        return event.name == "row"


class _Merges:
    """The merged cells of a sheet, by the rows that they cover."""

    def __init__(self, ranges: Sequence[tuple[int, int, int, int]]) -> None:
        """`ranges` give first column, first row, last column and last row, all included."""
        self._waiting = sorted(ranges, key=lambda area: area[1], reverse=True)
        self._current: list[tuple[int, int, int, int]] = []

    def cover(self, number: int, places: list[str]) -> list[str]:
        """The places of row `number`, marked where a merged cell covers them. Rows must come in order."""
        while self._waiting and self._waiting[-1][1] <= number:
            self._current.append(self._waiting.pop())
        if not self._current:
            return places
        self._current = [area for area in self._current if area[3] >= number]
        for left, top, right, _ in self._current:
            places += [""] * (right + 1 - len(places))
            if number > top:
                places[left : right + 1] = [grid.ABOVE] * (right + 1 - left)
            else:
                places[left + 1 : right + 1] = [grid.LEFT] * (right - left)
        return places


def _merges(archive: Archive, part: str) -> _Merges:
    """The merged cells of a sheet, which stand below its rows; found without reading those as XML."""
    ranges: list[tuple[int, int, int, int]] = []
    with archive.open(part) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            whole = rest + chunk
            named = (_range(match[1].decode()) for match in _MERGED.finditer(whole))
            ranges += (merged for merged in named if merged is not None)
            rest = whole[max(whole.rfind(b"<"), len(whole) - _LONGEST_TAG) :]
            if len(ranges) > _MOST_MERGES:
                break
    return _Merges(ranges[:_MOST_MERGES])


def _range(name: str) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of a run of cells; None where no workbook has its columns or rows."""
    first, _, last = name.replace("$", "").partition(":")
    corners = (first, last or first)
    columns = [_column(corner.rstrip("0123456789")) for corner in corners]
    rows = [_whole(corner.lstrip(_LETTERS) or "0") for corner in corners]
    (left, right), (top, bottom) = columns, rows
    if left is None or right is None or top is None or bottom is None:
        return None
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def _columns(attributes: dict[str, str]) -> range:
    first, last = attributes.get("min", ""), attributes.get("max", "")
    begin, end = _whole(first), _whole(last)
    return range(0) if begin is None or end is None else range(begin - 1, min(end, _MAX_COLUMNS))


def _whole(text: str) -> int | None:
    """The whole number that `text` is, as files count their parts; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None


def _cell(attributes: dict[str, str], place: int) -> _Cell:
    name, style = attributes.get("r"), attributes.get("s", "0")
    column = place if name is None else _column(name.rstrip("0123456789"))
    return _Cell(column, attributes.get("t", "n"), _whole(style) or 0)


@lru_cache(maxsize=1024)
def _column(letters: str) -> int | None:
    """The place of a column from 0: `A` is 0, `AA` 26; None where no workbook has it."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
        if not ("A" <= letter <= "Z" and place <= _MAX_COLUMNS):
            return None
    return max(0, place - 1)


def _displayed(cell: _Cell, book: _Book) -> str:
    text = "".join(cell.pieces)
    if cell.kind == "s":
        number = _whole(text)
        return book.strings[number] if number is not None and number < len(book.strings) else ""
    if cell.kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(text, text)
    if cell.kind != "n" or not text:
        return text
    try:
        return _number(float(text), text, book.styles[cell.style] if cell.style < len(book.styles) else "", book.epoch)
    except (ValueError, OverflowError):
        return text


def _number(value: float, text: str, shows: str, epoch: datetime) -> str:
    if shows in ("date", "time"):
        moment = epoch + timedelta(seconds=round(value * 86400))
        if shows == "time":
            return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
        return moment.strftime("%Y-%m-%d" if moment.time() == datetime.min.time() else "%Y-%m-%d %H:%M")
    if shows == "share":
        return f"{round(value * 100, 6):.15g}%"
    if shows and round(value, int(shows)) == value:
        return f"{value:.{int(shows)}f}"  # the noughts at the end that are shown; never fewer digits than there are
    return f"{value:.15g}" if "e" not in text.lower() and "." in text else text
