"""Whether a sentence can be the answer: what the question asks for must be there, about what it is asked of.

Evidence that shares the topic but not the asked thing is no evidence. Each check is a plain rule that holds for any
documents; it returns None where it finds no fault, and otherwise says in words what the passages lack, which is what
a refusal tells the person. A check that cannot tell stays silent.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index.dates import find_dates
from index.tokens import stem, words
from index.types import Encoded, Span, Word
from rag.align import coverage
from rag.names import group, is_capital
from rag.quantities import Quantity, find_quantities
from rag.reading import Candidate, Reading

_SAID = 0.5
"""A term covered this well counts as said."""
_COUNTED = 0.35
"""The words beside a number say what is counted when they cover it this well."""
_CALENDAR = frozenset(
    (
        "january february march april may june july august september october november december jan feb mar "
        "apr jun jul aug sept sep oct nov dec monday tuesday wednesday thursday friday saturday sunday"
    ).split()
)
_RELATIVE_DATE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|earlier (?:this|today)|(?:last|this|next|previous|past) (?:few |\w+ )?(?:week|month|year|night|day|spring|summer|"
    r"autumn|fall|winter|decade)s?|(?:last |on |early |late )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:(?:in|since|by|early|"
    r"late|mid|from|until|of|last|before|after|during|early in)[ -](?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december|spring|summer|autumn|winter))|(?:hours|days|weeks|months|years) (?:ago|later|earlier|after|before)|when )",
    re.I,
)
_SPEECH = re.compile(
    r"[“\"]|\b(?:said|says?|told|tells?|claim\w*|report\w*|according|stat(?:ed|es|ing|ement)|warn\w*|argu\w*|explain\w*|"
    r"announc\w*|den(?:y|ied|ies)|add(?:ed|s)|insist\w*|call(?:ed|s|ing)|indicat\w+|suggest\w+|note[ds]?|alleg\w+|declar\w+|"
    r"describ\w+|accus\w+|complain\w*|conclud\w+|blam\w+|believ\w+|think\w*|thought|predict\w*|urg\w+|demand\w*|confirm\w*|must|should)\b",
    re.I,
)
_ROLE_WORD = re.compile(
    r"\b(?:spokes\w+|officials?|activists?|officers?|commanders?|generals?|ministers?|ministry|report|body|advis[eo]rs?|man|woman|"
    r"analysts?|coroner|diplomats?|experts?|government|military|forces?|coalition|agency|group|council|army|police|"
    r"president|regime|rebels?|militia|investigators?|inspectors?|journalists?|civilians?|residents?|witness\w*|scientists?|"
    r"researchers?|authors?|company|companies|department|lawyers?|doctors?|teachers?|they|he|she|mother|father|brother|sister|wife|husband)\b",
    re.I,
)
_ASKED_ROLE = re.compile(
    r"\bwho(?:'s| is| was| are| were)\s+(?:the\s+|a\s+|an\s+)?(?P<role>[a-z]+(?:\s[a-z]+)?)\s+(?:of|in|at|for)\b"
)
_BETWEEN = re.compile(r"\b(?:how far|distance)\b.*\b(?:from|between|to)\b", re.I)
_ANY_THING = frozenset(
    stem(w) for w in ["people", "persons", "places", "things", "items", "times", "cases", "ones", "pieces", "parts"]
)
_WHO_DID = re.compile(
    r"who\s+(?P<deed>[a-z]{3,}ed|won|led|built|wrote|took|made|gave|sent|sold|bought|found|shot|broke|paid)\b"
)
_PERSONAL = re.compile(
    r"\b(?:general|commander|politician|leader|minister|president|official|spokes\w+|person|man|woman|author|journalist|"
    r"coroner|king|governor|analyst|soldier|pilot|doctor|director|chief|head|founder|ambassador|envoy|wife|husband|son|daughter)s?\b",
    re.I,
)
_NAMED_KINDS = re.compile(
    r"\b(?:river|lake|mountain|street|road|bridge|sea|island|university|hospital|hotel|church|mosque|school|valley|ocean|desert|court)s?\b",
    re.I,
)
_PLACED = re.compile(
    r"\b(?:in|at|near|from|to|outside|around|of|into|inside|toward|towards|on|over|across|through|between|reach|leave|left|entered)\s+"
    r"(?:the\s+|a\s+|its\s+|his\s+|their\s+|[a-z-]+\s+){0,3}(?P<name>(?:al-|el-)?[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*)|"
    r"(?P<before>[A-Z][\w’'-]+)\s+(?:province|city|region|district|town|village|base|facility|airport)"
)
_CITY = re.compile(r"\b(?:city|cities|town|towns|village|villages|suburb|suburbs)\b", re.I)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a sentence lacks, in words. `hard` when it is about someone or something else altogether."""

    text: str
    hard: bool


def faults(reading: Reading, candidate: Candidate) -> list[Fault]:
    """What `candidate` lacks as an answer, the weightiest first; empty where nothing is found wanting."""
    found = ((check(reading, candidate), check in _HARD) for check in _CHECKS)
    return [Fault(text, hard) for text, hard in found if text]


def _names(reading: Reading, candidate: Candidate) -> str | None:
    """Every name that the question gives must be in the sentence or what stands round it."""
    question = reading.question
    for phrase in name_phrases(question.text, question.terms, question.names):
        at = [i for i, term in enumerate(question.terms) if term in phrase]
        if max(float(candidate.context[i]) for i in at) < _SAID and not _is_topic(candidate, phrase):
            return f"the passages do not connect this with “{_shown(question.text, phrase)}”"
    return None


def _is_topic(candidate: Candidate, phrase: Sequence[Word]) -> bool:
    """Whether the article speaks of a name so often that its sentences need not repeat it."""
    return any(word.stem in candidate.read.topics for word in phrase)


def name_phrases(text: str, terms: Sequence[Word], names: frozenset[str]) -> list[tuple[Word, ...]]:
    """The names among `terms`, those that stand side by side as one."""
    phrases: list[list[Word]] = []
    for term in terms:
        if term.stem not in names:
            continue
        if phrases and text[phrases[-1][-1].span.end : term.span.start] in (" ", "-", "’s ", "'s "):
            phrases[-1].append(term)
        else:
            phrases.append([term])
    return [tuple(phrase) for phrase in phrases]


def _years(reading: Reading, candidate: Candidate) -> str | None:
    """A year that the question gives must be the sentence's, its neighbours' or the article's."""
    asked = reading.question.years
    if not asked or reading.question.kind == "date":
        return None
    read = candidate.read
    told = {d.year for d in find_dates(read.passage.text) if d.year} | {
        int(read.source.date[:4]) if read.source.date else 0
    }
    missing = sorted(asked - told)
    return f"the passages say nothing of {missing[0]} about this" if missing else None


def _measure(reading: Reading, candidate: Candidate) -> str | None:
    """A length, a duration, an age, a price or a share must be given, with its unit."""
    question, text = reading.question, candidate.text
    kind = question.kind
    wanted = {
        "length": "a distance",
        "time": "a length of time",
        "age": "an age",
        "money": "a sum of money",
        "percent": "a share",
    }
    if kind not in wanted:
        return None
    units = {"length", "age", "money", "percent", "time"} & {kind}
    given = [q for q in find_quantities(text) if q.unit in units]
    if kind == "time" and not given and len(find_dates(text)) > 1:
        return None
    if kind == "age" and not given and not re.search(r",\s\d{1,3},", text):
        return "the passages give no age"
    if not given and kind != "age":
        return f"the passages give no {wanted[kind].split(' ', 1)[1]} for this"
    if (kind == "age" or _BETWEEN.search(question.text)) and (apart := _unsaid_names(reading, candidate)):
        return f"the passages give {wanted[kind]}, but not for “{apart}”"
    return None


def _unsaid_names(reading: Reading, candidate: Candidate) -> str | None:
    """A name of the question that the sentence itself does not say; a capital city means only itself here."""
    question = reading.question
    stems = {word.stem for word in candidate.encoded.words}
    for phrase in name_phrases(question.text, question.terms, question.names):
        for word in phrase:
            strict = is_capital(word.text)
            at = question.terms.index(word)
            if (strict and word.stem not in stems) or (
                not strict and float(candidate.said[at]) < 0.3 and len(phrase) == 1
            ):
                return word.text
    return None


def _count(reading: Reading, candidate: Candidate) -> str | None:
    """A number must be given that the question does not give itself, and it must count what is asked."""
    question = reading.question
    if question.kind != "number":
        return None
    given = [q for q in find_quantities(candidate.text) if _counts(q, candidate.text, question.numbers)]
    if not given:
        return "the passages give no number for this"
    if not question.focus:
        return None
    best = max(_beside(reading, candidate, quantity) for quantity in given)
    if best < _COUNTED and not all(term.stem in _ANY_THING for term in question.focus):
        return f"the passages give a number, but not of {_shown(question.text, question.focus)}"
    capital = next((t.text for t in question.terms if is_capital(t.text) and t.stem in question.names), None)
    if capital and not _near_by(candidate, capital):
        return f"the passages give a number, but not for “{capital}”"
    return None


def _counts(quantity: Quantity, text: str, asked: frozenset[float]) -> bool:
    if quantity.unit == "ordinal" or round(quantity.value, 6) in asked:
        return False
    return quantity.unit in ("count", "percent", "length", "time") and quantity.span.of(text).lower() not in (
        "one",
        "second",
    )


def _beside(reading: Reading, candidate: Candidate, quantity: Quantity) -> float:
    """How well the words beside a number say what is counted."""
    said = candidate.encoded
    near = [
        i
        for i, word in enumerate(said.words)
        if 0 <= word.span.start - quantity.span.end <= 45 or 0 <= quantity.span.start - word.span.end <= 25
    ]
    if not near:
        return 0.0
    part = Encoded(said.vector, tuple(said.words[i] for i in near), said.word_vectors[near])
    return float(np.max(coverage(reading.question.focus, reading.encoded, part, reading.short_forms)))


def _near_by(candidate: Candidate, word: str) -> bool:
    """Whether the sentence or the two before it say `word` itself."""
    texts = [candidate.read.text(i) for i in range(max(0, candidate.at - 2), candidate.at + 1)]
    return any(word.lower() == found.text.lower() for text in texts for found in words(text))


def _date(reading: Reading, candidate: Candidate) -> str | None:
    """A time must be given."""
    if reading.question.kind != "date":
        return None
    text = candidate.text
    given = [d for d in find_dates(text) if not (d.year in reading.question.years and d.month is None)]
    return None if given or _RELATIVE_DATE.search(text) else "the passages give no date for this"


def _who(reading: Reading, candidate: Candidate) -> str | None:
    """A person or body that the question does not name must be there; a role asked for must be said."""
    question = reading.question
    if question.kind != "person":
        return None
    asked = _ASKED_ROLE.search(question.text.lower())
    if asked:
        roles = [i for i, t in enumerate(question.terms) if t.text.lower() in asked["role"].split()]
        if roles and max(float(candidate.said[i]) for i in roles) < 0.6:
            return f"the passages name no {asked['role']} in this"
    if new_names(reading, candidate) or _ROLE_WORD.search(candidate.text):
        return None
    return "the passages name nobody for this"


def _deed(reading: Reading, candidate: Candidate) -> str | None:
    """ "Who founded X" needs a founding: a sentence with every word of the question but its verb is about something else."""
    question = reading.question
    asked = _WHO_DID.match(question.text.lower())
    at = [i for i, t in enumerate(question.terms) if asked and t.text.lower() == asked["deed"]]
    if not at or len(question.terms) < 2 or _SPEECH.match(question.terms[at[0]].text):
        return None
    others = [i for i in range(len(question.terms)) if i not in at]
    rest = float(np.average(candidate.context[others], weights=reading.weights[others] + 1e-6))
    if float(candidate.said[at[0]]) < 0.12 and rest > 0.75:
        return f"the passages do not say who {question.terms[at[0]].text} this"
    return None


def new_names(reading: Reading, candidate: Candidate) -> list[Word]:
    """Names in the sentence that the question does not give, calendar names aside."""
    given = {term.stem for term in reading.question.terms}
    groups = {group(term.text) for term in reading.question.terms} - {None}
    found = []
    for i, word in enumerate(words(candidate.text)):
        if not word.text[:1].isupper() or word.is_stop or len(word.text) < 2 or word.text.lower() in _CALENDAR:
            continue
        if word.stem in given or group(word.text) in groups or (i == 0 and not _is_mid_name(candidate, word)):
            continue
        found.append(word)
    return found


def _is_mid_name(candidate: Candidate, word: Word) -> bool:
    """Whether a sentence's first word is a name: the next word has a capital too, or the passage writes it so elsewhere."""
    following = candidate.text[word.span.end : word.span.end + 2]
    if following[:1] == " " and following[1:].isupper():
        return True
    return (
        bool(re.search(rf"[a-z,]\s{re.escape(word.text)}\b", candidate.read.passage.text))
        or group(word.text) is not None
    )


def _named(reading: Reading, candidate: Candidate) -> str | None:
    """Where a name is asked for, a name must be there: of a person, two words with capitals side by side."""
    question = reading.question
    if not question.given_name and question.kind != "name":
        return None
    found = new_names(reading, candidate)
    if question.given_name and _PERSONAL.search(question.text):
        pairs = itertools.pairwise(found)
        full = any(candidate.text[a.span.end : b.span.start] == " " for a, b in pairs)
        titled = any(_PERSONAL.search(candidate.text[max(0, w.span.start - 14) : w.span.start]) for w in found)
        return None if full or titled else "the passages do not give the name"
    return None if found else "the passages do not give a name for this"


def _where(reading: Reading, candidate: Candidate) -> str | None:
    """A place must be there that the question does not name: of the kind asked for, where its name would say so."""
    question, text = reading.question, candidate.text
    if question.kind not in ("place", "country"):
        return None
    if question.kind == "country":
        given = {group(t.text) for t in question.terms}
        told = {group(w.text) for w in words(text)} - {None} - given
        return None if told else "the passages name no country for this"
    kind = _NAMED_KINDS.search(question.text)
    if kind and not re.search(rf"\b{kind.group().rstrip('s')}", text, re.I):
        return f"the passages name no {kind.group().rstrip('s')} in this"
    fresh = new_names(reading, candidate)
    if not fresh and not re.search(
        r"\b(?:in|at|near|on|from|to|outside|inside|under)\s+(?:the|a|an|its|their|his)\s", text
    ):
        return "the passages give no place for this"
    if _CITY.search(question.text):
        placed = [Span(*m.span("name" if m["name"] else "before")) for m in _PLACED.finditer(text)]
        if not any(group(w.text) is None and any(p.contains(w.span) for p in placed) for w in fresh):
            return "the passages name no such place"
    return None


def _speech(reading: Reading, candidate: Candidate) -> str | None:
    """Words must be reported, or an opinion given."""
    if reading.question.kind != "speech":
        return None
    read, at = candidate.read, candidate.at
    beside = " ".join(read.text(i) for i in (at - 1, at + 1) if 0 <= i < len(read.spans))
    return None if _SPEECH.search(candidate.text) or "“" in beside else "the passages report no words on this"


def _elsewhere(reading: Reading, candidate: Candidate) -> str | None:
    """A rare word of the question that other passages say, but nothing near this sentence does: it is about something else."""
    question = reading.question
    if question.kind not in ("number", "percent", "length", "money", "age"):
        return None
    heaviest = float(reading.weights.max(initial=0.0))
    for i, term in enumerate(question.terms):
        if (
            question.is_context(term)
            or term.stem in question.names
            or float(reading.weights[i]) < 0.75 * heaviest
            or float(candidate.context[i]) > 0.15
        ):
            continue
        if any(float(other.said[i]) >= 0.99 for other in reading.candidates):
            return f"the passages speak of “{term.text}”, but not with this"
    return None


_CHECKS: tuple[Callable[[Reading, Candidate], str | None], ...] = (
    _names, _years, _measure, _count, _date, _named, _who, _deed, _where, _speech, _elsewhere,
)  # fmt: skip
_HARD = frozenset({_names, _years, _named, _deed, _speech, _elsewhere})


def _shown(text: str, terms: Sequence[Word]) -> str:
    return text[terms[0].span.start : terms[-1].span.end]
