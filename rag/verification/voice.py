"""Whose words a statement gives, and whose its source does. Pure."""

from __future__ import annotations

import re

from index.sentences import sentences
from index.tokens import words
from index.types import Span
from rag.language.names import group
from rag.language.speakers import Attribution, attributions, within
from rag.verification.pair import MEANING, Disagreement, Pair, stems

_ITSELF = frozenset(
    w.stem
    for w in words("article report passage source text author writer newspaper document page piece study paper quote")
)
"""How what was read may be called."""
_HEAD = re.compile(r"([A-Z][\w.&’'-]*(?: [A-Z&][\w.&’'-]*){0,4}):\s")
_NO_HEAD = frozenset(
    "answer note question yes no summary conclusion fact claim evidence context result quote source".split()
)
_FEWEST_OF_A_CLAIM = 3
_QUOTATION = re.compile(r"“[^“”]{1,800}”|(?<![\w”.,])\"(?=\S)[^\"]{1,800}(?<=\S)\"")
_MARKS = re.compile(r"[“”\"]")


def speakers(pair: Pair) -> list[Disagreement]:
    """Whoever the statement has it from must be who the source has it from."""
    told = attributions(pair.source)
    for claimed in attributions(pair.said):
        if claimed.is_pronoun or any(_same(claimed, item, pair) for item in told):
            continue
        if told:
            who = "someone else" if told[0].is_pronoun else told[0].who
            return [Disagreement(f"said by {who}, not {claimed.who}", True)]
        if not _may_have_it(claimed, pair):
            return [Disagreement(f"the source does not have this from {claimed.who}", False)]
    return _headed(pair)


def lost_speaker(pair: Pair) -> list[Disagreement]:
    """A claim of someone in the source told as a fact, be he named in the sentence or not."""
    said = {p.key for p in pair.said_parts if p.kind in MEANING}
    shared = said & {p.key for p in pair.source_parts}
    for told in attributions(pair.source):
        content = {p.key for p in within(pair.source_parts, told.content) if p.kind in MEANING}
        if told.is_weighty and said and (len(said & content) >= 0.6 * len(said) or (shared and shared <= content)):
            return [Disagreement(f"the source has this only from {told.who}", False)]
    quoted = {p.key for span in _quotations(pair) for p in within(pair.source_parts, span)}
    whole = len(said) >= _FEWEST_OF_A_CLAIM and shared <= quoted and len(shared) >= 0.6 * len(said)
    if quoted and whole and not _MARKS.search(pair.said):
        return [Disagreement("the source has this only in quotation marks, as somebody's words", False)]
    return []


def _quotations(pair: Pair) -> list[Span]:
    """What of the source's sentence stands in quotation marks that open and close in its paragraph, somewhere."""
    before, after = pair.before.rsplit("\n", 1)[-1], pair.after.split("\n", 1)[0]
    text, start, end = before + pair.source + after, len(before), len(before + pair.source)
    found = [Span(*match.span()) for match in _QUOTATION.finditer(text)]
    return [
        Span(max(s.start, start) - start, min(s.end, end) - start) for s in found if s.end > start and s.start < end
    ]


def _may_have_it(claimed: Attribution, pair: Pair) -> bool:
    """Whether it is the source itself that is named, someone of whom the sentence tells, or who spoke last before it."""
    if claimed.stems & _ITSELF or _places(claimed.who) & _places(pair.source):
        return True
    spoke = [item.stems for item in attributions(_antecedents(pair))]
    near = [*({w.stem for w in words(text)} for text in (pair.heading, pair.source)), *spoke]
    return any(2 * len(claimed.stems & told) >= len(claimed.stems) for told in near)


def _headed(pair: Pair) -> list[Disagreement]:
    """ "The Herald: …" must be the Herald's, or be about it."""
    head = _HEAD.match(pair.said)
    if head is None or not pair.heading:
        return []
    known = stems(head[1]) & stems(f"{pair.heading} {pair.source}")
    if known or head[1].lower() in _NO_HEAD or _places(head[1]) & _places(pair.source):
        return []
    return [Disagreement(f"the source is {pair.heading}, not {head[1]}", True)]


def _same(claimed: Attribution, told: Attribution, pair: Pair) -> bool:
    """Whether two speakers may be one; of several that are joined by "and", each must be in the source's."""
    return all(_one_of(who, told, pair) for who in re.split(r"\s+and\s+(?=[A-Z])", claimed.who))


def _one_of(who: str, told: Attribution, pair: Pair) -> bool:
    if stems(who) & told.stems or _places(who) & _places(told.who):
        return True
    if told.is_pronoun or (len(words(told.who)) <= 3 and not any(w.text[:1].isupper() for w in words(told.who)[1:])):
        known = {w.stem for w in words(f"{_antecedents(pair) or pair.around} {told.who}")}
        return bool(stems(who) & known)
    return False


def _places(text: str) -> set[int | None]:
    """The countries that `text` speaks of, by whatever name."""
    return {group(word.text) for word in words(text)} - {None}


def _antecedents(pair: Pair) -> str:
    """Where "he" of "he said" may have been named: from the sentence on that last names who says something."""
    told = sentences(pair.before)
    for at in range(len(told) - 1, -1, -1):
        if any(not item.is_pronoun for item in attributions(told[at].of(pair.before))):
            return pair.before[told[at].start :]
    return ""
