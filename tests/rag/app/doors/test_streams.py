"""Streams of /v1/responses and /v1/messages, put together by the official clients, which are strict on order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import anthropic
import openai
import pytest

from rag import Documents
from rag.app.doors.cited import refusal
from rag.app.doors.http import api
from rag.types import Answer, Live
from tests.rag.app.doors.conftest import QUESTIONS
from tests.rag.app.doors.serving import served

KILLED = "Who was killed in the strike?"
CASES = {
    "a model's own words": (" Two soldiers ", "were killed [1].\n"),
    "words of a model that failed": ("Two soldiers were kil",),
    "nothing that a model wrote": (),
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Writes:
    """Documents whose model writes these pieces before the answer is there."""

    answer: Answer
    pieces: tuple[str, ...]

    def ask(self, question: str, *, live: Live | None = None, **_: object) -> Answer:
        for piece in self.pieces:
            (live or Live()).on_text(piece)
        return self.answer


@pytest.fixture(scope="module")
def openai_client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def anthropic_client(address: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=address, api_key="none", max_retries=0) as client:
        yield client


def streamed_response(client: openai.OpenAI, question: str) -> tuple[list[Any], Any]:
    """The events of a response, and what the client makes of them."""
    with client.responses.stream(model="rag", input=question) as stream:
        events = list(stream)
        return events, stream.get_final_response()


def streamed_message(client: anthropic.Anthropic, question: str) -> tuple[list[Any], Any]:
    """The events of a message, and what the client makes of them."""
    asked = [{"role": "user", "content": question}]
    with client.messages.stream(model="rag", max_tokens=99, messages=asked) as stream:  # type: ignore[arg-type]
        events = list(stream)
        return events, stream.get_final_message()


def without(content: Json, *moving: str) -> Json:
    return {key: value for key, value in content.items() if key not in moving}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_streamed_response_comes_to_the_same(openai_client: openai.OpenAI, question: str) -> None:
    whole = openai_client.responses.create(model="rag", input=question)
    events, final = streamed_response(openai_client, question)
    (item,), (same,) = final.output, whole.output
    assert [without(part, "parsed") for part in item.model_dump()["content"]] == same.model_dump()["content"]
    assert final.status == "completed"
    assert [event.sequence_number for event in events] == sorted({event.sequence_number for event in events})
    assert final.output_text == "".join(event.delta for event in events if event.type == "response.output_text.delta")
    notes = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    part = same.content[0]  # type: ignore[union-attr]
    assert [_fields(note) for note in notes] == [_fields(note) for note in getattr(part, "annotations", ())]
    moving = ("timings_ms",)
    assert without(final.model_dump()["rag"], *moving) == without(whole.model_dump()["rag"], *moving)


def _fields(note: object) -> Json:
    return note if isinstance(note, dict) else note.model_dump()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_streamed_message_comes_to_the_same(anthropic_client: anthropic.Anthropic, question: str) -> None:
    whole = anthropic_client.messages.create(
        model="rag", max_tokens=99, messages=[{"role": "user", "content": question}]
    ).model_dump()
    events, final = streamed_message(anthropic_client, question)
    content = [without(block, "parsed_output") for block in final.model_dump()["content"]]
    assert content == whole["content"]
    assert final.stop_reason == whole["stop_reason"]
    (last,) = [event for event in events if event.type == "message_delta"]
    assert without(last.model_dump()["rag"], "timings_ms") == without(whole["rag"], "timings_ms")


def written(documents: Documents, pieces: tuple[str, ...], *, refused: bool = False) -> Writes:
    """An answer that a model wrote, or that is quoted where it wrote none or something else."""
    answer = documents.ask("Was anyone hurt in the fire?" if refused else KILLED)
    text = "".join(pieces).strip()
    if refused or text != "Two soldiers were killed [1].":
        return Writes(answer, pieces)
    (statement, *_), (citation, *_) = answer.statements, answer.citations
    own = replace(statement, text=text, labels=(citation.label,), verdict="supported")
    return Writes(
        replace(answer, text=text, statements=(own,), citations=(replace(citation, verdict="supported"),)), pieces
    )


@pytest.mark.parametrize("pieces", CASES.values(), ids=CASES)
def test_all_that_was_written_is_in_the_final_response(documents: Documents, pieces: tuple[str, ...]) -> None:
    scripted = written(documents, pieces)
    with served(api(scripted)) as address:  # type: ignore[arg-type]
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        with client:
            events, final = streamed_response(client, KILLED)
    (part,) = final.output[0].content
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert tuple(deltas[: len(pieces)]) == pieces
    assert part.text == "".join(deltas)
    assert part.text.strip().endswith(scripted.answer.text)
    for note, citation in zip(part.annotations, scripted.answer.citations, strict=True):
        assert (note.file_id, note.quote) == (citation.source.document_id, citation.quote)
        assert part.text[note.index :].startswith(f"[{citation.label}]")


@pytest.mark.parametrize("pieces", CASES.values(), ids=CASES)
def test_all_that_was_written_is_in_the_final_message(documents: Documents, pieces: tuple[str, ...]) -> None:
    scripted = written(documents, pieces)
    with served(api(scripted)) as address:  # type: ignore[arg-type]
        client = anthropic.Anthropic(base_url=address, api_key="none", max_retries=0)
        with client:
            _, final = streamed_message(client, KILLED)
    text = "".join(block.text for block in final.content)
    assert text.startswith("".join(pieces))
    for statement in scripted.answer.statements:
        assert statement.text in text
    places = [place for block in final.content for place in block.citations or ()]
    assert [place.cited_text for place in places] == [citation.quote for citation in scripted.answer.citations]


def test_a_no_after_words_that_were_written_is_still_a_no(documents: Documents) -> None:
    scripted = written(documents, ("I think that ",), refused=True)
    scripted = replace(scripted, answer=replace(scripted.answer, status="refused"))
    with served(api(scripted)) as address:  # type: ignore[arg-type]
        first = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        second = anthropic.Anthropic(base_url=address, api_key="none", max_retries=0)
        with first, second:
            response, message = streamed_response(first, KILLED)[1], streamed_message(second, KILLED)[1]
    assert [part.type for part in response.output[0].content] == ["output_text", "refusal"]
    assert response.output[0].content[1].refusal == refusal(scripted.answer)
    assert message.stop_reason == "refusal"
    assert message.content[-1].text == refusal(scripted.answer)


def test_what_goes_wrong_is_raised_by_the_client(
    openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic
) -> None:
    with pytest.raises(openai.APIError, match="longer than"):
        streamed_response(openai_client, "x" * 5000)
    with pytest.raises(anthropic.APIStatusError, match="longer than"):
        streamed_message(anthropic_client, "x" * 5000)
