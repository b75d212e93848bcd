"""Which words are quoted: exact, the likeliest first, lists whole, and with what takes them back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.quotes import evidence_of, with_parts
from rag.answering.reading import Reading
from rag.types import Evidence
from tests.rag.readings import by_margin, read_over

WORDS = st.sampled_from("plover quoin vellum serif bodkin larch tansy dace".split())
SENTENCES = st.lists(st.lists(WORDS, min_size=2, max_size=9).map(lambda w: " ".join(w).capitalize() + "."), max_size=6)


def quoted(question: str, *texts: str, max_words: int = 75) -> list[str]:
    return [quote.text for quote in evidence_of(read_over(question, texts), by_margin(), max_words).quotes]


@settings(max_examples=80)
@given(question=st.lists(WORDS, min_size=1, max_size=4), texts=st.lists(SENTENCES.filter(bool), min_size=1, max_size=3))
def test_every_quote_is_an_exact_slice_and_none_stands_twice(question: list[str], texts: list[list[str]]) -> None:
    reading = read_over(" ".join(question), [" ".join(text) for text in texts])
    evidence = evidence_of(reading, by_margin(), 30)
    assert evidence.quotes
    assert 0 <= evidence.probability <= 1
    for quote in evidence.quotes:
        passage = reading.passages[quote.label - 1].passage
        assert quote.span.of(passage.text) == quote.text
        assert quote.answer is None or quote.span.contains(quote.answer)
    assert len({(quote.label, quote.span) for quote in evidence.quotes}) == len(evidence.quotes)


def test_the_likeliest_sentence_comes_first_and_far_ones_are_left_out() -> None:
    text = "The bodkin lies in the larch chest.\n\nSupper is at eight.\n\nThe chest is old."
    assert quoted("Where does the bodkin lie, in which chest?", text)[0] == "The bodkin lies in the larch chest."
    assert "Supper is at eight." not in quoted("Where does the bodkin lie?", text)


def test_the_best_is_quoted_however_long_and_others_only_as_far_as_they_fit() -> None:
    long = "The bodkin " + "very " * 60 + "slowly rusts."
    assert quoted("bodkin rusts", "The bodkin rusts.", long, max_words=10) == ["The bodkin rusts."]
    assert quoted("bodkin slowly rusts", long, max_words=10) == [long]


def test_a_sentence_that_leads_to_a_list_is_quoted_with_the_whole_list() -> None:
    text = "For the march you carry:\n\n- a bodkin\n- two quoins\n- larch bark\n\nSupper is at eight."
    (quote,) = quoted("What do you carry for the march?", text)
    assert quote.startswith("For the march you carry:")
    assert quote.endswith("- larch bark")


def test_what_the_next_sentence_takes_back_is_quoted_with_it() -> None:
    text = "Tansy tea prevents the ague. However, the guild withdrew that claim. Supper is at eight."
    (quote,) = quoted("What does tansy tea prevent?", text)
    assert quote == "Tansy tea prevents the ague. However, the guild withdrew that claim."


def test_two_documents_that_give_other_numbers_differ() -> None:
    apart = evidence_of(read_over("How many dace drowned?", ["12 dace drowned.", "40 dace drowned."]), by_margin(), 75)
    alike = evidence_of(
        read_over("How many dace drowned?", ["12 dace drowned.", "Yes, 12 dace drowned."]), by_margin(), 75
    )
    assert apart.differing
    assert not alike.differing


def test_a_row_is_quoted_as_it_stands_with_its_heads() -> None:
    text = "| Load | Price |\n|---|---|\n| small | 1.20 |\n| large | 2.10 |\n"
    quote = evidence_of(read_over("Price of the large load?", [text]), by_margin(), 75).quotes[0]
    assert quote.text == "| large | 2.10 |"
    assert quote.cells == (("Load", "large"), ("Price", "2.10"))


def test_each_part_of_a_question_has_its_words() -> None:
    texts = ["The mill closed in May.", "Wenna Brask bought the weir."]
    whole = read_over("When did the mill close, and who bought the weir?", texts)
    parts = [read_over("When did the mill close?", texts), read_over("who bought the weir?", texts)]
    evidence = with_parts(evidence_of(whole, by_margin(), 20), whole, parts, by_margin(), 40)
    assert [quote.text for quote in evidence.quotes][:2] == texts


def test_words_that_answer_a_part_are_not_quoted_again_within_those_for_the_whole() -> None:
    texts = ["The mill closed in May. The kiln closed in June."]
    whole = read_over("When did the mill and the kiln close?", texts)
    parts = [read_over("When did the mill close?", texts), read_over("When did the kiln close?", texts)]
    evidence = with_parts(evidence_of(whole, by_margin(), 40), whole, parts, by_margin(), 40)
    assert [quote.text for quote in evidence.quotes] == texts


def test_where_nothing_was_retrieved_there_is_no_evidence() -> None:
    empty = Reading("Who?", (), (), {})
    assert evidence_of(empty, by_margin(), 75) == Evidence((), 0.0)


@pytest.mark.parametrize(("probability", "status"), [(0.1, "refused"), (0.4, "may_answer"), (0.9, "answered")])
def test_three_outcomes_by_probability(probability: float, status: str) -> None:
    assert by_margin().status(probability) == status


def test_a_term_that_stands_nowhere_is_named() -> None:
    evidence = evidence_of(read_over("Who opened T-4499?", ["T-4419 was opened by Wenna."]), by_margin(), 75)
    assert evidence.missing == "T-4499"
    assert by_margin().status(evidence.probability) == "refused"


def test_an_age_or_an_hour_that_stands_nowhere_is_no_identifier() -> None:
    text = "Nobody under 18 may work the dough mixer after 5 pm."
    assert evidence_of(read_over("May a 16-year-old work the dough mixer?", [text]), by_margin(), 75).probability > 0.3


def test_a_list_of_which_several_items_answer_is_quoted_whole_with_what_leads_to_it() -> None:
    text = "At the gate these are wanted:\n\n- a vellum serif\n- larch bark\n- a vellum quoin\n\nSupper is at eight."
    assert quoted("Is it a vellum serif or a vellum quoin?", text) == [text[: text.index("\n\nSupper")]]


def test_of_a_list_of_which_one_item_answers_that_item_is_quoted() -> None:
    text = "- a vellum serif\n- larch bark\n- two quoins\n\nSupper is at eight."
    assert quoted("Which serif is of vellum?", text)[0] == "- a vellum serif"


def test_a_quotation_is_quoted_from_where_it_opens() -> None:
    text = 'It rained. "The bodkin rusted in May. The quoin never did," she told the larch guild. Supper is at eight.'
    first = quoted("What did she tell the larch guild of the quoin?", text)[0]
    assert first == '"The bodkin rusted in May. The quoin never did," she told the larch guild.'
