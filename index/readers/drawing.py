"""What is asked and told of a page that is drawn as a picture."""

from __future__ import annotations

from dataclasses import dataclass

from index.types import Frame, Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page, from 1, with its decoded text, and the quotes to be boxed on it, in characters of that text."""

    page: int
    text: str
    quotes: tuple[Span, ...] = ()
    frames: tuple[tuple[Frame, ...], ...] = ()
    """Where the words of each quote stand, where that is known: of pages that were read by OCR."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a line of a quote stands, in parts of the picture's width and height; `quote` counts from 0."""

    quote: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as a PNG of so many pixels, the boxes drawn into it."""

    png: bytes
    width: int
    height: int
    boxes: tuple[Box, ...]
