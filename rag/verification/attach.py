"""What a whole reply comes to: each sentence judged, a source for what has none that says it, and what leans on what.

A source that we chose is marked so, and so is the one that it stands in for. A sentence whose "this" points at one that
does not stand cannot stand by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.tokens import words
from rag.types import RetrievedPassage, Verdict
from rag.verification.cite import Marked
from rag.verification.verify import Checked, verbatim, verify

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
_ENDS = re.compile(r"[.!?…:;”\"'’)\]]\s*$")
_LEADS = re.compile(r":\W*$")

Judge = Callable[[Sequence[Marked], Sequence[RetrievedPassage]], tuple[Checked, ...]]


def judged(
    marked: Sequence[Marked], passages: Sequence[RetrievedPassage], judge: Judge = verify
) -> tuple[Checked, ...]:
    """A verdict for each sentence of a reply, sources attached where the model's own fail, and what leans on what seen to."""
    return leaning(attach(judge(marked, passages), passages, judge))


def leaning(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """`checked`, but only partly supported what leads to something else, points at a sentence that does not stand, or is
    the last and breaks off."""
    settled: list[Checked] = []
    for at, item in enumerate(checked, start=1):
        before = settled[-1].statement.verdict if settled else "supported"
        settled.append(_leaned(item, before, last=at == len(checked)))
    return tuple(settled)


def _leaned(item: Checked, before: Verdict, *, last: bool) -> Checked:
    said = item.statement
    if said.verdict != "supported" or "“" in said.text:
        return item
    if last and _breaks_off(item):
        note = "it breaks off"
    elif _LEADS.search(said.text):
        note = "it only leads to what follows"
    elif before != "supported" and _LEANS.search(said.text):
        note = "it points at the sentence before, which does not stand"
    else:
        return item
    citations = tuple(replace(c, verdict="partly") for c in item.citations)
    return replace(item, statement=replace(said, verdict="partly", note=note), citations=citations)


def _breaks_off(item: Checked) -> bool:
    """Whether it is the first words of a sentence of its source, without an end of their own: the reply was cut."""
    said, *told = (
        [word.text for word in words(text)] for text in (item.statement.text, *(c.quote for c in item.citations))
    )
    begun = any(len(said) < len(source) and source[: len(said)] == said for source in told)
    return len(said) > 1 and begun and not _ENDS.search(item.statement.text)


def attach(
    checked: Sequence[Checked], passages: Sequence[RetrievedPassage], judge: Judge = verify
) -> tuple[Checked, ...]:
    """`checked`, each sentence that its own labels do not support under the first passage that wholly supports it.

    It is marked as attached by us. An uncited sentence may be told there in other words; what is cited already is moved
    only to nearly its own words. A sentence that no passage supports by `judge` stays as it was.
    """
    return tuple(
        item if item.statement.verdict == "supported" else _attached(item, passages, judge) for item in checked
    )


def _attached(item: Checked, passages: Sequence[RetrievedPassage], judge: Judge) -> Checked:
    said = item.statement
    if sum(not word.is_stop for word in words(said.text)) < _FEWEST or _OF_THE_PASSAGES.search(said.text):
        return item
    for passage in passages:
        if said.labels and (passage.label in said.labels or not verbatim(said.text, passage)):
            continue
        (found,) = judge([Marked(said.text, (passage.label,))], [passage])
        if found.statement.verdict == "supported":
            return replace(found, statement=replace(found.statement, attached=True, instead_of=said.labels))
    return item
