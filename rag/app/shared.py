"""What one of several people has of a workspace: collections to look at, and a folder for what they keep."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from index.errors import SettingsInvalid
from index.types import Embedder
from rag.app.workspace import Workspace
from rag.pipeline import Pipeline
from rag.settings import LanguageModel, Settings


class Shared(Workspace):
    """A workspace as one of its users has it.

    A collection that is not theirs is answered like one that is not there. Nothing of it is closed by them or set.
    """

    def __init__(self, whole: Workspace, personal: Path, listed: Callable[[], Collection[str]]) -> None:
        """What they have of `whole`; `listed` names the collections they may see, none where that is all."""
        self._whole = whole
        self._personal = personal
        self._listed = listed

    def __exit__(self, *_: object) -> None:
        """The owner closes it."""

    @property
    def settings(self) -> Settings:
        """Those of the whole, with a collection of theirs."""
        settings = self._whole.settings
        listed = self._listed()
        if not listed or settings.collection in listed:
            return settings
        return settings.of(next(iter(listed)))

    @property
    def personal(self) -> Path:
        """Their folder; nobody else's page is given it."""
        return self._personal

    def shares(self, collection: str) -> bool:
        """Whether it is theirs to see."""
        listed = self._listed()
        return not listed or collection in listed

    @property
    def embedder(self) -> Embedder:
        """That of the whole."""
        return self._whole.embedder

    def settings_of(self, collection: str) -> Settings:
        """The settings in force for `collection`. Raises: SettingsInvalid, when it is not theirs."""
        self._require(collection)
        return self._whole.settings_of(collection)

    def pipeline(self, collection: str | None = None) -> Pipeline:
        """That of the whole. Raises: SettingsInvalid, when the collection is not theirs; what else the whole does."""
        name = collection or self.settings.collection
        self._require(name)
        return self._whole.pipeline(name)

    def release(self, collection: str) -> None:
        """Nothing: others use it too."""

    def let_go(self) -> None:
        """Nothing: the whole does it for all."""

    @property
    def busy(self) -> str:
        """What is being loaded now, in words; empty where nothing is."""
        return self._whole.busy

    def warm(self) -> None:
        """Load what the first question would wait for."""
        self._whole.warm()

    def use_model(self, llm: LanguageModel) -> None:
        """Raises: SettingsInvalid. The model is the owner's to set."""
        raise SettingsInvalid("The model is set by whoever runs this page.")

    def _require(self, collection: str) -> None:
        if not self.shares(collection):
            raise SettingsInvalid(f"There is no collection {collection[:80]!r} for you; choose one that is listed.")
