"""Questions as statements: what a person would say who had read the answer."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from evals.train.examples import NOT_SUPPORTED, SUPPORTED, Judged, Reading

_SUBJECT = re.compile(r"(?:who|what)\s+(?=\w)", re.IGNORECASE)
_COUNTED = re.compile(r"how\s+(?:many|much)\s+(?=\w)", re.IGNORECASE)
_SPLIT = re.compile(r"(?:do|does|did)\b", re.IGNORECASE)
_INVERTED = re.compile(
    r"(?:has|have|had|can|could|will|would|shall|should|may|might|must)\s+(?:the|an?|he|she|it|they|we|you|[A-Z])"
)
"""An auxiliary before its subject: the answer is not the subject, and cannot simply stand first."""


def declared(question: str, answer: str) -> str | None:
    """`question` with `answer` in the place of what it asks for; None where that place is not plain to see."""
    asked = question.strip().rstrip(" ?")
    opening = _SUBJECT.match(asked) or _COUNTED.match(asked)
    if opening is None:
        return None
    rest = asked[opening.end() :]
    if _SPLIT.search(rest) or _INVERTED.match(rest):
        return None
    if opening.re is _SUBJECT and answer[:1].isdigit():
        return None
    return f"{answer[:1].upper()}{answer[1:]} {rest}."


def stated(question: str, answer: str) -> str:
    """`question` and `answer` as one statement, declared where that can be done."""
    return declared(question, answer) or f"{question.rstrip(' ?')}? {answer}"


def contrasted(rng: random.Random, true: Reading, miss: Reading) -> Iterator[tuple[Judged, ...]]:
    """A statement that holds beside one that does not: the answer said of what was asked, and of its near miss."""
    if true.answer is None:
        return
    unit, start, end = true.answer
    answer = true.units[unit].text[start:end].strip(" .,;:")
    if not 1 <= len(answer.split()) <= 10:
        return
    form = stated if rng.random() < 0.7 else _answered
    yield (
        Judged(form(true.question, answer), true.units, SUPPORTED),
        Judged(form(miss.question, answer), true.units, NOT_SUPPORTED),
    )


def _answered(question: str, answer: str) -> str:
    return f"{question.rstrip(' ?')}? {answer}"
