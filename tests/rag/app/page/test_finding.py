"""Words that are looked for in an opened document: which places are found, and that they are seen beside the quotes."""

from __future__ import annotations

import html
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Document, Span
from index.words.tokens import fold
from rag.app.page import finding
from rag.app.page.finding import LONGEST, MOST, Finder, FoldedText
from rag.app.page.html import safe
from rag.app.page.marked import block_starts

odd_text = st.text(st.sampled_from("aeEéßｓs \n\t\u00adﬁi\u0301\u200b‑.*([\U0001f600"), max_size=60)


def found_words(text: str, words: str) -> list[str]:
    return [span.of(text) for span in FoldedText(text).find(words)]


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        ("The Quay, the quay", "QUAY", ["Quay", "quay"]),
        ("café Cafe\u0301 CAFE", "cafe", ["café", "Cafe\u0301", "CAFE"]),
        ("waited at\n   the quay", " at the ", ["at\n   the"]),
        ("Straße, STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("der Fuß", "s", ["ß"]),
        ("co\u00adoperate", "cooperate", ["co\u00adoperate"]),
        ("the \u00ad quay", "the quay", ["the \u00ad quay"]),
        ("it’s", "it's", ["it’s"]),
        ("a.c abc", "a.c", ["a.c"]),
        ("(a|b)*", "(a|b)*", ["(a|b)*"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("cannot", "can not", []),
        ("anything", " \n", []),
        ("", "x", []),
    ],
)
def test_words_are_found_whatever_their_case_accents_and_line_breaks(text: str, words: str, places: list[str]) -> None:
    assert found_words(text, words) == places


@given(odd_text, odd_text)
def test_what_is_found_is_what_was_looked_for_in_order_and_apart(text: str, words: str) -> None:
    spans = FoldedText(text).find(words)
    assert all(span.of(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    form = "".join(map(_seen, words)).split()
    for span in spans:
        assert " ".join(form) in " ".join("".join(map(_seen, span.of(text))).split())


@given(odd_text, st.data())
def test_every_run_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    edges = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    run = text[slice(*edges)]
    if "".join(map(_seen, run)).strip():
        assert FoldedText(text).find(run)


def _seen(char: str) -> str:
    return "" if char in "\u00ad\u200b" else fold(char)


def test_a_text_is_made_ready_once_for_all_who_look_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted(FoldedText):
        def __init__(self, text: str) -> None:
            made.append(text[:3])
            super().__init__(text)

    monkeypatch.setattr(finding, "FoldedText", Counted)
    finder, document = Finder(), Document("d", "0" * 64, "one " * 50_000, "utf-8")
    with ThreadPoolExecutor(8) as people:
        counts = [len(spans) for spans in people.map(finder.spans, [document] * 8, ["one"] * 8)]
    assert made == ["one"]
    assert counts == [MOST + 1] * 8


def test_a_text_with_very_many_places_lists_the_first_of_them() -> None:
    assert len(FoldedText("a " * (MOST + 50)).find("a")) == MOST + 1


@pytest.mark.parametrize("text", ["a " * 2_000_000, "ab" * 2_000_000, "a" + " " * 4_000_000 + "b", "e\u0301" * 500_000])
def test_a_long_text_that_nearly_holds_long_words_is_looked_through_once(text: str) -> None:
    assert FoldedText(text).find(("a " * LONGEST)[: LONGEST - 1] + "b") == []


@given(st.lists(st.sampled_from(["one\n\n", "é ", "\U0001f600", "\u202e", "<b>", "x" * 3_000]), max_size=30))
def test_a_place_is_counted_as_a_browser_counts_what_it_is_shown(parts: list[str]) -> None:
    text = "".join(parts) + "."
    starts = [*block_starts(text), len(text)]
    spans = [Span(at, at + 1) for at in range(0, len(text), max(1, len(text) // 50))]
    for span, place in zip(spans, Finder().places(Document("d", "0" * 64, text, "utf-8"), spans), strict=True):
        block, units = place.start
        shown = html.unescape(safe(text[starts[block] : starts[block + 1]])).encode("utf-16-le")[2 * units :]
        assert shown.decode("utf-16-le").startswith(html.unescape(safe(span.of(text))))
