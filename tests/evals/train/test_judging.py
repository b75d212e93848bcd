"""What the judge learns of readings: whether the words that the reader read for an answer are one."""

from __future__ import annotations

from evals.train.examples import NOT_SUPPORTED, SUPPORTED, Judged, Reading
from evals.train.judging import as_read
from rag.reader.layout import Unit
from tests.fakes import OverlapReader

WINDOW = (Unit("Brask", candidate=False), Unit("The weir opens at nine."), Unit("Wenna feeds the ferrets at dusk."))
QUESTION = Reading("When does the weir open?", WINDOW, (1,))
MISS = Reading("When do the ferrets open?", WINDOW)


def test_a_question_read_rightly_is_a_true_statement_and_its_near_misses_false_ones_over_the_same_window() -> None:
    assert as_read((QUESTION, MISS), OverlapReader()) == (
        Judged("When does the weir open? The weir opens at nine.", WINDOW, SUPPORTED),
        Judged("When do the ferrets open? The weir opens at nine.", WINDOW, NOT_SUPPORTED),
    )


def test_a_misread_question_takes_its_near_misses_with_it() -> None:
    misread = Reading("When does the weir open?", WINDOW, (2,))
    (judged,) = as_read((misread, MISS), OverlapReader())
    assert judged == Judged("When does the weir open? The weir opens at nine.", WINDOW, NOT_SUPPORTED)


def test_a_question_over_a_window_without_its_answer_is_a_false_statement() -> None:
    assert [item.label for item in as_read((MISS,), OverlapReader()) if isinstance(item, Judged)] == [NOT_SUPPORTED]


def test_statements_have_no_words_to_be_read() -> None:
    assert as_read((Judged("Wenna left.", WINDOW, SUPPORTED),), OverlapReader()) == ()
