"""Word documents: paragraphs, lists, tables, text boxes and notes, as `word/document.xml` has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from index.readers import grid
from index.readers.archive import Archive
from index.readers.extracted import Composer, Extracted
from index.readers.xml import End, Event, Start

_UNREAD = frozenset({"Fallback", "moveFrom", "instrText", "delText"})
"""A second form of what stands beside it, text that was moved away, codes, and deleted text."""
_NOTES = frozenset({"footnote", "endnote"})
_OFF = frozenset({"0", "false", "none", "off"})
_WHITE = frozenset({"FFFFFF", "white"})
_HEADING = re.compile(r"(?i:heading ([1-9])|title())")
"""The names that Word keeps for its own styles of headings, in every language."""
_SHORTEST = 12
_BODY_LEVEL, _MOST_COLUMNS = 9, 16_384
_PLAIN_FILL = frozenset({"auto", "FFFFFF", ""})


def read_docx(data: bytes) -> Extracted:
    """The text of a Word document; hidden runs and white ones on white are left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, or no Word document.
    """
    archive = Archive(data)
    main = archive.main("document", "a Word document")
    composer = Composer()
    related = sorted(archive.related(main).values())
    levels = _levels(archive, [name for kind, name in related if kind == "styles" and name in archive])
    _Body(composer, levels).take_all(archive.xml(main))
    for kind, name in related:
        if kind in ("footnotes", "endnotes") and name in archive:
            _Body(composer, levels).take_all(archive.xml(name))
    for text in _margins(archive, [name for kind, name in related if kind in ("header", "footer")]):
        composer.block(text)
    return composer.done()


def _margins(archive: Archive, names: Sequence[str]) -> list[str]:
    """What the heads and feet of the pages say, each thing once; page numbers say nothing."""
    texts: dict[str, None] = {}
    for name in (name for name in names if name in archive):
        margin = Composer()
        _Body(margin, {}).take_all(archive.xml(name))
        text = margin.done().text
        if sum(map(str.isalnum, text)) >= _SHORTEST:
            texts[text] = None
    return list(texts)


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    is_item: bool = False
    is_title: bool = False
    level: int = 0
    is_shaded: bool = False


@dataclass(slots=True)
class _Run:
    is_hidden: bool = False
    is_white: bool = False
    is_shaded: bool = False


@dataclass(slots=True)
class _Cell:
    paragraphs: list[str] = field(default_factory=list)
    columns: int = 1
    is_below: bool = False
    """Whether a merged cell goes on here from the row above."""


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)
    marked: int = 0
    """How many rows are marked to be repeated as heads."""

    def places(self) -> Iterator[list[str]]:
        """The rows for `grid`."""
        for cells in self.rows:
            places: list[str] = []
            for cell in cells:
                wide = max(1, min(cell.columns, _MOST_COLUMNS - len(places)))
                text = " ".join(cell.paragraphs)
                places += [grid.ABOVE] * wide if cell.is_below else [text, *[grid.LEFT] * (wide - 1)]
            yield places


class _Body:
    """Takes the events of one part. Paragraphs nest in text boxes and tables nest in cells, so both are stacks."""

    def __init__(self, composer: Composer, levels: Mapping[str, int]) -> None:
        self._composer = composer
        self._levels = levels
        self._path: list[str] = []
        self._unread = 0
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._run = _Run()
        self._boxes = 0
        self._after_item = False
        self._begun = False

    def take_all(self, events: Iterator[Event]) -> None:
        for event in events:
            self.take(event)

    def take(self, event: Event) -> None:
        if isinstance(event, str):
            if self._path and self._path[-1] == "t" and not self._unread:
                self._write(event)
        elif isinstance(event, Start):
            self._start(event.name, event.attributes)
            self._path.append(event.name)
        else:
            self._path.pop()
            self._end(event)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _UNREAD:
            self._unread += 1
        where = tuple(self._path[-2:])
        if where == ("r", "rPr"):
            self._run_property(name, attributes)
        elif where[-1:] in (("pPr",), ("numPr",)):
            self._paragraph_property(name, attributes)
        elif where[-1:] in (("tcPr",), ("trPr",)):
            self._table_property(name, attributes)
        elif where[-1:] == ("r",):
            self._piece(name, attributes)
        else:
            self._frame(name, attributes)

    def _frame(self, name: str, attributes: dict[str, str]) -> None:
        """A paragraph, a run, or what holds paragraphs begins."""
        if name == "p":
            self._paragraphs.append(_Paragraph())
        elif name == "r":
            self._run = _Run()
        elif name == "tbl":
            self._tables.append(_Table())
        elif name == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif name == "tc" and self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append(_Cell())
        elif name == "txbxContent":
            self._boxes += 1
        elif name in _NOTES and attributes.get("type", "normal") == "normal":
            self._paragraphs.append(_Paragraph([f"[{attributes.get('id', '')}] "]))

    def _run_property(self, name: str, attributes: dict[str, str]) -> None:
        value = attributes.get("val", "")
        if name == "vanish":
            self._run.is_hidden = value not in _OFF
        elif name == "color":
            self._run.is_white = value in _WHITE
        elif name == "highlight" or (name == "shd" and attributes.get("fill", "") not in _PLAIN_FILL):
            self._run.is_shaded = True

    def _paragraph_property(self, name: str, attributes: dict[str, str]) -> None:
        if not self._paragraphs:
            return
        paragraph, value = self._paragraphs[-1], attributes.get("val", "")
        if name == "numId":
            paragraph.is_item = value not in ("", "0")
        elif name == "pStyle":
            paragraph.is_item |= value.startswith("List") and value != "ListContinue"
            paragraph.is_title |= value == "Title"
            paragraph.level = self._levels.get(value, 0)
        elif name == "outlineLvl" and value.isdecimal():
            paragraph.level = min(int(value) + 1, 6) if int(value) < _BODY_LEVEL else 0
        elif name == "shd":
            paragraph.is_shaded |= attributes.get("fill", "") not in _PLAIN_FILL

    def _table_property(self, name: str, attributes: dict[str, str]) -> None:
        if not self._tables or not self._tables[-1].rows:
            return
        table, value = self._tables[-1], attributes.get("val", "")
        if name == "tblHeader" and value not in _OFF and table.marked == len(table.rows) - 1:
            table.marked += 1
        elif name == "gridSpan" and table.rows[-1] and value.isdecimal():
            table.rows[-1][-1].columns = max(1, int(value))
        elif name == "vMerge" and table.rows[-1]:
            table.rows[-1][-1].is_below = value != "restart"

    def _piece(self, name: str, attributes: dict[str, str]) -> None:
        """What stands in a run beside its text."""
        if self._unread:
            return
        if name in ("footnoteReference", "endnoteReference"):
            self._write(f"[{attributes.get('id', '')}]")
        else:
            self._write({"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}.get(name, ""))

    def _write(self, text: str) -> None:
        if not text or not self._paragraphs:
            return
        paragraph, run = self._paragraphs[-1], self._run
        plain = not (run.is_shaded or paragraph.is_shaded or self._tables or self._boxes)
        if run.is_hidden or (run.is_white and plain):
            self._composer.hide(text)
        else:
            paragraph.pieces.append(text)

    def _end(self, event: End) -> None:
        if event.name in _UNREAD:
            self._unread -= 1
        elif (event.name == "p" or event.name in _NOTES) and self._paragraphs:
            self._place(self._paragraphs.pop())
        elif event.name == "tbl" and self._tables:
            self._place_table(self._tables.pop())
        elif event.name == "txbxContent":
            self._boxes -= 1

    def _place(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.pieces).strip()
        if not text or self._unread:
            return
        if self._paragraphs and self._path and self._path[-1] in _NOTES:
            self._paragraphs[-1].pieces.append(text + "\n")
        elif self._tables and self._tables[-1].rows and self._tables[-1].rows[-1]:
            self._tables[-1].rows[-1][-1].paragraphs.append(text)
        else:
            self._compose(text, paragraph)

    def _compose(self, text: str, paragraph: _Paragraph) -> None:
        if paragraph.is_title and not self._begun:
            self._composer.section(title=text)
        is_item = paragraph.is_item and not paragraph.level
        if is_item:
            self._composer.block(f"- {text}", "\n" if self._after_item else "\n\n", "item")
        elif paragraph.level:
            self._composer.block(text, kind="heading", level=paragraph.level)
        else:
            self._composer.block(text)
        self._begun, self._after_item = True, is_item

    def _place_table(self, table: _Table) -> None:
        """A row a line; a table of one column is a frame around paragraphs."""
        outer = self._tables[-1] if self._tables else None
        if outer is not None and outer.rows and outer.rows[-1]:
            outer.rows[-1][-1].paragraphs.extend(" ".join(cell.paragraphs) for cells in table.rows for cell in cells)
            return
        self._begun, self._after_item = True, False
        if all(len(cells) <= 1 for cells in table.rows):
            for paragraph in (text for cells in table.rows for cell in cells for text in cell.paragraphs):
                self._composer.block(paragraph)
            return
        self._composer.table(table.places(), marked=table.marked or None)


def _levels(archive: Archive, names: Iterable[str]) -> dict[str, int]:
    """The level of each style that makes headings, by the style's id; those based on one have its level."""
    levels: dict[str, int] = {}
    based: dict[str, str] = {}
    style = ""
    for event in (event for name in names for event in archive.xml(name) if isinstance(event, Start)):
        value = event.attributes.get("val", "")
        if event.name == "style":
            style = event.attributes.get("styleId", "")
        elif event.name == "name" and (heading := _HEADING.fullmatch(value)):
            levels[style] = min(int(heading[1] or 1), 6)
        elif event.name == "outlineLvl" and value.isdecimal() and int(value) < _BODY_LEVEL:
            levels.setdefault(style, min(int(value) + 1, 6))
        elif event.name == "basedOn":
            based[style] = value
    for style in based:
        ancestors = [style]
        while (parent := based.get(ancestors[-1])) and parent not in ancestors:
            ancestors.append(parent)
        level = next((levels[ancestor] for ancestor in ancestors if ancestor in levels), 0)
        if level:
            levels[style] = level
    return levels
