"""A run can begin with a graph that is published: it gives back the weights that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from evals.train.export import export
from evals.train.model import build
from evals.train.published import mixed, published
from rag.reader.onnx_model import GRAPH, JUDGE
from tests.fakes import tiny_model

OF_READER = ("encoder", "sharpness", "nothing", "unit", "words")
OF_JUDGE = ("encoder", "stands")


@pytest.mark.parametrize(("graph", "parts"), [(GRAPH, OF_READER), (JUDGE, OF_JUDGE)])
def test_a_published_graph_gives_back_its_weights(graph: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    encoder = tiny_model(tmp_path / "encoder")
    made = random_weights(encoder)
    torch.save({"model": made}, tmp_path / "made.pt")
    export(tmp_path / "made.pt", encoder, tmp_path / "model", judge=graph == JUDGE)
    again = torch.load(published(tmp_path / "model", encoder, tmp_path / "again.pt", graph), weights_only=True)["model"]
    assert again.keys() == made.keys()
    of_graph = [name for name in made if name.split(".")[0] in parts]
    assert {name.split(".")[0] for name in of_graph} == set(parts)
    for name in of_graph:
        assert torch.allclose(again[name], made[name], atol=0.02), name


def test_weights_are_mixed_in_the_share_that_is_named(tmp_path: Path) -> None:
    encoder = tiny_model(tmp_path / "encoder")
    for name, seed in (("first", 4), ("second", 5)):
        torch.save({"model": random_weights(encoder, seed)}, tmp_path / name)
    checkpoint = mixed(tmp_path / "first", tmp_path / "second", 0.75, tmp_path / "mean")
    weights = torch.load(checkpoint, weights_only=True)["model"]
    first, second = random_weights(encoder, 4), random_weights(encoder, 5)
    assert all(torch.allclose(weights[name], 0.25 * first[name] + 0.75 * second[name], atol=1e-6) for name in first)


def random_weights(encoder: Path, seed: int = 4) -> dict[str, Tensor]:
    """Weights that no other model begins with, wide enough apart to be told from one another in eight bits."""
    model = build(encoder)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.5)
    return model.state_dict()
