"""Ranges, opposites, groups and differences: what is worked out over a whole table, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.pipeline import Pipeline
from tests.rag.counting.tables import pipeline_over

BROTCHES = """brotch,valley,heated,berths,fee_eur,opened,warden
Quarn,Lesk,yes,12,31,1931-06-01,Orra Fennick
Sollin,Lesk,no,8,24,1958-05-20,
Tevve,Murn,yes,20,45,1974-09-12,Bram Quill
Ulrig,Murn,no,6,24,1990-07-03,Orra Fennick
Vandle,Murn,no,14,31,2004-04-18,Bram Quill
"""
DREELS = """dreel,season,renewable,unlined,weight_kg
Ambrel,spring,no,yes,4
Borrin,spring,yes,no,7
Cassop,autumn,not renewable,no,9
"""


SKERNS = """skern,decked
Ard,yes
Bol,no
Cuil,none
Drey,n/a
Erle,false
Fyne,yes
"""
CRENNS = """# Crenns of 2031

| crenn | day | ridge | hauled |
|-------|-----|-------|--------|
| one | 7 January | Tolm | 14 |
| two | 9 July | Vash | 31 |
| three | 4 August | Tolm | 18 |
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Quotes over four tables."""
    yield from pipeline_over(
        {"brotches.csv": BROTCHES, "dreels.csv": DREELS, "crenns.md": CRENNS, "skerns.csv": SKERNS}, tmp_path_factory
    )


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("How many brotches without a warden are in Murn?", "0 of 5 rows"),
        ("How many brotches that are not heated are in Murn?", "2 of 5 rows"),
        ("How many brotches that have no warden are in Lesk?", "1 of 5 rows"),
        ("Out of the brotches, how many are heated?", "2 of 5 rows of brotches.csv where heated is “yes”"),
        ("How many brotches out of Murn are heated?", "1 of 5 rows"),
        ("How many skerns are not decked?", "4 of 6 rows of skerns.csv where decked is “false” or “n/a” or “no”"),
        ("How many crenns were there on Tolm in 2031?", "2 of 3 rows of crenns.md where ridge is “Tolm”."),
        ("Which crenn in 2031 hauled the most?", "The highest hauled is 31, over 3 of 3 rows of crenns.md: two."),
        ("How many brotches are unheated?", "3 of 5 rows of brotches.csv where heated is “no”"),
        ("How many brotches of Murn are not unheated?", "where valley is “Murn” and heated is “yes”"),
        ("How many brotches are not heated?", "3 of 5 rows of brotches.csv where heated is “no”"),
        ("How many dreels are non-renewable?", "2 of 3 rows of dreels.csv where renewable"),
        ("How many dreels are lined?", "2 of 3 rows of dreels.csv where unlined is “no”"),
        (
            "How many brotches have between 7 and 13 berths?",
            "2 of 5 rows of brotches.csv where berths between 7 and 13",
        ),
        (
            "Which brotches have a fee from 24 to 31 euros?",
            "4 of 5 rows of brotches.csv where fee_eur from 24 to 31 euros",
        ),
        (
            "Which brotches opened between 1950 and 1980?",
            "2 of 5 rows of brotches.csv where opened between 1950 and 1980",
        ),
        ("How many brotches opened between May and July?", "3 of 5 rows"),
        ("How many brotches opened between 1 May 1958 and 30 June 1990?", "2 of 5 rows"),
        (
            "How many brotches are there in each valley?",
            "for each valley, over 5 of 5 rows of brotches.csv: Lesk 2; Murn 3.",
        ),
        (
            "How many heated brotches are there per valley?",
            "over 2 of 5 rows of brotches.csv where heated is “yes”: Lesk 1; Murn 1.",
        ),
        (
            "How many berths does each valley have?",
            "The sum of berths for each valley, over 5 of 5 rows of brotches.csv: Lesk 20; Murn 40.",
        ),
        (
            "What is the average fee per valley?",
            "The average of fee_eur for each valley, over 5 of 5 rows of brotches.csv: Lesk 27.50 EUR; Murn 33.33 EUR.",
        ),
        ("How many more berths does Tevve have than Sollin?", "The difference in berths is 12, over 2 of 5 rows"),
        ("How much dearer is Tevve than Quarn?", "The difference in fee_eur is 14 EUR"),
        ("What is the difference in fee between Quarn and Ulrig?", "The difference in fee_eur is 7 EUR"),
        (
            "How many more brotches are in Murn than in Lesk?",
            "The difference in the number of rows is 1, over 5 of 5 rows",
        ),
        ("Is Tevve cheaper than Vandle?", "Tevve 45 EUR; Vandle 31 EUR."),
        ("How many heated brotches are there?", "2 of 5 rows of brotches.csv where heated is “yes”"),
        ("How much heavier is Cassop than Ambrel?", "The difference in weight_kg is 5 kg"),
    ],
)
def test_a_range_an_opposite_a_group_and_a_difference_are_worked_out(
    question: str, result: str, pipeline: Pipeline
) -> None:
    answer = pipeline.ask(question)
    assert answer.computed is not None
    assert result in answer.computed.text
    assert answer.status == "answered"


@pytest.mark.parametrize(
    "question",
    [
        "How many brotches lie between Lesk and Murn?",  # no range of numbers
        "What is the path between Quarn and Tevve?",
        "What is the difference between Quarn and Tevve?",  # in what?
        "How many brotches opened between 1980 and 1950?",
        "How many brotches serve soup from 9 to 17?",  # of what, no unit and no head says
        "Which brotches are open between 9 and 17?",
        "How many brotches open between 9 am and 5 pm?",
        "How many brotches have between 7 and 13 windows?",
        "How many brotches have between 7 kg and 13 berths?",
        "Who slept between the two wardens?",
        "How many berths does each brotch have?",  # each row its own
        "How many guests does each valley have?",
        "How much does each berth cost?",
        "Which valley has the most brotches?",  # the highest of groups
        "What is the dearest brotch of each valley?",
        "How many more berths does Tevve have than Zolm?",  # of which one is not there
        "How much dearer is Tevve than the brotches of Lesk?",  # no one row
        "How much dearer is Tevve than 30 euros?",
        "How many more berths does Tevve have than it had in 1974?",
        "How much quieter is Tevve than Quarn?",  # no column says so
        "Is Tevve cheaper than last year?",
        "How many brotches are unstaffed?",  # no column is of staff
        "How many brotches are unwarden?",  # of names, and not of yes and no
        "How many brotches are inheated?",
        "How many brotches cost more than Quarn?",
        "Is Quarn heated more than in winter?",
        "How many crenns were there on Tolm in 2029?",
    ],
)
def test_what_only_looks_like_one_of_them_is_read_as_any_other(question: str, pipeline: Pipeline) -> None:
    assert pipeline.ask(question).computed is None


def test_an_end_of_between_that_a_row_lies_on_leaves_a_doubt(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many brotches have between 8 and 14 berths?")
    assert answer.computed is not None
    assert answer.computed.text.startswith("3 of 5 rows of brotches.csv where berths between 8 and 14")
    assert answer.status == "may_answer"


def test_of_a_difference_both_rows_are_quoted(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How much dearer is Tevve than Quarn?")
    assert [citation.cells[0][1] for citation in answer.citations] == ["Quarn", "Tevve"]
