"""The last wall around the page: headers that keep it to itself, a password if one is set, no foreign request."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
STARTUP = "/gradio_api/startup-events"
USED = ("queue/join", "queue/data", "heartbeat/", "startup-events", "upload", "cancel", "call/chat", "info")
"""Of the routes below /gradio_api/, those that the page and a program that asks it need."""


class Guard:
    """Passes a request on, or answers 401, 403 or 404: no password, a foreign origin, a route that is not used."""

    def __init__(self, app: ASGIApp, password: str | None = None) -> None:
        """A wall around `app`. With a `password`, every request must carry it (HTTP Basic, with any user name)."""
        self.app = app
        self.password = password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        if scope["type"] != "http":
            await (self.app(scope, receive, send) if scope["type"] == "lifespan" else _closed(send))
            return
        ancestors = "'self'" if scope["path"].startswith(READER) else "'none'"
        headers = _HEADERS | {"Content-Security-Policy": _POLICY.format(ancestors=ancestors)}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await (self._refusal(scope) or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        opening = scope["path"] == STARTUP  # Gradio calls it once when it starts, and it tells nothing
        if self.password is not None and not opening and not _knows(headers.get("authorization", ""), self.password):
            told = {"WWW-Authenticate": 'Basic realm="documents", charset="UTF-8"'}
            return PlainTextResponse("This page asks for its password.", 401, told)
        foreign = "origin" in headers and urlsplit(headers["origin"]).netloc != headers.get("host")
        if foreign and scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("This page takes questions from itself alone.", 403)
        if not scope["path"].startswith("/gradio_api/"):
            return None
        used = scope["path"].removeprefix("/gradio_api/").startswith(USED)
        return None if used else PlainTextResponse("There is nothing here.", 404)


def _knows(authorization: str, password: str) -> bool:
    kind, _, told = authorization.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        given = base64.b64decode(told, validate=True).partition(b":")[2]
    except binascii.Error:
        return False
    return secrets.compare_digest(given, password.encode())


async def _closed(send: Send) -> None:
    """No web socket is used here."""
    await send({"type": "websocket.close", "code": 1008})
