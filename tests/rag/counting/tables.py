"""A pipeline that quotes, over tables that a test writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from index.indexing.build import build_index
from rag.answering.extract import QuotesAnswerer
from rag.pipeline import Pipeline
from rag.settings import load
from tests.fakes import HashingEmbedder, OverlapReader
from tests.rag.readings import by_margin


def pipeline_over(files: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One over files of these names and texts; it is closed after the test."""
    folder = tmp_path_factory.mktemp("tables")
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    settings = load(home=tmp_path_factory.mktemp("home"), environ={})
    build_index(settings.for_index(), [folder], HashingEmbedder(1024), trial=lambda _: None)
    opened = Pipeline(settings, HashingEmbedder(1024), QuotesAnswerer(), OverlapReader(), by_margin())
    yield opened
    opened.close()
