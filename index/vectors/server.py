"""Nearest vectors, by a Chroma server over HTTP. The only module that knows Chroma's protocol, version 2.

Chroma's own client waits for an answer without limit and takes proxies from the environment, and neither can be set.
These few calls go to the server that is set and nowhere else: no proxy, no redirect, no `.netrc`, no `.env`. Chroma is
given vectors and ids and nothing else, and each call can be repeated without harm.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import time
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from index.errors import IndexDamaged, StoreUnavailable
from index.keys import Mask
from index.settings import StoreSettings
from index.types import Hit, Vectors
from index.vectors.remote import Remote
from index.vectors.types import SPARE, Batch, configuration, evenly, ranked

_COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"
_REQUEST_BYTES = 500_000
"""What a request with vectors holds at most, about; servers in front of another commonly take a megabyte."""
_ANSWER_BYTES = 16 * 1024 * 1024
_BUSY = (429, 502, 503, 504)
_Answer = TypeVar("_Answer")


class _Collection(BaseModel):
    id: UUID


class _Nearest(BaseModel):
    ids: list[list[str]]
    distances: list[list[float]]


class _Refusal(IndexDamaged):
    """The server understood the call, and says why it does not do it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """One connection to the Chroma server that is set, for one call at a time. A context manager.

    Every call raises StoreUnavailable when the server does not answer, refuses the token or is no Chroma server, and
    IndexDamaged when Chroma says that it cannot do it.
    """

    def __init__(self, settings: StoreSettings, *, patient: bool = False) -> None:
        """A connection made by the first call; a `patient` one waits `settings.timeout` for a server that is away."""
        self._url = settings.url or ""
        self._patience = settings.timeout if patient else 0.0
        self._token = _token(settings)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            self._headers["Authorization"] = f"Bearer {self._token}"
        self._connection = _connection(settings)
        self._lock = Lock()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; a later call makes another."""
        with self._lock:
            self._connection.close()

    def require(self) -> None:
        """Return if the server answers, and to this token."""
        self._call("GET", f"{_COLLECTIONS}?limit=1", list[object])

    def find(self, name: str) -> UUID:
        """The id of the collection called `name`."""
        return self._call("GET", f"{_COLLECTIONS}/{quote(name, safe='')}", _Collection).id

    def count(self, collection: UUID) -> int:
        """How many vectors a collection holds."""
        return self._call("GET", f"{_COLLECTIONS}/{collection}/count", int)

    def nearest(self, collection: UUID, vector: Vectors, k: int) -> tuple[list[str], list[float]]:
        """The ids of the `k` vectors nearest to one, and their cosine distances."""
        query = {"query_embeddings": np.atleast_2d(vector).tolist(), "n_results": k, "include": ["distances"]}
        answer = self._call("POST", f"{_COLLECTIONS}/{collection}/query", _Nearest, query)
        if len(answer.ids) != 1 or list(map(len, answer.ids)) != list(map(len, answer.distances)):
            raise self._no_chroma("lists of unequal length")
        return answer.ids[0], answer.distances[0]

    def fill(self, remote: Remote, batches: Iterable[Batch]) -> None:
        """Make the collection that `remote` names, of the vectors in `batches`."""
        request = {"name": remote.collection, "get_or_create": True, "configuration": configuration(remote.count)}
        collection = self._call("POST", _COLLECTIONS, _Collection, request).id
        for ids, vectors in batches:
            size = max(1, _REQUEST_BYTES // (6 * vectors.shape[1] + 64))  # in base 64, and an id
            for part in evenly(len(ids), size):
                packed = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors[part]]
                sent = {"ids": list(ids[part]), "embeddings": packed}
                self._call("POST", f"{_COLLECTIONS}/{collection}/upsert", dict[str, object], sent)
        self._require_count(remote, collection)

    def delete(self, name: str) -> None:
        """Remove the collection called `name`, if there is one."""
        try:
            self._call("DELETE", f"{_COLLECTIONS}/{quote(name, safe='')}", dict[str, object])
        except _Refusal as refusal:
            if refusal.status != 404:
                raise

    def open(self, remote: Remote) -> UUID:
        """The id of the collection that `remote` names, whole."""
        collection = self.find(remote.collection)
        self._require_count(remote, collection)
        return collection

    def _require_count(self, remote: Remote, collection: UUID) -> None:
        held = self.count(collection)
        if held != remote.count:
            raise IndexDamaged(
                f"The collection {remote.collection!r} on {self._url} holds {held:,} vectors, and {remote.count:,} "
                "were put there; run `rag doctor --repair`."
            )

    def _call(self, method: str, path: str, kind: type[_Answer], body: Mapping[str, object] | None = None) -> _Answer:
        data = None if body is None else json.dumps(body).encode()
        begun, pause = time.monotonic(), 0.05
        again = True  # the connection kept from the last call may have been closed meanwhile
        while True:
            try:
                status, answer = self._exchange(method, path, data)
                if status not in _BUSY:
                    return self._understood(status, answer, kind)
                error, reason = None, f"HTTP status {status}"
            except (OSError, HTTPException, UnicodeError) as caught:
                error, reason = caught, getattr(caught, "strerror", None) or str(caught) or type(caught).__name__
            if time.monotonic() - begun >= self._patience and (not again or isinstance(error, TimeoutError)):
                raise self._away(reason) from error
            time.sleep(pause)
            again, pause = False, min(1.0, 2 * pause)

    def _away(self, reason: str) -> StoreUnavailable:
        return StoreUnavailable(
            f"The Chroma server {self._url} does not answer ({self._plain(reason)}); start it, or set store.host and "
            "store.port to where it is."
        )

    def _exchange(self, method: str, path: str, data: bytes | None) -> tuple[int, bytes]:
        with self._lock:
            try:
                self._connection.request(method, path, data, self._headers)
                response = self._connection.getresponse()
                body = response.read(_ANSWER_BYTES + 1)
                if len(body) > _ANSWER_BYTES:
                    raise HTTPException("an answer without end")
                return response.status, body
            except BaseException:
                self._connection.close()
                raise

    def _understood(self, status: int, body: bytes, kind: type[_Answer]) -> _Answer:
        if status in (401, 403):
            raise StoreUnavailable(
                f"The Chroma server {self._url} refuses access (HTTP status {status}); set store.token_env to the "
                "environment variable that holds its token."
            )
        if status == 200:
            try:
                return TypeAdapter(kind).validate_json(body)
            except ValidationError:
                raise self._no_chroma("something else") from None
        try:
            refusal = json.loads(body)
            words = f"{refusal['error']}: {refusal['message']}"
        except (ValueError, TypeError, KeyError):
            raise self._no_chroma(f"HTTP status {status}") from None
        raise _Refusal(
            f"The vectors on {self._url} cannot be used ({self._plain(words)}); run `rag doctor --repair`.", status
        )

    def _no_chroma(self, answered: str) -> StoreUnavailable:
        return StoreUnavailable(
            f"What answers at {self._url} is no Chroma server that this version knows ({answered}); check store.host, "
            "store.port and store.tls."
        )

    def _plain(self, words: str) -> str:
        """The first line of what the server said, without the token should it repeat that."""
        line = "".join(c for c in (words.strip().splitlines() or [""])[0] if c.isprintable())
        return Mask(self._token).clean(line)[:200].rstrip(".")


class RemoteStore:
    """The collection of a published generation, to search. Safe to use from several threads."""

    def __init__(self, remote: Remote, settings: StoreSettings) -> None:
        """Open the collection that `remote` names.

        Raises: StoreUnavailable; IndexDamaged, when it is missing or holds more or less than was put there.
        """
        self._count = remote.count
        self._server = Server(settings)
        try:
            self._collection = self._server.open(remote)
        except BaseException:
            self._server.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def count(self) -> int:
        """How many vectors there are."""
        return self._count

    def query(self, vector: Vectors, k: int) -> list[Hit]:
        """See `index.vectors.types.VectorStore`."""
        wanted = min(k, self._count)
        if wanted < 1:
            return []
        return ranked(*self._server.nearest(self._collection, vector, min(wanted + SPARE, self._count)), wanted)


def _token(settings: StoreSettings) -> str | None:
    if settings.token_env is None:
        return None
    token = os.environ.get(settings.token_env, "")
    if not token:
        raise StoreUnavailable(
            f"The environment variable {settings.token_env}, which store.token_env names, is not set; set it to the "
            "token of the Chroma server."
        )
    if not all("!" <= character <= "~" for character in token):
        raise StoreUnavailable(
            f"The environment variable {settings.token_env} holds a space or a letter that no token has; set it anew."
        )
    return token


def _connection(settings: StoreSettings) -> HTTPConnection:
    host = settings.host or ""
    if settings.tls:
        context = ssl.create_default_context()
        return HTTPSConnection(host, settings.port, timeout=settings.timeout, context=context)
    return HTTPConnection(host, settings.port, timeout=settings.timeout)
