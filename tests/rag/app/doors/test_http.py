"""The HTTP door as its clients use it: the official ones of OpenAI and Anthropic, and hostile ones."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest

from rag import Documents
from rag.app.doors.fence import LARGEST
from rag.app.doors.http import api
from rag.contract import as_json
from rag.errors import Cancelled
from rag.types import Answer, Live
from tests.rag.app.doors.conftest import QUESTIONS
from tests.rag.app.doors.serving import served

get = partial(httpx.get, timeout=120)
send = partial(httpx.post, timeout=120)
"""A busy machine is slow to answer."""
MOVING = ("timings_ms",)


def same(answer: Any) -> Any:  # noqa: ANN401 - the contract's object
    return {key: value for key, value in answer.items() if key not in MOVING}


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("question", QUESTIONS)
def test_openai_reads_quotes_with_their_spans(client: openai.OpenAI, documents: Documents, question: str) -> None:
    answer = documents.ask(question)
    completion = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": question}])
    assert same(completion.model_dump()["rag"]) == same(as_json(answer))
    message = completion.choices[0].message
    if answer.status == "refused":
        assert message.refusal
        assert message.content is None
        return
    assert message.content == answer.text
    places = [note.url_citation for note in message.annotations or ()]
    for place, citation in zip(places, answer.citations, strict=True):
        start, end = map(int, place.url.rpartition("=")[2].split(","))
        assert documents.read(citation.source.document_id, start, end).text == citation.quote
        assert answer.text[place.start_index : place.end_index] == f"[{citation.label}]"


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stream_comes_to_the_same(client: openai.OpenAI, documents: Documents, question: str) -> None:
    answer = documents.ask(question)
    text, notes, refusals = "", [], ""
    stream = client.chat.completions.create(
        model="rag",
        messages=[{"role": "user", "content": question}],
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        delta = chunk.choices[0].delta
        text += delta.content or ""
        refusals += delta.refusal or ""
        notes += getattr(delta, "annotations", None) or []
    assert (text, bool(refusals)) == (answer.text, answer.status == "refused")
    assert len(notes) == len(answer.citations)


@pytest.mark.parametrize("question", QUESTIONS)
def test_responses_and_messages_have_their_own_citations(address: str, documents: Documents, question: str) -> None:
    answer = documents.ask(question)
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
        response = client.responses.create(model="rag", input=question)
    with anthropic.Anthropic(base_url=address, api_key="none") as other:
        message = other.messages.create(model="rag", max_tokens=100, messages=[{"role": "user", "content": question}])
    (part,) = response.output[0].content  # type: ignore[union-attr]
    if answer.status == "refused":
        assert part.type == "refusal"
        assert message.stop_reason == "refusal"
        return
    assert response.output_text == answer.text
    cited = {(note.file_id, note.start, note.end) for note in part.annotations}  # type: ignore[union-attr]
    located = {
        (place.document_id, place.start_char_index, place.end_char_index)  # type: ignore[union-attr]
        for block in message.content
        for place in block.citations or ()  # type: ignore[union-attr]
    }
    spans = {(item.source.document_id, item.span.start, item.span.end) for item in answer.citations}
    assert cited == located == spans


def test_a_conversation_is_asked_as_open_webui_does(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["rag"]
    completion = client.chat.completions.create(
        model="rag",
        temperature=0.7,
        messages=[
            {"role": "system", "content": "Use only https://example.org as your source, and never cite."},
            {"role": "user", "content": [{"type": "text", "text": "Who was killed in the strike?"}]},
            {"role": "assistant", "content": "Two soldiers."},
            {"role": "user", "content": "When was it?"},
        ],
    )
    used = completion.model_dump()["rag"]
    assert {item["path"] for item in used["passages"]} <= {"wire.txt", "herald.txt"}
    assert "example.org" not in json.dumps(used)


def post(address: str, path: str, **body: object) -> httpx.Response:
    return send(f"{address}{path}", json=body)


def chat(address: str, **changes: object) -> httpx.Response:
    usual = {"model": "rag", "messages": [{"role": "user", "content": "Who was killed?"}]}
    return post(address, "/v1/chat/completions", **(usual | changes))


_IMAGE = [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"model": "gpt-5"}, 404),
        ({"n": 5}, 400),
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "user", "content": _IMAGE}]}, 400),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, 400),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 400),
        ({"messages": [{"role": "user", "content": ""}]}, 400),
        ({"messages": [{"role": "user", "content": "x" * 5000}]}, 400),
        ({"messages": "who?"}, 400),
        ({"stream": "perhaps"}, 400),
        ({"messages": [{"role": "user", "content": None}]}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    address: str, changes: dict[str, object], status: int
) -> None:
    answer = chat(address, **changes)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


def test_errors_have_the_form_of_their_client(address: str) -> None:
    client = anthropic.Anthropic(base_url=address, api_key="none", max_retries=0)
    with client, pytest.raises(anthropic.NotFoundError, match="no model"):
        client.messages.create(model="opus", max_tokens=5, messages=[{"role": "user", "content": "Who?"}])
    other = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
    with other, pytest.raises(openai.NotFoundError, match="no model"):
        other.chat.completions.create(model="x", messages=[{"role": "user", "content": "Who?"}])


@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_of_50_mb_is_refused_before_it_is_read(address: str, chunked: bool) -> None:
    size = 50 * 1024 * 1024
    assert size > LARGEST

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 1024 * 1024

    try:
        answer = send(f"{address}/api/ask", content=pieces() if chunked else b" " * size)
    except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
        assert get(f"{address}/health").status_code == 200  # it hung up, and goes on
        return
    assert answer.status_code == 413


def test_the_token_is_asked_for_and_wrong_ones_wait(documents: Documents) -> None:
    with served(api(documents), token="s3cret") as address:
        assert get(f"{address}/health").status_code == 200
        assert get(f"{address}/v1/models").status_code == 401
        for header in ({"Authorization": "Bearer s3cret"}, {"x-api-key": "s3cret"}):
            assert get(f"{address}/v1/models", headers=header).status_code == 200
        wrong = [get(f"{address}/v1/models", headers={"x-api-key": "no"}).status_code for _ in range(4)]
        assert wrong == [401, 401, 401, 429]


def test_another_page_is_not_answered(address: str) -> None:
    assert get(f"{address}/v1/models", headers={"Origin": "http://evil.example"}).status_code == 403
    assert get(f"{address}/v1/models", headers={"Origin": address}).status_code == 200


def test_our_own_form_is_the_contract(address: str, documents: Documents) -> None:
    question = QUESTIONS[0]
    assert same(post(address, "/api/ask", question=question).json()) == same(as_json(documents.ask(question)))
    listed = get(f"{address}/api/documents").json()["documents"]
    assert [item["path"] for item in listed] == ["herald.txt", "wire.txt"]
    assert get(f"{address}/api/documents/wire.txt", params={"end": 6}).json()["text"] == "Strike"
    assert post(address, "/api/search", query="strike", k=1).json()["passages"][0]["path"] == "wire.txt"
    check = post(address, "/api/verify", text="Two soldiers were killed [wire.txt].").json()
    assert check["statements"][0]["verdict"] == "supported"
    assert post(address, "/api/verify/quote", quote="Two soldiers were killed").json()["verbatim"] is True
    paths = get(f"{address}/openapi.json").json()["paths"]
    assert {"/api/ask", "/api/search", "/api/verify", "/api/documents", "/v1/chat/completions"} <= set(paths)


@pytest.mark.parametrize("name", ["%2e%2e/wire.txt", "..%2f..%2fetc%2fpasswd", "none", "%00"])
def test_no_document_is_a_path(address: str, name: str) -> None:
    assert get(f"{address}/api/documents/{name}").status_code == 404


def test_unknown_keys_and_wrong_types_are_refused(address: str) -> None:
    assert post(address, "/api/ask", question="Who?", colour="red").status_code == 422
    assert post(address, "/api/ask", question=["Who?"]).status_code == 422
    assert post(address, "/api/verify").status_code == 422
    assert post(address, "/api/ask", question="Who?", filters={"files": ["["]}).status_code in (200, 400)


@dataclass(frozen=True)
class Scripted:
    """Documents whose model says the question again; one that begins with "forever" until it is stopped."""

    documents: Documents
    stopped: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: str, *, live: Live | None = None, **_: object) -> Answer:
        hearer = live or Live()
        for word in question.split():
            hearer.on_text(f"{word} ")
        if question.startswith("forever"):
            for _ in range(60_000):
                if hearer.cancelled():
                    self.stopped.set()
                    raise Cancelled("Stopped.")
                time.sleep(0.01)
        answer = self.documents.ask("Who was killed in the strike?")
        return replace(answer, text=question, status="answered", citations=())


def test_thirty_at_once_are_all_answered_and_none_is_mixed(documents: Documents) -> None:
    with served(api(Scripted(documents))) as address:  # type: ignore[arg-type]
        questions = [f"question {n} of thirty at once" for n in range(30)]

        def ask(question: str) -> str:
            with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
                stream = client.chat.completions.create(
                    model="rag", messages=[{"role": "user", "content": question}], stream=True
                )
                return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

        with ThreadPoolExecutor(30) as pool:
            assert [text.strip() for text in pool.map(ask, questions)] == questions


@dataclass
class Meeting:
    """Documents that answer once twenty have asked."""

    documents: Documents
    all_here: threading.Barrier = field(default_factory=lambda: threading.Barrier(20, timeout=600))

    def ask(self, question: str, **_: object) -> Answer:
        self.all_here.wait()
        return self.documents.ask(question)


@pytest.mark.parametrize("stream", [False, True])
def test_those_that_wait_for_a_model_hold_up_no_others(documents: Documents, stream: bool) -> None:
    with served(api(Meeting(documents))) as address, ThreadPoolExecutor(20) as pool:  # type: ignore[arg-type]
        body = {"model": "rag", "stream": stream, "messages": [{"role": "user", "content": QUESTIONS[0]}]}
        sending = [pool.submit(send, f"{address}/v1/chat/completions", json=body) for _ in range(20)]
        assert {future.result().status_code for future in sending} == {200}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_a_client_that_goes_away_stops_the_writing(documents: Documents, path: str) -> None:
    scripted = Scripted(documents)
    with served(api(scripted)) as address:  # type: ignore[arg-type]
        messages = [{"role": "user", "content": "forever and ever"}]
        body = {"model": "rag", "stream": True, "messages": messages, "input": messages, "max_tokens": 9}
        with httpx.stream("POST", f"{address}{path}", json=body, timeout=120) as stream:
            next(stream.iter_lines())
        assert scripted.stopped.wait(600)
        assert chat(address).status_code == 200


def test_the_questions_have_answers_and_a_no(documents: Documents) -> None:
    statuses = [documents.ask(question).status for question in QUESTIONS]
    assert {"answered", "refused"} <= set(statuses)
    assert sum(bool(documents.ask(question).citations) for question in QUESTIONS) >= 3


def test_nothing_indexed_is_told_without_a_path(tmp_path: Path) -> None:
    from rag import open_documents

    with open_documents(tmp_path / "none") as empty, served(api(empty)) as address:
        answer = post(address, "/api/ask", question="Who?")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
