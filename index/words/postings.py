"""Which passages hold a token, and how often: the inverted index of a corpus, written once."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import IndexDamaged
from index.words.tokens import tokenize

Numbers = npt.NDArray[np.int32]

IDS, VOCABULARY = "ids.json", "vocabulary.json"
_STARTS, _ROWS, _COUNTS, _LENGTHS = "starts.npy", "rows.npy", "counts.npy", "lengths.npy"
_HEADER = 128
"""Bytes of a file of NumPy's with no numbers in it."""
_MOST = 65_535
"""The largest count kept of a token in one passage, which has a few hundred."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The passages of a corpus by the tokens of `tokens.tokenize`. Nothing changes after it is made."""

    ids: tuple[str, ...]
    lengths: Numbers
    """How many tokens each passage has, shape (len(ids),)."""
    vocabulary: dict[str, int]
    """The number of each token: its place when all are sorted."""
    starts: npt.NDArray[np.int64]
    """The rows and counts of token n stand from `starts[n]` to `starts[n + 1]`."""
    rows: Numbers
    """Places in `ids`, ascending for each token."""
    counts: npt.NDArray[np.uint16]
    """How often the token stands in the passage of the same place in `rows`."""

    def of(self, token: str) -> tuple[Numbers, npt.NDArray[np.uint16]]:
        """The rows of the passages that hold a token, and how often each does."""
        number = self.vocabulary.get(token)
        if number is None:
            return self.rows[:0], self.counts[:0]
        place = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.rows[place], self.counts[place]

    def entries(self, places: Numbers, numbers: dict[str, int]) -> _Entries:
        """All that is in these postings, each row exchanged for that in `places`, shape (len(ids),), and left out where
        that is below 0. Tokens are numbered by `numbers`, to which new ones are added.
        """
        rows = places[self.rows]
        is_taken = rows >= 0
        own = np.repeat(np.arange(len(self.vocabulary), dtype=np.int32), np.diff(self.starts))
        renumbered = np.array([numbers.setdefault(token, len(numbers)) for token in self.vocabulary], dtype=np.int32)
        return _Entries(renumbered[own[is_taken]], rows[is_taken], self.counts[is_taken])


@dataclass(frozen=True, slots=True)
class _Entries:
    """Which token, by its number, stands in which row, and how often; three arrays of one length."""

    tokens: Numbers
    rows: Numbers
    counts: npt.NDArray[np.uint16]


def build_postings(ids: Sequence[str], texts: Iterable[str]) -> Postings:
    """The postings of `texts`, known by `ids`; equal for equal texts.

    Texts come one at a time and tokens are not kept: memory holds ten bytes for each passage that holds a token.
    """
    numbers: dict[str, int] = {}
    lengths, rows, tokens, counts = array("i"), array("i"), array("i"), array("H")
    for row, text in enumerate(texts):
        stems = tokenize(text)
        lengths.append(len(stems))
        for stem, count in Counter(stems).items():
            rows.append(row)
            tokens.append(numbers.setdefault(stem, len(numbers)))
            counts.append(min(count, _MOST))
    entries = _Entries(np.array(tokens, np.int32), np.array(rows, np.int32), np.array(counts, np.uint16))
    return _inverted(ids, np.array(lengths, dtype=np.int32), list(numbers), entries)


def gathered(ids: Sequence[str], sources: Sequence[Postings]) -> Postings:
    """The postings of the passages `ids`, each from the first of `sources` that has it: as `build_postings` of all
    their texts makes them, without reading these again. Raises: KeyError, for a passage that none has.
    """
    rows = {key: row for row, key in enumerate(ids)}
    lengths = np.zeros(len(ids), dtype=np.int32)
    numbers: dict[str, int] = {}
    parts: list[_Entries] = []
    for source in sources:
        taken = np.array([rows.pop(key, -1) for key in source.ids], dtype=np.int32)
        is_taken = taken >= 0
        lengths[taken[is_taken]] = source.lengths[is_taken]
        parts.append(source.entries(taken, numbers))
    if rows:
        raise KeyError(f"no source has the passage {next(iter(rows))!r}")
    return _inverted(ids, lengths, list(numbers), _together(parts))


def _together(parts: Sequence[_Entries]) -> _Entries:
    """All entries, by row."""
    tokens, rows, counts = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("tokens", "rows", "counts")
    )
    order = np.argsort(rows, kind="stable")
    return _Entries(tokens[order], rows[order], counts[order])


def _inverted(ids: Sequence[str], lengths: Numbers, tokens: Sequence[str], entries: _Entries) -> Postings:
    """The postings of entries that come by row, and number the `tokens`; a token that no passage has is left out."""
    is_used = np.bincount(entries.tokens, minlength=len(tokens)) > 0
    vocabulary = {token: place for place, token in enumerate(sorted(compress(tokens, is_used)))}
    places = np.array([vocabulary.get(token, -1) for token in tokens], dtype=np.int32)
    numbered = places[entries.tokens]
    order = np.argsort(numbered, kind="stable")
    starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
    np.cumsum(np.bincount(numbered, minlength=len(vocabulary)), out=starts[1:])
    return Postings(tuple(ids), lengths, vocabulary, starts, entries.rows[order], entries.counts[order])


def save_postings(folder: Path, postings: Postings) -> None:
    """Write them to `folder`. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / IDS).write_text(json.dumps(postings.ids), encoding="utf-8")
    (folder / VOCABULARY).write_text(json.dumps(list(postings.vocabulary)), encoding="utf-8")
    arrays: dict[str, npt.NDArray[Any]] = {
        _STARTS: postings.starts,
        _ROWS: postings.rows,
        _COUNTS: postings.counts,
        _LENGTHS: postings.lengths,
    }
    for name, numbers in arrays.items():
        np.save(folder / name, numbers, allow_pickle=False)


def open_postings(folder: Path) -> Postings:
    """The postings in `folder`, of which memory holds what is read.

    Raises: IndexDamaged, when a file of them is missing or does not read.
    """
    try:
        ids, words = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (IDS, VOCABULARY))
        starts, rows, counts, lengths = (_mapped(folder / name) for name in (_STARTS, _ROWS, _COUNTS, _LENGTHS))
        vocabulary = {word: number for number, word in enumerate(words)}
        postings = Postings(tuple(ids), lengths, vocabulary, starts, rows, counts)
        if not _fits(postings):
            raise ValueError("its files do not belong together")
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        raise IndexDamaged(
            f"The word index in {str(folder)!r} does not read ({error}); run `rag index --rebuild PATH`."
        ) from error
    return postings


def _mapped(file: Path) -> Any:  # noqa: ANN401 - an array of any kind
    """The array in `file`: mapped, but for an empty one, which cannot be."""
    is_empty = file.stat().st_size <= _HEADER
    return np.load(file, mmap_mode=None if is_empty else "r", allow_pickle=False)


def _fits(postings: Postings) -> bool:
    return (
        len(postings.lengths) == len(postings.ids)
        and len(postings.starts) == len(postings.vocabulary) + 1
        and len(postings.rows) == len(postings.counts) == int(postings.starts[-1])
    )
