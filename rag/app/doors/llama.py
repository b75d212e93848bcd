"""The documents as parts of LlamaIndex: a retriever, and a query engine whose answers carry citation blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import ChatMessage, CitationBlock, MessageRole, TextBlock
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from rag.app.doors.cited import cited_by, refusal
from rag.contract import as_json
from rag.retrieval.llama import PassageRetriever, node_of
from rag.types import Answer, Citation

__all__ = ["AnswerEngine", "CitedResponse", "PassageRetriever", "cited_response"]


class Asks(Protocol):
    """What the query engine needs of `Documents`."""

    def ask(self, question: str) -> Answer:
        """The answer to one question."""
        ...


@dataclass
class CitedResponse(Response):
    """A response that is checked: after each sentence of `message` come the citation blocks that it rests on.

    `source_nodes` are all passages that were read, and `metadata["rag"]` is the object of `rag ask --json`.
    """

    message: ChatMessage = field(default_factory=ChatMessage)


class AnswerEngine(BaseQueryEngine):
    """Answers a query from the documents alone: exact quotes, or a no in words without any citation."""

    def __init__(self, documents: Asks) -> None:
        """A LlamaIndex query engine over documents, which the caller closes."""
        super().__init__(callback_manager=CallbackManager())
        self._documents = documents

    def _query(self, query_bundle: QueryBundle) -> CitedResponse:
        return cited_response(self._documents.ask(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> CitedResponse:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def cited_response(answer: Answer) -> CitedResponse:
    """The answer as LlamaIndex has them; a refusal is its reason in words."""
    return CitedResponse(
        response=refusal(answer) if answer.status == "refused" else answer.text,
        source_nodes=[node_of(item) for item in answer.passages],
        metadata={"rag": as_json(answer)},
        message=ChatMessage(role=MessageRole.ASSISTANT, blocks=[*_blocks(answer)]),
    )


def _blocks(answer: Answer) -> Iterator[TextBlock | CitationBlock]:
    if answer.status == "refused":
        yield TextBlock(text=refusal(answer))
        return
    for statement in answer.statements:
        yield TextBlock(text=statement.text)
        yield from map(_citation_block, cited_by(answer, statement))


def _citation_block(citation: Citation) -> CitationBlock:
    """The exact quote, its place under the names that a node has for it."""
    return CitationBlock(
        cited_content=TextBlock(text=citation.quote),
        source=citation.source.document_id,
        title=citation.source.path,
        additional_location_info={
            "start_char_idx": citation.span.start,
            "end_char_idx": citation.span.end,
            "label": citation.label,
        },
    )
