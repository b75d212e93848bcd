"""Nearest vectors, by Chroma in this process. A cache made from the corpus; the only module that knows chromadb.

Chroma is given vectors and ids and nothing else: no text, no embedding function (it would fetch a model), and
settings that read no `.env` of the current folder.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError

from index.errors import IndexDamaged
from index.types import Hit, Vectors
from index.vectors.types import SPARE, Batch, configuration, evenly, ranked

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

_COLLECTION = "passages"
_GRAPH_HEADER = "<iQQQQ"
"""Of hnswlib: version, offset, elements there is room for, elements there are, bytes of one."""
_NOT_WRITTEN = {
    "disk is full": errno.ENOSPC,
    "No space left": errno.ENOSPC,
    "readonly database": errno.EROFS,
    "Read-only file system": errno.EROFS,
    "Permission denied": errno.EACCES,
}
"""What Chroma says of a disk that takes nothing, which is no damage: it writes whenever it opens a store."""


def build_store(folder: Path, count: int, batches: Iterable[Batch]) -> None:
    """Write a new store of the `count` vectors of `batches`, no id twice, in the empty `folder`.

    More than one flush takes are in batches as `index.vectors.types.batches_of` cuts them.

    Raises: OSError, when the disk is full; IndexDamaged, on any other failure of Chroma.
    """
    with _chroma(folder):
        client = _client(folder)
        try:
            collection = client.create_collection(
                _COLLECTION, embedding_function=None, configuration=_configuration(count)
            )
            size = client.get_max_batch_size()
            for ids, vectors in batches:
                for part in evenly(len(ids), size):
                    collection.upsert(ids=list(ids[part]), embeddings=vectors[part])
        finally:
            client.close()
    _clear_spare_room(folder)


class EmbeddedStore:
    """A published store, to search. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`.

        Raises: IndexDamaged, when it does not open; OSError, when nothing can be written there.
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

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()

    def count(self) -> int:
        """How many vectors there are."""
        return self._count

    def query(self, vector: Vectors, k: int) -> list[Hit]:
        """See `index.vectors.types.VectorStore`."""
        count = min(k, self._count)
        if count < 1:
            return []
        with _chroma(self._folder):
            answer = self._collection.query(
                query_embeddings=np.atleast_2d(vector),
                n_results=min(count + SPARE, self._count),
                include=["distances"],
            )
        distances = answer["distances"] or [[]]
        return ranked(answer["ids"][0], distances[0], count)


def _clear_spare_room(folder: Path) -> None:
    """Write zeros where Chroma's graph keeps room for more vectors.

    It writes that room as its memory happened to be, and there may lie vectors of documents that were taken out.
    """
    for header in folder.rglob("header.bin"):
        _, _, _, count, size = struct.unpack_from(_GRAPH_HEADER, header.read_bytes())
        graph = header.with_name("data_level0.bin")
        whole = graph.stat().st_size
        if whole > count * size:
            with graph.open("r+b") as file:
                file.truncate(count * size)
                file.truncate(whole)


def _client(folder: Path) -> Client:
    settings = Settings(
        _env_file=None,
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
    )
    try:
        return cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))
    except BaseException:
        # Chroma keeps the half that was started, and would hand it out from then on.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise


def _configuration(count: int) -> CreateCollectionConfiguration:
    return cast("CreateCollectionConfiguration", configuration(count))


@contextmanager
def _chroma(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ChromaError, ValueError, RuntimeError, KeyError) as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        for sign, number in _NOT_WRITTEN.items():
            if sign in words:
                raise OSError(number, os.strerror(number), str(folder)) from error
        raise IndexDamaged(
            f"The vectors in {str(folder)!r} do not read ({words}); run `rag index --rebuild PATH`."
        ) from error
