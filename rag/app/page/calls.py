"""The calls that Gradio takes, read before it sees them: of functions there are, with files of the same browser alone.

Gradio fetches whatever address stands where a file's path belongs, and answers an unknown function with a traceback.
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterator

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/gradio_api/"
_JOIN, _CHAT, _UPLOAD = f"{API}queue/join", f"{API}call/chat", f"{API}upload"
_COOKIE = "rag-browser"
_LONGEST = 8 * 1024 * 1024
"""Bytes of a call: the longest question there may be, many times over."""
_MOST_BROWSERS, _MOST_UPLOADS = 1000, 10_000


class Calls:
    """Passes a request on, or answers 4xx: a function that is not there, a file that this browser did not upload."""

    def __init__(self, app: ASGIApp, functions: Collection[int]) -> None:
        """Calls of `functions`, by their numbers, to `app`."""
        self._app = app
        self._functions = functions
        self._uploads = _Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI says."""
        request = HTTPConnection(scope)
        path, posted = scope["path"], scope["method"] == "POST"
        browser = request.cookies.get(_COOKIE, "")
        if posted and path in (_JOIN, _CHAT):
            body = await _whole(receive)
            if body is None:
                await PlainTextResponse("This is longer than any question.", 413)(scope, receive, send)
            elif refusal := self._refusal(path, body, browser):
                await refusal(scope, receive, send)
            else:
                await self._app(scope, _again(body, receive), send)
            return
        if posted and path == _UPLOAD:
            browser = browser or secrets.token_urlsafe(24)
            send = self._noting(browser, _with_cookie(browser, send))
        elif path == "/" and not browser:
            send = _with_cookie(secrets.token_urlsafe(24), send)
        await self._app(scope, receive, send)

    def _refusal(self, path: str, body: bytes, browser: str) -> PlainTextResponse | None:
        try:
            call = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("This is no JSON.", 400)
        number = call.get("fn_index") if isinstance(call, dict) else None
        if path == _JOIN and (type(number) is not int or number not in self._functions):
            return PlainTextResponse("There is no such function.", 404)
        for file in _files(call):
            if not isinstance(file.get("meta", {}), dict) or not self._uploads.has(browser, file["path"]):
                return PlainTextResponse("A file can only be one that this browser has uploaded.", 403)
        return None

    def _noting(self, browser: str, send: Send) -> Send:
        """`send`, with the files that Gradio says it has taken noted as this browser's."""
        answer = bytearray()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.body":
                answer.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._uploads.add(browser, bytes(answer))
            await send(message)

        return noting


class _Uploads:
    """Which files came from which browser; of many browsers the latest."""

    def __init__(self) -> None:
        self._paths: OrderedDict[str, set[str]] = OrderedDict()

    def add(self, browser: str, answer: bytes) -> None:
        """Notes the paths of an answer to an upload; one that is no list of paths tells of a failure."""
        try:
            paths = json.loads(answer)
        except ValueError:
            return
        held = self._paths.setdefault(browser, set())
        self._paths.move_to_end(browser)
        if isinstance(paths, list) and len(held) < _MOST_UPLOADS:
            held.update(path for path in paths if isinstance(path, str))
        if len(self._paths) > _MOST_BROWSERS:
            self._paths.popitem(last=False)

    def has(self, browser: str, path: object) -> bool:
        """Whether this browser uploaded the file at `path`."""
        return isinstance(path, str) and path in self._paths.get(browser, ())


def _files(value: object) -> Iterator[dict[str, object]]:
    """Every object in `value` that has a path, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "path" in one:
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


async def _whole(receive: Receive) -> bytes | None:
    """The body of a request; None where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if len(body) > _LONGEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives `body` once more, and then what else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _with_cookie(browser: str, send: Send) -> Send:
    async def with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{_COOKIE}={browser}; HttpOnly; Path=/; SameSite=Strict"
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return with_cookie
