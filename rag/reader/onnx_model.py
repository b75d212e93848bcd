"""The trained reader as onnxruntime runs it: no torch, nothing fetched, checked against its seal before it is used.

Two graphs over one tokenizer: one reads passages for a question, the other judges statements. Each is loaded at its
first use.

Each passage is run by itself on one core, as many at a time as there are cores: the eight-bit sums of a batch would
depend on what else is in it, and a passage must read the same whatever stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from index.cores import cores
from index.errors import ModelUnavailable
from index.seal import sha256
from rag.reader.layout import Layout, Unit, lay_out
from rag.reader.reader import Judgement, PassageReading

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]
INPUTS = ("ids", "segments", "mask", "first", "units", "candidates")
OUTPUTS = ("answers", "starts", "ends")
OUTPUTS_OF_JUDGE = ("stands",)
GRAPH, JUDGE, TOKENIZER, SEAL = "reader.onnx", "judge.onnx", "tokenizer.json", "seal.json"
INSTALLED = Path(__file__).parent / "model"
"""The reader that is part of the package."""
_LONGEST_ANSWER = 24
"""Tokens of the words that are marked as the answer inside a sentence."""
_NEVER = -1e3
"""A logit below this is of what cannot be chosen."""


class OnnxReader:
    """Reads with the model in a folder, loaded at the first use. Safe to use from several threads."""

    def __init__(self, folder: Path = INSTALLED) -> None:
        """A reader with the model in `folder`, which nothing is read from yet."""
        self._folder = folder
        self._lock = Lock()
        self._loaded: dict[str, _Session] = {}

    @property
    def fingerprint(self) -> str:
        """The first digits of both graphs' digests. Raises: ModelUnavailable."""
        seal = _seal(self._folder)
        return seal[GRAPH][:6] + seal[JUDGE][:6]

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        """`question` over the units of each passage, in order; units that did not fit are never chosen.

        Raises: ModelUnavailable.
        """
        session = self._session(GRAPH)
        layouts = [lay_out(session.tokenizer, question, units) for units in passages]
        rows = session.run(layouts, passages, OUTPUTS)
        return [_reading(layout, *row) for layout, row in zip(layouts, rows, strict=True)]

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        """Each statement over the units of its evidence, in order. Raises: ModelUnavailable."""
        session = self._session(JUDGE)
        layouts = [lay_out(session.tokenizer, statement, units) for statement, units in pairs]
        rows = session.run(layouts, [units for _, units in pairs], OUTPUTS_OF_JUDGE)
        return [Judgement(*(float(share) for share in _softmax(stands))) for (stands,) in rows]

    def _session(self, graph: str) -> _Session:
        with self._lock:
            if graph not in self._loaded:
                self._loaded[graph] = _open(self._folder, graph)
            return self._loaded[graph]


class _Session:
    """A graph that is loaded, with its tokenizer."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._inputs = [item.name for item in session.get_inputs()]
        self.tokenizer = tokenizer
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")

    def run(
        self, layouts: Sequence[Layout], units: Sequence[Sequence[Unit]], outputs: Sequence[str]
    ) -> list[tuple[Floats, ...]]:
        """A row of each output for every layout, in order."""

        def run(layout: Layout, of_one: Sequence[Unit]) -> tuple[Floats, ...]:
            feed = _feed(layout, of_one)
            rows = self._session.run(list(outputs), {name: feed[name] for name in self._inputs})
            return tuple(array[0] for array in rows)

        if len(layouts) == 1:
            return [run(layouts[0], units[0])]
        return list(self._pool.map(run, layouts, units))


def _open(folder: Path, graph: str) -> _Session:
    seal = _seal(folder)
    for name in (graph, TOKENIZER):
        digest = seal[name]
        if not (folder / name).is_file() or sha256(folder / name) != digest:
            raise ModelUnavailable(
                f"The reader's file {str(folder / name)!r} is not the one that was installed; reinstall the package."
            )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(folder / graph, options, providers=["CPUExecutionProvider"])
        return _Session(session, Tokenizer.from_file(str(folder / TOKENIZER)))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelUnavailable(f"The reader in {str(folder)!r} does not load: {str(error).splitlines()[0]}.") from error


def _seal(folder: Path) -> dict[str, str]:
    try:
        seal = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return {name: str(seal[name]) for name in (GRAPH, JUDGE, TOKENIZER)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(f"There is no whole reader in {str(folder)!r}; reinstall the package.") from error


def _feed(layout: Layout, units: Sequence[Unit]) -> dict[str, npt.NDArray[np.generic]]:
    """The one layout as the graph takes it; shapes as in `evals.train.model.Batch`."""
    length, width = len(layout.ids), max(1, len(layout.units))
    first = np.zeros((1, length), dtype=np.int64)
    first[0, layout.first[0] : layout.first[1]] = 1
    weights = np.zeros((1, width, length), dtype=np.float32)
    candidates = np.zeros((1, width), dtype=np.float32)
    for number, (start, end) in enumerate(layout.units):
        if end > start:
            weights[0, number, start:end] = 1 / (end - start)
            candidates[0, number] = units[number].candidate
    ids, segments = (np.array([values], dtype=np.int64) for values in (layout.ids, layout.segments))
    return dict(zip(INPUTS, (ids, segments, np.ones_like(ids), first, weights, candidates), strict=True))


def _reading(layout: Layout, answers: Floats, starts: Floats, ends: Floats) -> PassageReading:
    logits = [float(value) if value > _NEVER else -np.inf for value in answers[1 : 1 + len(layout.units)]]
    spans = [_words(layout, start, end, starts, ends) for start, end in layout.units]
    return PassageReading(float(answers[0]), tuple(logits), tuple(spans))


def _words(layout: Layout, low: int, high: int, starts: Floats, ends: Floats) -> tuple[int, int] | None:
    """The likeliest run of a unit's tokens as characters of its text; None for a unit without tokens."""
    if low == high:
        return None
    scores = starts[low:high, None] + ends[None, low:high]
    far = np.arange(high - low)[None, :] - np.arange(high - low)[:, None]
    scores[(far < 0) | (far >= _LONGEST_ANSWER)] = -np.inf
    start, end = divmod(int(np.argmax(scores)), high - low)
    first, last = layout.places[low + start], layout.places[low + end]
    return (first.start, last.end) if first and last else None


def _softmax(logits: Floats) -> Floats:
    shares = np.exp(logits - logits.max())
    return np.asarray(shares / shares.sum(), dtype=np.float32)
