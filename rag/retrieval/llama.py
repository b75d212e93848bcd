"""Our search as a LlamaIndex `BaseRetriever`: nodes carry the true offsets of their passages."""

from __future__ import annotations

import asyncio
from typing import Protocol

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.types import Source
from rag.types import RetrievedPassage


class Searches(Protocol):
    """What the retriever needs of `Documents`."""

    def search(self, query: str, k: int | None = None) -> tuple[RetrievedPassage, ...]:
        """The passages that bear on a query, best first."""
        ...


class PassageRetriever(BaseRetriever):
    """Plugs our search into any LlamaIndex engine.

    Each node's id is the passage's, `start_char_idx` and `end_char_idx` count characters of the document's decoded
    text, and the text is that slice. What is printed of the source is in the node's metadata, kept out of embedding
    and prompt.
    """

    def __init__(self, documents: Searches, k: int | None = None) -> None:
        """A LlamaIndex retriever of the `k` best passages (the setting's number if None)."""
        super().__init__(callback_manager=CallbackManager())  # else it reads the global Settings
        self._documents = documents
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [node_of(item) for item in self._documents.search(query_bundle.query_str, self._k)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def node_of(item: RetrievedPassage) -> NodeWithScore:
    """A passage as a node, its score beside it."""
    passage = item.passage
    metadata = _printed(item.source)
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=list(metadata),
    )
    return NodeWithScore(node=node, score=item.score)


def _printed(source: Source) -> dict[str, str]:
    fields = {
        "path": source.path,
        "title": source.title,
        "outlet": source.outlet,
        "author": source.author,
        "date": source.date,
    }
    return {key: value for key, value in fields.items() if value is not None}
