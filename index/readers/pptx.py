"""PowerPoint presentations: a page and a section a slide, its speaker's notes below it."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.errors import UnreadableFile
from index.readers import grid
from index.readers.archive import Archive
from index.readers.extracted import Composer, Extracted
from index.readers.xml import Event, Start

_FURNITURE = frozenset({"sldNum", "ftr", "dt", "hdr", "sldImg"})
"""Placeholders that repeat on every slide."""
_TITLES = frozenset({"title", "ctrTitle"})


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
            composer.hide(slide.title + " ".join(slide.blocks))
            composer.note(f"slide {number} is hidden and was left out")
            continue
        composer.section(title=slide.title)
        composer.hide(slide.hidden)
        for block in slide.blocks:
            composer.block(block)
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
    blocks = [_read(archive, notes).blocks for notes in pages]
    return slide, ["Notes: " + "\n".join(told) for told in blocks if told]


@dataclass(slots=True)
class _Slide:
    title: str = ""
    blocks: list[str] = field(default_factory=list)
    is_hidden: bool = False
    hidden: str = ""


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
        self._row: list[str] | None = None
        self._rows: list[str] = []

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
            self._shapes[-1].kind = attributes.get("type", "body")
        elif name == "Fallback":
            self._unread += 1
        elif name == "br":
            self._paragraph.append("\n")
        elif name == "tr":
            self._row = []
        elif name == "tc" and self._row is not None:
            self._row.append("")

    def _end(self, name: str) -> None:
        if name == "p":
            self._place("".join(self._paragraph).strip())
            self._paragraph.clear()
        elif name == "tr" and self._row is not None:
            self._rows.append(grid.row(self._row))
            self._row = None
        elif name == "tbl":
            self._add("\n".join(filter(None, self._rows)))
            self._rows.clear()
        elif name == "Fallback":
            self._unread -= 1
        elif name in ("sp", "graphicFrame", "grpSp"):
            self._shapes.pop()

    def _place(self, text: str) -> None:
        if self._row:
            self._row[-1] = f"{self._row[-1]} {text}".strip()
        elif text:
            self._add(text)

    def _add(self, text: str) -> None:
        shape = self._shapes[-1]
        if shape.is_hidden:
            self.slide.hidden += text
        elif text and shape.kind not in _FURNITURE:
            if shape.kind in _TITLES:
                self.slide.title = f"{self.slide.title} {text}".strip()
            self.slide.blocks.append(text)


def _starts(archive: Archive, part: str, name: str) -> list[Start]:
    return [event for event in archive.xml(part) if isinstance(event, Start) and event.name == name]
