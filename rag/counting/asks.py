"""Which operation a question asks for, by words of closed classes alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.asking.phrases import Token
from rag.lexicon import DETERMINERS, MEASURES, PREPOSITIONS, UNIVERSALS
from rag.types import Operation

_IN_ALL = (("in", "total"), ("in", "all"))
_SUMS = frozenset("total sum altogether combined".split())
_AVERAGES = frozenset("average mean".split())
KINDS = frozenset("kind kinds sort sorts type types".split())
"""Nouns that stand before the noun that is asked for."""
_MOST = {"most": 1, "least": -1, "fewest": -1}
_HIGHEST = {f"{word}est": ("", "", sign) for word, sign in (("high", 1), ("low", -1))}
_WITHIN = DETERMINERS | UNIVERSALS | {"of", "different"}


@dataclass(frozen=True, slots=True)
class Asks:
    """What a question wants of a table. `used` are the places of the words that say so.

    `noun` are those of the words with content that name what is asked for, as "print orders" in "how many print
    orders"; `measure` is what a superlative asks after, its noun and the kind of its unit.
    """

    operation: Operation
    used: frozenset[int]
    noun: tuple[int, ...] = ()
    measure: tuple[str, str] | None = None
    total: bool = False
    """Whether it asks for what all has together."""
    between: bool = False
    """Whether it asks which of those that it names has more or less: "Which is cheaper, the Heron or the Juno?"."""


def asks_of(line: Sequence[Token]) -> Asks | None:
    """The one operation that the words of a question ask for; None where they ask for none, or for several."""
    forms = [token.form for token in line]
    extreme = _extreme(forms)
    added, average = _added(forms), _one_of(forms, _AVERAGES)
    counted = _counted(forms)
    if extreme and not (added or average or counted):
        return extreme
    if extreme or (added and average):
        return None
    if average:
        return Asks("average", average | counted)
    if added and not counted:
        return Asks("sum", added | _opening(forms), total=True)
    if counted:
        noun = _noun(line, max(counted) + 1)
        return Asks("count", counted | added, noun, total=bool(added)) if noun else None
    return _listed(line, forms)


def _counted(forms: Sequence[str]) -> frozenset[int]:
    """Where "how many" or "the number of" stands."""
    for at, pair in enumerate(pairwise(forms)):
        if pair in (("how", "many"), ("number", "of")):
            return frozenset((at, at + 1))
    return frozenset()


def _added(forms: Sequence[str]) -> frozenset[int]:
    """Where a word for a sum stands."""
    pairs = [at for at, pair in enumerate(pairwise(forms)) if pair in _IN_ALL]
    return _one_of(forms, _SUMS) | {place for at in pairs for place in (at, at + 1)}


def _one_of(forms: Sequence[str], words: frozenset[str]) -> frozenset[int]:
    return frozenset(at for at, form in enumerate(forms) if form in words)


def _opening(forms: Sequence[str]) -> frozenset[int]:
    return frozenset((0, 1)) if tuple(forms[:2]) == ("how", "much") else frozenset()


def _extreme(forms: Sequence[str]) -> Asks | None:
    """A superlative: "cheapest", "most expensive", "the most wheat"."""
    between = "or" in forms and "than" not in forms
    endings = ("est", "er") if between else ("est",)
    superlatives = [(at, superlative) for at, form in enumerate(forms) if (superlative := _superlative(form, endings))]
    most = [at for at, form in enumerate(forms) if form in _MOST and not (at and forms[at - 1] == "at")]
    if len(superlatives) + len(most) != 1:
        return None
    if superlatives:
        at, (noun, kind, sign) = superlatives[0]
        return Asks("max" if sign > 0 else "min", frozenset((at,)), measure=(noun, kind), between=between)
    at, sign = most[0], _MOST[forms[most[0]]]
    following = forms[at + 1] if at + 1 < len(forms) else ""
    if following == "of":
        return None
    if following not in MEASURES:
        return Asks("max" if sign > 0 else "min", frozenset((at,)), measure=("", ""))
    noun, kind, direction = MEASURES[following]
    return Asks("max" if sign * direction > 0 else "min", frozenset((at, at + 1)), measure=(noun, kind))


def _superlative(form: str, endings: Sequence[str]) -> tuple[str, str, int] | None:
    """The adjective of measure of which a word is the form with one of these endings."""
    if form in _HIGHEST:
        return _HIGHEST[form]
    root = next((form.removesuffix(ending) for ending in endings if form.endswith(ending)), "")
    bases = (root, f"{root}e", root[:-1], f"{root[:-1]}y")
    return next((MEASURES[base] for base in bases if base in MEASURES), None)


def _listed(line: Sequence[Token], forms: Sequence[str]) -> Asks | None:
    """ "Which coffees are …", "list the orders that …"; the noun must follow at once."""
    first = 1 if forms[0] in PREPOSITIONS else 0
    if len(forms) < first + 2 or forms[first] not in ("which", "what", "list"):
        return None
    noun = _noun(line, first + 1)
    return Asks("list", frozenset((first,)), noun) if noun else None


def _noun(line: Sequence[Token], at: int) -> tuple[int, ...]:
    """The places of the words with content from a place on, up to the first other word."""
    places: list[int] = []
    for place in range(at, len(line)):
        token = line[place]
        if token.breaks and place > at:
            break
        if token.has_content:
            places += [] if token.form in KINDS | _SUMS else [place]
        elif places or token.form not in _WITHIN:
            break
    return tuple(places)
