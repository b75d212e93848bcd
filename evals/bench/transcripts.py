"""What systems said, a line an answer: enough to score it again without the model that wrote it.

An answer is kept in the form of the contract, but a passage as its place alone, since its text is in the documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from evals.errors import EvalError
from index.types import IndexState, Passage, Source, Span, passage_id
from rag.contract import Json
from rag.types import (
    Answer,
    AnswererName,
    Citation,
    Ranks,
    Reason,
    RetrievedPassage,
    Statement,
    Status,
    Verdict,
)

Text = Callable[[str], str]
"""A file's decoded text, by its path in the documents folder."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a passage lies."""

    label: int
    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a statement was checked against."""

    label: int
    verdict: Verdict
    path: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `text` is what was written, also where that is no answer; `unsent` were not given to the model."""

    question: str
    status: Status
    reason: Reason | None
    text: str
    statements: tuple[Statement, ...]
    citations: tuple[Words, ...]
    passages: tuple[Shown, ...]
    answerer: AnswererName
    unsent: tuple[int, ...] = ()
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one system said to one case, in how many seconds; an error in words where it said nothing."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    case: str
    system: str
    seconds: float
    reply: Reply | None
    error: str | None = None


_LINE = TypeAdapter(Line)


def kept(answer: Answer) -> Reply:
    """What is kept of an answer."""
    return Reply(
        question=answer.standalone_question,
        status=answer.status,
        reason=answer.reason,
        text=answer.text,
        statements=answer.statements,
        citations=tuple(
            Words(c.label, c.verdict, c.source.path, c.span.start, c.span.end, c.quote) for c in answer.citations
        ),
        passages=tuple(Shown(p.label, p.source.path, p.passage.start, p.passage.end) for p in answer.passages),
        answerer=answer.answerer,
        unsent=answer.unsent,
        notice=answer.notice,
    )


def restored(reply: Reply, text_of: Text) -> Answer:
    """The answer that `kept` was given, as far as scores need it; a document is known by its path."""
    return Answer(
        question=reply.question,
        standalone_question=reply.question,
        status=reply.status,
        reason=reply.reason,
        text=reply.text,
        statements=reply.statements,
        citations=tuple(
            Citation(c.label, c.verdict, _source(c.path), None, Span(c.start, c.end), c.quote) for c in reply.citations
        ),
        passages=tuple(shown(p.label, p.path, Span(p.start, p.end), text_of) for p in reply.passages),
        conflicts=(),
        answerer=reply.answerer,
        model=None,
        settings_fingerprint="",
        index=IndexState("", 0, 0),
        timings_ms={},
        unsent=reply.unsent,
        notice=reply.notice,
    )


def shown(label: int, path: str, span: Span, text_of: Text) -> RetrievedPassage:
    """The passage that lies at `span` of a file."""
    passage = Passage(passage_id(path, span), path, 0, span.start, span.end, span.of(text_of(path)))
    return RetrievedPassage(label, passage, _source(path), 0.0, Ranks())


def add(line: Line, file: Path) -> None:
    """Put a line at the end of a transcript.

    Raises: EvalError, when it cannot be written.
    """
    told: Json = _LINE.dump_python(line, mode="json", exclude_defaults=True)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
    except OSError as error:
        raise EvalError(f"{str(file)!r} cannot be written ({error.strerror}); choose another --out.") from error


def lines_of(file: Path) -> Mapping[str, Line]:
    """The lines of a transcript by their case, the last of each; none where there is no file.

    Raises: EvalError, when a line does not read.
    """
    try:
        told: Sequence[bytes] = file.read_bytes().splitlines() if file.exists() else ()
        lines = [_LINE.validate_json(line) for line in told]
    except (OSError, ValidationError) as error:
        raise EvalError(f"The transcript {str(file)!r} does not read; remove it, and ask again.") from error
    return {line.case: line for line in lines}


def _source(path: str) -> Source:
    return Source(path, path, "", None, None, None, None)
