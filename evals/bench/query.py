"""How long a search takes as the index grows, beside LlamaIndex's retriever, txtai, Chroma alone and exact search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from evals.bench.index import Say, home_of, indexed, loaded_embedder, runs_txtai, txtai_of, txtai_passages
from evals.bench.measure import Spread, fresh, share_of_nearest, spread, times_ms
from evals.bench.tables import Row, amount, render_rows
from evals.markdown import NOTHING, table
from index.store.open import open_index
from index.types import Embedder, Vectors
from rag.settings import Settings

NEAREST = 10
LLAMA_MOST = 10_000
"""Passages that LlamaIndex's retriever is given at most: it holds each as a node, and its vector as a list."""
CHROMA_MOST = 200_000
"""Vectors that Chroma's default graph is made of at most: beyond, it takes as long as our own index."""
WHOLE, EMBED, DENSE, WORDS = "ours: whole retrieval", "ours: embed", "ours: dense search", "ours: word search"
LLAMA, TXTAI, CHROMA, EXACT = "LlamaIndex's retriever", "txtai's hybrid search", "Chroma alone", "numpy, exact"
BESIDE: Mapping[str, tuple[str, ...]] = {WHOLE: (LLAMA, TXTAI), DENSE: (CHROMA, EXACT)}
"""What each of ours is measured beside: that which takes the same input and finds the same kind of thing."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Milliseconds a question by part, the vectors of all questions, and the rows our dense search found for each."""

    ms: Mapping[str, Sequence[float]]
    vectors: Vectors
    rows: Sequence[Sequence[int]]
    passages: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: milliseconds by system, and for those that search vectors the share of the exact ten nearest found."""

    passages: int
    ms: Mapping[str, Spread]
    recall: Mapping[str, float]


def measure(work: Path, questions: Sequence[str], say: Say, *, static: bool = False) -> Measured:
    """Ask the index that `evals.bench.index.prepare` left in `work`, and the baselines over the same passages.

    Raises: EvalError, when there is none, a process dies, or there are too few questions.
    """
    home = home_of(work)
    say("query: ours")
    ours = fresh(query_ours, home, questions, static=static)
    say("query: the baselines")
    beside: dict[str, Sequence[float]] = {}
    if ours.passages <= 1.5 * LLAMA_MOST and not static:
        beside[LLAMA] = fresh(llama_ms, home, questions, work / "llama-query")
    if runs_txtai(ours.passages) and not static:
        beside[TXTAI] = fresh(txtai_ms, home, questions, txtai_of(work))
    return fresh(search_vectors, home, ours, beside, work / "chroma-query")


def query_ours(home: Path, questions: Sequence[str], embedder: Embedder | None = None, *, static: bool = False) -> Ours:
    """Time each search by itself, then the whole retrieval that an answer begins with."""
    from rag.answering.extract import QuotesAnswerer
    from rag.pipeline import Pipeline
    from rag.reader.onnx_model import OnnxReader

    model = embedder or loaded_embedder(home, static=static)
    settings = Settings(home=home)
    with open_index(settings.for_index(), model.fingerprint) as index:
        vectors: list[Vectors] = []
        embed = times_ms(lambda question: vectors.append(model.embed([question])[0]), questions)
        hits: list[list[str]] = []
        dense = times_ms(lambda row: hits.append([hit.passage_id for hit in index.dense(row, NEAREST)]), vectors)
        words = times_ms(lambda question: index.lexical(question, NEAREST), questions)
    # Another embedder, should ours keep the vectors of questions it has seen.
    another = embedder or loaded_embedder(home, static=static)
    with closing(Pipeline(settings, another, QuotesAnswerer(), OnnxReader())) as pipeline:
        whole = times_ms(pipeline.retrieve, questions)
    with indexed(home) as (corpus, _):
        rows = {key: row for row, key in enumerate(corpus.passage_ids())}
    rows_found = [[rows[key] for key in keys] for keys in hits]
    return Ours({WHOLE: whole, EMBED: embed, DENSE: dense, WORDS: words}, np.stack(vectors), rows_found, len(rows))


def llama_ms(home: Path, questions: Sequence[str], store: Path) -> list[float]:
    """Milliseconds of LlamaIndex's retriever over the passages of our index, with our vectors."""
    from evals.bench import baselines

    with indexed(home) as (corpus, fingerprint):
        texts, vectors = corpus.embedding_texts(corpus.passage_ids()), corpus.vectors(fingerprint)
    retriever = baselines.retriever(texts, vectors, NEAREST, store, baselines.loaded())
    return times_ms(retriever.retrieve, questions)


def txtai_ms(home: Path, questions: Sequence[str], store: Path) -> list[float]:
    """Milliseconds of txtai's hybrid search over the passages of our index, which it indexes where `store` is not."""
    from evals.bench import baselines

    if not store.exists():
        txtai_passages(home, store)
    saved = baselines.saved_hybrid(store)
    return times_ms(lambda question: saved.search(question, NEAREST), questions)


def search_vectors(home: Path, ours: Ours, beside: Mapping[str, Sequence[float]], store: Path) -> Measured:
    """Time Chroma alone and exact search on the same vectors, and compare what was found with what is nearest."""
    from evals.bench import baselines

    with indexed(home) as (corpus, fingerprint):
        vectors = corpus.vectors(fingerprint)
    queries, k = list(ours.vectors), min(NEAREST, len(vectors))
    exact = times_ms(lambda query: nearest(vectors, query, k), queries)
    scores = ours.vectors @ vectors.T
    ms = {**ours.ms, **beside, EXACT: exact}
    recall = {DENSE: share_of_nearest(scores, ours.rows, k), EXACT: 1.0}
    if len(vectors) <= CHROMA_MOST:
        search = baselines.chroma_search(vectors, NEAREST, store)
        rows_found: list[list[int]] = []
        ms[CHROMA] = times_ms(lambda query: rows_found.append(search(query)), queries)
        recall[CHROMA] = share_of_nearest(scores, rows_found, k)
    return Measured(len(vectors), {name: spread(values) for name, values in ms.items()}, recall)


def nearest(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    """The rows of the `k` unit vectors nearest to `query`, best first, by looking at every one."""
    scores = vectors @ query
    best = np.argpartition(-scores, k - 1)[:k]
    return [int(row) for row in best[np.argsort(-scores[best])]]


def render(one: Measured) -> str:
    """The times and the recall of one size, as Markdown."""
    head = ("system", "p50 ms", "p95 ms", f"recall@{NEAREST} of exact", "ours / this, p50")
    return f"{table(head, _rows(one))}\n\nn = {one.ms[WHOLE].n} questions, {one.passages:,} passages."


def render_growth(measured: Sequence[Measured]) -> str:
    """How the medians grow from each size to the next, as Markdown."""
    return render_rows(row for small, large in pairwise(measured) for row in _growth(small, large))


NOTE = (
    "Each question is asked once, in one process. Whole retrieval: embed the question, search vectors and words for "
    "50 passages each, fuse, and read the best. LlamaIndex's retriever embeds the question and takes the ten nearest "
    "of the same passages from Chroma. Dense search, Chroma alone (its default graph, up to "
    f"{CHROMA_MOST:,} vectors) and numpy are given the vector."
)


def _rows(one: Measured) -> list[tuple[str, ...]]:
    return [
        (
            name,
            amount(spent.p50),
            amount(spent.p95),
            f"{one.recall[name]:.3f}" if name in one.recall else NOTHING,
            next((amount(one.ms[mine].p50 / spent.p50) for mine, all_ in BESIDE.items() if name in all_), NOTHING),
        )
        for name, spent in one.ms.items()
    ]


def _growth(small: Measured, large: Measured) -> list[Row]:
    return [
        Row(
            f"{name}, p50 at {large.passages:,}",
            large.ms[name].p50,
            "ms",
            f"the same at {small.passages:,}",
            small.ms[name].p50,
        )
        for name in (WHOLE, DENSE, WORDS, LLAMA, TXTAI, CHROMA, EXACT)
        if name in large.ms and name in small.ms
    ]
