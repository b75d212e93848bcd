"""Who is let in: everybody who reaches the page, those who know its password, or the browser that opened its link."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import logging
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope

_FREE_TRIES = 3
_LONGEST_WAIT = 60.0
_MOST_ADDRESSES = 4096
LOGIN = {"WWW-Authenticate": 'Basic realm="documents", charset="UTF-8"'}
_log = logging.getLogger(__name__)


class AtTheDoor(HTTPConnection):
    """A request that may be given up while the door has it wait."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """The request of `scope`, of which nothing is received yet."""
        super().__init__(scope, receive)
        self._receive = receive
        self._early: Message | None = None

    async def is_gone(self) -> bool:
        """Whether its browser waits no more; known without waiting for anything."""
        if self._early is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    self._early = await self._receive()
        return self._early is not None and self._early["type"] == "http.disconnect"

    async def receive(self) -> Message:
        """What comes next for whoever answers it; what came while it waited comes first."""
        early, self._early = self._early, None
        return early or await self._receive()


class Door(Protocol):
    """Decides on each request; one that knows who asks puts the name into `request.state.user`."""

    @property
    def link(self) -> str:
        """The address that opens the page, without its host."""
        ...

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """What is answered instead; None for who is let in."""
        ...


class OpenDoor:
    """Lets in everybody who reaches it."""

    link = "/"

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """None."""
        return None


class SecretDoor:
    """Lets in who knows a secret.

    After three wrong ones an address waits, twice as long after each, up to a minute; meanwhile nothing that comes
    from it is looked at, or guesses could be made side by side. Each wrong one is logged with its address.
    """

    link = "/"
    secret = "secret"
    """What it is called."""
    asking = "This asks for its secret."
    challenge: Mapping[str, str] = {}
    """The headers that ask for it."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        """A door with this secret; `clock` gives seconds."""
        self._secret = secret.encode()
        self._tries = Tries(clock)

    def given(self, request: HTTPConnection) -> bytes | None:
        """The secret that a request carries; None for one that carries none."""
        raise NotImplementedError

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """401 without the secret, 429 while its address waits."""
        address = address_of(request)
        if wait := math.ceil(self._tries.wait(address)):
            return too_many(self.secret, wait)
        given = self.given(request)
        if given is not None and _is(given, self._secret):
            self._tries.forget(address)
            return None
        if given is not None:
            times = self._tries.add(address)
            _log.warning("A wrong %s for the page came from %s (%d in a row).", self.secret, address, times)
        return PlainTextResponse(self.asking, 401, self.challenge)


def too_many(secret: str, wait: int) -> Response:
    """What is answered while an address waits so many seconds."""
    sentence = f"Too many wrong {secret}s came from your address; try again in {wait} s."
    return PlainTextResponse(sentence, 429, {"Retry-After": str(wait)})


class PasswordDoor(SecretDoor):
    """Lets in who knows the password (HTTP Basic, with any user name)."""

    secret = "password"
    asking = "This page asks for its password."
    challenge = LOGIN

    def given(self, request: HTTPConnection) -> bytes | None:
        """The password of HTTP Basic."""
        header = request.headers.get("authorization")
        return None if header is None else basic(header)[1]


class TokenDoor(SecretDoor):
    """Lets in programs that know the token, as the clients of OpenAI and Anthropic send their keys."""

    secret = "token"
    asking = "This server asks for its token, as `Authorization: Bearer TOKEN` or `x-api-key: TOKEN`."
    challenge: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}

    def given(self, request: HTTPConnection) -> bytes | None:
        """The token of either header."""
        if (key := request.headers.get("x-api-key")) is not None:
            return key.encode()
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return token.strip().encode() if kind.lower() == "bearer" else None


class LinkDoor:
    """Lets in each browser that opens a link which works once; the browser is then known by a cookie.

    A link can be read by other users of the machine, from the command line of the browser it is given to; a link that
    was used opens nothing. `announce` is called with the address of the next one, `/?token=…`, after each use.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        """A door with a new link."""
        self._announce = announce
        self._cookie = f"rag-{secrets.token_hex(4)}"  # a browser gives all ports of a machine the same cookies
        self._key = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(32)

    @property
    def link(self) -> str:
        """What opens the page next."""
        return f"/?token={self._token}"

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """A redirection that sets the cookie, for the link; 401 without it."""
        token = request.query_params.get("token", "")
        if (request.scope["method"], request.url.path) == ("GET", "/") and _is(token.encode(), self._token.encode()):
            return self._welcome()
        if _is(request.cookies.get(self._cookie, "").encode(), self._key.encode()):
            return None
        return PlainTextResponse("This page opens with the link that `rag ui` printed last; each works once.", 401)

    def _welcome(self) -> Response:
        self._token = secrets.token_urlsafe(32)
        self._announce(self.link)
        welcome = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
        welcome.set_cookie(self._cookie, self._key, httponly=True, samesite="lax")  # strict is not sent from a link
        return welcome


@dataclass(slots=True)
class _Wrong:
    """How often in a row an address was wrong, and until when it waits."""

    times: int = 0
    until: float = 0.0


class Tries:
    """The wrong tries of each address, the latest of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()

    def wait(self, address: str) -> float:
        """For how many seconds nothing from there is looked at."""
        wrong = self._wrong.get(address)
        return max(0.0, wrong.until - self._clock()) if wrong else 0.0

    def add(self, address: str) -> int:
        """Counts one more wrong try, and returns how many there were in a row."""
        wrong = self._wrong.setdefault(address, _Wrong())
        self._wrong.move_to_end(address)
        wrong.times += 1
        if wrong.times >= _FREE_TRIES:
            wrong.until = self._clock() + min(_LONGEST_WAIT, 2.0 ** min(wrong.times - _FREE_TRIES, 10))
        if len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return wrong.times

    def forget(self, address: str) -> None:
        """What came from there was right."""
        self._wrong.pop(address, None)


def address_of(request: HTTPConnection) -> str:
    """Whom a try is counted for: the address, or of IPv6 the network of /64 that one subscriber has."""
    address = peer_of(request)
    if address is None:
        return request.client.host if request.client else ""
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def peer_of(request: HTTPConnection) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address it comes from, that of IPv4 where IPv6 wraps one; None where it is none."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def basic(authorization: str) -> tuple[bytes, bytes]:
    """The name and the password of HTTP Basic; empty ones where the header is of another kind or damaged."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return b"", b""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).partition(b":")
    except ValueError:  # not base64, or not even ASCII
        return b"", b""
    return name, password


def _is(given: bytes, secret: bytes) -> bool:
    return secrets.compare_digest(given, secret)
