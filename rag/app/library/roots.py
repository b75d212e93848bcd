"""The roots of a collection, as a person looks at them and takes one out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.folder.files import absolute, shown
from index.folder.gone import count_below
from index.folder.roots import Root
from index.indexing.build import build_index
from index.indexing.survey import Missing
from index.settings import IndexSettings
from index.store.caches import Progress
from index.store.collections import delete_collection
from index.store.corpus import StoredPath
from index.store.open import known_roots, open_index
from index.types import Embedder, Report
from index.vectors.embedder import embedder_of
from rag.app.library import uploads


@dataclass(frozen=True, slots=True)
class RootState:
    """A root, how many files and documents are indexed below it, and whether it is there now.

    `documents` are those that no other root has. `uploads` are the files given to the page.
    """

    root: Root
    files: int
    documents: int
    is_there: bool
    uploads: bool


def root_states(settings: IndexSettings) -> tuple[RootState, ...]:
    """Every root of a collection. Raises: NoIndex; IndexDamaged."""
    folder = uploads_of(settings)
    with open_index(settings) as index:
        stored = index.files()
        return tuple(
            RootState(
                root,
                count_below(root.path, [item.location for item in stored]),
                documents_of(root.path, [other.path for other in index.roots if other != root], stored),
                root.path.exists(),
                root.path == folder,
            )
            for root in index.roots
        )


def documents_of(root: Path, others: Sequence[Path], stored: Sequence[StoredPath]) -> int:
    """How many documents leave with `root`: those of which every file is below it and below none of the `others`."""
    leave: dict[str, bool] = defaultdict(lambda: True)
    for item in stored:
        leave[item.document_id] &= bool(count_below(root, [item.location])) and not any(
            count_below(other, [item.location]) for other in others
        )
    return sum(leave.values())


def uploads_of(settings: IndexSettings) -> Path:
    """Where the files given to the page for the collection are kept."""
    return absolute([uploads.folder_of(settings.home, settings.collection)])[0]


def is_our_own(path: Path, settings: IndexSettings) -> bool:
    """Whether a path lies where the index itself is kept, but for the files given to the page."""
    real = Path(os.path.realpath(path))
    ours, given = os.path.realpath(settings.home), os.path.realpath(uploads_of(settings))
    return real.is_relative_to(ours) and not real.is_relative_to(given)


def farewell(root: Path, documents: int, *, uploads: bool) -> str:
    """What happens when a root is taken out, in a sentence."""
    number = f"{documents:,} document{'' if documents == 1 else 's'}"
    if uploads:
        return f"The uploaded files leave the index with {number}; the uploaded copies are deleted for good."
    return f"{shown(str(root))!r} leaves the index with {number}; the files themselves are not touched."


def remove_root(
    settings: IndexSettings,
    path: Path,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
    trial: Callable[[Path], str | None] | None = None,
) -> Report | None:
    """Take a root out of the index, with the last one all that is stored of it; what was done, None where all went.

    Files given to the page are deleted with their root; others are not touched. What is not there now of other roots
    is kept.

    Raises: what `build_index` raises; IndexBusy also when the last root goes while the index is read elsewhere.
    """
    known = known_roots(settings)
    left = tuple(root for root in known if root.path != path)
    report = None
    if left:
        missing = Missing(aside=tuple(root.path for root in left))
        report = build_index(
            *(settings, left, embedder or embedder_of(settings), progress), missing=missing, onto=known, trial=trial
        )
    else:
        delete_collection(settings.home, settings.collection, settings.store)
    if path == uploads_of(settings):
        uploads.withdraw(path, uploads.held(path))
    return report
