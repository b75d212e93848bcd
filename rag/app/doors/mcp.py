"""The documents as an MCP server: tools that only read, each document as a resource, and a prompt. Imports the SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.types import Resource, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from index.errors import RagError
from rag.app.documents import Documents
from rag.app.doors import shapes
from rag.checking.contract import check_as_json, excerpt_as_json, outline_as_json, quotation_as_json
from rag.checking.text import Cited, Claim
from rag.contract import as_json, search_as_json, source_as_json
from rag.types import Filtering, Turn
from rag.version import VERSION

INSTRUCTIONS = (
    "Documents of this user. Search or ask; quote the exact words and cite them by path; before you answer, pass what "
    "you wrote to `verify`, and what you quote to `verify_quote`. Offsets count characters of a document's text."
)
_URI = "rag://document/"
_LONGEST = 2_000_000
"""Characters of a document that are read as a resource."""
Document = Annotated[
    str, Field(description="The document's id or path, as `list_documents` gives it.", max_length=4096)
]
Words = Annotated[str, Field(max_length=200_000)]


class Exchange(TypedDict):
    """A question that was asked before, and the answer it got."""

    question: str
    answer: str


class CitedPlace(TypedDict, total=False):
    """A document by id or path; with `start` and `end` these characters of it."""

    document: str
    start: int
    end: int


class Sentence(TypedDict):
    """A sentence with what it is said to rest on."""

    text: str
    citations: list[CitedPlace]


def mcp_server(documents: Documents) -> MCPServer[Any]:
    """A server over `documents`, which the caller closes. Every tool is read-only, and says so."""
    server = _Server(documents)
    for title, function in _tools(documents).items():
        annotations = ToolAnnotations(title=title, read_only_hint=True, idempotent_hint=True, open_world_hint=False)
        server.tool(title=title, annotations=annotations, structured_output=True)(function)

    @server.resource(_URI + "{document_id}", title="Document", mime_type="text/plain")
    def document(document_id: str) -> str:
        """The decoded text of a document."""
        try:
            return documents.read(document_id, 0, _LONGEST).text
        except RagError as error:
            raise ResourceNotFoundError(str(error)) from None

    @server.prompt(title="Answer with quotes")
    def answer_with_quotes(question: str) -> str:
        """Answer from the documents alone, every sentence with the exact words it rests on."""
        return (
            f"Answer this from my documents alone: {question}\n\nUse `search` or `ask`. Quote the exact words and "
            "cite each by its path, as in [notes.md]. Then pass your answer to `verify`, and mend or drop every "
            "sentence whose verdict is not “supported”. If the documents do not hold the answer, say so."
        )

    return server


class _Server(MCPServer[Any]):
    """A server whose resources are the documents that are indexed now."""

    def __init__(self, documents: Documents) -> None:
        super().__init__("rag", title="Your documents", instructions=INSTRUCTIONS, version=VERSION, log_level="WARNING")
        self._documents = documents

    async def list_resources(self) -> list[Resource]:
        """Every document."""
        with _plainly():
            sources = self._documents.documents()
        return [
            Resource(uri=_URI + source.document_id, name=source.path, title=source.title, mime_type="text/plain")
            for source in sources
        ]


@contextmanager
def _plainly() -> Iterator[None]:
    """Turns an error that a person can mend into the tool's own."""
    try:
        yield
    except RagError as error:
        raise ToolError(str(error)) from None


def _tools(documents: Documents) -> dict[str, Callable[..., Any]]:
    """The tools by their titles."""

    def search(
        query: Words, k: Annotated[int, Field(ge=1, le=50, description="How many passages.")] = 5
    ) -> shapes.SearchShape:
        """Find the passages that bear on a query, best first, with their exact places."""
        with _plainly():
            return search_as_json(query, Filtering(), documents.search(query, k))  # type: ignore[return-value]

    def ask(question: Words, history: list[Exchange] | None = None) -> shapes.AnswerShape:
        """Answer a question from the documents alone: exact quotes with their places, or a no (status "refused")."""
        turns = [Turn(turn["question"], turn["answer"]) for turn in history or ()]
        with _plainly():
            return as_json(documents.ask(question, history=turns))  # type: ignore[return-value]

    def read(
        document: Document,
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[int | None, Field(ge=0, description="Where to stop; 20,000 characters on if not given.")] = None,
    ) -> shapes.ExcerptShape:
        """Read the exact characters of a document from start to end."""
        with _plainly():
            return excerpt_as_json(documents.read(document, start, end))  # type: ignore[return-value]

    def outline(document: Document) -> shapes.OutlineShape:
        """List the headings of a document with their places."""
        with _plainly():
            return outline_as_json(documents.outline(document))  # type: ignore[return-value]

    def list_documents() -> shapes.DocumentsShape:
        """List every document with its number, id, path, title, author and date."""
        with _plainly():
            listed = enumerate(documents.documents(), start=1)
            return {"documents": [source_as_json(source, label) for label, source in listed]}  # type: ignore[misc]

    def verify(
        text: Annotated[
            Words | None, Field(description="A text with citations, as [1], [file.md] or footnotes.")
        ] = None,
        sources: Annotated[
            list[str] | None, Field(description="What [1], [2] … stand for: ids or paths of documents, or passage ids.")
        ] = None,
        sentences: Annotated[
            list[Sentence] | None, Field(description="Instead of a text: sentences, each with what it cites.")
        ] = None,
    ) -> shapes.CheckShape:
        """Check what you wrote: a verdict for every sentence against what it cites, with both places."""
        if (text is None) == (sentences is None):
            raise ToolError("Give either a text or sentences to verify.")
        with _plainly():
            if text is not None:
                return check_as_json(documents.verify(text, sources or ()))  # type: ignore[return-value]
            return check_as_json(documents.verify_claims([_claim(item) for item in sentences or ()]))  # type: ignore[return-value]

    def verify_quote(quote: Words, document: Document | None = None) -> shapes.QuotationShape:
        """Say whether words stand verbatim in the documents, and where; if not, what comes nearest."""
        with _plainly():
            return quotation_as_json(documents.verify_quote(quote, document))  # type: ignore[return-value]

    return {
        "Search the documents": search,
        "Ask the documents": ask,
        "Read a document": read,
        "Outline of a document": outline,
        "List the documents": list_documents,
        "Verify a text": verify,
        "Verify a quote": verify_quote,
    }


def _claim(sentence: Sentence) -> Claim:
    citations = (Cited(item.get("document", ""), item.get("start"), item.get("end")) for item in sentence["citations"])
    return Claim(sentence["text"], tuple(citations))
