"""`python -m evals.fit_verifier --wice DIR`: the coefficients of `rag.verification.support`, fitted anew and printed.

DIR is the folder `data` of https://github.com/ryokamoi/wice. The words of the sub-claims in
`non_supported_tokens/train.jsonl` fit the first model, the claims at even places of
`entailment_retrieval/claim/dev.jsonl` the second; those at odd places take no part.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from pydantic import BaseModel

from evals.loaders import wice
from index.embed import SentenceTransformerEmbedder
from index.types import Encoded
from rag.verification import support

Floats = npt.NDArray[np.float64]


class _TokenRow(BaseModel):
    claim: str
    claim_tokens: list[str]
    non_supported_spans: list[bool]
    evidence: list[str]


def fit(rows: Floats, labels: Floats, c: float) -> tuple[Floats, float]:
    """Weights and bias of a logistic model with an L2 penalty of 1/c on standardised columns, by Newton's method."""
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    x = np.column_stack([(rows - mean) / scale, np.ones(len(rows))])
    penalty = np.diag([1 / c] * rows.shape[1] + [0.0])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty, x.T @ (p - labels) + penalty @ beta)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = beta[:-1] / scale
    return weights, float(beta[-1] - weights @ mean)


def main(wice_data: Annotated[Path, typer.Option("--wice", help="The folder `data` of WiCE's repository.")]) -> None:
    """Fit both models and print their coefficients."""
    embedder = SentenceTransformerEmbedder()

    def encode(texts: list[str]) -> dict[str, Encoded]:
        return dict(zip(texts, embedder.encode(texts), strict=True))

    rows, labels = [], []
    for line in (wice_data / "non_supported_tokens" / "train.jsonl").read_text(encoding="utf-8").splitlines():
        row = _TokenRow.model_validate(json.loads(line))
        found = support.measures(row.claim, row.evidence, lambda texts: encode(list(texts)))
        rows.append(found.values)
        labels += _flags(row, found)
    weights, bias = fit(np.concatenate(rows), np.array(labels), 0.3)
    claims = [c for c in wice(wice_data / "entailment_retrieval" / "claim" / "dev.jsonl") if c.split == "tune"]
    told = []
    for claim in claims:
        found = support.measures(claim.text, claim.evidence, lambda texts: encode(list(texts)))
        unsaid = 1 / (1 + np.exp(-(found.values @ weights + bias)))
        told.append(support.claim_measures(found, unsaid))
    last, last_bias = fit(np.array(told), np.array([c.supported for c in claims], dtype=float), 0.1)
    for name, values in (
        ("WORD_WEIGHTS", [*weights]),
        ("WORD_BIAS", [bias]),
        ("CLAIM_WEIGHTS", [*last]),
        ("CLAIM_BIAS", [last_bias]),
    ):
        sys.stdout.write(f"{name} = ({', '.join(f'{value:.4g}' for value in values)})\n")


def _flags(row: _TokenRow, found: support.Measures) -> list[float]:
    """For each content word, whether an annotator marked a token of it as not supported."""
    marked, cursor = [], 0
    for token, flag in zip(row.claim_tokens, row.non_supported_spans, strict=True):
        at = row.claim.find(token, cursor)
        if at >= 0:
            cursor = at + len(token)
            marked += [(at, cursor)] if flag else []
    return [float(any(a < w.span.end and w.span.start < b for a, b in marked)) for w in found.words]


if __name__ == "__main__":
    typer.run(main)
