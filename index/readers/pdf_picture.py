"""A page of a PDF as a picture, the quoted words boxed. Run in the worker, since a page may be a bomb too."""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterator, Sequence

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw

from index.errors import UnreadableFile
from index.readers.drawing import Box, Drawn, Wanted
from index.readers.hyphens import BREAK
from index.readers.pdf_lines import lines_of
from index.types import Frame

WIDTH = 1400
"""Pixels, enough for a screen that shows two for one."""
_HIGHEST = 5600
_REACH = 400
"""Beyond so many characters the place of the next one is taken for lost, and it is passed over."""
_STEM = 12
_BLANKS = 4
"""Characters not quoted that may stand between two of a line: blanks, and the end of the line before."""
_MARGIN = 1.0
_FINE = 10_000
"""Steps into which the sides of a page are parted, to place a frame."""
_MARKER = (255, 226, 120, 255)
_EDGE = (184, 134, 11, 255)
_Rectangle = tuple[float, float, float, float]


def draw_page(data: bytes, wanted: Wanted) -> Drawn:
    """The page as a picture, with a box around each line of each quote whose characters are found on it.

    Raises: UnreadableFile, when the file or the page cannot be read.
    """
    try:
        document = pdfium.PdfDocument(data)
        try:
            return _draw(document[wanted.page - 1], wanted)
        finally:
            document.close()
    except (pdfium.PdfiumError, IndexError) as error:
        raise UnreadableFile(f"page {wanted.page} cannot be drawn") from error


def _draw(page: pdfium.PdfPage, wanted: Wanted) -> Drawn:
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1.0), _HIGHEST / max(height, 1.0))
    framed = [[_on_page(page, frame) for frame in frames] for frames in wanted.frames]
    rectangles = framed if any(framed) else [list(quote) for quote in _rectangles(page, wanted)]
    for rectangle in (one for quote in rectangles for one in quote):
        _paint(page, rectangle)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    boxes = tuple(
        _box(page, number, one, (bitmap.width, bitmap.height))
        for number, quote in enumerate(rectangles)
        for one in quote
    )
    return Drawn(_png(bitmap), bitmap.width, bitmap.height, boxes)


def _rectangles(page: pdfium.PdfPage, wanted: Wanted) -> Iterator[Iterator[_Rectangle]]:
    """For each quote the rectangles of its lines, in points of the page: left, bottom, right, top."""
    textpage = page.get_textpage()
    places = _places(wanted.text, _printed(page, wanted.text))
    for quote in wanted.quotes:
        yield _lines(textpage, [place for place in places[quote.start : quote.end] if place is not None])


def _lines(textpage: pdfium.PdfTextPage, places: Sequence[int]) -> Iterator[_Rectangle]:
    runs: list[list[int]] = []
    for place in places:
        if runs and 0 < place - runs[-1][-1] <= _BLANKS:
            runs[-1].append(place)
        else:
            runs.append([place])
    for run in runs:
        for at in range(textpage.count_rects(run[0], run[-1] - run[0] + 1)):
            yield textpage.get_rect(at)


def _printed(page: pdfium.PdfPage, text: str) -> list[tuple[int, str]]:
    """The characters that the reader of PDFs keeps, in its order, with their numbers on the page.

    Lines of which no part stands in `text` are the heads and feet that it has left out.
    """
    solid = "".join(text.split())
    lines = [line for line in lines_of(page).all_lines() if _stem("".join(line.text.split())) in solid]
    pairs = (pair for line in lines for word in line.words for pair in zip(word.places, word.text, strict=False))
    return [(at, char) for at, char in pairs if char != BREAK]


def _stem(line: str) -> str:
    """The beginning of a line, without a hyphen at its end."""
    return line.rstrip(BREAK + "-")[:_STEM]


def _places(text: str, printed: Sequence[tuple[int, str]]) -> list[int | None]:
    """For each character of `text` its number on the page; None for white space and what is not found.

    Both stand in the same order.
    """
    line = "".join(char for _, char in printed)
    numbers: list[int | None] = [None] * len(text)
    at = 0
    for index, char in enumerate(text):
        place = -1 if char.isspace() else line.find(char, at, at + _REACH)
        if place >= 0:
            numbers[index] = printed[place][0]
            at = place + 1
    return numbers


def _on_page(page: pdfium.PdfPage, frame: Frame) -> _Rectangle:
    """A frame on the page as it is seen, in points."""
    edges: list[tuple[float, float]] = []
    for across, down in ((frame.left, frame.top), (frame.left + frame.width, frame.top + frame.height)):
        x, y = ctypes.c_double(), ctypes.c_double()
        place = (round(across * _FINE), round(down * _FINE))
        raw.FPDF_DeviceToPage(page, 0, 0, _FINE, _FINE, 0, *place, x, y)
        edges.append((x.value, y.value))
    (left, right), (bottom, top) = (sorted(pair) for pair in zip(*edges, strict=True))
    return left, bottom, right, top


def _paint(page: pdfium.PdfPage, rectangle: _Rectangle) -> None:
    """Draw a box as a marker pen does, so that the letters stay as dark as they are."""
    left, bottom, right, top = rectangle
    area = (left - _MARGIN, bottom - _MARGIN, right - left + 2 * _MARGIN, top - bottom + 2 * _MARGIN)
    box = raw.FPDFPageObj_CreateNewRect(*area)
    raw.FPDFPageObj_SetFillColor(box, *_MARKER)
    raw.FPDFPageObj_SetStrokeColor(box, *_EDGE)
    raw.FPDFPageObj_SetStrokeWidth(box, 0.75)
    raw.FPDFPath_SetDrawMode(box, raw.FPDF_FILLMODE_WINDING, True)
    raw.FPDFPageObj_SetBlendMode(box, b"Multiply")
    raw.FPDFPage_InsertObject(page, box)


def _box(page: pdfium.PdfPage, quote: int, rectangle: _Rectangle, size: tuple[int, int]) -> Box:
    """The box where it is seen, on a page that may be turned or cropped."""
    left, bottom, right, top = rectangle
    one, other = _seen_at(page, left, bottom, size), _seen_at(page, right, top, size)
    (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return Box(quote, x0 / size[0], y0 / size[1], (x1 - x0) / size[0], (y1 - y0) / size[1])


def _seen_at(page: pdfium.PdfPage, x: float, y: float, size: tuple[int, int]) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return across.value, down.value


def _png(bitmap: pdfium.PdfBitmap) -> bytes:
    """The bitmap as a PNG, without its fourth channel where it has one."""
    channels, stride, width = bitmap.n_channels, bitmap.stride, bitmap.width
    pixels = bytes(bitmap.buffer)
    rows = bytearray()
    for top in range(0, stride * bitmap.height, stride):
        row = pixels[top : top + channels * width]
        rows += b"\0" + (_three(row) if channels == 4 else row)
    kind = 0 if channels == 1 else 2
    header = struct.pack(">IIBBBBB", width, bitmap.height, 8, kind, 0, 0, 0)
    parts = (_part(b"IHDR", header), _part(b"IDAT", zlib.compress(bytes(rows), 3)), _part(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _three(row: bytes) -> bytes:
    rgb = bytearray(len(row) // 4 * 3)
    for channel in range(3):
        rgb[channel::3] = row[channel::4]
    return bytes(rgb)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
