"""Training end to end on a few made-up rows and an encoder of a few kilobytes; what it writes is a reader."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from evals.train.batches import Targets, batched
from evals.train.examples import SUPPORTED, Edits, Judged, Reading
from evals.train.export import export
from evals.train.judging import judgements
from evals.train.learn import Plan, learn, losses
from evals.train.logistic import fitted_within
from evals.train.measure import auroc
from evals.train.mixture import mixture
from evals.train.model import Output, build
from evals.train.written import load
from rag.reader.layout import Unit
from rag.reader.onnx_model import OnnxReader
from tests.fakes import OverlapReader


def test_the_mixture_is_the_same_for_the_same_seed_and_holds_what_is_answered_and_what_is_not(data: Path) -> None:
    first, again = (list(islice(mixture(data, seed=4), 200)) for _ in range(2))
    assert first == again
    readings = [example for group in first for example in group if isinstance(example, Reading)]
    assert len(readings) == sum(map(len, first))
    assert {reading.answerable for reading in readings} == {True, False}
    for reading in readings:
        assert all(0 <= gold < len(reading.units) for gold in reading.gold)
        if reading.answer:
            unit, start, end = reading.answer
            assert reading.units[unit].text[start:end].strip()


def test_a_run_can_be_stopped_goes_on_and_gives_a_reader(data: Path, encoder: Path, tmp_path: Path) -> None:
    plan = Plan(data, encoder, tmp_path / "work", examples=24, tokens=1_500, pool=12, processes=1)
    last = learn(plan)
    first = torch.load(last, weights_only=True)
    learn(replace(plan, examples=48))
    second = torch.load(last, weights_only=True)
    assert 24 <= first["seen"] < second["seen"]
    assert second["begun"] == first["begun"] + 1
    export(last, encoder, tmp_path / "model")
    judge = learn(replace(plan, work=tmp_path / "judge", start=last, judge=True))
    reader = OnnxReader(export(judge, encoder, tmp_path / "model", judge=True))
    (reading,) = reader.read(
        "When does the weir open?", [[Unit("Brask", candidate=False), Unit("The weir opens at nine.")]]
    )
    assert reading.units[0] == float("-inf")
    assert len(reading.units) == 2
    (judged,) = reader.judge([("The weir opens at ten.", [Unit("The weir opens at nine.")])])
    assert judged.supported + judged.contradicted + judged.not_said == pytest.approx(1, abs=1e-3)


def test_statements_are_drawn_the_same_for_the_same_seed_and_true_ones_beside_false_ones(data: Path) -> None:
    first, again = (list(islice(judgements(data, seed=4, reader=OverlapReader()), 120)) for _ in range(2))
    assert first == again
    pairs = [group for group in first if len(group) == 2]
    assert {example.label for example in pairs[0]} - {SUPPORTED}
    for true, false in pairs:
        assert isinstance(true, Judged)
        assert isinstance(false, Judged)
        assert true.label == SUPPORTED != false.label
        assert (true.units == false.units) != (true.statement == false.statement)


def test_what_was_written_for_fitting_or_reporting_is_of_no_document_that_is_trained_on() -> None:
    documents = {use: {(context.domain) for context in load(use)} for use in ("train", "fit", "held")}
    assert all(documents.values())
    assert documents["train"].isdisjoint(documents["fit"] | documents["held"])
    assert documents["fit"].isdisjoint(documents["held"])


def test_every_written_statement_has_the_sentences_that_decide_it() -> None:
    statements = [item for use in ("train", "fit", "held") for context in load(use) for item in context.statements]
    assert len(statements) > 9_000
    assert sum(bool(item.places) for item in statements) > 0.99 * len(statements)


def test_reading_begins_as_likeness(encoder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    units = (Unit("the weir opens at nine"), Unit("zzz qqq xxx"))
    ((batch, _, _),) = list(batched(tokenizer, iter([(Reading("the weir opens at nine", units, (0,)),)]), 2_000))
    with torch.inference_mode():
        answers = build(encoder)(batch).answers[0]
    assert answers[1] == answers[1:].max()


def test_the_loss_of_a_near_miss_falls_with_the_score_of_its_pair() -> None:
    def pair_loss(answerable: float, miss: float) -> float:
        answers = torch.tensor([[0.0, answerable, -9.0], [0.0, miss, -9.0]])
        zeros = torch.zeros((2, 4))
        gold = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
        none = torch.full((2,), -1)
        targets = Targets(gold, none, none, none, torch.tensor([[0, 1]]))
        return float(losses(Output(answers, zeros, zeros, torch.zeros((2, 3))), targets)["pairs"])

    assert pair_loss(4, -4) < pair_loss(0, 0) < pair_loss(-4, 4)


def test_a_near_miss_brings_a_word_that_the_window_does_not_have() -> None:
    edits = Edits({"sold": ["bought"]}, ["Piers", "Orl", "17", "23"] * 20)
    rng = random.Random(1)
    units = (Unit("Wenna sold 40 larches in May."),)
    miss = edits.near_miss(rng, "who sold larches in May", units)
    assert miss in ("who bought larches in May", "who sold larches in Piers", "who sold larches in Orl")
    assert edits.near_miss(rng, "what grows", units) is None


def test_auroc_counts_ties_half() -> None:
    assert auroc([1, 2, 3, 4], [False, False, True, True]) == 1
    assert auroc([1, 1], [False, True]) == 0.5


def test_within_a_group_what_tells_its_rows_apart_is_learnt_and_what_they_share_is_not() -> None:
    rng = np.random.default_rng(2)
    groups = []
    for _ in range(40):
        rows = np.column_stack([rng.normal(size=5), np.full(5, rng.normal())])
        groups.append((rows, np.array(rows[:, 0] == rows[:, 0].max(), dtype=np.float64)))
    first, shared = fitted_within(groups, np.ones(len(groups)))
    assert first > 1
    assert shared == pytest.approx(0)
