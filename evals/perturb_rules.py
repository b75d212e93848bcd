"""The rules by which `evals.perturb` finds what to change in a sentence, and says a true one otherwise.

They know words of the closed classes alone, forms (capitals, digits, endings), and what the document itself writes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from index.document.dates import MONTH_NAMES
from rag import lexicon


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORDS = {int(value): word for word, value in lexicon.NUMBERS.items() if value <= 20}
_COUNTS = _any_of(word for value, word in _WORDS.items() if value >= 2)
_DAYS = [name.title() for name in lexicon.WEEKDAYS if name.endswith("day")]
_MONTH, _YEAR = "|".join(MONTH_NAMES), r"(?:1[5-9]|20)\d\d"
_NUMBER = re.compile(
    rf"(?<![\w.,$€£/–-])(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{_COUNTS})(?![\w/–]|[.,]\d|-\d)(?!\s+(?:{_MONTH})\b)"
)
_IN_DATE = re.compile(rf"\b(?:(?:{_MONTH})\.? \d{{1,2}}(?:, \d{{4}})?|\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?|{_YEAR})\b")
_DATE_WORD = re.compile(
    rf"\b(?:{_YEAR}|{'|'.join(_DAYS)}|(?:{_MONTH})(?= \d|,? {_YEAR})|(?<=\d )(?:{_MONTH}))\b(?![-–]\d)"
)

_SIZES: dict[str, tuple[str, float | str]] = {
    **lexicon.UNITS,
    **{name: ("money", currency) for name, (currency, _) in lexicon.CURRENCIES.items()},
    **{name: ("scale", factor) for name, factor in lexicon.SCALES.items()},
}
"""Of each unit, currency and scale: what it measures, in which system, and how much of it or in what."""
_WRITTEN_OUT = [name for name in _SIZES if len(name) > 3]
_PLURAL = re.compile(r"s$|^(?:feet|pence|km)$")
UNIT = re.compile(
    rf"(?:\d|(?i:\b(?:{_COUNTS}|{_any_of(lexicon.SCALES)})))[ -](?P<unit>km|{_any_of(_WRITTEN_OUT)})\b(?!-)"
)

_FUNCTION = frozenset[str]().union(
    lexicon.PRONOUNS, lexicon.QUESTION_WORDS, lexicon.AUXILIARIES, lexicon.DETERMINERS, lexicon.PREPOSITIONS,
    lexicon.SUBORDINATORS, lexicon.CONJUNCTIONS, lexicon.CONDITIONALS, lexicon.CONTRASTS, lexicon.COMPARISONS,
    lexicon.ANAPHORS, lexicon.NEGATIONS, lexicon.POSSIBILITY, lexicon.EXCLUSIVES, lexicon.UNIVERSALS,
    lexicon.PARTITIVES, lexicon.NUMBERS, lexicon.ORDINALS, lexicon.MONTHS, lexicon.WEEKDAYS,
)  # fmt: skip
"""Words that are no name, nor part of one, however they are written."""
_CAPITAL = r"(?:[A-Z][a-z’'-]*[a-z]|[A-Z]{2,6})"
_NAME = re.compile(rf"(?<![“\"\w.’'-]){_CAPITAL}(?: {_CAPITAL})*(?![\w’'-])")
_WHO = r"(?:(?:[Tt]he )?[A-Z][\w’-]+(?: (?:of )?[A-Z][\w’-]+){0,3})"
_SPEAKERS = (
    re.compile(rf"(?:^|, |” )(?P<who>{_WHO}) [a-z]+ that\b"),
    re.compile(rf"(?:^|, |” )(?P<who>{_WHO}) [a-z]+[,:]? [“\"]"),
    re.compile(rf"\b[Aa]ccording to (?P<who>{_WHO})(?=[,.;])"),
    re.compile(rf"[”\"] [a-z]+ (?P<who>{_WHO})(?=[,.;])"),
)
"""Who stands before what a "that" opens or what is in quotation marks, or after it, with a word between."""

Table = list[tuple[re.Pattern[str], str]]
_NOT = _any_of(lexicon.NEGATIONS | lexicon.EXCLUSIVES | {"n[’']t", "also", "to"})
_STATING = _any_of(lexicon.AUXILIARIES - lexicon.POSSIBILITY | {"can"})
_WILL = _any_of(lexicon.INTENTION | lexicon.OBLIGATION | {"can"})
NEGATIONS: Table = [
    (re.compile(rf"\b({_STATING}) (?:not|never) (?!(?:only|just|necessarily|yet)\b)"), r"\1 "),
    (re.compile(r"\b(is|was|were|are|has|have|had|would|could)n[’']t "), r"\1 "),
    (re.compile(rf"\b(is|was|were|are|{_WILL}) (?!(?:{_NOT})\b)(?=[a-z]+)"), r"\1 not "),
    (re.compile(rf"\b(has|have|had) (?!(?:{_NOT})\b)(?=[a-z]+(?:ed|en|e|t)\b)"), r"\1 not "),
]
_PERHAPS = _any_of(lexicon.POSSIBILITY - lexicon.AUXILIARIES)
MODALITY: Table = [
    (re.compile(r"\b(?:may|might|could) have been "), "was "),
    (re.compile(r"\b(?:may|might) have "), "had "),
    (re.compile(r"\b(?:may|might) (?:also )?be "), "is "),
    (re.compile(rf"\b(?:may|might) (?!(?:have|be|{_NOT})\b)(?=[a-z]+\b)"), "will "),
    (re.compile(rf"\b(?:{_PERHAPS}) (?!to\b)(?=[a-z])"), ""),
    (re.compile(r"\b(is|was|are|were) likely "), r"\1 certain "),
]


def _graded(adjective: str) -> str:
    """What "-er" and "-est" are put to: "larg", "bigg", "earli"."""
    stem = adjective.removesuffix("e")
    stem = re.sub(r"(?<=[^aeiou])y$", "i", stem)
    return re.sub(r"(?<=[^aeiou][aeiou])([^aeiouwxy])$", r"\1\1", stem) if stem == adjective else stem


_SHORT = {word: (noun, sign) for word, (noun, _, sign) in lexicon.MEASURES.items() if len(word) <= 5}
"""Adjectives of measure that have an "-er"; longer ones take "more"."""
_FIRST = {side: word for word, side in reversed(_SHORT.items())}
_PAIRS = (
    "more than/less than", "at least/at most", "the most/the least", "above/below", "before/after", "better/worse",
    "best/worst", "north/south", "east/west", "northern/southern", "eastern/western",
)  # fmt: skip
_SIDES = {
    "fewer than": "more than",
    **dict(pair.split("/") for pair in _PAIRS),
    **dict(pair.split("/")[::-1] for pair in _PAIRS),
    **{
        _graded(word) + ending: _graded(_FIRST[noun, -sign]) + ending
        for word, (noun, sign) in _SHORT.items()
        for ending in ("er", "est")
        if (noun, -sign) in _FIRST
    },
}
"""What gives a side, and what gives the other one."""
COMPARATIVES: Table = [(re.compile(rf"\b{one}\b(?!-| of\b)"), other) for one, other in _SIDES.items()]
Rewrite = Literal["clause dropped", "number form", "date form", "attribution moved"]


def numbers(text: str) -> list[tuple[int, int, float]]:
    """Where numbers stand that are no part of a date, and their values; "one" is none."""
    dates = list(map(re.Match.span, _IN_DATE.finditer(text)))
    values = []
    for match in _NUMBER.finditer(text):
        value = lexicon.NUMBERS[match[0]] if match[0] in lexicon.NUMBERS else float(match[0].replace(",", ""))
        if value >= 2 and not any(a < match.end() and match.start() < b for a, b in dates):
            values.append((match.start(), match.end(), value))
    return values


def other_numbers(value: float, rng: random.Random) -> list[float]:
    """Other values of about the same size, each far enough from `value` to be false even of a rounded number."""
    if value <= 20:
        near = range(max(2, int(value) - 6), min(20, int(value) + 6) + 1)
        return rng.sample(sorted({*map(float, near)} - {value}), 5)
    size = 10 ** max(0, len(str(int(value))) - 2)
    return [
        float(round(value * factor / size) * size + rng.randrange(1, 4) * size)
        for factor in rng.sample([0.4, 0.55, 1.5, 1.9], 4)
    ]


def written_like(written: str, value: float) -> str:
    """`value` in the form of `written`: in words where it is, with commas where it has them."""
    if not written[0].isdigit():
        return _WORDS[int(value)]
    if "." in written:
        return f"{value + 0.3:.1f}"
    return f"{int(value):,}" if "," in written else str(int(value))


def date_words(text: str) -> list[tuple[int, int]]:
    """Where a year, a day of the week or a month with a day or a year stands."""
    return list(map(re.Match.span, _DATE_WORD.finditer(text)))


def other_date_word(word: str, rng: random.Random) -> str:
    """Another of the same kind."""
    if word.isdigit():
        return str(int(word) + rng.choice([-9, -7, -4, -3, -2, 2, 3, 4, 6]))
    options = _DAYS if word in _DAYS else MONTH_NAMES
    return rng.choice([option for option in options if option != word])


def other_units(unit: str) -> list[str]:
    """Others of what it measures in its system, none of them shortened, and all of its number."""
    measured, size = _SIZES[unit]
    alike = [name for name in _WRITTEN_OUT if bool(_PLURAL.search(name)) == bool(_PLURAL.search(unit))]
    return [name for name in alike if _SIZES[name][0] == measured and _SIZES[name][1] != size]


def names_in(text: str) -> list[tuple[int, int]]:
    """Where a name stands that does not begin the sentence or stand in quotation marks."""
    return [
        match.span()
        for match in _NAME.finditer(text)
        if match.start() > 1 and len(match[0]) > 2 and _is_name(match[0]) and not in_quotes(text, match.start())
    ]


def names(document: str) -> list[str]:
    """The names of a document that it writes at least twice, in order of the alphabet.

    A word that it also writes in small letters is none: it has its capital from where a sentence begins.
    """
    small = frozenset(re.findall(r"(?<!\w)[a-z][a-z’'-]*", document))
    candidates = [match[0] for match in _NAME.finditer(document) if len(match[0]) > 3 and _is_name(match[0])]
    return sorted({name for name in candidates if candidates.count(name) > 1 and name.lower() not in small})


def _is_name(text: str) -> bool:
    return _FUNCTION.isdisjoint(word[0].lower() + word[1:] for word in text.split())


def form_of(name: str) -> str:
    """A rough type by form: acronym, people (-ian, -ese, -ish), of several words, or of one."""
    if name.isupper():
        return "acronym"
    if " " not in name:
        return "people" if re.search(r"(?:ian|ians|ese|ish|can|cans)$", name) else "one"
    return f"{min(len(name.split()), 3)} words"


def likest(options: list[str], text: str, at: int, document: str) -> list[str]:
    """Those that the document sets after the same word as `text` has before `at`, or all, where it does of none."""
    before = text[:at].split()[-1]
    return [name for name in options if f" {before} {name}" in document] or options


def unrelated(name: str, source: str, document: str, old: str) -> bool:
    """Whether no word of `name`, nor one that begins as it does, is in `source`, and `document` never sets the name
    beside `old`.
    """
    mine, theirs = _words_of(name) - {"the", "of"}, _words_of(source)
    is_apart = mine.isdisjoint(theirs) and _beginnings(mine).isdisjoint(_beginnings(theirs))
    return is_apart and f"{old} ({name})" not in document


def _words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", text.replace("’s", "").lower()))


def _beginnings(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word[:5] for word in words if len(word) >= 5)


def speakers_in(text: str) -> list[tuple[int, int]]:
    """Where those stand who are quoted, or who are said to have said something."""
    every = {match.span("who"): match["who"] for pattern in _SPEAKERS for match in pattern.finditer(text)}
    return [span for span, who in every.items() if _is_name(re.sub(r"^[Tt]he |\bof ", "", who))]


def speakers(document: str) -> list[str]:
    """Everyone who is quoted, or is said to have said something, in order of the alphabet."""
    return sorted({line[a:b] for line in re.split(r"(?<=[.!?])\s+|\n", document) for a, b in speakers_in(line)})


def in_quotes(text: str, at: int) -> bool:
    """Whether `at` lies within quotation marks."""
    before = text[:at]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


def tidy(text: str) -> str:
    """One space between words, and "a" or "an" as the word after it asks."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\b([Aa])n (?=[bcdfgjklmnpqrstvwxyz])", r"\1 ", text)
    return re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", text)


_OPENED = re.compile(r"(?P<opener>[A-Z][^,“”\"]{1,60}), (?!and|or|who|which|but|\d|[A-Z]\w+,)(?P<rest>\S.{40,})", re.S)
_OPENING = _any_of(lexicon.PREPOSITIONS - lexicon.NEGATIONS - lexicon.EXCLUSIVES)
_SMALL = _any_of(lexicon.PREPOSITIONS | lexicon.DETERMINERS | {*lexicon.MEASURES, *lexicon.UNITS, *lexicon.ORDINALS})
_WHEN_OR_WHERE = re.compile(rf"(?i:{_OPENING})\b(?:.* \d+|(?: (?:(?i:{_SMALL})(?= |$)|[A-Z\d]\S*))+)")
"""What begins with a preposition and ends in a date, or is of names, dates and words of closed classes."""
_WIDE = re.compile(
    rf"\b(?:{_any_of(lexicon.UNIVERSALS | lexicon.NEGATIONS)}|only|most|least|best|worst|\w+est)\b", re.I
)
"""What may be true only of where or when the sentence begins by saying."""


def _drop_clause(text: str) -> str:
    match = _OPENED.fullmatch(text)
    if match is None:
        return ""
    opener, rest = match["opener"], match["rest"]
    tells_when = _WHEN_OR_WHERE.fullmatch(opener) and not _WIDE.search(rest)
    return rest[:1].upper() + rest[1:] if tells_when or opener.lower() in lexicon.CONTRASTS else ""


_BOUND_BEFORE = re.compile(rf"^$|\b(?i:{_any_of(lexicon.MONTHS)})\.? $|[.$€£#/-]$|\b[A-Z]\w* $")
"""What makes a number part of a date, a sum or a name ("Apollo 11", "Figure 2"), or the first word of a sentence."""
_BOUND_AFTER = re.compile(r"[-–%.]|:\d|\s*(?:km|cm|mm|[ap]\.?m)\b")


def _number_form(text: str) -> str:
    for start, end, value in numbers(text):
        before, written, after = text[:start], text[start:end], text[end:]
        is_bound = _BOUND_BEFORE.search(before) or _BOUND_AFTER.match(after)
        if value in _WORDS and not is_bound and not in_quotes(text, start):
            return before + (_WORDS[int(value)] if written[0].isdigit() else str(int(value))) + after
    return ""


def _date_form(text: str) -> str:
    american = re.search(
        rf"\b(?P<m>{_MONTH}) (?P<d>\d{{1,2}})(?:, (?P<y>\d{{4}}),?)?(?![\d–-]|(?:st|nd|rd|th)\b|, \d| and \d)", text
    )
    if american:
        new = f"{american['d']} {american['m']}" + (f" {american['y']}" if american["y"] else "")
        return text[: american.start()] + new + text[american.end() :]
    british = re.search(rf"(?<![\d–-])(?<!\d )\b(?P<d>\d{{1,2}}) (?P<m>{_MONTH})(?: (?P<y>\d{{4}}))?\b(?!\w)", text)
    if british:
        new = f"{british['m']} {british['d']}" + (f", {british['y']}" if british["y"] else "")
        return text[: british.start()] + new + text[british.end() :]
    return ""


def _move_attribution(text: str) -> str:
    match = re.fullmatch(rf"According to (?P<who>{_WHO}), (?P<what>[^“”\"]+)\.", text, re.S)
    return f"{match['what'][:1].upper()}{match['what'][1:]}, according to {match['who']}." if match else ""


REWRITES: Mapping[Rewrite, Callable[[str], str]] = {
    "clause dropped": _drop_clause,
    "number form": _number_form,
    "date form": _date_form,
    "attribution moved": _move_attribution,
}
