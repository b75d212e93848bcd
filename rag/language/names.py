"""Names that stand for one another: a country, its people and its capital; a long name and its short form.

General knowledge only, kept small: it lets "Tehran sent" meet "Iran dispatched" and "Moscow says" meet "Russian
officials said". Everything about particular documents is read from them (`acronyms`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from index.tokens import fold
from index.types import Span

_COUNTRIES = """
afghanistan afghan afghani kabul
albania albanian tirana
algeria algerian algiers
argentina argentine argentinian
armenia armenian yerevan
australia australian canberra
austria austrian vienna
azerbaijan azerbaijani azeri baku
bahrain bahraini manama
bangladesh bangladeshi dhaka
belarus belarusian minsk
belgium belgian brussels
bolivia bolivian
bosnia bosnian sarajevo
brazil brazilian brasilia
britain british uk u.k. england london
bulgaria bulgarian sofia
canada canadian ottawa
chile chilean santiago
china chinese beijing
colombia colombian bogota
croatia croatian croat zagreb
cuba cuban havana
cyprus cypriot nicosia
czechia czech prague
denmark danish dane copenhagen
egypt egyptian cairo
estonia estonian tallinn
ethiopia ethiopian
finland finnish finn helsinki
france french paris
georgia georgian tbilisi
germany german berlin
greece greek athens
hungary hungarian budapest
iceland icelandic reykjavik
india indian delhi
indonesia indonesian jakarta
iran iranian persian tehran teheran
iraq iraqi baghdad
ireland irish dublin
israel israeli jerusalem
italy italian rome
japan japanese tokyo
jordan jordanian hashemite amman
kazakhstan kazakh astana
kenya kenyan nairobi
kuwait kuwaiti
latvia latvian riga
lebanon lebanese beirut
libya libyan tripoli
lithuania lithuanian vilnius
malaysia malaysian
mexico mexican
morocco moroccan rabat
netherlands dutch holland hague
nigeria nigerian abuja
norway norwegian oslo
oman omani muscat
pakistan pakistani islamabad
palestine palestinian ramallah
peru peruvian lima
philippines philippine filipino manila
poland polish pole warsaw
portugal portuguese lisbon
qatar qatari doha
romania romanian bucharest
russia russian moscow kremlin
rwanda rwandan kigali
saudi riyadh
serbia serbian serb belgrade
singapore singaporean
slovakia slovak bratislava
somalia somali mogadishu
spain spanish spaniard madrid
sudan sudanese khartoum
sweden swedish swede stockholm
switzerland swiss bern
syria syrian damascus
taiwan taiwanese taipei
thailand thai bangkok
tunisia tunisian tunis
turkey turkish turk ankara
ukraine ukrainian kiev kyiv
us u.s. usa u.s.a. america american washington pentagon
venezuela venezuelan caracas
vietnam vietnamese hanoi
yemen yemeni sanaa
zimbabwe zimbabwean harare
"""
_PLACES_ONLY = frozenset(
    (
        "damascus moscow tehran teheran washington baghdad jerusalem beirut riyadh london paris berlin rome "
        "cairo ankara kiev kyiv beijing tokyo delhi amman doha kabul astana brussels warsaw madrid athens "
        "vienna"
    ).split()
)
_GROUPS: dict[str, int] = {}
for _number, _line in enumerate(_COUNTRIES.split("\n")):
    for _word in _line.split():
        _GROUPS.setdefault(_word, _number)
COUNTRIES = frozenset(line.split()[0] for line in _COUNTRIES.split("\n") if line) | {
    "north korea",
    "south korea",
    "u.s.",
}
"""Names of countries, lower case."""

CALENDAR = frozenset(
    (
        "january february march april may june july august september october november december jan feb mar "
        "apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday friday saturday sunday"
    ).split()
)
"""Months and days of the week, lower case: they have capitals, but name nobody."""
_SHORT_AFTER = re.compile(r"\((?:the\s+)?([A-Z][A-Za-z]{1,9})\)")
_RUN = re.compile(r"\b[A-Z][\w’'-]*(?:\s+(?:of\s+|the\s+|for\s+|and\s+){0,2}[A-Z][\w’'-]*)+")
_SHORT_OR = re.compile(r"((?:[A-Z][\w’'-]+\s+){1,6}[A-Z][\w’'-]+),?\s+or\s+([A-Z]{2,8})\b")


@lru_cache(maxsize=65536)
def group(word: str) -> int | None:
    """A number shared by a country's names, its people and its capital; None for other words."""
    lower = word.lower().rstrip("'’").removesuffix("'s").removesuffix("’s")
    return _GROUPS.get(lower, _GROUPS.get(lower.rstrip("s")) if len(lower) > 3 else None)


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str | None:
    """What transliterations of one name share: "Hezbollah", "Hizballah" and "Hizbullah" give the same consonants.

    None for words too short to tell.
    """
    letters = fold(word).removesuffix("'s").removesuffix("h")
    kept = re.sub(r"(.)\1", r"\1", letters[:1] + re.sub(r"[aeiouyw'’-]", "", letters[1:]))
    return kept if len(letters) >= 5 and len(kept) >= 4 else None


def is_capital(word: str) -> bool:
    """Whether `word` is a city that also stands for its government, so that as a place it means only itself."""
    return word.lower() in _PLACES_ONLY


def acronyms(text: str) -> dict[str, tuple[str, ...]]:
    """Short forms that `text` itself explains: `Scientific Studies and Research Center (SSRC)`.

    Returns the words of the long form, lower case, by the short form, lower case.
    """
    found: dict[str, tuple[str, ...]] = {}
    for match in _SHORT_AFTER.finditer(text):
        words = re.findall(r"[\w’'-]+", text[max(0, match.start() - 120) : match.start()])
        long = _long_form(words, match[1])
        if long:
            found.setdefault(match[1].lower(), long)
    for match in _SHORT_OR.finditer(text):
        words = match[1].split()
        long = _long_form(words, match[2])
        if long:
            found.setdefault(match[2].lower(), long)
    return found


def name_runs(text: str) -> list[Span]:
    """Where words with capitals stand side by side, small words between them included."""
    return [Span(*run.span()) for run in _RUN.finditer(text)]


def initials(text: str) -> frozenset[str]:
    """The short forms, of two to five letters, that names of several words in `text` would have: "PO" for
    "Presiding Officer", whether or not it is used.
    """
    found: set[str] = set()
    for run in name_runs(text):
        letters = "".join(word[0] for word in run.of(text).split() if word[0].isupper())
        found.update(letters[at : at + n] for n in range(2, 6) for at in range(len(letters) - n + 1))
    return frozenset(found)


def one_edit(one: str, other: str) -> bool:
    """Whether two words of five letters or more differ by one letter: put in, left out, another, or two changed about."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, left = one[at:], other[at:]
    swapped = rest[:2] == left[1::-1] and rest[2:] == left[2:] and len(rest) > 1
    return swapped or rest[1:] == left[1:] or rest[1:] == left or rest == left[1:]


def _long_form(words: list[str], short: str) -> tuple[str, ...] | None:
    """The last words of `words` whose initials spell `short`, small words being optional."""
    letters = [letter.lower() for letter in short if letter.isupper()]
    taken: list[str] = []
    for word in reversed(words):
        if not letters:
            break
        if word[0].lower() == letters[-1] and word[0].isupper():
            letters.pop()
        elif word[0].isupper() and len(taken) >= len(short) + 1:
            return None
        taken.append(word.lower())
    if letters or len(taken) < 2:
        return None
    return tuple(word for word in reversed(taken) if len(word) > 3)
