"""How a person changes what a collection is made of: files given, folders named, either taken out again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.errors import IndexBusy, IndexFault, NoIndex
from index.folder.files import absolute, printable
from index.folder.gone import in_words
from index.folder.roots import Root, find
from index.indexing.build import build_index
from index.indexing.lastrun import LastRun, last_run
from index.indexing.survey import Missing
from index.settings import IndexSettings
from index.store.caches import Progress
from index.store.collections import collections, delete_collection
from index.store.generation import current_line
from index.store.open import known_roots
from index.store.repair import repair
from index.types import Change, Embedder, Report
from index.vectors.ledger import Entry
from rag.app.library import uploads
from rag.app.library.holdings import Holdings, key_of, read_holdings
from rag.app.library.jobs import Job, Outcome
from rag.app.library.roots import farewell, is_our_own
from rag.app.library.roots import uploads_of as given_to

_CHANGES: tuple[Change, ...] = ("new", "changed", "moved", "deleted", "kept")
_GONE = "That is no longer in the list; look at the list again."


@dataclass(frozen=True, slots=True)
class Removal:
    """What a person asked to take out: folders or files named, files given; and all that in a sentence."""

    places: tuple[Path, ...]
    given: tuple[Path, ...]
    sentence: str


class Opened(Protocol):
    """What the library needs of a `rag.app.workspace.Workspace`."""

    @property
    def embedder(self) -> Embedder:
        """The embedding model that is set."""
        ...

    def for_index(self, collection: str) -> IndexSettings:
        """What building and reading a collection needs. Raises: SettingsInvalid."""
        ...

    def shares(self, collection: str) -> bool:
        """Whether the person may see a collection."""
        ...

    def release(self, collection: str) -> None:
        """Let go of the files of a collection."""
        ...


class Library:
    """Reads and changes collections. Safe to use from several threads; one change of a collection at a time.

    What changes a collection is a `Job` that has begun; how it went is in its outcome. Where it fails or is stopped,
    the index and the files given are as they were.
    """

    def __init__(self, workspace: Opened, trial: Callable[[Path], str | None] | None = None) -> None:
        """`trial` is that of `build_index`."""
        self._workspace = workspace
        self._trial = trial
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._known: dict[str, tuple[str | None, LastRun | None, tuple[Path, ...], Holdings]] = {}

    def names(self, present: str) -> tuple[str, ...]:
        """Every collection the person may see, and `present`. Raises: SettingsInvalid; IndexFault."""
        there = {state.name for state in collections(self._workspace.for_index(present).home)}
        return tuple(sorted({*filter(self._workspace.shares, there), present}))

    def job(self, collection: str) -> Job | None:
        """The change of `collection` that is being made now."""
        job = self._jobs.get(collection)
        return job if job and not job.ended else None

    def holdings(self, collection: str) -> Holdings:
        """What `collection` holds now, read anew only where that changed; an empty one where nothing is indexed.

        Raises: SettingsInvalid; IndexDamaged; StoreUnavailable.
        """
        settings = self._workspace.for_index(collection)
        state = (current_line(settings.root), last_run(settings.root), uploads.held(given_to(settings)))
        with self._lock:
            *before, holdings = self._known.get(collection, ((), None))
        if not isinstance(holdings, Holdings) or tuple(before) != state:
            holdings = read_holdings(settings, *state[1:])
            with self._lock:
                self._known[collection] = (*state, holdings)
        return holdings

    def add_files(self, collection: str, files: Sequence[Path]) -> Job:
        """Take `files`, which are moved, into the collection. Raises: SettingsInvalid; IndexBusy."""
        settings = self._workspace.for_index(collection)
        folder = given_to(settings)

        def work(progress: Progress) -> Outcome:
            received = uploads.receive(folder, files)
            notes = " ".join(received.notes)
            if not received.added:
                return Outcome(notes or "There was no file to add.")
            try:
                known = known_roots(settings)
                aside = tuple(root.path for root in known)
                outcome = self._in_step(settings, progress, known, known, Missing(aside=aside))
            except BaseException:
                uploads.withdraw(folder, received.added)
                raise
            return Outcome(f"{outcome.sentence} {notes}".strip(), report=outcome.report)

        return self._begin(collection, work)

    def add_folder(self, collection: str, typed: str) -> Job:
        """Take the folder or file at the path `typed` into the collection.

        Raises: SettingsInvalid; IndexFault, when there is none, or it is one that cannot be added; IndexBusy.
        """
        settings = self._workspace.for_index(collection)
        place = _named(typed, settings)

        def work(progress: Progress) -> Outcome:
            known = known_roots(settings)
            if find(known, place) is not None:
                raise IndexFault(f"{printable(str(place))!r} is part of it already; check for changes instead.")
            aside = tuple(root.path for root in known)
            return self._in_step(settings, progress, known, [*known, Root(place)], Missing(aside=aside))

        return self._begin(collection, work)

    def sync(self, collection: str, *, let_go: bool = False) -> Job:
        """Bring the collection in step with its files and folders; with `let_go`, even where a whole folder is gone.

        Raises: SettingsInvalid; IndexBusy.
        """
        settings = self._workspace.for_index(collection)

        def work(progress: Progress) -> Outcome:
            known = known_roots(settings)
            return self._in_step(settings, progress, known, known, Missing(let_go))

        return self._begin(collection, work)

    def repair(self, collection: str) -> Job:
        """Make what is damaged anew from the stored text. Raises: SettingsInvalid; IndexBusy."""
        settings = self._workspace.for_index(collection)

        def work(progress: Progress) -> Outcome:
            done = repair(settings, progress, trial=self._trial)
            return Outcome(
                f"Mended: {done.documents:,} documents and {done.passages:,} passages; nothing was embedded."
            )

        return self._begin(collection, work)

    def removal(self, collection: str, key: str) -> Removal:
        """What removing the place or given file that `key` names would take out.

        Raises: IndexFault, when nothing listed has this key; SettingsInvalid; IndexDamaged.
        """
        holdings, given = self.holdings(collection), uploads.held(given_to(self._workspace.for_index(collection)))
        files = [path for path in given if key_of(path) == key]
        if files:
            return Removal((), tuple(files), f"{printable(files[0].name)!r}: the uploaded copy is deleted for good.")
        place = next((place for place in holdings.places if place.key == key), None)
        if place is None:
            raise IndexFault(_GONE)
        if place.given:
            return Removal((place.path,), given, "All uploaded files: the uploaded copies are deleted for good.")
        return Removal((place.path,), (), farewell(place.path, place.documents, uploads=False))

    def remove(self, collection: str, removal: Removal) -> Job:
        """Take out what `removal` says; with the last of it the index is deleted.

        Raises: SettingsInvalid; IndexBusy.
        """
        settings = self._workspace.for_index(collection)

        def work(progress: Progress) -> Outcome:
            outcome = self._emptied(settings) if self._is_last(collection, removal) else None
            if outcome is None:
                known = known_roots(settings)
                left = [root for root in known if root.path not in removal.places]
                missing = Missing(aside=tuple(root.path for root in left), leaving=removal.given)
                done = self._in_step(settings, progress, known, left, missing)
                outcome = Outcome(f"Removed. {done.sentence}", report=done.report)
            uploads.withdraw(given_to(settings), removal.given)
            self._workspace.release(collection)  # which may still have open what was taken out
            return outcome

        return self._begin(collection, work)

    def _begin(self, collection: str, work: Callable[[Progress], Outcome]) -> Job:
        with self._lock:
            running = self._jobs.get(collection)
            if running and not running.ended:
                raise IndexBusy(f"{collection!r} is being changed already; wait until that is done, or stop it.")
            job = self._jobs[collection] = Job(work)
        job.begin()
        return job

    def _in_step(
        self,
        settings: IndexSettings,
        progress: Progress,
        known: Sequence[Root],
        wanted: Sequence[Root],
        missing: Missing,
    ) -> Outcome:
        """Make the index hold the roots `wanted`, and the files given that are there and not leaving."""
        folder = given_to(settings)
        roots = [root for root in wanted if root.path != folder]
        is_known = folder in [root.path for root in wanted]
        if set(uploads.held(folder)).difference(missing.leaving) or (is_known and not missing.leaving):
            roots.append(Root(folder))
        if not roots:
            raise NoIndex("Nothing is indexed yet; add files or a folder first.")
        report = build_index(
            *(settings, roots, self._workspace.embedder, progress), missing=missing, onto=known, trial=self._trial
        )
        return Outcome(_in_words(report), report=report)

    def _is_last(self, collection: str, removal: Removal) -> bool:
        """Whether nothing that is indexed remains."""
        holdings = self.holdings(collection)
        gone = {key_of(path) for path in removal.given}
        folders = [place for place in holdings.places if not place.given and place.path not in removal.places]
        return not folders and not [entry for entry in holdings.entries if entry.key and entry.key not in gone]

    def _emptied(self, settings: IndexSettings) -> Outcome:
        self._workspace.release(settings.collection)
        left: tuple[Entry, ...] = ()
        with suppress(NoIndex):
            left = delete_collection(settings.home, settings.collection, settings.store)
        there = "".join(f" Still on {entry.server}: {entry.collection}." for entry in left)
        return Outcome(f"Removed; nothing is indexed in {settings.collection!r} any more.{there}")


def _named(typed: str, settings: IndexSettings) -> Path:
    path = typed.strip()
    if not path:
        raise IndexFault("Type the path of a folder or a file first.")
    with suppress(RuntimeError):  # `~nobody` is no user
        path = os.path.expanduser(path)
    if not os.path.isabs(path):
        raise IndexFault(f"{typed.strip()[:200]!r} is no whole path; begin with / or ~.")
    try:
        Path(path).stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise IndexFault(f"There is no folder or file {path[:200]!r} ({reason}); check the path.") from None
    place = absolute([Path(path)])[0]
    if is_our_own(place, settings):
        raise IndexFault(f"{path[:200]!r} is where the index itself is kept; choose a folder of documents.")
    return place


def _in_words(report: Report) -> str:
    lost = f" {in_words(report.lost)}; they are kept, and “Check for changes” can let them go." if report.lost else ""
    return _done(report) + lost + (f" {report.owed}" if report.owed else "")


def _done(report: Report) -> str:
    changed = ", ".join(f"{report.files[name]:,} {name}" for name in _CHANGES if report.files.get(name))
    if not changed and not report.embedded:
        return f"In step: nothing changed in {_files(sum(report.files.values()))}."
    return f"Done: {changed or 'no file changed'}, in {report.seconds['total']:.1f} seconds."


def _files(number: int) -> str:
    return f"{number:,} file{'' if number == 1 else 's'}"
