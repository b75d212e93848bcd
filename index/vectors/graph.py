"""An embedding model as a graph that onnxruntime runs: the same vectors, sooner, and without importing torch.

Sentence-transformers takes seconds to import and hands all cores one large batch. The graph is made once, that of the
installed model from its weights (`index.vectors.bert`), that of another by torch, and kept beside the index. It is run
on as many small batches at a time as there are cores, each on one of them, so that a batch stays in that core's cache.
Numbers stay float32: eight-bit weights moved the vectors too far.
"""

from __future__ import annotations

import json
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

from index.cores import cores
from index.seal import sha256
from index.types import Vectors

INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What a model may be given, and what the tokenizer calls it."""
GRAPH, _TOKENIZER, _SEAL = "model.onnx", "tokenizer.json", "seal.json"
SENTENCE, OPSET = "sentence_embedding", 17
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
        self._inputs = [tensor.name for tensor in session.get_inputs()]
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="graph")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order."""
        encodings = self._tokenizer.encode_batch(list(texts))
        batches = list(_batches([len(encoding.ids) for encoding in encodings]))

        def run(batch: Sequence[int]) -> Vectors:
            (rows,) = self._session.run([SENTENCE], self._feed([encodings[at] for at in batch]))
            return np.asarray(rows, dtype=np.float32)

        results = map(run, batches) if len(batches) == 1 else self._pool.map(run, batches)
        by_place: dict[int, Vectors] = {}
        for batch, rows in zip(batches, results, strict=True):
            by_place.update(zip(batch, rows, strict=True))
        return np.stack([by_place[at] for at in range(len(texts))])

    def _feed(self, encodings: Sequence[Any]) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        length = max(len(encoding.ids) for encoding in encodings)
        feed = {name: np.zeros((len(encodings), length), dtype=np.int64) for name in self._inputs}
        feed["input_ids"] += self._padding
        for row, encoding in enumerate(encodings):
            for name, array in feed.items():
                array[row, : len(encoding.ids)] = getattr(encoding, INPUTS[name])
        return feed


def open_graph(folder: Path) -> Graph | None:
    """The graph in `folder`; None where there is none, or what is there is not as it was written."""
    try:
        seals = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        if any(seals[name] != sha256(folder / name) for name in (GRAPH, _TOKENIZER)):
            return None
        return _opened(folder, int(seals["padding"]))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


Write = Callable[[Path], int]
"""Writes a graph and its tokenizer to a folder, and gives the id of the token that pads."""


def make_graph(folder: Path, write: Write, embed: Callable[[Sequence[str]], Vectors] | None = None) -> Graph | None:
    """Make a graph in `folder` and open it; None where it cannot be made, or kept, or is not the same.

    `embed` is what the model itself says of texts: with it, the graph must say the same to be used.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as work:
            made = Path(work) / "graph"
            made.mkdir(mode=0o700)
            padding = write(made)
            graph = _opened(made, padding)
            if embed and not np.allclose(graph.vectors(_TRIED), embed(_TRIED), atol=_NEAR):
                return None
            seal = {name: sha256(made / name) for name in (GRAPH, _TOKENIZER)}
            (made / _SEAL).write_text(json.dumps({**seal, "padding": padding}), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
            return graph
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError):
        return None  # an architecture that does not export, a tokenizer without offsets, a full disk: the model serves


def unkept_graph(write: Write) -> Graph:
    """A graph that is kept nowhere. Raises: OSError, when there is no place to make it."""
    with tempfile.TemporaryDirectory(prefix="rag-graph-") as work:
        return _opened(Path(work), write(Path(work)))


def _opened(folder: Path, padding: int) -> Graph:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
    return Graph(session, Tokenizer.from_file(str(folder / _TOKENIZER)), padding)


def export(model: Model, folder: Path) -> int:
    """Write the graph of a model that torch runs, and its tokenizer; the id of the token that pads."""
    import torch

    class Flat(torch.nn.Module):
        """The model with its inputs and outputs as plain tensors, which is all that a graph has."""

        def __init__(self, names: Sequence[str]) -> None:
            super().__init__()
            self.model, self.names = model, names

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            embedding: torch.Tensor = self.model(dict(zip(self.names, inputs, strict=True)))[SENTENCE]
            return embedding

    example = model.tokenizer(["two texts, so that", "one is padded"], padding=True, return_tensors="pt")
    names = [name for name in INPUTS if name in example]
    axes = {name: {0: "texts", 1: "tokens"} for name in names} | {SENTENCE: {0: "texts"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, whose result is tried below on texts of other lengths
        torch.onnx.export(
            Flat(names).eval(),
            tuple(example[name] for name in names),
            str(folder / GRAPH),
            input_names=names,
            output_names=[SENTENCE],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    save_tokenizer(model.tokenizer.backend_tokenizer.to_str(), model.max_seq_length, folder)
    return int(model.tokenizer.pad_token_id)


def save_tokenizer(content: str, limit: int | None, folder: Path) -> None:
    """Write a tokenizer to `folder` as a graph uses it: no text is filled up, and each is cut at `limit` tokens."""
    tokenizer = Tokenizer.from_str(content)
    tokenizer.no_padding()
    if limit is not None:
        tokenizer.enable_truncation(limit)
    tokenizer.save(str(folder / _TOKENIZER))


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
