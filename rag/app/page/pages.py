"""A page for each user, made when they first come: what one of them holds no request of another reaches.

All that Gradio keeps for those who look (states, waiting answers, uploads, event streams) hangs on a page, and is
reached by ids that a browser sends. As each user has a page of their own, another's ids lead nowhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from index.errors import RagError

MOST = 64
"""Pages that are open at once; who was away longest then waits for a new one, with what they had kept."""
_log = logging.getLogger(__name__)


class UserPage(Protocol):
    """A page, which answers while it is open."""

    @property
    def app(self) -> ASGIApp:
        """What answers."""
        ...

    def opened(self) -> AbstractAsyncContextManager[None]:
        """Opens it, and closes it at the end."""
        ...


class UserPages:
    """The pages that are open, each the page of one user."""

    def __init__(
        self, made: Callable[[str], UserPage], seen: Callable[[str], Collection[str]], most: int = MOST
    ) -> None:
        """Pages as `made` makes them for a name, of which `most` are open at once.

        Where what a user may see, as `seen` has it, has changed, they have a new one.
        """
        self._made = made
        self._seen = seen
        self._most = most
        self._open: OrderedDict[tuple[str, ...], tuple[ASGIApp, AsyncExitStack]] = OrderedDict()
        self._opening = asyncio.Lock()

    def before(self, app: ASGIApp) -> ASGIApp:
        """What passes each request on to the page of the user whom the door has named, and what is nobody's to `app`.

        As the server of `app` ends, all are closed.
        """

        async def passing(scope: Scope, receive: Receive, send: Send) -> None:
            user = scope.get("state", {}).get("user") if scope["type"] == "http" else None
            try:
                await (app if user is None else await self._answering(user))(scope, receive, send)
            finally:
                if scope["type"] == "lifespan":
                    async with self._opening:  # one that is being opened is closed, too
                        await self._close_beyond(0)

        return passing

    async def _answering(self, user: str) -> ASGIApp:
        try:
            return await self._page_of(user)
        except (OSError, RagError) as error:
            _log.error("The page of %r cannot be opened: %s", user, error)
            return PlainTextResponse("Your page cannot be opened now; tell whoever runs it.", 503)

    async def _page_of(self, user: str) -> ASGIApp:
        key = (user, *self._seen(user))
        if key not in self._open:
            async with self._opening:
                if key not in self._open:  # another request of theirs may have opened it meanwhile
                    await self._open_for(key)
        self._open.move_to_end(key)
        return self._open[key][0]

    async def _open_for(self, key: tuple[str, ...]) -> None:
        page = self._made(key[0])  # not in a thread: Gradio counts components for all pages together
        stack = AsyncExitStack()
        await stack.enter_async_context(page.opened())
        self._open[key] = page.app, stack
        await self._close_beyond(self._most)

    async def _close_beyond(self, most: int) -> None:
        while len(self._open) > most:
            _, (_, stack) = self._open.popitem(last=False)
            await stack.aclose()
