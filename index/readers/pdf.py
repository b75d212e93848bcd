"""PDF files: the text of every page in the order of reading, paragraphs told by the space between lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

import pypdfium2 as pdfium  # type: ignore[import-untyped]

from index.errors import UnreadableFile
from index.readers import ocr, tesseract
from index.readers.extracted import Composer, Extracted
from index.readers.hyphens import Hyphens
from index.readers.lines import ITEM
from index.readers.pdf_lines import Line, PageLines, Ruled, lines_of
from index.readers.tesseract import DOTS, Pixels
from index.types import BlockKind

_WIDE = 1.35
"""Lines further apart than this many usual steps are of two paragraphs."""
_OTHER_SIZE = 1.15
_ENDS = frozenset(".!?:;…”\"'’)]»。！？")
_MARGIN = 0.15
"""Heads and feet stand in this part of a page, above and below."""
_LINES_AT_EDGE, _FEWEST_PAGES, _SAME_HEIGHT = 3, 3, 6.0
_BULLETS = frozenset("•◦▪·")
"""What begins an item wherever a line begins with it; a dash or a number there may be of a sentence, unless a colon
leads to it."""
_MARGIN_OF_LIST = 1.0
"""Points by which a line stands further in than the mark of its item, at least, where it goes on with it."""
_LONGEST_HEADING, _HEADING_LINES = 120, 2
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_CREATED = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_NO_NAME = re.compile(r"\W*(?:untitled|anonymous|unspecified|unknown|none)?\W*\d*|.*\.\w{2,5}", re.IGNORECASE)
"""What programs write as title or author where nobody gave one."""
_PROGRAM = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel) - ")


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    size: float
    is_bold: bool
    lines: int
    is_item: bool = False
    follows: bool = False
    """Whether it stands right below the one before, as the items of a list do."""


def read_pdf(data: bytes) -> Extracted:
    """The text of a PDF with the place where each page begins, and the title, author and date that the file gives.

    Lines that repeat at the head or the foot of pages are left out, and counted. Pages without text are read by OCR
    where that is installed.

    Raises: UnreadableFile, when it is damaged, locked, or has no text on any page.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableFile("protected with a password" if locked else "a damaged or truncated PDF") from error
    try:
        metadata = document.get_metadata_dict(skip_empty=True)
        pages = [_page(document, index) for index in range(len(document))]
        scanned = _scan(document, pages) if tesseract.is_installed() else ()
    finally:
        document.close()
    empty = [number for number, page in enumerate(pages, start=1) if page is not None and not page.parts]
    broken = [number for number, page in enumerate(pages, start=1) if page is None]
    _require_text(empty, broken, len(pages))
    composer = Composer()
    composer.section(title=_name(metadata.get("Title")), author=_name(metadata.get("Author")), date=_date(metadata))
    compose(composer, pages)
    if scanned:
        composer.note(f"{_in_words(scanned)} read by OCR")
    if empty:
        composer.note(f"no text layer on {_in_words(empty)}: empty, or {_unread(scanned)}")
    if broken:
        composer.note(f"{_in_words(broken)} could not be read")
    return composer.done()


def _page(document: pdfium.PdfDocument, index: int) -> PageLines | None:
    try:
        page = document[index]
        try:
            return lines_of(page)
        finally:
            page.close()
    except pdfium.PdfiumError:
        return None


def _scan(document: pdfium.PdfDocument, pages: list[PageLines | None]) -> list[int]:
    """Put the lines that OCR reads in the place of pages without a text layer; which pages those were, from 1."""
    scanned: list[int] = []
    for index in [index for index, page in enumerate(pages) if page is not None and not page.parts][: ocr.MOST_PAGES]:
        lines = ocr.read_pixels(_pixels(document[index]))
        if lines.parts:
            pages[index] = lines
            scanned.append(index + 1)
    return scanned


def _pixels(page: pdfium.PdfPage) -> Pixels:
    width, height = page.get_size()
    scale = min(DOTS / ocr.POINTS, (ocr.MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    pixels, stride = bytes(bitmap.buffer), bitmap.stride
    rows = b"".join(pixels[top : top + bitmap.width] for top in range(0, stride * bitmap.height, stride))
    return Pixels(rows, bitmap.width, bitmap.height, max(1, round(scale * ocr.POINTS)))


def _unread(scanned: Sequence[int]) -> str:
    return "pictures in which OCR reads nothing" if scanned or tesseract.is_installed() else f"a scan; {tesseract.HOW}"


def _require_text(empty: Sequence[int], broken: Sequence[int], pages: int) -> None:
    if len(broken) == pages:
        raise UnreadableFile("a damaged PDF: none of its pages can be read")
    if len(empty) + len(broken) == pages:
        raise UnreadableFile(f"no text layer on {_in_words(empty)}: empty, or {_unread(())}")


def compose(composer: Composer, pages: Sequence[PageLines | None]) -> None:
    """Add the text of pages, None for one that cannot be read, without the lines that repeat at their edges."""
    running = running_lines([page for page in pages if page is not None])
    hyphens = Hyphens([line.text for page in pages if page is not None for line in page.all_lines()])
    body = _usual_size(pages)
    bold = _is_mostly_bold(pages)
    levels = _Levels(body, bold)
    last = ""
    left_out = turned = 0
    for page in pages:
        composer.page()
        if page is None:
            continue
        composer.hide(page.hidden)
        parts = [part for part in page.parts if id(part) not in running]
        left_out += len(page.parts) - len(parts)
        turned += page.turned
        for number, part in enumerate(_joined(parts, hyphens)):
            if isinstance(part, Ruled):
                composer.table(_rows(part, hyphens))
                last = ""
                continue
            runs_on = number == 0 and _goes_on(last, part.text)
            level = 0 if runs_on else levels.of(part)
            composer.block(part.text, "\n" if runs_on or part.follows else "\n\n", _kind(part, level), level)
            last = part.text
        words = ocr.scanned_words(part for part in parts if isinstance(part, Line))
        composer.scan((word.text, word.confidence, word.frame) for word in words)
    if left_out:
        composer.note(f"{left_out:,} lines that repeat at the head or the foot of pages left out")
    if turned:
        composer.note(f"{turned:,} words that the file holds with their letters reversed set right")


def _kind(paragraph: _Paragraph, level: int) -> BlockKind:
    if level:
        return "heading"
    return "item" if paragraph.is_item else "paragraph"


def _joined(parts: Sequence[Line | Ruled], hyphens: Hyphens) -> Iterator[_Paragraph | Ruled]:
    """The lines between tables as paragraphs, and the tables."""
    for is_table, group in groupby(parts, key=lambda part: isinstance(part, Ruled)):
        if is_table:
            yield from (part for part in group if isinstance(part, Ruled))
        else:
            yield from _paragraphs([part for part in group if isinstance(part, Line)], hyphens)


def _rows(table: Ruled, hyphens: Hyphens) -> Iterator[list[str]]:
    """The rows of a table as places, for `grid`."""
    return ([cell if isinstance(cell, str) else _text(cell, hyphens) for cell in row] for row in table.rows)


def running_lines(pages: Sequence[PageLines]) -> set[int]:
    """The lines, by `id`, that stand alike, but for numbers, at the same height at the edge of several pages.

    Larger letters are of headings, unless they say the same on most pages. None where a page would lose all it has, and
    nothing else has text.
    """
    places: defaultdict[str, list[tuple[int, Line]]] = defaultdict(list)
    large = _usual_size(pages) * _OTHER_SIZE
    for number, page in enumerate(pages):
        for line in _at_edge(page):
            text = " ".join(line.text.casefold().split())
            places[text if line.size > large else _NUMBER.sub("#", text)].append((number, line))
    enough = min(_FEWEST_PAGES, max(2, len(pages)))
    most = max(_FEWEST_PAGES, len(pages) // 2 + 1)
    running: set[int] = set()
    for lines in places.values():
        for _, line in lines:
            alike = {number for number, other in lines if abs(other.first - line.first) <= _SAME_HEIGHT}
            if len(alike) >= (most if line.size > large else enough):
                running.add(id(line))
    return running if any(id(part) not in running for page in pages for part in page.parts) else set()


def _at_edge(page: PageLines) -> Iterator[Line]:
    ordered = sorted(page.lines, key=lambda line: line.first)
    low, high = page.height * _MARGIN, page.height * (1 - _MARGIN)
    yield from (line for line in ordered[:_LINES_AT_EDGE] if line.first < low)
    yield from (line for line in ordered[-_LINES_AT_EDGE:] if line.first > high)


class _Levels:
    """Which paragraphs are headings: short, and larger than the text, or bold where that is not."""

    def __init__(self, body: float, is_bold: bool) -> None:
        self._body, self._is_bold = body, is_bold

    def of(self, paragraph: _Paragraph) -> int:
        """The level of a heading, 0 for what is none."""
        text = paragraph.text
        if (
            len(text) > _LONGEST_HEADING
            or paragraph.lines > _HEADING_LINES
            or text[-1] in ".,;:"
            or not text[0].isalnum()
        ):
            return 0
        if not any(character.isalpha() for character in text):
            return 0
        for level, times in enumerate((1.8, 1.4, _OTHER_SIZE), start=1):
            if paragraph.size >= self._body * times:
                return level
        is_set_off = paragraph.is_bold and not self._is_bold and paragraph.size >= self._body * 0.95
        return 4 if is_set_off else 0


def _usual_size(pages: Iterable[PageLines | None]) -> float:
    sizes: Counter[float] = Counter()
    for line in _all(pages):
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_mostly_bold(pages: Iterable[PageLines | None]) -> bool:
    weights: Counter[bool] = Counter()
    for line in _all(pages):
        weights[line.is_bold] += len(line.text)
    return weights[True] > weights[False]


def _all(pages: Iterable[PageLines | None]) -> Iterator[Line]:
    return (line for page in pages if page is not None for line in page.lines)


def _paragraphs(lines: Sequence[Line], hyphens: Hyphens) -> list[_Paragraph]:
    """The lines joined, cut where the space, the size or the weight of letters changes."""
    steps = [above.last - below.first for above, below in pairwise(lines) if above.last > below.first]
    usual = median(steps) if steps else 0.0
    blocks: list[list[Line]] = []
    for at, line in enumerate(lines):
        if at and not _breaks(lines[at - 1], line, usual):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return [
        _Paragraph(
            _text(run, hyphens), run[0].size, all(line.is_bold for line in run), len(run), _is_item(run[0]), number > 0
        )
        for block in blocks
        for number, run in enumerate(_items(block))
    ]


def _items(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of a paragraph, the items of a list in it apart, and what follows the last of them at its margin."""
    runs = [[lines[0]]]
    for above, line in pairwise(lines):
        before = runs[-1][0]
        is_led_to = above.text.endswith(":") or line.text[0] in _BULLETS
        is_next = _is_item(line) and (_is_item(before) or is_led_to)
        if is_next or (_is_item(before) and line.left <= before.left + _MARGIN_OF_LIST):
            runs.append([line])
        else:
            runs[-1].append(line)
    return runs


def _is_item(line: Line) -> bool:
    return ITEM.match(line.text) is not None


def _text(lines: Sequence[Line], hyphens: Hyphens) -> str:
    text = ""
    for line in lines:
        text = (hyphens.joined(text, line.text) if text else line.text) or f"{text}\n{line.text}"
    return hyphens.within(text)


def _breaks(above: Line, below: Line, usual: float) -> bool:
    step = above.last - below.first
    sizes = sorted((above.size, below.size))
    if sizes[0] > 0 and sizes[1] > sizes[0] * _OTHER_SIZE and abs(step) > sizes[0] / 2:
        return True
    if above.is_bold != below.is_bold and step > sizes[0] / 2 and not _goes_on(above.text, below.text):
        return True
    if step < -usual:  # the next column, into which a sentence may run
        return not _goes_on(above.text, below.text)
    return step > usual * _WIDE


def _goes_on(before: str, after: str) -> bool:
    """Whether a sentence seems to run on."""
    end, start = before.rstrip()[-1:], after.lstrip()[:1]
    return start.islower() and bool(end) and end not in _ENDS


def _name(text: str | None) -> str | None:
    plain = _PROGRAM.sub("", text or "").strip()
    return None if _NO_NAME.fullmatch(plain) else plain


def _date(metadata: dict[str, str]) -> str | None:
    match = _CREATED.match(metadata.get("CreationDate", ""))
    return "-".join(filter(None, match.groups())) if match else None


def _in_words(pages: Sequence[int]) -> str:
    """`page 3`, or `pages 1-4, 7`."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    ranges = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return f"page{'s' if len(pages) > 1 else ''} {ranges}"
