"""The seam to language models: a llama-index `LLM` in, our `LLM` out, and the answerer that prompts one.

Nothing here is used unless an LLM is given; no default of llama-index's `Settings` is ever read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from rag.answering.prompt import DECLINED, MAX_WORDS, declines, pack, prompt
from rag.answering.thinking import Reply, spoken
from rag.asking.rewrite import rewritten
from rag.errors import LLMFailed
from rag.types import LLM, AnswererName, Draft, Evidence, Live, RetrievedPassage, Turn
from rag.verification.cite import offered, without_markers

if TYPE_CHECKING:
    from llama_index.core.llms import LLM as LlamaLLM

__all__ = ["DECLINED", "LLMAnswerer", "LlamaIndexLLM", "estimated", "prompt"]

CUT = "The model's reply was cut at llm.max_tokens; raise it to have the rest."
BROKEN_OFF = "The model's reply may have broken off before its end."
REPEATED = "The model began to repeat itself; the repetitions are left out."
_TEMPLATE = 48
"""Tokens that a chat template may add around a prompt."""
_ENDED = re.compile(r"[.!?:…\])”\"'*|`]\s*\Z")
_PIECE = re.compile(r"\S[^\n]*?(?:[.!?](?=\s)|$)", re.MULTILINE)
"""A sentence, or the rest of a line."""
_LONGEST_ROUND, _MOST_ROUNDS = 3, 3
"""How many sentences may come round, and how often, before a reply is said to repeat itself."""


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
        metadata = self._llm.metadata
        return max(0, metadata.context_window - metadata.num_output - _TEMPLATE)

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
        """The reply in pieces. Raises: LLMFailed; ReplyCut, after the last piece of a reply that was cut."""
        try:
            for piece in self._llm.stream_complete(prompt):
                yield piece.delta or ""
        except LLMFailed:
            raise
        except Exception as error:
            raise LLMFailed(f"The model {self.name!r} broke off ({error}); check that it runs.") from error


class LLMAnswerer:
    """Asks a language model, giving it the labelled passages and nothing else."""

    def __init__(self, llm: LLM, max_words: int = MAX_WORDS) -> None:
        """An answerer that prompts `llm` for at most about `max_words` words."""
        self._llm = llm
        self._max_words = max_words
        self._is_plain = False

    @property
    def name(self) -> AnswererName:
        """Always "llm"."""
        return "llm"

    @property
    def model(self) -> str:
        """The model's name."""
        return self._llm.name

    def rewritings(self, question: str, history: Sequence[Turn], live: Live | None = None) -> tuple[str, ...]:
        """Forms of `question` that stand without `history`: the model's own where it is faithful, then the rules'.

        Raises: Cancelled.
        """
        return rewritten(self._llm, question, history, live or Live())

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        """The model's reply without its thinking; declined when it says that the passages do not hold the answer.

        Raises: LLMFailed, where it gave no sentence too; Cancelled.
        """
        first = {quote.label for quote in evidence.quotes}
        packed = pack(question, passages, first, self._llm.window, self._llm.tokens, self._max_words)
        if not packed.labels:
            raise LLMFailed(f"No passage fits the window of the model {self.model!r}; raise llm.context.")
        reply = spoken(self._llm.stream(packed.text), live or Live(), plain=self._is_plain)
        self._is_plain = not reply.thought
        sent = offered([item for item in passages if item.label in packed.labels])
        if not _says_something(without_markers(reply.text, sent), question):
            raise LLMFailed(self._nothing(reply))
        text = _once(reply.text)
        declined = declines(text, sent)
        return Draft(text, declined, packed.labels, _notice(reply, text, declined=declined))

    def _nothing(self, reply: Reply) -> str:
        if reply.cut:
            return f"The model {self.model!r} had not begun its answer at llm.max_tokens; raise it."
        if reply.thought and not reply.text:
            return f"The model {self.model!r} thought aloud, and gave no answer; try another model."
        if reply.text:
            return f"The model {self.model!r} gave no sentence of its own; try another model."
        return f"The model {self.model!r} gave an empty reply; try another model."


def _says_something(text: str, question: str) -> bool:
    """Whether a reply without its markers has a word, and is not only the question again."""
    words, question_words = re.findall(r"\w+", text.casefold()), re.findall(r"\w+", question.casefold())
    return bool(words) and words != question_words


def _once(text: str) -> str:
    """The reply without the sentences that it says over and over at its end, but for the first time."""
    ends = [match.end() for match in _PIECE.finditer(text)]
    pieces = [match[0] for match in _PIECE.finditer(text)]
    for last in (len(pieces), len(pieces) - 1):
        for length in range(1, _LONGEST_ROUND + 1):
            again = _again(pieces[:last], length)
            if again >= _MOST_ROUNDS * length:
                return text[: ends[last - again - 1]]
    return text


def _again(pieces: Sequence[str], length: int) -> int:
    """How many of the last pieces are those that stand `length` before them."""
    pairs = zip(reversed(pieces), reversed(pieces[:-length]), strict=False)
    return next((n for n, (one, before) in enumerate(pairs) if one != before), max(0, len(pieces) - length))


def _notice(reply: Reply, text: str, *, declined: bool) -> str | None:
    if text != reply.text:
        return REPEATED
    if reply.cut:
        return CUT
    return None if declined or _ENDED.search(text) else BROKEN_OFF


def estimated(text: str) -> int:
    """Tokens that `text` has by a cautious guess: a third of its ASCII characters, and one and a half of any other."""
    plain = sum(character.isascii() for character in text)
    return math.ceil(plain / 3 + 1.5 * (len(text) - plain))
