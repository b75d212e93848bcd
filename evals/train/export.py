"""From a checkpoint to the file that ships: one ONNX graph with eight-bit weights, and the card that describes it."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]
from tokenizers import Tokenizer
from torch import Tensor, nn

from evals.train.model import Batch, ReaderModel, build
from index.seal import sha256
from rag.reader.onnx_model import GRAPH, INPUTS, JUDGE, OUTPUTS, OUTPUTS_OF_JUDGE, SEAL, TOKENIZER

_OPSET = 17


class _Flat(nn.Module):
    """The model with plain tensors in and out, which is all that a graph has."""

    def __init__(self, model: ReaderModel, outputs: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.outputs = outputs

    def forward(
        self, ids: Tensor, segments: Tensor, mask: Tensor, first: Tensor, units: Tensor, candidates: Tensor
    ) -> tuple[Tensor, ...]:
        output = self.model(Batch(ids, segments, mask, first, units, candidates))
        return tuple(getattr(output, name) for name in self.outputs)


def export(checkpoint: Path, encoder: Path, folder: Path, *, judge: bool = False, quantized: bool = True) -> Path:
    """Write the graph of a checkpoint, of the reader or of the judge, with tokenizer and seal into `folder`.

    Raises: OSError; RuntimeError, when the encoder does not export.
    """
    model = build(encoder)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        whole = Path(work) / "whole.onnx"
        _write(model.eval(), whole, judge=judge)
        if quantized:
            small = Path(work) / "small.onnx"
            quantize_dynamic(
                whole, small, per_channel=True, weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            )  # fmt: skip
            whole = small
        shutil.copyfile(whole, folder / (JUDGE if judge else GRAPH))
    _write_tokenizer(encoder, folder)
    seal = {name: sha256(folder / name) for name in (GRAPH, JUDGE, TOKENIZER) if (folder / name).exists()}
    (folder / SEAL).write_text(json.dumps(seal, indent=1) + "\n", encoding="utf-8")
    return folder


def _write(model: ReaderModel, path: Path, *, judge: bool) -> None:
    width, length = 3, 12
    units = torch.zeros((2, width, length))
    units[:, 0, 5:8] = 1 / 3
    inputs = (
        torch.ones((2, length), dtype=torch.long), torch.ones((2, length), dtype=torch.long),
        torch.ones((2, length), dtype=torch.long), torch.ones((2, length), dtype=torch.long),
        units, torch.ones((2, width)),
    )  # fmt: skip
    outputs = OUTPUTS_OF_JUDGE if judge else OUTPUTS
    axes = {name: {0: "examples", 1: "tokens"} for name in ("ids", "segments", "mask", "first", "starts", "ends")}
    axes |= {"units": {0: "examples", 1: "units", 2: "tokens"}, "candidates": {0: "examples", 1: "units"}}
    axes |= {"answers": {0: "examples", 1: "choices"}, "stands": {0: "examples"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing; the result is tried on other shapes by the tests
        torch.onnx.export(
            _Flat(model, outputs), inputs, str(path), input_names=list(INPUTS), output_names=list(outputs),
            dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


def _write_tokenizer(encoder: Path, folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
