"""Every question that the decision is fitted on, retrieved and read as the program does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.train.domains import Question, domains
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.open import Index, open_index
from index.vectors.embedder import embedder_of
from rag.answering.reading import Candidate, Reading, read
from rag.reader.onnx_model import OnnxReader
from rag.retrieval.retrieve import Retriever
from rag.searching import READ
from rag.settings import Retrieval

_LOOKED_AT = 12
"""Candidates of one question that its sentences are fitted on."""


@dataclass(frozen=True)
class Read:
    """A question as it was read, and which parts of its answer each of its candidates gives."""

    question: Question
    reading: Reading
    gold: tuple[frozenset[int], ...]

    def likeliest(self) -> tuple[list[tuple[float, ...]], list[bool]]:
        """The features of the candidates that the reader holds likeliest, and which of these answer."""
        every = sorted(zip(self.reading.candidates, self.gold, strict=True), key=lambda pair: -pair[0].features[0])
        first = every[:_LOOKED_AT]
        return [candidate.features for candidate, _ in first], [bool(gold) for _, gold in first]


def gather(data: Path, work: Path, reader: OnnxReader) -> list[Read]:
    """Every question of every domain, retrieved and read as the program does."""
    every: list[Read] = []
    for name, folder, questions in domains(data, work):
        with opened(work, name, folder) as (index, retriever):
            for question in questions:
                passages = retriever.retrieve([question.text], READ)
                reading = read(question.text, passages, [retriever.units(p) for p in passages], reader, index.idf)
                every.append(Read(question, reading, tuple(_answers(c, question) for c in reading.candidates)))
    return every


@contextmanager
def opened(work: Path, name: str, folder: Path) -> Iterator[tuple[Index, Retriever]]:
    """The documents of a domain, indexed below `work`."""
    settings = IndexSettings(home=work / "home", collection=name)
    embedder = embedder_of(settings)
    build_index(settings, [folder], embedder)
    with open_index(settings, embedder.fingerprint) as index:
        yield index, Retriever(index, embedder, Retrieval())


def _answers(candidate: Candidate, question: Question) -> frozenset[int]:
    item = candidate.passage
    start = candidate.span.start - item.passage.start
    return answers(item.passage.text[start : start + len(candidate.span)], item.source.path, question)


def answers(text: str, path: str, question: Question) -> frozenset[int]:
    """Which parts of the question's answer the `text` of a file gives."""
    plain, names = _plain(text), {path, path.rsplit("/", 1)[-1]}
    return frozenset(part for file, quote, part in question.evidence if file in names and _shared(_plain(quote), plain))


def _shared(quote: str, text: str) -> bool:
    return bool(text) and (quote in text or (len(text) > 15 and text in quote))


def _plain(text: str) -> str:
    return " ".join(text.replace("|", " ").split()).casefold()
