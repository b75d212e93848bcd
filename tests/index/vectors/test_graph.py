from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.settings import IndexSettings
from index.types import Vectors
from index.vectors.embedder import SentenceTransformerEmbedder, embedder_of
from index.vectors.graph import _batches, export, make_graph, open_graph
from tests.fakes import tiny_model

ROOT = Path(__file__).resolve().parents[3]
PIECES = ["harbour", "  ", "Ünïcödé", "北京", "U.S.-led", "3.14", "\n", "🙂", "a" * 70, "quay " * 40, "'", "ferry"]
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def plain(model: str) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model)


@pytest.fixture(scope="module")
def cache(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the model's graph."""
    folder = tmp_path_factory.mktemp("cache") / "models"
    SentenceTransformerEmbedder(model, folder).embed(["any"])
    return folder


@given(given_texts=texts)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_graph_and_the_model_say_the_same(
    model: str, plain: SentenceTransformerEmbedder, cache: Path, given_texts: list[str]
) -> None:
    ours = SentenceTransformerEmbedder(model, cache)
    assert np.allclose(ours.embed(given_texts), plain.embed(given_texts), atol=1e-4)


def test_once_made_it_needs_no_torch(model: str, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index.vectors.embedder import SentenceTransformerEmbedder as E; "
        f"print(E({model!r}, Path({str(cache)!r})).embed(['harbour']).shape); "
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(1, 16)", "[]"]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "seal.json"])
@pytest.mark.parametrize("harm", [b"", b"rubbish", None])
def test_a_damaged_graph_is_made_anew(
    model: str, plain: SentenceTransformerEmbedder, tmp_path: Path, name: str, harm: bytes | None
) -> None:
    settings = IndexSettings(home=tmp_path, model=model)
    embedder_of(settings).embed(["any"])
    (file,) = (tmp_path / "models").rglob(name)
    whole = file.read_bytes()
    if harm is None:
        file.unlink()
    else:
        file.write_bytes(harm)
    assert open_graph(file.parent) is None
    assert np.allclose(embedder_of(settings).embed(["harbour"]), plain.embed(["harbour"]), atol=1e-4)
    assert open_graph(file.parent) is not None
    assert len(whole) > 10


def test_where_it_cannot_be_kept_the_model_serves(
    model: str, plain: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    ours = SentenceTransformerEmbedder(model, tmp_path / "models")
    assert np.array_equal(ours.embed(["harbour"]), plain.embed(["harbour"]))


def test_a_graph_that_disagrees_is_not_kept(model: str, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(model, local_files_only=True)

    def other(texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 16), dtype=np.float32)

    assert make_graph(tmp_path / "models" / "graph", partial(export, loaded), other) is None
    assert list((tmp_path / "models").iterdir()) == []


@given(lengths=st.lists(st.integers(1, 600), max_size=60))
def test_every_text_is_in_one_batch_of_bounded_size(lengths: list[int]) -> None:
    batches = list(_batches(lengths))
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= 256
