"""Which files need not be read again, since size and times are what they were when they were read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from index.folder.files import File
from index.seal import SETTLED
from index.store.corpus import StoredPath


class Unchanged:
    """What is known of files since a run that began at `read_at`, in nanoseconds since the epoch.

    A file is as it was read where it is the same file, size and time of change are the same, and nothing was done to
    it, by the time that the system keeps of that, since well before the run. Who sets the time of change back moves
    the other one forward, and who puts another folder in place of one puts other files there.
    """

    def __init__(self, stored: Iterable[StoredPath], read_at: int) -> None:
        """Of `stored` nothing is known where the run lies in the future: the clock was set back since."""
        self._settled_before = read_at - SETTLED
        self._stored = {item.location: item for item in stored} if read_at <= time.time_ns() else {}

    def of(self, file: File, max_bytes: int) -> StoredPath | None:
        """What is stored of a file under its name now; None where the file must be read."""
        stored = self._stored.get(file.path)
        return replace(stored, path=file.relative) if stored and self._is_same(stored, max_bytes) else None

    def _is_same(self, stored: StoredPath, max_bytes: int) -> bool:
        with suppress(OSError):
            status = stored.location.stat()
            now = (status.st_size, status.st_mtime_ns, identity_of(status))
            is_settled = status.st_ctime_ns < self._settled_before
            is_readable = os.access(stored.location, os.R_OK)
            return is_settled and is_readable and now == (min(stored.size, max_bytes), stored.mtime_ns, stored.identity)
        return False


def identity_of(status: os.stat_result) -> str:
    """The numbers by which a system knows a file: of its disk, and its own there."""
    return f"{status.st_dev}:{status.st_ino}"
