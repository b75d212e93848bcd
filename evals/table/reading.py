"""Lines about reading alone: SQuAD 2.0, the passage given, so that no search takes part."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evals.cases import Case
from evals.errors import EvalError
from evals.loaders import find, squad
from evals.table.cells import Line, auroc, caught_at
from index.words.tokens import content_stems, word_stems

Answers = Callable[[str, str], float]
"""How likely a passage answers a question."""


def squad_near_misses(
    answers_over: Callable[[Sequence[str]], Answers], data: Path, sample: int | None, say: Callable[[str], None]
) -> list[Line]:
    """The line of the test half, of `sample` answerable and as many impossible questions where that is given.

    `answers_over` is given all the passages that are asked about.

    Raises: EvalError, when the set is not below `data`, or holds fewer.
    """
    dataset = squad(find(data, "dev-v2.0.json"))
    cases = [case for case in dataset.cases if case.split == "test"]
    if sample is not None:
        parts = ([case for case in cases if case.answerable is truth] for truth in (True, False))
        cases = [case for part in parts for case in drawn(part, sample, 0)]
    say(f"SQuAD 2: {len(cases)} questions")
    answers = answers_over(
        [dataset.documents[file] for file in dict.fromkeys(dataset.files[case.id] for case in cases)]
    )
    scores = [answers(case.question, dataset.documents[dataset.files[case.id]]) for case in cases]
    positive = [case.answerable for case in cases]
    return [
        Line(
            "SQuAD 2 test half, passage given: near misses refused at .10 of the answerable refused / AUROC",
            (caught_at(scores, positive, 0.10), auroc(scores, positive)),
            "≥ .50 / ≥ .80",
        )
    ]


def squad_near_articles(
    answers_over: Callable[[Sequence[str]], Answers], data: Path, sample: int, say: Callable[[str], None]
) -> list[Line]:
    """The line of `sample` answerable questions of the test half, each over its own passage, and over the one of the
    same article that shares most words with it, where nothing answers.

    Raises: EvalError, when the set is not below `data`, or holds fewer.
    """
    dataset = squad(find(data, "dev-v2.0.json"))
    cases = drawn([case for case in dataset.cases if case.split == "test" and case.answerable], sample, 0)
    own = [dataset.files[case.id] for case in cases]
    other = [_beside(case.question, file, dataset.documents) for case, file in zip(cases, own, strict=True)]
    say(f"SQuAD 2: {len(cases)} questions beside their passage")
    answers = answers_over([dataset.documents[file] for file in dict.fromkeys([*own, *other])])
    asked_over = [*zip(cases, own, strict=True), *zip(cases, other, strict=True)]
    scores = [answers(case.question, dataset.documents[file]) for case, file in asked_over]
    positive = [file == dataset.files[case.id] for case, file in asked_over]
    what = "SQuAD 2 test half: its passage from the likest other of its article, AUROC"
    return [Line(what, (auroc(scores, positive),), "≥ .92")]


def _beside(question: str, file: str, documents: Mapping[str, str]) -> str:
    """The file of another paragraph of the article of `file` that shares most words with `question`."""
    article = file.partition("-")[0]
    wanted = content_stems(question)
    others = [name for name in documents if name.partition("-")[0] == article and name != file]
    shared = {name: len(wanted & word_stems(documents[name])) for name in others}
    return max(others, key=lambda name: (shared[name], name), default=file)


def drawn(cases: Sequence[Case], n: int, seed: int) -> list[Case]:
    """`n` of `cases` without repeats; the same for the same seed, whatever the order given.

    Raises: EvalError, when there are fewer.
    """
    if n > len(cases):
        raise EvalError(f"A sample of {n} was asked of {len(cases)} questions; ask for fewer.")
    return random.Random(seed).sample(sorted(cases, key=lambda case: case.id), n)
