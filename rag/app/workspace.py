"""What a program that stays open works with: the settings in force, and a pipeline for each collection asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

from index.errors import RagError
from index.settings import IndexSettings
from index.types import Embedder
from index.vectors.embedder import embedder_of
from rag.answering.extract import QuotesAnswerer
from rag.pipeline import Pipeline, opened_answerer, reader_of
from rag.settings import LanguageModel, Settings
from rag.types import Answerer, AnswererName, Draft, Evidence, Live, RetrievedPassage, Turn


class CurrentAnswerer:
    """The answerer that is in use now; another can take its place between two questions."""

    def __init__(self, settings: LanguageModel) -> None:
        """Answers with the model that `settings` name; without a provider it quotes."""
        self._lock = threading.Lock()
        self._open: ExitStack = ExitStack()
        self._answerer: Answerer = QuotesAnswerer()
        self.switch(settings)

    def switch(self, settings: LanguageModel) -> None:
        """From the next question on answer with the model that `settings` name.

        A question that the model before it is answering then ends with its quotes. Nothing is loaded or reached yet.
        """
        opening = ExitStack()
        answerer = opening.enter_context(opened_answerer(settings))
        with self._lock:
            before, self._open, self._answerer = self._open, opening, answerer
        before.close()

    def close(self) -> None:
        """Let go of the model."""
        self.switch(LanguageModel())

    @property
    def name(self) -> AnswererName:
        """Which kind is in use."""
        return self._answerer.name

    @property
    def model(self) -> str | None:
        """The model in use, None where nothing but quotes is given."""
        return self._answerer.model

    def rewritings(self, question: str, history: Sequence[Turn], live: Live | None = None) -> tuple[str, ...]:
        """As `rag.types.Answerer` says."""
        return self._answerer.rewritings(question, history, live)

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        """As `rag.types.Answerer` says."""
        return self._answerer.draft(question, passages, evidence, live)


class Workspace(AbstractContextManager["Workspace"]):
    """The collections of one home, each opened when it is first asked, and the language model they share.

    Safe to use from several threads. A newly published generation is noticed at the next question.
    """

    def __init__(self, settings: Settings) -> None:
        """Work with `settings`; nothing is opened or loaded yet."""
        self._settings = settings
        self._lock = threading.RLock()
        self._pipelines: dict[str, Pipeline] = {}
        self._embedder: Embedder | None = None
        self._answerer = CurrentAnswerer(settings.llm)
        self._busy = ""
        self._reader = reader_of(settings)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for name in tuple(self._pipelines):
                self.release(name)
            self._answerer.close()

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self._settings

    @property
    def personal(self) -> Path:
        """Where what the person keeps lies: conversations, the notebook, judgements."""
        return self._settings.home

    def shares(self, collection: str) -> bool:
        """Whether the person may see a collection: the owner sees each."""
        del collection
        return True

    @property
    def embedder(self) -> Embedder:
        """The embedding model that is set; its weights are loaded when it first embeds."""
        with self._lock:
            if self._embedder is None:
                self._embedder = embedder_of(self._settings.for_index())
            return self._embedder

    def settings_of(self, collection: str) -> Settings:
        """The settings in force for `collection`. Raises: SettingsInvalid, when its name cannot be one."""
        return self._settings.of(collection)

    def for_index(self, collection: str) -> IndexSettings:
        """What building and reading `collection` needs. Raises: SettingsInvalid."""
        return self.settings_of(collection).for_index()

    def pipeline(self, collection: str | None = None) -> Pipeline:
        """The pipeline over `collection`, the one that is set where none is named; opened once, and then kept.

        Raises: SettingsInvalid; NoIndex, WrongModel, IndexDamaged.
        """
        name = collection or self._settings.collection
        with self._lock:
            if name not in self._pipelines:
                settings = self.settings_of(name)
                self._pipelines[name] = Pipeline(settings, self.embedder, self._answerer, self._reader)
            return self._pipelines[name]

    def release(self, collection: str) -> None:
        """Let go of the files of `collection`, as before it is deleted; the next question opens it anew."""
        with self._lock:
            pipeline = self._pipelines.pop(collection, None)
        if pipeline is not None:
            pipeline.close()

    def let_go(self) -> None:
        """Let go of what is in use no more, so that what was taken out of an index is nowhere any longer."""
        with self._lock:
            pipelines = tuple(self._pipelines.values())
        for pipeline in pipelines:
            with suppress(RagError):  # the next question says what is wrong
                pipeline.let_go()

    @property
    def busy(self) -> str:
        """What is being loaded now, in words; empty where nothing is."""
        return self._busy

    def warm(self) -> None:
        """Load what the first question would wait for: the search model and the collection that is set.

        What cannot be loaded is left to the question, which then says why.
        """
        self._busy = "loading the search model"
        try:
            self.pipeline().warm()
        except RagError:
            return
        finally:
            self._busy = ""

    def use_model(self, llm: LanguageModel) -> None:
        """Answer with the model that `llm` names from the next question on, in every collection."""
        with self._lock:
            self._settings = self._settings.model_copy(update={"llm": llm})
            self._answerer.switch(llm)
            open_before = tuple(self._pipelines)
        for name in open_before:  # their settings' fingerprint has changed
            self.release(name)
