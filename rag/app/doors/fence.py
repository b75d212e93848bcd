"""The wall around what programs are served: no foreign origin, a door, and no request larger than a text can be."""

from __future__ import annotations

import ipaddress

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.app.page.door import Door
from rag.app.page.guard import foreign

LARGEST = 2 * 1024 * 1024
"""Bytes of a request: the longest text that is checked, several times over."""
HEALTH = "/health"
"""Tells nothing, and passes the door."""
_FOREIGN = PlainTextResponse("This server answers no other page.", 403)
_TOO_LARGE = PlainTextResponse(f"The request is larger than {LARGEST:,} bytes; send less.", 413)


class Fence:
    """Passes a request on, whole, or answers 4xx."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        """A wall around `app` with a `door`."""
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._pass(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope)
        refusal = await self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await _TOO_LARGE(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, again, send)

    async def _refusal(self, request: HTTPConnection) -> Response | None:
        if foreign(request):
            return _FOREIGN
        if request.scope["path"] != HEALTH and (refusal := await self._door.refusal(request)):
            return refusal
        length = request.headers.get("content-length", "")
        return _TOO_LARGE if length.isdecimal() and int(length) > LARGEST else None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None for one that is too large, of which the rest is not read."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


def is_loopback(host: str) -> bool:
    """Whether an address or name is of this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
