"""The library's front: the documents of one collection, to index, search, ask and check against.

`from rag import open_documents` brings it; nothing heavy is loaded before it is used. Every other way in (the commands,
the page, MCP, HTTP) gives the same answers, since all go through the same pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from index.errors import IndexFault
from index.folder.roots import added, rooted
from index.indexing.build import build_index
from index.indexing.survey import Missing
from index.store.open import known_roots
from index.types import IndexState, Report, Source
from rag.app.workspace import Workspace
from rag.asking.filters import EVERY_ARTICLE, Filters
from rag.checking.excerpt import Excerpt, Outline, outline_of, read_excerpt
from rag.checking.quotation import Quotation, find_quote
from rag.checking.text import Check, Claim, check_claims, check_text
from rag.pipeline import Pipeline
from rag.settings import Settings, load
from rag.types import Answer, Live, RetrievedPassage, Turn


def open_documents(
    home: str | Path | None = None, *, collection: str | None = None, config: str | Path | None = None
) -> Documents:
    """The documents of a collection, with the settings that the commands would take; close them when done.

    `home` is where everything is stored, else RAG_HOME, else the user's data folder. Raises: SettingsInvalid.
    """
    settings = load(
        home=None if home is None else Path(home),
        config=None if config is None else Path(config),
        collection=collection,
    )
    return Documents.of(settings)


class Documents(AbstractContextManager["Documents"]):
    """The documents of one collection. Safe to use from several threads; a new index is noticed at the next call.

    Every method may raise NoIndex, where nothing is indexed yet, WrongModel, IndexDamaged and ModelUnavailable.
    """

    def __init__(self, workspace: Workspace, collection: str | None = None) -> None:
        """Over a workspace that the caller closes."""
        self._workspace = workspace
        self._collection = collection or workspace.settings.collection
        self._open = ExitStack()

    @classmethod
    def of(cls, settings: Settings) -> Documents:
        """With `settings`, over a workspace of its own."""
        documents = cls(Workspace(settings))
        documents._open.enter_context(documents._workspace)
        return documents

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index and the models. Closing twice does no harm."""
        self._open.close()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._workspace.settings.of(self._collection)

    @property
    def state(self) -> IndexState:
        """Which generation answers, and how much it holds."""
        return self.pipeline.state

    @property
    def pipeline(self) -> Pipeline:
        """What answers the questions; opened once."""
        return self._workspace.pipeline(self._collection)

    def index(self, *paths: str | Path, only: bool = False, let_go: bool = False) -> Report:
        """Add files and folders to what is indexed, or with `only` put them in its place, and bring it in step.

        Without paths it is only brought in step. Too many files gone at once are an error, unless with `let_go`.

        Raises: IndexFault, where there is nothing to index; GoneAtOnce; IndexBusy; UnreadableFile, for a path that is
        not there; StoreUnavailable.
        """
        settings = self.settings.for_index()
        known = known_roots(settings)
        named = rooted([Path(path).expanduser() for path in paths])
        roots = added(() if only else known, named)
        if not roots:
            raise IndexFault("Nothing is indexed yet, so name a folder or a file to index.")
        return build_index(settings, roots, self._workspace.embedder, missing=Missing(let_go), onto=known)

    def search(
        self, query: str, k: int | None = None, filters: Filters = EVERY_ARTICLE
    ) -> tuple[RetrievedPassage, ...]:
        """The passages that bear on `query`, best first, labelled from 1. Raises: QuestionInvalid, SettingsInvalid."""
        return self.pipeline.retrieve(query, k, filters)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = EVERY_ARTICLE,
        live: Live | None = None,
    ) -> Answer:
        """The answer to one question, with its citations and verdicts; `history` are the turns before it.

        Raises: QuestionInvalid; SettingsInvalid, when a glob of `filters` cannot be used; Cancelled.
        """
        return self.pipeline.ask(question, history=history, filters=filters, live=live)

    def verify(self, text: str, sources: Sequence[str] = ()) -> Check:
        """The verdicts on the sentences of a text that anybody wrote.

        `sources` says what [1], [2] … stand for, each a document's id or path or a passage's id; without them the
        documents are numbered as `documents` lists them. Raises: NoDocument, QuestionInvalid.
        """
        return check_text(text, self.pipeline.sources(), self.pipeline.reader, sources)

    def verify_claims(self, claims: Sequence[Claim]) -> Check:
        """The verdict on each claim against what it cites. Raises: QuestionInvalid."""
        return check_claims(claims, self.pipeline.sources(), self.pipeline.reader)

    def verify_quote(self, quote: str, document: str | None = None) -> Quotation:
        """Whether words stand verbatim in the documents, or in one of them, and where.

        Raises: NoDocument, QuestionInvalid.
        """
        return find_quote(quote, self.pipeline.sources(), document)

    def documents(self) -> tuple[Source, ...]:
        """Every document, by path; the n-th is [n] in a text that is verified."""
        return self.pipeline.sources().documents

    def read(self, document: str, start: int = 0, end: int | None = None) -> Excerpt:
        """The exact characters of a document, named by id or path, at most 20,000 where no end is named.

        Raises: NoDocument.
        """
        return read_excerpt(self.pipeline.sources(), document, start, end)

    def outline(self, document: str) -> Outline:
        """The headings of a document. Raises: NoDocument."""
        return outline_of(self.pipeline.sources(), document)
