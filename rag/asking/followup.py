"""A follow-up made to stand alone, by rules: a question that leans on the one before is shown with what it is about.

The standalone form is `About “earlier question” (names of the answer): the follow-up`. It is shown to the person, and
it is what is searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.tokens import words
from rag.asking.question import about, asked_from, context_of
from rag.types import Turn

_LEAD = re.compile(r"^(?:and|but|so|ok(?:ay)?|then|also|well|what about|how about)\b[\s,]*", re.I)
_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|one|ones|the same|such|"
    r"the (?:other|others|former|latter|first|second|report|article|attack|strike|plan|piece|story|group|writer|author))\b",
    re.I,
)
_QUESTION_WORDS = frozenset(["who", "whom", "whose", "what", "which", "when", "where", "why", "how"])
_MAX_NAMES = 4
_SOURCE = re.compile(r"^[^“”\n]*:\s(?=“)", re.M)
"""Who a quote is from, before it: not what the answer is about."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """`question` itself where it stands alone or nothing came before; else with the earlier question before it."""
    if not history or not leans(question):
        return question
    last = history[-1]
    earlier = standalone(last.question, history[:-1])
    context = context_of(earlier)
    topic = f"{context} – {earlier[asked_from(earlier) :]}" if context else earlier
    return about(topic.rstrip("?").strip(), _names(last.answer, topic), question.strip())


def leans(question: str) -> bool:
    """Whether a question cannot be read by itself: it opens with "and", points back, or says too little."""
    if _LEAD.match(question.strip()):
        return True
    content = [word for word in words(question) if not word.is_stop and word.text.lower() not in _QUESTION_WORDS]
    named = any(word.text[:1].isupper() for word in words(question)[1:])
    points = bool(_LEANS.search(question))
    return len(content) < 2 or (not named and (points or len(content) < 4)) or (points and len(content) < 4)


def _names(answer: str, known: str) -> list[str]:
    """The first names of an answer that the question does not have, those of its sources left out."""
    given = {word.stem for word in words(known)}
    found: dict[str, str] = {}
    for at, word in enumerate(words(_SOURCE.sub("", answer))):
        if at and word.text[:1].isupper() and not word.is_stop and word.stem not in given:
            found.setdefault(word.stem, word.text)
    return list(found.values())[:_MAX_NAMES]
