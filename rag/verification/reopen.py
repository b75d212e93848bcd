"""A kept answer, opened again: read from the contract's object, and each citation checked against the index in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from index.types import Span
from rag.contract import Json, answer_from
from rag.errors import ConversationsUnusable
from rag.types import Answer, Citation

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
    """What a check needs of an index; `index.store.open.Index` has it."""

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


def answer_of(payload: Json) -> Answer:
    """The answer that was kept as the contract's object `told`, one of an earlier version too.

    Raises: ConversationsUnusable, when it is no object of the contract.
    """
    try:
        return answer_from(payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConversationsUnusable(
            f"A kept answer does not read ({type(error).__name__}: {error}); delete its conversation."
        ) from error
