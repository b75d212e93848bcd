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
from index.tokens import words
from index.types import Span, Word
from rag.answering import amounts, identity
from rag.answering.amounts import in_column
from rag.answering.speaker import speaker
from rag.asking.question import name_phrases, shown
from rag.language.names import CALENDAR, group, one_edit
from rag.retrieval.reading import SAID, Candidate, Read, Reading
from rag.retrieval.tables import asks_of_column

_SPEECH = re.compile(
    r"[“\"]|\b(?:said|says?|told|tells?|claim\w*|report\w*|according|stat(?:ed|es|ing|ement)|warn\w*|argu\w*|explain\w*|"
    r"announc\w*|den(?:y|ied|ies)|add(?:ed|s)|insist\w*|call(?:ed|s|ing)|indicat\w+|suggest\w+|note[ds]?|alleg\w+|declar\w+|"
    r"describ\w+|accus\w+|per the|float(?:ed|s)|reject\w*|complain\w*|conclud\w+|blam\w+|believ\w+|think\w*|thought|predict\w*|urg\w+|demand\w*|confirm\w*|must|should)\b",
    re.I,
)
_ROLE_WORD = re.compile(
    r"\b(?:spokes\w+|officials?|activists?|officers?|commanders?|generals?|ministers?|ministry|report|body|advis[eo]rs?|man|woman|"
    r"analysts?|coroner|diplomats?|experts?|government|military|forces?|coalition|agency|group|council|army|police|"
    r"president|regime|rebels?|militia|people|public|everyone|everybody|anyone|anybody|nobody|no one|members?|citizens?|scholars?|workers?|"
    r"investigators?|inspectors?|journalists?|civilians?|residents?|witness\w*|scientists?|"
    r"researchers?|authors?|company|companies|department|lawyers?|doctors?|teachers?|they|he|she|mother|father|brother|sister|wife|husband)\b",
    re.I,
)
_ASKED_ROLE = re.compile(
    r"\bwho(?:'s| is| was| are| were)\s+(?:the\s+|a\s+|an\s+)?(?!to\b|in\b|on\b|at\b|[a-z]+ed\b|responsible\b)(?P<role>[a-z]+(?:\s[a-z]+)?)\s+(?:of|in|at|for)\b"
)
_SUPERLATIVE = re.compile(
    r"\b(?:least|fewest|worst|(?:big|larg|small|high|low|old|young|long|short|rich|poor|strong|weak|fast|great|near|clos|earli|deadli|heavi)(?:g)?est)\b",
    re.I,
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
_PRONOUN = re.compile(r"[“\"]?(?:he|she|they|it|his|her|their|its)\b", re.I)
_BACK = 800
"""Characters, at most, from a pronoun to whom it means."""
_JUDGED = frozenset(["age", "length", "time", "money", "percent", "date", "place", "country"])
"""Kinds of question for which other checks look for what is asked."""
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
        if _is_other_source(reading, candidate, phrase):
            continue
        known = not candidate.read.columns and _is_known(candidate, phrase)  # a row says nothing of the others
        if max(float(candidate.context[i]) for i in at) < SAID and not (known or _misspelt(reading, candidate, phrase)):
            return f"the passages do not connect this with “{shown(question.text, phrase)}”"
    return None


def _is_other_source(reading: Reading, candidate: Candidate, phrase: Sequence[Word]) -> bool:
    """Whether a name is that of another source that is read, where the question names the sentence's own source too."""
    named = {term.stem for term in reading.question.terms if term.stem in reading.question.names}
    own = _source_stems(candidate.read)
    return not own.isdisjoint(named) and any(
        {word.stem for word in phrase} <= stems and stems.isdisjoint(own) for stems in map(_source_stems, reading.reads)
    )


def _source_stems(read: Read) -> frozenset[str]:
    """Of the outlet's and the author's names."""
    names = (read.source.outlet, read.source.author)
    return frozenset(word.stem for name in names if name for word in words(name) if not word.is_stop)


def _is_known(candidate: Candidate, phrase: Sequence[Word]) -> bool:
    """Whether the article says a name, so that each of its sentences need not: as it is, by initials, or by a country's people."""
    names, short = candidate.read.names, candidate.read.initials
    if any(word.stem in names or re.sub(r"['’]s$", "", word.text) in short for word in phrase):
        return True
    if len(phrase) == 1 and phrase[0].text.lower() in CALENDAR:
        return _is_month(candidate, phrase[0])
    own = "".join(word.text[0] for word in phrase)
    if len(own) > 1 and own.isupper() and re.search(rf"\b{own}\b", candidate.read.passage.text):
        return True
    kin = {group(word.text) for word in phrase} - {None}
    return bool(kin) and any(group(name) in kin for name in names)


def _is_month(candidate: Candidate, name: Word) -> bool:
    """Whether the article is of a month, or the passage gives a date in it, however that is written."""
    told = [*find_dates(candidate.read.passage.text), *find_dates(candidate.read.source.date or "")]
    return any(date.month == asked.month for asked in find_dates(f"{name.text} 2000") for date in told if date.month)


def _misspelt(reading: Reading, candidate: Candidate, phrase: Sequence[Word]) -> bool:
    """Whether a name that no passage has is a letter away from one in the article."""
    unknown = [word.stem for word in phrase if word.stem not in reading.names]
    return any(one_edit(told, name) for told in unknown for name in candidate.read.names)


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
        if not word.text[:1].isupper() or word.is_stop or len(word.text) < 2 or word.text.lower() in CALENDAR:
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
    if question.field == "outlet" or (not question.given_name and question.kind != "name"):
        return None  # every quote stands under its outlet
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
    if question.kind not in ("place", "country") or in_column(reading, candidate):
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


def _column(reading: Reading, candidate: Candidate) -> str | None:
    """What a table would give in a column must be in one: a number in a row may be anything."""
    row, question = candidate.cells, reading.question
    asked = question.text[question.asked_from :]
    if not row or not asks_of_column(asked) or question.kind in _JUDGED or in_column(reading, candidate):
        return None
    return "the table has no column for this"


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
        if _points_back(candidate) and any(float(other.said[i]) >= 0.99 for other in _earlier(reading, candidate)):
            continue
        if any(float(other.said[i]) >= 0.99 for other in reading.candidates):
            return f"the passages speak of “{term.text}”, but not with this"
    return None


def _points_back(candidate: Candidate) -> bool:
    """Whether a sentence is about whom those before it name."""
    return _PRONOUN.match(candidate.text) is not None


def _earlier(reading: Reading, candidate: Candidate) -> list[Candidate]:
    """The sentences of the article that stand a little before one, as far as they were read."""
    own = candidate.read.passage
    return [
        other
        for other in reading.candidates
        if (other.read.passage.document_id, other.read.passage.article) == (own.document_id, own.article)
        and 0 < candidate.span.start - other.span.start <= _BACK
    ]


def _superlative(reading: Reading, candidate: Candidate) -> str | None:
    """ "The biggest" must be said to be so."""
    asked = _SUPERLATIVE.search(reading.question.text, reading.question.asked_from)
    if not asked or any(_sense(asked[0]) == _sense(told) for told in _SUPERLATIVE.findall(candidate.text)):
        return None
    return f"the passages do not say what is {asked[0]}"


def _sense(superlative: str) -> str:
    """A word that superlatives of one meaning share."""
    lower = superlative.lower()
    return "big" if lower in ("biggest", "largest", "greatest") else lower


_CHECKS: tuple[Callable[[Reading, Candidate], str | None], ...] = (
    _names, amounts.years, amounts.measure, amounts.count, amounts.date, _named, _who, _deed, _where, _speech, _elsewhere,
    _superlative, speaker, identity.unnamed, identity.expansion, identity.owner, amounts.share, _column,
)  # fmt: skip
_HARD = frozenset(
    {_names, amounts.years, _named, _deed, _speech, _elsewhere, _superlative, speaker, identity.unnamed,
     identity.expansion, identity.owner, amounts.share, _column}
)  # fmt: skip
