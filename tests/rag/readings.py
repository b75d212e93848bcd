"""Readings made of plain texts: one passage a text, read by shared words."""

from __future__ import annotations

from collections.abc import Sequence

from index.cut.articles import split_articles
from index.document.structure import structure_of
from index.readers.markdown import read_markdown
from index.types import Document, Passage, Source, Span, passage_id
from rag.answering.decide import OF_BESIDE, OF_QUESTION, Decision, Logistic
from rag.answering.reading import FEATURES, Reading, read
from rag.reader.units import ReadUnit, heading_path, passage_units
from rag.types import Ranks, RetrievedPassage
from tests.fakes import OverlapReader


def by_margin(*, refused: float = 0.3, answered: float = 0.6) -> Decision:
    """A decision that looks at the margin over nothing alone."""
    unit = Logistic(0.0, tuple(1.0 if name == "margin" else 0.0 for name in FEATURES))
    question = Logistic(0.0, tuple(1.0 if name == "best" else 0.0 for name in OF_QUESTION))
    beside = Logistic(3.0, tuple(-1.0 if name == "behind" else 0.0 for name in OF_BESIDE))
    return Decision(unit, question, unit, beside, refused, answered, worth=0.01, near=-1.0)


def passage_of(text: str, label: int, name: str = "") -> tuple[RetrievedPassage, tuple[ReadUnit, ...]]:
    """The whole of a Markdown text as one passage, and its units."""
    extracted = read_markdown(text.encode())
    key = name or f"{label:016x}"
    document = Document(key, "d" * 64, extracted.text, "utf-8", blocks=extracted.blocks)
    structure = structure_of(document, split_articles(document))
    span = Span(0, len(text.rstrip()))
    passage = Passage(passage_id(key, span), key, 0, span.start, span.end, span.of(text))
    source = Source(key, f"{key}.md", "d" * 64, None, None, None, None)
    item = RetrievedPassage(label, passage, source, 0.5, Ranks(), heading_path(structure, text, 0))
    return item, passage_units(passage, source, text, structure)


def read_over(question: str, texts: Sequence[str], nothing: float = 2.0) -> Reading:
    """`question` read over the texts, a passage each."""
    pairs = [passage_of(text, label) for label, text in enumerate(texts, start=1)]
    items, units = [item for item, _ in pairs], [of_one for _, of_one in pairs]
    return read(question, items, units, OverlapReader(nothing), lambda _: 1.0)
