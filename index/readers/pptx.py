"""PowerPoint presentations: a page and a section a slide, its speaker's notes below it."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.errors import UnreadableFile
from index.readers import grid
from index.readers.archive import Archive
from index.readers.extracted import Composer, Extracted
from index.readers.xml import Event, Start
from index.types import BlockKind

_FURNITURE = frozenset({"sldNum", "ftr", "dt", "hdr", "sldImg"})
"""Placeholders that repeat on every slide."""
_TITLES = frozenset({"title", "ctrTitle"})
_KINDS: dict[str, BlockKind] = {"title": "heading", "ctrTitle": "heading", "body": "item", "obj": "item"}
"""What the paragraphs of a placeholder are."""


def read_pptx(data: bytes) -> Extracted:
    """The text of a presentation; hidden slides and shapes are left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, or no presentation.
    """
    archive = Archive(data)
    main = archive.main("presentation", "a PowerPoint presentation")
    related = archive.related(main)
    composer = Composer()
    empty: list[int] = []
    lost: list[UnreadableFile] = []
    order = [event.attributes.get("r:id", "") for event in _starts(archive, main, "sldId")]
    for number, key in enumerate(order, start=1):
        composer.page()
        try:
            slide, notes = _with_notes(archive, related[key][1] if key in related else "")
        except UnreadableFile as error:
            composer.note(f"slide {number} was not read: {error}")
            lost.append(error)
            continue
        if slide.is_hidden:
            composer.hide(slide.title + slide.text("\n"))
            composer.note(f"slide {number} is hidden and was left out")
            continue
        composer.section(title=slide.title)
        composer.hide(slide.hidden)
        for block in slide.blocks:
            if isinstance(block, _Table):
                composer.table(block.rows, marked=1 if block.has_head else None)
            else:
                composer.block(block.text, kind=block.kind, level=int(block.kind == "heading"))
        if not slide.blocks:
            empty.append(number)
        for note in notes:
            composer.block(note)
    if lost and len(lost) == len(order):
        raise lost[0]
    if empty:
        composer.note(f"no text on {'slides' if len(empty) > 1 else 'slide'} {', '.join(map(str, empty))}")
    return composer.done()


def _with_notes(archive: Archive, name: str) -> tuple[_Slide, list[str]]:
    """A slide and the notes below it. Raises: UnreadableFile, when either is damaged, or there is no slide."""
    slide = _read(archive, name)
    pages = [notes for kind, notes in archive.related(name).values() if kind == "notesSlide" and notes in archive]
    texts = [_read(archive, notes).text("\n") for notes in pages]
    return slide, [f"Notes: {text}" for text in texts if text]


@dataclass(slots=True)
class _Block:
    text: str
    kind: BlockKind = "paragraph"


@dataclass(slots=True)
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    has_head: bool = False

    @property
    def text(self) -> str:
        """Its rows, a line each."""
        return "\n".join(filter(None, map(grid.row, self.rows)))


@dataclass(slots=True)
class _Slide:
    title: str = ""
    blocks: list[_Block | _Table] = field(default_factory=list)
    is_hidden: bool = False
    hidden: str = ""

    def text(self, gap: str) -> str:
        """All of it, `gap` between the blocks."""
        return gap.join(block.text for block in self.blocks)


@dataclass(slots=True)
class _Shape:
    kind: str = ""
    is_hidden: bool = False


def _read(archive: Archive, name: str) -> _Slide:
    reading = _Reading()
    for event in archive.xml(name):
        reading.take(event)
    return reading.slide


class _Reading:
    """Takes the events of one slide or page of notes."""

    def __init__(self) -> None:
        self.slide = _Slide()
        self._path: list[str] = []
        self._unread = 0
        self._shapes = [_Shape()]
        self._paragraph: list[str] = []
        self._table: _Table | None = None
        self._cover = ""

    def take(self, event: Event) -> None:
        if isinstance(event, str):
            if self._path[-1] == "t" and not self._unread:
                self._paragraph.append(event)
        elif isinstance(event, Start):
            self._start(event.name, event.attributes)
            self._path.append(event.name)
        else:
            self._path.pop()
            self._end(event.name)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sld":
            self.slide.is_hidden = attributes.get("show") in ("0", "false")
        elif name in ("sp", "graphicFrame", "grpSp"):
            self._shapes.append(_Shape(is_hidden=self._shapes[-1].is_hidden))
        elif name == "cNvPr":
            self._shapes[-1].is_hidden |= attributes.get("hidden") in ("1", "true")
        elif name == "ph":
            self._shapes[-1].kind = attributes.get("type", "obj")
        elif name == "Fallback":
            self._unread += 1
        elif name == "br":
            self._paragraph.append("\n")
        else:
            self._start_in_table(name, attributes)

    def _start_in_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tbl":
            self._table = _Table()
        elif name == "tblPr" and self._table:
            self._table.has_head = attributes.get("firstRow") in ("1", "true")
        elif name == "tr" and self._table:
            self._table.rows.append([])
        elif name == "tc" and self._table and self._table.rows:
            is_below, is_right = (attributes.get(mark) in ("1", "true") for mark in ("vMerge", "hMerge"))
            self._cover = (grid.ABOVE if is_below else "") or (grid.LEFT if is_right else "")
            self._table.rows[-1].append(self._cover)

    def _end(self, name: str) -> None:
        if name == "p":
            self._place("".join(self._paragraph).strip())
            self._paragraph.clear()
        elif name == "tbl" and self._table:
            self._add(self._table)
            self._table = None
        elif name == "Fallback":
            self._unread -= 1
        elif name in ("sp", "graphicFrame", "grpSp"):
            self._shapes.pop()

    def _place(self, text: str) -> None:
        if self._table and self._table.rows and self._table.rows[-1]:
            cells = self._table.rows[-1]
            if not self._cover:
                cells[-1] = f"{cells[-1]} {text}".strip()
        elif text:
            shape = self._shapes[-1]
            self._add(_Block(text, _KINDS.get(shape.kind, "paragraph")))

    def _add(self, block: _Block | _Table) -> None:
        shape = self._shapes[-1]
        if shape.is_hidden:
            self.slide.hidden += block.text
        elif block.text and shape.kind not in _FURNITURE:
            if shape.kind in _TITLES:
                self.slide.title = f"{self.slide.title} {block.text}".strip()
            self.slide.blocks.append(block)


def _starts(archive: Archive, part: str, name: str) -> list[Start]:
    return [event for event in archive.xml(part) if isinstance(event, Start) and event.name == name]
