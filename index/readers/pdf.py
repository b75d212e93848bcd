"""PDF files: the text of every page in the order of its drawing, paragraphs told by the space between lines."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw

from index.errors import UnreadableFile
from index.readers.extracted import Composer, Extracted

_WIDE = 1.35
"""Lines further apart than this many usual steps are of two paragraphs."""
_OTHER_SIZE = 1.15
_HYPHEN = "\ufffe"
"""How PDFium marks the hyphen with which a word is broken at a line's end."""
_ENDS = frozenset(".!?:;…”\"'’)]»。！？")
_UNSEEN = frozenset({raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as printed; in points, the heights on the page of its first and last character, and the letters' size.

    The two differ where a word that was broken at the line's end draws the next line in.
    """

    text: str
    first: float
    last: float
    size: float


def read_pdf(data: bytes) -> Extracted:
    """The text of a PDF with the place where each page begins.

    Raises: UnreadableFile, when it is damaged, locked, or has no text on any page.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableFile("protected with a password" if locked else "a damaged or truncated PDF") from error
    composer = Composer()
    empty: list[int] = []
    broken: list[int] = []
    last = ""
    pages = len(document)
    for index in range(pages):
        composer.page()
        try:
            blocks = _blocks(document, index, composer)
        except pdfium.PdfiumError:
            broken.append(index + 1)
            continue
        for block in blocks:
            composer.block(block, "\n" if block is blocks[0] and _goes_on(last, block) else "\n\n")
            last = block
        if not blocks:
            empty.append(index + 1)
    document.close()
    _tell(composer, empty, broken, pages)
    return composer.done()


def _tell(composer: Composer, empty: Sequence[int], broken: Sequence[int], pages: int) -> None:
    if len(broken) == pages:
        raise UnreadableFile("a damaged PDF: none of its pages can be read")
    if len(empty) + len(broken) == pages:
        raise UnreadableFile(f"no text layer on {_in_words(empty)}: a scan, which needs OCR, or empty")
    if empty:
        composer.note(f"no text layer on {_in_words(empty)}: empty, or pictures that need OCR")
    if broken:
        composer.note(f"{_in_words(broken)} could not be read")


def _blocks(document: pdfium.PdfDocument, index: int, composer: Composer) -> list[str]:
    """The paragraphs of a page; what is drawn so that nobody sees it is counted."""
    page = document[index]
    try:
        textpage = page.get_textpage()
        try:
            return _paragraphs(_lines(textpage, composer if may_hide(page) else None))
        finally:
            textpage.close()
    finally:
        page.close()


def may_hide(page: pdfium.PdfPage) -> bool:
    """Whether a page has invisible text and no picture: over a scan, such text is what OCR has read in it."""
    objects = [raw.FPDFPage_GetObject(page, at) for at in range(raw.FPDFPage_CountObjects(page))]
    kinds = [raw.FPDFPageObj_GetType(item) for item in objects]
    texts = (item for item, kind in zip(objects, kinds, strict=True) if kind == raw.FPDF_PAGEOBJ_TEXT)
    pictures = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM}
    return pictures.isdisjoint(kinds) and any(raw.FPDFTextObj_GetTextRenderMode(item) in _UNSEEN for item in texts)


def _lines(textpage: pdfium.PdfTextPage, composer: Composer | None) -> list[_Line]:
    """The lines of a page. With a composer, invisible characters are told to it and left out."""
    lines: list[_Line] = []
    codes: list[int] = []
    first = 0
    for at, code in enumerate(unicode_of(textpage)):
        if code in (0x0A, 0x0D):
            lines += _line(textpage, codes, first, at - 1)
            codes = []
        elif composer is not None and not is_seen(textpage, at):
            composer.hide(chr(code))
        else:
            first = first if codes else at
            codes.append(code)
    return lines + _line(textpage, codes, first, first + len(codes) - 1)


def unicode_of(textpage: pdfium.PdfTextPage) -> Sequence[int]:
    """The characters of a page, all at once where PDFium gives as many as it counts, else one by one."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    return [ord(character) for character in text] if len(text) == count else _one_by_one(textpage, count)


def _one_by_one(textpage: pdfium.PdfTextPage, count: int) -> Sequence[int]:
    return [raw.FPDFText_GetUnicode(textpage, at) for at in range(count)]


def _line(textpage: pdfium.PdfTextPage, codes: Sequence[int], first: int, last: int) -> list[_Line]:
    """The line of these characters, those of the page from `first` to `last`; none where it is blank."""
    # Characters beyond the first 65,536 may come as two halves.
    text = "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if not text.strip():
        return []
    size = raw.FPDFText_GetFontSize(textpage, (first + last) // 2)  # a bullet or a note's number may be smaller
    return [_Line(text, _height(textpage, first), _height(textpage, last), size)]


def _height(textpage: pdfium.PdfTextPage, at: int) -> float:
    across, up = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, at, across, up)
    return up.value


def is_seen(textpage: pdfium.PdfTextPage, at: int) -> bool:
    """Whether a character of a page is not drawn invisibly."""
    item = raw.FPDFText_GetTextObject(textpage, at)
    return not item or raw.FPDFTextObj_GetTextRenderMode(item) not in _UNSEEN


def _paragraphs(lines: Sequence[_Line]) -> list[str]:
    """The lines joined, cut where the space or the size of letters changes."""
    steps = [above.last - below.first for above, below in pairwise(lines) if above.last > below.first]
    usual = median(steps) if steps else 0.0
    blocks: list[str] = []
    for at, line in enumerate(lines):
        if at and not _breaks(lines[at - 1], line, usual):
            blocks[-1] = _joined(blocks[-1], line.text)
        else:
            blocks.append(line.text.strip())
    return [block.replace(_HYPHEN, "") for block in blocks]


def _breaks(above: _Line, below: _Line, usual: float) -> bool:
    step = above.last - below.first
    sizes = sorted((above.size, below.size))
    if sizes[0] > 0 and sizes[1] > sizes[0] * _OTHER_SIZE and abs(step) > sizes[0] / 2:
        return True
    if step < -usual:  # the next column, into which a sentence may run
        return not _goes_on(above.text, below.text)
    return step > usual * _WIDE


def _goes_on(before: str, after: str) -> bool:
    """Whether a sentence seems to run on."""
    end, start = before.rstrip()[-1:], after.lstrip()[:1]
    return start.islower() and bool(end) and end not in _ENDS


def _joined(before: str, line: str) -> str:
    if before.endswith(_HYPHEN):
        return before[:-1] + line.strip()
    return f"{before.rstrip()}\n{line.strip()}"


def _in_words(pages: Sequence[int]) -> str:
    """`page 3`, or `pages 1-4, 7`."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    told = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return f"page{'s' if len(pages) > 1 else ''} {told}"
