"""The nouns of a sentence by where they stand: after a determiner, a preposition or a question word; or a capital.

No noun and no verb is listed: all that is known are the closed classes of `rag.lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.types import Span
from index.words.tokens import STOP_WORDS, words
from rag import lexicon

BE = frozenset("am is are was were be been being".split())
_GRAMMAR = (
    lexicon.AUXILIARIES | lexicon.PRONOUNS | lexicon.QUESTION_WORDS | lexicon.PREPOSITIONS | lexicon.CONJUNCTIONS
    | lexicon.CONTRASTS | lexicon.SUBORDINATORS | lexicon.DETERMINERS | lexicon.ANAPHORS | lexicon.NEGATIONS
    | STOP_WORDS | {"many", "much"}
)  # fmt: skip
_SHORT = {"ca": "can", "wo": "will", "sha": "shall"}
_LINKS = frozenset("of for on at in".split())
"""Prepositions that tie a noun to the noun before them more often than to the verb."""
_WHICH = frozenset("which what whose".split())
_MANY = frozenset("many much".split())
_BEFORE_NOUN = lexicon.PREPOSITIONS - {"to"} | lexicon.CONJUNCTIONS | _WHICH | _MANY
_THEN_VERB = frozenset("who to i you we he she it they".split())
_PARTICIPLE = re.compile(r"\w{2,}(?:ed|en|ing)")
_BREAK = re.compile(r"[^\w\s&'’-]|\n")
_POSSESSIVE = re.compile(r"['’]s?$")
_OPENS = re.compile(r"(?:^|[.!?:]|\n)[\s“\"”’)\]\[\d]*$")
_LONGEST = 8
"""Words of one phrase."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, the form that the closed classes know it by, and whether something parts it from the word before.

    `has_content` says that it is of no closed class; `is_named` that it has a capital or a digit besides.
    """

    text: str
    span: Span
    stem: str
    form: str
    breaks: bool
    has_content: bool
    is_named: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun with what belongs to it, as it stands, and from which word to which (half-open).

    `asked_for` says that a question word asks which.
    """

    text: str
    place: tuple[int, int]
    is_name: bool
    asked_for: bool


def tokens(text: str) -> list[Token]:
    """The words of `text`, "doesn't" and "what's" by their first half."""
    end, line = 0, []
    for word in words(text):
        form = word.text.lower().replace("’", "'")
        form = _SHORT.get(form[:-3], form[:-3]) if form.endswith("n't") else form.partition("'")[0] or form
        content = form not in _GRAMMAR
        named = content and (word.text[:1].isupper() or any(c.isdigit() for c in word.text))
        breaks = _BREAK.search(text, end, word.span.start) is not None
        line.append(Token(word.text, word.span, word.stem, form, breaks, content, named))
        end = word.span.end
    return line


def phrases(text: str, *, linked: bool = True) -> list[Phrase]:
    """The noun phrases of a question, in order, without the verbs beside them that their places give away.

    Those with "of", "for" and the like between them are one ("the rent for Flat B"), unless `linked` is false.
    """
    line = tokens(text)
    runs = [noun for run in _runs(line) if (noun := _noun(line, run))]
    return [_phrase(text, line, run) for run in (_linked(line, runs) if linked else runs)]


def names(text: str) -> list[str]:
    """The names in `text` by form: words with capitals side by side, months and weekdays left out.

    A sentence's first word is one only where the next has a capital too, or where it has one elsewhere as well.
    """
    opening = {token.span.start for token in tokens(text) if _OPENS.search(text[: token.span.start][-20:])}
    capital = [
        token
        for token in tokens(text)
        if token.is_named and token.text[0].isupper() and token.form not in lexicon.MONTHS.keys() | lexicon.WEEKDAYS
    ]
    within = {token.form for token in capital if token.span.start not in opening}
    runs: list[list[Token]] = []
    for token in capital:
        if runs and text[runs[-1][-1].span.end : token.span.start] in (" ", "-", " & "):
            runs[-1].append(token)
        else:
            runs.append([token])
    real = [run for run in runs if len(run) > 1 or run[0].form in within]
    return list(dict.fromkeys(_POSSESSIVE.sub("", text[run[0].span.start : run[-1].span.end]) for run in real))


def _runs(line: Sequence[Token]) -> list[list[int]]:
    """Places of words with content that stand side by side, each run with the determiner before it."""
    runs: list[list[int]] = []
    for at, token in enumerate(line):
        before_content = at + 1 < len(line) and line[at + 1].has_content and not line[at + 1].breaks
        if token.has_content and runs and runs[-1][-1] == at - 1 and not token.breaks:
            runs[-1].append(at)
        elif token.has_content or (token.form in lexicon.DETERMINERS and before_content):
            runs.append([at])
    return runs


def _noun(line: Sequence[Token], run: list[int]) -> list[int]:
    """The part of a run that has the place of a noun; empty where none has."""
    first, last, end = line[run[0]], line[run[-1]], run[-1] + 1
    before = _before(line, run[0])
    after = line[end].form if end < len(line) and not line[end].breaks else ""
    named = first.is_named and (run[0] > 0 or len(run) > 1)
    if before in lexicon.AUXILIARIES:
        return _without_verb(line, run, after)
    if before in _THEN_VERB and not named:
        return run[1:]
    if before in _WHICH | _MANY and after not in lexicon.AUXILIARIES and not last.is_named:
        return run[:-1] or (run if before in _MANY else [])  # "how many mills closed"
    is_noun = not first.has_content or before in _BEFORE_NOUN or named or (not before and len(run) > 1)
    return run if is_noun else []


def _without_verb(line: Sequence[Token], run: list[int], after: str) -> list[int]:
    """What stands after "does" or "is", without the verb that ends it: "the ferry" of "does the ferry leave"."""
    auxiliary, first, last = line[run[0] - 1].form, line[run[0]], line[run[-1]]
    if last.is_named or after in BE:
        return run
    if len(run) == 1 + (not first.has_content):
        return run if run[0] == 1 or not first.has_content or after in lexicon.AUXILIARIES else []
    return run[:-1] if auxiliary not in BE or _PARTICIPLE.fullmatch(last.form) or first.is_named else run


def _linked(line: Sequence[Token], runs: Sequence[list[int]]) -> list[list[int]]:
    """Runs with a preposition between them that ties them made one."""
    joined: list[list[int]] = []
    for run in runs:
        at = run[0] - 1
        beside = bool(joined) and joined[-1][-1] == at - 1 and run[-1] - joined[-1][0] < _LONGEST
        if beside and line[at].form in _LINKS and not (line[at].breaks or line[run[0]].breaks):
            joined[-1] += [at, *run]
        else:
            joined.append(list(run))
    return joined


def _phrase(text: str, line: Sequence[Token], run: Sequence[int]) -> Phrase:
    whole = text[line[run[0]].span.start : line[run[-1]].span.end]
    is_name = all(line[at].is_named for at in run if line[at].has_content)
    return Phrase(_POSSESSIVE.sub("", whole), (run[0], run[-1] + 1), is_name, _before(line, run[0]) in _WHICH)


def _before(line: Sequence[Token], at: int) -> str:
    """The form of the word that a place follows in its clause; empty at the beginning of one."""
    return line[at - 1].form if at and not line[at].breaks else ""
