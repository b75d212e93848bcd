"""Whether a sentence tells what somebody said, where a question asks for that: a mere mention is no speech."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index.tokens import fold, stem, words
from index.types import Span, Word
from rag.language.names import group, initials, name_runs, skeleton
from rag.language.speakers import attributions
from rag.retrieval.reading import SAID, Candidate, Reading

_ASKED = (
    re.compile(
        r"\b(?:what|how) (?:do|does|did|has|have|had|was|is|were) (?P<who>\S+(?: \S+){0,9}?) (?:ever )?"
        r"(?<! his )(?<! her )(?<! its )(?<! the )(?<! their )"
        r"(?P<verb>say|said|think|respond|react|reply|answer|argue|claim|tell|told|warn|comment)\w*\b",
        re.I,
    ),
    re.compile(
        r"\bwhat (?:\w+ )?(?P<verb>comment|statement|remark|explanation|claim|warning|announcement|denial)s? "
        r"(?:do|does|did|has|have|had) (?P<who>\S.*?) (?:make|made|give|gave|given|offer|offered|issue|issued)\b",
        re.I,
    ),
)
_DEEDS = frozenset(["respond", "react", "answer", "reply"])
"""What may be done without words."""
_THOUGHT = "think"
"""What a text may tell of somebody without saying that it was said."""
_HEAD = re.compile(r".+?(?=,| (?:who|whom|that|which|in|at|from|on|with)\b|$)")
_ANYBODY = frozenset(stem(word) for word in ("government", "regime", "side", "people", "officials", "authorities"))
"""Bodies that a text calls by their country, or by the name of one of their own."""
_TELLS = (
    r"(?:sa(?:id|ys?|ying)|t(?:old|ells?|elling)|claim\w*|report\w*|stat(?:ed?|es|ing|ements?)|warn\w*|argu\w*|"
    r"expla\w*|announc\w*|den(?:y|ied|ies|ial\w*|ying)|add(?:ed|s|ing)|insist\w*|call(?:ed|s|ing)?|indicat\w+|"
    r"suggest\w*|not(?:ed?|es|ing)|alleg\w+|declar\w+|describ\w+|accus\w+|complain\w*|conclu\w+|blam\w+|believ\w+|"
    r"think\w*|thought|predict\w*|urg\w+|demand\w*|confirm\w*|comment\w*|remark\w*|respon\w+|repl(?:y|ied|ies)|"
    r"answer\w*|react\w*|vow\w*|pledg\w+|promis\w+|threat\w*|ask(?:ed|s|ing)?|refus\w+|reject\w*|condemn\w*|"
    r"denounc\w*|support\w*|back(?:ed|s|ing)|agree\w*|admit\w*|acknowledg\w*|express\w*|appeal\w*|spokes\w+|speak\w*|"
    r"spoke|words?|testif\w+|tweet\w*|post(?:ed|s|ing)?|wr(?:ites?|ote|itten|iting)|version|view\w*|position|opinion\w*|"
    r"narrative|line|consider\w*|hop(?:e[sd]?|ing)|fear\w*|want\w*|see[sn]?|saw|regard\w*|maintain\w*|assert\w*|"
    r"propos\w+|recommend\w*|advis\w+|caution\w*|critici[sz]\w*|prais\w+|stress\w*|emphasi\w+|reveal\w*|mention\w*|"
    r"quot\w+|find\w*|found|documented|conten(?:d|t)\w*|plea|know\w*|like\w*|worr\w+|concern\w*|object\w*|oppos\w+|"
    r"hint\w*|signal\w*|h(?:eld|olds?)|rul(?:ed|es|ing)|decid\w*|order\w*|must|should)\b"
)
_THEN_TELLS = re.compile(
    rf"(?:(?!, (?:and|but|while|as|when) )[^.;:!?“”\"]){{0,70}}?\b{_TELLS}|"
    rf", (?:(?!, and )[^.;:!?“”\"]){{0,130}}, {_TELLS}",
    re.I,
)
_TOLD_BY = re.compile(
    rf"(?:[,”\"]\s*{_TELLS}\s+(?:[\w’'.-]+,?\s+){{0,9}}|"
    rf"(?:\baccording to|\bin the (?:words|view|eyes) of|\b{_TELLS} by|"
    r"\b(?:statement|report|words?|remark|comment|claim|warning|account|version|view|letter|message)s? (?:of|from))\s+"
    r"(?:[\w’'.-]+,?\s+){0,4})$",
    re.I,
)
_NO_SUBJECT = re.compile(r"\b(?:to|at|of|against|for|on|from|with|by|in|about|over)\s+(?:the\s+)?(?:[A-Z][\w’-]*\s+)*$")


def speaker(reading: Reading, candidate: Candidate) -> str | None:
    """What `candidate` lacks as the words of whom the question asks for: "What did X say" needs X to speak in the
    sentence, beside it or as its source. None where it lacks nothing, or no words are asked for.
    """
    question = reading.question
    asked = next(filter(None, (pattern.search(question.text, question.asked_from) for pattern in _ASKED)), None)
    at = _who(reading, asked) if asked else []
    if not asked or not at:
        return None
    told = reading.with_before(candidate)
    if max(float(told[1][i]) for i in at) >= SAID:
        return None  # its author or outlet
    terms = [question.terms[i] for i in at]
    named = [term for term in terms if term.stem in question.names]
    role = terms[-1].stem not in question.names | _ANYBODY  # "X's minister" is not there where only X is
    if role and max(float(v[at[-1]]) for v in told) < SAID:
        return f"the passages give no words of {asked['who']} on this"
    likely = not named and max(float(v[i]) for v in told for i in at) >= SAID
    if _is_told(reading, candidate, named or terms, asked["verb"].lower(), likely):
        return None
    return f"the passages give no words of {asked['who']} on this"


def _who(reading: Reading, asked: re.Match[str]) -> list[int]:
    """Which terms of the question say whose words are asked for: "minister" of "the minister who met the king"."""
    head = _HEAD.match(asked["who"])
    end = asked.start("who") + (head.end() if head else 0)
    return [i for i, t in enumerate(reading.question.terms) if asked.start("who") <= t.span.start < end]


def _is_told(reading: Reading, candidate: Candidate, who: Sequence[Word], verb: str, likely: bool) -> bool:
    """Whether one of `who` speaks, or does what `verb` asks for; `likely` where they are not there in these words."""
    here, *beside = _round(candidate)
    own = [(here, span) for span in _mentions(reading, here, who)]
    led = [(text, span) for text in beside for span in _mentions(reading, text, who)]
    if not own and not led:
        return likely
    if verb == _THOUGHT:
        return True
    if verb in _DEEDS:
        return any(not _NO_SUBJECT.search(text, 0, span.start) for text, span in (*own, *led))
    if any(_speaks(text, span) for text, span in own):
        return True
    goes_on = all(item.is_pronoun for item in attributions(here))
    return goes_on and any(_speaks(text, span) for text, span in led)


def _round(candidate: Candidate) -> list[str]:
    """The sentence, and those that may tell who speaks in it: the two before and, after a quotation, the next."""
    read, at = candidate.read, candidate.at
    after = [at + 1] if "“" in candidate.text and at + 1 < len(read.spans) else []
    return [read.text(i) for i in (at, *range(max(0, at - 2), at), *after)]


def _mentions(reading: Reading, text: str, terms: Sequence[Word]) -> Iterator[Span]:
    """Where `text` names one of `terms`: as it is, by a country's people, spelt otherwise, short or long."""
    for term in terms:
        yield from (word.span for word in words(text) if _is_called(reading, word, term))
        if term.text.isupper():
            yield from (run for run in name_runs(text) if term.text in initials(run.of(text)))
    short = "".join(term.text[0] for term in terms)
    if len(terms) > 1 and short.isupper():
        yield from (word.span for word in words(text) if word.text == short)


def _is_called(reading: Reading, word: Word, term: Word) -> bool:
    kin, bones = group(term.text), skeleton(term.text)
    return (
        word.stem == term.stem
        or (kin is not None and group(word.text) == kin)
        or (bones is not None and word.text[:1].isupper() and skeleton(word.text) == bones)
        or fold(word.text) in reading.short_forms.get(fold(term.text), ())
    )


def _speaks(text: str, who: Span) -> bool:
    """Whether a word of telling follows a mention in its clause, or leads to it."""
    return bool(_THEN_TELLS.match(text, who.end) or _TOLD_BY.search(text, 0, who.start))
