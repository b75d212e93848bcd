"""An embedding model as a graph that onnxruntime runs: the same vectors, sooner, and without importing torch.

Sentence-transformers takes seconds to import and hands all cores one large batch. The graph is made from its model
once, kept beside the index, and run on as many small batches at a time as there are cores, each on one of them,
so that a batch stays in that core's cache. Numbers stay float32: eight-bit weights moved the vectors too far.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from index.seal import sha256
from index.types import Vectors

Read = tuple[Vectors, Vectors, Sequence[tuple[int, int]]]
"""A text's vector, shape (dimension,), its tokens' vectors, shape (tokens, width), and where each token stands."""

_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What a model may be given, and what the tokenizer calls it."""
_GRAPH, _TOKENIZER, _SEAL = "model.onnx", "tokenizer.json", "seal.json"
_SENTENCE, _TOKENS = "sentence_embedding", "token_embeddings"
_OPSET = 17
_A_BATCH = 256
"""Tokens in one batch, padding included."""
_NEAR = 1e-4
_TRIED = (
    "The army struck a chemical plant near the coast.",
    "  Spaces before, and a line\nbreak; Ünïcödé, naïve café, 北京, 🙂, 3.14 % and U.S.-led.  ",
    "one",
    " ".join(f"word{number}" for number in range(400)),
)


class Model(Protocol):
    """What is used of a sentence-transformers model."""

    @property
    def tokenizer(self) -> Any:  # noqa: ANN401 - transformers has no types
        """A tokenizer of transformers, with a fast one behind it."""
        ...

    max_seq_length: int | None

    def __call__(self, features: dict[str, Any], /) -> Any:  # noqa: ANN401 - as above
        """The features, and what the model makes of them."""
        ...


class Graph:
    """A model ready to run. Safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, padding: int) -> None:
        """See `open_graph`. `padding` is the id of the token that fills shorter texts up."""
        self._session = session
        self._tokenizer = tokenizer
        self._padding = padding
        self._inputs = [told.name for told in session.get_inputs()]
        self._pool = ThreadPoolExecutor(_cores(), thread_name_prefix="graph")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order."""
        return np.stack([row for (row,) in self._run(texts, [_SENTENCE])])

    def read(self, texts: Sequence[str]) -> list[Read]:
        """Each text's vector and those of its tokens, in order."""
        found = self._run(texts, [_SENTENCE, _TOKENS])
        offsets = [told.offsets for told in self._encodings(texts)]
        return [(row, tokens[: len(places)], places) for (row, tokens), places in zip(found, offsets, strict=True)]

    def _encodings(self, texts: Sequence[str]) -> list[Any]:
        return list(self._tokenizer.encode_batch(list(texts)))

    def _run(self, texts: Sequence[str], outputs: list[str]) -> list[tuple[Vectors, ...]]:
        encodings = self._encodings(texts)
        batches = list(_batches([len(told.ids) for told in encodings]))

        def run(batch: Sequence[int]) -> list[Vectors]:
            return list(self._session.run(outputs, self._feed([encodings[at] for at in batch])))

        results = map(run, batches) if len(batches) == 1 else self._pool.map(run, batches)
        found: dict[int, tuple[Vectors, ...]] = {}
        for batch, arrays in zip(batches, results, strict=True):
            found.update(zip(batch, zip(*arrays, strict=True), strict=True))
        return [found[at] for at in range(len(texts))]

    def _feed(self, encodings: Sequence[Any]) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        length = max(len(told.ids) for told in encodings)
        feed = {name: np.zeros((len(encodings), length), dtype=np.int64) for name in self._inputs}
        feed["input_ids"] += self._padding
        for row, told in enumerate(encodings):
            for name, array in feed.items():
                array[row, : len(told.ids)] = getattr(told, _INPUTS[name])
        return feed


def open_graph(folder: Path) -> Graph | None:
    """The graph in `folder`; None where there is none, or what is there is not as it was written."""
    try:
        told = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        if any(told[name] != sha256(folder / name) for name in (_GRAPH, _TOKENIZER)):
            return None
        return _opened(folder, int(told["padding"]))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


def make_graph(model: Model, read: Callable[[Sequence[str]], list[Read]], folder: Path) -> Graph | None:
    """Make the graph of `model` in `folder` and open it; None where it cannot be made, or kept, or is not the same.

    `read` is what the model itself says of texts: the graph must say the same to be used.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as work:
            made = Path(work) / "graph"
            made.mkdir(mode=0o700)
            padding = _export(model, made)
            graph = _opened(made, padding)
            if not _same(graph.read(_TRIED), read(_TRIED)):
                return None
            seal = {name: sha256(made / name) for name in (_GRAPH, _TOKENIZER)}
            (made / _SEAL).write_text(json.dumps({**seal, "padding": padding}), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
            return graph
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError):
        return None  # an architecture that does not export, a tokenizer without offsets, a full disk: the model serves


def _opened(folder: Path, padding: int) -> Graph:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(folder / _GRAPH, options, providers=["CPUExecutionProvider"])
    return Graph(session, Tokenizer.from_file(str(folder / _TOKENIZER)), padding)


def _export(model: Model, folder: Path) -> int:
    """Write the graph and its tokenizer; the id of the token that pads."""
    import torch

    class Flat(torch.nn.Module):
        """The model with its inputs and outputs as plain tensors, which is all that a graph has."""

        def __init__(self, names: Sequence[str]) -> None:
            super().__init__()
            self.model, self.names = model, names

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            told = self.model(dict(zip(self.names, inputs, strict=True)))
            return told[_SENTENCE], told[_TOKENS]

    told = model.tokenizer(["two texts, so that", "one is padded"], padding=True, return_tensors="pt")
    names = [name for name in _INPUTS if name in told]
    axes = {name: {0: "texts", 1: "tokens"} for name in (*names, _TOKENS)} | {_SENTENCE: {0: "texts"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, whose result is tried below on texts of other lengths
        torch.onnx.export(
            Flat(names).eval(),
            tuple(told[name] for name in names),
            str(folder / _GRAPH),
            input_names=names,
            output_names=[_SENTENCE, _TOKENS],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    if model.max_seq_length is not None:
        tokenizer.enable_truncation(model.max_seq_length)
    tokenizer.save(str(folder / _TOKENIZER))
    return int(model.tokenizer.pad_token_id)


def _same(ours: Sequence[Read], theirs: Sequence[Read]) -> bool:
    return all(
        list(map(tuple, places)) == list(map(tuple, other_places))
        and np.allclose(row, other_row, atol=_NEAR)
        and np.allclose(tokens, other_tokens[: len(tokens)], atol=10 * _NEAR)
        for (row, tokens, places), (other_row, other_tokens, other_places) in zip(ours, theirs, strict=True)
    )


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Which texts are run together: of nearly equal length, and few enough that they hold `_A_BATCH` tokens."""
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if batch and (len(batch) + 1) * lengths[at] > _A_BATCH:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
