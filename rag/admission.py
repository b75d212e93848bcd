"""Who is next where many ask at once: as many together as there are cores, and short questions before long ones."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Condition

_LETS_PASS = 8
"""How many that came later a question lets pass for each part that it has beyond the first. A few long ones then do not
hold up all others, and none waits for ever."""


class Admission:
    """Lets some in at a time. Safe to use from several threads, but not twice from one."""

    def __init__(self, most: int) -> None:
        """Lets `most` in together."""
        self._free = most
        self._waiting: list[tuple[int, int]] = []
        self._came = count()
        self._changed = Condition()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def taken(self, parts: int = 1) -> Iterator[None]:
        """A turn for a question of so many parts, waited for and given back at the end."""
        self._take(parts)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Whoever has a turn lets others have it meanwhile, and waits for one again at the end."""
        self._give()
        try:
            yield
        finally:
            try:
                self._take(1)
            except BaseException:
                with self._changed:
                    self._free -= 1  # it is given back once more, by `taken`
                raise

    def _take(self, parts: int) -> None:
        with self._changed:
            number = next(self._came)
            place = (number + _LETS_PASS * (parts - 1), -number)
            heapq.heappush(self._waiting, place)
            try:
                self._changed.wait_for(lambda: self._free and self._waiting[0] == place)
                self._free -= 1
            finally:  # one who waits may be interrupted, and then holds up nobody
                self._waiting.remove(place)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def _give(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()
