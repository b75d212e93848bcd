"""An embedder that does not embed the same text twice, as a question and the names in a table are asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from index.types import Embedder, Vectors

_MOST = 4096
"""Texts whose vectors are remembered: six megabytes at a width of 384."""


class Remembered:
    """As the embedder that it is made of, of which the vectors of the latest texts are remembered.

    Safe to use from several threads.
    """

    def __init__(self, embedder: Embedder, most: int = _MOST) -> None:
        """Remembers `most` vectors of `embedder`."""
        self._embedder = embedder
        self._most = most
        self._lock = Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def fingerprint(self) -> str:
        """That of the embedder."""
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        """That of the embedder."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit float32 row a text, in order; shape (len(texts), dimension). Raises: ModelUnavailable."""
        with self._lock:
            rows = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = [text for text in dict.fromkeys(texts) if text not in rows]
        if missing:
            rows |= zip(missing, self._embedder.embed(missing), strict=True)
        self._remember(rows)
        return np.array([rows[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)

    def _remember(self, rows: dict[str, Vectors]) -> None:
        with self._lock:
            for text, row in rows.items():
                self._vectors[text] = row
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
