"""What the index is built with. A change in any of these makes a new fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the vectors are kept. None of this is part of a fingerprint: the same vectors answer alike anywhere."""

    host: str | None = None
    """The Chroma server's name or address; None keeps the vectors in Chroma's files beside the corpus."""
    port: int = 8000
    tls: bool = False
    token_env: str | None = None
    """The name of the environment variable that holds the server's token, which itself is never kept."""
    timeout: float = 30.0
    """Seconds to wait for an answer, and for a server that went away while an index is built."""

    @property
    def url(self) -> str | None:
        """The server as it is written down and shown; None for vectors in files."""
        if self.host is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


EMBEDDED = StoreSettings()
"""Vectors in files beside the corpus."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where the index lives and how passages are cut and embedded."""

    home: Path
    """Holds everything that is stored; one folder a collection below it."""
    collection: str = "default"
    passage_words: int = 110
    """Passages end at the sentence that brings them near this many words."""
    model: str | None = None
    """A sentence-transformers folder or hub name; None is the bundled all-MiniLM-L6-v2."""
    max_file_bytes: int = 64 * 1024 * 1024
    store: StoreSettings = EMBEDDED

    @property
    def root(self) -> Path:
        """The folder of this collection: LOCK, CURRENT and the generations."""
        return self.home / "collections" / self.collection
