"""Matching words, by BM25. A cache made from the corpus; the only module that knows bm25s.

The inverted index of bm25s answers ten times faster than SQLite's FTS5, and FTS5's one advantage, that it can be
changed in place, is of no use to generations that never change.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import bm25s  # type: ignore[import-untyped]
import numpy as np

from index.errors import IndexDamaged
from index.types import Hit
from index.words.tokens import tokenize

logging.getLogger("bm25s").setLevel(logging.WARNING)  # importing it sets DEBUG
_IDS = "ids.json"
_K1, _B = 1.5, 0.75


class LexicalIndex:
    """A BM25 index of passages. Safe to use from several threads: nothing changes after it is made."""

    def __init__(self, ids: Sequence[str], ranker: bm25s.BM25 | None) -> None:
        """An index of `ids`; `ranker` is None where no text has a word."""
        self._ids = tuple(ids)
        self._ranker = ranker

    @classmethod
    def build(cls, folder: Path, ids: Sequence[str], texts: Iterable[str]) -> LexicalIndex:
        """Write the index of `texts`, known by `ids`, to `folder`, and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _IDS).write_text(json.dumps(list(ids)), encoding="utf-8")
        numbers, vocabulary = _numbered(texts)
        if not vocabulary:
            return cls(ids, None)
        ranker = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        # bm25s numbers tokens in the order of a set; given numbers and words, two builds make equal files.
        ranker.index((numbers, vocabulary), create_empty_token=False, show_progress=False)
        ranker.save(folder, show_progress=False, allow_pickle=False)
        return cls(ids, ranker)

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """The index in `folder`.

        Raises: IndexDamaged, when a file of it is missing or does not read.
        """
        try:
            ids = json.loads((folder / _IDS).read_text(encoding="utf-8"))
            empty = not any(folder.glob("*.npy"))
            ranker = None if empty else bm25s.BM25.load(folder, show_progress=False, allow_pickle=False)
            if ranker is not None and ranker.scores["num_docs"] != len(ids):
                raise ValueError(f"{ranker.scores['num_docs']} texts and {len(ids)} ids")
        except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
            raise IndexDamaged(
                f"The word index in {str(folder)!r} does not read ({error}); run `rag index --rebuild PATH`."
            ) from error
        return cls(ids, ranker)

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of every passage, in the order of building."""
        return self._ids

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
        total, containing = len(self._ids), self._containing(term)
        return math.log(1 + (total - containing + 0.5) / (containing + 0.5))

    def _scores(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        known = [] if self._ranker is None else self._ranker.get_tokens_ids(tokenize(text))
        if self._ranker is None or not known:
            return np.zeros(len(self._ids), dtype=np.float32)
        return np.asarray(self._ranker.get_scores_from_ids(known), dtype=np.float32)

    def _containing(self, term: str) -> int:
        number = None if self._ranker is None else self._ranker.vocab_dict.get(term)
        if self._ranker is None or number is None:
            return 0
        starts = self._ranker.scores["indptr"]
        return int(starts[number + 1] - starts[number])


def _numbered(texts: Iterable[str]) -> tuple[list[list[int]], dict[str, int]]:
    """Each text's tokens as numbers, and the number of each token: its place when all are sorted.

    Texts come one at a time and tokens are not kept, so a large index needs eight bytes a token and not sixty.
    """
    found: dict[str, int] = {}
    rows = [[found.setdefault(token, len(found)) for token in tokenize(text)] for text in texts]
    vocabulary = {token: place for place, token in enumerate(sorted(found))}
    places = [vocabulary[token] for token in found]
    for row in rows:
        row[:] = [places[number] for number in row]
    return rows, vocabulary
