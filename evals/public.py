"""Runs over public question sets: retrieval by leg."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evals.cases import Case
from evals.errors import EvalError
from evals.loaders import PublicSet, chunking_eval, squad
from evals.markdown import bounds, difference, table
from evals.metrics import place_of, span_overlap
from evals.ranking import ranking_scores
from evals.stats import interval, paired
from index.settings import IndexSettings
from index.types import Embedder
from rag.types import RetrievedPassage

HYBRID = "hybrid"
DEPTH = 30
"""Passages fetched to rank ten documents: a long paragraph is cut into several passages."""
SQUAD_MEASURES = {"hit@1": "Success@1", "hit@5": "Success@5", "nDCG@10": "nDCG@10"}

Search = Callable[[str, int], Sequence[RetrievedPassage]]
"""The first k passages for a question, best first."""
Scored = Mapping[str, Mapping[str, Sequence[float]]]
"""By leg, then by metric: one value a question, in the same order everywhere."""


Legs = Mapping[str, Search]
"""A search for each leg by name, `hybrid` among them."""
Open = Callable[[IndexSettings], Legs]


def run_chunking_eval(folder: Path, work: Path, embedder: Embedder, open_index: Open, *, k: int = 5) -> Scored:
    """Span recall and precision of the first k passages, for each leg, on Chroma's chunking evaluation.

    The corpora are indexed below `work`, which may be kept for another run.

    Raises: EvalError, when the set is not at `folder`.
    """
    dataset = chunking_eval(folder)
    return span_scores(dataset, open_index(index_documents(dataset.documents, work, embedder)), k=k)


def run_squad(path: Path, work: Path, embedder: Embedder, open_index: Open) -> Scored:
    """Retrieval by leg on the answerable questions of the test half of SQuAD 2.0.

    The paragraphs of both halves are indexed below `work`, a document each.

    Raises: EvalError, when the set is not at `path`.
    """
    dataset = squad(path)
    cases = [case for case in dataset.cases if case.split == "test" and case.answerable]
    return document_scores(cases, open_index(index_documents(dataset.documents, work, embedder)))


def index_documents(documents: Mapping[str, str], work: Path, embedder: Embedder) -> IndexSettings:
    """The settings of an index, below `work`, of exactly these documents, each under its file name."""
    from index.indexing.build import build_index

    folder = work / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {path.name for path in folder.iterdir()} - documents.keys():
        (folder / stale).unlink()
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    settings = IndexSettings(home=work / "home")
    build_index(settings, [folder], embedder)
    return settings


def span_scores(dataset: PublicSet, legs: Legs, *, k: int = 5) -> Scored:
    """`span recall@k` and `span precision@k` of each question that has gold places, for each leg.

    After Smith and Troynikov 2024: recall is the gold characters that the passages hold over all gold
    characters, precision the same characters over those of the passages. No passages have precision 0.

    Raises: EvalError, when a passage is not a slice of its document, so that offsets would not compare.
    """
    out: dict[str, dict[str, list[float]]] = {}
    for leg, search in legs.items():
        scores: dict[str, list[float]] = {f"span recall@{k}": [], f"span precision@{k}": []}
        for case in dataset.cases:
            if not dataset.gold.get(case.id):
                continue
            passages = search(case.question, k)[:k]
            _check_slices(dataset, passages)
            precision, recall = span_overlap(dataset.gold[case.id], [place_of(p) for p in passages])
            scores[f"span recall@{k}"].append(recall)
            scores[f"span precision@{k}"].append(precision or 0.0)
        out[leg] = scores
    return out


def document_scores(cases: Sequence[Case], legs: Legs) -> Scored:
    """hit@1, hit@5 and nDCG@10 of the document that holds each case's evidence, for each leg.

    A document ranks where its first passage does.
    """
    relevant = {case.id: {item.file for item in case.evidence} for case in cases}
    measures = list(SQUAD_MEASURES.values())
    out: dict[str, dict[str, list[float]]] = {}
    for leg, search in legs.items():
        rankings = {case.id: _documents(search(case.question, DEPTH)) for case in cases}
        scores = ranking_scores(rankings, relevant, measures)
        out[leg] = {name: [scores[case.id][m] for case in cases] for name, m in SQUAD_MEASURES.items()}
    return out


def render_scored(scored: Scored) -> str:
    """The mean of each leg, and hybrid less each other leg with its paired interval, as Markdown.

    Raises: EvalError, when there is no hybrid leg.
    """
    if HYBRID not in scored:
        raise EvalError(f"There is no leg {HYBRID!r} among {', '.join(scored)}; give one.")
    means = [
        (leg, name, str(len(values)), f"{sum(values) / len(values):.3f}", bounds(interval(values)))
        for leg, metrics in scored.items()
        for name, values in metrics.items()
        if values
    ]
    differences = [
        (leg, name, str(len(values)), *difference(paired(values, scored[HYBRID][name])))
        for leg, metrics in scored.items()
        if leg != HYBRID
        for name, values in metrics.items()
        if values
    ]
    return "\n\n".join(
        [
            table(("leg", "metric", "n", "mean", "95 % interval"), means),
            table(("hybrid less", "metric", "n", "difference", "95 % interval", "p", "wins", "losses"), differences),
        ]
    )


def _documents(passages: Sequence[RetrievedPassage]) -> list[str]:
    return list(dict.fromkeys(p.source.path for p in passages))


def _check_slices(dataset: PublicSet, passages: Sequence[RetrievedPassage]) -> None:
    for item in passages:
        if item.passage.span.of(dataset.documents.get(item.source.path, "")) != item.passage.text:
            raise EvalError(
                f"The passage {item.passage.id!r} is not a slice of {item.source.path!r}; index the set afresh."
            )
