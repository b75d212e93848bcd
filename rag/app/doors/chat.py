"""What clients of OpenAI and Anthropic send, and answers in the forms that they read. Pydantic: it is untrusted."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
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
    return {**completion_head("chat.completion"), "choices": [choice], "usage": _usage(), "rag": as_json(answer)}


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


def response(answer: Answer) -> Json:
    """A response of OpenAI's newer form, its citations as `file_citation`."""
    refused = answer.status == "refused"
    part = refusal_part(refusal(answer)) if refused else text_part(answer.text, file_citations(answer))
    return response_head() | {"status": "completed", "output": [output_message([part])], "rag": as_json(answer)}


def response_head() -> Json:
    """A response that has no output yet."""
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "model": MODEL,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": [],
        "parallel_tool_calls": False,
        "tool_choice": "none",
        "tools": [],
    }


def output_message(parts: Sequence[Json], item_id: str | None = None, status: str = "completed") -> Json:
    """The one item of a response's output."""
    identity = item_id or new_id("msg")
    return {"type": "message", "id": identity, "role": "assistant", "status": status, "content": [*parts]}


def text_part(text: str, annotations: Sequence[Json]) -> Json:
    """The text of a response, with its citations."""
    return {"type": "output_text", "text": text, "annotations": [*annotations], "logprobs": []}


def refusal_part(reason: str) -> Json:
    """A no of a response."""
    return {"type": "refusal", "refusal": reason}


def file_citations(answer: Answer, offset: int = 0) -> list[Json]:
    """A `file_citation` for each citation, at its marker in the text."""
    return [
        {
            "type": "file_citation",
            "file_id": citation.source.document_id,
            "filename": citation.source.path,
            "index": _marker(answer.text, citation.label)[0] + offset,
            "quote": citation.quote,
            "start": citation.span.start,
            "end": citation.span.end,
            "verdict": citation.verdict,
        }
        for citation in answer.citations
    ]


def message(answer: Answer) -> Json:
    """A message of Anthropic's form: a block a sentence, with `char_location` citations."""
    stop = {"content": blocks(answer), "stop_reason": stop_reason(answer)}
    return message_head() | stop | {"rag": as_json(answer)}


def message_head() -> Json:
    """A message that has no content yet."""
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


def stop_reason(answer: Answer) -> str:
    """Why a message ends."""
    return "refusal" if answer.status == "refused" else "end_turn"


def blocks(answer: Answer) -> list[Json]:
    """A block for each sentence with its own citations; for a no, its reason."""
    if answer.status == "refused":
        return [{"type": "text", "text": refusal(answer), "citations": None}]
    last = len(answer.statements) - 1
    return [
        {
            "type": "text",
            "text": statement.text + ("" if at == last else "\n"),
            "citations": locations(answer, cited_by(answer, statement)) or None,
        }
        for at, statement in enumerate(answer.statements)
    ]


def locations(answer: Answer, citations: Sequence[Citation]) -> list[Json]:
    """A `char_location` for each of these citations of an answer."""
    documents = list(dict.fromkeys(citation.source.document_id for citation in answer.citations))
    return [
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
        for citation in citations
    ]


def openai_error(sentence: str, code: str | None = None) -> Json:
    """An error as clients of OpenAI read it."""
    return {"error": {"message": sentence, "type": "invalid_request_error", "param": None, "code": code}}


def anthropic_error(sentence: str, kind: str = "api_error") -> Json:
    """An error as clients of Anthropic read it."""
    return {"type": "error", "error": {"type": kind, "message": sentence}}


def _marker(text: str, label: int) -> tuple[int, int]:
    """Where a label stands in the text; all of the text where it is written otherwise."""
    match = re.search(rf"\[{label}\]", text)
    return match.span() if match else (0, len(text))


def completion_head(kind: str) -> Json:
    """What every completion, and every piece of one, begins with."""
    return {"id": new_id("chatcmpl"), "object": kind, "created": int(time.time()), "model": MODEL}


def _usage() -> Json:
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def new_id(kind: str) -> str:
    """A name that nothing else has."""
    return f"{kind}-{uuid.uuid4().hex}"
