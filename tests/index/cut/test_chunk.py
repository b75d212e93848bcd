"""Passages and sentences: spans first, so that every slice is exact and nothing is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.sentences import MAX_SENTENCE, paragraphs, sentences
from index.types import Document

WORDS = st.sampled_from(
    [
        "The",
        "U.S.",
        "army",
        "left.",
        "“Why?”",
        "he",
        "asked.",
        "3.5",
        "Mr.",
        "X",
        "\n\n",
        "\n- ",
        "東京。",
        "…",
        "e.g.",
        " ",
    ]
)


def document(text: str) -> Document:
    return Document("0" * 16, "0" * 64, text, "utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It fell on Sept. 4, 2016. Then it rose.", ["It fell on Sept. 4, 2016.", "Then it rose."]),
        ("He met Mr. Lee of the U.S. Navy. They spoke.", ["He met Mr. Lee of the U.S. Navy.", "They spoke."]),
        ("They came to the U.S. The rest stayed.", ["They came to the U.S.", "The rest stayed."]),
        ("“Go home.” He left.", ["“Go home.”", "He left."]),
        ("It cost 3.5 million. Why?", ["It cost 3.5 million.", "Why?"]),
        ("That drove it.”[4] More came.", ["That drove it.”[4]", "More came."]),
        ("A heading\n\nA line\nthat goes on. End.", ["A heading", "A line\nthat goes on.", "End."]),
        ("List:\n- one\n- two", ["List:", "- one", "- two"]),
        ("今日は雨。明日は晴れ。", ["今日は雨。", "明日は晴れ。"]),
        ("| a | b |\n| c | d |", ["| a | b |", "| c | d |"]),
        (
            "2019-03-02 10:00:00 one\n  at two\n[2019-03-02T10:00] three",
            ["2019-03-02 10:00:00 one\n  at two", "[2019-03-02T10:00] three"],
        ),
        (
            "Mar  2 10:00:00 host one\nMar 12 10:00:00 host two",
            ["Mar  2 10:00:00 host one", "Mar 12 10:00:00 host two"],
        ),
        ('1.2.3.4 - - "GET /"\n1.2.3.4 - - "PUT /"', ['1.2.3.4 - - "GET /"', '1.2.3.4 - - "PUT /"']),
        ("It began in\n2019 and ended.", ["It began in\n2019 and ended."]),
        ("The ferry, dep. 10:35, is late. It waits.", ["The ferry, dep. 10:35, is late.", "It waits."]),
        ("Your booking no. KY-5531 is paid. Thanks.", ["Your booking no. KY-5531 is paid.", "Thanks."]),
        ("It stood in the bar. The 3 men left.", ["It stood in the bar.", "The 3 men left."]),
        ("Es gilt ab dem 12. Mai. Danach nicht.", ["Es gilt ab dem 12. Mai.", "Danach nicht."]),
        ("They were 112. Mai was among them.", ["They were 112.", "Mai was among them."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [span.of(text) for span in sentences(text)] == expected


@given(st.lists(WORDS).map(" ".join) | st.text())
def test_sentences_hold_every_word_once_and_in_order(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(span.of(text) for span in spans).split()) == "".join(text.split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert all(span.of(text).strip() == span.of(text) != "" for span in spans)


def test_a_run_without_full_stops_is_cut() -> None:
    text = "word " * 2000
    assert max(len(span) for span in sentences(text)) <= MAX_SENTENCE


def test_a_long_run_is_cut_at_a_lines_end() -> None:
    lines = [f"value_{number} = call({number})" for number in range(200)]
    cut = [span.of("\n".join(lines)) for span in sentences("\n".join(lines))]
    assert len(cut) > 1
    assert [line for piece in cut for line in piece.split("\n")] == lines


def test_paragraphs_end_at_blank_lines() -> None:
    text = "a\nb\n \nc\n\n\n d "
    assert [span.of(text) for span in paragraphs(text)] == ["a\nb", "c", "d"]


@given(st.lists(WORDS).map(" ".join) | st.text(), st.integers(5, 60))
def test_passages_are_exact_slices_that_cover_every_article(text: str, words: int) -> None:
    made = document(text)
    articles = split_articles(made)
    passages = chunk(made, articles, words)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.id == f"{made.id}:{passage.start}-{passage.end}"
        assert articles[passage.article].span.contains(passage.span)
    for article in articles:
        held = "".join(p.text for p in passages if p.article == article.ordinal)
        assert "".join(held.split()) == "".join(article.span.of(text).split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))


def test_passages_are_near_the_size_asked_for() -> None:
    text = " ".join(f"Sentence number {n} has seven words here." for n in range(200))
    passages = chunk(document(text), split_articles(document(text)), 50)
    sizes = [len(p.text.split()) for p in passages[:-1]]
    assert all(40 <= size <= 63 for size in sizes)


def test_a_text_without_blanks_makes_no_passage_without_an_end() -> None:
    whole = document("x" * 100_000)
    passages = chunk(whole, split_articles(whole), 110)
    assert max(len(passage.text) for passage in passages) <= 2 * MAX_SENTENCE
