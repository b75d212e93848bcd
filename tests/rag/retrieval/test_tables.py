"""Rows of a table are read under its heads: in the parts by hand, and from a CSV and an XLSX to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.bench.faults import making
from index.build import build_index
from rag.answering.extract import ExtractAnswerer
from rag.asking.question import read_question
from rag.pipeline import Pipeline
from rag.retrieval.tables import Cell, answers, asks_of_column, cells
from rag.settings import load
from tests.fakes import HashingEmbedder

WIDTH = 1024
PEOPLE = [("name", "age"), ("Alice", "37"), ("Bob", "42"), ("Carol", "")]
TOOLS = [("tool", "price", "in stock", "made in"), ("Hammer", "12.50", "30", "Porto"), ("Drill", "89.00", "4", "Braga")]


def test_a_row_is_cut_under_its_heads() -> None:
    assert cells("| name | age |", "| Bob | 42 |") == (Cell("name", "Bob"), Cell("age", "42"))
    assert cells("|  | age |", "| Bob | 42 |") == (Cell("age", "42"),)
    assert cells("| name | age | city |", "| Bob |  | Porto |") == (Cell("name", "Bob"), Cell("city", "Porto"))
    assert cells("| name | age |", "| Bob |") == (Cell("name", "Bob"),)


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("", "| Bob | 42 |"),
        ("| name | age |", "Bob is 42."),
        ("| name | age |", "| Bob is a baker."),
        ("| name | age |", "| Bob | 42 | a | b |"),
        ("| name | age |", "| name | age |"),
        ("| name | age |", "|  |"),
    ],
)
def test_what_is_no_row_has_no_cells(columns: str, row: str) -> None:
    assert cells(columns, row) == ()


@pytest.mark.parametrize(
    ("question", "columns", "found"),
    [
        ("How old is Bob?", "| name | age |", True),
        ("How old is Bob?", "| name | Age (years) |", True),
        ("How tall is Bob?", "| name | age |", False),
        ("How tall is Bob?", "| name | height_cm |", True),
        ("How wide is Bob?", "| name | height_cm |", False),
        ("What is the price of Bob?", "| name | price |", True),
        ("What does Bob earn?", "| name | wage |", True),
        ("When was Bob born?", "| name | hired in year |", False),
        ("When was Bob hired?", "| name | hired |", True),
        ("Where does Bob live?", "| name | Page |", False),
        ("What is Bob's name?", "| Bob | 42 |", False),
    ],
)
def test_a_cell_answers_what_its_head_says(question: str, columns: str, found: bool) -> None:
    terms = read_question(question, lambda _: False).terms
    assert answers(question, terms, cells(columns, "| Bob | 42 |")) is found


def test_an_empty_cell_answers_nothing() -> None:
    terms = read_question("How old is Bob?", lambda _: False).terms
    assert not answers("How old is Bob?", terms, cells("| name | age | city |", "| Bob |  | Porto |"))


def test_only_some_questions_ask_for_a_column() -> None:
    assert asks_of_column("How heavy is the drill?")
    assert not asks_of_column("Who bought the drill?")


def as_csv(rows: list[tuple[str, ...]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode()


def as_xlsx(rows: list[tuple[str, ...]]) -> bytes:
    return making.xlsx({"S": making.sheet("".join(making.sheet_row(*row) for row in rows))})


@pytest.fixture(scope="module", params=["csv", "xlsx"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Over two small tables of one format."""
    folder = tmp_path_factory.mktemp("documents")
    make = as_csv if request.param == "csv" else as_xlsx
    for name, rows in (("people", PEOPLE), ("tools", TOOLS)):
        Path(folder, f"{name}.{request.param}").write_bytes(make(rows))
    settings = load(home=tmp_path_factory.mktemp("home"), environ={})
    build_index(settings.for_index(), [folder], HashingEmbedder(WIDTH), trial=lambda _: None)
    opened = Pipeline(settings, HashingEmbedder(WIDTH), ExtractAnswerer())
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("How old is Bob?", "| Bob | 42 |"),
        ("What is the age of Alice?", "| Alice | 37 |"),
        ("What is the price of the hammer?", "| Hammer | 12.50 | 30 | Porto |"),
        ("Where was the drill made?", "| Drill | 89.00 | 4 | Braga |"),
    ],
)
def test_the_row_that_holds_it_is_quoted_alone(pipeline: Pipeline, question: str, row: str) -> None:
    answer = pipeline.ask(question)
    assert (answer.status, [c.quote for c in answer.citations]) == ("answered", [row])
    (citation,) = answer.citations
    assert citation.span.of(pipeline.text(citation.source.document_id)) == row


@pytest.mark.parametrize(
    "question",
    [
        "How tall is Bob?",
        "How old is Carol?",
        "How old is Daniel?",
        "How old is the hammer?",
        "What does Bob earn?",
        "How heavy is the drill?",
        "When was Bob born?",
        "Where does Bob live?",
    ],
)
def test_what_no_column_gives_is_refused(pipeline: Pipeline, question: str) -> None:
    answer = pipeline.ask(question)
    assert (answer.status, answer.citations) == ("refused", ())
