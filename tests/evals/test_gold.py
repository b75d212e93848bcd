from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from evals.gold import Place, covered, found_jointly, found_singly, holds, merged, occurrences, shared
from index.types import Span

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda t: Span(t[0], t[0] + t[1])), max_size=6)


def at(start: int, end: int, file: str = "a.txt") -> Place:
    return Place(file, Span(start, end))


def test_occurrences_overlap_and_are_all_found() -> None:
    assert occurrences("aaa b aa", "aa") == (Span(0, 2), Span(1, 3), Span(6, 8))
    assert occurrences("aaa", "x") == ()


def test_covered_counts_characters_of_the_same_file_once() -> None:
    # 10 characters; 0-4 and 3-6 hold 6 of them; the other file holds none.
    assert covered(at(0, 10), [at(0, 4), at(3, 6), at(0, 10, "b.txt")]) == 0.6


def test_ninety_percent_is_enough_and_less_is_not() -> None:
    gold = ((at(0, 10), at(100, 110)),)
    assert holds(at(1, 50), gold)
    assert not holds(at(2, 50), gold)
    assert holds(at(100, 110), gold)


def test_two_halves_find_a_part_jointly_but_not_singly() -> None:
    part = (at(0, 10),)
    halves = [at(0, 5), at(5, 10)]
    assert found_jointly(part, halves)
    assert not found_singly(part, halves)


@given(SPANS)
def test_merged_is_the_union(spans: list[Span]) -> None:
    union = {i for s in spans for i in range(s.start, s.end)}
    out = merged(spans)
    assert [i for s in out for i in range(s.start, s.end)] == sorted(union)
    assert all(a.end < b.start for a, b in pairwise(out))


@given(SPANS, SPANS)
def test_shared_is_the_size_of_the_intersection(one: list[Span], other: list[Span]) -> None:
    left, right = ({i for s in side for i in range(s.start, s.end)} for side in (one, other))
    assert shared(one, other) == len(left & right)
