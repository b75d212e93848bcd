"""Every error that a user of the index can meet.

RagError
├── SettingsInvalid      an unknown setting, or a value that cannot be used
├── PluginBroken         what another package brings does not load, or broke
└── IndexFault
    ├── NoIndex            nothing has been indexed yet
    ├── IndexBusy          another process is writing
    ├── IndexDamaged       a file of the index is missing or does not read
    ├── WrongModel         the index was built with another embedding model
    ├── GoneAtOnce         too many files are gone for it to be meant (nothing was changed)
    ├── UnreadableFile     one source file cannot be read (the run goes on)
    ├── ModelUnavailable   the embedding model is missing or is not the one expected
    └── StoreUnavailable   the Chroma server that holds the vectors does not answer, or refuses

Each message says what happened, the value, and what to do.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of every error that is shown to a user as one sentence."""


class IndexFault(RagError):
    """Base of the index's errors."""


class NoIndex(IndexFault):
    """Nothing has been indexed yet."""


class IndexBusy(IndexFault):
    """Another process holds the writer's lock."""


class IndexDamaged(IndexFault):
    """A file of the published index is missing or does not read."""


class WrongModel(IndexFault):
    """The index was built with another embedding model."""


class GoneAtOnce(IndexFault):
    """So many files are gone at once that a drive may be missing; nothing was changed."""

    def __init__(self, losses: str) -> None:
        """`losses` is the beginning of a sentence, as `index.folder.gone.in_words` has it."""
        self.losses = losses
        super().__init__(f"{losses}, so nothing was changed; bring them back, or run `rag index --yes` to let them go.")


class UnreadableFile(IndexFault):
    """One source file cannot be read; the run records it and goes on."""


class ModelUnavailable(IndexFault):
    """The embedding model is missing, or is not the one expected."""


class StoreUnavailable(IndexFault):
    """The Chroma server that holds the vectors does not answer, or refuses to."""


class SettingsInvalid(RagError):
    """A setting is unknown or has a value that cannot be used."""


class PluginBroken(RagError):
    """What another package brings does not load, or broke at work."""
