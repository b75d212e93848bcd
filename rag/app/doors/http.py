"""The documents over HTTP: in our own form below /api, and below /v1 as clients of OpenAI and Anthropic ask."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from index.errors import IndexFault, NoIndex, RagError
from rag.app.documents import Documents
from rag.app.doors import chat, shapes, streams
from rag.app.doors.fence import HEALTH
from rag.app.doors.streams import Stream, as_sent
from rag.app.page.trouble import discreet
from rag.asking.filters import EVERY_ARTICLE, Filters
from rag.checking.contract import check_as_json, excerpt_as_json, quotation_as_json
from rag.checking.text import Cited, Claim
from rag.contract import Json, as_json, search_as_json, source_as_json
from rag.errors import Cancelled, NoDocument
from rag.types import Answer, Live, Turn
from rag.version import VERSION

Words = Annotated[str, Field(max_length=200_000)]


class _Body(BaseModel, extra="forbid"):
    pass


class Kept(_Body):
    """Which articles a question is kept to; a date is ISO."""

    files: list[str] = []
    titles: list[str] = []
    outlets: list[str] = []
    authors: list[str] = []
    after: str | None = None
    before: str | None = None

    def filters(self) -> Filters:
        """As the pipeline takes them."""
        return Filters(
            tuple(self.files), tuple(self.titles), tuple(self.outlets), tuple(self.authors), self.after, self.before
        )


class Exchange(_Body):
    """A question that was asked before, and the answer it got."""

    question: str
    answer: str


class AskBody(_Body):
    """A question, the exchanges before it, and what it is kept to."""

    question: str
    history: Annotated[list[Exchange], Field(max_length=chat.MOST_MESSAGES)] = []
    filters: Kept | None = None


class SearchBody(_Body):
    """A query."""

    query: str
    k: int | None = Field(None, ge=1, le=1000)
    filters: Kept | None = None


class CitedBody(_Body):
    """A document by id or path, or characters of it."""

    document: str
    start: int | None = None
    end: int | None = None


class SentenceBody(_Body):
    """A sentence with what it is said to rest on."""

    text: str
    citations: list[CitedBody] = []


class VerifyBody(_Body):
    """A text with citations, and what its numbers stand for; or sentences with what each cites."""

    text: Words | None = None
    sources: list[str] = []
    sentences: list[SentenceBody] | None = None


class QuoteBody(_Body):
    """Words that may stand verbatim in the documents, or in one of them."""

    quote: Words
    document: str | None = None


class _Wrong(Exception):
    """What is wrong with a request, for its client."""

    def __init__(self, status: int, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


def api(documents: Documents) -> FastAPI:
    """The application over `documents`, which the caller closes and puts behind a `Fence`."""
    app = FastAPI(title="Your documents", version=VERSION, docs_url=None, redoc_url=None)
    _errors(app)
    _native(app, documents)
    _openai(app, documents)
    _anthropic(app, documents)

    @app.get(HEALTH)
    async def health() -> dict[str, str]:
        """That the server runs."""
        return {"status": "ok"}

    return app


def _native(app: FastAPI, documents: Documents) -> None:
    @app.post("/api/ask", response_model=shapes.AnswerShape)
    def ask(body: AskBody) -> Json:
        """The whole outcome of one question."""
        turns = [Turn(item.question, item.answer) for item in body.history]
        return as_json(documents.ask(body.question, history=turns, filters=_filters(body.filters)))

    @app.post("/api/search", response_model=shapes.SearchShape)
    def search(body: SearchBody) -> Json:
        """The passages that bear on a query."""
        filters = _filters(body.filters)
        passages = documents.search(body.query, body.k, filters)
        return search_as_json(body.query, documents.pipeline.matching(filters)[0], passages)

    @app.post("/api/verify", response_model=shapes.CheckShape)
    def verify(body: VerifyBody) -> Json:
        """A verdict for every sentence of a text, or for each sentence given."""
        if (body.text is None) == (body.sentences is None):
            raise _Wrong(422, "Give either a text or sentences to verify.")
        if body.text is not None:
            return check_as_json(documents.verify(body.text, body.sources))
        return check_as_json(documents.verify_claims([_claim(item) for item in body.sentences or ()]))

    @app.post("/api/verify/quote", response_model=shapes.QuotationShape)
    def verify_quote(body: QuoteBody) -> Json:
        """Whether words stand verbatim, and where; or what comes nearest."""
        return quotation_as_json(documents.verify_quote(body.quote, body.document))

    @app.get("/api/documents", response_model=shapes.DocumentsShape)
    def listed() -> Json:
        """Every document."""
        return {"documents": [source_as_json(source, n) for n, source in enumerate(documents.documents(), start=1)]}

    @app.get("/api/documents/{document:path}", response_model=shapes.ExcerptShape)
    def read(document: str, start: int = 0, end: int | None = None) -> Json:
        """Exact characters of a document, by its id or path."""
        return excerpt_as_json(documents.read(document, start, end))


def _openai(app: FastAPI, documents: Documents) -> None:
    @app.get("/v1/models")
    def models() -> Json:
        """The one model that there is."""
        return {"object": "list", "data": [{"id": chat.MODEL, "object": "model", "created": 0, "owned_by": "rag"}]}

    @app.post("/v1/chat/completions")
    async def completions(body: chat.ChatRequest) -> Any:  # noqa: ANN401 - an object, or a stream of them
        """A chat completion, streamed where that is asked for."""
        _require_known(body)
        if body.n != 1:
            raise _Wrong(400, f"There is one answer, not {body.n}; ask with n = 1.")
        question, turns = chat.question_and_turns(body.messages)
        if body.stream:
            return _streaming(documents, question, turns, streams.Chunks())
        return chat.completion(await run_in_threadpool(documents.ask, question, history=turns))

    @app.post("/v1/responses")
    async def responses(body: chat.ResponsesRequest) -> Any:  # noqa: ANN401 - an object, or a stream of events
        """A response, streamed where that is asked for."""
        _require_known(body)
        messages = [chat.ChatMessage(role="user", content=body.input)] if isinstance(body.input, str) else body.input
        question, turns = chat.question_and_turns(messages)
        if body.stream:
            return _streaming(documents, question, turns, streams.ResponseEvents())
        return chat.response(await run_in_threadpool(documents.ask, question, history=turns))


def _anthropic(app: FastAPI, documents: Documents) -> None:
    @app.post("/v1/messages")
    async def messages(body: chat.MessagesRequest) -> Any:  # noqa: ANN401 - an object, or a stream of events
        """A message of Anthropic's form, streamed where that is asked for."""
        _require_known(body)
        question, turns = chat.question_and_turns(body.messages)
        if body.stream:
            return _streaming(documents, question, turns, streams.MessageEvents())
        return chat.message(await run_in_threadpool(documents.ask, question, history=turns))


def _require_known(body: chat.ChatRequest | chat.ResponsesRequest | chat.MessagesRequest) -> None:
    if body.model != chat.MODEL:
        raise _Wrong(404, f"There is no model {body.model!r}; name {chat.MODEL!r}.", "model_not_found")
    if body.tools:
        raise _Wrong(400, "No tools are called here; send the question without any.")


def _filters(wanted: Kept | None) -> Filters:
    return wanted.filters() if wanted else EVERY_ARTICLE


def _claim(sentence: SentenceBody) -> Claim:
    return Claim(sentence.text, tuple(Cited(item.document, item.start, item.end) for item in sentence.citations))


def _streaming(documents: Documents, question: str, turns: Sequence[Turn], stream: Stream) -> StreamingResponse:
    return StreamingResponse(_streamed(documents, question, turns, stream), media_type="text/event-stream")


async def _streamed(documents: Documents, question: str, turns: Sequence[Turn], stream: Stream) -> AsyncIterator[str]:
    """The events of one answer. A client that goes away stops what is being written."""
    try:
        for event in stream.opening():
            yield as_sent(event)
        async for piece in _written(documents, question, turns):
            for event in stream.of_text(piece) if isinstance(piece, str) else stream.closing(piece):
                yield as_sent(event)
    except Cancelled:
        return
    except RagError as error:
        for event in stream.failing(discreet(str(error))):
            yield as_sent(event)
    yield stream.end


async def _written(documents: Documents, question: str, turns: Sequence[Turn]) -> AsyncIterator[str | Answer]:
    """What a model writes as it is written, then the answer."""
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue[str | None]()
    stopped = threading.Event()

    def hear(text: str) -> None:
        loop.call_soon_threadsafe(pieces.put_nowait, text)

    live = Live(hear, stopped.is_set)
    asking = asyncio.ensure_future(run_in_threadpool(documents.ask, question, history=turns, live=live))
    asking.add_done_callback(lambda _: pieces.put_nowait(None))
    try:
        while (piece := await pieces.get()) is not None:
            yield piece
        yield await asking
    finally:
        stopped.set()
        if asking.done() and not asking.cancelled():
            asking.exception()  # it was raised above, or nobody is there to hear it


def _errors(app: FastAPI) -> None:
    """Every error as a sentence, in the form of the clients that ask at this address."""

    @app.exception_handler(_Wrong)
    async def wrong(request: Request, error: _Wrong) -> JSONResponse:
        return _answered(request, error.status, str(error), error.code)

    @app.exception_handler(RagError)
    async def known(request: Request, error: RagError) -> JSONResponse:
        status = 404 if isinstance(error, NoDocument) else 503 if isinstance(error, IndexFault) else 400
        return _answered(request, status, discreet(str(error)))

    @app.exception_handler(NoIndex)
    async def empty(request: Request, error: NoIndex) -> JSONResponse:
        return _answered(request, 503, "Nothing is indexed yet.")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _answered(request, 422 if request.url.path.startswith("/api/") else 400, f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        return _answered(request, error.status_code, str(error.detail))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return _answered(request, 500, f"Something went wrong that was not foreseen ({type(error).__name__}).")


def _answered(request: Request, status: int, sentence: str, code: str | None = None) -> JSONResponse:
    if request.url.path == "/v1/messages":
        kind = "not_found_error" if status == 404 else "api_error" if status >= 500 else "invalid_request_error"
        return JSONResponse(chat.anthropic_error(sentence, kind), status)
    return JSONResponse(chat.openai_error(sentence, code), status)
