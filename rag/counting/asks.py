"""Which operation a question asks for, by words of closed classes alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.words.tokens import fold
from rag.asking.phrases import BE, Token
from rag.lexicon import AUXILIARIES, DETERMINERS, MEASURES, NEGATIONS, NUMBERS, PREPOSITIONS, UNIVERSALS
from rag.types import Operation

_IN_ALL = (("in", "total"), ("in", "all"), ("all", "told"), ("add", "up"), ("put", "together"), ("all", "together"))
_SUMS = frozenset("total sum altogether combined".split())
_AVERAGES = frozenset("average mean".split())
_COURTESY = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please)\b[\s,!.]*)*(?:(?:can|could|would|will) you (?:please )?)?"
    r"(?:tell (?:me|us)\s+(?=how|who|what|which|where|when))?|[\s,]*\b(?:please|thanks|thank you)\W*$",
    re.IGNORECASE,
)
KINDS = frozenset("kind kinds sort sorts type types".split())
"""Nouns that stand before the noun that is asked for."""
MOST = {"most": 1, "least": -1, "fewest": -1}
_MORE = {"more": 1, "less": -1, "fewer": -1}
"""Which stand for the others where two are named."""
_OF_AMOUNTS = frozenset(("at", "or", "and"))
"""Before "most" and "more" where they belong to an amount: "at most 5", "5 or more"."""
_OFTEN = frozenset(("often", "frequent"))
_IN_TIME: dict[str, Operation] = {"last": "max", "first": "min"}
"""Words that at the end of a question ask after dates: "Who joined last?"."""
_IMPERATIVES = frozenset("list name show give tell".split())
_TO_WHOM = frozenset(("me", "us"))
_EVERYTHING = frozenset("all everything everyone everybody those anything anyone".split())
"""What a question lists without a noun."""
_HAVING = frozenset("did have has had".split())
_NO_OPERATION = frozenset("why where when".split())
"""Words with which a question asks for something else, or for what is not carried out over rows."""
_AGAINST = frozenset("above below over under than".split())
"""Before "average" where something is compared with it."""
_HIGHEST = {f"{word}{end}": ("", "", sign) for word, sign in (("high", 1), ("low", -1)) for end in ("est", "er")}
_HOW = (("how", "much"), ("how", "many"))
_EACH = frozenset(("each", "per"))
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
    group: int | None = None
    """Where the word stands of which a result is asked for each: "in each district"."""
    of_ledger: bool = False
    """Whether it asks what was spent or paid, which only the rows of a ledger add up to."""


def without_courtesy(question: str) -> str:
    """`question` without what is said around it: "Hi, could you tell me …, please"."""
    return _COURTESY.sub("", question)


def asks_of(line: Sequence[Token]) -> Asks | None:
    """The one operation that the words of a question ask for; None where they ask for none, or for several."""
    forms = [token.form for token in line]
    if _NO_OPERATION.intersection(forms):
        return None
    asks = _difference(line, forms) or _operation(line, forms)
    is_of_two = asks is not None and (asks.between or asks.operation == "difference")
    is_yes_or_no = forms[0] in AUXILIARIES and not is_of_two
    return None if is_yes_or_no or asks is None else _grouped(asks, line, forms)


def _grouped(asks: Asks, line: Sequence[Token], forms: Sequence[str]) -> Asks | None:
    """What is asked, with what it is asked for each of; None where it cannot be asked so."""
    each = next((at for at, form in enumerate(forms) if form in _EACH), None)
    if each is None:
        return asks
    group = next((at for at in range(each + 1, len(line)) if forms[at] not in _WITHIN), len(line))
    is_grouped = asks.operation in ("count", "sum", "average") and group < len(line) and line[group].has_content
    if not is_grouped:
        return asks if forms[each] == "per" else None
    return replace(asks, group=group, noun=() if group in asks.noun else asks.noun)


def _difference(line: Sequence[Token], forms: Sequence[str]) -> Asks | None:
    """ "How much dearer is the one than the other", "how many more … than", "the difference between …", and whether one
    is more than the other.
    """
    if "difference" in forms and "between" in forms:
        return Asks("difference", frozenset((forms.index("difference"), forms.index("between"))))
    than = forms.index("than") if "than" in forms[:-1] else 0
    is_of_amount = any(token.form in NUMBERS or token.text[0].isdigit() for token in line[than:])
    is_how = tuple(forms[:2]) in _HOW
    if is_of_amount or not (is_how or forms[0] in AUXILIARIES):
        return None
    used, places = ((0, 1), range(2, min(3, than))) if is_how else ((), range(1, than))
    at = next((at for at in places if _is_more(forms[at])), None)
    if at is None:
        return None
    noun, kind, _ = _superlative(forms[at], ("er",)) or MEASURES.get(forms[at + 1], ("", "", 0))
    adjective = {at + 1} if forms[at + 1] in MEASURES and forms[at] in _MORE else set()
    following = () if noun or kind else _noun(line, at + 1)
    return Asks("difference", frozenset((*used, at, *adjective, than)), following, (noun, kind))


def _is_more(form: str) -> bool:
    return form in _MORE or _superlative(form, ("er",)) is not None


def _operation(line: Sequence[Token], forms: Sequence[str]) -> Asks | None:
    extreme = _extreme(forms)
    added, average = _added(forms), _average(line)
    counted = _counted(line)
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
        return Asks("count", counted | added, noun, total=bool(added))
    if tuple(forms[:2]) == ("how", "much"):
        return Asks("sum", _opening(forms), total=True, of_ledger=True) if _HAVING.intersection(forms[2:3]) else None
    return _listed(line, forms)


def _counted(line: Sequence[Token]) -> frozenset[int]:
    """Where "how many" or "the number of" stands; not the number of one thing, as in "phone number of the vet"."""
    for at, (token, after) in enumerate(pairwise(line)):
        if (token.form, after.form) == ("how", "many") or (token.form == "number" and _is_of_many(line, at)):
            return frozenset((at, at + 1))
    return frozenset()


def _is_of_many(line: Sequence[Token], at: int) -> bool:
    """Whether "number of" at a place is how many there are: no word says which number, and no single thing follows."""
    kind = [token for token in line[max(0, at - 1) : at] if token.has_content and token.form not in _AVERAGES | _SUMS]
    of, *things = line[at + 1 : at + 3]
    is_single = any(token.is_named or token.form in DETERMINERS for token in things)
    return of.form == "of" and not (kind or is_single)


def _average(line: Sequence[Token]) -> frozenset[int]:
    """Where "average" or "mean" stands for what is to be worked out: not what is compared with, and not a verb."""
    forms = [token.form for token in line]
    places = _one_of(forms, _AVERAGES)
    against = {at for at in places if _AGAINST.intersection(forms[max(0, at - 2) : at])}
    verbs = {at for at in places if forms[at] == "mean" and not DETERMINERS.intersection(forms[max(0, at - 1) : at])}
    return places - against - verbs


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
    signs = MOST | _MORE if between else MOST
    before = ("", *forms)
    most = [at for at, form in enumerate(forms) if form in signs and before[at] not in _OF_AMOUNTS]
    if not (superlatives or most) and forms[-1] in _IN_TIME:
        return Asks(_IN_TIME[forms[-1]], frozenset((len(forms) - 1,)), measure=("date", "date"))
    if len(superlatives) + len(most) != 1 or NUMBERS.keys() & set(forms):
        return None
    if superlatives:
        at, (noun, kind, sign) = superlatives[0]
        return Asks("max" if sign > 0 else "min", frozenset((at,)), measure=(noun, kind), between=between)
    at, sign = most[0], signs[forms[most[0]]]
    following = (*forms, "")[at + 1].removesuffix("ly")
    if following == "of":
        return None
    noun, kind, direction = MEASURES.get(following, ("", "", 1))
    used = (at, at + 1) if following in MEASURES or following in _OFTEN else (at,)
    return Asks("max" if sign * direction > 0 else "min", frozenset(used), measure=(noun, kind), between=between)


def _superlative(form: str, endings: Sequence[str]) -> tuple[str, str, int] | None:
    """The measure of which a word says the most or the least, or more or less."""
    if form in _HIGHEST and form.endswith(tuple(endings)):
        return _HIGHEST[form]
    return measure_of(form, endings)


def measure_of(form: str, endings: Sequence[str]) -> tuple[str, str, int] | None:
    """What a form of an adjective of measure with one of these endings asks after, as `MEASURES` has it."""
    root = next((form.removesuffix(ending) for ending in endings if form.endswith(ending)), "")
    bases = (root, f"{root}e", root[:-1], f"{root[:-1]}y")
    return next((MEASURES[base] for base in bases if base in MEASURES), None)


def _listed(line: Sequence[Token], forms: Sequence[str]) -> Asks | None:
    """ "Which coffees are …", "who has …", "show me all orders that …"; a noun must follow at once."""
    first = 1 if forms[0] in PREPOSITIONS else 0
    opening = (*forms, "", "")[first : first + 3]
    if opening[0] == "who":
        predicate = [form for form in forms[first + 1 :] if form not in BE | NEGATIONS]
        is_of_one = bool(DETERMINERS.intersection(predicate[:1]))
        return None if is_of_one else Asks("list", frozenset((first,)))
    end = first + 1
    if opening[0] in _IMPERATIVES:
        end += opening[1] in _TO_WHOM
        if opening[end - first] in _EVERYTHING and not _noun(line, end + 1):
            return Asks("list", frozenset(range(first, end + 1)))
        if not any(_is_plural(line[at]) for at in _noun(line, end)):
            return None
    elif opening[0] in ("which", "what"):
        end += opening[1] in ("are", "were")
    elif line[first].has_content:  # "huts without a shower"
        end = first
    else:
        return None
    noun = _noun(line, end)
    return Asks("list", frozenset(range(first, end)), noun) if noun else None


def _is_plural(token: Token) -> bool:
    return token.form.endswith("s") and token.stem != fold(token.text)


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
