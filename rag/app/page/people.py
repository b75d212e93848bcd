"""Doors that know who comes: by a name and a password of their own, or by the word of a proxy that is trusted.

Each puts the name into `request.state.user`, and nothing else does: what a browser sends of a person proves nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from rag.app.page.door import LOGIN, AtTheDoor, Door, Tries, address_of, basic, peer_of, too_many
from rag.app.users import UsersFile, user_name
from rag.errors import UsersUnusable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ASKING = "This page asks for your name and your password."
_LOOPBACK = ("127.0.0.1", "::1")
_BUSY = "Many logins are being looked at now; try again in a second."
_MOST_WAITING, _MOST_FROM_ONE = 8, 2
"""Logins that wait to be looked at, of all and of one address; a look takes a quarter of a second."""
_SOON = {"Retry-After": "1"}
_UNUSABLE = "The list of this page's users cannot be read now; tell whoever runs it."
_log = logging.getLogger(__name__)


class NamingDoor(Door, Protocol):
    """A door that knows each person by name."""

    @property
    def forwarders(self) -> Sequence[str]:
        """The addresses and networks from which the server takes the address of a browser as a proxy gives it."""
        ...

    def collections(self, name: str) -> Collection[str]:
        """What a person may see; none where that is all. Raises: UsersUnusable."""
        ...


@dataclass(frozen=True, slots=True)
class _Login:
    """What a request carries, and where it comes from."""

    name: str
    password: str
    address: str

    @property
    def tries(self) -> str:
        """What its tries are counted by."""
        return f"{self.address} {self.name}"


class UsersDoor:
    """Lets in the users of a file (HTTP Basic).

    After three wrong passwords for a name an address waits for that name as at `PasswordDoor`; not for all names, as
    behind a proxy that is not believed everybody has its address. What is not remembered is looked at one after
    another, and few may wait for that, or one address could keep out all others. Wrong ones are logged.
    """

    link = "/"

    def __init__(
        self, users: UsersFile, clock: Callable[[], float] = time.monotonic, *, proxies: Iterable[Network] = ()
    ) -> None:
        """A door for `users`, reached through one of `proxies`, or of this machine; `clock` gives seconds."""
        self.forwarders: Sequence[str] = tuple(map(str, proxies)) or _LOOPBACK
        self._users = users
        self._tries = Tries(clock)
        self._in_turn = asyncio.Lock()
        self._in_line: list[str] = []

    def collections(self, name: str) -> Collection[str]:
        """As `NamingDoor` says."""
        return self._users.collections(name)

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """401 without a user's name and password; 429 while an address waits, or has too many logins in line.

        503 where the users cannot be read, or where the line is full.
        """
        header = request.headers.get("authorization")
        if header is None:
            return PlainTextResponse(_ASKING, 401, LOGIN)
        try:
            login = _login(header, address_of(request))
            refusal = self._waiting(login)
            if not (refusal or self._users.remembers(login.name, login.password)):
                refusal = self._crowded(login) or await self._in_its_turn(login, request)
        except UsersUnusable as error:
            _log.error("Nobody is let in: %s", error)
            return PlainTextResponse(_UNUSABLE, 503)
        if refusal is None:
            self._tries.forget(login.tries)
            request.state.user = login.name
        return refusal

    def _waiting(self, login: _Login) -> Response | None:
        wait = math.ceil(self._tries.wait(login.tries))
        return too_many("password", wait) if wait else None

    def _crowded(self, login: _Login) -> Response | None:
        if len(self._in_line) >= _MOST_WAITING:
            return PlainTextResponse(_BUSY, 503, _SOON)
        if self._in_line.count(login.address) >= _MOST_FROM_ONE:
            return PlainTextResponse(_BUSY, 429, _SOON)
        return None

    async def _in_its_turn(self, login: _Login, request: HTTPConnection) -> Response | None:
        """What is answered to a login that is not remembered."""
        self._in_line.append(login.address)
        try:
            async with self._in_turn:
                if isinstance(request, AtTheDoor) and await request.is_gone():
                    return PlainTextResponse(_BUSY, 503, _SOON)  # which nobody reads
                return self._waiting(login) or await self._checked(login)  # others of its kind may have been wrong
        finally:
            self._in_line.remove(login.address)

    async def _checked(self, login: _Login) -> Response | None:
        if self._users.remembers(login.name, login.password):  # the same came before it, and was right
            return None
        if await run_in_threadpool(self._users.check, login.name, login.password):
            return None
        times = self._tries.add(login.tries)
        whom = f"{login.name!r}" if self._users.is_known(login.name) else "a name that is no user's"
        _log.warning("A wrong password for %s came from %s (%d in a row).", whom, login.address, times)
        return PlainTextResponse(_ASKING, 401, LOGIN)


class ProxyDoor:
    """Lets in whom a trusted proxy names in a header. Whoever may send from its address may be anybody."""

    link = "/"

    def __init__(self, header: str, proxies: Iterable[Network]) -> None:
        """A door that believes `header` where it comes from one of `proxies`."""
        self.forwarders: Sequence[str] = ()  # or the browser's address would stand in place of the proxy's
        self._header = header
        self._proxies = tuple(proxies)

    def collections(self, name: str) -> Collection[str]:
        """All are everybody's."""
        del name
        return ()

    async def refusal(self, request: HTTPConnection) -> Response | None:
        """401 for who is no proxy, and where it names nobody or a name that cannot be one."""
        peer = peer_of(request)
        is_trusted = peer is not None and any(peer in network for network in self._proxies)
        if not is_trusted:  # not 403, by which Gradio takes it that it cannot be reached
            return PlainTextResponse("This page is reached through its proxy alone.", 401)
        names = request.headers.getlist(self._header)
        name = user_name(names[0]) if len(names) == 1 else None
        if name is None:
            return PlainTextResponse(f"The proxy has to name one user in the header {self._header}.", 401)
        request.state.user = name
        return None


def _login(header: str, address: str) -> _Login:
    """The name and password of HTTP Basic; an empty name, which nobody has, where there is none that can be one."""
    name, password = (part.decode("utf-8", "replace") for part in basic(header))
    return _Login(user_name(name) or "", password, address or "?")
