"""The two sides of a comparison, each as a question of its own, by grammar alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from rag.asking.phrases import Token, phrases, tokens
from rag.lexicon import (
    AUXILIARIES,
    COMPARING,
    COMPARISONS,
    DETERMINERS,
    NUMBERS,
    PARTITIVES,
    PREPOSITIONS,
    PRONOUNS,
)

_JOINS = frozenset("or vs versus".split())
_JOINS_COMPARED = frozenset("and with to from".split())
"""What joins two sides where the question says before that it compares."""
_JOINS_ALIKE = frozenset("and than".split())
_AMOUNTS = PARTITIVES | NUMBERS.keys()
_FEWEST_OF_SIDE = 2
"""Words of a side that begins as the other one does."""
_STANDS_FOR = frozenset("one ones that those".split())
"""What stands for the noun of the first side: "the fee for A and that for B"."""


def sides(question: str) -> tuple[str, ...]:
    """The question about each of the two things that it compares; none where it does not name two.

    "Is parking dearer for Flat A or for Flat B?" is asked of Flat A and of Flat B: the second is put in the place of
    the first, and the rest is left as it was written.
    """
    line = tokens(question)
    for join in range(1, len(line) - 1):
        if pair := _alike(line, join) or _than(question, line, join) or _named(line, join):
            return _asked_of_each(question, line, join, *pair)
        if _joins(line, join) and (first := _first(question, line, join)) and (second := _second(line, join)):
            second = second[: -_has_predicate(line, first, second) or None]
            return _asked_of_each(question, line, join, first, second)
    return ()


def _alike(line: Sequence[Token], join: int) -> tuple[range, range] | None:
    """Two sides that begin alike on both sides of "and" or "than": "at Mill Lane and at Quay Street", "the fee of A and
    the fee of B". None where they do not, or more than a noun stands behind one of two prepositions.
    """
    start = join + 1
    while start < len(line) - 1 and line[start].form in DETERMINERS:
        start += 1
    is_noun_or_place = line[start].has_content or line[start].form in PREPOSITIONS
    if line[join].form not in _JOINS_ALIKE or not is_noun_or_place:
        return None
    before = next((at for at in range(join - 2, 0, -1) if line[at].form == line[start].form), None)
    end = _end(line, start + 1)
    if before is None or end - start < _FEWEST_OF_SIDE:
        return None
    first = range(before, join - _is_comparative(line, join - 1))
    named = [*line[before + 1 : first.stop], *line[start + 1 : end]]
    if line[start].form in PREPOSITIONS and not all(map(_is_of_noun, named)):
        return None
    return first, range(start, end)


def _than(question: str, line: Sequence[Token], join: int) -> tuple[range, range] | None:
    """What stands behind "than" and what it is held against, the first noun of a question or, for "than on Sunday",
    what the last preposition before is of. None where a question word asks for that noun, or an amount stands there.
    """
    after = line[join + 1]
    if line[join].form != "than" or after.form in _AMOUNTS or after.text[0].isdigit():
        return None
    prepositions = [at for at in range(join) if line[at].form in PREPOSITIONS]
    noun = next((noun.place for noun in phrases(question, linked=False) if not noun.asked_for), (join, join))
    start, stop = (prepositions[-1], join) if prepositions and after.form in PREPOSITIONS else noun
    if stop > join:
        return None
    first = range(start, stop - _is_comparative(line, stop - 1))
    is_named = any(token.has_content for token in line[first.start : first.stop])
    return (first, range(join + 1, _end(line, join + 2))) if is_named else None


def _end(line: Sequence[Token], at: int) -> int:
    """Where what goes on at a place ends: before the first word that is set apart, or with the question."""
    return at + len(list(takewhile(lambda token: not token.breaks, line[at:])))


def _named(line: Sequence[Token], join: int) -> tuple[range, range] | None:
    """Two names of which one thing is asked: "Do Ann Lee and Tom agree?". None where no auxiliary leads to them."""
    before = list(takewhile(lambda at: line[at].is_named, range(join - 1, 0, -1)))
    after = list(takewhile(lambda at: line[at].is_named, range(join + 1, len(line))))
    first, second = range(join - len(before), join), range(join + 1, join + 1 + len(after))
    is_of_two = line[join].form == "and" and min(map(len, (first, second))) > 0
    return (first, second) if is_of_two and line[first.start - 1].form in AUXILIARIES else None


def _is_comparative(line: Sequence[Token], at: int) -> bool:
    """Whether a word is a comparative by its ending or its class, and "than" follows it."""
    form = line[at].form
    return line[at + 1].form == "than" and (form.endswith("er") or form in COMPARISONS)


def _is_of_noun(token: Token) -> bool:
    return _has_content(token) or token.form in DETERMINERS


def _asked_of_each(question: str, line: Sequence[Token], join: int, first: range, second: range) -> tuple[str, str]:
    """The question without the second side, and with it in the place of the first."""
    end = line[join - 1].span.end
    rest = question[line[second[-1]].span.end :]
    start = second[0] - 1 if line[first[0]].form in PRONOUNS and line[second[0] - 1].form in DETERMINERS else second[0]
    named = question[line[start].span.start : line[second[-1]].span.end]
    between = question[line[first[-1]].span.end : end]
    return question[:end] + rest, question[: line[first[0]].span.start] + named + between + rest


def _joins(line: Sequence[Token], at: int) -> bool:
    if line[at].form in _JOINS:
        return True
    return line[at].form in _JOINS_COMPARED and any(token.form in COMPARING for token in line[:at])


def _first(question: str, line: Sequence[Token], join: int) -> range | None:
    """The words of the noun, or the pronoun, right before the joining word."""
    if line[join - 1].form in PRONOUNS:
        return range(join - 1, join)
    start = join
    while start and _has_content(line[start - 1]) and not (start < join and line[start].breaks):
        start -= 1
    nouns = (phrase.place[0] for phrase in phrases(question, linked=False) if phrase.place[0] < join)
    start = max([start, *nouns])
    while start < join and line[start].form in DETERMINERS and not _has_content(line[start]):
        start += 1
    is_noun = all(_has_content(token) and token.form not in COMPARING for token in line[start:join])
    return range(start, join) if start < join and is_noun else None


def _second(line: Sequence[Token], join: int) -> range | None:
    """The words of the noun after the joining word, what only stands for the first side's noun passed over."""
    start = join + 1
    while start < len(line) and not line[start].breaks and (not _has_content(line[start]) or _stands_for(line[start])):
        if line[start].form in PRONOUNS - _STANDS_FOR:
            return None
        start += 1
    end = start
    while end < len(line) and _has_content(line[end]) and not (line[end].breaks and end > start):
        end += 1
    return range(start, end) if start < end and not line[start].breaks else None


def _has_predicate(line: Sequence[Token], first: range, second: range) -> bool:
    """Whether the last word of the second side is what is asked of both: "Do cats or dogs cost more?"."""
    before = first[0] - 1
    while before > 0 and line[before].form in DETERMINERS:
        before -= 1
    return len(second) > 1 and line[max(0, before)].form in AUXILIARIES


def _stands_for(token: Token) -> bool:
    return token.form in _STANDS_FOR


def _has_content(token: Token) -> bool:
    """Whether a word has content; a letter by itself, as in "Flat A", has."""
    is_letter = len(token.text) == 1 and token.text.isupper() and token.text != "I"
    return token.has_content or is_letter
