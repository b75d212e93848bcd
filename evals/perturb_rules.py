"""The rules by which `evals.perturb` finds what to change in a sentence, and says a true one otherwise."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Literal

_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTH = "|".join(_MONTHS)
_NUMBER = re.compile(
    rf"(?<![\w.,$€£/–-])(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{'|'.join(_WORDS[2:])})(?![\w/–]|[.,]\d|-\d)(?!\s+(?:{_MONTH})\b)"
)
_IN_DATE = re.compile(
    rf"\b(?:(?:{_MONTH})\.? \d{{1,2}}(?:, \d{{4}})?|\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?|(?:1[5-9]|20)\d\d)\b"
)
_DATE_WORD = re.compile(
    rf"\b(?:(?:1[5-9]|20)\d\d|{'|'.join(_DAYS)}|(?:{_MONTH})(?= \d|,? (?:1[5-9]|20)\d\d)|(?<=\d )(?:{_MONTH}))\b(?![-–]\d)"
)
OTHER_UNIT = {
    "miles": "kilometers", "mile": "kilometer", "kilometers": "miles", "kilometres": "miles", "km": "miles",
    "meters": "feet", "metres": "feet", "feet": "meters", "hours": "days", "days": "weeks", "weeks": "months",
    "months": "years", "years": "months", "minutes": "hours", "seconds": "minutes", "decades": "years", "centuries": "decades",
    "million": "billion", "billion": "million", "percent": "million", "dollars": "euros", "euros": "dollars", "thousand": "million",
}  # fmt: skip
UNIT = re.compile(rf"(?:\d|\b(?:{'|'.join(_WORDS[2:])}|hundred))[ -](?P<unit>{'|'.join(OTHER_UNIT)})\b(?!-)", re.I)
_NAME = re.compile(
    r"(?<![“\"\w.’'-])(?:[A-Z][a-z’'-]*[a-z]|[A-Z]{2,6})(?: (?:[A-Z][a-z’'-]*[a-z]|[A-Z]{2,6}))*(?![\w’'-])"
)
_NO_NAME = frozenset(
    _MONTHS
    + _DAYS
    + (
        "The A An In On At It He She They We I This That These Those There But And If As When While After Before However For "
        "From With By Not No His Her Their Its Our My What Who Which Where How Some Many Most All Both Also According One Two "
        "Mr Mrs Ms Dr Sir Since Until Although Though Despite During Under Over To Of Or So Such Then Thus Each Other Another "
        "Given Because Once Even Only Several First Second Unlike Like Yet You Your Now Today God Islam Islamic Muslim Muslims "
        "Christian Christianity"
    ).split()
)
_SAYING = r"(?:said|says|told|claimed|claims|stated|argued|argues|announced|insisted|denied|warned|alleged|declared)"
_WHO = r"(?:(?:[Tt]he )?(?:[A-Z][\w’-]+(?: (?:of )?[A-Z][\w’-]+){0,3})(?:’s (?:army|government|ministry|president|military))?)"
_SPEAKERS = (
    re.compile(rf"(?:^|, |” )(?P<who>{_WHO}) {_SAYING}\b"),
    re.compile(rf"\b[Aa]ccording to (?P<who>{_WHO})(?=[,.;])"),
    re.compile(rf"[,”] {_SAYING} (?P<who>{_WHO})(?=[,.;])"),
)
_AUX = r"(?:is|was|were|are|has|have|had|will|would|can|could|did|does)"
NEGATIONS = [
    (re.compile(rf"\b({_AUX}) not (?!only\b|just\b|necessarily\b|yet\b)"), r"\1 "),
    (re.compile(r"\b(is|was|were|are|has|have|had|would|could)n[’']t "), r"\1 "),
    (re.compile(r"\b(had|has|have|was|were|is|are) never "), r"\1 "),
    (
        re.compile(
            r"\b(is|was|were|are|has been|have been|had been|will be) (?!not\b|n[’']t|no\b|never\b|neither\b|only\b|also not\b)(?=[a-z]+)"
        ),
        r"\1 not ",
    ),
    (
        re.compile(
            r"\b(has|have|had|will|can) (?!not\b|n[’']t|no\b|never\b|only\b|to\b|been\b)(?=[a-z]+(?:ed|en|e|t)\b)"
        ),
        r"\1 not ",
    ),
]
MODALITY = [
    (re.compile(r"\b(?:may|might|could) have been "), "was "),
    (re.compile(r"\b(?:may|might) have "), "had "),
    (re.compile(r"\b(?:may|might) (?:also )?be "), "is "),
    (re.compile(r"\b(?:may|might) (?!have\b|be\b|also\b|not\b)(?=[a-z]+\b)"), "will "),
    (re.compile(r"\b(?:allegedly|reportedly|possibly|probably|apparently|supposedly|perhaps) (?=[a-z])"), ""),
    (re.compile(r"\b(?:alleged|suspected|purported) (?=[a-z])"), ""),
    (re.compile(r"\b(?:appears?|seems?) to be "), "is "),
    (re.compile(r"\b(?:appeared|seemed) to be "), "was "),
    (re.compile(r"\b(is|was|are|were) (?:believed|thought) to be "), r"\1 "),
    (re.compile(r"\b(is|was|are|were) likely "), r"\1 certain "),
]
COMPARATIVES = [
    (re.compile(rf"\b{old}\b(?!-)"), new)
    for pair in (
        "more than/less than fewer than/more than at least/at most higher/lower larger/smaller greater/smaller longer/shorter "
        "older/younger earlier/later before/after largest/smallest highest/lowest biggest/smallest longest/shortest oldest/youngest "
        "earliest/latest increased/decreased increase/decrease rose/fell north/south east/west northern/southern eastern/western "
        "above/below better/worse best/worst stronger/weaker faster/slower"
    ).replace(" than", "_than").replace("at ", "at_").split()
    for old, new in (tuple(pair.replace("_", " ").split("/")), tuple(reversed(pair.replace("_", " ").split("/"))))
]  # fmt: skip
Rewrite = Literal["clause dropped", "number form", "date form", "attribution moved"]


def numbers(text: str) -> list[tuple[int, int, float]]:
    """Where numbers stand that are no part of a date, and their values; "one" is none."""
    dates = [(m.start(), m.end()) for m in _IN_DATE.finditer(text)]
    values = []
    for match in _NUMBER.finditer(text):
        value = float(_WORDS.index(match[0])) if match[0] in _WORDS else float(match[0].replace(",", ""))
        if value >= 2 and not any(a < match.end() and match.start() < b for a, b in dates):
            values.append((match.start(), match.end(), value))
    return values


def other_numbers(value: float, rng: random.Random) -> list[float]:
    """Other values of about the same size, each far enough from `value` to be false even of a rounded number."""
    if value <= 20:
        return rng.sample([float(n) for n in range(2, 21) if n != value and abs(n - value) <= 6], 5)
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
    return [(m.start(), m.end()) for m in _DATE_WORD.finditer(text)]


def other_date_word(word: str, rng: random.Random) -> str:
    """Another of the same kind."""
    if word.isdigit():
        return str(int(word) + rng.choice([-9, -7, -4, -3, -2, 2, 3, 4, 6]))
    options = _DAYS if word in _DAYS else _MONTHS
    return rng.choice([option for option in options if option != word])


def names_in(text: str) -> list[tuple[int, int]]:
    """Where a name stands that does not begin the sentence or stand in quotation marks."""
    return [
        (m.start(), m.end())
        for m in _NAME.finditer(text)
        if m.start() > 1 and not set(m[0].split()) & _NO_NAME and not in_quotes(text, m.start()) and len(m[0]) > 2
    ]


def names(document: str) -> list[str]:
    """The names of a document that it says at least twice, in order of the alphabet."""
    candidates = [m[0] for m in _NAME.finditer(document) if not set(m[0].split()) & _NO_NAME and len(m[0]) > 3]
    return sorted({name for name in candidates if candidates.count(name) > 1})


_PLACES = frozenset(
    (
        "Syria Israel Iran Iraq Russia America Lebanon Jordan Turkey France Germany Britain England Spain Italy China Japan India "
        "Egypt London Paris Berlin Rome Moscow Damascus Washington Tehran Europe Africa Asia Scotland Ireland Kenya Poland"
    ).split()
)


def kind_of(name: str) -> str:
    """A rough type: acronym, well-known place, people (-ian, -ese, -ish), of several words, or of one."""
    if name.isupper():
        return "acronym"
    if name in _PLACES:
        return "place"
    if " " not in name:
        return "people" if re.search(r"(?:ian|ians|ese|ish|can|cans)$", name) else "one"
    return f"{min(len(name.split()), 3)} words"


_SAME = ("america american us usa united states washington", "britain british uk england english", "germany german germans",
         "france french paris", "russia russian russians soviet moscow kremlin", "israel israeli israelis idf", "iran iranian tehran",
         "syria syrian syrians damascus assad", "china chinese beijing", "scotland scottish")  # fmt: skip


def unrelated(name: str, source: str, document: str, old: str) -> bool:
    """Whether no word of `name`, nor of what it may stand for, is in `source`, and `document` never sets it beside `old`."""
    source_words = {word.lower() for word in re.findall(r"[\w-]+", source.replace("’s", ""))}
    mine = {word.lower() for word in re.findall(r"[\w-]+", name.replace("’s", ""))} - {"the", "of"}
    wide = mine.union(*(line.split() for line in _SAME if mine & set(line.split())))
    stems = {word[:5] for word in source_words if len(word) >= 5}
    return (
        not wide & source_words
        and not {word[:5] for word in mine if len(word) >= 5} & stems
        and f"{old} ({name})" not in document
    )


def speakers_in(text: str) -> list[tuple[int, int]]:
    """Where those stand who are said to have said something."""
    return [
        m.span("who")
        for pattern in _SPEAKERS
        for m in pattern.finditer(text)
        if m["who"].split()[-1] not in _NO_NAME and m["who"].split()[0] not in _NO_NAME - {"The"}
    ]


def speakers(document: str) -> list[str]:
    """Everyone who is said to have said something, in order of the alphabet."""
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


_LEADING = re.compile(
    r"(?:In|On|At|After|During|By|However|Meanwhile|Today|Since|For example|Additionally|Furthermore)\b(?P<clause>[^,“”\"]{0,60}), (?P<rest>\S.{40,})$",
    re.S,
)
_DOUBTFUL = re.compile(
    r"\b(?:not|no|never|without|if|unless|may|might|could|alleged\w*|claim\w*|said|statement|interview|report\w*|words|view|opinion)\b"
)


def _drop_clause(text: str) -> str:
    match = _LEADING.fullmatch(text)
    if (
        match is None
        or _DOUBTFUL.search(match["clause"])
        or re.match(r"(?:and|or|who|which|but|\d|[A-Z]\w+,)", match["rest"])
    ):
        return ""
    return match["rest"][:1].upper() + match["rest"][1:]


def _number_form(text: str) -> str:
    for start, end, value in numbers(text):
        written = text[start:end]
        in_date = re.search(
            r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? $|[.$€£#/-]$", text[:start], re.I
        )
        named = re.search(r"\b[A-Z]\w* $", text[:start])  # "Apollo 11", "Figure 2"
        if (
            start
            and not in_date
            and not named
            and not in_quotes(text, start)
            and value <= 20
            and value == int(value)
            and not re.match(r"[-–%.]|:\d|\s*(?:km|cm|mm|[ap]\.?m)\b", text[end:])
        ):
            return text[:start] + (str(int(value)) if not written[0].isdigit() else _WORDS[int(value)]) + text[end:]
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
    first = re.fullmatch(rf"According to (?P<who>{_WHO}), (?P<what>[^“”\"]+)\.", text, re.S)
    if first:
        return f"{first['what'][:1].upper()}{first['what'][1:]}, according to {first['who']}."
    match = re.fullmatch(rf"(?P<who>{_WHO}) (?P<verb>said|says|claimed|stated) that (?P<what>[^“”\"]+)\.", text, re.S)
    if match and not re.search(r", (?:and|but)\b", match["what"]):
        return f"{match['what'][:1].upper()}{match['what'][1:]}, {match['who']} {match['verb']}."
    return ""


REWRITES: Mapping[Rewrite, Callable[[str], str]] = {
    "clause dropped": _drop_clause,
    "number form": _number_form,
    "date form": _date_form,
    "attribution moved": _move_attribution,
}
