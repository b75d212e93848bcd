"""Which collections on servers are ours, so that none is forgotten there.

A line is added before a collection is made and removed when it is gone. So what a killed run left is known, and what
could not be deleted, because the server was away or another is set by now, is deleted by a later writer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import IndexDamaged, StoreUnavailable
from index.seal import flush_one
from index.settings import StoreSettings

FILE = "REMOTE"


@dataclass(frozen=True, slots=True)
class Entry:
    """A collection on a server, and the generation it was made for."""

    generation: str
    server: str
    collection: str


def entries(root: Path) -> tuple[Entry, ...]:
    """Every collection that may be there. A line that does not read was cut short, before its collection was made."""
    found = []
    with suppress(FileNotFoundError):
        for line in (root / FILE).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError):
                found.append(Entry(**json.loads(line)))
    return tuple(found)


def add(root: Path, entry: Entry) -> None:
    """Note a collection; it is on the disk when this returns. The writer's lock must be held."""
    _write(root, (*entries(root), entry))


def sweep(root: Path, settings: StoreSettings, live: Callable[[str], bool]) -> None:
    """Delete what is on the server now set and made for a generation that is not `live`, as far as that can be done.

    The writer's lock must be held.
    """
    done = _deleted((entry for entry in entries(root) if not live(entry.generation)), settings, strict=False)
    _forget(root, done)


def clear(root: Path, settings: StoreSettings) -> tuple[Entry, ...]:
    """Delete all that is on the server now set; what is on others. The writer's lock must be held.

    Raises: StoreUnavailable; IndexDamaged, when the server cannot delete one.
    """
    _forget(root, _deleted(entries(root), settings, strict=True))
    return entries(root)


def _deleted(unwanted: Iterable[Entry], settings: StoreSettings, *, strict: bool) -> set[Entry]:
    here = [entry for entry in unwanted if entry.server == settings.url]
    done: set[Entry] = set()
    if not here:
        return done
    from index.vectors.server import Server  # which brings an HTTP client, that most have no use for

    try:
        with Server(settings) as server:
            for entry in here:
                server.delete(entry.collection)
                done.add(entry)
    except (StoreUnavailable, IndexDamaged):
        if strict:
            raise
    return done


def _forget(root: Path, done: set[Entry]) -> None:
    if done:
        _write(root, [entry for entry in entries(root) if entry not in done])


def _write(root: Path, kept: Iterable[Entry]) -> None:
    lines = "".join(json.dumps(asdict(entry), sort_keys=True) + "\n" for entry in kept)
    if not lines:
        (root / FILE).unlink(missing_ok=True)
        return
    fresh = root / f"{FILE}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(lines)
    flush_one(fresh)
    fresh.replace(root / FILE)
    flush_one(root)
