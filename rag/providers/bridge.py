"""Text that a coroutine produces, pulled by a plain loop that can leave at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

_BEAT = 0.1
"""Seconds after which a waiting reader is given an empty piece, so that it can leave."""
_FAREWELL = 2.0

Give = Callable[[str], None]
Work = Callable[[Give], Awaitable[None]]


def pulled(work: Work) -> Generator[str, None, None]:
    """What `work` gives, piece by piece, and "" whenever it has given nothing for a moment.

    Closing the iterator cancels `work` wherever it is and waits until it has let go. Raises: what `work` raises.
    """
    pieces: SimpleQueue[str | None] = SimpleQueue()
    running: Future[Callable[[], object]] = Future()
    outcome: Future[None] = Future()

    async def main() -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        running.set_result(lambda: loop.call_soon_threadsafe(task.cancel) if task else None)
        await work(pieces.put)

    def run() -> None:
        try:
            asyncio.run(main())
            outcome.set_result(None)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that reads
            outcome.set_exception(error)
        finally:
            if not running.done():
                running.set_result(lambda: None)
            pieces.put(None)

    thread = Thread(target=run, daemon=True, name="llm")
    thread.start()
    try:
        while (piece := _next(pieces)) is not None:
            yield piece
        outcome.result()
    finally:
        with suppress(RuntimeError):  # the loop has ended already
            running.result()()
        thread.join(_FAREWELL)


def _next(pieces: SimpleQueue[str | None]) -> str | None:
    try:
        return pieces.get(timeout=_BEAT)
    except Empty:
        return ""
