"""Whose words a statement may give: who its source has them from, by a true and a false sentence each."""

from __future__ import annotations

import pytest

from index.tokens import words
from rag.verification.agree import disagreements
from rag.verification.pair import Pair

QUOTED = "in quotation marks, as somebody's words"
HEADING = "The Herald, Ann Lee, Fire at the mill"


def notes(said: str, source: str, before: str = "", after: str = "") -> list[str]:
    around = f"{before} . {after} . {HEADING}"
    names = frozenset(w.stem for w in words(f"{source} {around}") if w.text[:1].isupper() and not w.is_stop)
    told = disagreements(Pair(said, source, around, names, None, before, after, HEADING))
    return [fault.note for fault in told]


class TestWordsInQuotationMarks:
    BEFORE, SOURCE, AFTER = (
        "“The dam is old. ",
        "It will break before the spring flood. ",
        "Nobody mends it,” Bo Reed said.",
    )

    def test_are_no_facts_though_the_sentence_does_not_say_whose_they_are(self) -> None:
        assert notes(self.SOURCE, self.SOURCE, self.BEFORE, self.AFTER) == [f"the source has this only {QUOTED}"]
        assert notes(self.SOURCE, self.SOURCE, '"The dam is old. ', 'Nobody mends it," Bo Reed said.') == [
            f"the source has this only {QUOTED}"
        ]

    def test_may_be_told_as_words_of_somebody(self) -> None:
        said = "The dam will break before the spring flood, Bo Reed said."
        assert notes(f"“{self.SOURCE.strip()}”", self.SOURCE, self.BEFORE, self.AFTER) == []
        assert notes(said, "“The dam will break before the spring flood,” Bo Reed said.") == []

    def test_must_open_and_close_in_one_paragraph(self) -> None:
        assert notes(self.SOURCE, self.SOURCE, "“The dam is old.\n", self.AFTER) == []
        assert notes(self.SOURCE, self.SOURCE, self.BEFORE, "Nobody mends it.") == []

    def test_may_be_a_name_or_a_part_of_what_the_source_says_itself(self) -> None:
        assert notes("Blasphemer", "One of them wore a shirt: “Blasphemer,” it said.") == []
        assert (
            notes("The council fined 18 old mills by the river.", "The council fined “18 old mills by the river.”")
            == []
        )


@pytest.mark.parametrize(
    ("said", "source", "expected"),
    [
        ("According to the council, six mills burnt down.", "Six mills burnt down.", ["the source does not have this from the council"]),
        ("According to the Herald, six mills burnt down.", "Six mills burnt down.", []),
        ("According to the report, six mills burnt down.", "Six mills burnt down.", []),
        ("According to the council, it lost six mills.", "The council lost six mills.", []),
        ("Russia claimed the fire was staged by the mill.", "The Russian claim that the fire was staged by the mill was odd.", []),
        ("Syria and Russia claimed the fire was staged by the mill.", "The Russian claim that the fire was staged by the Syrian mill was odd.",
         ["said by Russian, not Syria and Russia"]),
        ("The fire was staged by the mill.", "The Russian claim that the fire was staged by the mill was odd.",
         ["the source has this only from Russian"]),
        ("Ann Lee and Bo Reed said the dam would break.", "Ann Lee and Bo Reed said the dam would break.", []),
    ],
)  # fmt: skip
def test_a_speaker_is_one_of_the_source(said: str, source: str, expected: list[str]) -> None:
    assert notes(said, source) == expected


def test_who_spoke_before_may_go_on() -> None:
    before = "“We are ready,” Mayor Ann Reed said. "
    assert notes("Ann Reed said the ferry sails at noon.", "The ferry sails at noon.", before) == []
    assert notes(
        "Captain Cole said the ferry sails at noon.", "The ferry sails at noon.", f"Captain Cole came. {before}"
    ) == ["the source does not have this from Captain Cole"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("The Courier: The mill burnt down on Sunday.", [f"the source is {HEADING}, not The Courier"]),
        ("The Herald: The mill burnt down on Sunday.", []),
        ("Ann Lee: The mill burnt down on Sunday.", []),
        ("Answer: The mill burnt down on Sunday.", []),
    ],
)
def test_an_outlet_before_a_colon_is_the_source_s(said: str, expected: list[str]) -> None:
    assert notes(said, "The mill burnt down on Sunday.")[:1] == expected
