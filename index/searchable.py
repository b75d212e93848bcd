"""What the two searches are given of a passage. What is stored, shown and quoted is the passage alone."""

from __future__ import annotations

import hashlib

from index.types import Article, Passage


def embedding_text(passage: Passage, article: Article) -> str:
    """What is embedded: the passage under its article's title and date, and a table's rows under their heads."""
    head = ". ".join(part for part in (article.title, article.date) if part)
    columns = article.columns if article.columns and not passage.text.startswith(article.columns) else ""
    return "\n".join(part for part in (head, columns, passage.text) if part)


def lexical_text(passage: Passage, article: Article) -> str:
    """What is matched by words: the passage under its article's title, outlet and author, whose names then find it."""
    head = "\n".join(part for part in (article.title, article.outlet, article.author) if part)
    return f"{head}\n{passage.text}" if head else passage.text


def digest_of(text: str) -> str:
    """The key under which the vector of an embedding text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()
