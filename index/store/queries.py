"""Queries for more values than one statement may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

_VALUES_A_QUERY = 500
Row = tuple[Any, ...]
Execute = Callable[[str, Sequence[str]], Sequence[Row]]
"""The rows of one statement with its values."""


def rows_in(execute: Execute, select: str, values: Sequence[str], keys: Sequence[str]) -> Iterator[Row]:
    """The rows of a `select` that ends in `IN`, for all of `keys`; `values` are those that come before them."""
    for at in range(0, len(keys), _VALUES_A_QUERY):
        part = keys[at : at + _VALUES_A_QUERY]
        yield from execute(f"{select} ({', '.join('?' * len(part))})", (*values, *part))


def embedded(execute: Execute, fingerprint: str, digests: Sequence[str]) -> set[str]:
    """Those of `digests` that have a vector of this fingerprint."""
    select = "SELECT text_sha256 FROM embeddings WHERE fingerprint = ? AND text_sha256 IN"
    return {str(digest) for (digest,) in rows_in(execute, select, (fingerprint,), digests)}
