"""What the index is built with. A change in any of these makes a new fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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

    @property
    def root(self) -> Path:
        """The folder of this collection: LOCK, CURRENT and the generations."""
        return self.home / "collections" / self.collection
