"""What searches the vectors and the words of a generation, opened when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

from index.errors import IndexDamaged
from index.seal import broken
from index.settings import StoreSettings
from index.store import generation
from index.store.probe import CHROMA, LEXICAL
from index.store.published import Published
from index.store.within import Exact
from index.types import Hit, Vectors

if TYPE_CHECKING:
    from index.vectors.types import VectorStore
    from index.words.postings import Postings


class Searches:
    """The store and the postings of a whole generation, shared by the indexes that were laid over it.

    Safe to use from several threads. Each part is compared with its digests when it is first used.
    """

    def __init__(self, published: Published, settings: StoreSettings) -> None:
        """Those of `published`, which is whole."""
        self.published = published
        self._settings = settings
        self._lock = RLock()
        self._users = 0
        self._sound: set[str] = set()
        self._store: VectorStore | None = None
        self._postings: Postings | None = None

    def share(self) -> None:
        """Count one more who uses this."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """Count one less, and after the last let go of files and connections."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._store is not None:
                self._store.close()
            if self._users == 0:
                self._store = self._postings = None

    def require(self, part: str) -> None:
        """Return if the files of a part were found as they were published, now or before. Raises: IndexDamaged."""
        with self._lock:
            if part not in self._sound:
                require_unbroken(self.published, part)
                self._sound.add(part)

    def store(self) -> VectorStore:
        """The vectors. Raises: IndexDamaged; StoreUnavailable; OSError, when nothing can be written there."""
        with self._lock:
            if self._store is None:
                self.require(CHROMA)
                from index.vectors.stores import open_vectors

                self._store = open_vectors(
                    self.published.folder / CHROMA, self.published.manifest.remote, self._settings
                )
            return self._store

    def compare_each(self, vectors: Callable[[], Exact]) -> VectorStore:
        """From now on, search `vectors` one by one."""
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store = vectors()
            return self._store

    def postings(self) -> Postings:
        """The words. Raises: IndexDamaged."""
        with self._lock:
            if self._postings is None:
                self.require(LEXICAL)
                from index.words.postings import open_postings

                self._postings = open_postings(self.published.folder / LEXICAL)
            return self._postings


@dataclass(frozen=True, slots=True)
class Above:
    """What was laid over a whole generation: which of its passages are gone, and the vectors that its store lacks."""

    gone: frozenset[str]
    vectors: Exact


def merged(store: VectorStore, above: Above, vector: Vectors, k: int) -> list[Hit]:
    """The `k` nearest of those in `store` that are not gone and those above, best first; equal scores by id.

    Raises: as `VectorStore.query`.
    """
    hits = [*_not_gone(store, above.gone, vector, k), *above.vectors.query(vector, k)]
    nearest = sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:k]
    return [Hit(hit.passage_id, hit.score, rank) for rank, hit in enumerate(nearest, start=1)]


def _not_gone(store: VectorStore, gone: frozenset[str], vector: Vectors, k: int) -> list[Hit]:
    """The `k` nearest that are not gone; more are asked for until there are as many."""
    wanted = k
    while True:
        hits = store.query(vector, wanted)
        left = [hit for hit in hits if hit.passage_id not in gone]
        if len(left) >= k or len(hits) < wanted:
            return left[:k]
        wanted *= 2


def require_unbroken(layer: Published, part: str) -> None:
    """Refuse a damaged file of one layer before a library reads it: Chroma may crash, or answer wrongly.

    Raises: IndexDamaged.
    """
    for name in broken(layer.folder, layer.manifest.files, part):
        raise IndexDamaged(f"{str(layer.folder / name)!r} is damaged or missing; {generation.remedy(name)}.")
