"""What clients of OpenAI and Anthropic send, and answers in the forms that they read. Pydantic: it is untrusted."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, Field

from rag.app.doors.cited import cited_by, refusal
from rag.contract import Json, as_json
from rag.errors import QuestionInvalid
from rag.types import Answer, Citation, Turn

MODEL = "rag"
MOST_MESSAGES = 1000


class Part(BaseModel):
    """A part of a message."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message of a conversation. What a system message asks for is not done: answers rest on the documents alone."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None

    def words(self) -> str:
        """The text of the message. Raises: QuestionInvalid, for a part that is no text."""
        if isinstance(self.content, str) or self.content is None:
            return self.content or ""
        for part in self.content:
            if part.type not in ("text", "input_text", "output_text"):
                raise QuestionInvalid(f"A message has a part of type {part.type[:40]!r}; only text can be read.")
        return "\n".join(part.text for part in self.content)


class _Request(BaseModel):
    model: str = Field(max_length=200)
    stream: bool = False
    tools: list[Any] | None = None


class ChatRequest(_Request):
    """The body of /v1/chat/completions, as far as it is read; sampling has no meaning here, and is passed over."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    n: int = 1


class ResponsesRequest(_Request):
    """The body of /v1/responses, as far as it is read."""

    input: str | list[ChatMessage]


class MessagesRequest(_Request):
    """The body of Anthropic's /v1/messages, as far as it is read."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_tokens: int


def question_and_turns(messages: Sequence[ChatMessage]) -> tuple[str, tuple[Turn, ...]]:
    """The question, which is the last message, and the exchanges before it, oldest first.

    Raises: QuestionInvalid, where the last message is not the user's, or one holds more than text.
    """
    spoken = [(message.role, message.words()) for message in messages if message.role in ("user", "assistant")]
    if not spoken or spoken[-1][0] != "user":
        raise QuestionInvalid("The last message must be the user's question.")
    pairs = pairwise(spoken)
    turns = (Turn(one[1], two[1]) for one, two in pairs if (one[0], two[0]) == ("user", "assistant"))
    return spoken[-1][1], tuple(turns)


def completion(answer: Answer) -> Json:
    """A chat completion: citations as annotations, a refusal as such, and under "rag" the contract's whole object."""
    refused = answer.status == "refused"
    message: Json = {
        "role": "assistant",
        "content": None if refused else answer.text,
        "refusal": refusal(answer) if refused else None,
        "annotations": url_citations(answer),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**_head("chat.completion"), "choices": [choice], "usage": _usage(), "rag": as_json(answer)}


def url_citations(answer: Answer, offset: int = 0) -> list[Json]:
    """A `url_citation` for each citation, at its marker in the text; its address has the exact span (RFC 5147)."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": start + offset,
                "end_index": end + offset,
                "title": citation.source.path,
                "url": address(citation),
                "quote": citation.quote,
                "verdict": citation.verdict,
            },
        }
        for citation in answer.citations
        for start, end in (_marker(answer.text, citation.label),)
    ]


def address(citation: Citation) -> str:
    """Where a citation stands, as `rag://document/ID#char=START,END`."""
    return f"rag://document/{citation.source.document_id}#char={citation.span.start},{citation.span.end}"


class Chunks:
    """The pieces of one streamed completion, which share an id."""

    def __init__(self) -> None:
        """A new stream."""
        self._head = _head("chat.completion.chunk")
        self._written = ""

    def opening(self) -> Json:
        """The first piece."""
        return self._piece({"role": "assistant", "content": ""})

    def of_text(self, text: str) -> Json:
        """A piece of what is being written."""
        self._written += text
        return self._piece({"content": text})

    def closing(self, answer: Answer) -> Iterator[Json]:
        """What is left of the answer, its citations, and the end."""
        if answer.status == "refused":
            yield self._piece({"refusal": refusal(answer)}, "stop", answer)
            return
        offset, rest = self._rest(answer.text)
        if rest:
            yield self.of_text(rest)
        yield self._piece({"annotations": url_citations(answer, offset)}, "stop", answer)

    def _rest(self, text: str) -> tuple[int, str]:
        """Where the answer begins in what is written, and what is not written yet: all of it where a model failed."""
        begun = len(self._written) - len(self._written.lstrip())
        written = self._written.strip()
        if text.startswith(written):
            return begun, text[len(self._written) - begun :]
        return len(self._written) + 2, f"\n\n{text}"

    def _piece(self, delta: Json, finish: str | None = None, answer: Answer | None = None) -> Json:
        piece = {**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return piece | {"rag": as_json(answer)} if answer else piece


def response(answer: Answer) -> Json:
    """A response of OpenAI's newer form, its citations as `file_citation`."""
    if answer.status == "refused":
        content: Json = {"type": "refusal", "refusal": refusal(answer)}
    else:
        content = {"type": "output_text", "text": answer.text, "annotations": _file_citations(answer), "logprobs": []}
    message = {"type": "message", "id": _id("msg"), "role": "assistant", "status": "completed", "content": [content]}
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "model": MODEL,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": [message],
        "parallel_tool_calls": False,
        "tool_choice": "none",
        "tools": [],
        "rag": as_json(answer),
    }


def _file_citations(answer: Answer) -> list[Json]:
    return [
        {
            "type": "file_citation",
            "file_id": citation.source.document_id,
            "filename": citation.source.path,
            "index": _marker(answer.text, citation.label)[0],
            "quote": citation.quote,
            "start": citation.span.start,
            "end": citation.span.end,
            "verdict": citation.verdict,
        }
        for citation in answer.citations
    ]


def message(answer: Answer) -> Json:
    """A message of Anthropic's form: a block a sentence, with `char_location` citations."""
    documents = list(dict.fromkeys(citation.source.document_id for citation in answer.citations))
    blocks = [_block(answer, at, documents) for at in range(len(answer.statements))]
    refused = answer.status == "refused"
    return {
        "id": _id("msg"),
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": refusal(answer), "citations": None}] if refused else blocks,
        "stop_reason": "refusal" if refused else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
        "rag": as_json(answer),
    }


def _block(answer: Answer, at: int, documents: Sequence[str]) -> Json:
    statement = answer.statements[at]
    locations = [
        {
            "type": "char_location",
            "cited_text": citation.quote,
            "document_index": documents.index(citation.source.document_id),
            "document_title": citation.source.path,
            "file_id": None,
            "start_char_index": citation.span.start,
            "end_char_index": citation.span.end,
            "document_id": citation.source.document_id,
            "verdict": citation.verdict,
        }
        for citation in cited_by(answer, statement)
    ]
    last = at == len(answer.statements) - 1
    return {"type": "text", "text": statement.text + ("" if last else "\n"), "citations": locations or None}


def _marker(text: str, label: int) -> tuple[int, int]:
    """Where a label stands in the text; all of the text where it is written otherwise."""
    match = re.search(rf"\[{label}\]", text)
    return match.span() if match else (0, len(text))


def _head(kind: str) -> Json:
    return {"id": _id("chatcmpl"), "object": kind, "created": int(time.time()), "model": MODEL}


def _usage() -> Json:
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def _id(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex}"
