"""The reader's routes: a document that is indexed, a page of it, and for what is not there a page that says so.

Nothing that a request names is a path: a document is known by its id in the index, and where its file lies is
known to the index alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from index.errors import NoIndex, RagError, SettingsInvalid, UnreadableFile
from index.readers.drawing import Drawn
from index.store.corpus import Held
from index.store.page_image import Pages, drawn_as
from index.types import Span
from rag.app.page.finding import LONGEST, MOST, Finder, Place
from rag.app.page.reader import Marks, Reading, Theme, picture_page, said_page, text_page
from rag.app.page.trouble import discreet
from rag.app.workspace import Workspace

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_GONE = "This document is not in the index, or is no longer; ask again for links to what is indexed now."
_ELSEWHERE = "The quoted words are not where this link points to; the document may have changed since."
_UNREADABLE_LINK = "This link is damaged: what it asks to be marked cannot be read."
_TOO_LONG = f"No more than {LONGEST} characters can be looked for."


class _Refusal(Exception):
    """What is answered instead, in one sentence."""

    def __init__(self, status: int, title: str, sentence: str, onward: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.title, self.sentence, self.onward = status, title, sentence, onward


def routes(workspace: Workspace, finder: Finder | None = None) -> list[Route]:
    """`/document/{collection}/{document_id}`, and below it `page/{number}.png` and `find`, over the home.

    Pages over the same documents can share a `finder`.
    """
    documents = _Documents(workspace, finder or Finder())
    address = "/document/{collection}/{document_id}"
    return [
        Route(address, documents.read, methods=["GET"]),
        Route(address + "/page/{number}.png", documents.picture, methods=["GET"]),
        Route(address + "/find", documents.find, methods=["GET"]),
    ]


class _Documents:
    def __init__(self, workspace: Workspace, finder: Finder) -> None:
        self._workspace = workspace
        self._pages = Pages()
        self._finder = finder

    def read(self, request: Request) -> Response:
        """The document as a page."""
        try:
            reading = self._opened(request)
            if request.query_params.get("view") != "page" or drawn_as(reading.held.document) is None:
                return StreamingResponse(text_page(reading), media_type="text/html", headers=_HEADERS)
            number = _number(reading, request.query_params.get("page"))
            return HTMLResponse(self._picture_page(request, reading, number), headers=_HEADERS)
        except _Refusal as no:
            page = said_page(no.title, no.sentence, _theme(request), no.onward)
            return HTMLResponse(page, no.status, headers=_HEADERS)

    def picture(self, request: Request) -> Response:
        """A page of it as PNG."""
        try:
            reading = self._opened(request)
            number = _number(reading, request.path_params["number"])
            return Response(self._drawn(request, reading, number).png, media_type="image/png", headers=_HEADERS)
        except (_Refusal, UnreadableFile) as no:
            sentence = no.sentence if isinstance(no, _Refusal) else _changed(no)
            return Response(sentence, 404, media_type="text/plain", headers=_HEADERS)

    def find(self, request: Request) -> Response:
        """Where `words` stand in it, as JSON; with a `page`, the boxes around those on it, as far as they are known."""
        words, page = request.query_params.get("words", ""), request.query_params.get("page")
        try:
            reading = self._opened(request)
            if len(words) > LONGEST:
                raise _Refusal(400, "Too long", _TOO_LONG)
            spans = self._finder.spans(reading.held.document, words)
            places = self._finder.places(reading.held.document, spans[:MOST])
            boxes = self._boxed(request, reading, places, spans, _number(reading, page)) if page else []
        except _Refusal as no:
            return Response(no.sentence, no.status, media_type="text/plain", headers=_HEADERS)
        body = {"places": [astuple(one) for one in places], "more": len(spans) > MOST, "boxes": boxes}
        return JSONResponse(body, headers=_HEADERS)

    def _boxed(
        self, request: Request, reading: Reading, places: Sequence[Place], spans: Sequence[Span], page: int
    ) -> list[tuple[float, ...]]:
        """For each line of a place on the page its number and its left, top, width and height; none where not known."""
        here = [number for number, place in enumerate(places) if place.page == page]
        marks = Marks.of([(spans[number], None) for number in here])
        try:
            drawn = self._drawn(request, replace(reading, marks=marks), page) if here else None
        except UnreadableFile:
            return []
        boxes = drawn.boxes if drawn else ()
        return [(here[box.quote], box.left, box.top, box.width, box.height) for box in boxes]

    def _picture_page(self, request: Request, reading: Reading, number: int) -> str:
        try:
            return picture_page(reading, number, self._drawn(request, reading, number))
        except UnreadableFile as error:
            return picture_page(reading, number, None, _changed(error))

    def _drawn(self, request: Request, reading: Reading, number: int) -> Drawn:
        settings = self._workspace.settings_of(request.path_params["collection"])
        quotes = [one.span for one in reading.marks.highlights]
        return self._pages.draw(reading.held, number, quotes, settings.index.max_file_bytes)

    def _opened(self, request: Request) -> Reading:
        """What is asked for. Raises: _Refusal."""
        held = self._held(request.path_params["collection"], request.path_params["document_id"])
        try:
            marks = Marks.parse(request.query_params.get("at", ""), request.query_params.get("n", ""))
        except ValueError:
            raise _Refusal(400, "A damaged link", _UNREADABLE_LINK, request.url.path) from None
        if any(span.end > len(held.document.text) for span, _ in marks.given):
            raise _Refusal(404, "The words are not there", _ELSEWHERE, request.url.path)
        return Reading(held, marks, _theme(request))

    def _held(self, collection: str, document_id: str) -> Held:
        try:
            held = self._workspace.pipeline(collection).held(document_id)
        except (SettingsInvalid, NoIndex):
            held = None
        except RagError as error:
            raise _Refusal(503, "The index cannot be read", discreet(str(error))) from error
        if held is None:
            raise _Refusal(404, "Not found", _GONE)
        return held


def _theme(request: Request) -> Theme | None:
    theme = request.query_params.get("theme")
    return "dark" if theme == "dark" else "light" if theme == "light" else None


def _number(reading: Reading, page: str | None) -> int:
    """The page that is asked for, or that of the words the reader opens at. Raises: _Refusal."""
    pages = len(reading.held.document.pages) if drawn_as(reading.held.document) else 0
    if page is None:
        return reading.page_of(reading.marks.first) if reading.marks.given else 1
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 0
    if not 1 <= number <= pages:
        raise _Refusal(404, "No such page", f"There is no picture of this page; there are {pages:,} of this document.")
    return number


def _changed(error: UnreadableFile) -> str:
    return f"The page cannot be shown as a picture: {error}. Its text is as it was indexed."
