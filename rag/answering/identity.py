"""Whether a sentence says what something is called or whose it is, where a question asks for that.

A village that is only spoken of has no name. Each check returns None where it finds no fault, else what is lacking.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from index.tokens import stem, words
from index.types import Span, Word
from rag.asking.question import Question
from rag.language.names import CALENDAR, group, initials, name_runs
from rag.retrieval.reading import Candidate, Reading

_ASKED_NAME = re.compile(
    r"\bnames?(?: (?:is|was|are|were))? (?:of|for|given to) (?:the|that|this|those|all|a|an) (?P<of>[^?.;]+)|"
    r"\bwho(?:['’]s| is| was) (?:the|that|this) (?P<who>[^?.,;]+)|"
    r"\b(?:what|which) (?P<which>[^?.,;]+?)[\s,–-]+"
    r"(?:what(?:['’]s| is| was) (?:his|her|its|the|their) names?|by name)\b|"
    r"\bwhat (?:is|was|are|were) (?:the|that|this) (?P<called>[^?.,;]+?) "
    r"(?:(?:\w+ly|also|sometimes|often|now|then|once) )?(?:called|named)\b",
    re.I,
)
_ROLE = re.compile(
    r"(?:general|commander|politician|leader|minister|president|official|spokes\w+|analyst|journalist|governor|coroner|"
    r"king|soldier|pilot|doctor|director|chief|head|founder|ambassador|envoy|diplomat|secretary|mayor|judge|lawyer)",
    re.I,
)
_PHRASE_ENDS = re.compile(
    r"(?:\s(?:who|whom|whose|that|which|when|where|in|at|of|on|near|from|for|with|to|by|was|is|were|are|has|had|have|"
    r"did|do|does|can|could|may|might|will|would|should|must|hit|shot|seen|held|found|built|sent|made|met|took|taken|won|led|wrote|gave|sold|bought|broke|paid|went|came|left|became|began|said|told|"
    r"[a-z]+ed|[a-z]+ing)\b|,\s(?:who|whom|whose|which|where|and|or)\b|[?.;]).*",
    re.S,
)
_LONGEST = 4
"""Words of such a phrase, at most: a longer one holds a verb that was not seen."""
_NAME_AFTER = re.compile(
    r"(?:[^.;:]{0,60}? (?:called|named|known as|dubbed|titled) (?:the |an? )?[“\"]?(?P<said>\w[\w’'-]*)|"
    r"(?: of|,| (?:is|was|were|are)(?: the| a)?(?: [a-z]+){0,2})? [“\"]?(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*))"
)
_NAME_AHEAD = re.compile(
    r"(?P<name>[A-Z][\w’'-]+)"
    r"(?:(?:,| ?[—–(]| (?:is|was|were|are|became|remained|remains)\b)[^.;:]{0,80}|(?: [a-z’'-]+)?) ?$"
)
_ASKED_LETTERS = re.compile(
    r"\bwhat (?:do|does|did) (?:the )?(?:letters |abbreviation |acronym )?(?P<stand>\S+) stands? for\b|"
    r"\b(?P<short>\S+) (?:is |are )?(?:short|an abbreviation|an acronym) for\b|"
    r"\b(?:abbreviation|acronym|initials|letters) (?:of |for )?(?P<of>[A-Z][\w.-]+)\b",
    re.I,
)
_OWNED = re.compile(r"\b(?P<owner>[A-Z][\w-]+)['’]s (?P<thing>[a-z]{3,})\b")


def unnamed(reading: Reading, candidate: Candidate) -> str | None:
    """What is asked for by name must have one where the sentence speaks of it: "they took a village" names none."""
    question = reading.question
    asked = _ASKED_NAME.search(question.text, question.asked_from)
    thing = _noun(next(filter(None, asked.groups())), question.names) if asked else None
    if asked is None or thing is None or (asked["who"] and not _ROLE.fullmatch(thing.text)):
        return None
    given = {term.stem for term in question.terms}
    spoken = [word.span for word in words(candidate.text) if word.stem == thing.stem]
    if not spoken or any(_has_name(candidate.text, span, given) for span in spoken):
        return None
    return f"the passages speak of the {thing.text}, but give no name"


def _noun(phrase: str, names: Collection[str]) -> Word | None:
    """What a phrase is about, "village" of "village that was taken"; None where that has a name or cannot be told."""
    told = [word for word in words(_PHRASE_ENDS.sub("", phrase)) if not word.is_stop]
    return told[-1] if 0 < len(told) <= _LONGEST and told[-1].stem not in names else None


def _has_name(text: str, thing: Span, given: Collection[str]) -> bool:
    """Whether a name stands with a thing: "the village of X", "General X", "X, a general", "the X bridge"."""
    after, ahead = _NAME_AFTER.match(text, thing.end), _NAME_AHEAD.search(text, 0, thing.start)
    if after and after["said"]:
        return True
    told = [word for match in (after, ahead) if match for word in words(match["name"])]
    return any(
        not w.is_stop and w.stem not in given and group(w.text) is None and w.text.lower() not in CALENDAR for w in told
    )


def asks_letters(question: Question) -> bool:
    """Whether it is asked what letters stand for: whatever sentence spells them out is the answer."""
    return _ASKED_LETTERS.search(question.text, question.asked_from) is not None


def expansion(reading: Reading, candidate: Candidate) -> str | None:
    """What letters stand for must be there: words that begin with them, or a name beside them as another form of it."""
    question = reading.question
    asked = _ASKED_LETTERS.search(question.text, question.asked_from)
    if not asked:
        return None
    short = next(filter(None, asked.groups())).strip("“”\"'.")
    letters = short.replace(".", "").upper()
    as_it_is = rf"(?i:{re.escape(short)})"
    other_form = re.search(
        rf"[A-Z][\w’'-]+(?:,? or (?:the )?|,? ?\((?:the )?){as_it_is}\b|\b{as_it_is} \((?:the )?[A-Z]", candidate.text
    )
    if other_form or any(letters in initials(run.of(candidate.text)) for run in name_runs(candidate.text)):
        return None
    return f"the passages do not say what {short} stands for"


def owner(reading: Reading, candidate: Candidate) -> str | None:
    """ "X's border" is not "Y's border": a sentence that gives the thing to others alone is not about X's."""
    question = reading.question
    for asked in _OWNED.finditer(question.text, question.asked_from):
        told = [m for m in _OWNED.finditer(candidate.text) if stem(m["thing"]) == stem(asked["thing"])]
        if told and not any(_is_one(m["owner"], asked["owner"]) for m in told):
            return f"the passages speak of {told[0][0]}, but not of {asked[0]}"
    return None


def _is_one(one: str, other: str) -> bool:
    kin = group(one)
    return stem(one) == stem(other) or (kin is not None and kin == group(other))
