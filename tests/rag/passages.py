"""Passages as they are offered to an answerer."""

from __future__ import annotations

from index.types import Passage, Source
from rag.types import Ranks, RetrievedPassage


def offered(*texts: str) -> tuple[RetrievedPassage, ...]:
    """A passage a text, each of a document of its own, labelled from 1."""
    return tuple(_passage(label, text) for label, text in enumerate(texts, start=1))


def _passage(label: int, text: str) -> RetrievedPassage:
    document = f"{label:016x}"
    source = Source(document, f"{label}.txt", "0" * 64, "The bridge", "Evening Mail", "Bo Dee", "2020-05-04")
    return RetrievedPassage(label, Passage(f"{document}:0", document, 0, 0, len(text), text), source, 1.0, Ranks())
