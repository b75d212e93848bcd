"""Who a sentence says its words are from: "the mayor said", "according to the army", "said Ann Lee"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.tokens import words
from index.types import Span
from rag.language.parts import Part

_SAYS = (
    "said|says|told|stated|states|claimed|claims|alleged|alleges|argued|argues|announced|insisted|insists|denied|denies|"
    "accused|accuses|warned|warns|added|adds|declared|explained|acknowledged|admitted|confirmed|suggested|predicted|"
    "blamed|blames|condemned|complained|concluded|testified|tweeted|asserted|asserts|maintained|maintains|believes|believed|"
    "indicated|indicates|hinted|hints|signaled|signalled|noted|notes|answered|answers|replied|replies|responded|stressed|"
    "emphasized|emphasised|remarked"
)
_WEAK = frozenset(
    (
        "announced explained acknowledged admitted confirmed concluded condemned warned denied denies noted notes answered "
        "answers replied replies responded stressed emphasized emphasised remarked"
    ).split()
)
"""Verbs whose words are those of who said them, but whose loss does not make a claim a fact."""
_CLAIM = re.compile(
    r"(?:[Tt]he\s+)?(?P<who>[A-Z][\w’'-]*(?:\s[A-Z][\w’'-]*){0,3})\s+(?:[a-z]+\s+)?(?P<verb>claim|allegation|accusation|assertion|version)s?\s+that\b"
)
_VERB = re.compile(rf"\b(?P<verb>{_SAYS})\b", re.I)
_ACCORDING = re.compile(
    r"\b(?:according to|in the words of|in the view of)\s+(?P<who>(?:(?-i:[A-Z])\.|[^,.;:“”\"]){2,70})", re.I
)
_BEFORE = re.compile(
    r"(?:^|[,.;:“”\"—–]|\b(?:that|and|but|while|when|as|because|after|although|which)\b)\s*(?P<who>[^,.;:“”\"—–]{1,70})$",
    re.I,
)
_BRACKETED = re.compile(r"(?:^|[.;:”\"]\s*|[,”]\s*)(?P<who>[^,.;:“”\"]{1,60}),[^,.;:]{2,80},\s*(?:\w+ly\s+)?$")
_INVERTED = re.compile(r"^\s+(?P<who>(?:the\s+|an?\s+)?[\w’'.-]+(?:\s+[\w’'.-]+){0,5}?)(?=[,.;:”\"]|$)")
_AUXILIARY = frozenset("has have had is was were be been being also later then it there".split())
_PRONOUNS = frozenset("he she they it we i who his her their".split())
_ENDS = re.compile(r"\s*(?:[.,;!?”\"]|$)")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who a sentence has something from, as it stands there, and the part of the sentence that is theirs."""

    who: str
    stems: frozenset[str]
    verb: str
    content: Span

    @property
    def is_pronoun(self) -> bool:
        """Whether the speaker is known only from the sentences before."""
        return not self.stems

    @property
    def is_weighty(self) -> bool:
        """Whether leaving it out would turn a claim into a fact."""
        return self.verb not in _WEAK


def attributions(text: str) -> list[Attribution]:
    """Every attribution in `text`, in order; words inside quotation marks are not looked at."""
    bare = re.sub(r"“[^”]*”|\"[^\"]*\"", lambda m: "“" + " " * (len(m.group()) - 2) + "”", text)
    found = [_made(m["who"], "according", _other_side(bare, m)) for m in _ACCORDING.finditer(bare)]
    found += [_made(m["who"], m["verb"], Span(m.end(), len(bare))) for m in _CLAIM.finditer(bare)]
    for match in _VERB.finditer(bare):
        if (told := _by_verb(bare, match)) is not None:
            found.append(told)
    return [item for item in found if item is not None]


def _by_verb(text: str, verb: re.Match[str]) -> Attribution | None:
    before, after = text[: verb.start()].rstrip(), text[verb.end() :]
    name = verb["verb"].lower()
    inverted = _INVERTED.match(after) if before.endswith((",", "”", '"', "?")) else None
    if inverted:
        return _made(inverted["who"], name, Span(0, verb.start()))
    subject = _BRACKETED.search(before + " ") or _BEFORE.search(before)
    if subject is None:
        return None
    closes = _ENDS.match(after) is not None or _ends_soon(after)
    first = subject.start("who") <= 1
    content = Span(0, subject.start("who")) if closes and not first else Span(verb.end(), len(text))
    return _made(subject["who"], name, content)


def _ends_soon(after: str) -> bool:
    """Whether what follows the verb only tells where or when it was said: "said in a statement on Monday."."""
    return (
        re.match(
            r"\s+(?:(?:in|on|at|to|during|yesterday|earlier|later)\b[^,;:]{0,50}|[A-Z][\w’]+(?: [A-Z]\w+)?(?: on \w+)?)[.”]?$",
            after,
        )
        is not None
    )


def _other_side(text: str, match: re.Match[str]) -> Span:
    return Span(match.end(), len(text)) if match.start() < 3 else Span(0, match.start())


def _made(who: str, verb: str, content: Span) -> Attribution | None:
    told = [word for word in words(who) if word.text.lower() not in _AUXILIARY]
    if not told or any(word.text.lower().endswith("ing") for word in told[:1]):
        return None
    kept = frozenset(
        w.stem for w in told if not w.is_stop and w.text.lower() not in _PRONOUNS and not w.text.endswith("ly")
    )
    if not kept and not any(word.text.lower() in _PRONOUNS for word in told):
        return None
    return Attribution(" ".join(who.split()), kept, verb, content)


def within(parts: Sequence[Part], span: Span) -> list[Part]:
    """The parts that lie in `span`."""
    return [part for part in parts if span.contains(part.span)]
