"""Ends what runs until it is told to, and does what has to be done meanwhile."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruptible(*signals: signal.Signals) -> Iterator[threading.Event]:
    """Run the block with an event that each of `signals` sets, before it raises KeyboardInterrupt.

    For what a signal raises while a destructor runs, Python prints and drops; loading a model runs many. And what it
    raises while a library is imported may come out as another error, which is taken for what it was.
    """
    interrupted = threading.Event()

    def note(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    handlers, hook = {each: signal.signal(each, note) for each in signals}, sys.unraisablehook
    sys.unraisablehook = lambda lost: None if lost.exc_type is KeyboardInterrupt else hook(lost)
    try:
        yield interrupted
    except Exception:
        if interrupted.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
        sys.unraisablehook = hook


@contextmanager
def every(seconds: float, work: Callable[[], None]) -> Iterator[None]:
    """Do `work`, which raises nothing, again and again in a thread beside the block."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=go_on, name="upkeep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
