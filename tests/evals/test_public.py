from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.gold import Gold, Place, occurrences
from evals.loaders import PublicSet
from evals.public import (
    Legs,
    Search,
    document_scores,
    render_scored,
    run_chunking_eval,
    run_squad,
    span_scores,
)
from evals.table.reading import drawn
from index.settings import IndexSettings
from index.types import Passage
from rag.types import Ranks, RetrievedPassage
from tests.evals import made
from tests.evals.sets import chunking_folder, impossible, possible, reference, squad_file
from tests.fakes import HashingEmbedder

RIVER = "The river is the Vistula."
NORTH = "It runs north."
TRAMS = "Trams came in 1866."


def leg(*texts: tuple[str, str]) -> Search:
    """A leg that finds the same passages whatever is asked."""
    found = [made.passage(n, path, words) for n, (path, words) in enumerate(texts, start=1)]

    def search(question: str, k: int) -> Sequence[RetrievedPassage]:
        return found[:k]

    return search


def chunking_set(**quotes: Sequence[str]) -> PublicSet:
    cases = tuple(made.case({"warsaw.txt": found}, id=id_) for id_, found in quotes.items())
    gold: Mapping[str, Gold] = {
        id_: tuple((Place("warsaw.txt", occurrences(made.WARSAW, quote)[0]),) for quote in found)
        for id_, found in quotes.items()
    }
    return PublicSet(made.TEXTS, cases, gold, {})


def test_span_scores_by_hand() -> None:
    legs = {
        "hybrid": leg(("warsaw.txt", f"{RIVER} {NORTH}"), ("paris.txt", "It runs west.")),
        "bm25": leg(("paris.txt", "It runs west.")),
    }
    found = span_scores(chunking_set(q1=[NORTH, TRAMS], q2=[RIVER]), legs)
    # q1: 14 of 14 + 19 gold characters in 25 + 1 + 14 + 13 = 53; q2: 25 of 25.
    assert found["hybrid"]["span recall@5"] == [pytest.approx(14 / 33), 1.0]
    assert found["hybrid"]["span precision@5"] == [14 / 53, 25 / 53]
    assert found["bm25"] == {"span recall@5": [0.0, 0.0], "span precision@5": [0.0, 0.0]}


def test_a_question_without_gold_is_not_scored() -> None:
    assert span_scores(chunking_set(q1=[]), {"hybrid": leg()})["hybrid"]["span recall@5"] == []


def test_only_the_first_k_passages_count_and_none_has_precision_zero() -> None:
    legs = {"hybrid": leg(("paris.txt", "It runs west."), ("warsaw.txt", RIVER)), "dense": leg()}
    found = span_scores(chunking_set(q1=[RIVER]), legs, k=1)
    assert found["hybrid"] == {"span recall@1": [0.0], "span precision@1": [0.0]}
    assert found["dense"] == {"span recall@1": [0.0], "span precision@1": [0.0]}


def test_passages_that_are_no_slices_are_refused() -> None:
    (item,) = leg(("warsaw.txt", RIVER))("?", 1)
    moved = replace(item, passage=replace(item.passage, start=1, end=26))
    with pytest.raises(EvalError, match=r"is not a slice of 'warsaw.txt'"):
        span_scores(chunking_set(q1=[RIVER]), {"hybrid": lambda question, k: [moved]})


def test_a_document_ranks_where_its_first_passage_does() -> None:
    search = leg(("paris.txt", "It runs west."), ("paris.txt", made.PARIS), ("warsaw.txt", RIVER))
    found = document_scores([made.case({"warsaw.txt": [RIVER]})], {"hybrid": search})
    # Rank 2 of the documents: no hit at 1, a hit at 5, 1 / log2(3).
    assert found["hybrid"] == {"hit@1": [0.0], "hit@5": [1.0], "nDCG@10": [pytest.approx(0.63093, abs=1e-5)]}


def test_a_sample_is_the_same_for_a_seed_in_whatever_order() -> None:
    cases = [made.case(id=f"c{n}") for n in range(20)]
    found = drawn(cases, 5, seed=3)
    assert found == drawn(cases[::-1], 5, seed=3)
    assert len({case.id for case in found}) == 5
    assert found != drawn(cases, 5, seed=4)
    with pytest.raises(EvalError, match="A sample of 21"):
        drawn(cases, 21, seed=3)


def test_hybrid_is_set_against_each_other_leg_in_pairs() -> None:
    text = render_scored({"bm25": {"hit@1": [0.0, 0.0, 1.0]}, "hybrid": {"hit@1": [1.0, 1.0, 0.0]}})
    assert "| hybrid | hit@1 | 3 | 0.667 | [0.208, 0.939] |" in text
    # Differences 1, 1, -1: mean 1/3, two wins and one loss; resampled means reach from -1 to 1.
    assert "| bm25 | hit@1 | 3 | +0.333 | [-1.000, +1.000] | 1.0000 | 2 | 1 |" in text
    with pytest.raises(EvalError, match="no leg 'hybrid' among bm25"):
        render_scored({"bm25": {"hit@1": [0.0]}})


def opening(settings: IndexSettings) -> Legs:
    """Each document as one passage, those that share most words with the question first; `Why?` is refused."""
    assert (settings.root / "CURRENT").is_file()
    documents = {p.name: p.read_text(encoding="utf-8") for p in (settings.home.parent / "documents").iterdir()}

    def search(question: str, k: int) -> Sequence[RetrievedPassage]:
        wanted = set(question.rstrip("?").split())
        ranked = sorted(documents.items(), key=lambda item: (-len(wanted & set(item[1].split())), item[0]))
        return [
            RetrievedPassage(
                n, Passage(name, name, 0, 0, len(text), text), made.source(name), 1.0 / n, Ranks(lexical=n)
            )
            for n, (name, text) in enumerate(ranked[:k], start=1)
        ]

    return {"hybrid": search, "bm25": search}


def test_a_chunking_set_is_indexed_and_searched(tmp_path: Path) -> None:
    questions = [("Vistula runs?", [reference(made.WARSAW, NORTH)], "warsaw")]
    folder = chunking_folder(tmp_path / "set", questions, warsaw=made.WARSAW)
    (folder / "README.md").write_text("not a corpus", encoding="utf-8")
    (tmp_path / "work" / "documents").mkdir(parents=True)
    (tmp_path / "work" / "documents" / "stale.md").write_text("of another run", encoding="utf-8")
    found = run_chunking_eval(folder, tmp_path / "work", HashingEmbedder(), opening)
    # The one document is the one passage: 14 gold characters of all its characters.
    scores = {"span recall@5": [1.0], "span precision@5": [14 / len(made.WARSAW)]}
    assert found == {"hybrid": scores, "bm25": scores}
    assert [path.name for path in (tmp_path / "work" / "documents").iterdir()] == ["warsaw.md"]


def test_the_test_half_of_squad_is_searched(tmp_path: Path) -> None:
    paragraph = [("Built in 1889.", [possible("q1", ("1889", 9)), impossible("q2"), impossible("q3")])]
    path = squad_file(tmp_path / "dev.json", ("a", [("Other.", [possible("q0", ("Other", 0))])]), ("b", paragraph))
    found = run_squad(path, tmp_path / "work", HashingEmbedder(), opening)
    # "When?" shares no word, so the tune half's paragraph, first by name, ranks first.
    assert found["hybrid"]["hit@1"] == [0.0]
    assert found["hybrid"]["hit@5"] == [1.0]
    assert "| bm25 | hit@1 | 1 | +0.000 | [+0.000, +0.000] | 1.0000 | 0 | 0 |" in render_scored(found)
