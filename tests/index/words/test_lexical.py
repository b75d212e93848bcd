from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import IndexDamaged
from index.words.lexical import LexicalIndex
from index.words.postings import build_postings, gathered
from index.words.tokens import tokenize

TEXTS = {
    "a": "Israel struck a chemical weapons facility near Masyaf.",
    "b": "The facility in Masyaf makes rockets, and rockets again.",
    "c": "München liegt an der Isar.",
    "d": "A program written in C++ by R. Smith.",
    "e": "東京で会議が開かれた。",
    "f": "...",
}


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    LexicalIndex.build(tmp_path / "words", list(TEXTS), list(TEXTS.values()))
    return LexicalIndex.open(tmp_path / "words")


def ids(index: LexicalIndex, question: str, k: int = 10) -> list[str]:
    return [hit.passage_id for hit in index.query(question, k)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("rocket", "b"),
        ("weapon", "a"),
        ("munchen", "c"),
        ("C++", "d"),
        ("東京", "e"),
        ("Mu\u0308nchen", "c"),
        ("MASYAF rockets", "b"),
    ],
)
def test_words_find_their_passage(index: LexicalIndex, question: str, first: str) -> None:
    assert ids(index, question)[0] == first


@pytest.mark.parametrize("question", ["zzzz", "", "   ", "the of and", "?!"])
def test_no_shared_word_no_hit(index: LexicalIndex, question: str) -> None:
    assert index.query(question, 10) == []


def test_only_matching_passages_are_hits(index: LexicalIndex) -> None:
    hits = index.query("facility in Masyaf", 10)
    assert {hit.passage_id for hit in hits} == {"a", "b"}
    assert all(hit.score > 0 for hit in hits)
    assert [hit.rank for hit in hits] == [1, 2]


def test_k_is_respected_and_may_exceed_the_corpus(index: LexicalIndex) -> None:
    assert len(index.query("Masyaf", 1)) == 1
    assert index.query("Masyaf", 0) == []
    assert len(index.query("Masyaf", 10_000)) == 2


def test_ties_stand_in_the_order_of_ids(tmp_path: Path) -> None:
    built = LexicalIndex.build(tmp_path / "words", ["c", "a", "d", "b"], ["same words"] * 4)
    assert ids(built, "words", 3) == ["a", "b", "c"]


def test_an_empty_corpus_answers_with_nothing(tmp_path: Path) -> None:
    LexicalIndex.build(tmp_path / "words", [], [])
    opened = LexicalIndex.open(tmp_path / "words")
    assert opened.query("anything", 5) == []
    assert opened.ids == ()
    LexicalIndex.build(tmp_path / "blank", ["a"], ["..."])
    assert LexicalIndex.open(tmp_path / "blank").query("anything", 5) == []


def test_idf_is_lucenes_and_greatest_for_unknown_words(index: LexicalIndex) -> None:
    (masyaf,) = tokenize("Masyaf")
    (isar,) = tokenize("Isar")
    assert index.idf(masyaf) == pytest.approx(math.log(1 + (6 - 2 + 0.5) / 2.5))
    assert index.idf(isar) == pytest.approx(math.log(1 + (6 - 1 + 0.5) / 1.5))
    assert index.idf("zzzz") == pytest.approx(math.log(1 + 6.5 / 0.5))


def test_two_builds_make_equal_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        LexicalIndex.build(tmp_path / name, list(TEXTS), list(TEXTS.values()))
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.parametrize("name", ["ids.json", "vocabulary.json", "starts.npy", "rows.npy", "lengths.npy"])
@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    LexicalIndex.build(tmp_path, list(TEXTS), list(TEXTS.values()))
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexDamaged, match="--rebuild"):
        LexicalIndex.open(tmp_path)


@given(texts=st.lists(st.text(max_size=40), max_size=8), question=st.text(max_size=40), k=st.integers(-1, 12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hits_are_exactly_the_best_that_share_a_token(tmp_path: Path, texts: list[str], question: str, k: int) -> None:
    index = LexicalIndex.build(tmp_path / "words", [f"{n}" for n in range(len(texts))], texts)
    sharing = {f"{n}" for n, text in enumerate(texts) if set(tokenize(text)) & set(tokenize(question))}
    hits = index.query(question, k)
    assert len(hits) == min(max(k, 0), len(sharing))
    assert {hit.passage_id for hit in hits} <= sharing
    assert [(-hit.score, hit.passage_id) for hit in hits] == sorted((-hit.score, hit.passage_id) for hit in hits)


def test_an_identifier_is_found_before_its_like(tmp_path: Path) -> None:
    tickets = {"a": "T-4419 was opened by Ines.", "b": "T-4499 was opened by Karl.", "c": "4499 T-shirts, T-449 too."}
    tickets |= {"d": "Valve AX-4471-B.", "e": "Valve AX-4471-C.", "f": "Invoice INV/2024/7, room B-1042."}
    LexicalIndex.build(tmp_path / "words", list(tickets), list(tickets.values()))
    index = LexicalIndex.open(tmp_path / "words")
    for question, first in [("Who opened t-4499?", "b"), ("AX-4471-B", "d"), ("inv/2024/7", "f"), ("B-1042?", "f")]:
        assert ids(index, question)[0] == first
    assert index.idf("t-4488") > index.idf("t-4499")


def test_words_laid_over_others_count_as_if_they_had_been_built_together() -> None:
    below, above = list("abcd"), {"e": TEXTS["e"], "x": "Rockets near the Isar."}
    layered = LexicalIndex(
        build_postings(below, [TEXTS[key] for key in below]), build_postings(list(above), above.values()), {"b"}
    )
    texts = {key: TEXTS[key] for key in "acd"} | above
    together = LexicalIndex(build_postings(list(texts), texts.values()))
    assert layered.ids == together.ids
    for question in ("rockets near Masyaf", "Isar", "facility", "東京"):
        assert layered.query(question, 9) == together.query(question, 9)
    assert [layered.idf(word) for word in ("rocket", "facil")] == [together.idf(word) for word in ("rocket", "facil")]


@pytest.mark.filterwarnings("error")
def test_where_all_words_are_gone_nothing_is_found() -> None:
    index = LexicalIndex(build_postings(["a"], ["A word."]), build_postings(["b"], ["..."]), {"a"})
    assert index.query("word", 5) == []


SHORT = st.lists(st.sampled_from("quay ferry sluice towpath winch".split()), max_size=4).map(" ".join)


@given(st.dictionaries(st.sampled_from("abcdefgh"), SHORT), st.data())
def test_postings_gathered_from_others_are_those_of_the_texts(texts: dict[str, str], data: st.DataObject) -> None:
    ids = data.draw(st.permutations(sorted(texts)))
    wanted = ids[: data.draw(st.integers(0, len(ids)))]
    cut = data.draw(st.integers(0, len(ids)))
    sources = [build_postings(part, [texts[key] for key in part]) for part in (ids[:cut], ids[cut:], ids)]
    ours, anew = gathered(wanted, sources), build_postings(wanted, [texts[key] for key in wanted])
    assert (ours.ids, ours.vocabulary) == (anew.ids, anew.vocabulary)
    for name in ("lengths", "starts", "rows", "counts"):
        assert np.array_equal(getattr(ours, name), getattr(anew, name))
        assert getattr(ours, name).dtype == getattr(anew, name).dtype


def test_a_passage_that_no_source_has_is_not_passed_over() -> None:
    with pytest.raises(KeyError, match="heron"):
        gathered(["heron"], [build_postings(["quay"], ["The quay."])])
