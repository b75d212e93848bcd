"""A source for what a model left without one: the passage that supports the sentence, and the word that we chose it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.tokens import words
from rag.types import RetrievedPassage
from rag.verification.cite import Marked
from rag.verification.verify import Checked, verify

_FEWEST = 2
"""Content words that a sentence must have: one word alone is in some passage by chance."""

_OF_THE_PASSAGES = re.compile(r"\b(?:passages?|question)\b", re.IGNORECASE)
"""A sentence about what was sent is no claim of the documents."""

Judge = Callable[[Sequence[Marked], Sequence[RetrievedPassage]], tuple[Checked, ...]]


def attach(
    checked: Sequence[Checked], passages: Sequence[RetrievedPassage], judge: Judge = verify
) -> tuple[Checked, ...]:
    """`checked` with each uncited sentence under the first passage that wholly supports it, marked as attached by us.

    A sentence that none supports by `judge` stays uncited.
    """
    return tuple(_attached(item, passages, judge) if item.statement.verdict == "uncited" else item for item in checked)


def _attached(item: Checked, passages: Sequence[RetrievedPassage], judge: Judge) -> Checked:
    text = item.statement.text
    if sum(not word.is_stop for word in words(text)) < _FEWEST or _OF_THE_PASSAGES.search(text):
        return item
    for passage in passages:
        (found,) = judge([Marked(text, (passage.label,))], [passage])
        if found.statement.verdict == "supported":
            return replace(found, statement=replace(found.statement, attached=True))
    return item
