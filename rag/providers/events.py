"""The replies of OpenAI's chat protocol, read from bytes that may be anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST = 1024 * 1024
_CUT = ("length", "max_tokens", "max_output_tokens")
"""How endpoints say that a reply was as long as it may be."""


class Unreadable(ValueError):
    """What came is not the protocol; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a reply: its text, whether it is the last, and the endpoint's own error, if it sent one.

    `cut` says that the reply ends here because it may be no longer.
    """

    text: str = ""
    last: bool = False
    cut: bool = False
    error: str | None = None


class Events:
    """Cuts a byte stream of server-sent events into pieces, wherever the chunks end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """The pieces that are whole with this chunk. Raises: Unreadable."""
        *lines, self._rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > _LONGEST:
            raise Unreadable(f"a line of more than {_LONGEST:,} bytes")
        for line in lines:
            yield from _piece(line)

    def end(self) -> Iterator[Piece]:
        """What stood in a last line without an end. Raises: Unreadable."""
        rest, self._rest = self._rest, b""
        yield from _piece(rest)


def _piece(line: bytes) -> Iterator[Piece]:
    """Each `data:` line is an event of its own in this protocol; comments, names and blank lines are passed over."""
    name, _, value = line.partition(b":")
    if name == b"data":
        yield Piece(last=True) if value.strip() == b"[DONE]" else read(value)


def read(raw: bytes) -> Piece:
    """One JSON object of the protocol, a part of a reply or a whole one. Raises: Unreadable."""
    try:
        event = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("text that is not JSON") from None
    if not isinstance(event, dict):
        raise Unreadable("JSON that is no object")
    if event.get("error"):
        return Piece(error=_message(event["error"]))
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise Unreadable("a choice that is no object")
    delta = choice.get("delta") or choice.get("message") or {}
    text = _text(delta.get("content")) or _text(delta.get("refusal")) if isinstance(delta, dict) else ""
    ended = choice.get("finish_reason")
    return Piece(text, last=bool(ended) or "message" in choice, cut=ended in _CUT)


def problem(raw: bytes) -> str:
    """The endpoint's own words on what went wrong, as far as there are any: one line."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    return _message(body.get("error", body)) if isinstance(body, dict) else ""


def _message(error: object) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error.get("type") or "unnamed"
    return " ".join(str(error).split())


def _text(content: object) -> str:
    """Content is text, or a list of parts that hold some."""
    if isinstance(content, str):
        return content.encode("utf-8", "replace").decode()  # JSON can spell halves of characters
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict))
    return ""
