"""The program's own verifier and reader, given passages instead of an index."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from evals.table.documents import Ask
from evals.table.reading import Answers
from evals.table.statements import Judge, Judged
from index.document.structure import Structure
from index.indexing.build import build_index
from index.readers.lines import blocks_of
from index.types import Embedder, Passage, Source
from index.words.tokens import word_stems
from rag.answering.decide import Decision, load_decision
from rag.answering.extract import QuotesAnswerer
from rag.answering.reading import read
from rag.pipeline import Pipeline
from rag.reader.reader import Reader
from rag.reader.units import ReadUnit, passage_units
from rag.settings import Settings
from rag.types import Ranks, RetrievedPassage
from rag.verification.cite import Marked
from rag.verification.verify import verify
from rag.verification.weigh import Weights


def judge(reader: Reader, weights: Weights | None = None) -> Judge:
    """The verifier on a statement that cites all of its passages; with the published weights, where none are given."""

    def judged(statement: str, passages: Sequence[str]) -> Judged:
        items = _given(passages)
        labels = tuple(item.label for item in items)
        (verified,) = verify([Marked(statement, labels)], items, _units, reader, weights)
        return Judged(verified.verdict, verified.probability)

    return judged


def answers(reader: Reader, embedder: Embedder, documents: Sequence[str], decision: Decision | None = None) -> Answers:
    """The probability that the program gives its quotes, where one of `documents` is the only passage.

    How rare a word is, is told by `documents`, as an index of them would.
    """
    fitted = decision or load_decision()
    containing = Counter(stem for text in documents for stem in word_stems(text))

    def idf(term: str) -> float:
        return math.log(1 + (len(documents) - containing[term] + 0.5) / (containing[term] + 0.5))

    @cache
    def vector(text: str) -> tuple[float, ...]:
        return tuple(embedder.embed([text])[0].tolist())

    def probability(question: str, passage: str) -> float:
        likeness = sum(a * b for a, b in zip(vector(question), vector(passage), strict=True))
        items = _given([passage], likeness)
        reading = read(question, items, [_units(item) for item in items], reader, idf)
        return fitted.probability(fitted.ranked(reading.candidates))

    return probability


@contextmanager
def asked_over(
    name: str, files: Mapping[str, bytes], *, work: Path, embedder: Embedder, reader: Reader
) -> Iterator[Ask]:
    """The whole program, quoting, over an index of these files alone, kept below `work` under `name`."""
    docs, settings = work / name / "docs", Settings(home=work / name / "home")
    docs.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (docs / file).write_bytes(content)
    build_index(settings.for_index(), [docs], embedder, trial=lambda _: None)
    pipeline = Pipeline(settings, embedder, QuotesAnswerer(), reader)
    try:
        yield pipeline.ask
    finally:
        pipeline.close()


def _given(passages: Sequence[str], score: float = 1.0) -> list[RetrievedPassage]:
    """Each text as a passage that is a document of its own, labelled from 1."""
    return [
        RetrievedPassage(
            label, Passage(f"p{label}", f"d{label}", 0, 0, len(text), text), _source(label), score, Ranks(dense=label)
        )
        for label, text in enumerate(passages, start=1)
    ]


def _source(label: int) -> Source:
    return Source(f"d{label}", f"{label}.txt", "", None, None, None, None)


def _units(item: RetrievedPassage) -> tuple[ReadUnit, ...]:
    text = item.passage.text
    return passage_units(item.passage, item.source, text, Structure(blocks_of(text)))
