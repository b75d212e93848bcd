"""OpenDocument texts: headings, paragraphs, lists, tables and notes, as `content.xml` has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from index.errors import UnreadableFile
from index.readers import grid
from index.readers.archive import Archive
from index.readers.extracted import Composer, Extracted
from index.readers.xml import End, Event, Start

_CONTENT, _META, _MANIFEST = "content.xml", "meta.xml", "META-INF/manifest.xml"
_UNREAD = frozenset({"tracked-changes", "annotation", "ruby-text", "title", "desc", "bookmark-ref"})
"""What was deleted, remarks in the margin, how a word is said, and what stands for a picture."""
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_MOST_COLUMNS, _MOST_REPEATED = 1_000, 100
_ON = ("true", "1")


def read_odt(data: bytes) -> Extracted:
    """The text of an OpenDocument text, with its title; hidden text is left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, locked, or no such text.
    """
    archive = Archive(data)
    if _CONTENT not in archive:
        raise UnreadableFile("named as an OpenDocument text, but holds none")
    if _MANIFEST in archive and any(
        isinstance(event, Start) and event.name == "encryption-data" for event in archive.xml(_MANIFEST)
    ):
        raise UnreadableFile("protected with a password")
    composer = Composer()
    composer.section(title=_title(archive) if _META in archive else None)
    body = _Body(composer)
    for event in archive.xml(_CONTENT):
        body.take(event)
    body.finish()
    return composer.done()


def _title(archive: Archive) -> str | None:
    pieces: list[str] = []
    inside = False
    for event in archive.xml(_META):
        if isinstance(event, str):
            pieces += [event] if inside else []
        else:
            inside = isinstance(event, Start) and event.name == "title"
    return "".join(pieces).strip() or None


@dataclass(slots=True)
class _Paragraph:
    level: int = 0
    is_item: bool = False
    pieces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Cell:
    columns: int = 1
    rows: int = 1
    times: int = 1
    texts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)
    marked: int = 0

    def cells(self) -> Iterator[list[tuple[str, int, int]]]:
        """Each row's cells for `grid.spread`, those repeated many times over left out at the end."""
        for row in self.rows:
            yield [(" ".join(cell.texts), cell.columns, cell.rows) for cell in row for _ in range(cell.times)]


class _Body:
    """Takes the events of the content. Paragraphs nest in notes and boxes and tables in cells, so both are stacks."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._path: list[str] = []
        self._unread = 0
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._hidden: list[bool] = []
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._notes: list[str] = []
        self._lists = 0
        self._fresh_item = False
        self._after_item = False

    def take(self, event: Event) -> None:
        if isinstance(event, str):
            self._write(" ".join(event.split("\n")) if self._paragraphs else "")
        elif isinstance(event, Start):
            self._start(event.name, event.attributes)
            self._path.append(event.name)
        else:
            self._path.pop()
            self._end(event)

    def finish(self) -> None:
        """Add the notes, which stand below the text."""
        for number, note in enumerate(self._notes, start=1):
            self._composer.block(f"[{number}] {note}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _UNREAD:
            self._unread += 1
        elif name in ("p", "h"):
            level = attributes.get("outline-level", "1")
            heading = min(int(level) if level.isdecimal() else 1, 6) if name == "h" else 0
            self._paragraphs.append(_Paragraph(heading, is_item=self._lists > 0 and self._fresh_item))
            self._fresh_item = False
            self._hidden.append(attributes.get("style-name", "") in self._hidden_styles)
        elif name == "span":
            self._hidden.append(attributes.get("style-name", "") in self._hidden_styles or self._hidden[-1:] == [True])
        elif name == "list":
            self._lists += 1
        elif name == "list-item":
            self._fresh_item = True
        elif name in ("s", "tab", "line-break"):
            count = attributes.get("c", "1")
            self._write({"s": " " * min(int(count) if count.isdecimal() else 1, 100), "tab": "\t"}.get(name, "\n"))
        elif name == "note-body":
            self._write(f"[{len(self._notes) + 1}]")
            self._notes.append("")
        else:
            self._start_style_or_table(name, attributes)

    def _start_style_or_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = attributes.get("name", "")
        elif name == "text-properties" and attributes.get("display") == "none":
            self._hidden_styles.add(self._style)
        elif name == "table":
            self._tables.append(_Table())
        elif name == "table-row" and self._tables:
            self._tables[-1].rows.append([])
            self._tables[-1].marked += "table-header-rows" in self._path
        elif name in _CELLS and self._tables and self._tables[-1].rows:
            wide, high, times = (
                _count(attributes.get(key))
                for key in ("number-columns-spanned", "number-rows-spanned", "number-columns-repeated")
            )
            if name == "table-cell":
                self._tables[-1].rows[-1].append(_Cell(wide, high, min(times, _MOST_REPEATED)))

    def _write(self, text: str) -> None:
        if not text or self._unread or not self._paragraphs or self._path[-1:] == ["note-citation"]:
            return
        if self._hidden and self._hidden[-1]:
            self._composer.hide(text)
        else:
            self._paragraphs[-1].pieces.append(text)

    def _end(self, event: End) -> None:
        if event.name in _UNREAD:
            self._unread -= 1
        elif event.name in ("p", "h") and self._paragraphs:
            self._hidden.pop()
            self._place(self._paragraphs.pop())
        elif event.name == "span" and self._hidden:
            self._hidden.pop()
        elif event.name == "list":
            self._lists -= 1
        elif event.name == "table" and self._tables:
            self._place_table(self._tables.pop())

    def _place(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.pieces).strip()
        if not text or self._unread:
            return
        cell = self._cell()
        if "note-body" in self._path and self._notes:
            self._notes[-1] = f"{self._notes[-1]}\n{text}".strip()
        elif cell is not None:
            cell.texts.append(text)
        elif paragraph.is_item and not paragraph.level:
            self._composer.block(f"- {text}", "\n" if self._after_item else "\n\n", "item")
        else:
            self._composer.block(text, kind="heading" if paragraph.level else "paragraph", level=paragraph.level)
        self._after_item = paragraph.is_item

    def _cell(self) -> _Cell | None:
        rows = self._tables[-1].rows if self._tables else []
        return rows[-1][-1] if rows and rows[-1] else None

    def _place_table(self, table: _Table) -> None:
        """A row a line; a table in a cell is part of its text, and one of a single column a frame around paragraphs."""
        outer = self._cell()
        texts = [text for row in table.rows for cell in row for text in cell.texts]
        if outer is not None:
            outer.texts += texts
        elif all(len(row) <= 1 for row in table.rows):
            for text in texts:
                self._composer.block(text)
        else:
            self._composer.table(grid.spread(table.cells(), _MOST_COLUMNS), marked=table.marked or None)
        self._after_item = False


def _count(value: str | None) -> int:
    return max(1, min(int(value), 65_536)) if value and value.isdecimal() and len(value) < 9 else 1
