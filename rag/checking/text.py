"""A text with citations held against sources, whoever wrote it: a verdict for every sentence, and where both stand.

Citations are read in every form that `rag.verification.cite` knows. A number stands for what the text's own list of
sources says, else for the source of that number; a file's name, a document's id or a passage's id for itself. A
sentence is held against the passages of what it cites that come nearest to it, by `rag.verification.verify`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from index.types import Passage, Source, Span, passage_id
from rag.checking.sources import Sources, find_document
from rag.errors import NoDocument, QuestionInvalid
from rag.reader.reader import Reader
from rag.reader.units import ReadUnit, heading_path, passage_units
from rag.types import Citation, Ranks, RetrievedPassage, Statement, Verdict
from rag.verification.cite import Marked, Offered, labels_in, parse
from rag.verification.verify import verify
from rag.verification.weigh import Weights

LONGEST = 200_000
"""Characters of a text that is checked."""
_NEAR, _ELSEWHERE = 6, 4
"""Passages that a sentence is held against of each document that it cites, and of all documents."""
_FILE_NAME = re.compile(r"\[\^?([^\[\]\n]{1,200}\.[A-Za-z][A-Za-z0-9]{0,4})\](?!\()")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\(([^()\s]{1,300})\)")
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*(\S.*)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s.*$", re.MULTILINE)
"""A heading of Markdown states nothing."""
_PASSAGE_ID = re.compile(r"(.+):(\d+)-(\d+)")
_NO_BRACKETS = str.maketrans("[]", "  ")
_GAP = 300
"""Characters that may stand between two words of one sentence, for the markers that were taken out there."""


@dataclass(frozen=True, slots=True)
class Cited:
    """What a sentence is said to rest on: a document by id or path, or the characters of it from `start` to `end`."""

    document: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with what it cites."""

    text: str
    citations: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a label stands for: a whole document, or a span of it. The document's text is a snapshot known by digest."""

    label: int
    source: Source
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The verdicts on a text. `places[n]` is where `statements[n]` stands in it, None where that cannot be told.

    `citations[n]` are the exact words that `statements[n]` was held against. `offers` are what the labels stand for
    that are cited, or that hold words nearby. `unknown` is what was cited and is no source.
    """

    text: str
    statements: tuple[Statement, ...]
    places: tuple[Span | None, ...]
    citations: tuple[tuple[Citation, ...], ...]
    offers: tuple[Offer, ...]
    unknown: tuple[str, ...]

    @property
    def supported(self) -> float:
        """The share of the sentences that are supported; 1 where there are none."""
        good = sum(statement.verdict == "supported" for statement in self.statements)
        return good / len(self.statements) if self.statements else 1.0


def check_text(
    text: str, sources: Sources, reader: Reader, numbered: Sequence[str] = (), weights: Weights | None = None
) -> Check:
    """The verdicts on the sentences of `text`. `numbered` says what [1], [2] … stand for, each a document's id or path
    or a passage's id; without them the documents are numbered by their paths.

    Raises: NoDocument, where `numbered` names none; QuestionInvalid, for a text that is too long; ModelUnavailable.
    """
    require_short(text)
    offers = _offers(sources, numbered)
    among = Offered(frozenset(offer.label for offer in offers), _names(offers))
    absent: dict[int, _Absent] = {}
    plain = _plain(_HEADING.sub("", text), among, absent, len(offers) + 1)
    marked = tuple(item for item in parse(plain, among) if any(map(str.isalnum, item.text)))
    return _Checking(text, marked, offers, absent, sources).check(reader, weights)


def _plain(text: str, among: Offered, absent: dict[int, _Absent], first: int) -> str:
    """The text with its links, its footnotes and the files that are not there as labels; these are from `first` on."""

    def none_of(name: str) -> int:
        known = next((label for label, item in absent.items() if item.name == name), None)
        label = known or first + len(absent)
        absent[label] = _Absent(name, f"there is no source {name!r}")
        return label

    def of_a_link(match: re.Match[str]) -> str:
        if match[2].casefold() not in among.names:
            return match[0]
        words = "" if match[1].isdecimal() else f"{match[1]} "
        return f"{words}[{match[2]}]"

    def of_a_name(match: re.Match[str]) -> str:
        return match[0] if labels_in(match[0], among) else f"[{none_of(match[1])}]"

    footnotes = {match[1]: match[2].strip() for match in _FOOTNOTE.finditer(text)}
    text = _FOOTNOTE.sub("", text)
    for name, source in footnotes.items():
        cited = f"[{source.translate(_NO_BRACKETS)[:200]}]"
        labels = labels_in(cited, among) or (none_of(source),)
        text = text.replace(f"[^{name}]", "".join(f"[{label}]" for label in labels))
    return _FILE_NAME.sub(of_a_name, _LINK.sub(of_a_link, text))


def check_claims(claims: Sequence[Claim], sources: Sources, reader: Reader, weights: Weights | None = None) -> Check:
    """The verdict on each claim, in order, against what it cites; a document that is not there says nothing.

    Raises: QuestionInvalid, when the claims are too long together; ModelUnavailable.
    """
    text = "\n".join(claim.text for claim in claims)
    require_short(text)
    offers, absent = list(_offers(sources, ())), dict[int, _Absent]()
    marked = []
    for claim in claims:
        labels = [_label_of(cited, sources, offers, absent) for cited in claim.citations]
        marked.append(Marked(claim.text, tuple(dict.fromkeys(labels))))
    return _Checking(text, tuple(marked), tuple(offers), absent, sources).check(reader, weights)


def require_short(text: str) -> None:
    """Return if `text` can be checked. Raises: QuestionInvalid."""
    if len(text) > LONGEST:
        raise QuestionInvalid(
            f"The text is longer than the {LONGEST:,} characters that are checked; check it in parts."
        )


def _label_of(cited: Cited, sources: Sources, offers: list[Offer], absent: dict[int, _Absent]) -> int:
    """The label of what is cited, added to `offers` or to `absent` where it has none yet."""
    label = len(offers) + len(absent) + 1
    try:
        offer = _offer(label, cited, sources)
    except NoDocument as error:
        absent[label] = _Absent(cited.document, str(error))
        return label
    known = next((item.label for item in offers if (item.source, item.span) == (offer.source, offer.span)), None)
    if known is not None:
        return known
    offers.append(offer)
    return label


def _offer(label: int, cited: Cited, sources: Sources) -> Offer:
    """What is cited, under `label`. Raises: NoDocument, also when the span lies outside of the document."""
    source = find_document(sources, cited.document)
    if cited.start is None or cited.end is None:
        return Offer(label, source)
    length = len(sources.text(source.document_id))
    if not 0 <= cited.start < cited.end <= length:
        raise NoDocument(f"{source.path!r} has characters 0 to {length}, not {cited.start} to {cited.end}.")
    return Offer(label, source, Span(cited.start, cited.end))


def _offers(sources: Sources, numbered: Sequence[str]) -> tuple[Offer, ...]:
    """What each label stands for: those named first, then all other documents. Raises: NoDocument."""
    named = [_offer(label, _cited(name), sources) for label, name in enumerate(numbered, start=1)]
    whole = {offer.source.document_id for offer in named if offer.span is None}
    others = [source for source in sources.documents if source.document_id not in whole]
    return (*named, *(Offer(label, source) for label, source in enumerate(others, start=len(named) + 1)))


def _cited(name: str) -> Cited:
    match = _PASSAGE_ID.fullmatch(name)
    return Cited(match[1], int(match[2]), int(match[3])) if match else Cited(name)


def _names(offers: Sequence[Offer]) -> dict[str, tuple[int, ...]]:
    """The labels under each name that a text may cite, in the form that `parse` compares."""
    names: dict[str, tuple[int, ...]] = {}
    for offer in offers:
        source, span = offer.source, offer.span
        paths = (source.path, *source.also)
        called = {*paths, *(PurePosixPath(path).name for path in paths), source.title or "", source.document_id}
        if span is not None:
            called = {passage_id(source.document_id, span)}
        for name in {" ".join(name.split()).casefold() for name in called} - {""}:
            names[name] = (*names.get(name, ()), offer.label)
    return names


@dataclass(frozen=True, slots=True)
class _Absent:
    """What is cited and is no source, and why not."""

    name: str
    reason: str


@dataclass(frozen=True)
class _Checking:
    """One text, its sentences with the labels they cite, and what these stand for."""

    text: str
    marked: tuple[Marked, ...]
    offers: tuple[Offer, ...]
    absent: dict[int, _Absent]
    sources: Sources

    def check(self, reader: Reader, weights: Weights | None) -> Check:
        evidence = self._evidence()
        by_label = {offer.label: offer for offer in self.offers}
        near = [self._whole(by_label[label]) for label in sorted(evidence)]
        units = {label: self._units(passages) for label, passages in evidence.items()}
        statements = verify(self.marked, near, lambda item: units[item.label], reader, weights)
        statements = tuple(map(self._named, statements))
        return Check(
            text=self.text,
            statements=statements,
            places=tuple(places_of(self.text, [item.text for item in self.marked])),
            citations=tuple(tuple(self._citations(item, by_label)) for item in statements),
            offers=tuple(by_label[item.label] for item in near),
            unknown=self._unknown(),
        )

    def _evidence(self) -> dict[int, dict[str, Passage]]:
        """The passages of each label that come nearest to a sentence which cites it, or to any sentence."""
        by_label = {offer.label: offer for offer in self.offers}
        whole = {offer.source.document_id: offer.label for offer in reversed(self.offers) if offer.span is None}
        evidence: dict[int, dict[str, Passage]] = defaultdict(dict)
        for sentence in self.marked:
            for label in sentence.labels:
                for passage in self._near(sentence.text, by_label[label]) if label in by_label else ():
                    evidence[label][passage.id] = passage
            for passage in self.sources.nearest(sentence.text, _ELSEWHERE):
                if passage.document_id in whole:
                    evidence[whole[passage.document_id]][passage.id] = passage
        return evidence

    def _near(self, sentence: str, offer: Offer) -> tuple[Passage, ...]:
        """The passages of an offer that come nearest to a sentence; its beginning where none comes near."""
        document = offer.source.document_id
        if offer.span is None and (nearest := self.sources.nearest(sentence, _NEAR, document)):
            return nearest
        text = self.sources.text(document)
        span = offer.span or Span(0, min(len(text), 1_000))
        return (Passage(passage_id(document, span), document, 0, span.start, span.end, span.of(text)),)

    def _units(self, passages: dict[str, Passage]) -> tuple[ReadUnit, ...]:
        ordered = sorted(passages.values(), key=lambda passage: passage.start)
        return tuple(unit for passage in ordered for unit in self._read(passage))

    def _read(self, passage: Passage) -> tuple[ReadUnit, ...]:
        document = passage.document_id
        structure = self.sources.structure(document)
        return passage_units(passage, self.sources.source(passage), self.sources.text(document), structure)

    def _whole(self, offer: Offer) -> RetrievedPassage:
        """All that an offer stands for as one passage: quoted words are looked for in all of it."""
        document = offer.source.document_id
        text = self.sources.text(document)
        span = offer.span or Span(0, len(text))
        passage = Passage(passage_id(document, span), document, 0, span.start, span.end, span.of(text))
        return RetrievedPassage(offer.label, passage, offer.source, 0.0, Ranks())

    def _named(self, statement: Statement) -> Statement:
        """The statement, its note saying what it cites that is no source; it is not supported by that."""
        reasons = [self.absent[label].reason for label in statement.labels if label in self.absent]
        if not reasons:
            return statement
        verdict: Verdict = "partly" if statement.verdict == "supported" else statement.verdict
        return replace(statement, verdict=verdict, note="; ".join(reasons))

    def _citations(self, statement: Statement, by_label: dict[int, Offer]) -> Iterator[Citation]:
        for label, span in statement.evidence:
            source = by_label[label].source
            text = self.sources.text(source.document_id)
            headings = heading_path(self.sources.structure(source.document_id), text, span.start)
            yield Citation(label, statement.verdict, source, None, span, span.of(text), headings)

    def _unknown(self) -> tuple[str, ...]:
        known = {offer.label for offer in self.offers}
        labels = dict.fromkeys(label for item in self.marked for label in item.labels if label not in known)
        return tuple(self.absent[label].name if label in self.absent else f"[{label}]" for label in labels)


def places_of(text: str, sentences: Sequence[str]) -> Iterator[Span | None]:
    """Where each sentence stands in the text that they were read from, in order, the markers in it included."""
    at = 0
    for sentence in sentences:
        place = _place_of(text, re.findall(r"\w+", sentence), at)
        at = place.end if place else at
        yield place


def _place_of(text: str, words: Sequence[str], at: int) -> Span | None:
    start, end = -1, at
    for word in words:
        match = re.compile(rf"\b{word}\b").search(text, end)
        if match is None or (start >= 0 and match.start() - end > _GAP):
            return None
        start, end = match.start() if start < 0 else start, match.end()
    return Span(start, end) if start >= 0 else None
