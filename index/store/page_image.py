"""Pages of the PDF files that were indexed, as pictures with the quoted words boxed."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from index.document import scan
from index.errors import UnreadableFile
from index.readers import Worker, id_of, read_bytes
from index.readers.drawing import Drawn, Wanted
from index.readers.kind import Kind
from index.store.corpus import Held
from index.types import Document, Frame, Span

__all__ = ["Pages", "drawn_as", "page_at", "page_span"]
_PAGES_HELD = 8


def drawn_as(document: Document) -> Kind | None:
    """What the document was read from whose pages can be drawn, a PDF or a picture, which its id tells; else None."""
    kinds: tuple[Kind, ...] = ("pdf", "picture")
    return next((kind for kind in kinds if document.id == id_of(kind, document.sha256)), None)


def page_at(document: Document, at: int) -> int:
    """The page, from 1, on which the character at `at` stands; the document must have pages."""
    return max(1, bisect_right(document.pages, at))


def page_span(document: Document, page: int) -> Span:
    """Where the text of a page lies. Raises: IndexError, when there is no such page."""
    ends = (*document.pages[1:], len(document.text))
    return Span(document.pages[page - 1], ends[page - 1])


class Pages:
    """Draws pages, one at a time, and keeps the last few. Safe to use from several threads."""

    def __init__(self) -> None:
        """Nothing is started yet; a process is started for each page that is drawn, and ended."""
        self._lock = Lock()
        self._cache: OrderedDict[tuple[str, Wanted], Drawn] = OrderedDict()

    def draw(self, held: Held, page: int, quotes: Sequence[Span], max_bytes: int) -> Drawn:
        """The page with those parts of `quotes`, in characters of the document, boxed that lie on it.

        Raises: UnreadableFile, when no file of the document is as it was indexed, or the page cannot be drawn.
        """
        span = page_span(held.document, page)
        wanted = Wanted(
            page,
            span.of(held.document.text),
            tuple(_within(span, quote) for quote in quotes),
            tuple(_frames(held.document, span, quote) for quote in quotes),
        )
        data = _unchanged(held, max_bytes)
        with self._lock:
            key = (held.document.sha256, wanted)
            drawn = self._cache.pop(key, None)
            if drawn is None:
                with Worker() as worker:
                    drawn = worker.draw(drawn_as(held.document) or "pdf", data, wanted)
            self._cache[key] = drawn
            while len(self._cache) > _PAGES_HELD:
                self._cache.popitem(last=False)
            return drawn


def _within(span: Span, quote: Span) -> Span:
    """The part of `quote` that lies in `span`, counted from its start; empty where none does."""
    start = min(max(quote.start, span.start), span.end) - span.start
    return Span(start, max(start, min(quote.end, span.end) - span.start))


def _frames(document: Document, page: Span, quote: Span) -> tuple[Frame, ...]:
    """Where those words of a quote stand that OCR has read on this page."""
    part = Span(max(page.start, quote.start), max(page.start, min(page.end, quote.end)))
    return tuple(scan.frames(document.scanned, part))


def _unchanged(held: Held, max_bytes: int) -> bytes:
    """The bytes of the first of its files that still are those that were indexed."""
    for file in held.files:
        data = _read(file.location, max_bytes)
        if data is not None and hashlib.sha256(data).hexdigest() == held.document.sha256:
            return data
    raise UnreadableFile("the file has changed or is gone since it was indexed")


def _read(path: Path, max_bytes: int) -> bytes | None:
    try:
        return read_bytes(path, max_bytes)
    except UnreadableFile:
        return None
