"""Entailment by a cross-encoder that the user names. Verdicts need none, and none is ever fetched unasked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from index.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_LABELS = ("entail", "contradict")


class Entailment(Protocol):
    """Judges whether one text follows from another."""

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
        """For each (premise, hypothesis), how likely it is entailed and how likely it is contradicted, each 0 to 1.

        Raises: ModelUnavailable, when the model does not load.
        """
        ...


class CrossEncoderEntailment:
    """A sentence-transformers cross-encoder for natural language inference, as cross-encoder/nli-deberta-v3-small.

    `model` is a folder or a name on the Hugging Face hub. It is loaded at the first question asked of it; only
    safetensors weights are read and no code that comes with a model is run.
    """

    def __init__(self, model: str) -> None:
        self._name = model
        self._lock = Lock()
        self._model: CrossEncoder | None = None

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
        """See `Entailment`. Safe to call from several threads."""
        if not pairs:
            return []
        from torch.nn import Identity

        with self._lock:
            model = self._model = self._model or _load(self._name)
            logits = np.asarray(model.predict(list(pairs), show_progress_bar=False, activation_fn=Identity()))
        told = getattr(model.config, "id2label", None) or {}
        labels = {int(at): str(name).lower() for at, name in told.items()}
        return from_logits(logits.reshape(len(pairs), -1), labels)


def from_logits(logits: np.typing.NDArray[np.floating], labels: dict[int, str]) -> list[tuple[float, float]]:
    """Probabilities of entailment and contradiction from each row, by softmax, or for one column the sigmoid.

    Raises: ModelUnavailable, when no label of several is entailment.
    """
    if logits.shape[1] == 1:
        return [(1 / (1 + float(np.exp(-row[0]))), 0.0) for row in logits]
    columns = [next((at for at, name in labels.items() if name.startswith(wanted)), None) for wanted in _LABELS]
    if columns[0] is None:
        raise ModelUnavailable(
            f"The model of verify.model has the labels {sorted(labels.values())}; name one with “entailment”."
        )
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    rows = shifted / shifted.sum(axis=1, keepdims=True)
    return [(float(row[columns[0]]), 0.0 if columns[1] is None else float(row[columns[1]])) for row in rows]


def _load(name: str) -> CrossEncoder:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from sentence_transformers import CrossEncoder

    try:
        return cast("CrossEncoder", CrossEncoder(name, trust_remote_code=False, model_kwargs={"use_safetensors": True}))
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelUnavailable(
            f"The entailment model {name!r} does not load: {first}; check the setting verify.model."
        ) from error
