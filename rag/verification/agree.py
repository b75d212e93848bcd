"""What in a statement its source contradicts or does not have. Pure; each check gives a note that a person understands.

A check compares parts set side by side (`rag.language.parts`), so words merely left out are no fault, and words that are in the
source in another place are found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.tokens import words
from rag.language.parts import CONDITION, INTENT, Part, agrees, cut
from rag.language.speakers import attributions
from rag.verification.naming import names
from rag.verification.pair import MEANING, Disagreement, Pair, stems
from rag.verification.voice import lost_speaker, speakers

_ROUND = frozenset("some about around nearly almost roughly approximately over more least close up estimated".split())
_BOUND = re.compile(
    r"\b(?:at (?:least|most)|(?:no )?(?:more|less|fewer|longer|further) than|over|under|up to|as (?:many|much|few) as|"
    r"(?:a )?minimum of|(?:a )?maximum of)\s+(?:[$€£]\s?)?$",
    re.I,
)
"""What makes a number the least or the most of what it counts."""
_PROPORTIONS = frozenset("half most many few majority minority third thirds quarter quarters fraction part".split())
_THESE = frozenset("these those them".split())
_OF = re.compile(r"\s+(?:of\s+(?:(?:the|all|its|their|his|her|our)\s+)*(?P<what>[\w’'-]+)|[a-z]+\b)")
"""After an amount: of what it is one, or what these do."""
_OPPOSITES = [
    pair.split("/")
    for pair in (
        "more/less more/fewer most/least most/fewest higher/lower highest/lowest larger/smaller largest/smallest bigger/smaller "
        "biggest/smallest greater/less greater/lesser greater/smaller greatest/least longer/shorter longest/shortest older/younger "
        "oldest/youngest earlier/later earliest/latest before/after above/below over/under better/worse best/worst first/last "
        "faster/slower fastest/slowest stronger/weaker strongest/weakest richer/poorer rose/fell rise/fall rises/falls rising/falling "
        "increase/decrease increased/decreased increases/decreases increasing/decreasing gain/loss gained/lost won/lost "
        "north/south east/west northern/southern eastern/western northeast/southwest northwest/southeast up/down "
        "support/oppose supported/opposed accept/reject accepted/rejected admitted/denied confirmed/denied majority/minority "
        "major/minor heavier/lighter warmer/colder hotter/colder deeper/shallower wider/narrower taller/shorter nearer/farther "
        "closer/farther easier/harder nearly/over almost/over nearly/more almost/more expensive/cheap maximum/minimum "
        "always/never often/rarely all/none everyone/nobody with/without began/ended opened/closed allowed/banned "
        "upper/lower inside/outside guilty/innocent legal/illegal success/failure succeeded/failed better/worst"
    ).split()
]
_EACH_OTHERS = "black white red green blue yellow brown grey orange purple pink/spring summer autumn winter".split("/")
_FROM = re.compile(
    r"\b(?:based on|caused by|led to|due to|because of|followed by|as a result of|in response to|in return for|driven by)\b",
    re.I,
)
"""Between two things of which one is of the other."""
_AGAINST: dict[str, set[str]] = {word: {*told.split()} - {word} for told in _EACH_OTHERS for word in told.split()}
for _one, _other in _OPPOSITES:
    _AGAINST.setdefault(_one, set()).add(_other)
    _AGAINST.setdefault(_other, set()).add(_one)

_SIGNS = frozenset(w.stem for w in words("indication evidence sign proof suggestion hint trace reason claim"))
"""Between a negation and what it denies: "no sign that", "no proof of"."""


def disagreements(pair: Pair) -> list[Disagreement]:
    """Every fault found, the gravest first."""
    found = [
        *_amounts(pair),
        *_bounds(pair),
        *_shares(pair),
        *names(pair),
        *_opposites(pair),
        *_turned_round(pair),
        *_negations(pair),
        *speakers(pair),
        *_hedges(pair),
    ]
    return sorted(found, key=lambda fault: not fault.grave)


def _amounts(pair: Pair) -> list[Disagreement]:
    """Every number and date of the statement must be the source's; numbers said to be round may be near."""
    found = _repeated(pair)
    for part in pair.new:
        if part.kind not in ("number", "date"):
            continue
        if any(agrees(part, other) or _about(pair, part, other) for other in pair.source_parts):
            continue
        rivals = [p for p in pair.opposite(part) if _comparable(p, part)] or [
            p
            for p in pair.gone
            if p.kind == part.kind and (part.kind == "date" or p.value == part.value or p.unit == part.unit)
        ]
        if not rivals and _elsewhere(pair, part):
            continue
        if rivals:
            found.append(Disagreement(f"the source says {rivals[0].text.strip()}, not {part.text.strip()}", True))
        else:
            noun = "date" if part.kind == "date" else "number"
            found.append(Disagreement(f"the {noun} {part.text.strip()} is not in the source's words", False))
    return found


def _bounds(pair: Pair) -> list[Disagreement]:
    """ "At least 40" is not 40: the least or the most of something is not told as all of it."""
    numbers = [part for part in pair.source_parts if part.kind == "number"]
    for part in pair.said_parts:
        told = [other for other in numbers if part.kind == "number" and other.key == part.key]
        bounds = [_BOUND.search(pair.source, 0, other.span.start) for other in told]
        if (
            told
            and all(bounds)
            and not (_round_before(pair.said, part) or _BOUND.search(pair.said, 0, part.span.start))
        ):
            return [Disagreement(f"the source says “{bounds[0][0]}{told[0].text}”", False)] if bounds[0] else []
    return []


def _shares(pair: Pair) -> list[Disagreement]:
    """ "Half of the mills" are not the mills: of how many something is told may not be left out."""
    if any(part.text.lower() in _PROPORTIONS for part in pair.said_parts):
        return []
    stems = {word.stem for word in words(pair.said)}
    for part in pair.gone:
        of = _OF.match(pair.source, part.span.end)
        counts = part.kind == "number" and part.base is None and not any(agrees(p, part) for p in pair.said_parts)
        if of is None or not (counts or part.text.lower() in _PROPORTIONS):
            continue
        opens = not pair.source[: part.span.start].strip(' “"')
        if of["what"] is None or of["what"].lower() in _THESE:
            left_out = opens and (of["what"] is not None or part.text.lower() in _PROPORTIONS)
        else:
            left_out = any(word.stem in stems for word in words(of["what"]))
        if left_out:
            return [Disagreement(f"the source says “{pair.source[part.span.start : of.end()].strip()}”", False)]
    return []


def of_two_times(said: str, told: Sequence[str]) -> list[Disagreement]:
    """A statement made of sentences that tell of different days, and that does not name these, mixes two events."""
    mine = _when(said)
    dated = [when for when in map(_when, told) if when]
    for other in dated[1:]:
        if not any(_same_day(a, b) for a in dated[0] for b in other) and not all(
            any(_same_day(a, b) for a in mine for b in when) for when in (dated[0], other)
        ):
            return [Disagreement("it joins what the source tells of two times", False)]
    return []


def _when(text: str) -> list[Part]:
    return [part for part in cut(text) if part.kind == "date"]


def _same_day(one: Part, other: Part) -> bool:
    return one.key == other.key or agrees(one, other) or agrees(other, one)


def _round_before(text: str, part: Part) -> bool:
    """Whether a number is said to be round, or is but a bound."""
    before = [word.text.lower() for word in words(text[max(0, part.span.start - 22) : part.span.start])][-2:]
    return bool(_ROUND & set(before)) or before[-1:] == ["than"]


def _repeated(pair: Pair) -> list[Disagreement]:
    """A number of the source that stands a second time, where the source has another: it is the source's elsewhere only."""
    gone = {part.key for part in pair.gone}
    often = {part.key for part in pair.new} & {part.key for part in pair.source_parts}
    for change in pair.changes:
        for part in change.said:
            rivals = [p for p in change.source if p.key in gone and _comparable(p, part)]
            if part.kind in ("number", "date") and part.key in often and rivals:
                return [Disagreement(f"the source says {rivals[0].text.strip()} there, not {part.text.strip()}", True)]
    return []


def _comparable(one: Part, other: Part) -> bool:
    """Whether one can stand in the other's place: two dates, two lengths of time or space, or two plain numbers."""
    return one.kind == other.kind and (one.kind == "date" or (one.base is None) == (other.base is None))


def _about(pair: Pair, said: Part, source: Part) -> bool:
    """ "Some 80" may stand for 83, "nearly half" for 48 %."""
    if said.kind != "number" or source.kind != "number" or said.value == source.value:
        return False
    return (
        _round_before(pair.said, said)
        and said.unit == source.unit
        and abs(said.value - source.value) <= 0.1 * abs(source.value)
    )


def _elsewhere(pair: Pair, part: Part) -> bool:
    """Whether a number or date stands beside the source's sentence, or is the year that it was printed in."""
    if part.kind == "date" and pair.year is not None and part.date == (pair.year, None, None):
        return True
    return any(part.key == other.key or agrees(part, other) for other in pair.around_parts)


def _opposites(pair: Pair) -> list[Disagreement]:
    """A word whose opposite the source has instead: more and less, before and after, rose and fell, black and red."""
    gone = {part.text.lower(): part for part in pair.gone}
    for part in pair.new:
        against = _AGAINST.get(part.text.lower(), set()) & gone.keys()
        if against:
            return [Disagreement(f"the source says “{gone[min(against)].text}”, not “{part.text}”", True)]
    return []


def _turned_round(pair: Pair) -> list[Disagreement]:
    """What rests on something, came of it or followed it is not what that rests on, came of or followed."""
    for told in _FROM.finditer(pair.source):
        said = re.search(rf"\b{re.escape(told[0])}\b", pair.said, re.I)
        after = stems(pair.said[said.end() :]) if said else set()
        left, right = stems(pair.source[: told.start()]), stems(pair.source[told.end() :])
        if len(after & left) >= 2 and len(after & left) > len(after & right):
            return [Disagreement(f"in the source this stands before “{told[0]}”, not after it", True)]
    return []


def _negations(pair: Pair) -> list[Disagreement]:
    """A negation may be neither lost nor won, where what it denies is in both."""
    for part in pair.gone:
        if part.kind == "negation" and _scope_is_said(pair, part):
            return [Disagreement(f"the source says “{part.text}”, and this does not", True)]
    for part in pair.new:
        if part.kind == "negation" and not _denies(pair.gone):
            return [Disagreement(f"this says “{part.text}”, and the source does not", True)]
    for part in pair.gone:
        lost = _denies([part]) and not _denies(pair.said_parts) and not any(p.kind == "negation" for p in pair.new)
        if lost and _scope_is_said(pair, part):
            return [Disagreement(f"the source says “{part.text}”", True)]
    for part in pair.new:
        if _denies([part]) and not _denies(pair.source_parts) and not any(p.kind == "negation" for p in pair.gone):
            return [Disagreement(f"this says “{part.text}”, and the source does not", True)]
    return []


def _denies(parts: Sequence[Part]) -> bool:
    return any(p.kind == "word" and str(p.key) in ("deni", "deny", "refus", "fail", "lack", "reject") for p in parts)


def _scope_is_said(pair: Pair, part: Part) -> bool:
    """Whether what stands after `part` in the source, the next two words that mean something, is in the statement.

    After "no sign of" and the like it is the words after these.
    """
    at = pair.source_parts.index(part)
    after = pair.source_parts[at + 1 :]
    while after and (after[0].kind == "stop" or after[0].key in _SIGNS):
        after = after[1:]
    scope = [p for p in after[:5] if p.kind in MEANING][:2]
    if not scope:
        scope = [p for p in pair.source_parts[max(0, at - 3) : at] if p.kind in ("word", "name")][-1:]
    said = {p.key for p in pair.said_parts}
    return bool(scope) and all(p.key in said for p in scope)


def _deed_is_said(pair: Pair, part: Part) -> bool:
    """Whether the statement says half or more of what stands after `part` in the source, four words that mean something."""
    at = pair.source_parts.index(part)
    scope = [p for p in pair.source_parts[at + 1 : at + 9] if p.kind in MEANING][:4]
    said = {p.key for p in pair.said_parts}
    return bool(scope) and 2 * sum(p.key in said for p in scope) >= len(scope)


def _hedges(pair: Pair) -> list[Disagreement]:
    """What the source says may be so is not so; nor what someone in it says."""
    if any(part.kind == "hedge" for part in pair.new) or attributions(pair.said):
        return _lost_hedge(pair) if not any(part.kind == "hedge" for part in pair.new) else []
    told = lost_speaker(pair)
    return told or _lost_hedge(pair)


def _lost_hedge(pair: Pair) -> list[Disagreement]:
    for part in pair.gone:
        is_said = _deed_is_said if part.key in (INTENT, CONDITION) else _scope_is_said
        if part.kind == "hedge" and is_said(pair, part):
            return [Disagreement(f"the source says “{part.text}”", False)]
    return []
