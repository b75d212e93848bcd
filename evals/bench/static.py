"""A quick model that reads no context: for what depends on how many vectors there are, not on who made them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from safetensors import safe_open

from evals.bench.baselines import model_folder
from index.types import Vectors

_TABLE = "embeddings.word_embeddings.weight"


class StaticEmbedder:
    """The mean of a text's token embeddings, which the bundled model begins with; some thousand texts a second.

    Texts that share words are near, and no two texts have the same neighbours, so a store of such vectors is as hard
    to search as one of the model's own.
    """

    def __init__(self) -> None:
        """Read the table of the bundled model."""
        lines = (model_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self._rows = {token: row for row, token in enumerate(lines)}
        with safe_open(model_folder() / "model.safetensors", "np") as weights:
            table = np.asarray(weights.get_tensor(_TABLE), dtype=np.float32)
        self._table = table - table.mean(axis=0)
        self._unknown = self._rows["[UNK]"]

    @property
    def fingerprint(self) -> str:
        """The same for every one of these."""
        return f"static-{self.dimension}"

    @property
    def dimension(self) -> int:
        """The width of every vector."""
        return int(self._table.shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, in order."""
        rows = [self._table[self._tokens(text)].mean(axis=0) for text in texts]
        matrix = np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)
        return np.asarray(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _tokens(self, text: str) -> list[int]:
        rows = [self._rows.get(word, self._unknown) for word in re.findall(r"\w+|[^\w\s]", text.lower())]
        return rows or [self._unknown]
