"""A BERT encoder with the mean of its states as a graph, written from its weights alone, without torch.

Architecture: Devlin et al., BERT (2019); pooling: Reimers and Gurevych, Sentence-BERT (2019). Operators: those of
ONNX's opset 17; `tests/index/vectors/test_bert.py` holds it to what sentence-transformers makes of the same weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from index.vectors.graph import GRAPH, INPUTS, OPSET, SENTENCE, save_tokenizer

_IR_VERSION = 8
_HIDDEN = -1e9
"""Added to the score of a token that fills a shorter text up."""
_LIMITS = "sentence_bert_config.json"
_READ = ("query", "value")
"""What is asked of the states, and what is read of them; their keys are turned round."""
Weights = Mapping[str, npt.NDArray[np.float32]]


def write_graph(model: Path, folder: Path) -> int:
    """Write the graph and the tokenizer of the model in the folder `model` to `folder`; the id of the token that pads.

    The graph takes `input_ids`, `attention_mask` and `token_type_ids`, (texts, tokens) of int64, and gives
    `sentence_embedding`, (texts, width) of float32, rows of length 1. Raises: OSError; KeyError and ValueError, when
    the folder holds another kind of model.
    """
    config, limits = (json.loads((model / name).read_text("utf-8")) for name in ("config.json", _LIMITS))
    if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
        raise ValueError(f"{config['model_type']!r} is not written from its weights")
    encoder = _Encoder(load_file(model / "model.safetensors"), config["num_attention_heads"], config["layer_norm_eps"])
    onnx.save(encoder.written(config["num_hidden_layers"]), str(folder / GRAPH))
    save_tokenizer((model / "tokenizer.json").read_text("utf-8"), limits["max_seq_length"], folder)
    return int(config["pad_token_id"])


class _Encoder:
    """Writes the operators one after another; a tensor is known by its name."""

    def __init__(self, weights: Weights, heads: int, epsilon: float) -> None:
        self._weights, self._heads, self._epsilon = weights, heads, epsilon
        self._width = weights["embeddings.LayerNorm.weight"].shape[0]
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def written(self, layers: int) -> onnx.ModelProto:
        """The whole graph."""
        states, mask = self._embedded(), self._mask()
        for number in range(layers):
            states = self._layer(states, mask, f"encoder.layer.{number}")
        self._pooled(states)
        axes = ["texts", "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in INPUTS],
            [helper.make_tensor_value_info(SENTENCE, TensorProto.FLOAT, ["texts", self._width])],
            list(self._constants.values()),
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION)

    def _embedded(self) -> str:
        words = self._do("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        kinds = self._do("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
        places = self._weight("embeddings.position_embeddings.weight")
        length = self._do("Shape", "input_ids", start=1)
        placed = self._do("Slice", places, self._constant([0]), length)
        return self._normed(self._do("Add", self._do("Add", words, kinds), placed), "embeddings.LayerNorm")

    def _mask(self) -> str:
        """What is added to the scores: (texts, 1, 1, tokens)."""
        seen = self._do("Cast", "attention_mask", to=TensorProto.FLOAT)
        unseen = self._do("Sub", self._constant(1.0), seen)
        scores = self._do("Mul", unseen, self._constant(_HIDDEN))
        return self._do("Unsqueeze", scores, self._constant([1, 2]))

    def _layer(self, states: str, mask: str, name: str) -> str:
        attended = self._dense(
            self._attention(states, mask, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        states = self._normed(self._do("Add", attended, states), f"{name}.attention.output.LayerNorm")
        inner = self._gelu(self._dense(states, f"{name}.intermediate.dense"))
        outer = self._dense(inner, f"{name}.output.dense")
        return self._normed(self._do("Add", outer, states), f"{name}.output.LayerNorm")

    def _attention(self, states: str, mask: str, name: str) -> str:
        size = self._width // self._heads
        queries, values = (self._by_heads(self._dense(states, f"{name}.{part}"), (0, 2, 1, 3)) for part in _READ)
        keys = self._by_heads(self._dense(states, f"{name}.key"), (0, 2, 3, 1))
        scores = self._do("Div", self._do("MatMul", queries, keys), self._constant(math.sqrt(size)))
        shares = self._do("Softmax", self._do("Add", scores, mask), axis=-1)
        mixed = self._do("Transpose", self._do("MatMul", shares, values), perm=(0, 2, 1, 3))
        return self._do("Reshape", mixed, self._constant([0, 0, self._width]))

    def _by_heads(self, states: str, order: tuple[int, ...]) -> str:
        parts = self._constant([0, 0, self._heads, self._width // self._heads])
        return self._do("Transpose", self._do("Reshape", states, parts), perm=order)

    def _gelu(self, states: str) -> str:
        spread = self._do("Erf", self._do("Div", states, self._constant(math.sqrt(2.0))))
        raised = self._do("Mul", states, self._do("Add", spread, self._constant(1.0)))
        return self._do("Mul", raised, self._constant(0.5))

    def _pooled(self, states: str) -> None:
        """The mean of the states of a text's own tokens, of length 1."""
        mask = self._do("Unsqueeze", self._do("Cast", "attention_mask", to=TensorProto.FLOAT), self._constant([2]))
        total = self._do("ReduceSum", self._do("Mul", states, mask), self._constant([1]), keepdims=0)
        mean = self._do("Div", total, self._do("ReduceSum", mask, self._constant([1]), keepdims=0))
        length = self._do("ReduceL2", mean, axes=[1], keepdims=1)
        self._nodes.append(helper.make_node("Div", [mean, length], [SENTENCE]))

    def _dense(self, states: str, name: str) -> str:
        product = self._do("MatMul", states, self._weight(f"{name}.weight", turned=True))
        return self._do("Add", product, self._weight(f"{name}.bias"))

    def _normed(self, states: str, name: str) -> str:
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._do("LayerNormalization", states, scale, shift, axis=-1, epsilon=self._epsilon)

    def _weight(self, name: str, *, turned: bool = False) -> str:
        """A matrix of the model; `turned` as it multiplies from the right."""
        values = self._weights[name].T if turned else self._weights[name]
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def _constant(self, value: float | list[int]) -> str:
        kind = np.float32 if isinstance(value, float) else np.int64
        name = f"constant {value}"
        self._constants[name] = numpy_helper.from_array(np.array(value, dtype=kind), name)
        return name

    def _do(self, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401 - as ONNX has them
        """Add an operator; the name of what it gives."""
        name = f"{operator} {len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name
