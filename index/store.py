"""Nearest vectors, by Chroma. A cache made from the corpus; the only module that knows chromadb.

Chroma is given vectors and ids and nothing else: no text, no embedding function (it would fetch a model), and
settings that read no `.env` of the current folder.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.errors import IndexDamaged
from index.types import Hit, Vectors

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

_COLLECTION = "passages"
_SPARE = 8
"""Hits asked for beyond `k`, so that equal scores at the edge are cut by id and not by chance."""


def build_store(folder: Path, ids: Sequence[str], vectors: Vectors) -> None:
    """Write a new store of `ids` and their unit `vectors`, shape (len(ids), dimension), in the empty `folder`.

    Raises: OSError, when the disk is full; IndexDamaged, on any other failure of Chroma.
    """
    with _chroma(folder):
        client = _client(folder)
        try:
            collection = client.create_collection(
                _COLLECTION, embedding_function=None, configuration=_configuration(len(ids))
            )
            size = client.get_max_batch_size()
            for at in range(0, len(ids), size):
                collection.upsert(ids=list(ids[at : at + size]), embeddings=vectors[at : at + size])
        finally:
            client.close()


class VectorStore:
    """A published store, to search. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`.

        Raises: IndexDamaged, when it does not open.
        """
        if not (folder / "chroma.sqlite3").is_file():  # Chroma would make a new, empty store without a word
            raise IndexDamaged(f"The vectors in {str(folder)!r} are missing; run `rag index --rebuild PATH`.")
        self._folder = folder
        with _chroma(folder):
            self._client = _client(folder)
            try:
                self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
                self._count = self._collection.count()
            except BaseException:
                self._client.close()
                raise

    @classmethod
    def open(cls, folder: Path) -> VectorStore:
        """The store in `folder`.

        Raises: IndexDamaged, when it does not open.
        """
        return cls(folder)

    def __enter__(self) -> VectorStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()

    def count(self) -> int:
        """How many vectors there are."""
        return self._count

    def query(self, vector: Vectors, k: int) -> list[Hit]:
        """The `k` passages (all, when fewer) whose vectors are nearest to `vector`, shape (d,) or (1, d), best first.

        The score is the cosine similarity; equal scores stand in the order of their ids.

        Raises: IndexDamaged, when Chroma fails or `vector` has another width than the store's.
        """
        count = min(k, self._count)
        if count < 1:
            return []
        with _chroma(self._folder):
            found = self._collection.query(
                query_embeddings=np.atleast_2d(vector),
                n_results=min(count + _SPARE, self._count),
                include=["distances"],
            )
        distances = found["distances"] or [[]]
        scored = sorted((distance, key) for key, distance in zip(found["ids"][0], distances[0], strict=True))
        return [Hit(key, 1.0 - float(distance), rank) for rank, (distance, key) in enumerate(scored[:count], start=1)]


def _client(folder: Path) -> Client:
    settings = Settings(
        _env_file=None,
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
    )
    return cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))


def _configuration(count: int) -> CreateCollectionConfiguration:
    """Cosine distance, a graph denser than Chroma's default, and one flush at the end.

    On 8,000 clustered vectors of width 384 these find every one of the exact 50 nearest, at 5 ms a question.
    A store below `sync_threshold` keeps no graph on the disk: whoever opens it replays its log and rewrites its files.
    One that flushes on the way writes the graph many times. Hence a threshold of exactly what will be added.
    """
    threshold = max(1, count)
    return {
        "hnsw": {
            "space": "cosine",
            "ef_construction": 200,
            "max_neighbors": 32,
            "ef_search": 200,
            "sync_threshold": threshold,
            "batch_size": min(100, threshold),
        }
    }


@contextmanager
def _chroma(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ChromaError, ValueError, RuntimeError, KeyError) as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if "disk is full" in words or "No space left" in words:
            raise OSError(errno.ENOSPC, "no space left on the disk", str(folder)) from error
        raise IndexDamaged(
            f"The vectors in {str(folder)!r} do not read ({words}); run `rag index --rebuild PATH`."
        ) from error
