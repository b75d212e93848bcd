"""What in a statement its source contradicts or does not have. Pure; each check gives a note that a person understands.

A check compares parts set side by side (`rag.language.parts`), so words merely left out are no fault, and words that are in the
source in another place are found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from index.sentences import sentences
from index.tokens import words
from rag.language.names import acronyms, group, skeleton
from rag.language.parts import CONDITION, INTENT, Change, Part, agrees, cut, set_beside, unmatched
from rag.language.speakers import Attribution, attributions, within

_ROUND = frozenset("some about around nearly almost roughly approximately over more least close up estimated".split())
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
_AGAINST: dict[str, set[str]] = {}
for _one, _other in _OPPOSITES:
    _AGAINST.setdefault(_one, set()).add(_other)
    _AGAINST.setdefault(_other, set()).add(_one)
_MEANING = ("word", "name", "number", "date")
_BY = re.compile(r"\bby\b")
_SIGNS = frozenset(w.stem for w in words("indication evidence sign proof suggestion hint trace reason claim"))
"""Between a negation and what it denies: "no sign that", "no proof of"."""
_PRONOUNS = frozenset(
    "he she it they him her them his hers its their who this these those former latter company group man woman team".split()
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is wrong, in words. `grave` when the source says otherwise, not only nothing of it."""

    note: str
    grave: bool


@dataclass(frozen=True)
class Pair:
    """A statement, or a clause of one, and the sentence of the source that it is held against.

    `around` is what else bears on it: the sentences beside and the source's own names; `before` is what of it stands
    before the sentence. `names` are stems that the source writes with a capital.
    """

    said: str
    source: str
    around: str
    names: frozenset[str]
    year: int | None = None
    before: str = ""

    @cached_property
    def said_parts(self) -> list[Part]:
        """The statement's parts."""
        return cut(self.said, self.names)

    @cached_property
    def source_parts(self) -> list[Part]:
        """The source's parts."""
        return cut(self.source, self.names)

    @cached_property
    def changes(self) -> list[Change]:
        """Where the statement departs from the source."""
        return set_beside(self.said_parts, self.source_parts)

    @cached_property
    def new(self) -> list[Part]:
        """Parts that the statement alone has."""
        return unmatched(self.said_parts, self.source_parts)

    @cached_property
    def gone(self) -> list[Part]:
        """Parts that the source alone has."""
        return unmatched(self.source_parts, self.said_parts)

    @cached_property
    def around_parts(self) -> list[Part]:
        """The parts of what else bears on it."""
        return cut(self.around, self.names)

    def opposite(self, part: Part) -> list[Part]:
        """What the source says in the place of `part`, as far as the statement does not say it elsewhere."""
        gone = {item.key for item in self.gone}
        at = next((change for change in self.changes if part in change.said), None)
        return [item for item in at.source if item.key in gone] if at else []


def disagreements(pair: Pair) -> list[Disagreement]:
    """Every fault found, the gravest first."""
    found = [
        *_amounts(pair), *_names(pair), *_first_word(pair), *_swapped(pair), *_turned(pair), *_opposites(pair), *_negations(pair), *_speaker(pair), *_hedges(pair)
    ]  # fmt: skip
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
    before = [word.text.lower() for word in words(pair.said[max(0, said.span.start - 22) : said.span.start])][-2:]
    rounds = bool(_ROUND & set(before)) or (before[-1:] == ["than"])
    return rounds and said.unit == source.unit and abs(said.value - source.value) <= 0.1 * abs(source.value)


def _elsewhere(pair: Pair, part: Part) -> bool:
    """Whether a number or date stands beside the source's sentence, or is the year that it was printed in."""
    if part.kind == "date" and pair.year is not None and part.date == (pair.year, None, None):
        return True
    return any(part.key == other.key or agrees(part, other) for other in pair.around_parts)


def _names(pair: Pair) -> list[Disagreement]:
    """A name must be in the source; beside it will do, where the source has a pronoun or nothing in its place."""
    source = pair.source_parts
    bones = {skeleton(p.text) for p in (*source, *pair.around_parts) if p.text[:1].isupper()} - {None}
    short = acronyms(f"{pair.around} {pair.source} {pair.said}")
    beside = {p.key for p in pair.around_parts}
    plain = {w.stem for w in words(pair.source)}
    found = []
    for part in pair.new:
        stem = next((w.stem for w in words(part.text)), part.text)
        rivals = [p for p in pair.opposite(part) if p.kind == "name"]
        if not _is_proper(part, pair) or stem in plain or _is_short(part, short, pair, rivals):
            continue
        if not rivals and (skeleton(part.text) in bones or part.key in beside):
            continue
        if rivals and part.key in beside and _stands_in(pair, part):
            continue
        if rivals:
            found.append(Disagreement(f"the source says {_run(rivals, pair.source)}, not {part.text}", True))
        else:
            found.append(Disagreement(f"“{part.text}” is not in the source's words", False))
    return found


def _first_word(pair: Pair) -> list[Disagreement]:
    """Where only a word with a capital differs, it may be a name though a sentence begins with it."""
    if len(pair.new) != 1 or len(pair.gone) != 1:
        return []
    said, source = pair.new[0], pair.gone[0]
    alike = said.kind == "word" and source.kind in ("word", "name") and source in pair.opposite(said)
    if not alike or not (said.text[:1].isupper() and source.text[:1].isupper()):
        return []
    return [Disagreement(f"“{said.text}” is not in the source's words", False)]


def _is_proper(part: Part, pair: Pair) -> bool:
    """Whether it is a name; a small word or a number with a capital is one where the source has nothing but a name."""
    if part.kind not in ("stop", "number"):
        return part.kind == "name"
    if part.span.start < 2 or not part.text[:1].isupper() or part.text.lower() in _PRONOUNS:
        return False
    source = next((change.source for change in pair.changes if change.said == (part,)), ())
    return bool(source) and all(p.kind == "name" for p in source)


def _stands_in(pair: Pair, part: Part) -> bool:
    """Whether a title or a first name is put before a name that both say: "John Smith" for "Mr Smith"."""
    at, new = pair.said_parts.index(part), {id(p) for p in pair.new}
    after = next(iter(pair.said_parts[at + 1 : at + 2]), None)
    beside = after is not None and pair.said[part.span.end : after.span.start] in (" ", ". ")
    return beside and after is not None and after.kind == "name" and id(after) not in new


def _is_short(part: Part, short: dict[str, tuple[str, ...]], pair: Pair, rivals: Sequence[Part]) -> bool:
    """Whether a name is the short form of one in the source, or a word of one that the source gives in short."""
    lower = part.text.lower()
    told = {w.text.lower() for w in words(f"{pair.source} {pair.around}")}
    if lower in short:
        return not rivals or any(p.text.lower() in short[lower] for p in rivals)
    return any(lower in long and key in told for key, long in short.items())


def _run(parts: Sequence[Part], text: str) -> str:
    """The first name of `parts`, all of its words."""
    end = parts[0].span.end
    for part in parts[1:]:
        if text[end : part.span.start] != " ":
            break
        end = part.span.end
    return text[parts[0].span.start : end]


def _swapped(pair: Pair) -> list[Disagreement]:
    """Names or numbers that have changed places: each is in the source, but where the other is."""
    new = {id(part) for part in pair.new}
    for change in pair.changes:
        kinds = {part.kind for part in (*change.said, *change.source)}
        if len(change.said) != len(change.source) or len(change.said) > 3 or kinds not in ({"name"}, {"number"}):
            continue
        twins = zip(change.said, change.source, strict=True)
        if not any(id(a) in new or a.key == b.key or agrees(a, b) for a, b in twins):
            return [_there(pair, change.said, change.source)]
    said, source = ([p for p in parts if p.kind == "name"] for parts in (pair.said_parts, pair.source_parts))
    if not pair.new and not pair.gone and not attributions(pair.said) and " and " not in pair.said:
        moved = next(((a, b) for a, b in zip(said, source, strict=True) if a.key != b.key), None)
        return [_there(pair, moved[:1], moved[1:])] if moved else []
    return []


def _turned(pair: Pair) -> list[Disagreement]:
    """Who does it and whom it is done to, turned round: each begins with the name that the other has only later on."""
    if attributions(pair.said) or attributions(pair.source) or _BY.search(pair.said) or _BY.search(pair.source):
        return []
    said, source = _begins_with(pair.said_parts), _begins_with(pair.source_parts)
    if said is None or source is None or said.key == source.key:
        return []
    if said.key not in {p.key for p in pair.source_parts} or source.key not in {p.key for p in pair.said_parts}:
        return []
    return [Disagreement(f"the source tells what {source.text} does, not {said.text}", False)]


def _begins_with(parts: Sequence[Part]) -> Part | None:
    """The name that a sentence begins with, an article or a number before it or not."""
    first = next((part for part in parts if part.text.lower() not in ("the", "a", "an")), None)
    return first if first is not None and first.kind == "name" else None


def _there(pair: Pair, said: Sequence[Part], source: Sequence[Part]) -> Disagreement:
    told = pair.source[source[0].span.start : source[-1].span.end].strip()
    return Disagreement(
        f"the source says {told} there, not {pair.said[said[0].span.start : said[-1].span.end].strip()}", True
    )


def _opposites(pair: Pair) -> list[Disagreement]:
    """A word whose opposite the source has instead: more and less, before and after, rose and fell."""
    gone = {part.text.lower(): part for part in pair.gone}
    for part in pair.new:
        against = _AGAINST.get(part.text.lower(), set()) & gone.keys()
        if against:
            return [Disagreement(f"the source says “{gone[min(against)].text}”, not “{part.text}”", True)]
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
    scope = [p for p in after[:5] if p.kind in _MEANING][:2]
    if not scope:
        scope = [p for p in pair.source_parts[max(0, at - 3) : at] if p.kind in ("word", "name")][-1:]
    said = {p.key for p in pair.said_parts}
    return bool(scope) and all(p.key in said for p in scope)


def _deed_is_said(pair: Pair, part: Part) -> bool:
    """Whether the statement says half or more of what stands after `part` in the source, four words that mean something."""
    at = pair.source_parts.index(part)
    scope = [p for p in pair.source_parts[at + 1 : at + 9] if p.kind in _MEANING][:4]
    said = {p.key for p in pair.said_parts}
    return bool(scope) and 2 * sum(p.key in said for p in scope) >= len(scope)


def _hedges(pair: Pair) -> list[Disagreement]:
    """What the source says may be so is not so; nor what someone in it says."""
    if any(part.kind == "hedge" for part in pair.new) or attributions(pair.said):
        return _lost_hedge(pair) if not any(part.kind == "hedge" for part in pair.new) else []
    told = _lost_speaker(pair)
    return told or _lost_hedge(pair)


def _lost_hedge(pair: Pair) -> list[Disagreement]:
    for part in pair.gone:
        is_said = _deed_is_said if part.key in (INTENT, CONDITION) else _scope_is_said
        if part.kind == "hedge" and is_said(pair, part):
            return [Disagreement(f"the source says “{part.text}”", False)]
    return []


def _lost_speaker(pair: Pair) -> list[Disagreement]:
    """A claim of someone in the source told as a fact."""
    said = {p.key for p in pair.said_parts if p.kind in ("word", "name", "number", "date")}
    for told in attributions(pair.source):
        content = {
            p.key for p in within(pair.source_parts, told.content) if p.kind in ("word", "name", "number", "date")
        }
        shared = said & {p.key for p in pair.source_parts}
        if told.is_weighty and said and (len(said & content) >= 0.6 * len(said) or (shared and shared <= content)):
            return [Disagreement(f"the source has this only from {told.who}", False)]
    return []


def _speaker(pair: Pair) -> list[Disagreement]:
    """Whoever the statement has it from must be who the source has it from."""
    told = attributions(pair.source)
    for claimed in attributions(pair.said):
        if claimed.is_pronoun or not told or any(_same(claimed, item, pair) for item in told):
            continue
        who = "someone else" if told[0].is_pronoun else told[0].who
        return [Disagreement(f"said by {who}, not {claimed.who}", True)]
    return []


def _same(claimed: Attribution, told: Attribution, pair: Pair) -> bool:
    places = {group(w.text) for w in words(told.who)} - {None}
    if claimed.stems & told.stems or any(group(w.text) in places for w in words(claimed.who)):
        return True
    if told.is_pronoun or (len(words(told.who)) <= 3 and not any(w.text[:1].isupper() for w in words(told.who)[1:])):
        known = {w.stem for w in words(f"{_antecedents(pair) or pair.around} {told.who}")}
        return bool(claimed.stems & known)
    return False


def _antecedents(pair: Pair) -> str:
    """Where "he" of "he said" may have been named: from the sentence on that last names who says something."""
    told = sentences(pair.before)
    for at in range(len(told) - 1, -1, -1):
        if any(not item.is_pronoun for item in attributions(told[at].of(pair.before))):
            return pair.before[told[at].start :]
    return ""
