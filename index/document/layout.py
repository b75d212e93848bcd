"""Where pages, sections and words read by OCR of a document lie, as one line of JSON, to be stored or sent."""

from __future__ import annotations

import json
from collections.abc import Sequence

from index.types import Frame, ScannedSpan, Section, Span

Layout = tuple[tuple[int, ...], tuple[Section, ...], tuple[ScannedSpan, ...]]


def to_json(pages: Sequence[int], sections: Sequence[Section], scanned: Sequence[ScannedSpan]) -> str:
    """All of them in one line."""
    rows = [(s.span.start, s.span.end, s.title, s.outlet, s.author, s.date, s.columns) for s in sections]
    return json.dumps([list(pages), rows, list(map(_packed, scanned))])


def from_json(line: str) -> Layout:
    """The pages, sections and words that `to_json` was given."""
    pages, rows, *scanned = json.loads(line)
    sections = tuple(Section(Span(start, end), *fields) for start, end, *fields in rows)
    return tuple(pages), sections, tuple(map(_unpacked, scanned[0] if scanned else ()))


def _packed(word: ScannedSpan) -> list[float]:
    frame = word.frame
    places = (frame.left, frame.top, frame.width, frame.height)
    return [word.span.start, word.span.end, round(word.confidence, 3), *(round(place, 5) for place in places)]


def _unpacked(word: list[float]) -> ScannedSpan:
    start, end, confidence, *places = word
    return ScannedSpan(Span(int(start), int(end)), confidence, Frame(*places))
