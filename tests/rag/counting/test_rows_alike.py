"""Rows that a question names alike are quoted together; of years the lowest is the oldest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.pipeline import Pipeline
from tests.rag.counting.tables import pipeline_over

DROMMELS = """drommel,moor,year,toll_eur,warden
Quarn,Lesk Water,1931,31,Orra Fennick
Sollin,Murn Water,1958,24,Bram Quill
Tevve,Lesk Water,1874,45,Bram Quill
Ulrig,Murn Water,1990,22,Orra Fennick
Vandle,Lesk Water,2004,37,Bram Quill
"""
WEMBLES = "wemble,colour\n" + "".join(f"W-{at},umber\n" for at in range(12))
TROKES = "troke,sheen\n" + "".join(f"T-{at},ochre\n" for at in range(7))
FERRELS = "ferrel,age\nOlm,1712\nPrawn,1806\nQuoit,1699\n"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Quotes over short tables and one of which more rows are alike than are quoted."""
    files = {"drommels.csv": DROMMELS, "wembles.csv": WEMBLES, "trokes.csv": TROKES, "ferrels.csv": FERRELS}
    yield from pipeline_over(files, tmp_path_factory)


def quoted(question: str, pipeline: Pipeline) -> set[str]:
    answer = pipeline.ask(question)
    assert answer.computed is None
    return {citation.cells[0][1] for citation in (*answer.citations, *answer.quotes) if citation.cells}


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What has Orra Fennick glimmed?", {"Quarn", "Ulrig"}),
        ("What lies prawling on Lesk Water?", {"Quarn", "Tevve", "Vandle"}),
        ("What has Bram Quill glimmed on Lesk Water?", {"Tevve", "Vandle"}),
    ],
)
def test_every_row_that_is_named_alike_is_quoted(question: str, rows: set[str], pipeline: Pipeline) -> None:
    assert quoted(question, pipeline) == rows


def test_the_quotes_of_rows_named_alike_are_exact_and_under_passages_that_are_shown(pipeline: Pipeline) -> None:
    answer = pipeline.ask("What lies prawling on Lesk Water?")
    citations = (*answer.citations, *answer.quotes)
    assert [item.label for item in answer.passages] == list(range(1, len(answer.passages) + 1))
    assert {citation.label for citation in citations} <= {item.label for item in answer.passages}
    assert all(c.span.of(pipeline.text(c.source.document_id)) == c.quote for c in citations)


def test_rows_that_hold_what_is_denied_are_not_added(pipeline: Pipeline) -> None:
    assert len(quoted("What prawls in ochre?", pipeline)) == 7
    assert len(quoted("What does not prawl in ochre?", pipeline)) < 7


def test_of_more_rows_than_are_quoted_none_is_added(pipeline: Pipeline) -> None:
    assert len(quoted("What prawls in umber?", pipeline)) < 8


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("Which ferrel is the oldest?", "The lowest age is 1699, over 3 of 3 rows of ferrels.csv: Quoit."),
        ("Which ferrel is younger, Olm or Prawn?", "The highest age is 1806, over 2 of 3 rows"),
        ("Which drommel has the lowest year?", "The lowest year is 1874, over 5 of 5 rows of drommels.csv: Tevve."),
    ],
)
def test_of_years_the_lowest_is_the_oldest(question: str, result: str, pipeline: Pipeline) -> None:
    answer = pipeline.ask(question)
    assert answer.computed is not None
    assert answer.computed.text.startswith(result)
