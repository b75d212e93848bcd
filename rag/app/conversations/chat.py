"""A conversation: its last turns are remembered, and a follow-up is resolved against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rag.types import Answer, Turn


class Asks(Protocol):
    """What a conversation needs of a pipeline."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """The outcome of one question."""
        ...


class Keeps(Protocol):
    """What a conversation needs of what writes it down; neither raises where that cannot be done."""

    def keep(self, question: str, answer: Answer) -> None:
        """Keep one turn, its question as typed."""
        ...

    def start_over(self) -> None:
        """The next turn begins another conversation."""
        ...


class Conversation:
    """Asks questions in turn, each with the turns before it."""

    def __init__(
        self, pipeline: Asks, max_turns: int, keeper: Keeps | None = None, earlier: Sequence[Turn] = ()
    ) -> None:
        """A conversation that remembers the last `max_turns` turns, `earlier` ones too, and is kept by `keeper`."""
        self._pipeline = pipeline
        self._max = max_turns
        self._keeper = keeper
        self._turns = list(earlier)[max(0, len(earlier) - max_turns) :]

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
        if self._keeper:
            self._keeper.keep(question, answer)
        return answer

    def clear(self) -> None:
        """Forget every turn; what was kept stays so."""
        self._turns.clear()
        if self._keeper:
            self._keeper.start_over()
