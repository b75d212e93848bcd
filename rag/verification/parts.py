"""A text cut into what a comparison sees: values, names, words that mean something, and the closed classes that turn them.

Pure. A part's `key` is what it is matched by; a value has none of its own, and is matched by `values.same`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.types import Span, Word
from index.words.tokens import fold, words
from rag import lexicon
from rag.verification.values import Value, same, values

Kind = Literal["value", "name", "word", "stop", "negation", "modal", "exclusive", "universal", "partitive"]
_OPENS = lexicon.CONJUNCTIONS | lexicon.CONTRASTS | lexicon.CONDITIONALS
_MEANING = ("value", "name", "word")
_STOPS = re.compile(r"[,;:.!?()“”\"—–]|\s-\s")
_BEGINS = re.compile(r"(?:^|[.!?:“\"(]\s*|^\W+)$")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text. `clause` counts the clauses from 0; `value` is there for values only."""

    kind: Kind
    key: str
    text: str
    span: Span
    clause: int
    value: Value | None = None

    @property
    def means(self) -> bool:
        """Whether it says something by itself."""
        return self.kind in _MEANING


def matches(claim: Part, source: Part) -> bool:
    """Whether `source` says what `said` says."""
    if claim.value and source.value:
        return same(claim.value, source.value)
    return claim.key == source.key and not (claim.value or source.value)


def parts(text: str) -> tuple[Part, ...]:
    """The parts of `text` in order."""
    return _parts(text)


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[Part, ...]:
    amounts = values(text)
    pieces: list[Word | Value] = [
        word for word in words(text) if not any(value.span.overlap(word.span) for value in amounts)
    ]
    made: list[Part] = []
    clause, end = 0, 0
    for piece in sorted([*pieces, *amounts], key=lambda item: item.span.start):
        opens = isinstance(piece, Word) and piece.text.lower() in _OPENS
        if made and (opens or _STOPS.search(text[end : piece.span.start])):
            clause += 1
        end = piece.span.end
        made.append(_of_value(piece, clause) if isinstance(piece, Value) else _of_word(piece, clause, text))
    return tuple(made)


def _of_value(value: Value, clause: int) -> Part:
    return Part("value", f"{value.kind} {value.readings[0][1]}", value.text, value.span, clause, value)


def _of_word(word: Word, clause: int, text: str) -> Part:
    lower = fold(word.text)
    begins = _BEGINS.search(text[: word.span.start]) is not None
    kind, key = _class(lower)
    if not kind:
        name = word.text[:1].isupper() and not begins
        kind, key = ("stop" if word.is_stop else "name" if name else "word"), word.stem
    return Part(kind, key, word.text, word.span, clause)


def _class(lower: str) -> tuple[Kind | None, str]:
    """The closed class that a word is of, and the sense it has in it."""
    if lower in lexicon.NEGATIONS or lower.endswith("n't"):
        return "negation", "not"
    if lower in lexicon.MODALS:
        return "modal", "may" if lower in lexicon.POSSIBILITY else "must" if lower in lexicon.OBLIGATION else "will"
    if lower in lexicon.EXCLUSIVES:
        return "exclusive", lower
    if lower in lexicon.UNIVERSALS:
        return "universal", "all"
    return ("partitive", "some") if lower in lexicon.PARTITIVES else (None, "")


def in_order(claim: Sequence[Part], source: Sequence[Part]) -> list[tuple[int, int]]:
    """The longest run of pairs, in the order of both, where the source says what is said (Hunt and McIlroy's subsequence)."""
    table = [[0] * (len(source) + 1) for _ in range(len(claim) + 1)]
    equal = [[matches(a, b) for b in source] for a in claim]
    for a in range(len(claim) - 1, -1, -1):
        for b in range(len(source) - 1, -1, -1):
            table[a][b] = table[a + 1][b + 1] + 1 if equal[a][b] else max(table[a + 1][b], table[a][b + 1])
    pairs, a, b = [], 0, 0
    while a < len(claim) and b < len(source):
        if equal[a][b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif table[a + 1][b] >= table[a][b + 1]:
            a += 1
        else:
            b += 1
    return pairs
