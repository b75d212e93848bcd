"""What a whole reply comes to: each sentence judged, a source for what was left without one, and what leans on what.

A source that we chose is marked so. A sentence whose "this" points at one that does not stand cannot stand by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.tokens import words
from rag.types import RetrievedPassage, Verdict
from rag.verification.cite import Marked
from rag.verification.verify import Checked, verify

_FEWEST = 2
"""Content words that a sentence must have: one word alone is in some passage by chance."""

_OF_THE_PASSAGES = re.compile(r"\b(?:passages?|question)\b", re.IGNORECASE)
"""A sentence about what was sent is no claim of the documents."""

_LEANS = re.compile(
    r"\b(?:this|that|these|those)\b(?=\s*(?:[.,;]|$))"
    r"|^(?:this|that|these|those)\s+(?:is|was|are|were|has|had|have|would|could|may|might|means?|meant|shows?|showed)\b",
    re.IGNORECASE,
)
"""A "this" that stands for the sentence before."""
_LEADS = re.compile(r":\W*$")

Judge = Callable[[Sequence[Marked], Sequence[RetrievedPassage]], tuple[Checked, ...]]


def judged(
    marked: Sequence[Marked], passages: Sequence[RetrievedPassage], judge: Judge = verify
) -> tuple[Checked, ...]:
    """A verdict for each sentence of a reply, sources attached where the model gave none, and what leans on what seen to."""
    return leaning(attach(judge(marked, passages), passages, judge))


def leaning(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """`checked`, but only partly supported what leads to something else, or points at a sentence that does not stand."""
    settled: list[Checked] = []
    for item in checked:
        before = settled[-1].statement.verdict if settled else "supported"
        settled.append(_leaned(item, before))
    return tuple(settled)


def _leaned(item: Checked, before: Verdict) -> Checked:
    said = item.statement
    if said.verdict != "supported" or "“" in said.text:
        return item
    if _LEADS.search(said.text):
        note = "it only leads to what follows"
    elif before != "supported" and _LEANS.search(said.text):
        note = "it points at the sentence before, which does not stand"
    else:
        return item
    citations = tuple(replace(c, verdict="partly") for c in item.citations)
    return replace(item, statement=replace(said, verdict="partly", note=note), citations=citations)


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
