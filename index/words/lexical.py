"""Matching words, by BM25 over the postings of one corpus, or of one and what was laid over it since.

The score of a passage is made when it is asked for, from counts: so statistics are always those of the passages that
are there, and an edit costs no more than its own postings. bm25s makes them at building: sooner at the question,
and right only as long as no passage comes or goes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.types import Hit
from index.words.postings import Numbers, Postings, build_postings, open_postings, save_postings
from index.words.tokens import tokenize

_K1, _B = 1.5, 0.75


class LexicalIndex:
    """A BM25 index of passages. Safe to use from several threads: nothing changes after it is made."""

    def __init__(self, below: Postings, above: Postings | None = None, gone: Collection[str] = ()) -> None:
        """An index of the passages of `below` but for those that are `gone`, and of all those of `above`."""
        self._layers = (below,) if above is None else (below, above)
        self._ids = tuple(key for layer in self._layers for key in layer.ids)
        self._is_here = np.array([key not in gone for key in self._ids], dtype=bool)
        lengths = np.concatenate([layer.lengths for layer in self._layers])
        self._count = int(self._is_here.sum())
        mean = float(lengths[self._is_here].sum()) / max(1, self._count) or 1.0  # where no passage has a word
        self._norms = (_K1 * (1 - _B + _B * lengths / mean)).astype(np.float32)
        self._containing = lru_cache(maxsize=65_536)(lambda token: len(self._postings(token)[0]))

    @classmethod
    def build(cls, folder: Path, ids: Sequence[str], texts: Iterable[str]) -> LexicalIndex:
        """Write the index of `texts`, known by `ids`, to `folder`, and return it."""
        postings = build_postings(ids, texts)
        save_postings(folder, postings)
        return cls(postings)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index in `folder`.

        Raises: IndexDamaged, when a file of it is missing or does not read.
        """
        return cls(open_postings(folder))

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of every passage, in the order of building."""
        return tuple(key for key, is_here in zip(self._ids, self._is_here, strict=True) if is_here)

    def query(self, text: str, k: int, within: Collection[str] | None = None) -> list[Hit]:
        """Up to `k` passages that share a word with `text`, best first; equal scores stand in the order of ids.

        With `within` only passages that have these ids; their scores are those of the whole index.
        """
        scores = self._scores(text)
        matching = np.flatnonzero(scores > 0)
        if within is not None:
            matching = matching[np.array([self._ids[at] in within for at in matching], dtype=bool)]
        if k < 1 or not len(matching):
            return []
        if len(matching) > k:  # all that tie with the k-th stay, to be cut by id
            matching = matching[scores[matching] >= np.partition(scores[matching], -k)[-k]]
        best = sorted((-float(scores[at]), self._ids[at]) for at in matching)[:k]
        return [Hit(key, -score, rank) for rank, (score, key) in enumerate(best, start=1)]

    def idf(self, term: str) -> float:
        """How rare a token of `tokens.tokenize` is: ln(1 + (N - n + 0.5) / (n + 0.5)), with n = 0 if unknown.

        The inverse document frequency of Lucene's BM25, over the N passages.
        """
        containing = self._containing(term)
        return math.log(1 + (self._count - containing + 0.5) / (containing + 0.5))

    def _scores(self, text: str) -> npt.NDArray[np.float32]:
        """The BM25 score of each passage, shape (len(self._ids),), in the form that Lucene has it."""
        scores = np.zeros(len(self._ids), dtype=np.float32)
        for token in tokenize(text):
            rows, counts = self._postings(token)
            scores[rows] += np.float32(self.idf(token)) * counts / (counts + self._norms[rows])
        return scores

    def _postings(self, token: str) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """The rows of the passages that are there and hold a token, and how often each does."""
        (rows, counts), *over = (layer.of(token) for layer in self._layers)
        for more, more_counts in over:
            rows = np.concatenate([rows, more + np.int32(len(self._layers[0].ids))])
            counts = np.concatenate([counts, more_counts])
        if self._count < len(self._ids):
            is_here = self._is_here[rows]
            rows, counts = rows[is_here], counts[is_here]
        return rows, counts.astype(np.float32)
