"""How well a text covers the words of a question: exactly, by name, by family, or by likeness in context.

Likeness is the largest cosine between the contextual vector of a question's word and those of the text's words
(late interaction, as in ColBERT, Khattab and Zaharia 2020), taken from the embedding model's own token vectors,
so no second model is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from index.tokens import fold
from index.types import Encoded, Word
from rag.language.names import group, is_capital, skeleton

Scores = npt.NDArray[np.float32]

LIKENESS_FLOOR = 0.35
"""Cosine of two unrelated words in context, near enough; likeness counts above it."""
LIKENESS_CEILING = 0.85
_FAMILY = 0.9
_ALIAS = 0.95


def coverage(
    terms: Sequence[Word], question: Encoded, text: Encoded, acronyms: Mapping[str, tuple[str, ...]]
) -> Scores:
    """For each of `terms`, how well `text` says it, 0 to 1; shape (len(terms),)."""
    best = np.zeros(len(terms), dtype=np.float32)
    if not text.words or not terms:
        return best
    likeness = _likeness(terms, question, text)
    stems = {word.stem for word in text.words}
    families = {word.stem[:5] for word in text.words if len(word.stem) >= 5}
    groups = {group(word.text) for word in text.words} - {None}
    skeletons = {skeleton(word.text) for word in text.words if word.text[:1].isupper()} - {None}
    for i, term in enumerate(terms):
        best[i] = max(_exact(term, stems, families, groups, skeletons, text, acronyms), float(likeness[i]))
    return best


def _likeness(terms: Sequence[Word], question: Encoded, text: Encoded) -> Scores:
    rows = {word.span: row for word, row in zip(question.words, question.word_vectors, strict=True)}
    known = [rows.get(term.span) for term in terms]
    width = text.word_vectors.shape[1]
    vectors = np.stack([row if row is not None else np.zeros(width, dtype=np.float32) for row in known])
    nearest = (vectors @ text.word_vectors.T).max(axis=1)
    scaled = (nearest - LIKENESS_FLOOR) / (LIKENESS_CEILING - LIKENESS_FLOOR)
    clipped: Scores = np.clip(scaled, 0.0, 0.9).astype(np.float32)
    return clipped


def _exact(
    term: Word,
    stems: set[str],
    families: set[str],
    groups: set[int | None],
    skeletons: set[str | None],
    text: Encoded,
    acronyms: Mapping[str, tuple[str, ...]],
) -> float:
    if term.stem in stems:
        return 1.0
    kin = group(term.text)
    if kin is not None and kin in groups and not is_capital(term.text):
        return _ALIAS
    if kin is not None and kin in groups:
        return 0.6  # a capital may mean its government, or only the city
    if (bones := skeleton(term.text)) is not None and bones in skeletons:
        return _ALIAS
    if _by_acronym(term, stems, text, acronyms):
        return _ALIAS
    if len(term.stem) >= 5 and term.stem[:5] in families:
        return _FAMILY
    return 0.0


def _by_acronym(term: Word, stems: set[str], text: Encoded, acronyms: Mapping[str, tuple[str, ...]]) -> bool:
    folded = fold(term.text)
    long = acronyms.get(folded)
    if long and sum(1 for w in text.words if fold(w.text) in long) >= max(2, len(long) - 1):
        return True
    return any(folded in words and short in stems for short, words in acronyms.items())
