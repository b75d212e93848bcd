"""The documents that are made to be measured with, and what counts as right over them; no model is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.documents.identifiers import documents, lookups
from evals.documents.mail import quoted_parts
from evals.documents.pages import made_pdfs, right_in_order
from evals.documents.tables import QUESTIONS
from evals.documents.writers import WRITERS
from evals.table.documents import is_found, is_right, tables
from index.readers.mail import read_mail
from index.readers.pdf import read_pdf
from index.types import Source, Span
from rag.types import Citation
from tests.fakes import FakePipeline

ANSWER = FakePipeline().ask("What was struck?")


def cited(quote: str, *cells: tuple[str, str]) -> Citation:
    source = Source("d" * 16, "t.csv", "d" * 64, None, None, None, None)
    return Citation(1, "quoted", source, None, Span(0, len(quote)), quote, cells=cells)


def test_there_are_as_many_questions_as_are_promised() -> None:
    assert len(QUESTIONS) == 24
    assert len({question.table.title for question in QUESTIONS}) == 3
    assert [lookup.value is None for lookup in lookups()].count(True) == 20
    assert len(list(lookups())) == 40
    assert len(list(quoted_parts())) == 30
    assert sum(made.pages for made in made_pdfs()) == 20
    assert [len(tables(ending)) for ending in WRITERS] == [3] * 8


def test_identifiers_that_are_asked_for_stand_in_one_place_or_in_none() -> None:
    text = "\n".join(documents().values())
    for lookup in lookups():
        assert text.count(lookup.identifier) == (0 if lookup.value is None else 1)


def test_every_quoted_part_of_a_mail_is_whose_it_is() -> None:
    for part in quoted_parts():
        got = read_mail(part.mail)
        at = got.text.index(part.words)
        (block,) = (block for block in got.blocks if block.span.start <= at < block.span.end)
        assert (block.author, block.date) == (part.author, part.date), part.words


@pytest.mark.parametrize("number", range(8))
def test_pages_are_read_in_order(number: int) -> None:
    made = list(made_pdfs())[number]
    right, longer = right_in_order(read_pdf(made.data).text, made.text)
    assert right / longer >= 0.995, made.name


def test_characters_that_are_lost_or_added_or_out_of_order_count() -> None:
    assert right_in_order("one two", "one\ntwo") == (6, 6)
    assert right_in_order("two one", "one two")[0] == 3
    assert right_in_order("one two three", "one two") == (6, 11)


def test_a_cell_is_right_in_its_row_and_under_its_head() -> None:
    question = next(question for question in QUESTIONS if question.head == "Price (EUR)" and question.value)
    row = (("Tour", "Glacier walk"), ("Price (EUR)", "85"))
    good = replace(ANSWER, status="answered", citations=(cited("| Glacier walk | 85 |", *row),))
    assert is_right(question, good)
    assert not is_right(question, replace(good, status="refused"))
    other = cited("| Cave tour | 85 |", ("Tour", "Cave tour"), row[1])
    assert not is_right(question, replace(good, citations=(other, *good.citations)))


def test_an_empty_cell_and_an_unknown_identifier_are_never_answered() -> None:
    empty = next(question for question in QUESTIONS if not question.value)
    unknown = next(lookup for lookup in lookups() if lookup.value is None)
    told = replace(ANSWER, status="answered", citations=(cited("x"),), text="x")
    refused = replace(told, status="refused", text="", citations=())
    assert (is_right(empty, told), is_right(empty, refused)) == (False, True)
    assert (is_found(unknown, told), is_found(unknown, refused)) == (False, True)
