"""The vectors of a generation: in Chroma's files beside its corpus, or in a collection on a Chroma server.

Both are caches made from the corpus, and both answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.errors import IndexDamaged
from index.settings import IndexSettings, StoreSettings
from index.vectors import ledger
from index.vectors.remote import Remote, remote_name
from index.vectors.types import Batch, VectorStore


def open_vectors(folder: Path, remote: Remote | None, settings: StoreSettings) -> VectorStore:
    """The vectors that are at `remote`, or in `folder` where that is None.

    Raises: IndexDamaged, when they do not open or are on a server that is not the one set; StoreUnavailable.
    """
    if remote is None:
        from index.vectors.chroma import EmbeddedStore

        return EmbeddedStore(folder)
    if remote.server != settings.url:  # whose token is for that server alone
        raise IndexDamaged(f"The vectors are on {remote.server}, and that is not the store set; run `rag index PATH`.")
    from index.vectors.server import RemoteStore

    return RemoteStore(remote, settings)


def build_vectors(
    folder: Path, name: str, count: int, batches: Iterable[Batch], settings: IndexSettings
) -> Remote | None:
    """Store the `count` vectors of `batches`, no id twice, for the generation `name`; where, if not in `folder`.

    Raises: OSError, when the disk is full; IndexDamaged, on any other failure of Chroma; StoreUnavailable.
    """
    if settings.store.url is None:
        from index.vectors.chroma import build_store

        build_store(folder, count, batches)
        return None
    from index.vectors.server import Server

    remote = Remote(settings.store.url, remote_name(settings.collection, name), count)
    with Server(settings.store, patient=True) as server:
        server.require()
        ledger.add(settings.root, ledger.Entry(name, remote.server, remote.collection))
        server.fill(remote, batches)
    return remote
