"""The nouns of a sentence by where they stand: after a determiner, a preposition or a question word; or a capital.

No noun and no verb is listed: all that is known are the closed classes of `rag.lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.tokens import STOP_WORDS, words
from index.types import Span, Word
from rag.lexicon import (
    ANAPHORS,
    AUXILIARIES,
    CONJUNCTIONS,
    CONTRASTS,
    DETERMINERS,
    MONTHS,
    NEGATIONS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    SUBORDINATORS,
    WEEKDAYS,
)

BE = frozenset("am is are was were be been being".split())
_GRAMMAR = (
    AUXILIARIES | PRONOUNS | QUESTION_WORDS | PREPOSITIONS | CONJUNCTIONS | CONTRASTS | SUBORDINATORS | DETERMINERS
    | ANAPHORS | NEGATIONS | STOP_WORDS | {"many", "much"}
)  # fmt: skip
_SHORT = {"ca": "can", "wo": "will", "sha": "shall"}
_LINKS = frozenset("of for on at in".split())
"""Prepositions that tie a noun to the noun before them more often than to the verb."""
_WHICH = frozenset("which what whose".split())
_MANY = frozenset("many much".split())
_BEFORE_NOUN = PREPOSITIONS - {"to"} | CONJUNCTIONS | _WHICH | _MANY
_THEN_VERB = frozenset("who to i you we he she it they".split())
_PARTICIPLE = re.compile(r"\w{2,}(?:ed|en|ing)")
_BREAK = re.compile(r"[^\w\s&'’-]|\n")
_POSSESSIVE = re.compile(r"['’]s?$")
_OPENS = re.compile(r"(?:^|[.!?:]|\n)[\s“\"”’)\]\[\d]*$")
_LONGEST = 8
"""Words of one phrase; what is longer is cut at its last whole noun."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word with the form that the closed classes know it by, and whether something parts it from the word before."""

    word: Word
    form: str
    breaks: bool

    @property
    def text(self) -> str:
        """The word as it stands."""
        return self.word.text

    @property
    def has_content(self) -> bool:
        """Whether it says something by itself, rather than how the words around it belong together."""
        return self.form not in _GRAMMAR

    @property
    def is_named(self) -> bool:
        """Whether it has the form of a name or a number: a capital or a digit."""
        return self.has_content and (self.text[:1].isupper() or any(c.isdigit() for c in self.text))


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
    end, found = 0, []
    for word in words(text):
        found.append(Token(word, _form(word.text), bool(_BREAK.search(text, end, word.span.start))))
        end = word.span.end
    return found


def _form(word: str) -> str:
    lowered = word.lower().replace("’", "'")
    if lowered.endswith("n't"):
        return _SHORT.get(lowered[:-3], lowered[:-3])
    return lowered.partition("'")[0] or lowered


def phrases(text: str, *, linked: bool = True) -> list[Phrase]:
    """The noun phrases of a question, in order, without the verbs beside them that their places give away.

    Those with "of", "for" and the like between them are one ("the rent for Flat B"), unless `linked` is false.
    """
    line = tokens(text)
    runs = [noun for run in _runs(line) if (noun := _noun(line, run))]
    return [_phrase(text, line, run) for run in (_linked(runs, line) if linked else runs)]


def names(text: str) -> list[str]:
    """The names in `text` by form: words with capitals side by side, months and weekdays left out.

    A sentence's first word is one only where the next has a capital too, or where it has one elsewhere as well.
    """
    line = tokens(text)
    within = {token.form for token in line if token.is_named and not _opens(text, token)}
    runs: list[list[Token]] = []
    for token in line:
        if not (token.text[:1].isupper() and token.has_content) or token.form in MONTHS or token.form in WEEKDAYS:
            continue
        if runs and not token.breaks and text[runs[-1][-1].word.span.end : token.word.span.start] in (" ", "-", " & "):
            runs[-1].append(token)
        else:
            runs.append([token])
    real = [run for run in runs if len(run) > 1 or not _opens(text, run[0]) or run[0].form in within]
    spans = [Span(run[0].word.span.start, run[-1].word.span.end) for run in real]
    return list(dict.fromkeys(_POSSESSIVE.sub("", span.of(text)) for span in spans))


def _opens(text: str, token: Token) -> bool:
    """Whether a word opens a sentence or a line."""
    return _OPENS.search(text[max(0, token.word.span.start - 20) : token.word.span.start]) is not None


def _runs(line: Sequence[Token]) -> list[list[int]]:
    """Places of words with content that stand side by side, each run with the determiner before it."""
    runs: list[list[int]] = []
    for at, token in enumerate(line):
        follows = bool(runs) and runs[-1][-1] == at - 1 and not token.breaks
        before_content = at + 1 < len(line) and line[at + 1].has_content and not line[at + 1].breaks
        if token.form in DETERMINERS and before_content:
            runs.append([at])
        elif token.has_content and follows:
            runs[-1].append(at)
        elif token.has_content:
            runs.append([at])
    return runs


def _noun(line: Sequence[Token], run: list[int]) -> list[int]:
    """The part of a run that has the place of a noun; empty where none has."""
    before = _before(line, run[0])
    after = line[run[-1] + 1].form if run[-1] + 1 < len(line) and not line[run[-1] + 1].breaks else ""
    named = line[run[0]].is_named and (run[0] > 0 or len(run) > 1)
    if before in AUXILIARIES:
        return _without_verb(line, run, before, after)
    if before in _THEN_VERB and not named:
        return run[1:]
    if before in _WHICH | _MANY and after not in AUXILIARIES and not line[run[-1]].is_named:
        return run[:-1] or (run if before in _MANY else [])  # "how many mills closed"
    determined = not line[run[0]].has_content or before in _BEFORE_NOUN
    return run if determined or named or (not before and len(run) > 1) else []


def _without_verb(line: Sequence[Token], run: list[int], auxiliary: str, after: str) -> list[int]:
    """What stands after "does" or "is", without the verb that ends it: "the ferry" of "does the ferry leave"."""
    bare, last = line[run[0]].has_content, line[run[-1]]
    alone = len(run) == 1 if bare else len(run) == 2
    if alone:
        opens = run[0] == 1 or not bare
        return run if opens or last.is_named or after in AUXILIARIES else []
    if last.is_named or after in BE:
        return run
    ends_in_verb = auxiliary not in BE or _PARTICIPLE.fullmatch(last.form) or (bare and line[run[0]].is_named)
    return run[:-1] if ends_in_verb else run


def _linked(runs: Sequence[list[int]], line: Sequence[Token]) -> list[list[int]]:
    """Runs with a preposition between them that ties them made one."""
    joined: list[list[int]] = []
    for run in runs:
        last = joined[-1] if joined else []
        tied = last and run[0] == last[-1] + 2 and line[run[0] - 1].form in _LINKS
        if tied and run[-1] - last[0] < _LONGEST and not (line[run[0]].breaks or line[run[0] - 1].breaks):
            last += [run[0] - 1, *run]
        else:
            joined.append(list(run))
    return joined


def _phrase(text: str, line: Sequence[Token], run: Sequence[int]) -> Phrase:
    whole = Span(line[run[0]].word.span.start, line[run[-1]].word.span.end).of(text)
    words_of_it = [line[at] for at in run if line[at].has_content]
    is_name = all(token.is_named for token in words_of_it)
    return Phrase(_POSSESSIVE.sub("", whole), (run[0], run[-1] + 1), is_name, _before(line, run[0]) in _WHICH)


def _before(line: Sequence[Token], at: int) -> str:
    """The form of the word that a place follows in its clause; empty at the beginning of one."""
    return line[at - 1].form if at and not line[at].breaks else ""
