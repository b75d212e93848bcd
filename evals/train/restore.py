"""The weights of a published reader, to begin a training run with: what was quantized is made whole again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

_ENDS = ("MatMul_quant", "Gemm_MatMul_quant")


def restored(graph: Path) -> dict[str, Tensor]:
    """The weights in the `graph` that `evals.train.export` wrote, by their names in the model; embeddings are left out,
    which are not trained.

    Raises: OSError.
    """
    whole = onnx.load(str(graph))
    arrays = {item.name: numpy_helper.to_array(item) for item in whole.graph.initializer}
    weights = {name: array for name, array in arrays.items() if name.startswith("model.") and array.dtype == np.float32}
    weights |= dict(_multiplied(whole, arrays))
    return {
        name.removeprefix("model."): torch.from_numpy(array.copy())
        for name, array in weights.items()
        if not name.endswith("_scale")
    }


def _multiplied(
    whole: onnx.ModelProto, arrays: dict[str, npt.NDArray[np.generic]]
) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Each matrix under the name of the layer that its node is named after, as torch keeps it: transposed."""
    for node in whole.graph.node:
        path, _, end = node.name.rpartition("/")
        if end not in _ENDS:
            continue
        stored = node.input[1].removesuffix("_quantized")
        levels, zero, scale = (
            arrays[f"{stored}_{part}"].astype(np.float32) for part in ("quantized", "zero_point", "scale")
        )
        yield f"{_named(path)}.weight", ((levels - zero) * scale).T


def _named(path: str) -> str:
    """`/model/stands/stands.0` as `model.stands.0`: a step that repeats the one before stands for both."""
    steps: list[str] = []
    for step in path.strip("/").split("/"):
        if steps and step.startswith(f"{steps[-1]}."):
            steps.pop()
        steps.append(step)
    return ".".join(steps)
