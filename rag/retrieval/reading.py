"""The sentences of the passages, read against one question: how much of it each says, and what it offers.

A `Reading` is made once a question; candidates carry everything that the checks and the choice need, so that
those can be pure.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from index.sentences import sentences
from index.tokens import stem, words
from index.types import Embedder, Encoded, Passage, Source, Span, Word
from rag.asking.question import Question, read_question
from rag.language.names import acronyms, initials
from rag.retrieval.align import Scores, coverage
from rag.retrieval.tables import Cell, cells

SAID = 0.5
"""A term of the question covered this well counts as said."""
_NAME_WEIGHT = 1.3
_SHORT = 8
"""Sentences of fewer words say little by themselves, and score less."""
_NAMED_SOURCE = 0.5
"""What a sentence gains when the question names its outlet or author."""
_FRAGMENT = 0.2
"""What a heading, a caption or a legend loses for being no sentence."""
_ONLY_A_LINK = 2.0
"""What a footnote that is but an address loses."""
_LINK = re.compile(r"https?://\S+|www\.\S+|\[\d+\]")
_ENDED = re.compile(r"[.!?…:。！？][”’\"'»)\]]*(?:\[\d+\])*$")
_CONTEXT_WEIGHT = 0.6
_BEFORE, _FURTHER = 0.9, 0.8  # what the sentence before says counts a little less, the heading and others less again


@dataclass(frozen=True, slots=True)
class Read:
    """One passage with its sentences, each encoded once."""

    passage: Passage
    source: Source
    spans: tuple[Span, ...]
    """Offsets in the document."""
    sentences: tuple[Encoded, ...]
    heading: Encoded
    """Headline, outlet and author, encoded."""
    names: frozenset[str] = frozenset()
    """Stems of all the names in the passage's article."""
    initials: frozenset[str] = frozenset()
    """Short forms that those names would have."""
    columns: str = ""
    """The heads of the table that the passage is of, as a row; empty where it is of none."""
    heads: Encoded | None = None
    """`columns`, encoded."""

    def text(self, at: int) -> str:
        """The words of sentence `at`, exact."""
        span = self.spans[at]
        return self.passage.text[span.start - self.passage.start : span.end - self.passage.start]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A sentence that might answer, equal to itself alone. Coverages are per term of the question, in order, 0 to 1."""

    read: Read
    at: int
    said: Scores
    """By the sentence alone."""
    context: Scores
    """By the sentence, those beside it and the heading; by a row, its heads and the heading."""
    likeness: float
    """Cosine of question and sentence."""
    score: float

    @property
    def span(self) -> Span:
        """Where the sentence lies in its document."""
        return self.read.spans[self.at]

    @property
    def text(self) -> str:
        """The sentence, exact."""
        return self.read.text(self.at)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The row that the sentence is, under its heads; empty where it is none."""
        return cells(self.read.columns, self.text)

    @property
    def encoded(self) -> Encoded:
        """The sentence as the model sees it."""
        return self.read.sentences[self.at]


@dataclass(frozen=True)
class Reading:
    """A question and the passages offered for it."""

    question: Question
    encoded: Encoded
    weights: Scores
    """Of the question's terms, by rarity in the documents; names weigh more."""
    short_forms: Mapping[str, tuple[str, ...]]
    reads: tuple[Read, ...]

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """Every sentence of the passages, best first; ties by place."""
        found = [c for of_one in self._by_passage.values() for c in of_one]
        return tuple(sorted(found, key=lambda c: (-c.score, c.read.passage.id, c.at)))

    @cached_property
    def names(self) -> frozenset[str]:
        """Stems of all the names in the articles of the passages."""
        return frozenset().union(*(read.names for read in self.reads))

    @cached_property
    def _by_passage(self) -> Mapping[str, Sequence[Candidate]]:
        return {read.passage.id: self._of(read) for read in self.reads}

    def covers(self, said: Scores) -> float:
        """The share of the question's weight that `said` covers, 0 to 1."""
        total = float(self.weights.sum())
        return float((said * self.weights).sum()) / total if total else 0.0

    def score(self, read: Read) -> float:
        """How well the best sentence of a passage meets the question; `read` is one of `reads`."""
        return max((c.score for c in self._by_passage[read.passage.id]), default=0.0)

    def with_before(self, candidate: Candidate) -> list[Scores]:
        """What the sentence, what it is read after and the heading say of the question's terms."""
        read, terms = candidate.read, self.question.terms
        before = _before(read, candidate.at)
        beside = [read.heading, *([before] if before else [])]
        return [candidate.said, *(coverage(terms, self.encoded, text, self.short_forms) for text in beside)]

    def _of(self, read: Read) -> list[Candidate]:
        terms = self.question.terms
        said = [coverage(terms, self.encoded, s, self.short_forms) for s in read.sentences]
        head = coverage(terms, self.encoded, read.heading, self.short_forms)
        heads = coverage(terms, self.encoded, read.heads, self.short_forms) if read.heads else None
        return [self._candidate(read, at, said, head, heads) for at in range(len(said))]

    def _candidate(self, read: Read, at: int, said: list[Scores], head: Scores, heads: Scores | None) -> Candidate:
        near = [said[at], head * _FURTHER]
        if heads is not None:
            near += [heads * _BEFORE]
        else:
            near += [said[at - 1] * _BEFORE] if at else []
            near += [said[i] * _FURTHER for i in (at - 2, at + 1) if 0 <= i < len(said)]
        context = np.maximum.reduce(near)
        likeness = float(self.encoded.vector @ read.sentences[at].vector)
        follows = float(self.encoded.vector @ _blend(_before(read, at) or read.sentences[at], read.sentences[at]))
        short = min(len(read.sentences[at].words), _SHORT) / _SHORT
        score = 0.6 * self.covers(said[at]) + 0.8 * self.covers(context) + likeness + 1.5 * follows + 0.2 * short
        score += _NAMED_SOURCE * self._names_source(read.source) - _FRAGMENT * (not _ENDED.search(read.text(at)))
        score -= _ONLY_A_LINK * (not words(_LINK.sub(" ", read.text(at))))
        return Candidate(read, at, said[at], context, likeness, score)

    def _names_source(self, source: Source) -> bool:
        """Whether the question names the outlet or the author in full."""
        asked = f" {_plain(self.question.text)} "
        names = (_plain(name).removeprefix("the ") for name in (source.outlet, source.author) if name)
        return any(f" {name} " in asked for name in names)


def _before(read: Read, at: int) -> Encoded | None:
    """What sentence `at` is read after: the one before it, but a row under the heads of its table."""
    return read.heads or (read.sentences[at - 1] if at else None)


def _plain(text: str) -> str:
    return " ".join(word.text.lower().removesuffix("'s").removesuffix("’s") for word in words(text))


def _blend(before: Encoded, sentence: Encoded) -> Scores:
    """A sentence together with the one before it: what "this" and "they" point to counts too."""
    both = before.vector + sentence.vector
    return np.asarray(both / max(float(np.linalg.norm(both)), 1e-12), dtype=np.float32)


class Reader:
    """Reads passages against questions; sentences once encoded are kept, the least used dropped first."""

    def __init__(
        self,
        embedder: Embedder,
        idf: Callable[[str], float],
        article_text: Callable[[Passage], str],
        *,
        columns: Callable[[Passage], str | None] = lambda _: None,
        keep: int = 20_000,
    ) -> None:
        """A reader that weighs words by `idf`, the rarity of a stem in the indexed documents.

        `article_text` gives the whole text of the article that a passage is of, `columns` the heads of its table.
        """
        self._embedder = embedder
        self._idf = idf
        self._article_text = article_text
        self._columns = columns
        self._named: dict[tuple[str, int], tuple[frozenset[str], frozenset[str]]] = {}
        self._keep = keep
        self._kept: OrderedDict[str, Encoded] = OrderedDict()
        self._lock = Lock()

    def read(self, question: str, passages: Sequence[tuple[Passage, Source]]) -> Reading:
        """`question` read against `passages`."""
        known = _capitals(passages)
        parsed = read_question(question, lambda word: known[stem(word)] > 0)
        weights = [self._idf(term.stem) * _standing(parsed, term) for term in parsed.terms]
        short: dict[str, tuple[str, ...]] = {}
        for passage, _ in passages:
            short.update(acronyms(passage.text))
        heads = [self._columns(passage) or "" for passage, _ in passages]
        texts = [question, *(t for p, s in passages for t in (*_sentence_texts(p), _heading(s))), *filter(None, heads)]
        encoded = self.encode(texts)
        return Reading(
            question=parsed,
            encoded=encoded[question],
            weights=np.array(weights, dtype=np.float32),
            short_forms=short,
            reads=tuple(_read(p, s, encoded, self._names_of(p), c) for (p, s), c in zip(passages, heads, strict=True)),
        )

    def _names_of(self, passage: Passage) -> tuple[frozenset[str], frozenset[str]]:
        key = (passage.document_id, passage.article)
        if key not in self._named:
            article = self._article_text(passage)
            self._named[key] = (_named(article), initials(article))
        return self._named[key]

    def encode(self, texts: Sequence[str]) -> dict[str, Encoded]:
        """Each text as the model sees it, by the text; those seen before are not encoded again.

        Raises: ModelUnavailable, when the model does not load.
        """
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
            if missing:
                self._kept.update(zip(missing, self._embedder.encode(missing), strict=True))
            found = {text: self._kept[text] for text in texts}
            for text in found:
                self._kept.move_to_end(text)
            while len(self._kept) > max(self._keep, len(found)):
                self._kept.popitem(last=False)
        return found


def _standing(question: Question, term: Word) -> float:
    if question.is_context(term):
        return _CONTEXT_WEIGHT
    return _NAME_WEIGHT if term.stem in question.names else 1.0


def _read(
    passage: Passage,
    source: Source,
    encoded: Mapping[str, Encoded],
    names: tuple[frozenset[str], frozenset[str]],
    columns: str,
) -> Read:
    spans = _spans(passage)
    texts = [span.of(passage.text) for span in spans]
    placed = tuple(Span(s.start + passage.start, s.end + passage.start) for s in spans)
    told = tuple(encoded[text] for text in texts)
    return Read(passage, source, placed, told, encoded[_heading(source)], *names, columns, encoded.get(columns))


def _named(article: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(article) if word.text[:1].isupper() and not word.is_stop)


def _spans(passage: Passage) -> list[Span]:
    return sentences(passage.text)


def _sentence_texts(passage: Passage) -> list[str]:
    return [span.of(passage.text) for span in _spans(passage)]


def _heading(source: Source) -> str:
    return ". ".join(part for part in (source.title, source.outlet, source.author) if part)


def _capitals(passages: Sequence[tuple[Passage, Source]]) -> Counter[str]:
    """Stems that the passages write with a capital more than twice as often as without, not counting openings."""
    big: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for passage, source in passages:
        for text in (passage.text, _heading(source)):
            for word in words(text):
                (big if word.text[:1].isupper() else small)[word.stem] += 1
    return Counter({s: n for s, n in big.items() if n > 2 * small[s]})
