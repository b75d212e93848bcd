"""A statement held against its evidence by code alone: what stands there, in what order, and what differs. Pure.

Only what can be compared exactly is compared: values, identifiers, words by their stems, and the closed classes that turn
a sentence (negations, modals, what narrows it). No word of an open class has a meaning here, so that an invented word
fares as any other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from itertools import pairwise

from rag.lexicon import AUXILIARIES, CONDITIONALS
from rag.reader.layout import Unit
from rag.verification.edits import negations_changed, sides_changed
from rag.verification.parts import Part, in_order, matches, parts

_LONGEST, _CHARACTERS = 400, 4_000
"""Parts and characters of one text that are compared; what is longer is compared so far."""
_MOST, _GAIN = 4, 0.08
"""Units that a statement is held against at once, and the share of it that each further one must add."""
_FEWEST = 2
"""Parts that mean something which a sentence must have to be taken as copied."""
_CLAUSE_APART = 3
"""How many parts a clause between two parts counts for in their distance."""
_PARTICLE = re.compile(r"^\W*(?:yes|no)\b\s*[,.:;–—-]\s*", re.IGNORECASE)
"""An answer before the sentence that says it."""
_LIGHT = AUXILIARIES | frozenset("a an the and also there that of to".split())
"""Words that a shortened sentence may add."""
_LIMITS = {"least": "at least", "most": "at most", "more": "more than", "less": "less than"}


@dataclass(frozen=True, slots=True)
class Features:
    """What the comparison measured. Shares are of the statement's parts that mean something, by weight."""

    cover_best: float = 0.0
    """Share said by one unit under its headings."""
    cover_all: float = 0.0
    order: float = 0.0
    """Share said by the best unit in the statement's order."""
    dropped: float = 0.0
    """Share of the best unit's parts that the statement leaves out."""
    names_missing: float = 0.0
    values_missing: float = 0.0
    identifiers_missing: float = 0.0
    rival: float = 0.0
    """Whether the best unit has another value where one of the statement's is missing."""
    negation_lost: float = 0.0
    negation_added: float = 0.0
    hedge_lost: float = 0.0
    must_added: float = 0.0
    narrowing_lost: float = 0.0
    narrowing_added: float = 0.0
    universal_added: float = 0.0
    misbound: float = 0.0
    """How much better a unit without one of the values fits the words about it than any with the value."""
    crossed: float = 0.0
    """Share of the words about a value that stand nearer to another value of its unit."""
    swapped: float = 0.0
    """The same, of values that the statement has both."""
    contained: float = 0.0
    """Whether one unit has all that is said, nothing that turns it is left out, and no value seems another's."""
    replaced: float = 0.0
    """Parts of a nearly copied sentence that stand where the evidence has others."""
    negations_changed: float = 0.0
    """Places of a nearly copied sentence with a negation more or fewer than the evidence has there."""
    sides_changed: float = 0.0
    """Places where it says "before" or "more", and the evidence "after" or "less"."""
    length: float = 0.0

    def row(self) -> tuple[float, ...]:
        """The values in the order of `NAMES`."""
        return astuple(self)


NAMES = tuple(field.name for field in fields(Features))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one comparison. `chosen` are the units that bear on the statement, in their order.

    `verbatim` says that it is a sentence of the evidence, whole or shortened, with nothing that turns it left out;
    `notes` are what differs, in words, the gravest first. `restated` is the statement with each value written as the
    units chosen write it: what is compared exactly need not be judged.
    """

    features: Features
    chosen: tuple[int, ...] = ()
    verbatim: bool = False
    notes: tuple[str, ...] = ()
    restated: str = ""


def compare(statement: str, units: Sequence[Unit]) -> Comparison:
    """`statement` held against `units`; a unit that is no candidate is a heading of those after it, if there are any."""
    text = _PARTICLE.sub("", statement[:_CHARACTERS])
    claim = parts(text)[:_LONGEST]
    sources = list(_sources(units)) or list(_sources([Unit(unit.text) for unit in units]))
    if not sources or not any(part.means for part in claim):
        return Comparison(Features(), restated=statement)
    comparison = _Comparison(claim, sources)
    particle = statement[: len(statement[:_CHARACTERS]) - len(text)]
    return replace(comparison.result(), restated=particle + comparison.restated(text) + statement[_CHARACTERS:])


@dataclass(frozen=True)
class _Source:
    """One unit of the evidence with its headings."""

    at: int
    parts: tuple[Part, ...]
    headings: tuple[Part, ...]

    @cached_property
    def content(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.means)

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(part.key for part in (*self.parts, *self.headings) if not part.value)

    def says(self, part: Part) -> bool:
        if part.value:
            return any(matches(part, other) for other in (*self.parts, *self.headings) if other.value)
        return part.key in self._keys


def _sources(units: Sequence[Unit]) -> Iterator[_Source]:
    above: tuple[Part, ...] = ()
    heading: tuple[Part, ...] = ()
    for at, unit in enumerate(units):
        cut = parts(unit.text[:_CHARACTERS])[:_LONGEST]
        if unit.candidate:
            yield _Source(at, cut, above + heading)
        elif at:
            heading = tuple(part for part in cut if part.means)
        else:
            above = tuple(part for part in cut if part.means)


class _Comparison:
    """One comparison, its steps sharing what they found."""

    def __init__(self, claim: Sequence[Part], sources: Sequence[_Source]) -> None:
        self.claim, self.sources = claim, sources
        self.content = [part for part in claim if part.means]
        self.says = {source.at: [source.says(part) for part in self.content] for source in sources}
        counts = [sum(row[n] for row in self.says.values()) for n in range(len(self.content))]
        self.weights = [
            (1.0 if part.kind == "word" else 1.5) / (1 + math.log1p(count))
            for part, count in zip(self.content, counts, strict=True)
        ]
        self.known = [count > 0 for count in counts]
        self.missing = [part for part, count in zip(self.content, counts, strict=True) if not count]
        self.best = max(sources, key=lambda source: (self._share(self.says[source.at]), -len(source.parts)))
        self.pairs = in_order(self.content, self.best.content)
        self.chosen = self._choose()

    def result(self) -> Comparison:
        features = self._features()
        verbatim = self._verbatim()
        notes = () if verbatim else tuple(text for _, text in sorted(self._notes(features), key=lambda note: note[0]))
        return Comparison(features, tuple(source.at for source in self.chosen), verbatim, notes)

    def restated(self, text: str) -> str:
        """`text`, whose parts are compared, with its values in the form that they have in the units chosen."""
        written = [part for source in self.chosen for part in source.parts if part.value]
        for part in reversed([part for part in self.claim if part.value]):
            alike = [other.text for other in written if matches(part, other)]
            if alike and part.text not in alike:
                text = text[: part.span.start] + alike[0] + text[part.span.end :]
        return text

    def _share(self, present: Sequence[bool], among: Sequence[int] | None = None) -> float:
        """The share of the statement's parts, or of those `among` it, that are `present`, by weight."""
        numbers = range(len(self.content)) if among is None else among
        whole = sum(self.weights[n] for n in numbers)
        return sum(self.weights[n] for n in numbers if present[n]) / whole if whole else 0.0

    def _choose(self) -> list[_Source]:
        """The best unit and those that add most to it, in their order."""
        chosen, present = [self.best], self.says[self.best.at]
        while len(chosen) < _MOST:
            rest = [source for source in self.sources if source not in chosen]
            joined = {s.at: [a or b for a, b in zip(present, self.says[s.at], strict=True)] for s in rest}
            further = max(rest, key=lambda source: self._share(joined[source.at]), default=None)
            if further is None or self._share(joined[further.at]) - self._share(present) < _GAIN:
                break
            chosen.append(further)
            present = joined[further.at]
        return sorted(chosen, key=lambda source: source.at)

    def _features(self) -> Features:
        values = [part.value for part in self.missing if part.value]
        identifiers = [value for value in values if value.kind in ("identifier", "letter")]
        amounts = [value for value in values if value not in identifiers and not value.soft]
        order = len(self.pairs) / len(self.content)
        narrowing = {part.key for part in self.claim if part.kind == "exclusive"}
        numbers = range(len(self.content))
        features = Features(
            cover_best=self._share(self.says[self.best.at]),
            cover_all=self._share(self.known),
            order=order,
            dropped=1 - len(self.pairs) / max(1, len(self.best.content)),
            names_missing=math.log1p(sum(part.kind == "name" for part in self.missing)),
            values_missing=math.log1p(len(amounts)),
            identifiers_missing=math.log1p(len(identifiers)),
            rival=float(any(self._rival(part) for part in self.missing)),
            negation_lost=self._lost("negation"),
            negation_added=self._added("negation"),
            hedge_lost=self._lost("modal", "may"),
            must_added=self._added("modal", "must"),
            narrowing_lost=float(any(p.kind == "exclusive" and p.key not in narrowing for p in self.best.parts)),
            narrowing_added=self._added("exclusive"),
            universal_added=self._added("universal"),
            misbound=max(map(self._misbound, numbers)),
            crossed=max(self._crossed(n, both=False) for n in numbers),
            swapped=max(self._crossed(n, both=True) for n in numbers),
            replaced=order * math.log1p(self._replaced()),
            negations_changed=order * negations_changed(self.claim, self.best.parts),
            sides_changed=order * sides_changed(self.claim, self.best.parts),
            length=math.log1p(len(self.content)),
        )
        return replace(features, contained=float(all(map(self.best.says, self.content)) and not _differs(features)))

    def _rival(self, part: Part) -> Part | None:
        """A value of the best unit, of the kind of `part`, that the statement does not have."""
        if part.value is None or part.value.soft:
            return None
        alike = (other for other in self.best.parts if other.value and _kind(other) == _kind(part))
        return next((other for other in alike if not any(matches(mine, other) for mine in self.content)), None)

    def _lost(self, kind: str, key: str | None = None) -> float:
        """The share of a clause that is said, where something in it that turns it is not."""
        if _has(self.claim, kind, key):
            return 0.0
        lost = 0.0
        for source in self.chosen:
            for turn in (part for part in source.parts if _has((part,), kind, key)):
                clause = [part for part in source.content if part.clause == turn.clause]
                mine = sum(any(matches(part, other) for part in self.content) for other in clause)
                lost = max(lost, mine / max(1, len(clause)))
        return lost

    def _added(self, kind: str, key: str | None = None) -> float:
        """Whether the statement is turned by something that nothing chosen has."""
        return float(_has(self.claim, kind, key) and not any(_has(source.parts, kind, key) for source in self.chosen))

    def _limit(self, part: Part) -> Part | None:
        """A value of the evidence that is a limit, where the statement has it as it is, or as another limit."""
        for source in self.chosen if part.value else ():
            like = [other for other in source.parts if other.value and matches(part, other)]
            if like and all(o.value and part.value and o.value.bound not in ("", part.value.bound) for o in like):
                return like[0]
        return None

    def _about(self, at: int) -> list[int]:
        """The other parts of the clause of the part at `at`; of the whole statement, where it has none to speak of."""
        others = [n for n in range(len(self.content)) if n != at]
        clause = [n for n in others if self.content[n].clause == self.content[at].clause]
        return clause if len(clause) > 1 else others

    def _misbound(self, at: int) -> float:
        if self.content[at].kind == "word" or not self.known[at]:
            return 0.0
        about = self._about(at)
        own = max(self._share(row, about) for row in self.says.values() if row[at])
        other = max((self._share(row, about) for row in self.says.values() if not row[at]), default=0.0)
        return max(0.0, other - own)

    def _crossed(self, at: int, *, both: bool) -> float:
        """The share of the words about a value that stand nearer to another; to one that is said too, for `both`."""
        part, about = self.content[at], self._about(at)
        if _kind(part) == "word" or not self.known[at]:
            return 0.0
        with_it = [source for source in self.sources if self.says[source.at][at]]
        content = max(with_it, key=lambda source: self._share(self.says[source.at], about)).content
        alike = {n for n, other in enumerate(content) if _kind(other) == _kind(part)}
        own = {n for n in alike if matches(part, content[n])}
        near = _standing([self.content[m] for m in about], content, range(len(content))) - own
        others = alike - own - near
        stated = _standing(self.content, content, others)
        rivals = stated if both else others - stated
        if not own or not rivals or not near:
            return 0.0
        return sum(_distance(content, n, rivals) < _distance(content, n, own) for n in near) / len(near)

    def _replaced(self) -> int:
        """How many parts stand between the same neighbours as other parts of the best unit."""
        edges = [(-1, -1), *self.pairs, (len(self.content), len(self.best.content))]
        return sum(min(later[0] - first[0], later[1] - first[1]) - 1 for first, later in pairwise(edges))

    def _verbatim(self) -> bool:
        """Whether it is some clauses of the best unit, whole and side by side, with nothing that turns them left out."""
        claim = [part for part in self.claim if _weighs(part)]
        source = [part for part in self.best.parts if _weighs(part)]
        pairs = in_order(claim, source)
        if len(pairs) < len(claim) or len(self.content) < _FEWEST or any(map(self._limit, self.content)):
            return False
        copied = {b for _, b in pairs}
        clauses = [source[b].clause for b in copied]
        left_out = (part for n, part in enumerate(source) if n not in copied)
        return not any(self._is_needed(part, range(min(clauses), max(clauses) + 1)) for part in left_out)

    def _is_needed(self, part: Part, clauses: range) -> bool:
        """Whether a part of the best unit may not be left out where `clauses` are said."""
        if part.clause in clauses:
            return part.kind != "stop"
        first = next(other for other in self.best.parts if other.clause == part.clause)
        return part.kind == "exclusive" or first.text.lower() in CONDITIONALS

    def _notes(self, features: Features) -> Iterator[tuple[int, str]]:
        """What differs, in words, each with how grave it is; 0 is gravest."""
        for part in self.content:
            rival, limit = self._rival(part), self._limit(part)
            if limit and limit.value:
                yield 3, f"the source gives {limit.text} as a limit ({_LIMITS[limit.value.bound]})"
            if part in self.missing and part.value and rival and features.order > 0.5:
                yield 0, f"the source says {rival.text}, not {part.text}"
            elif part in self.missing and (part.kind == "name" or (part.value and not part.value.soft)):
                yield 2, f"“{part.text}” is not in the source"
        yield from _notes_of(features)


def _notes_of(features: Features) -> Iterator[tuple[int, str]]:
    """What differs of the whole sentence, as in `_Comparison._notes`."""
    is_negated = features.negation_added and features.cover_best > 0.6
    is_of_another = features.misbound > 0.2 or max(features.crossed, features.swapped) > 0.5
    notes = (
        (features.negation_lost > 0.5, 1, "the source says this with a negation, and the sentence without"),
        (is_negated, 1, "the sentence has a negation, and the source has none"),
        (features.hedge_lost > 0.5, 3, "the source says only that it may be so"),
        (is_of_another, 3, "the source may say this of something else: compare them"),
    )
    yield from ((gravity, text) for holds, gravity, text in notes if holds)


def _standing(some: Sequence[Part], content: Sequence[Part], places: Iterable[int]) -> set[int]:
    """Those of the places of `content` that match one of `some`."""
    return {n for n in places if any(matches(part, content[n]) for part in some)}


def _has(among: Sequence[Part], kind: str, key: str | None) -> bool:
    return any(part.kind == kind and key in (None, part.key) for part in among)


def _differs(f: Features) -> bool:
    """Whether anything that turns a statement, or the place of a value, differs."""
    return any(
        (
            f.negation_lost, f.negation_added, f.negations_changed, f.sides_changed, f.hedge_lost, f.must_added,
            f.narrowing_lost, f.narrowing_added, f.universal_added, f.misbound, f.crossed, f.swapped,
        )
    )  # fmt: skip


def _kind(part: Part) -> str:
    """The kind of a value; a word with a capital counts as a name, though it begins a sentence."""
    if part.value:
        return part.value.kind
    return "name" if part.text[:1].isupper() and part.means else part.kind


def _weighs(part: Part) -> bool:
    """Whether a part must be there, and in its order, in what is copied."""
    return part.kind != "stop" or part.text.lower() not in _LIGHT


def _distance(content: Sequence[Part], one: int, others: Collection[int]) -> int:
    """How far the nearest of `others` stands from `one`."""
    return min(abs(one - n) + _CLAUSE_APART * abs(content[one].clause - content[n].clause) for n in others)
