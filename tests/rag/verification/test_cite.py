"""The grammar of citation markers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.types import RetrievedPassage
from rag.verification.cite import NOTHING, Marked, Offered, labels_in, offered, parse, without_markers
from tests.rag import passages


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("a [1]", (1,)),
        ("a [1, 2]", (1, 2)),
        ("a [1;3]", (1, 3)),
        ("a [1-3]", (1, 2, 3)),
        ("a [1–3] b [2]", (1, 2, 3)),
        ("a [3-1]", (3, 1)),
        ("a [1][2]", (1, 2)),
        ("a [ 4 ]", (4,)),
        ("a [99]", (99,)),
        ("a [x] [] [1.5]", ()),
        ("a [1-9999]", (1, 9999)),
        ("a [[1]] b [^2] c [#3]", (1, 2, 3)),
        ("a [passage 1, Source 3]", (1, 3)),
        ("a [1 and 2; 4 & 5]", (1, 2, 4, 5)),
        ("a 【1†source】【2】", (1, 2)),
        ("a [1](http://x) (2)", (1,)),
        ("a [[1]](#1)", (1,)),
        ("a [[2](#ref-2)] b", (2,)),
        ('a [3](notes.md "Notes").', (3,)),
        ("a [citation:2] b [ID: 3]", (2, 3)),
        ("a (1), b <sup>2</sup>, c³", ()),
    ],
)
def test_labels(text: str, labels: tuple[int, ...]) -> None:
    assert labels_in(text) == labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained [1]. It stopped [2].", [("It rained.", (1,)), ("It stopped.", (2,))]),
        ("It rained. [1] It stopped. [2]", [("It rained.", (1,)), ("It stopped.", (2,))]),
        ("It rained.[1][2]", [("It rained.", (1, 2))]),
        ("[1] says it rained.", [("says it rained.", (1,))]),
        ("It rained.\n[1]", [("It rained.", (1,))]),
        ("It rained.", [("It rained.", ())]),
        ("- one [1]\n- two [2]", [("- one", (1,)), ("- two", (2,))]),
        ("Mail: “It rained. It stopped.” [3]", [("Mail: “It rained. It stopped.”", (3,))]),
        ("Mail: “It rained.[4] It stopped.” [3]", [("Mail: “It rained.[4] It stopped.”", (3,))]),
        ("[7]", [("", (7,))]),
        ("It rained ([1], [2]).", [("It rained.", (1, 2))]),
        ("It rained [1] and [2].", [("It rained.", (1, 2))]),
        ("1. It rained [1].\n2. It stopped [2].", [("1. It rained.", (1,)), ("2. It stopped.", (2,))]),
        ("It rained.\n\nSources: [1], [3]", [("It rained.", (1, 3))]),
        ("Mail: “It rained” [1], Post: “no” [2].", [("Mail: “It rained”, Post: “no”.", (1, 2))]),
        ("It rained (see [1]).", [("It rained.", (1,))]),
        ("", []),
    ],
)
def test_parse(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert parse(text) == tuple(Marked(words, labels) for words, labels in expected)


PIECES = st.sampled_from(["It rained", "He left", ".", " ", "\n", "[1]", "[2, 3]", "[4-6]", "- ", "!"])


@given(st.lists(PIECES).map("".join))
def test_no_marker_is_lost_and_none_is_made(text: str) -> None:
    found = {label for sentence in parse(text) for label in sentence.labels}
    assert found == set(labels_in(text))


@given(st.lists(PIECES).map("".join))
def test_no_word_is_lost(text: str) -> None:
    said = " ".join(sentence.text for sentence in parse(text))
    assert re.findall("[A-Z][a-z]+", without_markers(text)) == re.findall("[A-Z][a-z]+", said)


FORMS = st.sampled_from(["[1]", "[2, 3]", "[4-6]", "[passage 7]", "([8])", "【9】", "[1] and [2]", "Sources: [3]"])
AROUND = st.sampled_from(["It rained", "He left", ".", " ", "\n", "1. ", "- ", "!", "(", ")"])


@given(st.lists(st.one_of(AROUND, FORMS)).map("".join))
def test_no_marker_is_lost_and_none_is_made_whatever_its_form(text: str) -> None:
    assert {label for sentence in parse(text) for label in sentence.labels} == set(labels_in(text))


def files(*paths: str) -> tuple[RetrievedPassage, ...]:
    """A passage a path, labelled from 1; each document is titled after its path."""
    return tuple(
        replace(item, source=replace(item.source, path=path, title=f"All of {path}"))
        for item, path in zip(passages.offered(*paths), paths, strict=True)
    )


FILES = offered(files("home/lease.md", "home/lease.md", "manual v2, long.pdf"))


def read(text: str, among: Offered = FILES) -> list[tuple[str, tuple[int, ...]]]:
    return [(said.text, said.labels) for said in parse(text, among)]


def test_what_is_offered_is_known_by_its_labels_its_paths_and_its_title() -> None:
    assert FILES.labels == {1, 2, 3}
    assert FILES.names["home/lease.md"] == FILES.names["lease.md"] == FILES.names["all of home/lease.md"] == (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "It rained (1). It stopped (3).",
        "It rained (1) . It stopped (3) .",
        "It rained. (1) It stopped. (3)",
        "It rained.(1) It stopped.(3)",
        "It rained (source 1). It stopped (passage 3).",
        "It rained<sup>1</sup>. It stopped<sup>[3]</sup>.",
        "It rained.¹ It stopped.³",
        "It rained [^1]. It stopped [^3].",
        "It rained [1](#1). It stopped [[3]](https://example.org/3).",
        "It rained [1: lease.md]. It stopped [3, manual v2, long.pdf].",
        "It rained [lease.md, 1]. It stopped [manual v2, long.pdf, p. 9].".replace("lease.md, 1", "1, lease.md"),
        "It rained (1).\n\nIt stopped.\n(3)",
        "It rained [1]. It stopped [^2].\n\n[^2]: manual v2, long.pdf, page 3",
        "It rained [1]. It stopped [2].\n\n**Sources:**\n[1] home/lease.md\n[2] manual v2, long.pdf",
        "It rained [1]. It stopped [2].\n\nReferences\n\n1. lease.md\n2. “manual v2, long.pdf”",
    ],
)
def test_one_citation_in_many_forms(text: str) -> None:
    found = [(re.sub(r"\s+\.", ".", said), labels) for said, labels in read(text)]
    assert found == [("It rained.", (1,)), ("It stopped.", (3,))]


@pytest.mark.parametrize(
    "marker",
    ["[lease.md]", "[Lease.MD]", "[home/lease.md]", "(lease.md)", "(see lease.md, clause 3)", "[source: lease.md]",
     "[`lease.md`]", "[lease.md](home/lease.md)", "[lease.md#4]", "【lease.md】", "[All of home/lease.md]"],
)  # fmt: skip
def test_the_name_of_a_file_cites_all_its_passages(marker: str) -> None:
    assert read(f"The rent is due on the first {marker}.") == [("The rent is due on the first.", (1, 2))]


@pytest.mark.parametrize(
    "text",
    [
        "(1) first, (2) second.",
        "The tenant must (1) pay, (2) clean and (3) leave.",
        "(1) It rained. (2) It stopped.",
        "- (1) It rained.",
        "There are three (3) keys and thirty (30) days.",
        "There are 3 (3).",
        "See clause 4(2).",
        "It is f(2).",
        "It has 20 m² and 3 km³.",
        "It rained (9) and 10<sup>9</sup>.",
        "It rained [other.md] and (other.md).",
        "It [the lease] ends [sic].",
        "A bridge (1930) over it.",
        "Mail: “It rained (1). It [lease.md] stopped.¹”",
    ],
)
def test_what_is_no_citation_is_left_as_it_is(text: str) -> None:
    assert "".join(said for said, _ in read(text)).replace(" ", "") == text.replace(" ", "")
    assert not any(labels for _, labels in read(text))


def test_round_brackets_cite_only_where_no_square_ones_do() -> None:
    assert read("The notice is thirty days (3) [1].") == [("The notice is thirty days (3).", (1,))]
    assert read("The notice is thirty days (3) [9].") == [("The notice is thirty days.", (3, 9))]


def test_an_invented_number_is_kept() -> None:
    assert read("It rained [7]. It stopped [^8].") == [("It rained.", (7,)), ("It stopped.", (8,))]


def test_a_footnote_that_names_no_file_is_a_sentence() -> None:
    assert read("It rained [^1].\n\n[^1]: The moon is cheese.") == [
        ("It rained.", (1,)),
        (": The moon is cheese.", (1,)),
    ]


def test_a_list_of_sources_alone_is_what_the_last_sentence_cites() -> None:
    assert read("It rained. It stopped.\n\nSources:\n- manual v2, long.pdf") == [
        ("It rained.", ()),
        ("It stopped.", (3,)),
    ]


def test_files_that_are_the_answer_are_no_list_of_sources() -> None:
    assert read("Two files speak of it:\n- lease.md\n- manual v2, long.pdf [3]") == [
        ("Two files speak of it:", ()),
        ("- lease.md", ()),
        ("- manual v2, long.pdf", (3,)),
    ]


ANYTHING = st.one_of(
    FORMS, AROUND, st.sampled_from(["(1)", "¹", "[lease.md]", "[^1]: lease.md", "“", "”", "<sup>2</sup>"])
)


@example("[1]“\n[2, 3]", NOTHING)
@given(st.lists(ANYTHING).map("".join), st.sampled_from([NOTHING, FILES]))
def test_every_reply_can_be_read_and_cites_what_it_names(text: str, among: Offered) -> None:
    found = {label for sentence in parse(text, among) for label in sentence.labels}
    spelt = {int(number) for number in re.findall("[0-9]", text.replace("¹", "1").replace("4-6", "4 5 6"))}
    assert found <= spelt | set(among.labels)
    if not re.search("[“”]", text):  # what stands in quotation marks may be the source's own
        assert found == set(labels_in(text, among))
    words = re.findall("It rained|He left", without_markers(text, among))
    assert words == re.findall("It rained|He left", " ".join(said for said, _ in read(text, among)))
