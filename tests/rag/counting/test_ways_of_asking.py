"""The ways in which people ask a table: by years in its heads, by "who", "show me all", "most often", "did … spend"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.pipeline import Pipeline
from tests.rag.counting.tables import pipeline_over

GLIMBERS = """glimber_no,name,quarter,joined,fee_eur,dips_2023,dips_2024,letter,remark
G01,Ulva Prenn,Osk,2014-05-03,48,31,40,yes,carries the spare brillet and was lent a tarn hook in the wet spring
G02,Tobin Rale,Fennimor,2019-09-17,60,12,9,no,
G03,Sinje Auk,Osk,2021-01-08,60,44,51,yes,
G04,Marn Ovett,Fennimor,2012-07-14,36,50,47,no,
"""
OUTLAY = """Date,Payee,Purpose,Amount,Settled by
2025-01-04,Hobb Yard,Tackle,£120.00,Ulva
2025-01-19,Fern Press,Bills,£48.50,Tobin
2025-02-02,Kerr Pans,Victuals,£310.00,Ulva
2025-03-28,Kerr Pans,Victuals,£142.75,Ulva
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Quotes over a list of members and a book of expenses."""
    yield from pipeline_over({"glimbers.csv": GLIMBERS, "outlay.csv": OUTLAY}, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("Which glimber had the most dips in 2023?", "The highest dips_2023 is 50, over 4 of 4 rows"),
        ("Who had most dips in 2024?", "The highest dips_2024 is 51, over 4 of 4 rows of glimbers.csv: G03 Sinje Auk."),
        ("Which name has the highest fee?", "The highest fee_eur is 60 EUR"),
        ("How many dips did the glimbers of Osk make in 2024?", "The sum of dips_2024 is 91, over 2 of 4 rows"),
        ("How many dips were there in 2023 in total?", "The sum of dips_2023 is 137, over 4 of 4 rows"),
        ("Did Tobin Rale or Marn Ovett have more dips in 2024?", "The highest dips_2024 is 47, over 2 of 4 rows"),
        ("Who joined before 2016?", "2 of 4 rows of glimbers.csv where joined < 2016"),
        ("Who does not get the letter?", "2 of 4 rows of glimbers.csv where letter is “no”"),
        ("Which glimber joined last?", "The highest joined is 2021-01-08"),
        ("Show me everyone from Fennimor", "2 of 4 rows of glimbers.csv where quarter is “Fennimor”"),
        ("Name all glimbers of the quarter Osk.", "2 of 4 rows of glimbers.csv where quarter is “Osk”"),
        ("Hi, could you tell me how many glimbers of Osk there are, please?", "2 of 4 rows"),
        ("How many glimbers of Osk are in the register?", "2 of 4 rows of glimbers.csv where quarter is “Osk”"),
        ("How many glimbers had more than 45 dips in 2024?", "2 of 4 rows of glimbers.csv where dips_2024 > 45"),
        ("Add up the 2023 dips for the quarter Osk, please", "The sum of dips_2023 is 75, over 2 of 4 rows"),
        ("glimbers of Osk with a letter - how many are there?", "2 of 4 rows"),
        ("glimbers without a letter", "2 of 4 rows of glimbers.csv where letter is “no”"),
        ("How many glimbers joined during 2019?", "1 of 4 rows of glimbers.csv where joined = 2019"),
        ("What is the average price of the quarter Osk?", "The average of fee_eur is 54.00 EUR, over 2 of 4 rows"),
    ],
)
def test_a_table_is_asked_as_people_ask(question: str, result: str, pipeline: Pipeline) -> None:
    answer = pipeline.ask(question)
    assert answer.computed is not None
    assert result in answer.computed.text
    assert answer.status == "answered"


def test_what_was_spent_is_added_up_from_dated_rows_and_leaves_a_doubt(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How much did we spend on victuals?")
    assert answer.computed is not None
    assert answer.computed.text.startswith("The sum of Amount is £452.75, over 2 of 4 rows of outlay.csv")
    assert answer.status == "may_answer"


def test_a_verb_that_nothing_stands_for_beside_a_measure_is_named(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Which glimber frolled most often in 2024?")
    assert answer.computed is not None
    assert "G03 Sinje Auk. Nothing in the table stands for “frolled”." in answer.computed.text
    assert answer.status == "may_answer"


@pytest.mark.parametrize(
    "question",
    [
        "How many dips did Tobin Rale make in 2024?",  # one cell
        "How much did Fern Press charge?",  # one row
        "How much does a glimber of Osk pay?",  # no sum is meant
        "Which brillet is the dearest?",  # mentioned in a remark
        "Which fulmar had the most dips in 2023?",  # not what the rows are
        "Who froots the letter in Osk?",
        "How many plovers glimbered with us?",  # a name of the table is its verb
        "How many dips were there in 2021 in total?",  # no column is of that year
        "Show me",
        "We are new in Osk. How many glimbers get the letter?",  # what is said before may set a condition
        "Who is outside Osk?",
        "Which glimbers are from Osk or have the letter?",  # no choice within one column
        "What does fee mean?",
        "Which glimbers have an above average fee?",
        "What is the glimber number of Sinje Auk?",
        "Who is the Osk?",
        "Are most glimbers of Osk?",
        "When was the dearest fee?",
        "How many glimbers lack a letter?",
        "How many glimbers are older than 50?",  # no column is of ages
        "Which of the two dearest glimbers is of Osk?",
    ],
)
def test_what_is_no_question_of_the_whole_table_is_read_as_any_other(question: str, pipeline: Pipeline) -> None:
    assert pipeline.ask(question).computed is None


def test_the_verb_of_what_is_compared_is_named_where_no_column_says_it(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Who pays less than 50 euros?")
    assert answer.computed is not None
    assert answer.computed.text.startswith("2 of 4 rows of glimbers.csv where fee_eur < 50 euros")
    assert answer.computed.text.endswith("Nothing in the table stands for “pays”.")
    assert answer.status == "may_answer"


def test_an_identifier_is_no_amount(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Which is the highest glimber_no?")
    assert answer.computed is None


def test_what_holds_now_is_not_surely_of_the_year_that_another_column_gives(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many glimbers get the letter in 2021?")
    assert answer.computed is not None
    assert answer.status == "may_answer"


def test_a_year_in_the_title_above_a_table_is_that_of_all_its_rows(tmp_path_factory: pytest.TempPathFactory) -> None:
    heads, rows = "Brillet,Quay,Tide fee", "Orl,North,4\nTarn,South,6\nVey,North,7\n"
    for pipeline in pipeline_over({"quays.csv": f'"Dues of the quays, 2031",,\n{heads}\n{rows}'}, tmp_path_factory):
        answer = pipeline.ask("How many brillets of the North quay were there in 2031?")
        assert answer.computed is not None
        assert answer.computed.text.startswith("2 of 3 rows of quays.csv")
        assert answer.citations[0].headings == ("Dues of the quays, 2031",)
