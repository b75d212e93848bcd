"""What a model thinks aloud, told from what it answers, whole or while it still writes.

Thinking stands between marks that models and their servers write: `<think>…</think>` and its kin, `◁think▷…◁/think▷`,
`[THINK]…[/THINK]`, `<|begin_of_thought|>…`, the channels of `<|channel|>analysis … <|channel|>final`, and what is left
of these where a server drops the tokens, `analysis…assistantfinal…`. The first mark is often missing, since the
template of the prompt holds it: then all that stands before the second is thinking.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from rag.errors import Cancelled, ReplyCut
from rag.types import Live

_NAME = r"(?:\w{1,12}:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)"
_OPENS = (
    rf"<{_NAME}>|◁{_NAME}▷|\[THINK\]|<\|(?:begin_of|start)_(?:thought|thinking)\|>|<\|channel>\s*thought\b"
    r"|<\|channel\|>\s*(?:analysis|commentary)\b|<\|start\|>"
)
_CLOSES = (
    rf"</{_NAME}>|◁/{_NAME}▷|\[/THINK\]|<\|end_(?:of_)?(?:thought|thinking)\|>|<channel\|>"
    r"|(?P<final><\|channel\|>\s*final\b)|(?-i:assistantfinal)"
)
_MARK = re.compile(rf"(?P<opens>{_OPENS})|(?P<closes>{_CLOSES})", re.IGNORECASE)
_BARE = "analysis"
_PERHAPS = re.compile(r"(?:<\|channel\|?>?\s*\w{0,12}|[<◁][^<>◁▷\n]{0,32}|\[/?[A-Z]{0,5})\Z")
"""The end of a text that the next piece may make a mark of."""
_LONGEST_MARK = 48
_DRESS = re.compile(r"<\|\w{1,24}\|>|</?(?:answer|response|final_answer)>", re.IGNORECASE)
"""Tokens around an answer that are no part of it."""
_CITED = re.compile(r"[^\n.!?]{8,}[.!?]?\s?(?:\[\^?\d[^\]\n]{0,16}\]|【\d[^】\n]{0,16}】)(?:[.!?\s]|\Z)")
"""A first sentence that ends with its source: so an answer begins, and no thinking does."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, without what it thought before; `cut` says that it was stopped at the longest length."""

    text: str
    cut: bool = False
    thought: bool = False


class Aloud:
    """What may be shown of a reply that comes in pieces: `text`, so far."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.text = ""
        self.thought = False
        self.answers = False
        """Whether a mark has told that what follows is the answer."""
        self._thinking = False
        self._begun = False
        self._rest = ""

    def feed(self, piece: str) -> None:
        """Take the next piece; what may yet become a mark is kept for the one after it."""
        self._rest += piece
        if not self._begins():
            return
        self._marks()
        if self._thinking:
            self._rest = self._rest[-_LONGEST_MARK:]
            return
        perhaps = _PERHAPS.search(self._rest)
        sure = perhaps.start() if perhaps else len(self._rest)
        self._show(self._rest[:sure])
        self._rest = self._rest[sure:]

    def end(self) -> None:
        """Nothing more comes: `text` is the whole answer; empty where all was thinking."""
        self._marks()
        self._show(self._rest)
        self._rest = ""

    def _begins(self) -> bool:
        """Whether enough has come to tell how the reply begins."""
        head = self._rest.lstrip()
        if not self._begun and len(head) <= len(_BARE) and _BARE.startswith(head):
            return False
        if not self._begun and re.match(rf"{_BARE}[A-Z]", head):
            self._thinking = self.thought = True
        self._begun = True
        return True

    def _marks(self) -> None:
        """Pass every whole mark of what has not been shown."""
        while mark := _MARK.search(self._rest):
            before, self._rest = self._rest[: mark.start()], self._rest[mark.end() :]
            if not self._thinking and _is_quoted(self.text + before):
                self._show(before + mark[0])
                continue
            if mark["opens"]:
                self._show(before)
            elif not self._thinking or mark["final"]:
                self.text = ""
            self.thought = True
            self.answers = mark["closes"] is not None
            self._thinking = not self.answers

    def _show(self, words: str) -> None:
        if not self._thinking:
            self.text = (self.text + _DRESS.sub("", words)).lstrip()


def _is_quoted(before: str) -> bool:
    """Whether a mark after these words is only spoken of: in code, or right after an opening quotation mark."""
    return before.count("`") % 2 == 1 or before.endswith(("“", "‘"))


def spoken(pieces: Generator[str, None, None], live: Live, *, plain: bool = False) -> Reply:
    """A whole reply without its thinking, each piece handed on as it comes.

    Nothing is handed on that may yet turn out to be thinking without its first mark: before a second mark, or a first
    sentence that ends with its source, has come, nothing is; unless the model is known to write `plain`.

    Raises: Cancelled, once the reply has been closed; LLMFailed.
    """
    aloud, heard, cut = Aloud(), "", False
    with closing(pieces):
        try:
            for piece in pieces:
                if live.cancelled():
                    raise Cancelled("The question was stopped before its answer was whole; ask again.")
                aloud.feed(piece)
                if plain or aloud.answers or _CITED.match(aloud.text):
                    heard = _hand_on(aloud.text, heard, live)
        except ReplyCut:
            cut = True
    aloud.end()
    _hand_on(aloud.text, heard, live)
    return Reply(aloud.text.strip(), cut, aloud.thought)


def _hand_on(text: str, heard: str, live: Live) -> str:
    """All of `text`, once what was not `heard` of it has been; what was thinking after all is not taken back."""
    new = text[len(heard) :] if text.startswith(heard) else text
    if new.strip():
        live.on_text(new)
        return text
    return heard
