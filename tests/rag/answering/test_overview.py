"""Questions about the documents themselves: which there are, and what is in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from index.indexing.build import build_index
from index.types import Article, Span
from rag.answering.extract import QuotesAnswerer
from rag.answering.overview import asks_for_overview
from rag.asking.filters import Entry, Filters
from rag.asking.named import Known
from rag.pipeline import Pipeline
from rag.settings import load
from tests.fakes import LEASE, WIRE, HashingEmbedder, OverlapReader
from tests.rag.readings import by_margin

REPORT = """# Yearly report

## Money

The club has 900 euros. It spent 40.

## Members

There are 61 members.
"""


def like(text: str, others: Sequence[str]) -> list[float]:
    """A likeness by the first letters."""
    return [float(text.lower()[:4] == other[:4]) for other in others]


KNOWN = Known([Entry(Article("d", 0, Span(0, 1)), ("reports/yearly report 2024.md",))])


@pytest.mark.parametrize(
    "question",
    [
        "Which documents do you have?",
        "What files are there?",
        "How many documents are there?",
        "What is in yearly report 2024.md?",
        "Summarise this",
        "What is this document about?",
        "Please summarize yearly report 2024.md",
    ],
)
def test_a_question_about_the_documents_is_known_by_what_it_does_not_ask(question: str) -> None:
    assert asks_for_overview(question, KNOWN, like)


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote this document?",
        "What is the rent in yearly report 2024.md?",
        "Summarise the rules on pets",
        "What is it?",
        "Who are you?",
        "Which documents must I bring?",
        "What does this cost?",
        "When is it?",
    ],
)
def test_a_question_about_anything_else_is_none(question: str) -> None:
    assert not asks_for_overview(question, KNOWN, like)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Quotes over three documents."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in (("wire.txt", WIRE), ("lease 2023.txt", LEASE), ("report.md", REPORT)):
        (folder / name).write_text(text)
    settings = load(home=tmp_path_factory.mktemp("home"), environ={})
    build_index(settings.for_index(), [folder], HashingEmbedder(256), trial=lambda _: None)
    opened = Pipeline(settings, HashingEmbedder(256), QuotesAnswerer(), OverlapReader(), by_margin())
    yield opened
    opened.close()


def test_the_documents_are_listed_with_their_first_words(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Which documents do you have?")
    assert answer.status == "answered"
    assert answer.computed is not None
    assert answer.computed.value == "3"
    assert all(name in answer.text for name in ("wire.txt", "lease 2023.txt", "report.md"))
    assert {citation.source.path for citation in answer.citations} == {"wire.txt", "lease 2023.txt", "report.md"}


def test_a_document_is_told_by_its_headings_and_what_they_open_with(pipeline: Pipeline) -> None:
    answer = pipeline.ask("What is in report.md?")
    assert [citation.quote for citation in answer.citations] == ["The club has 900 euros.", "There are 61 members."]
    assert answer.citations[1].headings[-1] == "Members"
    assert "Money; Members" in answer.text
    assert [item.value for item in answer.filters.filters] == ["report.md"]


def test_filters_that_are_set_hold_for_it(pipeline: Pipeline) -> None:
    answer = pipeline.ask("What is this document about?", filters=Filters(files=("lease 2023.txt",)))
    assert {citation.source.path for citation in answer.citations} == {"lease 2023.txt"}
    for citation in answer.citations:
        assert citation.span.of(pipeline.text(citation.source.document_id)) == citation.quote
