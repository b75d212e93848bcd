"""What a collection holds, file by file, and what was left out of it: as a person looks at it."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from index.errors import NoIndex
from index.folder.files import shown
from index.folder.gone import count_below
from index.indexing.lastrun import LastRun
from index.settings import IndexSettings
from index.store.corpus import StoredPath
from index.store.open import Index, open_index
from index.types import Article
from rag.app.library.roots import documents_of, uploads_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is indexed. `articles` have their number of passages; `also` are other paths of the same bytes."""

    path: str
    document_id: str
    size: int
    changed: datetime
    articles: tuple[tuple[Article, int], ...]
    also: tuple[str, ...] = ()
    remark: str = ""
    key: str | None = None
    """What it is removed by; None for a file of a folder, which stays as long as the folder does."""

    @property
    def passages(self) -> int:
        """How many passages all its articles have."""
        return sum(count for _, count in self.articles)

    @property
    def kind(self) -> str:
        """The ending of its name, as `PDF`."""
        return Path(self.path).suffix.lstrip(".").upper()[:8] or "file"

    @property
    def dates(self) -> tuple[str, ...]:
        """The first and the last date of its articles, one where they are the same, none where none is printed."""
        told = sorted({article.date for article, _ in self.articles if article.date})
        return tuple(dict.fromkeys((told[0], told[-1]))) if told else ()

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every one of `words`, in lower case, is in its paths, or the headline, outlet or author of one."""
        told = [f"{a.title or ''}\n{a.outlet or ''}\n{a.author or ''}" for a, _ in self.articles]
        text = "\n".join((self.path, *self.also, *told)).casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or file that was named, or the files given to the page, and how many files of it are indexed.

    `documents` are those that no other place has.
    """

    key: str
    path: Path
    files: int
    documents: int
    given: bool
    there: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is not indexed, and why; `key` where it is one that was given, and can be removed."""

    path: str
    reason: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a collection holds, and what was left out of it."""

    collection: str
    generation: str | None = None
    entries: tuple[Entry, ...] = ()
    places: tuple[Place, ...] = ()
    unread: tuple[Unread, ...] = ()
    articles: int = 0
    passages: int = 0
    hidden: int = 0
    """Hidden characters that were left out."""
    last: LastRun | None = None


def key_of(path: Path) -> str:
    """The name by which the page speaks of a path, whatever characters that has."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def read_holdings(settings: IndexSettings, last: LastRun | None, given: Sequence[Path]) -> Holdings:
    """What the collection holds; `given` are the files given for it. None of them where nothing is indexed yet.

    Raises: IndexDamaged.
    """
    reasons = {item.path: item.reason for item in last.report.skipped} if last else {}
    try:
        with open_index(settings) as index:
            return _filled(settings, index, reasons, last, given)
    except NoIndex:
        waiting = tuple(Unread(shown(path.name), "uploaded, and not indexed", key_of(path)) for path in given)
        return Holdings(settings.collection, unread=waiting)


def _filled(
    settings: IndexSettings, index: Index, reasons: dict[str, str], last: LastRun | None, given: Sequence[Path]
) -> Holdings:
    stored = index.files()
    entries = _entries(index, stored, set(given))
    folder = uploads_of(settings)
    roots = [root.path for root in index.roots]
    places = [_place(root, [other for other in roots if other != root], stored, root == folder) for root in roots]
    indexed = {item.location for item in stored}
    unread = [
        Unread(name, reasons.pop(name, reasons.pop(shown(path.name), "not looked at yet")), key_of(path))
        for path in given
        if path not in indexed
        for name in [_shown_name(path, folder, reasons)]
    ]
    return Holdings(
        collection=settings.collection,
        generation=index.state.generation,
        entries=entries,
        places=tuple(places),
        unread=(*unread, *(Unread(path, reason) for path, reason in reasons.items())),
        articles=sum(map(len, {entry.document_id: entry.articles for entry in entries}.values())),
        passages=index.state.passages,
        hidden=index.hidden(),
        last=last,
    )


def _shown_name(path: Path, folder: Path, reasons: dict[str, str]) -> str:
    """The name under which indexing told of a given file: with its folder's where names would clash."""
    clashing = f"{shown(folder.name)}/{shown(path.name)}"
    return clashing if clashing in reasons else shown(path.name)


def _entries(index: Index, stored: Sequence[StoredPath], given: set[Path]) -> tuple[Entry, ...]:
    counts, remarks = index.passage_counts(), {remark.path: remark.text for remark in index.remarks()}
    articles: dict[str, list[tuple[Article, int]]] = defaultdict(list)
    for article in index.articles():
        articles[article.document_id].append((article, counts.get((article.document_id, article.ordinal), 0)))
    paths: dict[str, list[str]] = defaultdict(list)
    for item in stored:
        paths[item.document_id].append(item.path)
    return tuple(
        Entry(
            path=item.path,
            document_id=item.document_id,
            size=item.size,
            changed=datetime.fromtimestamp(item.mtime_ns / 1e9).astimezone(),
            articles=tuple(articles[item.document_id]),
            also=tuple(path for path in paths[item.document_id] if path != item.path),
            remark=remarks.get(item.path, ""),
            key=key_of(item.location) if item.location in given else None,
        )
        for item in stored
    )


def _place(root: Path, others: Sequence[Path], stored: Sequence[StoredPath], given: bool) -> Place:
    files = count_below(root, [item.location for item in stored])
    return Place(key_of(root), root, files, documents_of(root, others, stored), given, root.exists())
