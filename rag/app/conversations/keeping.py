"""A conversation is written down while it goes on; what cannot be written never stops the asking."""

from __future__ import annotations

from collections.abc import Callable

from rag.app.conversations.store import ConversationStore
from rag.errors import ConversationsFault
from rag.types import Answer


class Keeper:
    """Keeps the turns of one conversation. The conversation is made with its first turn, whose question names it."""

    def __init__(
        self,
        store: ConversationStore,
        collection: str,
        tell: Callable[[str], None],
        conversation_id: str | None = None,
    ) -> None:
        """Keep a new conversation, or go on with one; `tell` is given the one sentence of a failure."""
        self._store = store
        self._collection = collection
        self._tell = tell
        self._id = conversation_id
        self._failed = False

    @property
    def conversation_id(self) -> str | None:
        """The conversation that is being kept; None before its first turn."""
        return self._id

    def keep(self, question: str, answer: Answer) -> None:
        """Keep one turn. After a failure, which is told once, nothing more is kept: a record has no gaps."""
        if self._failed:
            return
        try:
            if self._id is None:
                self._id = self._store.begin(question, self._collection, answer)
            else:
                self._store.append(self._id, question, answer)
        except ConversationsFault as error:
            self._failed = True
            self._tell(f"From here on this conversation is not kept. {error}")

    def start_over(self) -> None:
        """The next turn begins another conversation."""
        self._id, self._failed = None, False
