"""Pinning an answer or one of its quotes, told in a sentence."""

from __future__ import annotations

from rag import wording
from rag.app.conversations.notebook import Kind, Notebooks, quote_alone
from rag.app.page.pins import NOT_KEPT
from rag.types import Answer


def pinning(notebooks: Notebooks | None, collection: str, answer: Answer, place: str) -> str:
    """What became of a press on “Pin”; `place` is that of a quote, empty for the answer, and comes from a browser.

    Raises: ConversationsUnusable.
    """
    if notebooks is None:
        return NOT_KEPT
    pinned = _chosen(answer, place)
    if pinned is None:
        return "There is no such quote."
    if notebooks.pin(collection, *pinned):
        return "Pinned in the notebook."
    return "It is in the notebook already, or the notebook is full."


def _chosen(answer: Answer, place: str) -> tuple[Kind, Answer] | None:
    """The answer, or the one of its quotes; None where there is none at this place."""
    if not place:
        return "answer", answer
    quotes = wording.quotes_of(answer)
    quote = next((quote for number, quote in enumerate(quotes) if str(number) == place), None)
    return ("quote", quote_alone(answer, quote)) if quote else None
