"""Pins: kept whole and in order, annotated, taken out and put back, and exported with where every word stands."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.app.conversations.export import exact, inline, notebook_as_markdown
from rag.app.conversations.notebook import LONGEST_NOTE, Notebooks, quote_alone
from rag.contract import as_json
from rag.errors import ConversationsUnusable, NoPin
from rag.types import Answer
from rag.verification.reopen import GONE, State
from tests.fakes import FakePipeline, stands

QUESTIONS = ("How long is the notice?", "What is the fare in zone 2?", "What was struck near Masra?")


def answer(question: str = QUESTIONS[0]) -> Answer:
    return FakePipeline().ask(question)


@pytest.fixture
def notebooks(tmp_path: Path) -> Notebooks:
    return Notebooks(tmp_path)


def pinned(notebooks: Notebooks) -> list[str]:
    for question in QUESTIONS:
        assert notebooks.pin("default", "answer", answer(question))
    return [pin.id for pin in notebooks.pins("default")]


def order(notebooks: Notebooks) -> list[str]:
    return [pin.answer.question for pin in notebooks.pins("default")]


def test_nothing_is_written_before_the_first_pin_and_then_for_its_owner_alone(notebooks: Notebooks) -> None:
    assert notebooks.pins("default") == ()
    assert not notebooks.file.exists()
    pinned(notebooks)
    assert stat.S_IMODE(notebooks.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(notebooks.file.parent.stat().st_mode) == 0o700


def test_an_answer_comes_back_as_it_was_and_a_quote_alone(notebooks: Notebooks) -> None:
    whole = answer(QUESTIONS[2])
    notebooks.pin("default", "answer", whole)
    notebooks.pin("default", "quote", quote_alone(whole, whole.citations[1]))
    first, second = notebooks.pins("default")
    assert as_json(first.answer) == as_json(whole)
    assert [quote.quote for quote in first.quotes] == list(dict.fromkeys(c.quote for c in whole.citations))
    assert [quote.quote for quote in second.quotes] == ["who blamed an electrical fault"]
    assert notebooks.pins("other") == ()


def test_the_same_is_pinned_once(notebooks: Notebooks) -> None:
    assert notebooks.pin("default", "answer", answer())
    assert not notebooks.pin("default", "answer", answer())
    assert notebooks.pin("default", "quote", quote_alone(answer(), answer().citations[0]))
    assert notebooks.pin("other", "answer", answer())


def test_pins_are_put_in_order_and_stay_at_the_ends(notebooks: Notebooks) -> None:
    first, second, third = pinned(notebooks)
    notebooks.move(third, -1)
    assert order(notebooks) == [QUESTIONS[0], QUESTIONS[2], QUESTIONS[1]]
    notebooks.move(first, -1)
    notebooks.move(second, 1)
    assert order(notebooks) == [QUESTIONS[0], QUESTIONS[2], QUESTIONS[1]]


def test_what_is_taken_out_is_nowhere_in_the_file_and_comes_back_in_its_place(notebooks: Notebooks) -> None:
    _, second, _ = pinned(notebooks)
    notebooks.annotate(second, "SECRETNOTE")
    pin, place = notebooks.remove(second)
    assert b"SECRETNOTE" not in notebooks.file.read_bytes()
    assert b"zone 2" not in notebooks.file.read_bytes()
    notebooks.restore(pin, place)
    notebooks.restore(pin, place)
    assert order(notebooks) == list(QUESTIONS)
    assert notebooks.pins("default")[1].note == "SECRETNOTE"


def test_a_note_may_be_anything_and_is_cut(notebooks: Notebooks) -> None:
    first, *_ = pinned(notebooks)
    notebooks.annotate(first, "a\x00 \ud800 " + "b" * 10**6)
    assert len(notebooks.pins("default")[0].note) == LONGEST_NOTE
    notebooks.annotate(first, "")
    assert notebooks.pins("default")[0].note == ""


@pytest.mark.parametrize("key", ["", "x", "' OR 1=1 --", "../../etc"])
def test_what_has_no_pin_changes_nothing(notebooks: Notebooks, key: str) -> None:
    pinned(notebooks)
    for work in (notebooks.remove, lambda key: notebooks.move(key, 1), lambda key: notebooks.annotate(key, "a")):
        with pytest.raises(NoPin):
            work(key)
    assert order(notebooks) == list(QUESTIONS)


def test_an_unusable_file_is_a_sentence(notebooks: Notebooks) -> None:
    pinned(notebooks)
    notebooks.file.write_bytes(b"no database" * 200)
    with pytest.raises(ConversationsUnusable, match="notebooks cannot be read"):
        notebooks.pins("default")


def test_many_pin_at_once_and_all_is_kept(notebooks: Notebooks) -> None:
    questions = [f"How long is the notice, asks {number}?" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda question: notebooks.pin("default", "answer", answer(question)), questions))
    assert sorted(order(notebooks)) == sorted(questions)


def test_the_export_says_where_each_word_stands_and_what_became_of_it(notebooks: Notebooks) -> None:
    whole = answer()
    notebooks.pin("default", "answer", whole)
    (pin,) = notebooks.pins("default")
    notebooks.annotate(pin.id, "# a note <b>")
    quote = whole.citations[0]
    text = notebook_as_markdown(
        "default", notebooks.pins("default"), lambda _: State("same", "home/lease.docx", quote.span)
    )
    assert f"characters {quote.span.start}-{quote.span.end}, sha256 {'d' * 64}" in text
    assert "file: home/lease\\.docx" in text
    assert f"```text\n{exact(quote.quote)}\n```" in text
    assert "```text\n# a note <b>\n```" in text
    assert "Since then" not in text
    gone = notebook_as_markdown("default", notebooks.pins("default"), lambda _: GONE)
    assert "Since then: the source is no longer indexed." in gone
    assert quote.quote in gone


def test_the_export_says_what_came_of_a_question_and_what_each_sentence_was_checked_against(
    notebooks: Notebooks,
) -> None:
    questions = ("Where did the power fail?", "What do the fares add up to?", "What was struck near Masra?")
    answers = [FakePipeline().ask(question) for question in questions]
    for each in answers:
        notebooks.pin("default", "answer", each)
    lines = notebook_as_markdown("default", notebooks.pins("default"), stands).splitlines()
    assert "**May answer:** The nearest words; look whether they answer you." in lines
    assert "**Worked out:** The single fares add up to 7.80, over 3 of 3 rows. The first 1 are quoted." in lines
    (partly,) = (one for one in answers[-1].statements if one.verdict == "partly")
    ((label, span),) = partly.evidence
    words = f"{partly.text} [2] (note: “denied” is not in [2]) (checked against [{label}] characters {span.start}"
    assert f"- **partly supported:** {inline(words)}-{span.end})" in lines
    assert f"- **not supported:** {inline('The plant was rebuilt within a week [9]. [9]')}" in lines
