"""A conversation: its turns are kept in memory, and a follow-up is resolved against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.types import Answer, Turn


class Asks(Protocol):
    """What a conversation needs of a pipeline."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """The outcome of one question."""
        ...


class Conversation:
    """Asks questions in turn, each with the turns before it."""

    def __init__(self, pipeline: Asks, max_turns: int) -> None:
        """An empty conversation that remembers the last `max_turns` turns."""
        self._pipeline = pipeline
        self._max = max_turns
        self._turns: list[Turn] = []

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns remembered, oldest first."""
        return tuple(self._turns)

    def ask(self, question: str) -> Answer:
        """The answer to `question` in the light of the turns before it, which it then joins.

        Raises: what the pipeline raises; the conversation is then as it was.
        """
        answer = self._pipeline.ask(question, history=self.turns)
        self._turns.append(Turn(answer.question, answer.text))
        del self._turns[: max(0, len(self._turns) - self._max)]
        return answer

    def clear(self) -> None:
        """Forget every turn."""
        self._turns.clear()
