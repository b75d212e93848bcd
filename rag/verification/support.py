"""How likely it is that a text says all of a statement: every word must find its support, not the most of them.

Two small logistic models over measures of words. The first judges each content word: whether the text says it, in the
best sentences or anywhere, and how near the nearest word in context comes (late interaction, as in ColBERT, Khattab and
Zaharia 2020). The second judges the statement by the mean of its words, by the word least likely said, and by how much
of it the best few sentences in a row say. Nothing is learnt at run time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.tokens import words
from index.types import Encoded, Span, Word
from rag.language.names import group
from rag.language.parts import Part, agrees, cut

Encode = Callable[[Sequence[str]], Mapping[str, Encoded]]
"""Each text as the embedding model sees it, by the text."""
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

READ = 16
"""Sentences of a text that are looked at closely, those that share the weightiest words with the statement."""
TOGETHER = 3
"""Sentences in a row that may say a statement between them."""

# Fitted by `python -m evals.fit_verifier --wice DIR` (L2, C = 0.3) on the words of the 374 sub-claims in
# DIR/non_supported_tokens/train.jsonl of WiCE, which none of the reported claims is part of.
WORD_MEASURES = (
    "length",
    "said",
    "anywhere",
    "likeness",
    "name",
    "digit",
    "family",
    "name anywhere",
    "digit anywhere",
    "said and like",
)
WORD_WEIGHTS = (-0.2409, 0.2782, 0.7132, -2.918, 1.978, 3.052, 0.05401, -1.951, -1.254, -1.82)
WORD_BIAS = 1.412
# Fitted by the same command on the claims at even places in WiCE's claim_dev.jsonl; the odd ones are reported.
CLAIM_WEIGHTS = (1.114, 0.6605, 3.505)
"""Of the mean log-probability that a word is said, of the least of them, and of `Measures.together`."""
CLAIM_BIAS = -1.386
_UNSEEN, _SEEN = 0.3, 0.85
"""Likeness of a word to others and to itself where no model tells it."""


@dataclass(frozen=True, slots=True)
class Support:
    """How likely a text says all of a statement, 0 to 1, and the content words least likely said, the worst first."""

    probability: float
    lacking: tuple[str, ...]


def support(statement: str, sentences: Sequence[str], encode: Encode | None = None) -> Support:
    """How well `sentences` together say `statement`. Without `encode`, words are compared by their letters alone."""
    measured = measures(statement, sentences, encode)
    if not len(measured.words):
        return Support(0.0, ())
    unsaid = _sigmoid(measured.values @ np.array(WORD_WEIGHTS) + WORD_BIAS)
    probability = _sigmoid(np.array([claim_measures(measured, unsaid) @ np.array(CLAIM_WEIGHTS) + CLAIM_BIAS]))
    worst = sorted(range(len(unsaid)), key=lambda i: -unsaid[i])
    return Support(float(probability[0]), tuple(measured.words[i].text for i in worst if unsaid[i] > 0.5))


@dataclass(frozen=True, slots=True)
class Measures:
    """The content words of a statement, `WORD_MEASURES` of each, and the words' rarity."""

    words: tuple[Word, ...]
    values: Floats
    """Shape (len(words), len(WORD_MEASURES))."""
    weights: Floats
    together: float
    """The likeness of the words, by weight, to the best `TOGETHER` sentences in a row, 0 to 1."""


def claim_measures(measured: Measures, unsaid: Floats) -> Floats:
    """What the second model judges by, given the first one's probability that each word is not supported."""
    log = np.log1p(-np.clip(unsaid, 0.0, 0.999))
    mean = float(log @ measured.weights / measured.weights.sum())
    return np.array([mean, float(log.min()), measured.together])


def measures(statement: str, sentences: Sequence[str], encode: Encode | None = None) -> Measures:
    """What both models judge by."""
    told = [{word.stem for word in words(text) if not word.is_stop} for text in sentences]
    idf = _idf(told)
    content = tuple(word for word in words(statement) if not word.is_stop)
    closely = _closest({word.stem for word in content}, told, idf)
    everything = set().union(*told) if told else set()
    near = set().union(*(told[i] for i in closely)) if closely else set()
    families = {stem[:5] for stem in everything if len(stem) >= 5}
    places = {group(word.text) for text in sentences for word in words(text) if word.text[:1].isupper()} - {None}
    said = np.array([[word.stem in stems for stems in told] for word in content]).reshape(len(content), len(told))
    likeness = np.where(said, _SEEN, _UNSEEN)
    likeness[:, closely] = _likeness(statement, content, [sentences[i] for i in closely], encode, said[:, closely])
    amounts = _amounts_said(statement, sentences)
    rows = []
    for at, word in enumerate(content):
        if any(span.contains(word.span) for span in amounts):
            rows.append(_SAID)
            likeness[at] = _SEEN
        else:
            best = float(likeness[at, closely].max(initial=_UNSEEN))
            rows.append(_word(word, at, near, everything, families, places, best))
    weights = np.array([idf(word.stem) for word in content])
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(WORD_MEASURES))
    return Measures(content, values, weights, _together(np.where(said, np.maximum(likeness, _SEEN), likeness), weights))


def _word(
    word: Word,
    at: int,
    near: set[str],
    everything: set[str],
    families: set[str],
    places: set[int | None],
    likeness: float,
) -> list[float]:
    kin = group(word.text) in places
    said, anywhere = float(word.stem in near or kin), float(word.stem in everything or kin)
    name, digit = float(word.text[:1].isupper() and at > 0), float(word.text[:1].isdigit())
    family = float(len(word.stem) >= 5 and word.stem[:5] in families)
    length = min(len(word.stem), 12) / 12
    return [length, said, anywhere, likeness, name, digit, family, name * anywhere, digit * anywhere, said * likeness]


_SAID = [0.4, 1.0, 1.0, 0.85, 0.0, 1.0, 0.0, 0.0, 1.0, 0.85]
"""The measures of a word of a number or a date that the text has, in whatever form."""


def _idf(told: Sequence[set[str]]) -> Callable[[str], float]:
    """The rarity of a stem among the sentences (Robertson and Spärck Jones, smoothed)."""
    counts = Counter(stem for stems in told for stem in stems)
    return lambda stem: math.log(1 + (len(told) - counts[stem] + 0.5) / (counts[stem] + 0.5))


def _closest(wanted: set[str], told: Sequence[set[str]], idf: Callable[[str], float]) -> list[int]:
    scores = [sum(idf(stem) for stem in sorted(wanted & stems)) / (len(stems) + 8) ** 0.2 for stems in told]
    return sorted(range(len(told)), key=lambda i: (-scores[i], i))[:READ]


def _likeness(
    statement: str, content: Sequence[Word], closely: Sequence[str], encode: Encode | None, said: Bools
) -> Floats:
    """How near the nearest word of each sentence comes to each word, shape (len(content), len(closely))."""
    found = np.where(said, _SEEN, _UNSEEN)
    if encode is None or not closely:
        return found
    encoded = encode([statement, *closely])
    mine = encoded[statement]
    rows = {word.span: row for word, row in zip(mine.words, mine.word_vectors, strict=True)}
    known = [at for at, word in enumerate(content) if word.span in rows]
    found = np.full(found.shape, _UNSEEN)
    if known:
        wanted = np.array([rows[content[at].span] for at in known])
        for column, text in enumerate(closely):
            if len(encoded[text].word_vectors):
                found[known, column] = (wanted @ encoded[text].word_vectors.T).max(axis=1)
    return found


def _together(likeness: Floats, weights: Floats) -> float:
    """The mean likeness of the words, by their weights, to the run of `TOGETHER` sentences where it is highest."""
    if not likeness.size:
        return _UNSEEN
    runs = range(max(1, likeness.shape[1] - TOGETHER + 1))
    return max(float(weights @ likeness[:, at : at + TOGETHER].max(axis=1)) for at in runs) / float(weights.sum())


def _amounts_said(statement: str, sentences: Sequence[str]) -> list[Span]:
    """Where the numbers and dates of the statement stand that the text has, in whatever form."""
    told = [part for text in sentences for part in cut(text) if part.kind in ("number", "date")]
    numbers = [p for p in cut(statement) if p.kind == "number" or (p.kind == "date" and any(p.date))]
    return [p.span for p in numbers if any(_same(p, other) for other in told)]


def _same(part: Part, other: Part) -> bool:
    return part.value == other.value if part.kind == other.kind == "number" else agrees(part, other)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)
