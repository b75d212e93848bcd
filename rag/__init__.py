"""Answers from your own documents, each sentence with the exact words it rests on.

`open_documents` is where a program begins. What is named here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from os.path import dirname
from typing import TYPE_CHECKING

import index  # switches telemetry off before anything is loaded

if dirname(dirname(index.__file__ or "")) != dirname(dirname(__file__)):
    raise ImportError(
        f"The package 'index' that is imported is {index.__file__ or 'a folder without code'!r}, and not the one that "
        "'rag' brings; rename it, or install 'rag' where it is not, as `uv tool install` and `pipx` do."
    )

if TYPE_CHECKING:
    from index.errors import RagError
    from index.types import Report, Source, Span
    from rag.app.documents import Documents, open_documents
    from rag.asking.filters import Filters
    from rag.checking.excerpt import Excerpt, Outline
    from rag.checking.quotation import Quotation
    from rag.checking.text import Check, Cited, Claim
    from rag.types import Answer, Citation, RetrievedPassage, Statement, Turn

_HOMES = {
    "Answer": "rag.types",
    "Check": "rag.checking.text",
    "Citation": "rag.types",
    "Cited": "rag.checking.text",
    "Claim": "rag.checking.text",
    "Documents": "rag.app.documents",
    "Excerpt": "rag.checking.excerpt",
    "Filters": "rag.asking.filters",
    "Outline": "rag.checking.excerpt",
    "Quotation": "rag.checking.quotation",
    "RagError": "index.errors",
    "Report": "index.types",
    "RetrievedPassage": "rag.types",
    "Source": "index.types",
    "Span": "index.types",
    "Statement": "rag.types",
    "Turn": "rag.types",
    "open_documents": "rag.app.documents",
}

__all__ = [
    "Answer",
    "Check",
    "Citation",
    "Cited",
    "Claim",
    "Documents",
    "Excerpt",
    "Filters",
    "Outline",
    "Quotation",
    "RagError",
    "Report",
    "RetrievedPassage",
    "Source",
    "Span",
    "Statement",
    "Turn",
    "open_documents",
]


def __getattr__(name: str) -> object:
    """What the package offers under `name`. Raises: AttributeError."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
