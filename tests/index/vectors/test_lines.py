"""A passage's vectors: of its lines, packed, and their mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.types import Vectors
from index.vectors.lines import TextVectors, embed_texts, nearness, packed
from tests.fakes import HashingEmbedder


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_each_line_is_embedded_once_and_the_whole_is_the_mean_of_all() -> None:
    embedder = HashingEmbedder()
    texts = ["The mole of Orl\nGlims lie here.\nTrokes lie there.", "The mole of Orl\nGlims lie here.", "\nVurns."]
    whole = [one.whole for one in embed_texts(embedder, texts)]
    assert sorted(embedder.seen) == ["Glims lie here.", "The mole of Orl", "Trokes lie there.", "Vurns."]
    rows = embedder.embed(["The mole of Orl", "Glims lie here.", "Trokes lie there.", "Vurns."])
    assert np.allclose(whole, unit(np.stack([rows[:3].mean(axis=0), rows[:2].mean(axis=0), rows[3]])), atol=1e-6)


def test_the_nearest_line_is_found_and_what_stands_above_is_none() -> None:
    embedder = HashingEmbedder()
    passages = embed_texts(embedder, ["glims\nvurns and trokes\nsarns", "sarns\nsarns"])
    (question,) = embedder.embed(["sarns"])
    near = nearness(question, passages)
    assert [one.line for one in near] == pytest.approx([1, 1], abs=1e-2)
    assert near[0].whole < near[1].whole == pytest.approx(1)
    (above,) = embedder.embed(["glims"])
    assert max(one.line for one in nearness(above, passages)) < 0.5
    assert nearness(question, []) == []


ROWS = arrays(np.float32, (4, 48), elements=st.floats(-1, 1, width=16)).filter(
    lambda rows: np.abs(rows).max(1).min() > 0.01
)


@given(ROWS, ROWS)
def test_packing_hardly_changes_a_cosine(first: Vectors, second: Vectors) -> None:
    rows, questions = unit(first), unit(second)
    most = (
        2 * np.sqrt(rows.shape[1]) * float(np.abs(rows).max()) / 254
    )  # by Cauchy and Schwarz, before and after norming
    for question in questions:
        (near,) = nearness(question, [TextVectors(rows[0], packed(rows))])
        assert near.line == pytest.approx(float((rows @ question).max()), abs=most)
