"""A published graph as the checkpoint that it came from, so that a run can begin with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from evals.train.model import build
from rag.reader.onnx_model import GRAPH

_OF_PRODUCT = ("/MatMul_quant", "/Gemm_MatMul_quant")


def published(folder: Path, encoder: Path, to: Path, graph_name: str = GRAPH) -> Path:
    """Write the weights of a graph in `folder`, eight bits wide as they are there, to the checkpoint `to`.

    What the graph does not have is as in `encoder`. Raises: OSError.
    """
    graph = onnx.load(str(folder / graph_name)).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    state: dict[str, Tensor] = build(encoder).state_dict()
    for name, array in arrays.items():
        own = name.removeprefix("model.")
        if own in state:
            state[own] = torch.tensor(array.copy()).reshape(state[own].shape)
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in arrays:
            own = _name(node.name)
            scale = arrays[node.input[1].removesuffix("_quantized") + "_scale"]
            state[own] = torch.tensor((arrays[node.input[1]].astype(np.float32) * scale).T.copy())
    to.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": state}, to)
    return to


def mixed(first: Path, second: Path, share: float, to: Path) -> Path:
    """Write to `to` the mean of two checkpoints' weights, `share` of it the second's (Wortsman et al. 2022, "Robust
    fine-tuning of zero-shot models"): less of what the first could do is forgotten. Raises: OSError.
    """
    one, other = (torch.load(path, weights_only=True)["model"] for path in (first, second))
    torch.save({"model": {name: torch.lerp(one[name], other[name], share) for name in one}}, to)
    return to


def _name(node: str) -> str:
    """The parameter that a product multiplies by: `/model/encoder/…/dense/MatMul_quant` is `encoder….dense.weight`."""
    path = node
    for ending in _OF_PRODUCT:
        path = path.removesuffix(ending)
    return path.removeprefix("/model/").replace("/", ".").replace("stands.stands", "stands") + ".weight"
