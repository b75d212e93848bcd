"""Whether each sentence that somebody wrote stands on the words that it cites.

A sentence is held against the passages it names, never against the rest. Words in quotation marks must be an exact run of
one of them (white space aside), an identifier must be there whole. What is copied clause by clause is supported; anything
else is weighed (`rag.verification.weigh`). Nothing is moved, added or repaired: it is labelled, with the spans that it was
checked against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from index.types import Span
from rag.lexicon import AUXILIARIES, DEMONSTRATIVES
from rag.reader.layout import Unit
from rag.reader.reader import Reader
from rag.reader.units import ReadUnit
from rag.types import RetrievedPassage, Statement, Verdict
from rag.verification.cite import Marked
from rag.verification.exact import Features, compare
from rag.verification.parts import parts
from rag.verification.weigh import Weighed, Weights, fitted, weigh

_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]{8,})\"")
_OF_PASSAGE = re.compile(
    r"^(?:according to|in|from) (?:the )?(?:\w+ )?(?:passages?|sources?|documents?),\s+"
    r"|,\s+according to (?:the )?(?:passages?|sources?|documents?)(?=\.?$)",
    re.IGNORECASE,
)
"""How models speak of what they were given: no source says it."""
_LEANS = re.compile(
    rf"^\W*(?:{'|'.join(sorted(DEMONSTRATIVES))})\s+(?:{'|'.join(sorted(AUXILIARIES))})\b", re.IGNORECASE
)
"""A "this" that stands for the sentence before."""
_COPIED = 0.8
"""The share of a sentence's words that one unit has, from which on it counts as copied."""
_OTHERS = 2
"""Passages besides those cited that a sentence which does not stand is looked for in."""


Units = Callable[[RetrievedPassage], Sequence[ReadUnit]]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The units of some passages, each with the label of its passage and its span."""

    units: tuple[Unit, ...] = ()
    places: tuple[tuple[int, Span | None], ...] = ()

    def spans(self, chosen: Sequence[int]) -> tuple[tuple[int, Span], ...]:
        """Where the units chosen stand; a heading above a passage stands nowhere in it."""
        places = (self.places[at] for at in chosen)
        return tuple(dict.fromkeys((label, span) for label, span in places if span))


def verify(
    marked: Sequence[Marked],
    passages: Sequence[RetrievedPassage],
    evidence_units: Units,
    reader: Reader,
    weights: Weights | None = None,
) -> tuple[Statement, ...]:
    """A verdict for each sentence, in order; `weights` are those published, where none are given.

    A sentence without a label is "uncited", one whose labels do not say it "unsupported", "partly" or "contradicted":
    where another passage says it, the note tells which. `evidence` are exact spans of the passages named, or of the
    nearest where none is. A label of no passage is kept, and noted.

    Raises: ModelUnavailable.
    """
    return _Verifier(passages, evidence_units, reader, weights or fitted()).statements(marked)


def turning(features: Features) -> Literal["", "negation", "other"]:
    """What turns a sentence that one unit has nearly word for word: there a "not" more or less, a "may", a "must" or
    another word says something else, whatever a model thinks. Of a paraphrase that cannot be told from the words.
    """
    if features.cover_best < _COPIED:
        return ""
    if features.negation_added or features.negation_lost or features.negations_changed:
        return "negation"
    changed = (
        features.sides_changed,
        features.hedge_lost,
        features.must_added,
        features.universal_added,
        features.replaced,
        features.rival,
    )
    return "other" if any(changed) else ""


class _Verifier:
    """One reply's passages, with their units, and what weighs its sentences."""

    def __init__(
        self, passages: Sequence[RetrievedPassage], evidence_units: Units, reader: Reader, weights: Weights
    ) -> None:
        self.texts = {item.label: item.passage.text for item in passages}
        self.bases = {item.label: item.passage.start for item in passages}
        self.evidence = {item.label: _evidence_of(item, evidence_units(item)) for item in passages}
        self.reader, self.weights = reader, weights

    def statements(self, marked: Sequence[Marked]) -> tuple[Statement, ...]:
        """A verdict for each, those that lean on the one before seen to."""
        cited = [self._cited(sentence) for sentence in marked]
        texts = [_OF_PASSAGE.sub("", sentence.text) for sentence in marked]
        first = self._weigh([(text, labels) for text, labels in zip(texts, cited, strict=True)])
        judged = [self._statement(*item) for item in zip(marked, texts, cited, first, strict=True)]
        lost = [at for at, statement in enumerate(judged) if statement.verdict not in ("supported", "quoted")]
        for at, elsewhere in self._elsewhere([(at, texts[at], cited[at]) for at in lost]):
            judged[at] = _with_place(judged[at], elsewhere)
        return tuple(_leaned(judged))

    def _cited(self, sentence: Marked) -> tuple[int, ...]:
        """The labels of passages that the sentence names."""
        return tuple(label for label in sentence.labels if label in self.evidence)

    def _weigh(self, items: Sequence[tuple[str, Sequence[int]]]) -> list[Weighed]:
        return weigh([(text, self._joined(labels).units) for text, labels in items], self.reader, self.weights)

    def _joined(self, labels: Sequence[int]) -> _Evidence:
        every = [self.evidence[label] for label in labels]
        return _Evidence(
            tuple(unit for item in every for unit in item.units),
            tuple(place for item in every for place in item.places),
        )

    def _statement(self, sentence: Marked, text: str, cited: Sequence[int], weighed: Weighed) -> Statement:
        unknown = [label for label in sentence.labels if label not in self.evidence]
        missing = f"no passage was offered as {', '.join(f'[{label}]' for label in unknown)}" if unknown else ""
        if not cited:
            verdict: Verdict = "unsupported" if unknown else "uncited"
            return Statement(sentence.text, sentence.labels, verdict, missing)
        quotes = _quotations(text)
        places = [self._place(quote, cited) for quote in quotes]
        spans = self._joined(cited).spans(weighed.comparison.chosen)
        quoted = tuple(place for place in places if place)
        if quotes and len(quoted) == len(quotes) and not _frame(text):
            return Statement(sentence.text, sentence.labels, "supported", missing, quoted, 1.0)
        verdict, note = self._verdict(weighed, text)
        if len(quoted) < len(quotes):
            note = "the quoted words are not in the passage"
            if verdict == "supported":
                verdict = "partly"
        remarks = "; ".join(part for part in (note, missing) if part)
        return Statement(sentence.text, sentence.labels, verdict, remarks, quoted + spans, weighed.supported)

    def _verdict(self, weighed: Weighed, text: str) -> tuple[Verdict, str]:
        """The verdict by probability, and what is wrong in words."""
        comparison, least = weighed.comparison, self.weights
        if not any(part.means for part in parts(text)):
            return "partly", "too short to be checked by itself"
        turned = turning(comparison.features)
        differs = comparison.notes[0] if comparison.notes else ""
        if least.support(weighed) and not turned:
            return "supported", ""
        if turned == "negation" or weighed.contradicted >= least.least_contradicted:
            return "contradicted", differs or "the source says otherwise"
        shares_words = comparison.features.cover_all > 0
        if weighed.supported >= least.least_partly and shares_words:
            return "partly", differs or "not in these words in the source: compare them"
        return "unsupported", differs or "the source does not say this"

    def _place(self, quote: str, labels: Sequence[int]) -> tuple[int, Span] | None:
        """Where `quote` stands in one of the passages; white space may differ, and the mark at its end."""
        words = quote.strip().rstrip(".,;:").split()
        pattern = r"\s+".join(re.escape(word) for word in words)
        for label in labels if pattern else ():
            if match := re.search(pattern, self.texts[label]):
                base = self.bases[label]
                return label, Span(base + match.start(), base + match.end())
        return None

    def _elsewhere(self, lost: Sequence[tuple[int, str, Sequence[int]]]) -> list[tuple[int, _Place]]:
        """For each sentence that does not stand by its labels: what comes nearest to saying it elsewhere."""
        tried = [(at, text, label) for at, text, cited in lost for label in self._nearest(text, cited)]
        weighed = self._weigh([(text, (label,)) for _, text, label in tried])
        best: dict[int, _Place] = {}
        for (at, _, label), item in zip(tried, weighed, strict=True):
            stands = self.weights.support(item)
            place = _Place(label, self.evidence[label].spans(item.comparison.chosen), item.supported, stands)
            if at not in best or place.probability > best[at].probability:
                best[at] = place
        return list(best.items())

    def _nearest(self, text: str, cited: Sequence[int]) -> list[int]:
        """The labels of the passages that share most with `text`, those cited left out."""
        others = [label for label in self.evidence if label not in cited]
        shares = {label: compare(text, self.evidence[label].units).features.cover_best for label in others}
        return sorted((label for label in others if shares[label]), key=lambda label: -shares[label])[:_OTHERS]


@dataclass(frozen=True, slots=True)
class _Place:
    """A passage that comes near to a sentence, where in it, and whether it says it."""

    label: int
    spans: tuple[tuple[int, Span], ...]
    probability: float
    stands: bool


def _with_place(statement: Statement, place: _Place) -> Statement:
    """`statement` with where its words stand, or come nearest, where it names no passage that says it."""
    if statement.verdict == "uncited":
        says = f"written without a source; [{place.label}] says it" if place.stands else "written without a source"
        return replace(statement, note=says, evidence=place.spans, probability=place.probability)
    if not place.stands:
        return statement
    note = "; ".join(part for part in (f"[{place.label}] says this", statement.note) if part)
    return replace(statement, note=note, evidence=(*statement.evidence, *place.spans))


def _leaned(statements: Sequence[Statement]) -> list[Statement]:
    """`statements`, but only partly supported what points with "this" at a sentence that does not stand."""
    settled: list[Statement] = []
    for statement in statements:
        before = settled[-1].verdict if settled else "supported"
        if statement.verdict == "supported" and before != "supported" and _LEANS.match(statement.text):
            note = "it points at the sentence before, which does not stand"
            statement = replace(statement, verdict="partly", note=note)
        settled.append(statement)
    return settled


def _evidence_of(item: RetrievedPassage, placed: Sequence[ReadUnit]) -> _Evidence:
    return _Evidence(tuple(p.unit for p in placed), tuple((item.label, p.span) for p in placed))


def _quotations(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def _frame(text: str) -> bool:
    """Whether a sentence says anything outside quotation marks."""
    return any(part.means for part in parts(_QUOTED.sub(" ", text)))
