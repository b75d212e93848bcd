"""The questions in a question, by its grammar alone."""

from __future__ import annotations

import re

from rag.asking.followup import LONGEST, leans, rewritings
from rag.asking.phrases import tokens
from rag.asking.sides import sides
from rag.lexicon import AUXILIARIES, DETERMINERS, PERSONAL_PRONOUNS, PREPOSITIONS, QUESTION_WORDS
from rag.types import Turn


def _any(words: frozenset[str]) -> str:
    return rf"(?:{'|'.join(sorted(words))})\b"


_ASKS = rf"(?:{_any(PREPOSITIONS)}\s+)?{_any(QUESTION_WORDS)}"
_QUESTION_WORD = rf"{_ASKS}(?:(?<=how)\s+\w+)?"
_VERB_FIRST = rf"{_any(AUXILIARIES)}\s+(?:{_any(DETERMINERS | PERSONAL_PRONOUNS | {'there'})}|(?-i:[A-Z]))"
_AND = r"(?:\s*[,;])?\s*(?:\b(?:and|but|or|plus|as well as)|&)\s+(?:also\s+)?"
_CUT = re.compile(
    rf"{_AND}(?={_ASKS}|{_VERB_FIRST})|\s*,\s+(?={_any(QUESTION_WORDS - {'who', 'which', 'where', 'when', 'whose'})})|"
    r"\?\s+(?=\S)|\s*;\s+",
    re.I,
)
_MOST = 4
"""Parts that are asked by themselves; more than these are one question."""


def split_parts(text: str) -> tuple[str, ...]:
    """The questions in `text`: "How many mills closed, and who sold them?" is two. One that cannot be cut is itself.

    Only what is a question itself is cut off. A part that leans on the first is completed from it, where that cannot
    be done, and the first does not lean itself, the text is one question.
    """
    if len(text) > LONGEST:
        return (text,)
    pieces = [piece for cut in _CUT.split(text) if (piece := cut.strip(" ,;?"))]
    if not 1 < len(pieces) <= _MOST or not all(map(_is_question, pieces)):
        return (text,)
    pieces = [_with_rest(piece, after) for piece, after in zip(pieces, [*pieces[1:], ""], strict=True)]
    completed = [_completed(piece, pieces[0]) if leans(piece) else piece for piece in pieces[1:]]
    if leans(pieces[0]):  # what both lean on is not in the question
        completed = [part or piece for part, piece in zip(completed, pieces[1:], strict=True)]
    parts = [pieces[0], *(part for part in completed if part)]
    return tuple(f"{part.rstrip('?')}?" for part in parts) if len(parts) == len(pieces) else (text,)


def _with_rest(piece: str, after: str) -> str:
    """A bare question word with what is said of the next one: of "Where and when do we meet" "Where do we meet"."""
    is_bare = re.fullmatch(_QUESTION_WORD, piece, re.I)
    opening = re.match(_QUESTION_WORD, after, re.I)
    return piece + after[opening.end() :] if is_bare and opening else piece


def _completed(piece: str, first: str) -> str:
    """A part that leans with what it leans on put into it; empty where nothing fits."""
    return next(iter(rewritings(piece, [Turn(f"{first}?", "")])), "")


def asked_by_themselves(text: str) -> tuple[str, ...]:
    """What is asked beside the whole of `text`: its parts, and of a part that compares two things, the question about
    each. None where it is one question about one thing.
    """
    parts = split_parts(text)
    every = tuple(side for part in parts for side in sides(part) or (part,))
    if len(every) > _MOST:
        every = parts
    return every if len(every) > 1 else ()


def _is_question(piece: str) -> bool:
    """Whether a piece asks: a question word near its beginning, or an auxiliary at it."""
    forms = [token.form for token in tokens(piece)]
    return any(form in QUESTION_WORDS for form in forms[:3]) or (len(forms) > 2 and forms[0] in AUXILIARIES)
