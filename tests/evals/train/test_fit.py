"""The fitted decision: it refuses and answers no more than the shares that it names."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from evals.train import fit
from evals.train.domains import Question
from evals.train.reads import Read
from rag.answering.decide import Decision, load_decision
from tests.rag.readings import read_over

WORDS = "glim quoin larch ferret weir otter bodkin trud brask orl yodel dusk".split()
DOMAINS = ("authored", "everyday", "squad")
"""The first two are people's own papers."""
NUMBER = 40
"""Questions of each domain, answerable and not."""


def question(domain: str, seed: int, *, answerable: bool) -> Read:
    """A question that shares more of its words with what answers it than a near miss does, but for chance."""
    rng = random.Random(f"{domain} {seed} {answerable}")
    wanted = rng.sample(WORDS, 6)
    held = wanted[: rng.randint(2, 6) if answerable else rng.randint(0, 4)]
    others = [word for word in WORDS if word not in wanted]
    texts = [f"Some {' '.join([*held, *others[len(held) :]])} here.", f"Other {' '.join(others)} there."]
    reading = read_over(f"Which {' '.join(wanted)}?", texts, nothing=rng.uniform(1, 3))
    reading = replace(reading, nearest=rng.uniform(0.3 if answerable else 0.0, 0.9))
    gold = tuple(frozenset({0} if answerable and one.passage.label == 1 else ()) for one in reading.candidates)
    evidence = (("1.md", texts[0], 0),) if answerable else ()
    return Read(Question(domain, reading.question, evidence), reading, gold)


@cache
def reads() -> tuple[Read, ...]:
    """As many questions of two kinds of people's papers as of public paragraphs, whose near misses are likelier."""
    return tuple(
        question(domain, seed, answerable=answerable)
        for domain in DOMAINS
        for seed in range(NUMBER)
        for answerable in (True, False)
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fitted") / "decision.json"
    fit.save(fit.fit(reads()), path)
    return path


def chances(decision: Decision, *, answerable: bool, domains: tuple[str, ...]) -> list[float]:
    mine = [item for item in of_truth(answerable) if item.question.domain in domains]
    return [decision.probability(decision.ranked(item.reading.candidates)) for item in mine]


def test_no_more_of_the_answerable_are_refused_than_the_share_it_names(path: Path) -> None:
    decision = load_decision(path)
    every = chances(decision, answerable=True, domains=DOMAINS)
    refused = sum(chance < decision.refused for chance in every) / len(every)
    assert fit.REFUSED_SHARE / 2 < refused <= fit.REFUSED_SHARE


def test_no_more_of_the_near_misses_of_own_papers_are_answered_than_the_share_it_names(path: Path) -> None:
    decision = load_decision(path)
    own = chances(decision, answerable=False, domains=DOMAINS[:2])
    answered = sum(chance >= decision.answered for chance in own) / len(own)
    assert fit.NEAR_MISS_SHARE / 2 < answered <= fit.NEAR_MISS_SHARE
    assert decision.refused <= decision.answered


def test_a_passage_is_far_where_none_of_the_answerable_are(path: Path) -> None:
    decision = load_decision(path)
    about = {truth: [decision.is_about_it(item.reading) for item in of_truth(truth)] for truth in (True, False)}
    assert about[True].count(False) <= fit.FAR_SHARE * len(about[True])
    assert not all(about[False])


def of_truth(truth: bool) -> list[Read]:
    return [item for item in reads() if bool(item.question.evidence) == truth]


def test_what_answers_is_told_from_near_misses(path: Path) -> None:
    figures = fit.report(reads(), load_decision(path))
    assert tuple(figures) == DOMAINS
    for of_domain in figures.values():
        assert of_domain["n"] == 2 * NUMBER
        assert of_domain["auroc"] > 0.7


def test_which_sentences_are_quoted_is_fitted_anew_and_the_thresholds_stay(path: Path) -> None:
    content = fit.with_quotes(path, reads()[: 2 * NUMBER])
    before, after = load_decision(path), path.with_name("again.json")
    fit.save({**content, "refused": 0.01}, after)
    again = load_decision(after)
    assert (again.unit, again.question, again.answered) == (before.unit, before.question, before.answered)
    assert again.order != before.order
