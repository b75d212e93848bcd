"""Which sentences are quoted beside the likeliest: none twice, none for nothing, fewer the more is asked of a word."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag.answering.beside import MOST, chosen, distinct, length, of_beside
from rag.answering.decide import OF_BESIDE, Ranked
from tests.rag.readings import by_margin, read_over

WORDS = st.sampled_from("plover quoin vellum serif bodkin larch tansy dace".split())
SENTENCE = st.lists(WORDS, min_size=2, max_size=9).map(lambda words: " ".join(words).capitalize() + ".")
TEXT = st.lists(SENTENCE, min_size=1, max_size=7).map(" ".join)
QUESTION = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


def ranked_over(question: str, *texts: str) -> Ranked:
    return by_margin().ordered(read_over(question, texts).candidates)


@given(question=QUESTION, text=TEXT, max_words=st.integers(5, 60))
def test_the_likeliest_is_quoted_and_the_others_are_distinct_and_fit(question: str, text: str, max_words: int) -> None:
    ranked = ranked_over(question, text)
    candidates = chosen(ranked, question, by_margin(), max_words)
    assert candidates[0] is ranked[0][1]
    assert len(candidates) <= MOST
    assert len({candidate.unit.unit.text.casefold() for candidate in candidates}) == len(candidates)
    assert len(candidates) == 1 or sum(map(length, candidates)) <= max_words


@given(question=QUESTION, text=TEXT, worth=st.floats(0, 0.1), more=st.floats(0, 0.1))
def test_the_more_a_word_must_be_worth_the_fewer_sentences_are_quoted(
    question: str, text: str, worth: float, more: float
) -> None:
    ranked = ranked_over(question, text)
    asked_less, asked_more = (replace(by_margin(), worth=least) for least in (worth, worth + more))
    assert set(chosen(ranked, question, asked_more, 1000)) <= set(chosen(ranked, question, asked_less, 1000))


def test_where_nothing_is_worth_its_words_the_likeliest_alone_is_quoted() -> None:
    ranked = ranked_over("larch bodkin", "The larch bodkin rusts. The larch stands. A bodkin lies here.")
    assert len(chosen(ranked, "larch bodkin", replace(by_margin(), worth=1.0), 75)) == 1


def test_a_sentence_is_held_against_those_before_it() -> None:
    question = "vellum serif"
    ranked = distinct(ranked_over(question, "The vellum is old.", "The serif is old.", "The vellum is old."))
    (features,) = (dict(zip(OF_BESIDE, values, strict=True)) for values in of_beside(ranked, question))
    assert features["before"] == 1
    assert features["new"] == 0.5
    assert features["again"] == 0.5


def test_a_line_with_no_word_but_those_of_the_question_is_not_quoted_beside_another() -> None:
    question = "vellum serif larch"
    ranked = ranked_over(question, "The vellum, serif and larch are old.", "Vellum.", "Larch tansy.")
    texts = [candidate.unit.unit.text for candidate in chosen(ranked, question, replace(by_margin(), worth=0.0), 75)]
    assert texts[0] == "The vellum, serif and larch are old."
    assert "Larch tansy." in texts
    assert "Vellum." not in texts
