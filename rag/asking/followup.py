"""A follow-up made to stand alone, by rules: a question that leans on the one before is shown with what it is about.

The standalone form is `About “earlier question” (names of the answer): the follow-up`. It is shown to the person, and
it is what is searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.tokens import stem, words
from index.types import Word
from rag.asking.question import about, asked_from, context_of
from rag.language.names import CALENDAR
from rag.types import Turn

_LEAD = re.compile(r"^(?:and|but|so|ok(?:ay)?|then|also|well|what about|how about)\b[\s,]*", re.I)
_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|one|ones|the same|such|"
    r"the (?:other|others|former|latter|first|second|report|article|attack|strike|plan|piece|story|group|writer|author))\b",
    re.I,
)
_QUESTION_WORDS = frozenset(["who", "whom", "whose", "what", "which", "when", "where", "why", "how"])
_MAX_WORDS = 4
_OPENS = re.compile(r"(?:^|[.!?:]|\n)[\s“\"”’)\]\[\d]*$")
"""What stands before a sentence's first word."""
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
    """The first names of an answer that the question does not have, whole, those of its sources left out.

    A sentence's first word is one only where the next has a capital too: "Twenty of them" names nobody.
    """
    text = _SOURCE.sub("", answer)
    given = {stem(_bare(word.text)) for word in words(known)}
    found: dict[str, None] = {}
    for run in _runs(text):
        opens = _OPENS.search(text, 0, run[0].span.start) is not None
        told = [_bare(word.text) for word in (run[1:] if opens and len(run) == 1 else run)]
        if any(stem(word) not in given for word in told):
            found[" ".join(told)] = None
    return [name for at, name in enumerate(found) if len(" ".join(list(found)[: at + 1]).split()) <= _MAX_WORDS]


def _runs(text: str) -> list[list[Word]]:
    """Words with capitals, those that stand side by side together; months and days of the week left out."""
    runs: list[list[Word]] = []
    for word in words(text):
        if not word.text[:1].isupper() or word.is_stop or word.text.lower() in CALENDAR:
            continue
        if runs and text[runs[-1][-1].span.end : word.span.start] == " ":
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word)
