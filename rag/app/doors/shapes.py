"""The shapes of what `rag.contract` gives, for the schemas that clients are told."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from rag.types import AnswererName, Reason, Status, Verdict


class Evidence(TypedDict):
    """Words that a sentence was checked against, by the label of their passage or source."""

    label: int
    start: int
    end: int


class StatementShape(TypedDict):
    """One sentence of an answer, the labels that it cites, and its verdict."""

    text: str
    labels: list[int]
    verdict: Verdict
    note: str
    evidence: list[Evidence]


class Printed(TypedDict):
    """Where words come from, as far as the document prints it."""

    document_id: str
    path: str
    title: str | None
    heading: str | None
    outlet: str | None
    author: str | None
    date: str | None
    page: int | None
    ocr: float | None
    start: int
    end: int


class CitationShape(Printed):
    """Exact words of a document: its text from `start` to `end` is `quote`."""

    label: int
    verdict: Verdict
    sha256: str
    quote: str
    answer: list[int] | None
    cells: list[list[str]]


class PassageShape(Printed):
    """A passage that was retrieved."""

    label: int
    passage_id: str
    text: str
    columns: str | None
    also_in: list[str]
    score: float
    ranks: dict[str, int | None]


class AnswerShape(TypedDict):
    """The whole outcome of one question."""

    question: str
    standalone_question: str
    status: Status
    probability: float
    reason: Reason | None
    missing: str | None
    text: str
    statements: list[StatementShape]
    citations: list[CitationShape]
    quotes: list[CitationShape]
    passages: list[PassageShape]
    unknown_labels: list[int]
    unsent_labels: list[int]
    notice: str | None
    filters: dict[str, Any]
    conflicts: list[dict[str, Any]]
    computed: dict[str, Any] | None
    answerer: AnswererName
    model: str | None
    settings_fingerprint: str
    index: dict[str, Any]
    timings_ms: dict[str, float]


class SearchShape(TypedDict):
    """The passages that bear on a query, best first."""

    query: str
    filters: dict[str, Any]
    passages: list[PassageShape]


class CheckedStatement(StatementShape):
    """A sentence of a text that was checked; `place` is where it stands in the text."""

    probability: float
    place: list[int] | None
    citations: list[CitationShape]


class DocumentShape(TypedDict):
    """A document in a list, with its number there."""

    label: int
    document_id: str
    path: str
    also: list[str]
    sha256: str
    title: str | None
    outlet: str | None
    author: str | None
    date: str | None


class CitedSource(DocumentShape):
    """What a label stands for: a document, or the span of it."""

    span: list[int] | None


class CheckShape(TypedDict):
    """The verdicts on a text; `supported` is the share of its sentences that are."""

    supported: float
    verdicts: dict[str, int]
    statements: list[CheckedStatement]
    sources: list[CitedSource]
    unknown: list[str]


class QuotationShape(TypedDict):
    """Whether words stand verbatim in the documents: where, or what comes nearest."""

    quote: str
    verbatim: bool
    places: list[CitationShape]
    nearest: CitationShape | None
    likeness: float


class ExcerptShape(DocumentShape):
    """Exact characters of a document."""

    start: int
    end: int
    length: int
    text: str


class HeadingShape(TypedDict):
    """A heading and where it stands."""

    level: int
    text: str
    start: int
    end: int


class OutlineShape(DocumentShape):
    """The headings of a document."""

    length: int
    headings: list[HeadingShape]


class DocumentsShape(TypedDict):
    """Every document, by path."""

    documents: list[DocumentShape]
