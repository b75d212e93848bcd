from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import ModelUnavailable
from index.vectors.embedder import SentenceTransformerEmbedder

ROOT = Path(__file__).resolve().parents[3]


def model_folder(place: Path, dimension: int = 8) -> Path:
    """The files of a model as far as its fingerprint needs them."""
    (place / "1_Pooling").mkdir(parents=True)
    modules = [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}]
    (place / "modules.json").write_text(json.dumps(modules))
    (place / "config.json").write_text(json.dumps({"hidden_size": dimension}))
    (place / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": dimension}))
    (place / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 256}))
    (place / "model.safetensors").write_bytes(b"weights")
    return place


def test_the_bundled_model_places_like_near_like() -> None:
    embedder = SentenceTransformerEmbedder()
    texts = ["The army struck a chemical plant.", "Stir flour into butter.", "Soldiers bombed a weapons factory."]
    vectors = embedder.embed(texts)
    assert vectors.shape == (3, embedder.dimension) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.4 > vectors[0] @ vectors[1]
    assert np.allclose(embedder.embed(texts[1:2])[0], vectors[1], atol=1e-5)
    assert embedder.embed([]).shape == (0, 384)


def test_the_fingerprint_needs_no_torch() -> None:
    code = (
        "import sys; from index.vectors.embedder import SentenceTransformerEmbedder as E; print(E().fingerprint); "
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    fingerprint, loaded = done.stdout.splitlines()
    assert fingerprint.startswith("all-MiniLM-L6-v2-384-")
    assert loaded == "[]"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b"other weights"),
        ("sentence_bert_config.json", b'{"max_seq_length": 512}'),
        ("vocab.txt", b"one more word"),
    ],
)
def test_the_fingerprint_follows_all_that_changes_a_vector(tmp_path: Path, name: str, content: bytes) -> None:
    folder = model_folder(tmp_path / "model")
    before = SentenceTransformerEmbedder(str(folder)).fingerprint
    assert SentenceTransformerEmbedder(str(folder)).fingerprint == before
    (folder / "README.md").write_text("words for people")
    assert SentenceTransformerEmbedder(str(folder)).fingerprint == before
    (folder / name).write_bytes(content)
    assert SentenceTransformerEmbedder(str(folder)).fingerprint != before


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"is no folder; check the setting index\.model"):
        SentenceTransformerEmbedder(str(tmp_path / "missing"))
    with pytest.raises(ModelUnavailable, match=r"no \.safetensors weights"):
        SentenceTransformerEmbedder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(ModelUnavailable, match="not a sentence-transformers model"):
        SentenceTransformerEmbedder(str(tmp_path))


def test_weights_that_do_not_load_are_one_sentence(tmp_path: Path) -> None:
    embedder = SentenceTransformerEmbedder(str(model_folder(tmp_path / "model")))
    assert embedder.dimension == 8
    with pytest.raises(ModelUnavailable, match="does not load"):
        embedder.embed(["words"])


def test_a_hub_name_that_is_not_on_this_machine_is_one_sentence() -> None:
    with pytest.raises(ModelUnavailable, match=r"'nobody/nothing' is not on this machine.*index\.model"):
        SentenceTransformerEmbedder("nobody/nothing")
