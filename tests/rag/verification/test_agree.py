"""What a statement says otherwise than its source: each check by a true and a false sentence, with its note."""

from __future__ import annotations

import pytest

from index.tokens import words
from rag.language.parts import agrees, cut
from rag.verification.agree import disagreements, of_two_times
from rag.verification.pair import Pair

HARLOW = "At least 83 people were killed in the town of Harlow on 3 May 2014, the mayor said."
ARMY = "The attack, which may have killed six soldiers, came within 18 miles of the base, Syria’s army said, accusing Israel."


def notes(said: str, source: str, around: str = "", year: int | None = None, before: str = "") -> list[str]:
    names = frozenset(w.stem for w in words(f"{source} {around}") if w.text[:1].isupper() and not w.is_stop)
    return [fault.note for fault in disagreements(Pair(said, source, f"{before} {around}", names, year, before))]


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("At least eighty-three people were killed in Harlow, the mayor said.", HARLOW),
        ("Some 80 people were killed in Harlow, according to the mayor.", HARLOW),
        ("According to the mayor, at least 83 people were killed in Harlow on May 3, 2014.", HARLOW),
        ("At least 83 people were killed in 2014, the mayor said.", HARLOW),
        ("The attack may have killed 6 soldiers, Syria’s army said.", ARMY),
        (
            "More than 82 or even 83 people were killed in Harlow, the mayor said.",
            "More than 82 people, 83, were killed in Harlow, the mayor said.",
        ),
        ("The mill has 40 men.", "The mill has over 40 men, and one that has 40 men burnt."),
        ("The attack came within 29 km of the base, Syria’s army said.", ARMY),
        ("Moscow denied the strike.", "Russia denied the strike on Monday."),
        ("The road was not closed.", "The road was never closed."),
        ("If the mill burns, the ferry stops.", "If the mill burns down, the ferry stops."),
        ("Hundreds came to the mill.", "Hundreds, if not thousands, came to the mill."),
        ("Ann Lee tried to sell the mill.", "Ann Lee hoped to sell the mill soon."),
        ("The mill of Marlow was bought by Harlow.", "Harlow has bought the mill of Marlow."),
        ("The mill burnt down because of the dry spring.", "Because of the dry spring the mill burnt down."),
        ("The old claim was based on the odd map.", "The claim, old as it is, was based on the odd map."),
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
        ("The bishop answered that the mill could be sold at a meeting with the mayor.",
         "Ann Lee indicated the mill could be sold at a meeting with the bishop.", "said by Ann Lee, not The bishop"),
        ("At least 83 people were killed in Marlow, the mayor said.", HARLOW, "the source says Harlow, not Marlow"),
        ("83 people were killed in the town of Harlow.", HARLOW, "the source has this only from the mayor"),
        ("83 people were killed in Harlow, the mayor said.", HARLOW, "the source says “At least 83”"),
        ("The mill cost $5 million.", "The mill cost more than $5 million.", "the source says “more than $5 million”"),
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
        ("The red line is the front.", "Black line: the front.", "the source says “Black”, not “red”"),
        ("The mill’s plan was based on the odd claim of the ferry.", "The odd claim of the ferry was based on nothing.",
         "in the source this stands before “based on”, not after it"),
        ("The flood destroyed 20 mills.", "According to U.S. officials, the flood destroyed 20 mills.",
         "the source has this only from U.S. officials"),
        ("The ferry posed a danger to bathers.", "There was no sign that the ferry posed a danger to bathers.",
         "the source says “no”, and this does not"),
        ("The council sells the mill and the ferry stops.", "If the council sells the mill, the ferry stops.",
         "the source says “If”"),
        ("Ann Lee went back to the mill.", "Ann Lee hoped to go back to the mill soon.", "the source says “hoped”"),
        ("The ferry was dangerous to anyone on board.", "The ferry “posed a threat” to bathers, the mayor said in a statement.",
         "the source has this only from the mayor"),
        ("84% blame the mayor and 84% blame the army.", "80% blame the mayor and 84% blame the army.",
         "the source says 80% there, not 84%"),
        ("Marlow sold the mill to Harlow.", "Harlow has sold the old mill to Marlow.",
         "the source tells what Harlow does, not Marlow"),
    ],
)  # fmt: skip
def test_false_ones_are_told_in_words(said: str, source: str, note: str) -> None:
    assert note in notes(said, source)


def test_a_name_beside_the_sentence_may_stand_for_its_pronoun_but_not_for_another_name() -> None:
    around = "Ann Lee runs the mill. Bo Dee runs the shop."
    assert notes("Lee sold the mill.", "She sold the mill.", around) == []
    assert notes("Dee told Lee of the fire.", "Cox told Lee of the fire.", f"{around} Cox told Lee.")


@pytest.mark.parametrize(
    ("said", "source", "note"),
    [
        ("She met Mr. Vance on the ferry.", "She met Mr. Cole on the ferry.", "the source says Cole, not Vance"),
        ("Poems by T.S. Vance were read.", "Poems by T.S. Cole were read.", "the source says Cole, not Vance"),
        ("The head, Ann L. Vance, left.", "The head, Ann L. Cole, left.", "the source says Cole, not Vance"),
        ('"I saw it," Vance says.', '"I saw it," Cole says.', "the source says Cole, not Vance"),
        ("(Photo: LFO) The ferry lies idle.", "(Photo: MRC) The ferry lies idle.", "the source says MRC, not LFO"),
        ("The ferry sails to Will on Mondays.", "The ferry sails to Harlow on Mondays.", "the source says Harlow, not Will"),
        ("Land east of the Seven was sold.", "Land east of the Wend was sold.", "the source says Wend, not Seven"),
    ],
)  # fmt: skip
def test_a_name_is_one_after_a_title_an_initial_a_closing_quote_and_for_a_small_word(
    said: str, source: str, note: str
) -> None:
    assert note in notes(said, source)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Mr. Cole said: “Officials came late.”", "Mr. Cole said: “Officials came late.”"),
        ("He sails to Harlow.", "Cole sails to Harlow."),
        ("John Cole sold the mill.", "Mr. Cole sold the mill."),
        ("The Hague was calm on Monday.", "The Hague was calm on Monday."),
    ],
)
def test_a_capital_at_the_beginning_makes_no_name(said: str, source: str) -> None:
    assert notes(said, source, "John Cole owns it.") == []


def test_a_name_beside_stands_in_only_for_a_title_of_the_name_that_follows_at_once() -> None:
    around = "Ann Fort runs the mill. Bo Lee runs the shop."
    assert notes("Ann Cole sold it.", "President Cole sold it.", f"{around} Ann Cole came.") == []
    assert notes(
        "After the death of Fort, Bo Lee took over.", "After the death of Cole, Bo Lee took over.", around
    ) == ["the source says Cole, not Fort"]


def test_a_first_word_that_alone_differs_is_told_and_a_day_is_one_in_any_case() -> None:
    source = "Abstract: Marlow has kept the ferry since 2000, on Tuesday’s timetable."
    assert notes(source.replace("Marlow", "Computing"), source) == ["“Computing” is not in the source's words"]
    assert notes("Abstract: the ferry is kept since 2000.", source) == []
    assert notes(source.replace("Tuesday", "Friday"), source) == ["the source says Tuesday’s, not Friday’s"]


def test_a_short_form_stands_only_for_its_own_long_form() -> None:
    around = "The Lower Ferry Office (LFO) and the Marsh Rescue Company (MRC) met."
    assert notes("Aims of the LFO were met.", "Aims of the Lower Ferry Office were met.", around) == []
    assert notes("Aims of the LFO were met.", "Aims of the MRC were met.", around) == ["the source says MRC, not LFO"]


@pytest.mark.parametrize("unit", ["month", "week", "day"])
def test_ages_are_told_apart_by_their_unit(unit: str) -> None:
    assert notes(f"He is 29 {unit}s old.", "He is 29 years old.") == [
        f"the source says 29 years old, not 29 {unit}s old"
    ]
    assert notes("The man, aged 29, left.", "The 29-year-old man left.") == []


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


BEFORE = "“We are ready,” Mayor Ann Lee said. Bo Reed, who runs the ferry, warned of a flood. "


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Bo Reed said the dam would break.", []),
        ("Ann Lee said the dam would break.", ["said by someone else, not Ann Lee"]),
        ("He said the dam would break.", []),
    ],
)
def test_he_is_who_spoke_last(said: str, expected: list[str]) -> None:
    told = notes(said, "The dam would break, he said.", "Ann Lee: the flood", before=BEFORE)
    assert told == expected


class TestANameFromBesideTheSentence:
    AROUND = "The Tern line was founded in Corrin. It once was called the Harlow line."

    @pytest.mark.parametrize(
        ("said", "source"),
        [
            ("The Tern line is part of the plan to close the ferries.", "It is part of the plan to close the ferries."),
            ("The Tern line wants to close the old ferries.", "The company wants to close the old ferries."),
            ("The Tern line closed the ferries.", "Last spring the line closed the ferries."),
        ],
    )
    def test_may_be_what_a_pronoun_or_a_common_word_stands_for(self, said: str, source: str) -> None:
        assert notes(said, source, self.AROUND) == []

    def test_does_not_do_what_the_sentence_tells_of_another(self) -> None:
        said = "The New Harlow Line is part of a plan to close the ferries."
        source = "The young captains trained by the state are part of a plan to close the Harlow ferries."
        assert notes(said, source, f"{self.AROUND} It was the New Harlow Line.") == [
            "the source says this of “young captains trained by the state”, not of New Harlow Line"
        ]


@pytest.mark.parametrize(
    ("said", "source", "expected"),
    [
        ("Captains want a ferry.", "On the other hand, 80% of captains want a ferry.", ["the source says “80% of captains”"]),
        ("80% of captains want a ferry.", "On the other hand, 80% of captains want a ferry.", []),
        ("Most captains want a ferry.", "Fully 80% of captains want a ferry.", []),
        ("The captains want a ferry.", "Most of the captains want a ferry.", ["the source says “Most of the captains”"]),
        ("The fires were laid by boys.", "Twenty of these were laid by boys.", ["the source says “Twenty of these”"]),
        ("The captains want a ferry.", "Half want a ferry.", ["the source says “Half want”"]),
        ("Two mills want a ferry.", "Two of the mills want a ferry.", []),
        ("The ferry sails within 29 km of the mills.", "The ferry sails within 18 miles of the mills.", []),
    ],
)  # fmt: skip
def test_of_how_many_it_is_told_is_not_left_out(said: str, source: str, expected: list[str]) -> None:
    assert notes(said, source) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("The mill burnt in a fire by the river.", ["it joins what the source tells of two times"]),
        ("The mill burnt on 6 April, by the river.", ["it joins what the source tells of two times"]),
        ("The mill burnt on 6 April, and a shed by the river on Thursday.", []),
    ],
)
def test_two_days_are_not_told_as_one(said: str, expected: list[str]) -> None:
    told = ["The mill burnt on April 6.", "There was a fire by the river on Thursday."]
    assert [fault.note for fault in of_two_times(said, told)] == expected
    assert of_two_times(said, [told[0], "There was a fire by the river."]) == []
    assert of_two_times(said, ["The mill burnt on April 6.", "The fire by the river was in April."]) == []


@pytest.mark.parametrize(
    ("said", "source", "note"),
    [
        ("The union is the political arm of the Lower League.", "They gave it to the Union and its political arm, the Lower League.",
         "in the source Lower League is the political arm"),
        ("They fought the New Ferry Line, formerly the New Ferry Line.", "They fought the Old Wend Line, formerly the New Ferry Line.",
         "“New Ferry Line” stands twice here, and not in the source"),
        ("Rebels took the village of al-Harlow in spring.", "Near al-Harlow rebels began to march, and took a small village in spring.",
         "the source says “a small village”, and not that it is al-Harlow"),
    ],
)  # fmt: skip
def test_what_a_name_is_to_another_is_not_turned_round(said: str, source: str, note: str) -> None:
    assert note in notes(said, source)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("The Lower League is the political arm of the Union.", "They gave it to the Union and its political arm, the Lower League."),
        ("Rebels took the village of Harlow.", "Rebels took Harlow, a village by the river."),
        ("Rebels took the village of Harlow.", "Rebels took a village called Harlow."),
    ],
)  # fmt: skip
def test_what_a_name_is_may_be_said_the_other_way(said: str, source: str) -> None:
    assert notes(said, source) == []
