"""The values of an answer, from the passages retrieved to the verdict on each sentence.

`Passage -> RetrievedPassage -> Statement -> Citation -> Answer`. Labels are 1..n, given by code to the
passages of one question, in the order shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from index.types import IndexState, Passage, Source, Span

Verdict = Literal["supported", "partly", "unsupported", "uncited"]
Status = Literal["answered", "refused"]
Reason = Literal["empty_index", "no_evidence", "model_declined", "unsupported", "error"]
AnswererName = Literal["extract", "llm"]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where each search leg put a passage, from 1; None where a leg did not return it."""

    dense: int | None = None
    lexical: int | None = None
    rerank: int | None = None


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage offered to the answerer under a label. Every one of them is shown."""

    label: int
    passage: Passage
    source: Source
    score: float
    ranks: Ranks


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact run of characters of one retrieved passage: `file_text[span] == text`."""

    label: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The evidence for one question, or one part of it.

    `quotes` are in the order they should be read; empty when nothing can carry an answer, and then `missing`
    says what the passages lack. `differing` is set when the quotes are sides of a disagreement.
    """

    question: str
    quotes: tuple[Quote, ...]
    missing: str | None = None
    differing: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answerer returned, before anything is verified. `text` carries `[n]` markers.

    `declined` says that the answerer itself found no answer in the passages.
    """

    text: str
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with the labels it cites, as written, unknown ones included."""

    text: str
    labels: tuple[int, ...]
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words a statement was checked against."""

    label: int
    verdict: Verdict
    source: Source
    page: int | None
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a disagreement: the label that holds it and its words."""

    label: int
    claim: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Cited passages that differ about one thing."""

    about: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole outcome of one question; `rag.contract.as_json` gives its public form.

    Guarantees: every citation's label is that of a passage in `passages`; every quote is an exact slice.
    `missing` says in words what the passages lack, on a refusal; `unknown_labels` are markers that no
    passage was offered under.
    """

    question: str
    standalone_question: str
    status: Status
    reason: Reason | None
    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    passages: tuple[RetrievedPassage, ...]
    conflicts: tuple[Conflict, ...]
    answerer: AnswererName
    model: str | None
    settings_fingerprint: str
    index: IndexState
    timings_ms: Mapping[str, float]
    filters: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None
    unknown_labels: tuple[int, ...] = ()


class Answerer(Protocol):
    """Writes a draft from the passages alone."""

    @property
    def name(self) -> AnswererName:
        """Which of the two kinds this is."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name, None where there is none."""
        ...

    def draft(self, question: str, passages: Sequence[RetrievedPassage], findings: Sequence[Finding]) -> Draft:
        """A draft whose markers are labels of `passages`; an LLM may still invent some.

        `findings` is the evidence already found in the passages, one a part of the question.
        """
        ...


class LLM(Protocol):
    """The seam to every language model: one prompt in, text out, whole or in pieces."""

    @property
    def name(self) -> str:
        """The model's name, for the answer's record."""
        ...

    def complete(self, prompt: str) -> str:
        """The model's whole reply.

        Raises: LLMFailed, when the model cannot be reached or gives an error.
        """
        ...

    def stream(self, prompt: str) -> Iterator[str]:
        """The reply in pieces, as they come."""
        ...
