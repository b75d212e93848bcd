"""The values of an answer, from the passages retrieved to the verdict on each sentence.

`Passage -> RetrievedPassage -> Statement -> Citation -> Answer`. Labels are 1..n, given by code to the
passages of one question, in the order shown.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from index.types import IndexState, Passage, ScannedSpan, Source, Span

Verdict = Literal["quoted", "supported", "partly", "contradicted", "unsupported", "uncited"]
Status = Literal["answered", "may_answer", "refused"]
Reason = Literal["empty_index", "no_evidence", "model_declined", "unsupported", "error"]
Operation = Literal["count", "list", "max", "min", "sum", "average", "difference", "documents", "overview"]
AnswererName = Literal["quotes", "llm"]
FilterKind = Literal["file", "article", "outlet", "author", "after", "before"]
FilterOrigin = Literal["asked", "set"]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where each search leg and the reader put a passage, from 1; None where it did not see it."""

    dense: int | None = None
    lexical: int | None = None
    reader: int | None = None


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage offered to the answerer under a label. Every one of them is shown.

    `headings` is the path of headings that it stands under, outermost first, as printed; `columns` the heads of the
    table that it is of, None where it is of none. `also_in` are paths of documents with the same passage.
    """

    label: int
    passage: Passage
    source: Source
    score: float
    ranks: Ranks
    headings: tuple[str, ...] = ()
    columns: str | None = None
    also_in: tuple[str, ...] = ()
    scanned: tuple[ScannedSpan, ...] = ()
    """The words of it that were read by OCR, in order."""
    speakers: tuple[tuple[Span, str], ...] = ()
    """Whose words stand where in it, in order, as far as the text has speakers."""

    def source_of(self, span: Span) -> Source:
        """The source of the words at `span`: the passage's, by whoever speaks there."""
        author = next((name for words, name in self.speakers if words.overlap(span)), None)
        return replace(self.source, author=author) if author else self.source


@dataclass(frozen=True, slots=True)
class Quote:
    """An exact run of characters of one retrieved passage: `file_text[span] == text`.

    `answer` are the words in it that answer, in the document's offsets; None where they are not known. `headings` is
    the path of headings over it; `cells` the values of a table's row under their heads, empty for what is no row.
    """

    label: int
    span: Span
    text: str
    answer: Span | None = None
    headings: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """What code worked out from the index itself, and on what: `text` says all of it in one sentence or two.

    `condition` is what a row had to be, in words, empty where every row counts; `value` the result as it is written.
    `counted` of the `of` rows of the table are those that the value rests on; `rows` are the labels and places of the
    first of them, which are quoted.
    """

    operation: Operation
    condition: str
    text: str
    value: str
    counted: int
    of: int
    rows: tuple[tuple[int, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words found for a question, in the order they should be read, and how likely they answer it, 0 to 1.

    `quotes` are there whatever the probability: the nearest words, where it is low. `missing` is a term of the question
    that stands nowhere in the passages, where that is why; `differing` says that quotes of several documents differ.
    `empty` is the head of the cell that is asked for, where the row quoted has no value in it.
    """

    quotes: tuple[Quote, ...]
    probability: float
    missing: str | None = None
    differing: bool = False
    empty: str | None = None
    computed: Computed | None = None
    """What was worked out from a whole table, where the question asks for it; the quotes are its rows then."""


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

    `verdict` is "quoted" for the sources' own words, which nobody wrote anew; any other is for a sentence that somebody
    wrote. `evidence` are the words that it was checked against, each with the label of its passage; of a sentence
    without a label, the words that come nearest. `probability` is how likely these say all of it, 0 to 1.
    """

    text: str
    labels: tuple[int, ...]
    verdict: Verdict
    note: str = ""
    evidence: tuple[tuple[int, Span], ...] = ()
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words a statement was checked against, or that are quoted; `answer` as in `Quote`.

    `ocr` is how sure OCR is of these words, 0 to 1; None where they were not read by it.
    """

    label: int
    verdict: Verdict
    source: Source
    page: int | None
    span: Span
    quote: str
    headings: tuple[str, ...] = ()
    answer: Span | None = None
    cells: tuple[tuple[str, str], ...] = ()
    ocr: float | None = None


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
    `probability` is how likely the quoted words answer the question, fitted on documents of many kinds. "answered",
    "may_answer" and "refused" are ranges of it where nobody wrote anything; what a model wrote is "answered" where it
    stands. `missing` is a term of the question that no passage has, where it is not answered; `unknown_labels` are
    markers that no passage was offered under. `unsent` are passages that did not fit the model's window: they are
    shown, and never cited. `notice` says in one sentence why a model's answer is not here or not whole. `quotes` are
    the words found without the model, beside what a model wrote and on a refusal. `computed` is what code worked out,
    where it did: its rows are quoted, and no model is asked.
    """

    question: str
    standalone_question: str
    status: Status
    probability: float
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
    computed: Computed | None = None


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

    def rewritings(self, question: str, history: Sequence[Turn], live: Live | None = None) -> tuple[str, ...]:
        """Forms of `question` that stand without the turns before it, shortest first; none where there are no turns.

        Raises: Cancelled.
        """
        ...

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        """A draft whose markers are labels of `passages`; an LLM may still invent some.

        `evidence` are the words already found in the passages. What a model writes is told to `live` as it comes;
        where no model writes, nothing is.

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
