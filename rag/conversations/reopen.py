"""A kept answer, opened again: read from the contract's object, and each citation checked against the index in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, get_args

from index.types import IndexState, Passage, Source, Span
from rag.contract import Json, filters_from_json
from rag.errors import ConversationsUnusable
from rag.types import (
    Answer,
    AnswererName,
    Citation,
    Conflict,
    Ranks,
    Reason,
    RetrievedPassage,
    Side,
    Statement,
    Status,
    Verdict,
)

_Name = TypeVar("_Name", bound=str)
Standing = Literal["same", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class State:
    """What became of a citation's source since the answer.

    `same`: the same document has the same words at the same offsets. `changed`: the words are not there any more,
    because the path holds another document, or the same file is read otherwise. `gone`: neither the document nor
    its path is indexed.
    """

    standing: Standing
    path: str | None = None
    """Where the source is now; None where it is gone."""
    span: Span | None = None
    """Where the exact quote stands now, the nearest to where it stood; None where it is in the source no more."""


GONE = State("gone")


class Documents(Protocol):
    """What a check needs of an index; `index.open.Index` has it."""

    def documents_of(self, sha256: str) -> tuple[str, ...]:
        """The documents read from files with this digest."""
        ...

    def document_at(self, path: str) -> str | None:
        """The document found under `path`."""
        ...

    def paths_of(self, document_id: str) -> tuple[str, ...]:
        """The paths of a document, never none."""
        ...

    def text(self, document_id: str) -> str:
        """The decoded text of a document."""
        ...


def check(citation: Citation, index: Documents) -> State:
    """Whether the words of a citation still stand where it says, or what became of them.

    Raises: IndexDamaged, as `index` does.
    """
    same = index.documents_of(citation.source.sha256)
    for document in same:
        if citation.span.of(index.text(document)) == citation.quote:
            return State("same", _path(citation, index, document), citation.span)
    document_now = same[0] if same else index.document_at(citation.source.path)
    if document_now is None:
        return GONE
    span = _nearest(index.text(document_now), citation.quote, citation.span.start)
    return State("changed", _path(citation, index, document_now), span)


def in_words(citation: Citation, state: State) -> str:
    """The state as a phrase for a person."""
    if state.standing == "gone":
        return "the source is no longer indexed"
    moved = f", now at {state.path}" if state.path != citation.source.path else ""
    if state.standing == "same":
        return f"as it was{moved}"
    if state.span is None:
        return f"the source has changed{moved}; the exact quote is no longer in it"
    return f"the source has changed{moved}; the exact quote is still in it, at {state.span.start}-{state.span.end}"


def _path(citation: Citation, index: Documents, document_id: str) -> str:
    paths = index.paths_of(document_id)
    return citation.source.path if citation.source.path in paths else paths[0]


def _nearest(text: str, quote: str, start: int) -> Span | None:
    """Where `quote` stands in `text`, the place nearest to `start`."""
    places = [at for at in (text.rfind(quote, 0, start + len(quote)), text.find(quote, start)) if at >= 0]
    if not places:
        return None
    at = min(places, key=lambda place: abs(place - start))
    return Span(at, at + len(quote))


def answer_of(told: Json) -> Answer:
    """The answer whose contract object `told` is: `as_json` of it is `told` again.

    The digest of a passage that no citation is of is not in the contract, and empty here. What older contracts did
    not have yet may be missing.

    Raises: ConversationsUnusable, when it is no object of the contract.
    """
    try:
        return _answer(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConversationsUnusable(
            f"A kept answer does not read ({type(error).__name__}: {error}); delete its conversation."
        ) from error


def _answer(told: Json) -> Answer:
    found = told.get("quotes", ())
    digests = {item["document_id"]: item["sha256"] for item in (*told["citations"], *found)}
    status: Status = _one_of(told["status"], get_args(Status))
    reason: Reason | None = None if told["reason"] is None else _one_of(told["reason"], get_args(Reason))
    answerer: AnswererName = _one_of(told["answerer"], get_args(AnswererName))
    return Answer(
        question=told["question"],
        standalone_question=told["standalone_question"],
        status=status,
        reason=reason,
        text=told["text"],
        statements=tuple(_statement(item) for item in told["statements"]),
        citations=tuple(_citation(item) for item in told["citations"]),
        passages=tuple(_passage(item, digests) for item in told["passages"]),
        conflicts=tuple(_conflict(item) for item in told["conflicts"]),
        answerer=answerer,
        model=told["model"],
        settings_fingerprint=told["settings_fingerprint"],
        index=IndexState(**told["index"]),
        timings_ms=dict(told["timings_ms"]),
        filters=filters_from_json(told["filters"]),
        missing=told["missing"],
        unknown_labels=tuple(told["unknown_labels"]),
        unsent=tuple(told.get("unsent_labels", ())),
        notice=told.get("notice"),
        quotes=tuple(_citation(item) for item in found),
        withheld=tuple(_statement(item) for item in told.get("withheld", ())),
    )


def _statement(told: Json) -> Statement:
    marks = told.get("attached", False), told.get("added", False), tuple(told.get("instead_of", ()))
    return Statement(told["text"], tuple(told["labels"]), _verdict(told), told["note"], *marks)


def _citation(told: Json) -> Citation:
    span = Span(told["start"], told["end"])
    return Citation(told["label"], _verdict(told), _source(told, told["sha256"]), told["page"], span, told["quote"])


def _passage(told: Json, digests: dict[str, str]) -> RetrievedPassage:
    document = told["document_id"]
    passage = Passage(told["passage_id"], document, 0, told["start"], told["end"], told["text"], told["page"])
    source = _source(told, digests.get(document, ""))
    return RetrievedPassage(told["label"], passage, source, told["score"], Ranks(**told["ranks"]))


def _source(told: Json, sha256: str) -> Source:
    return Source(
        document_id=told["document_id"],
        path=told["path"],
        sha256=sha256,
        title=told["title"],
        outlet=told["outlet"],
        author=told["author"],
        date=told["date"],
        also=tuple(told.get("also_at", ())),
    )


def _conflict(told: Json) -> Conflict:
    return Conflict(told["about"], tuple(Side(side["label"], side["claim"]) for side in told["sides"]))


def _verdict(told: Json) -> Verdict:
    verdict: Verdict = _one_of(told["verdict"], get_args(Verdict))
    return verdict


def _one_of(value: object, allowed: tuple[_Name, ...]) -> _Name:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return next(name for name in allowed if name == value)
