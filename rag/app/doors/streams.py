"""An answer as it is written, in the events of the three forms that clients of OpenAI and Anthropic read.

What a model writes goes out at once; which words each sentence rests on is known at the end. A text that nobody wrote,
being quotes, goes out as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.app.doors import chat
from rag.app.doors.cited import refusal
from rag.contract import Json, as_json
from rag.types import Answer


class Stream(Protocol):
    """The events of one answer, in order."""

    end: str
    """What is sent after the last of them."""

    def opening(self) -> Iterator[Json]:
        """The first events."""
        ...

    def of_text(self, text: str) -> Iterator[Json]:
        """A piece of what is being written."""
        ...

    def closing(self, answer: Answer) -> Iterator[Json]:
        """What is left of the answer, its citations, and the end."""
        ...

    def failing(self, sentence: str) -> Iterator[Json]:
        """The end instead, where something went wrong."""
        ...


def as_sent(event: Json) -> str:
    """An event as server-sent events have it, under its type where it has one."""
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"


class Writing:
    """What has been written of one answer."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.text = ""

    def add(self, text: str) -> None:
        """Append a piece."""
        self.text += text

    def goes_on_in(self, text: str) -> bool:
        """Whether a text begins with what is written, but for the space around it."""
        return text.startswith(self.text.strip())

    def rest(self, text: str) -> tuple[int, str]:
        """Where the answer begins in what is written, and what is not written yet: all of it where a model failed."""
        begun = len(self.text) - len(self.text.lstrip())
        if self.goes_on_in(text):
            return begun, text[len(self.text) - begun :]
        return len(self.text) + 2, f"\n\n{text}"


class Chunks:
    """The pieces of one chat completion, which share an id."""

    end = "data: [DONE]\n\n"

    def __init__(self) -> None:
        """A new stream."""
        self._head = chat.completion_head("chat.completion.chunk")
        self._written = Writing()

    def opening(self) -> Iterator[Json]:
        """The first piece."""
        yield self._piece({"role": "assistant", "content": ""})

    def of_text(self, text: str) -> Iterator[Json]:
        """A piece of what is being written."""
        self._written.add(text)
        yield self._piece({"content": text})

    def closing(self, answer: Answer) -> Iterator[Json]:
        """What is left of the answer, its citations, and the end."""
        if answer.status == "refused":
            yield self._piece({"refusal": refusal(answer)}, "stop", answer)
            return
        offset, rest = self._written.rest(answer.text)
        if rest:
            yield from self.of_text(rest)
        yield self._piece({"annotations": chat.url_citations(answer, offset)}, "stop", answer)

    def failing(self, sentence: str) -> Iterator[Json]:
        """An error."""
        yield chat.openai_error(sentence)

    def _piece(self, delta: Json, finish: str | None = None, answer: Answer | None = None) -> Json:
        piece = {**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return piece | {"rag": as_json(answer)} if answer else piece


class ResponseEvents:
    """The events of one response of OpenAI's newer form: one message, of a part of text, of a refusal, or of both."""

    end = ""

    def __init__(self) -> None:
        """A new stream."""
        self._response = chat.response_head()
        self._item = chat.new_id("msg")
        self._parts: list[Json] = []
        self._written = Writing()
        self._is_open = False
        self._sent = 0

    def opening(self) -> Iterator[Json]:
        """The response, and its message, both empty."""
        yield self._event("response.created", response=self._response)
        yield self._event("response.in_progress", response=self._response)
        item = chat.output_message([], self._item, "in_progress")
        yield self._event("response.output_item.added", output_index=0, item=item)

    def of_text(self, text: str) -> Iterator[Json]:
        """A piece of what is being written."""
        if not self._is_open:
            self._is_open = True
            yield self._in_part("response.content_part.added", part=chat.text_part("", ()))
        self._written.add(text)
        yield self._in_part("response.output_text.delta", delta=text, logprobs=[])

    def closing(self, answer: Answer) -> Iterator[Json]:
        """What is left of the answer, its citations, and the end."""
        if answer.status == "refused":
            yield from self._end_of_text(()) if self._is_open else ()
            yield from self._refused(refusal(answer))
        else:
            offset, rest = self._written.rest(answer.text)
            if rest or not self._is_open:
                yield from self.of_text(rest)
            yield from self._end_of_text(chat.file_citations(answer, offset))
        item = chat.output_message(self._parts, self._item)
        yield self._event("response.output_item.done", output_index=0, item=item)
        whole = self._response | {"status": "completed", "output": [item], "rag": as_json(answer)}
        yield self._event("response.completed", response=whole)

    def failing(self, sentence: str) -> Iterator[Json]:
        """An error, in the form of an event and in that of a reply."""
        yield self._event("error", message=sentence, code=None, param=None, **chat.openai_error(sentence))

    def _end_of_text(self, annotations: Sequence[Json]) -> Iterator[Json]:
        for at, annotation in enumerate(annotations):
            yield self._in_part("response.output_text.annotation.added", annotation=annotation, annotation_index=at)
        yield self._in_part("response.output_text.done", text=self._written.text, logprobs=[])
        yield self._end_of_part(chat.text_part(self._written.text, annotations))

    def _refused(self, reason: str) -> Iterator[Json]:
        yield self._in_part("response.content_part.added", part=chat.refusal_part(""))
        yield self._in_part("response.refusal.delta", delta=reason)
        yield self._in_part("response.refusal.done", refusal=reason)
        yield self._end_of_part(chat.refusal_part(reason))

    def _end_of_part(self, part: Json) -> Json:
        event = self._in_part("response.content_part.done", part=part)
        self._parts.append(part)
        return event

    def _in_part(self, kind: str, **fields: object) -> Json:
        return self._event(kind, item_id=self._item, output_index=0, content_index=len(self._parts), **fields)

    def _event(self, kind: str, **fields: object) -> Json:
        self._sent += 1
        return {"type": kind, "sequence_number": self._sent - 1, **fields}


class MessageEvents:
    """The events of one message of Anthropic's form.

    Quotes are a block a sentence. What a model writes is one block, since its sentences are known only at the end; all
    its citations follow it.
    """

    end = ""

    def __init__(self) -> None:
        """A new stream."""
        self._written = Writing()
        self._is_open = False
        self._block = 0

    def opening(self) -> Iterator[Json]:
        """The message, empty."""
        yield {"type": "message_start", "message": chat.message_head()}

    def of_text(self, text: str) -> Iterator[Json]:
        """A piece of what is being written."""
        if not self._is_open:
            self._is_open = True
            yield self._event("content_block_start", content_block=_EMPTY)
        self._written.add(text)
        yield self._event("content_block_delta", delta={"type": "text_delta", "text": text})

    def closing(self, answer: Answer) -> Iterator[Json]:
        """What is left of the answer, its citations, and the end."""
        if not self._is_open:
            yield from self._sentences(answer)
        elif answer.status != "refused" and self._written.goes_on_in(answer.text):
            if rest := self._written.rest(answer.text)[1]:
                yield from self.of_text(rest)
            yield from self._end_of_block(chat.locations(answer, answer.citations))
        else:
            yield from self._end_of_block(())
            yield from self._sentences(answer)
        delta = {"stop_reason": chat.stop_reason(answer), "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 0}, "rag": as_json(answer)}
        yield {"type": "message_stop"}

    def failing(self, sentence: str) -> Iterator[Json]:
        """An error."""
        yield chat.anthropic_error(sentence)

    def _sentences(self, answer: Answer) -> Iterator[Json]:
        for block in chat.blocks(answer):
            yield self._event("content_block_start", content_block=_EMPTY)
            yield self._event("content_block_delta", delta={"type": "text_delta", "text": block["text"]})
            yield from self._end_of_block(block["citations"] or ())

    def _end_of_block(self, citations: Sequence[Json]) -> Iterator[Json]:
        for citation in citations:
            yield self._event("content_block_delta", delta={"type": "citations_delta", "citation": citation})
        yield self._event("content_block_stop")
        self._block += 1

    def _event(self, kind: str, **fields: object) -> Json:
        return {"type": kind, "index": self._block, **fields}


_EMPTY: Json = {"type": "text", "text": "", "citations": None}
