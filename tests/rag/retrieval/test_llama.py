"""Our retriever inside LlamaIndex."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.indexing.build import build_index
from rag.answering.extract import QuotesAnswerer
from rag.pipeline import Pipeline
from rag.settings import load
from tests.fakes import HashingEmbedder, OverlapReader

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_nodes_carry_true_offsets(tmp_path: Path, seeds: Path) -> None:
    from rag.retrieval.llama import PassageRetriever

    settings = load(home=tmp_path / "home", environ={})
    build_index(settings.for_index(), [seeds], HashingEmbedder())
    pipeline = Pipeline(settings, HashingEmbedder(), QuotesAnswerer(), OverlapReader())
    nodes = PassageRetriever(pipeline, k=3).retrieve("How many bakeries are left in Aleppo?")
    assert len(nodes) == 3
    for found in nodes:
        node = found.node
        text = pipeline.text(node.node_id.split(":")[0])
        assert text[node.start_char_idx : node.end_char_idx] == node.get_content()
        assert node.metadata["path"].endswith(".txt")
        assert node.get_content(metadata_mode="embed") == node.get_content()
    pipeline.close()
