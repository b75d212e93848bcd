"""What a statement says otherwise than its source: each check by a true and a false sentence, with its note."""

from __future__ import annotations

import pytest

from index.tokens import words
from rag.agree import Pair, disagreements
from rag.parts import agrees, cut

HARLOW = "At least 83 people were killed in the town of Harlow on 3 May 2014, the mayor said."
ARMY = "The attack, which may have killed six soldiers, came within 18 miles of the base, Syria’s army said, accusing Israel."


def notes(said: str, source: str, around: str = "", year: int | None = None) -> list[str]:
    names = frozenset(w.stem for w in words(f"{source} {around}") if w.text[:1].isupper() and not w.is_stop)
    return [fault.note for fault in disagreements(Pair(said, source, around, names, year))]


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("At least eighty-three people were killed in Harlow, the mayor said.", HARLOW),
        ("Some 80 people were killed in Harlow, according to the mayor.", HARLOW),
        ("According to the mayor, at least 83 people were killed in Harlow on May 3, 2014.", HARLOW),
        ("At least 83 people were killed in 2014, the mayor said.", HARLOW),
        ("The attack may have killed 6 soldiers, Syria’s army said.", ARMY),
        ("The attack came within 29 km of the base, Syria’s army said.", ARMY),
        ("Moscow denied the strike.", "Russia denied the strike on Monday."),
        ("The road was not closed.", "The road was never closed."),
    ],
)
def test_true_ones_have_no_fault(said: str, source: str) -> None:
    assert notes(said, source) == []


@pytest.mark.parametrize(
    ("said", "source", "note"),
    [
        ("At least 38 people were killed in Harlow, the mayor said.", HARLOW, "the source says 83, not 38"),
        ("Some 60 people were killed in Harlow, the mayor said.", HARLOW, "the source says 83, not 60"),
        ("At most 83 people were killed in Harlow, the mayor said.", HARLOW, "the source says “least”, not “most”"),
        ("At least 83 people were killed in Harlow, the bishop said.", HARLOW, "said by the mayor, not the bishop"),
        ("At least 83 people were killed in Marlow, the mayor said.", HARLOW, "the source says Harlow, not Marlow"),
        ("83 people were killed in the town of Harlow.", HARLOW, "the source has this only from the mayor"),
        ("At least 83 people were not killed in the town of Harlow, the mayor said.", HARLOW,
         "this says “not”, and the source does not"),
        ("At least 83 people were killed in Harlow on 3 May 2015, the mayor said.", HARLOW,
         "the source says 3 May 2014, not 3 May 2015"),
        ("The attack came within 18 kilometers of the base, Syria’s army said.", ARMY,
         "the source says 18 miles, not 18 kilometers"),
        ("The attack killed six soldiers, Syria’s army said.", ARMY, "the source says “may”"),
        ("Syria denied the strike on Monday.", "Israel denied the strike on Monday.", "the source says Israel, not Syria"),
        ("The road was closed.", "The road was not closed.", "the source says “not”, and this does not"),
        ("Prices rose after the war.", "Prices fell after the war.", "the source says “fell”, not “rose”"),
    ],
)  # fmt: skip
def test_false_ones_are_told_in_words(said: str, source: str, note: str) -> None:
    assert note in notes(said, source)


def test_a_name_beside_the_sentence_may_stand_for_its_pronoun_but_not_for_another_name() -> None:
    around = "Ann Lee runs the mill. Bo Dee runs the shop."
    assert notes("Lee sold the mill.", "She sold the mill.", around) == []
    assert notes("Dee told Lee of the fire.", "Cox told Lee of the fire.", f"{around} Cox told Lee.")


def test_names_that_changed_places_are_found() -> None:
    assert notes("Syria attacked Israel in spring.", "Israel attacked Syria in spring.")


@pytest.mark.parametrize(
    ("said", "source", "same"),
    [
        ("18 miles", "29 km", True), ("18 miles", "18 km", False), ("24 hours", "one day", False), ("24 hours", "1 day", True),
        ("five percent", "5%", True), ("$5 million", "5 million euros", False), ("May 2014", "3 May 2014", True),
        ("3 May 2014", "May 2014", False),
    ],
)  # fmt: skip
def test_amounts_agree_by_value_and_unit(said: str, source: str, same: bool) -> None:
    pairs = [(a, b) for a in cut(said) for b in cut(source)]
    assert any(agrees(a, b) for a, b in pairs) is same
