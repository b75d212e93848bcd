"""Word documents: paragraphs, lists, tables, text boxes and notes, as `word/document.xml` has them."""

from __future__ import annotations

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
_PLAIN_FILL = frozenset({"auto", "FFFFFF", ""})


def read_docx(data: bytes) -> Extracted:
    """The text of a Word document; hidden runs and white ones on white are left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, or no Word document.
    """
    archive = Archive(data)
    main = archive.main("document", "a Word document")
    composer = Composer()
    body = _Body(composer)
    for event in archive.xml(main):
        body.take(event)
    for kind, name in sorted(archive.related(main).values()):
        if kind in ("footnotes", "endnotes") and name in archive:
            notes = _Body(composer)
            for event in archive.xml(name):
                notes.take(event)
    return composer.done()


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    is_item: bool = False
    is_title: bool = False
    is_shaded: bool = False


@dataclass(slots=True)
class _Run:
    is_hidden: bool = False
    is_white: bool = False
    is_shaded: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[list[str]]] = field(default_factory=list)


class _Body:
    """Takes the events of one part. Paragraphs nest in text boxes and tables nest in cells, so both are stacks."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._path: list[str] = []
        self._unread = 0
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._run = _Run()
        self._boxes = 0
        self._after_item = False
        self._begun = False

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
            self._tables[-1].rows[-1].append([])
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
        elif name == "shd":
            paragraph.is_shaded |= attributes.get("fill", "") not in _PLAIN_FILL

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
            self._tables[-1].rows[-1][-1].append(text)
        else:
            self._compose(text, paragraph)

    def _compose(self, text: str, paragraph: _Paragraph) -> None:
        if paragraph.is_title and not self._begun:
            self._composer.section(title=text)
        if paragraph.is_item:
            self._composer.block(f"- {text}", "\n" if self._after_item else "\n\n")
        else:
            self._composer.block(text)
        self._begun, self._after_item = True, paragraph.is_item

    def _place_table(self, table: _Table) -> None:
        """A row a line; a table of one column is a frame around paragraphs."""
        outer = self._tables[-1] if self._tables else None
        if outer is not None and outer.rows and outer.rows[-1]:
            outer.rows[-1][-1].extend(" ".join(cell) for cells in table.rows for cell in cells)
            return
        self._begun, self._after_item = True, False
        if all(len(cells) <= 1 for cells in table.rows):
            for paragraph in (text for cells in table.rows for cell in cells for text in cell):
                self._composer.block(paragraph)
            return
        gap = "\n\n"
        for cells in table.rows:
            line = grid.row([" ".join(cell) for cell in cells])
            self._composer.block(line, gap)
            gap = "\n" if line else gap
