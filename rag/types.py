"""The values of an answer, from the passages retrieved to the verdict on each sentence.

`Passage -> RetrievedPassage -> Statement -> Citation -> Answer`. Labels are 1..n, given by code to the
passages of one question, in the order shown.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from index.types import IndexState, Passage, Source, Span

Verdict = Literal["supported", "partly", "unsupported", "uncited"]
Status = Literal["answered", "refused"]
Reason = Literal["empty_index", "no_evidence", "model_declined", "unsupported", "error"]
AnswererName = Literal["extract", "llm"]
FilterKind = Literal["file", "article", "outlet", "author", "after", "before"]
FilterOrigin = Literal["asked", "set"]


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
    says what the passages lack. `differing` is set when the quotes are sides of a disagreement, `both_sides` when the
    question asks for more than one account, be they of one article or of several.
    """

    question: str
    quotes: tuple[Quote, ...]
    missing: str | None = None
    differing: bool = False
    both_sides: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answerer returned, before anything is verified. `text` carries `[n]` markers.

    `declined` says that the answerer itself found no answer in the passages; `sent` are the labels of the passages
    that it was given, None for all; `notice` is what a person should know of how it was written, in one sentence.
    """

    text: str
    declined: bool = False
    sent: tuple[int, ...] | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with the labels it cites, as written, unknown ones included.

    `attached` says that its label is ours, that of a passage which supports it, since it was written without one, or
    under those of `instead_of`, which do not say it. `added` says that it is no word of the model's, but a quote of
    evidence that the model left out.
    """

    text: str
    labels: tuple[int, ...]
    verdict: Verdict
    note: str = ""
    attached: bool = False
    added: bool = False
    instead_of: tuple[int, ...] = ()


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
class Filter:
    """One thing that the searched articles had to be, set by a person or asked for in the question itself.

    `removed` says why it was let go before the answer was made; None where it held.
    """

    kind: FilterKind
    value: str
    origin: FilterOrigin
    removed: str | None = None


@dataclass(frozen=True, slots=True)
class Filtering:
    """The filters of one question, and how many articles were searched for it; empty where there was no filter."""

    filters: tuple[Filter, ...] = ()
    articles: int = 0
    undated: int = 0
    """Articles left out only because they print no date, or none exact enough."""


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
    passage was offered under. `unsent` are passages that did not fit the model's window, or repeat one that was
    sent: they are shown, and never cited. `notice` says in one sentence why a model's answer is not here or not whole.
    `quotes` are the words found without the model, where it declined. `withheld` is what a model wrote, where none of
    it stands and the quotes are the answer instead.
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
    filters: Filtering = Filtering()
    missing: str | None = None
    unknown_labels: tuple[int, ...] = ()
    unsent: tuple[int, ...] = ()
    notice: str | None = None
    quotes: tuple[Citation, ...] = ()
    withheld: tuple[Statement, ...] = ()


def _unheard(text: str) -> None:
    """Drop a piece of text."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Live:
    """What a caller hears and says while an answer is written: each piece of a model's text, and whether to stop."""

    on_text: Callable[[str], None] = _unheard
    cancelled: Callable[[], bool] = _never


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

    def standalone(self, question: str, history: Sequence[Turn], live: Live | None = None) -> str:
        """`question` as it reads without the turns before it; itself where it stands alone.

        Raises: Cancelled.
        """
        ...

    def draft(
        self,
        question: str,
        passages: Sequence[RetrievedPassage],
        findings: Sequence[Finding],
        live: Live | None = None,
    ) -> Draft:
        """A draft whose markers are labels of `passages`; an LLM may still invent some.

        `findings` is the evidence already found in the passages, one a part of the question. What a model writes is
        told to `live` as it comes; where no model writes, nothing is.

        Raises: LLMFailed; Cancelled.
        """
        ...

    def confirms(self, question: str, findings: Sequence[Finding], live: Live | None = None) -> bool:
        """Whether it finds an answer after all, asked about the words of the evidence alone.

        Raises: LLMFailed; Cancelled.
        """
        ...


class LLM(Protocol):
    """The seam to every language model: one prompt in, text out, whole or in pieces."""

    @property
    def name(self) -> str:
        """The model's name, for the answer's record."""
        ...

    @property
    def window(self) -> int:
        """How many tokens a prompt may have."""
        ...

    def tokens(self, text: str) -> int:
        """How many tokens `text` has, at most.

        Raises: LLMFailed.
        """
        ...

    def complete(self, prompt: str) -> str:
        """The model's whole reply.

        Raises: LLMFailed, when the model cannot be reached or gives an error.
        """
        ...

    def stream(self, prompt: str) -> Generator[str, None, None]:
        """The reply in pieces, as they come; "" says that none has come yet. Closing it ends the writing.

        Raises: LLMFailed.
        """
        ...
