"""The seam to language models: a llama-index `LLM` in, our `LLM` out, and the answerer that prompts one.

Nothing here is used unless an LLM is given; no default of llama-index's `Settings` is ever read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answering.prompt import DECLINED, affirms, asked_again, declines, pack, prompt
from rag.asking.rewrite import rewritten
from rag.errors import Cancelled, LLMFailed
from rag.types import LLM, AnswererName, Draft, Finding, Live, RetrievedPassage, Turn

if TYPE_CHECKING:
    from llama_index.core.llms import LLM as LlamaLLM

__all__ = ["DECLINED", "LLMAnswerer", "LlamaIndexLLM", "estimated", "prompt"]

_TEMPLATE = 48
"""Tokens that a chat template may add around a prompt."""
_THOUGHT = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
_ENDED = re.compile(r"[.!?:…\])”\"'*]\s*\Z")


class LlamaIndexLLM:
    """Offers any llama-index `LLM` as ours."""

    def __init__(self, llm: LlamaLLM, tokens: Callable[[str], int] | None = None) -> None:
        """Wrap `llm`, which the caller has configured; `tokens` counts as it does, else they are estimated."""
        self._llm = llm
        self._tokens = tokens or estimated

    @property
    def name(self) -> str:
        """The model's name as its metadata give it."""
        return str(self._llm.metadata.model_name)

    @property
    def window(self) -> int:
        """The tokens that a prompt may have, by the metadata: the whole window but for the reply."""
        told = self._llm.metadata
        return max(0, told.context_window - told.num_output - _TEMPLATE)

    def tokens(self, text: str) -> int:
        """How many tokens `text` has, at most. Raises: LLMFailed."""
        return self._tokens(text)

    def complete(self, prompt: str) -> str:
        """The whole reply. Raises: LLMFailed, whatever the provider's own error was."""
        try:
            return str(self._llm.complete(prompt).text)
        except LLMFailed:
            raise
        except Exception as error:
            raise LLMFailed(f"The model {self.name!r} did not answer ({error}); check that it runs.") from error

    def stream(self, prompt: str) -> Generator[str, None, None]:
        """The reply in pieces. Raises: LLMFailed."""
        try:
            for piece in self._llm.stream_complete(prompt):
                yield piece.delta or ""
        except LLMFailed:
            raise
        except Exception as error:
            raise LLMFailed(f"The model {self.name!r} broke off ({error}); check that it runs.") from error


class LLMAnswerer:
    """Asks a language model, giving it the labelled passages and nothing else."""

    def __init__(self, llm: LLM) -> None:
        """An answerer that prompts `llm`."""
        self._llm = llm

    @property
    def name(self) -> AnswererName:
        """Always "llm"."""
        return "llm"

    @property
    def model(self) -> str:
        """The model's name."""
        return self._llm.name

    def standalone(self, question: str, history: Sequence[Turn], live: Live | None = None) -> str:
        """`question` made to stand alone by the model where it leans on `history`, else by rules.

        Raises: Cancelled.
        """
        return rewritten(self._llm, question, history, live or Live())

    def draft(
        self,
        question: str,
        passages: Sequence[RetrievedPassage],
        findings: Sequence[Finding],
        live: Live | None = None,
    ) -> Draft:
        """The model's reply as it came; declined when it says that the passages do not hold the answer.

        Raises: LLMFailed; Cancelled.
        """
        first = [quote.label for finding in findings for quote in finding.quotes]
        packed = pack(question, passages, first, self._llm.window, self._llm.tokens)
        if not packed.labels:
            raise LLMFailed(f"No passage fits the window of the model {self.model!r}; raise llm.context.")
        reply = spoken(self._llm.stream(packed.text), live or Live())
        if not reply:
            raise LLMFailed(f"The model {self.model!r} gave an empty reply; try another model.")
        cut = (
            None if _ENDED.search(reply) or declines(reply) else "The model's reply may have broken off before its end."
        )
        return Draft(reply, declined=declines(reply), sent=packed.labels, notice=cut)

    def confirms(self, question: str, findings: Sequence[Finding], live: Live | None = None) -> bool:
        """Whether the model says that the evidence answers the question, when it is shown that without the rest.

        Raises: LLMFailed; Cancelled.
        """
        quotes = [quote.text for finding in findings for quote in finding.quotes]
        asked = asked_again(question, quotes)
        if self._llm.tokens(asked) > self._llm.window:
            return False
        unheard = replace(live or Live(), on_text=lambda _: None)
        return affirms(spoken(self._llm.stream(asked), unheard))


def spoken(pieces: Generator[str, None, None], live: Live) -> str:
    """The whole of a reply, each piece handed on as it comes, without what the model thought aloud before it.

    Raises: Cancelled, once the reply has been closed.
    """
    said, told = "", 0
    with closing(pieces):
        for piece in pieces:
            if live.cancelled():
                raise Cancelled("The question was stopped before its answer was whole; ask again.")
            said += piece
            words = _aloud(said)
            if len(words) > told:
                live.on_text(words[told:])
                told = len(words)
    return _aloud(said).strip()


def _aloud(said: str) -> str:
    """What may be shown of a reply so far."""
    head = said.lstrip()
    if head and "<think>".startswith(head[: len("<think>")]):
        return _THOUGHT.sub("", said, count=1) if head.startswith("<think>") else ""
    return head


def estimated(text: str) -> int:
    """Tokens that `text` has by a cautious guess: a third of its ASCII characters, and one and a half of any other."""
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / 3 + 1.5 * (len(text) - plain))
