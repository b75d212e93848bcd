"""What the two searches are given of a passage. What is stored, shown and quoted is the passage alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from index.document.structure import Structure
from index.types import Article, Passage

_MOST_HEADINGS, _MOST_COLUMNS = 200, 300
"""Characters that are repeated with every passage: the model reads little more than a page."""


@dataclass(frozen=True, slots=True)
class Context:
    """What stands above a passage and holds for it: the headings, outermost first, and the heads of its table."""

    headings: str = ""
    columns: str = ""


NO_CONTEXT = Context()


def context_of(passage: Passage, article: Article, text: str, structure: Structure) -> Context:
    """The context of a passage of the document of this text. A heading that is the article's title is left out."""
    path = (" ".join(span.of(text).split()) for span in structure.headings(passage.start))
    headings = " · ".join(heading for heading in path if heading != article.title)
    return Context(headings[-_MOST_HEADINGS:], _columns(passage, structure))


def embedding_text(passage: Passage, article: Article, context: Context = NO_CONTEXT) -> str:
    """What is embedded: the passage under its article's title and date, its headings, and the heads of its table."""
    head = ". ".join(part for part in (article.title, article.date) if part)
    columns = article.columns or context.columns
    columns = "" if passage.text.startswith(columns) else columns
    return "\n".join(part for part in (head, context.headings, columns, passage.text) if part)


def lexical_text(passage: Passage, article: Article, context: Context = NO_CONTEXT) -> str:
    """What is matched by words: the passage under title, outlet and author, whose names then find it, and headings."""
    parts = (article.title, article.outlet, article.author, context.headings, passage.text)
    return "\n".join(part for part in parts if part)


def _columns(passage: Passage, structure: Structure) -> str:
    """The heads of the table with whose row a passage begins, as a row; empty where it begins with something else."""
    first = structure.block(passage.start)
    heads = [cell.head for cell in first.cells] if first is not None else []
    return f"| {' | '.join(heads)} |"[:_MOST_COLUMNS] if any(heads) else ""


def digest_of(text: str) -> str:
    """The key under which the vector of an embedding text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()
