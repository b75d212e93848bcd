"""The embedding model. The only module of the index that knows sentence-transformers."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import ModelUnavailable
from index.settings import IndexSettings
from index.types import Vectors
from index.vectors.model_files import ModelFiles, find, first_line

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 8
"""Small enough for the processor's cache: on two cores 1.3 times as fast as 64."""


class _Engine(Protocol):
    """What computes: sentence-transformers itself, or a graph."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order."""
        ...


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model. Nothing heavy is imported until the first text is embedded.

    `model` is a folder, a name on the Hugging Face hub, or None for the model that is installed with the package.
    Only safetensors weights are read and no code that comes with a model is run. With a `cache` folder the model is
    turned into a graph once and kept there: the installed one from its weights alone, which never needs torch; another
    by torch, and where that gives the same vectors it is used from then on.
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
    opened = graph.open_graph(folder)
    if opened is not None:
        return opened
    if files.is_installed:
        from index.vectors.bert import write_graph

        write = partial(write_graph, files.folder)
        try:
            return graph.make_graph(folder, write) or graph.unkept_graph(write)
        except OSError as error:
            raise ModelUnavailable(f"There is no room to make the model's graph: {first_line(error)}.") from error
    model = _load(files.folder)
    return graph.make_graph(folder, partial(graph.export, model), _Model(model).vectors) or _Model(model)


class _Model:
    """Sentence-transformers itself."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def vectors(self, texts: Sequence[str]) -> Vectors:
        # encode() sorts by length before it cuts batches, so short texts are not padded to long ones.
        rows = self._model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(rows, dtype=np.float32)


def _load(folder: Path) -> SentenceTransformer:
    """The model from local files only, without a word on screen or on the network."""
    # Read when the libraries are imported, so they must stand in the environment before.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError as error:
        raise ModelUnavailable(
            f"The embedding model in {str(folder)!r} needs {error.name}, which is not installed; run `make setup`, or "
            "install sentence-transformers, or leave index.model unset."
        ) from error
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
