"""The verifier's measurement: its statistics, and its tables over small sets of the public formats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.bench.verify import Measured, Told, auroc, auroc_interval, flags, judged, render
from evals.errors import EvalError
from evals.loaders import Claim, wice
from index.types import Encoded
from tests.fakes import HashingEmbedder

PASSAGE = "The council met in May. Ann Lee said that 83 people were hurt in Harlow on Monday. The road was not closed."


def test_auroc_counts_pairs_and_half_the_ties() -> None:
    assert auroc([0.9, 0.8, 0.1], [True, True, False]) == 1.0
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, False, True, False]) == pytest.approx(0.875)
    found = auroc_interval([0.9, 0.2, 0.5, 0.1], [True, True, False, False])
    assert found.low <= auroc([0.9, 0.2, 0.5, 0.1], [True, True, False, False]) <= found.high


def test_wrong_sentences_are_flagged_and_true_ones_are_not() -> None:
    told = [Told(text, PASSAGE, PASSAGE) for text in PASSAGE.split(". ")[1:2]]
    wrong, true = flags(told)
    assert wrong["number"] == [True]
    assert wrong["date"] == [True]
    assert true["verbatim"] == [False]


def test_wice_rows_alternate_between_the_halves(tmp_path: Path) -> None:
    path = tmp_path / "claim_dev.jsonl"
    labels = ("supported", "partially_supported", "not_supported")
    rows = [{"label": label, "claim": f"Claim {label}.", "evidence": ["One.", "Two."]} for label in labels]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    claims = wice(path)
    assert [claim.supported for claim in claims] == [True, False, False]
    assert [claim.split for claim in claims] == ["tune", "test", "tune"]
    path.write_text('{"label": "supported"}', encoding="utf-8")
    with pytest.raises(EvalError, match="WiCE"):
        wice(path)


def test_each_set_of_claims_has_its_tables() -> None:
    claims = [
        Claim("Ann Lee closed the road on Monday.", ("Ann Lee closed the road on Monday.",), True, "test"),
        Claim("The road was mended by the army.", ("Ann Lee closed the road on Monday.",), False, "test"),
    ]

    def encode(texts: Sequence[str]) -> dict[str, Encoded]:
        return dict(zip(texts, HashingEmbedder(64).encode(texts), strict=True))

    told = judged(claims, encode, lambda _: None)
    assert told.supported == [True, False]
    assert told.called == [True, False]
    alone = render(Measured(told, None, 1.0, {"number": [True]}, {"verbatim": [False]}))
    both = render(Measured(told, told, 1.0, {"number": [True]}, {"verbatim": [False]}))
    assert alone.count("| ours | 2 (1 supported) | 1.000 |") == 1
    assert both.count("| ours | 2 (1 supported) | 1.000 |") == 2
    assert "its own test set" in both
    assert "its own test set" not in alone
