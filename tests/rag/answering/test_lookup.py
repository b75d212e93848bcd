"""What a question names exactly: identifiers, rows by their values, cells that hold none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.answering.lookup import with_empty_cell
from rag.answering.quotes import evidence_of
from rag.reader.layout import Unit
from rag.reader.reader import Judgement, PassageReading
from rag.types import Evidence
from tests.rag.readings import by_margin, read_over

HARVEST = """| Valley | Year | Wheat |
|---|---|---|
| Orsa | 2019 | 410 |
| Orsa | 2020 | 385 |
| Melk | 2019 | 150 |
| Melk | 2021 | 175 |
"""
TOURS = """| Tour | Guide | Price |
|---|---|---|
| Glacier walk | Ola Lind | 85 |
| Night hike | Jon Ek | |
"""


class Marking:
    """Marks the same words as the answer, wherever a unit has them."""

    fingerprint = "marking"

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        return [
            PassageReading(0.0, tuple(1.0 for _ in units), tuple(self._place(unit.text) for unit in units))
            for units in passages
        ]

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        raise AssertionError("nothing is judged here")

    def _place(self, text: str) -> tuple[int, int] | None:
        at = text.find(self.words)
        return (at, at + len(self.words)) if at >= 0 else None


def evidence(question: str, *texts: str) -> Evidence:
    return evidence_of(read_over(question, texts), by_margin(), 75)


@pytest.mark.parametrize(("valley", "year", "wheat"), [("Melk", "2019", "150"), ("Orsa", "2020", "385")])
def test_the_row_that_has_all_the_values_is_quoted_alone(valley: str, year: str, wheat: str) -> None:
    (quote,) = evidence(f"How much wheat did {valley} harvest in {year}?", HARVEST).quotes
    assert quote.cells == (("Valley", valley), ("Year", year), ("Wheat", wheat))


def test_rows_that_a_question_names_alike_are_all_quoted() -> None:
    quotes = evidence("How much wheat did Melk harvest?", HARVEST).quotes
    assert {dict(quote.cells)["Year"] for quote in quotes if dict(quote.cells)["Valley"] == "Melk"} == {"2019", "2021"}


def test_a_year_that_is_in_another_row_alone_is_a_refusal_and_two_years_are_a_comparison() -> None:
    decision = by_margin()
    assert evidence("How much wheat did Melk harvest in 2020?", HARVEST).probability < decision.refused
    assert evidence("Did wheat in Melk rise from 2019 to 2020?", HARVEST).probability > decision.refused


CALENDAR = """| Date | What | Who | When |
|---|---|---|---|
| Thu 27 Nov | Bellhouse Mill | Year 5 | leave 8.40 |
| Tue 2 Dec | Book fair | All classes | all day |
"""


@pytest.mark.parametrize("who", ["Year 5", "the Year 5s"])
def test_a_value_is_named_by_all_of_its_words_and_a_number_in_the_plural_too(who: str) -> None:
    decision = by_margin()
    found = evidence(f"What day does {who} go to Bellhouse Mill?", CALENDAR)
    assert found.probability > decision.refused
    assert dict(found.quotes[0].cells)["Date"] == "Thu 27 Nov"
    assert found.missing is None


def test_an_identifier_is_quoted_before_others_of_its_form() -> None:
    texts = ("Ticket T-4418 was opened by Inga, who opened it late.", "Ticket T-4410 was opened by Anna.")
    assert [quote.text for quote in evidence("Who opened ticket T-4410?", *texts).quotes] == [texts[1]]


def test_an_empty_cell_that_is_asked_for_is_told_and_no_other_is_quoted() -> None:
    reading = read_over("What does the night hike cost?", [TOURS])
    found = evidence_of(reading, by_margin(), 75)
    empty = with_empty_cell(found, reading, by_margin(), Marking("85"))
    assert empty.empty == "Price"
    assert [quote.text for quote in empty.quotes] == ["| Night hike | Jon Ek | |"]
    assert by_margin().status(empty.probability) == "refused"
    assert with_empty_cell(found, reading, by_margin(), Marking("Jon Ek")) == found


def test_the_head_that_a_question_names_is_read_whatever_the_reader_marks() -> None:
    heads = "| Berth | Cold water (m³) | Hot water (m³) | Power |\n|---|---|---|---|\n"
    table = f"{heads}| 3A | 517 | | |\n| 3B | 240 | 82 | 7 |\n"
    cold = read_over("How much cold water did berth 3A use?", [table])
    found = evidence_of(cold, by_margin(), 75)
    assert with_empty_cell(found, cold, by_margin(), Marking("82")) == found
    power = read_over("How much power did berth 3A use?", [table])
    assert with_empty_cell(evidence_of(power, by_margin(), 75), power, by_margin(), Marking("517")).empty == "Power"


def test_a_row_without_gaps_is_not_read_again() -> None:
    reading = read_over("What does the glacier walk cost?", [TOURS])
    found = evidence_of(reading, by_margin(), 75)
    assert with_empty_cell(found, reading, by_margin(), Marking("85")) == found


@pytest.mark.parametrize(
    ("question", "status"),
    [("How sturdy is O4?", "may_answer"), ("How sturdy is O6?", "refused"), ("How sturdy is it?", "refused")],
)
def test_what_is_named_exactly_is_shown_first_however_unlikely_it_is_to_answer(question: str, status: str) -> None:
    decision = by_margin()
    reading = read_over(question, ["| spot | ground |\n|---|---|\n| O3 | moss |\n| O4 | shale |\n"], nothing=30.0)
    evidence = evidence_of(reading, decision, 60)
    assert decision.status(evidence.probability) == status
    if status == "may_answer":
        assert "shale" in evidence.quotes[0].text


@pytest.mark.parametrize(
    ("question", "is_shown"),
    [
        ("What is the price of the Glacier walk?", True),
        ("Is the guide of the glacier walk a local?", True),
        ("Who likes the Glacier walk?", False),
        ("What is the price of the Delta walk?", False),
    ],
)
def test_a_row_is_shown_where_its_value_and_another_head_are_named(question: str, is_shown: bool) -> None:
    strict = replace(by_margin(), refused=0.9999, answered=1.0)
    evidence = evidence_of(read_over(question, [TOURS]), strict, 60)
    assert (evidence.probability >= strict.refused) is is_shown
