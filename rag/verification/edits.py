"""What a nearly copied sentence changes in the small words of its source, place by place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.words.tokens import fold
from rag.lexicon import COMPARISONS
from rag.verification.parts import Part, in_order

_Gap = tuple[Sequence[Part], Sequence[Part]]


def negations_changed(statement: Sequence[Part], source: Sequence[Part]) -> float:
    """How many places of `statement` have a negation more than the same place of `source`, or one fewer."""
    return float(sum(_negation_differs(*gap) for gap in _gaps(statement, source)))


def sides_changed(statement: Sequence[Part], source: Sequence[Part]) -> float:
    """How many places of `statement` say "before", "more" or "least" where `source` says another word of that class."""
    words = sum(_side_differs(*gap) for gap in _gaps(statement, source))
    bounds = sum(_bound_differs(statement[a], source[b]) for a, b in in_order(statement, source))
    return float(words + bounds)


def _gaps(statement: Sequence[Part], source: Sequence[Part]) -> Iterator[_Gap]:
    """What stands between two parts that both have in order, in the one and in the other."""
    edges = [(-1, -1), *in_order(statement, source), (len(statement), len(source))]
    for before, after in pairwise(edges):
        yield statement[before[0] + 1 : after[0]], source[before[1] + 1 : after[1]]


def _negation_differs(mine: Sequence[Part], theirs: Sequence[Part]) -> bool:
    added, lost = _negations(mine), _negations(theirs)
    if added >= lost:
        return added > lost
    clause_left_out = _meaning(theirs) > _meaning(mine)
    return not clause_left_out


def _negations(parts: Sequence[Part]) -> int:
    return sum(part.kind == "negation" for part in parts)


def _meaning(parts: Sequence[Part]) -> int:
    return sum(part.means for part in parts)


def _side_differs(mine: Sequence[Part], theirs: Sequence[Part]) -> bool:
    own, others = _sides(mine), _sides(theirs)
    return bool(own and others and own != others)


def _sides(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset(fold(part.text) for part in parts) & COMPARISONS


def _bound_differs(mine: Part, theirs: Part) -> bool:
    if mine.value is None or theirs.value is None:
        return False
    return bool(mine.value.bound and theirs.value.bound and mine.value.bound != theirs.value.bound)
