"""The documents that a search can be kept to, as a person chooses among them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rag.asking.filters import Entry


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as it is listed: where it lies, and its title where one is printed."""

    path: str
    title: str = ""

    @property
    def folder(self) -> str:
        """The folder it lies in, ending in a slash; empty for one that lies in none."""
        return self.path[: self.path.rfind("/") + 1]


def documents_of(entries: Iterable[Entry]) -> tuple[Listed, ...]:
    """Each document once, by folder and name. One of several articles has no title of its own."""
    titles: dict[str, list[str]] = {}
    for entry in entries:
        titles.setdefault(entry.paths[0], []).append(entry.article.title or "")
    listed = [Listed(path, alone[0] if len(alone) == 1 else "") for path, alone in titles.items()]
    return tuple(sorted(listed, key=lambda document: (document.folder, document.path)))
