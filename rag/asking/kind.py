"""The kind of answer that a question asks for, by the word that asks and what it is put to.

Only that word counts: "who votes when there is a tie" asks for a person, and "where is a number of dunes" for a place.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal[
    "number", "length", "time", "age", "money", "percent", "date", "person", "place", "country",
    "name", "reason", "speech", "claim", "any",
]  # fmt: skip

_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|must|may|might|am|exactly|else|about)"
_WHEN = rf"when(?=(?:'s|'re|'d)?\s+{_AUX}\b|'s\b|\W*$)"
"""That asks; any other begins a clause, as in "what happened when he left"."""
_HEAD = re.compile(rf"\b(?:who|whom|whose|what|which|where|why|how|{_WHEN})\b")
_BEING = re.compile(r"what(?:'s|\s+(?:is|are|was|were))\b")
_SAID = r"say|said|tell|told|claim|claimed|write|written|wrote|argue|call|called|think|warn|warned|report|reported|describe|blame|state|announce"
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("claim", rf"^(?!\w+ you\b){_AUX}\b"),
    ("length", r"how (?:far|close|near|tall|deep|wide|high)\b|what distance|how many (?:miles|kilomet|km|met(?:er|re)s)"),
    ("age", r"how old\b|what age\b"),
    ("time", r"how long\b|how many (?:hours|days|weeks|months|years|minutes|decades)\b|over what period|what period"),
    ("money", r"how much (?:money|did .* (?:cost|pay|spend)|does .* cost|is .* worth|.* cost)|what (?:price|cost)\b|how expensive|"
     r"how much (?:is|are|was|were|has|have|had|does|do|did|will|would|must) .*\b(?:pa(?:y|ys|id|ying)|spen(?:d|ds|t|ding)|"
     r"costs?|costing|earn(?:s|ed|ing)?|invest(?:s|ed|ing)?|worth|charg(?:es?|ed|ing)|owe[sd]?|owing|donat(?:es?|ed|ing))\b"),
    ("percent", r"what (?:percent|share|proportion|portion|fraction)|which (?:share|proportion|percent)|how much of\b|percent"),
    ("number", r"how many\b|number of\b|^(?:the )?number\b|\bnumber$\b|how large\b|how big\b|\bpopulation\b|how often\b|death toll|\bhow much\b|what size\b"),
    ("date", rf"\b{_WHEN}|what (?:date|day|month|year|time)|which (?:date|day|month|year)|(?:on|in|since|by) (?:what|which) (?:date|day|month|year|exact)"),
    ("country", r"(?:which|what|whose) (?:country|countries|nation|nations|government)\b"),
    ("place", r"\bwhere\b|(?:which|what) (?:city|cities|town|towns|place|places|suburb|village|province|region|state|river|airport|airfield|base|facility)\b"),
    ("person", r"\bwho\b|\bwhom\b|\bwhose\b|(?:which|what) (?:\w+ ){0,2}(?:person|man|woman|official|politician|leader|general|commander|spokesman|spokesperson|analyst|journalist|author|minister|president|expert|envoy|diplomat|reporter|writer|king|governor)\b"),
    ("reason", r"\bwhy\b|what (?:reason|motive|explanation|purpose|cause)|how come|for what reason|what for\b"),
    ("name", r"\bname of\b|\bnames? (?:is|was|are|were)\b"),
    ("speech", rf"what (?:do|does|did|has|have|had) .*\b(?:{_SAID})\b|what (?:was|is|were) .*\b(?:said|told|claimed|written|argued|reported|announced)\b"),
    ("name", r"(?:what|which) .*\bname\b|\bcalled\b|(?:which|what) (?:\w+ )?(?:group|militia|organi[sz]ation|company|party|agency|outlet|newspaper|paper|magazine|site|website|station|channel|body|service)\b"),
)  # fmt: skip
_COMPILED: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple((kind, re.compile(p)) for kind, p in _KINDS)


def kind_of(question: str) -> Kind:
    """The kind of `question`, which is in lower case with plain apostrophes; "any" where none is recognised.

    What is put to the word that asks comes before what stands ahead of it, as in "the number fell after what year".
    """
    head = _HEAD.search(question)
    ahead: Kind | None = None
    for kind, pattern in _COMPILED:
        found = pattern.search(question)
        if found is None:
            continue
        asks = _HEAD.search(found[0])
        if head is None or (asks and found.start() + asks.start() == head.start()):
            return kind
        if not asks and found.start() < head.start():
            ahead = ahead or kind
        elif not asks and (_BEING.match(question, head.start()) or found.start() - head.end() <= 1):
            return kind
    return ahead or "any"
