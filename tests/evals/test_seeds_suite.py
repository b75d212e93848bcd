"""The suite over the sample documents, held to its own rules. Nothing here depends on what a question asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from evals.cases import NEAR_MISS, Case, load_suite
from evals.gold import Gold, Place
from index.cut.articles import split_articles
from index.readers import read
from index.types import Article
from tests.evals import made

ROOT = Path(__file__).resolve().parents[2]
SPLITS = ("tune", "test")
KINDS = {"fact", "attribution", "conflict", "date", "multi", "followup", NEAR_MISS, "off_topic"}


SUITES = ROOT / "evals" / "suites"


@pytest.fixture(scope="module", params=["seeds.jsonl", "seeds-blind.jsonl"])
def cases(request: pytest.FixtureRequest) -> tuple[Case, ...]:
    """Every case of each suite; loading one that is malformed, or an id used twice, fails here."""
    return load_suite(SUITES / request.param)


@pytest.fixture(scope="module")
def seeds() -> tuple[Case, ...]:
    """The cases of the suite that `make eval` runs."""
    return load_suite(SUITES / "seeds.jsonl")


@pytest.fixture(scope="module")
def gold(cases: tuple[Case, ...]) -> Mapping[str, Gold]:
    """The places of the evidence by case; a quote that is no exact slice of its file fails here."""
    return made.check_evidence(cases, ROOT / "seeds")


@pytest.fixture(scope="module")
def articles() -> list[tuple[str, Article]]:
    """Every article of the sample documents with the name of its file."""
    files = sorted((ROOT / "seeds").iterdir())
    return [(file.name, article) for file in files for article in split_articles(read(file, 1 << 30))]


def places(gold: Gold) -> list[Place]:
    return [place for part in gold for place in part]


def holding(place: Place, articles: list[tuple[str, Article]]) -> list[int]:
    """The numbers of the articles that hold the whole place."""
    return [n for n, (file, a) in enumerate(articles) if file == place.file and a.span.contains(place.span)]


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def named(cases: list[Case]) -> list[str]:
    return [case.id for case in cases]


def test_it_is_as_large_as_promised(seeds: tuple[Case, ...]) -> None:
    assert len(seeds) >= 160
    unanswerable = [case for case in seeds if not case.answerable]
    assert len(unanswerable) >= 40
    assert sum(case.kind == NEAR_MISS for case in unanswerable) > len(unanswerable) / 2


def test_every_case_is_of_a_half_and_both_halves_have_every_kind(cases: tuple[Case, ...]) -> None:
    assert {case.split for case in cases} == set(SPLITS)
    for split in SPLITS:
        count = Counter(case.kind for case in cases if case.split == split)
        assert set(count) == KINDS
        assert min(count.values()) >= (5 if len(cases) > 160 else 2)


def test_unanswerable_is_a_matter_of_the_kind(cases: tuple[Case, ...]) -> None:
    assert {case.kind for case in cases if not case.answerable} == {NEAR_MISS, "off_topic"}
    assert not {case.kind for case in cases if case.answerable} & {NEAR_MISS, "off_topic"}


def test_what_can_be_answered_has_an_answer_and_evidence(cases: tuple[Case, ...], gold: Mapping[str, Gold]) -> None:
    bare = [c for c in cases if c.answerable and not (places(gold[c.id]) and (c.answers or c.answers_all))]
    assert named(bare) == []


def test_every_accepted_answer_stands_in_the_evidence_in_one_of_its_forms(cases: tuple[Case, ...]) -> None:
    missing = []
    for case in cases:
        evidence = folded(" ".join(item.quote for item in case.evidence))
        groups = [*([case.answers] if case.answers else []), *case.answers_all]
        if not all(any(folded(form) in evidence for form in group) for group in groups):
            missing.append(case)
    assert named(missing) == []


def test_follow_ups_have_something_to_follow(cases: tuple[Case, ...]) -> None:
    assert named([case for case in cases if case.kind == "followup" and not case.history]) == []


def test_a_case_of_several_articles_or_sides_has_several_places(
    cases: tuple[Case, ...], gold: Mapping[str, Gold]
) -> None:
    single = [c for c in cases if c.kind in ("multi", "conflict") and len(set(places(gold[c.id]))) < 2]
    assert named(single) == []


def test_both_halves_cover_all_eight_articles(
    cases: tuple[Case, ...], gold: Mapping[str, Gold], articles: list[tuple[str, Article]]
) -> None:
    assert len(articles) == 8
    for split in SPLITS:
        found = {n for c in cases if c.split == split for place in places(gold[c.id]) for n in holding(place, articles)}
        assert found == set(range(8))


def test_no_question_is_asked_twice_and_none_is_copied_from_the_text(cases: tuple[Case, ...]) -> None:
    asked = Counter((folded(case.question), tuple(turn.question for turn in case.history)) for case in cases)
    assert max(asked.values()) == 1
    text = " ".join(folded(file.read_text("utf-8")) for file in sorted((ROOT / "seeds").iterdir()))
    assert named([case for case in cases if folded(case.question).rstrip("?!. ") in text]) == []


def test_the_halves_rest_on_different_evidence(seeds: tuple[Case, ...]) -> None:
    cases, gold = seeds, made.check_evidence(seeds, ROOT / "seeds")
    tune, test = (
        [(case.id, place) for case in cases if case.split == split for place in places(gold[case.id])]
        for split in SPLITS
    )
    shared = [(one, other) for one, a in tune for other, b in test if a.file == b.file and a.span.overlap(b.span)]
    assert shared == []
