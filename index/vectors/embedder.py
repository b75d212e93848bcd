"""The embedding model. The only module of the index that knows sentence-transformers."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from index.errors import ModelUnavailable
from index.settings import IndexSettings
from index.types import Encoded, Vectors, Word
from index.vectors.model_files import ModelFiles, find, first_line
from index.words.tokens import words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

    from index.vectors.graph import Read

_BATCH = 8
"""Small enough for the processor's cache: on two cores 1.3 times as fast as 64."""


class _Engine(Protocol):
    """What computes: sentence-transformers itself, or the graph made from it."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order."""
        ...

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Each text's vector and those of its tokens, in order."""
        ...


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model. Nothing heavy is imported until the first text is embedded.

    `model` is a folder, a name on the Hugging Face hub, or None for the model that is installed with the package.
    Only safetensors weights are read and no code that comes with a model is run. With a `cache` folder the model is
    turned into a graph once and kept there; where that gives the same vectors it is used from then on, which needs
    no torch.
    """

    def __init__(self, model: str | None = None, cache: Path | None = None) -> None:
        """Find the model and read its fingerprint.

        Raises: ModelUnavailable, when there is no such model, or the installed one is not the one expected.
        """
        self._files = find(model)
        self._cache = cache
        self._lock = Lock()
        self._engine: _Engine | None = None

    @property
    def fingerprint(self) -> str:
        """Name, width, and a digest of weights, configuration (the maximum length included) and vocabulary."""
        return self._files.fingerprint

    @property
    def dimension(self) -> int:
        """The width of every vector."""
        return self._files.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit float32 row a text, in order; shape (len(texts), dimension). Safe to call from several threads.

        Raises: ModelUnavailable, when the model does not load.
        """
        if not texts:
            return np.zeros((0, self._files.dimension), dtype=np.float32)
        with self._lock:
            rows = self._loaded().vectors(texts)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text's unit vector and one for each of its words in context, in order.

        A word's vector is the mean of its tokens' last hidden states, made unit length. Words past the model's
        maximum length have none. Safe to call from several threads.

        Raises: ModelUnavailable, when the model does not load.
        """
        if not texts:
            return []
        with self._lock:
            read = self._loaded().read(texts)
        return [_encoded(text, *told) for text, told in zip(texts, read, strict=True)]

    def _loaded(self) -> _Engine:
        if self._engine is None:
            self._engine = _engine(self._files, self._cache)
        return self._engine


def embedder_of(settings: IndexSettings) -> SentenceTransformerEmbedder:
    """The embedder that an index with these settings is built and searched with, its graph kept in their home.

    Raises: ModelUnavailable.
    """
    return SentenceTransformerEmbedder(settings.model, settings.home / "models")


def _engine(files: ModelFiles, cache: Path | None) -> _Engine:
    """The graph, where there is one or one can be made that agrees with the model; else the model."""
    if cache is None:
        return _Model(_load(files.folder))
    from index.vectors import graph

    folder = cache / files.fingerprint
    found = graph.open_graph(folder)
    if found is not None:
        return found
    model = _load(files.folder)
    return graph.make_graph(model, _Model(model).read, folder) or _Model(model)


class _Model:
    """Sentence-transformers itself."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def vectors(self, texts: Sequence[str]) -> Vectors:
        # encode() sorts by length before it cuts batches, so short texts are not padded to long ones.
        rows = self._model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(rows, dtype=np.float32)

    def read(self, texts: Sequence[str]) -> list[Read]:
        outputs = cast(
            "list[dict[str, Tensor]]",
            self._model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False, output_value=None),
        )
        told = self._model.tokenizer(
            list(texts), return_offsets_mapping=True, truncation=True, max_length=self._model.max_seq_length
        )
        return [
            (
                output["sentence_embedding"].cpu().numpy(),
                output["token_embeddings"].cpu().numpy(),
                offsets,
            )
            for output, offsets in zip(outputs, told["offset_mapping"], strict=True)
        ]


def _encoded(text: str, vector: Vectors, tokens: Vectors, offsets: Sequence[tuple[int, int]]) -> Encoded:
    kept: list[Word] = []
    rows: list[Vectors] = []
    cursor = 0
    for word in words(text):
        while cursor < len(offsets) and offsets[cursor][1] <= word.span.start:
            cursor += 1
        last = cursor
        while last < len(offsets) and offsets[last][0] < word.span.end and offsets[last][1] > 0:
            last += 1
        if last > cursor:
            kept.append(word)
            rows.append(_unit(tokens[cursor:last].mean(axis=0)))
    matrix = np.stack(rows) if rows else np.zeros((0, tokens.shape[1]), dtype=np.float32)
    return Encoded(_unit(vector), tuple(kept), np.asarray(matrix, dtype=np.float32))


def _unit(row: Vectors) -> Vectors:
    return np.asarray(row / max(float(np.linalg.norm(row)), 1e-12), dtype=np.float32)


def _load(folder: Path) -> SentenceTransformer:
    """The model from local files only, without a word on screen or on the network."""
    # Read when the libraries are imported, so they must stand in the environment before.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelUnavailable(f"The embedding model in {str(folder)!r} does not load: {first_line(error)}.") from error
