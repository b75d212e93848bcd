"""The lines of a page that is a picture, as OCR reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from index.readers.pdf_lines import Line, PageLines, Word
from index.readers.tesseract import Pixels, engine
from index.types import Frame

MOST_PAGES = 300
MOST_PIXELS = 20_000_000
"""Of a page as it is read: a sheet of A4 has nine million at the usual 300 dots an inch."""
POINTS = 72
_NO_TEXT, _SPECK = 0.55, 0.5
"""Pages whose words are less sure than this in the middle hold none, and words without a letter that are, are specks.
Of print the middle is .9 and more, of a picture without text .1 to .4: `python -m evals.bench.scans`."""
_HEADING = 1.5
"""The height of a line is known only so well that one of less than so many times the usual one is as the others."""


@dataclass(frozen=True, slots=True)
class ScannedWord(Word):
    """A word that was read by OCR: how sure of it the program is, 0 to 1, and where it stands."""

    confidence: float
    frame: Frame


def read_pixels(pixels: Pixels) -> PageLines:
    """The lines of a page, as if it were one of a PDF; none where it holds no text that can be read.

    Raises: UnreadableFile, when the program breaks.
    """
    height = pixels.height * POINTS / pixels.dots
    words = list(read_table(engine()(pixels), pixels))
    if not words or median(word.confidence for _, word in words) < _NO_TEXT:
        return PageLines([], height)
    seen = [(key, word) for key, word in words if word.confidence >= _SPECK or any(map(str.isalnum, word.text))]
    lines = [_line([word for _, word in group], height) for _, group in groupby(seen, key=lambda pair: pair[0])]
    return PageLines(list(_levelled(lines)), height)


def read_table(table: str, pixels: Pixels) -> Iterator[tuple[tuple[str, ...], ScannedWord]]:
    """The words of the table that the engine gives for a picture, each with the numbers of its line."""
    scale = POINTS / pixels.dots
    for row in csv.reader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 12 or row[0] != "5" or not row[11].strip():
            continue
        left, top, width, height = map(int, row[6:10])
        frame = Frame(left / pixels.width, top / pixels.height, width / pixels.width, height / pixels.height)
        edges = (left * scale, (left + width) * scale)
        yield tuple(row[1:5]), ScannedWord(row[11].strip(), (), *edges, float(row[10]) / 100, frame)


def _line(words: list[ScannedWord], height: float) -> Line:
    """A line whose words stand on the same foot, but for those with a letter that reaches below it."""
    foot = height * (1 - median(word.frame.top + word.frame.height for word in words))
    return Line(tuple(words), foot, foot, height * max(word.frame.height for word in words))


def _levelled(lines: list[Line]) -> Iterator[Line]:
    usual = median(line.size for line in lines)
    for line in lines:
        yield line if line.size > usual * _HEADING else Line(line.words, line.first, line.last, usual)


def scanned_words(lines: Iterable[Line]) -> Iterator[ScannedWord]:
    """The words of lines that were read by OCR, in order."""
    return (word for line in lines for word in line.words if isinstance(word, ScannedWord))
