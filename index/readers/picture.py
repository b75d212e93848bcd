"""Pictures of pages, PNG, JPEG and TIFF: the text that OCR reads in them, and the quoted words boxed on them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from index.errors import UnreadableFile
from index.readers import ocr
from index.readers.drawing import Box, Drawn, Wanted
from index.readers.extracted import Composer, Extracted
from index.readers.pdf import compose
from index.readers.pdf_lines import PageLines
from index.readers.tesseract import Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH = 1400
_MOST_PIXELS = 80_000_000
"""A sheet of A3 at 600 dots an inch has 70 million."""
_MARKER = (255, 226, 120)
_FEWEST_DOTS, _MOST_DOTS = 70, 1200
_SHEET = 8.3
"""Inches across, of what says nothing of its size."""


def read_picture(data: bytes) -> Extracted:
    """The text of a picture, of each page of one that has several.

    Raises: UnreadableFile, when it is damaged, larger than any page, or has no text that can be read.
    """
    pages: list[PageLines | None] = []
    with _opened(data) as picture:
        count = getattr(picture, "n_frames", 1)
        for number in range(min(count, ocr.MOST_PAGES)):
            picture.seek(number)
            pages.append(ocr.read_pixels(_pixels(picture)))
    if not any(page is not None and page.parts for page in pages):
        raise UnreadableFile("a picture in which OCR reads no text")
    composer = Composer()
    compose(composer, pages)
    if count > ocr.MOST_PAGES:
        composer.note(f"{count - ocr.MOST_PAGES:,} pages after the first {ocr.MOST_PAGES} were not read")
    return composer.done()


def draw_picture(data: bytes, wanted: Wanted) -> Drawn:
    """A page of the picture, the words of each quote marked.

    Raises: UnreadableFile, when the file or the page cannot be read.
    """
    from PIL import Image, ImageChops, ImageDraw

    with _opened(data) as picture:
        try:
            picture.seek(wanted.page - 1)
        except EOFError as error:
            raise UnreadableFile(f"page {wanted.page} cannot be drawn") from error
        image = picture.convert("RGB")
    scale = min(1.0, WIDTH / image.width)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    marks = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(marks)
    for frame in (frame for frames in wanted.frames for frame in frames):
        left, top = frame.left * image.width, frame.top * image.height
        pen.rectangle((left, top, left + frame.width * image.width, top + frame.height * image.height), _MARKER)
    written = io.BytesIO()
    ImageChops.multiply(image, marks).save(written, "PNG")
    boxes = tuple(
        Box(number, frame.left, frame.top, frame.width, frame.height)
        for number, frames in enumerate(wanted.frames)
        for frame in frames
    )
    return Drawn(written.getvalue(), image.width, image.height, boxes)


@contextmanager
def _opened(data: bytes) -> Iterator[Image]:
    """The picture, of which nothing but the head is read yet. Raises: UnreadableFile."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # its own bound warns; ours refuses
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF")) as picture:
            width, height = picture.size
            if width * height > _MOST_PIXELS:
                raise UnreadableFile(
                    f"a picture of {width:,} × {height:,} pixels; the limit is {_MOST_PIXELS // 1_000_000} million"
                )
            yield picture
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableFile("a damaged or truncated picture") from error


def _pixels(picture: Image) -> Pixels:
    dots = _dots(picture)
    grey = _flat(picture).convert("L")
    if grey.width * grey.height > ocr.MOST_PIXELS:
        scale = (ocr.MOST_PIXELS / (grey.width * grey.height)) ** 0.5
        grey = grey.resize((max(1, int(grey.width * scale)), max(1, int(grey.height * scale))))
        dots = max(_FEWEST_DOTS, int(dots * scale))
    return Pixels(grey.tobytes(), grey.width, grey.height, dots)


def _flat(picture: Image) -> Image:
    """The picture on white, where parts of it can be seen through."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    from PIL import Image

    seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen)


def _dots(picture: Image) -> int:
    """Its dots an inch: as the file says, where that can be, else as if it were a sheet across."""
    dots = float(picture.info.get("dpi", (0, 0))[0])
    if _FEWEST_DOTS < dots <= _MOST_DOTS:  # never of what is no number
        return int(dots)
    return min(_MOST_DOTS, max(_FEWEST_DOTS, int(picture.width / _SHEET)))
