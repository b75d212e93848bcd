"""A graph that is written from weights alone says what sentence-transformers says, and needs neither it nor torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.vectors.bert import write_graph
from index.vectors.embedder import SentenceTransformerEmbedder
from index.vectors.graph import Graph, unkept_graph
from tests.conftest import ROOT
from tests.fakes import tiny_model

PIECES = ["harbour", "  ", "Ünïcödé", "北京", "U.S.-led", "3.14", "\n", "🙂", "a" * 70, "quay " * 40, "'", "ferry"]
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), min_size=1, max_size=6)
CLOSE = 1e-5


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def reference(model: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(model))


@pytest.fixture(scope="module")
def written(model: Path) -> Graph:
    return unkept_graph(partial(write_graph, model))


@given(given_texts=texts)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_texts_have_the_vectors_of_sentence_transformers(
    written: Graph, reference: SentenceTransformerEmbedder, given_texts: list[str]
) -> None:
    assert np.allclose(written.vectors(given_texts), reference.embed(given_texts), atol=CLOSE)


def test_the_installed_model_has_the_vectors_of_sentence_transformers(tmp_path: Path, seeds: Path) -> None:
    given_texts = [*PIECES, *_paragraphs(seeds)[:24], "quay " * 600]
    ours = SentenceTransformerEmbedder(None, tmp_path / "models").embed(given_texts)
    assert np.allclose(ours, SentenceTransformerEmbedder().embed(given_texts), atol=CLOSE)


def _paragraphs(folder: Path) -> Sequence[str]:
    return [paragraph for file in sorted(folder.iterdir()) for paragraph in file.read_text("utf-8").split("\n\n")]


@pytest.mark.parametrize("can_keep", [True, False])
def test_the_first_text_of_the_installed_model_needs_no_torch(tmp_path: Path, *, can_keep: bool) -> None:
    models = tmp_path / "models"
    if not can_keep:
        models.write_text("a file where the folder should be")
    code = (
        "import sys; from pathlib import Path; from index.vectors.embedder import SentenceTransformerEmbedder as E; "
        f"print(E(None, Path({str(models)!r})).embed(['harbour']).shape); "
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(1, 384)", "[]"]


@pytest.mark.parametrize(("name", "value"), [("model_type", "roberta"), ("hidden_act", "relu")])
def test_another_architecture_is_not_written(tmp_path: Path, name: str, value: str) -> None:
    folder = tiny_model(tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, name: value}))
    with pytest.raises(ValueError, match=value if name == "model_type" else "bert"):
        write_graph(folder, tmp_path)
