"""Passages that a search is kept to, and the search among their stored vectors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from index.types import Hit, Vectors


@dataclass(frozen=True, slots=True)
class Within:
    """The passages of some articles.

    Passages with one vector between them are in the store under the id of the first. `distinct` gives, for each such
    id, the first passage of these articles that has the vector.
    """

    ids: frozenset[str]
    distinct: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage by its id, the article that it is of, and the digest under which its vector is kept."""

    id: str
    document_id: str
    article: int
    embedded: str


def within(placed: Iterable[Placed], articles: Collection[tuple[str, int]]) -> Within:
    """The passages among `placed`, which are all there are, of `articles`, given as documents and ordinals."""
    ids: list[str] = []
    stored: dict[str, str] = {}
    distinct: dict[str, str] = {}
    for row in placed:
        first = stored.setdefault(row.embedded, row.id)
        if (row.document_id, row.article) in articles:
            ids.append(row.id)
            distinct.setdefault(first, row.id)
    return Within(frozenset(ids), distinct)


def nearest(vector: Vectors, ids: Sequence[str], vectors: Vectors, k: int) -> list[Hit]:
    """The `k` of `ids` whose unit `vectors`, shape (len(ids), d), are nearest to `vector`, by exact cosine; best first.

    Equal scores stand in the order of ids, as in the store.
    """
    if k < 1 or not ids:
        return []
    scores = vectors @ np.ravel(vector)
    best = np.arange(len(ids))
    if len(ids) > k:  # all that tie with the k-th stay, to be cut by id
        best = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    ranked = sorted((-float(scores[at]), ids[int(at)]) for at in best)[:k]
    return [Hit(key, -score, rank) for rank, (score, key) in enumerate(ranked, start=1)]


def allowed_hits(hits: Iterable[Hit], allowed: Within, k: int) -> list[Hit]:
    """The first `k` of the store's `hits` that are `allowed`, ranked anew from 1."""
    left = [hit for hit in hits if hit.passage_id in allowed.distinct][:k]
    return [Hit(allowed.distinct[hit.passage_id], hit.score, rank) for rank, hit in enumerate(left, start=1)]


class Exact:
    """Vectors in memory, each compared with what is looked for: as `index.vectors.types.VectorStore`."""

    def __init__(self, ids: Sequence[str], vectors: Vectors) -> None:
        """`vectors` are those of `ids`, shape (len(ids), d)."""
        self._ids, self._vectors = ids, vectors

    def count(self) -> int:
        """How many vectors there are."""
        return len(self._ids)

    def query(self, vector: Vectors, k: int) -> list[Hit]:
        """The `k` nearest, best first."""
        return nearest(vector, self._ids, self._vectors, k)

    def close(self) -> None:
        """Nothing is open."""
