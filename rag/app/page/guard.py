"""The last wall around the page: headers that keep it to itself, a door, no foreign request, few routes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.app.page.calls import API
from rag.app.page.door import AtTheDoor, Door, OpenDoor

_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors {ancestors}; object-src 'none'; base-uri 'self'"
)
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
READER = "/document/"
_NOT_FOREIGN = PlainTextResponse("This page answers to itself alone.", 403, _HEADERS)
STARTUP = f"{API}startup-events"
_USED = re.compile(
    r"queue/join|queue/data|heartbeat/[^/]+|startup-events|upload|upload_progress|cancel|call/chat(/[^/]+)?|info"
)
"""Of the routes below /gradio_api/, those that the page and a program that asks it need."""
_TAKING = frozenset({"upload", "upload_progress"})


class Guard:
    """Passes a request on, or answers 4xx: not let in, a foreign origin, a route that is not used."""

    def __init__(self, app: ASGIApp, door: Door | None = None, *, takes_files: bool = False) -> None:
        """A wall around `app`, with a `door` that lets in all where there is none. Files need `takes_files`.

        Gradio's own call at the start, which tells nothing, passes every door.
        """
        self._app = app
        self._door = door or OpenDoor()
        self._unused = frozenset() if takes_files else _TAKING

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        if scope["type"] != "http":
            await (self._app(scope, receive, send) if scope["type"] == "lifespan" else _closed(send))
            return
        ancestors = "'self'" if scope["path"].startswith(READER) else "'none'"
        headers = _HEADERS | {"Content-Security-Policy": _POLICY.format(ancestors=ancestors)}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        request = AtTheDoor(scope, receive)
        await (await self._refusal(request) or self._app)(scope, request.receive, with_headers)

    async def _refusal(self, request: HTTPConnection) -> Response | None:
        path = request.scope["path"]
        if foreign(request):
            return _NOT_FOREIGN
        if path != STARTUP and (refusal := await self._door.refusal(request)):
            return refusal
        if path.startswith(API) and not self._is_used(path.removeprefix(API)):
            return PlainTextResponse("There is nothing here.", 404)
        return None

    def _is_used(self, route: str) -> bool:
        return route not in self._unused and _USED.fullmatch(route) is not None


class SameOrigin:
    """Refuses a foreign origin before anything else is asked, as what answers for Gradio whether it may ask at all."""

    def __init__(self, app: ASGIApp) -> None:
        """A wall around `app`, whatever is around it already."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        refused = scope["type"] == "http" and foreign(HTTPConnection(scope))
        await (_NOT_FOREIGN if refused else self._app)(scope, receive, send)


def foreign(request: HTTPConnection) -> bool:
    """Whether another page asks, be it of another port of this machine."""
    origin = request.headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != request.headers.get("host")
    except ValueError:
        return True


async def _closed(send: Send) -> None:
    """No web socket is used here."""
    await send({"type": "websocket.close", "code": 1008})
