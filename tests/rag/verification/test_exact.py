"""What code alone compares: copied sentences, values under their own names, and words that turn a sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from rag.reader.layout import Unit
from rag.verification.exact import Comparison, compare

LEASE = (
    Unit("Dogs are not allowed.", True),
    Unit("One cat may be kept, provided the landlord has agreed in writing beforehand.", True),
    Unit("The deposit is £1,200 and is returned within 14 days.", True),
    Unit("Charities pay £11 an hour, everybody else £19.", True),
    Unit("The washing machine must not be run before 9 a.m. on Sundays.", True),
    Unit("The spare key hangs behind the boiler, and the fuse box is in the hall.", True),
)


def against(statement: str, units: Sequence[Unit] = LEASE) -> Comparison:
    return compare(statement, units)


@pytest.mark.parametrize(
    "statement",
    [
        "Dogs are not allowed.",
        "The deposit is 1,200 pounds and is returned within a fortnight.",
        "Charities pay £11 an hour.",
        "The spare key hangs behind the boiler.",
        "The fuse box is in the hall.",
        "Yes, the spare key hangs behind the boiler.",
        "The washing machine must not be run before nine in the morning on Sundays.",
    ],
)
def test_what_is_copied_clause_by_clause_is_supported_before_any_model_is_asked(statement: str) -> None:
    assert against(statement).verbatim


@pytest.mark.parametrize(
    "statement",
    [
        "Dogs are allowed.",
        "One cat may be kept.",
        "One cat must be kept, provided the landlord has agreed in writing beforehand.",
        "The deposit is £1,300 and is returned within 14 days.",
        "The deposit is £1,200 and is returned in 14 days.",
        "Charities pay £19 an hour.",
        "Everybody pays £11 an hour.",
        "The washing machine must not be run before 9 a.m.",
        "The washing machine must be run before 9 a.m. on Sundays.",
        "The washing machine must not be run after 9 a.m. on Sundays.",
        "The spare key is in the hall.",
    ],
)
def test_what_differs_in_one_thing_or_leaves_out_what_turns_it_is_not(statement: str) -> None:
    assert not against(statement).verbatim


def test_a_number_that_the_source_has_otherwise_is_told_with_the_sources() -> None:
    found = against("The deposit is £1,300 and is returned within 14 days.")
    assert found.features.values_missing
    assert found.notes[0] == "the source says £1,200, not £1,300"


def test_a_value_of_another_row_or_heading_is_seen() -> None:
    rows = (Unit("Zone: Inner; Fare: £1.80", True), Unit("Zone: Outer; Fare: £2.60", True))
    assert against("The fare in zone Outer is £1.80.", rows).features.misbound
    assert not against("The fare in zone Outer is £2.60.", rows).features.misbound


def test_of_two_values_of_one_sentence_each_has_its_own_words() -> None:
    assert (
        against("Charities pay £19 an hour.").features.crossed > against("Charities pay £11 an hour.").features.crossed
    )


def test_an_identifier_is_there_whole_or_not_at_all() -> None:
    units = (Unit("Order T-4499 was shipped with part AX-4471-B.", True),)
    assert not against("Order T-4499 was shipped.", units).features.identifiers_missing
    assert against("Order T-449 was shipped.", units).features.identifiers_missing
    assert against("The part is AX-4471.", units).features.identifiers_missing


def test_flats_are_told_apart_under_their_headings() -> None:
    units = (
        Unit("Flat A", False),
        Unit("The rent is £800.", True),
        Unit("Flat B", False),
        Unit("The rent is £950.", True),
    )
    assert against("The rent of Flat B is £950.", units).features.cover_best == pytest.approx(1)
    assert against("The rent of Flat B is £800.", units).features.cover_best < 1


@pytest.mark.parametrize(
    ("statement", "units"),
    [
        ("Yes.", LEASE),
        ("Was?", LEASE),
        ("4471", LEASE),
        ("狗不允许。", LEASE),
        ("Der Hund darf nicht in die Wohnung.", LEASE),
        ("The deposit is £1,200.", ()),
        ("The deposit is £1,200.", (Unit("", True),)),
        ("The deposit is £1,200. " * 1000, LEASE),
        ("The deposit is £1,200.", (Unit("It rained in Harlow. " * 2500, True),)),
        ("The deposit is £1,200.", (Unit("; ".join(f"Head {n}: {n}" for n in range(300)), True),)),
    ],
)
def test_odd_input_is_compared_and_never_taken_as_copied(statement: str, units: Sequence[Unit]) -> None:
    assert not against(statement, units).verbatim


def invented(count: int) -> list[str]:
    """Words of syllables, so that no list can hold them; no two alike in their first letters."""
    rng = random.Random(5)
    starts = "blor crav drin flum grost plen quar skiv thrun zwel".split()
    middles, ends = "a e i o u".split(), "bok dax gim lup mav nork pim tov".split()
    words = [start + middle + end for start in starts for middle in middles for end in ends]
    return rng.sample(words, count)


SOURCE = "The mayor closed the bridge on Monday, and Ann Harlow opened the market at 9.30."
SWAPPED = (
    ("The mayor closed the bridge on Monday.", SOURCE),
    ("The bridge was closed by the mayor.", SOURCE),
    ("Ann Harlow opened the bridge at 9.30.", SOURCE),
    ("The landlord may not pay for repairs.", "The landlord may pay for repairs in Harlow if the tenant reports them."),
)
OPEN = "mayor closed bridge Ann Harlow opened market landlord pay repairs tenant reports".split()


def swap(text: str, old: str, new: str) -> str:
    return re.sub(rf"\b{old}\b", new.title() if old[0].isupper() else new, text)


def test_no_word_that_a_list_could_hold_changes_anything() -> None:
    before = [compare(statement, (Unit(source, True),)) for statement, source in SWAPPED]
    for number, new in enumerate(invented(200)):
        old = OPEN[number % len(OPEN)]
        for (statement, source), was in zip(SWAPPED, before, strict=True):
            found = compare(swap(statement, old, new), (Unit(swap(source, old, new), True),))
            assert (found.features, found.verbatim) == (was.features, was.verbatim), (old, new)
            assert len(found.notes) == len(was.notes)


@pytest.mark.parametrize(
    ("source", "copy"),
    [
        ("The quoin is not glazed, but it is waxed.", "The quoin is not glazed, but it is not waxed."),
        ("The weirs, not the larches, may not be felled.", "The weirs, not the larches, may be felled."),
    ],
)
def test_a_negation_more_or_fewer_in_a_copy_is_seen_beside_others(source: str, copy: str) -> None:
    features = compare(copy, [Unit(source, True)]).features
    assert features.negations_changed
    assert not compare(source, [Unit(source, True)]).features.negations_changed


@pytest.mark.parametrize(
    ("source", "copy"),
    [
        ("Wenna sold the larches after the flood.", "Wenna sold the larches before the flood."),
        ("The weir holds more than 28 eels.", "The weir holds fewer than 28 eels."),
        ("Brask needs at least one quoin.", "Brask needs at most one quoin."),
    ],
)
def test_a_copy_that_says_the_other_side_is_seen(source: str, copy: str) -> None:
    assert compare(copy, [Unit(source, True)]).features.sides_changed
    assert not compare(source, [Unit(source, True)]).features.sides_changed


def test_a_clause_left_out_takes_its_negation_with_it() -> None:
    source = Unit("Wenna sold the larches, and Orl did not buy them.", True)
    assert not compare("Wenna sold the larches.", [source]).features.negations_changed


@pytest.mark.parametrize(
    ("statement", "restated"),
    [
        ("The larch costs 1200 pounds.", "The larch costs £1,200."),
        ("Yes: Wenna waxes it for a fortnight.", "Yes: Wenna waxes it for 14 days."),
        ("The larch costs 1300 pounds.", "The larch costs 1300 pounds."),
        ("Wenna waxes it.", "Wenna waxes it."),
        ("…", "…"),
    ],
)
def test_a_value_that_the_source_has_is_given_to_the_reader_as_the_source_writes_it(
    statement: str, restated: str
) -> None:
    source = Unit("The larch costs £1,200, and Wenna waxes it for 14 days.", True)
    assert compare(statement, [source]).restated == restated


def test_words_copied_from_a_heading_that_stands_alone_are_verbatim() -> None:
    heading = Unit("The walled orchard opens at dusk on Thursdays", candidate=False)
    assert compare("The walled orchard opens at dusk on Thursdays.", [heading]).verbatim
    assert not compare("The walled orchard opens at dawn on Thursdays.", [heading]).verbatim
