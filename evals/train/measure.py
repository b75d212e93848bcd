"""What a model has learnt, on what it was not trained on: the held authored documents and two articles of SQuAD 2."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from evals.train import asked, authored, public, written
from evals.train.batches import batched
from evals.train.examples import SUPPORTED, Group, Judged, Reading
from evals.train.judging import as_read
from evals.train.mixture import HELD_EVERY, SQUAD_HELD
from evals.train.model import ReaderModel
from rag.reader.reader import Reader


def held(data: Path, seed: int = 3, *, reader: Reader | None = None) -> dict[str, list[Group]]:
    """Groups of each held set, "authored", "asked" and "squad": what a reader learns.

    With a reader what a judge learns: what that reader read, one by one, and "statements" and "written".
    """
    rng = random.Random(seed)
    documents = [document for n, document in enumerate(authored.load(data / "authored")) if n % HELD_EVERY == 0]
    squad = public.squad_groups(data / "squad2-cs224n" / "dev-v2.0.json", SQUAD_HELD)
    pairs = [group for paragraph in squad for group in public.squad_pairs(rng, paragraph)]
    readings = {
        "authored": [authored.reading(rng, document) for document in documents for _ in range(8)],
        "asked": _readings(rng, asked.load("fit")),
        "reworded": _readings(rng, asked.load("fit", asked.REWORDED)),
        "squad": rng.sample(pairs, min(200, len(pairs))),
    }
    if reader is None:
        return readings
    statements: dict[str, list[Group]] = {
        "statements": [(authored.judged(rng, document),) for document in documents for _ in range(12)],
        "written": [(example,) for context in written.load("fit") for example in written.judged(context)],
    }
    return {name: list(_one_by_one(groups, reader)) for name, groups in readings.items()} | statements


def _readings(rng: random.Random, contexts: Sequence[asked.Context]) -> list[Group]:
    return [asked.readings(rng, context, item) for context in contexts for item in context.pairs]


def _one_by_one(groups: Sequence[Group], reader: Reader) -> Iterator[Group]:
    for group in groups:
        for item in group:
            yield as_read((item,), reader)


def measured(model: ReaderModel, tokenizer: Tokenizer, data: Path, *, reader: Reader | None = None) -> dict[str, float]:
    """Of each held set: how often the best unit is right where one is, and AUROC of answerable from not, or of true
    statements from false.
    """
    model.eval()
    figures: dict[str, float] = {}
    for name, groups in held(data, reader=reader).items():
        scores: list[float] = []
        positives: list[bool] = []
        right: list[bool] = []
        for example, score, best in _scored(model, tokenizer, groups):
            scores.append(score)
            positives.append(example.label == SUPPORTED if isinstance(example, Judged) else example.answerable)
            if isinstance(example, Reading) and example.gold:
                right.append(best in example.gold)
        figures[f"{name} auroc"] = round(auroc(scores, positives), 3)
        if right:
            figures[f"{name} unit"] = round(sum(right) / len(right), 3)
    return figures


def _scored(
    model: ReaderModel, tokenizer: Tokenizer, groups: Sequence[Group]
) -> list[tuple[Reading | Judged, float, int]]:
    singles = iter([(example,) for group in groups for example in group])
    scored: list[tuple[Reading | Judged, float, int]] = []
    with torch.inference_mode():
        for batch, _, examples in batched(tokenizer, singles, tokens=4_000, pool=500):
            output = model(batch)
            for row, example in enumerate(examples):
                answers = output.answers[row]
                stands = output.stands[row]
                score = (
                    stands[2] - torch.logsumexp(stands[:2], 0)
                    if isinstance(example, Judged)
                    else torch.logsumexp(answers[1:], 0) - answers[0]
                )
                scored.append((example, float(score), int(answers[1:].argmax())))
    return scored


def auroc(scores: Sequence[float], positives: Sequence[bool]) -> float:
    """How likely a positive scores above a negative, ties half; NaN where one kind is missing."""
    values, marks = np.asarray(scores), np.asarray(positives)
    if marks.all() or not marks.any():
        return float("nan")
    above = values[marks][:, None] - values[~marks][None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())
