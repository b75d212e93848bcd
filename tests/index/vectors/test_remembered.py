"""A text that was embedded lately is not embedded again, and has the same vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.types import Vectors
from index.vectors.remembered import Remembered
from tests.fakes import HashingEmbedder

TEXTS = st.lists(st.lists(st.sampled_from("quay ferry sluice towpath".split()), max_size=3), max_size=8)


class Counted(HashingEmbedder):
    """Notes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.given += texts
        return super().embed(texts)


@given(TEXTS, st.integers(1, 4))
def test_vectors_are_those_of_the_embedder_however_few_are_remembered(calls: list[list[str]], most: int) -> None:
    plain, remembered = HashingEmbedder(), Remembered(HashingEmbedder(), most)
    for texts in calls:
        assert np.array_equal(remembered.embed(texts), plain.embed(texts).reshape(len(texts), plain.dimension))
    assert (remembered.fingerprint, remembered.dimension) == (plain.fingerprint, plain.dimension)


def test_a_text_is_embedded_once() -> None:
    counted = Counted()
    remembered = Remembered(counted)
    for texts in (["the quay"], ["the quay", "a ferry", "a ferry"], ["a ferry"], []):
        remembered.embed(texts)
    assert counted.given == ["the quay", "a ferry"]


def test_the_text_that_was_used_longest_ago_is_forgotten_first() -> None:
    counted = Counted()
    remembered = Remembered(counted, most=2)
    for text in ("quay", "ferry", "quay", "sluice", "quay", "ferry"):
        remembered.embed([text])
    assert counted.given == ["quay", "ferry", "sluice", "ferry"]
