"""Errors that answering can raise. See `index.errors` for the root of the tree.

RagError
├── QuestionInvalid    an empty, oversized or unreadable question
└── LLMFailed          the configured model did not answer
"""

from __future__ import annotations

from index.errors import RagError


class QuestionInvalid(RagError):
    """The question is empty, too long, or not text."""


class LLMFailed(RagError):
    """The configured model could not be reached, or gave an error."""
