"""Sentences made wrong in one known way, and true ones said otherwise, to measure a verifier with.

Everything is by rule and seeded. The rules are of their own: no pattern of the verifier's is used, so that it is not
measured with what it knows; only the closed classes of words are the same, which are the language's. A wrong sentence
differs from its source in one thing that a reader would call false; where a rule cannot be sure of that, it makes
nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from evals import perturb_rules as rules

Kind = Literal["number", "name", "date", "unit", "negation", "speaker", "modality", "comparative"]
KINDS: tuple[Kind, ...] = ("number", "speaker", "name", "date", "unit", "negation", "modality", "comparative")
T = TypeVar("T")
Rewrite = Literal["verbatim", "clause dropped", "number form", "date form", "attribution moved"]


@dataclass(frozen=True, slots=True)
class Truth:
    """A sentence that its source bears out: the source's own, or one rewritten by rule."""

    text: str
    rewrite: Rewrite


@dataclass(frozen=True, slots=True)
class Wrong:
    """A true sentence made false in one way; `was` and `became` are what was changed."""

    text: str
    kind: Kind
    true: str
    was: str
    became: str


def truths(sentence: str) -> list[Truth]:
    """The sentence itself, and the honest rewritings that it admits, each different from all the others."""
    made = [Truth(sentence, "verbatim")]
    for name, rule in rules.REWRITES.items():
        text = rule(sentence)
        if text and text not in {item.text for item in made}:
            made.append(Truth(text, name))
    return made


def wrongs(true: str, source: str, document: str, seed: int = 0) -> list[Wrong]:
    """At most one wrong sentence of each kind, made from `true`, which `source` bears out, with names of `document`.

    Guarantees: each differs from `true` by letters, not only by case, and is no part of `document`.
    """
    made: list[Wrong] = []
    for kind in KINDS:
        rng = random.Random(f"{seed}|{kind}|{true}")
        swap = _SWAPS[kind](true, f"{source} {true}", document, rng)
        if swap is None:
            continue
        start, end, new = swap
        text = rules.tidy(true[:start] + new + true[end:])
        known = {_plain(item.text) for item in made} | {_plain(true)}
        if _plain(text) not in known and _plain(text) not in _plain(document):
            made.append(Wrong(text, kind, true, true[start:end], new))
    return made


Swap = tuple[int, int, str]
"""From where to where of the sentence, and what comes there instead."""


def _number(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
    values = {value for _, _, value in rules.numbers(source)}
    for start, end, value in _shuffled(rules.numbers(text), rng):
        for new in rules.other_numbers(value, rng):
            near = any(abs(new - value_told) <= 0.2 * value_told for value_told in values) and value > 5
            if new not in values and not near:
                return start, end, rules.written_like(text[start:end], new)
    return None


def _date(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
    for start, end in _shuffled(rules.date_words(text), rng):
        new = rules.other_date_word(text[start:end], rng)
        if new and not re.search(rf"\b{re.escape(new)}\b", source):
            return start, end, new
    return None


def _unit(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
    for match in _shuffled(list(rules.UNIT.finditer(text)), rng):
        others = sorted({*rules.other_units(match["unit"])} - {*re.findall(r"\w+", source)})
        if others:
            return match.start("unit"), match.end("unit"), rng.choice(others)
    return None


def _name(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
    others = rules.names(document)
    for start, end in _shuffled(rules.names_in(text), rng):
        old = text[start:end]
        same = [
            n for n in others if rules.form_of(n) == rules.form_of(old) and rules.unrelated(n, source, document, old)
        ]
        if same:
            return start, end, rng.choice(rules.likest(same, text, start, document))
    return None


def _speaker(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
    spoken = rules.speakers_in(text)
    others = [who for who in rules.speakers(document) if rules.unrelated(who, source, document, "")]
    for start, end in _shuffled(spoken, rng):
        old = text[start:end]
        fitting = [who for who in others if rules.unrelated(who, old, document, old)]
        if fitting:
            new = re.sub(r"^[Tt]he ", "the " if start else "The ", rng.choice(fitting))
            return start, end, new
    return None


def _by_pattern(table: Sequence[tuple[re.Pattern[str], str]]) -> Callable[[str, str, str, random.Random], Swap | None]:
    def swap(text: str, source: str, document: str, rng: random.Random) -> Swap | None:
        fits = [
            (m, new) for pattern, new in table for m in pattern.finditer(text) if not rules.in_quotes(text, m.start())
        ]
        if not fits:
            return None
        match, new = rng.choice(fits)
        replacement = match.expand(new)
        return (
            match.start(),
            match.end(),
            replacement[:1].upper() + replacement[1:] if match[0][:1].isupper() else replacement,
        )

    return swap


_SWAPS: dict[Kind, Callable[[str, str, str, random.Random], Swap | None]] = {
    "number": _number,
    "name": _name,
    "date": _date,
    "unit": _unit,
    "negation": _by_pattern(rules.NEGATIONS),
    "speaker": _speaker,
    "modality": _by_pattern(rules.MODALITY),
    "comparative": _by_pattern(rules.COMPARATIVES),
}


def _shuffled(items: Sequence[T], rng: random.Random) -> list[T]:
    return rng.sample(list(items), len(items))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
