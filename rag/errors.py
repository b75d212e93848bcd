"""Errors that answering can raise. See `index.errors` for the root of the tree.

RagError
├── QuestionInvalid    an empty, oversized or unreadable question
├── NoDocument         no document has this id or path
├── LLMFailed          the configured model did not answer
│   └── ReplyCut       its reply was stopped at the longest length
├── Cancelled          the person stopped the question
├── ModelNotFetched    a language model could not be had from the hub
├── FeedbackUnusable   a judgement on an answer cannot be kept
├── UsersUnusable      the file of a page's users cannot be used
└── ConversationsFault
    ├── NoConversation         no kept conversation has this id
    ├── NoPin                  no pin of a notebook has this id
    └── ConversationsUnusable  the file that keeps them cannot be read or written
"""

from __future__ import annotations

from index.errors import RagError


class QuestionInvalid(RagError):
    """The question is empty, too long, or not text."""


class NoDocument(RagError):
    """No document has this id or path."""


class LLMFailed(RagError):
    """The configured model could not be reached, or gave an error."""


class ReplyCut(LLMFailed):
    """The model was stopped before its reply was whole; what came of it has been handed on."""


class Cancelled(RagError):
    """The person stopped a question before its answer was whole."""


class ModelNotFetched(RagError):
    """A language model could not be fetched from the hub, or was not what the hub lists."""


class FeedbackUnusable(RagError):
    """The file that keeps judgements on answers cannot be read or written."""


class UsersUnusable(RagError):
    """The file of a page's users cannot be read or written, or a line of it is none."""


class ConversationsFault(RagError):
    """Base of the errors of kept conversations."""


class NoConversation(ConversationsFault):
    """No kept conversation has this id."""


class NoPin(ConversationsFault):
    """No pin of a notebook has this id."""


class ConversationsUnusable(ConversationsFault):
    """The file that keeps conversations cannot be read or written, or is of a newer version."""


class TraceMissing(RagError):
    """The home holds no trace of a question."""
