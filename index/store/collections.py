"""The collections of a home: which there are, and how one is copied or deleted whole."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import IndexDamaged, IndexFault, NoIndex
from index.seal import broken
from index.settings import EMBEDDED, IndexSettings, StoreSettings
from index.store import generation
from index.store.caches import Silent, Trial, build_caches, in_one_sentence, put_in_use, write_whole
from index.store.corpus import FILE
from index.store.manifest import Manifest
from index.store.published import Published, published
from index.vectors import ledger
from index.vectors.ledger import Entry

_TRASH = ".trash-"  # no collection's name begins with a dot


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What a collection holds. `problem` says why it cannot be used, where it cannot."""

    name: str
    generation: str | None = None
    documents: int = 0
    passages: int = 0
    problem: str | None = None


def collections(home: Path) -> tuple[CollectionState, ...]:
    """Every collection of `home` by name, a damaged one too.

    Raises: IndexFault, when the folder cannot be listed.
    """
    folder = _folder(home)
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise IndexFault(f"{str(folder)!r} cannot be listed ({error.strerror}); mend the folder's rights.") from error
    return tuple(_state(_root(home, name), name) for name in names)


def copy_collection(
    home: Path,
    source: str,
    target: str,
    store: StoreSettings = EMBEDDED,
    *,
    trial: Trial | None = None,
) -> CollectionState:
    """Make `target` hold what `source` holds now; what it then is. Both names must be fit for a folder.

    What `source` has on the server of `store` is stored there once more, from its corpus.

    Raises: NoIndex, when there is no `source`; IndexFault, when there is a `target`, or the disk does not take it;
    IndexDamaged, when `source` is damaged or the copy fails its trial; IndexBusy; StoreUnavailable.
    """
    made = IndexSettings(home, target, store=store)
    root = made.root
    with in_one_sentence(root), generation.reading(_existing(home, source)) as held:
        if held is None:
            raise NoIndex(f"Nothing is indexed in the collection {source!r}; `rag collections` lists those there are.")
        with generation.writing(root, store):
            if (root / "CURRENT").exists() or generation.newest(root):
                raise IndexFault(f"There is a collection {target!r} already; give another name, or delete it first.")
            manifest = _copied(published(_root(home, source), held[0]), made, trial)
    return CollectionState(target, manifest.generation, manifest.documents, manifest.passages)


def delete_collection(home: Path, name: str, store: StoreSettings = EMBEDDED) -> tuple[Entry, ...]:
    """Remove a collection with all its files and all it has on the server of `store`; what it has on other servers.

    The files that were indexed stay as they are.

    Raises: NoIndex, when there is none of this name; IndexBusy, when it is being written or read; IndexFault, when it
    cannot be removed; StoreUnavailable, with the files still there, since what is on the server would be forgotten.
    """
    _sweep(home)
    root, trash = _existing(home, name), _folder(home) / f"{_TRASH}{secrets.token_hex(4)}"
    try:
        with generation.writing(root), generation.unread(root):
            left = ledger.clear(root, store)
            root.rename(trash)  # at once, so that nobody meets half a collection
    except OSError as error:
        raise _stuck(name, root, error.strerror) from error
    _sweep(home)
    if trash.exists():
        raise _stuck(name, trash, "some files are still there")
    return left


def _copied(source: Published, made: IndexSettings, trial: Trial | None) -> Manifest:
    root, original = made.root, source.manifest
    if source.whole.manifest.remote and (problem := source.misfit(made.store)):
        raise IndexDamaged(f"The index to copy {problem}; set [store] as it was when that was made.")
    with generation.staging(root) as staging:
        if source.base is None and original.remote is None:
            _copy_files(source.folder, staging, original)
            copied = replace(original, generation=generation.new_id(root), before=None)
        else:
            write_whole(source, staging / FILE)
            copied = build_caches(staging, made, original.fingerprint, original.dimension, Silent())
        put_in_use(staging, copied, made, Silent(), trial)
    return copied


def _copy_files(folder: Path, staging: Path, manifest: Manifest) -> None:
    generation.require_files(folder, manifest)
    for name in manifest.files:
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, staging / name)
    for name in broken(staging, manifest.files):
        raise IndexDamaged(f"{str(folder / name)!r} is damaged; run `rag doctor` for that collection.")


def _state(root: Path, name: str) -> CollectionState:
    try:
        manifest = generation.read_current(root)
    except IndexDamaged as error:
        return CollectionState(name, problem=str(error))
    if manifest is None:
        return CollectionState(name, problem="nothing is indexed")
    return CollectionState(name, manifest.generation, manifest.documents, manifest.passages)


def _existing(home: Path, name: str) -> Path:
    root = _root(home, name)
    if not root.is_dir():
        raise NoIndex(f"There is no collection {name!r} in {str(home)!r}; `rag collections` lists those there are.")
    return root


def _stuck(name: str, folder: Path, reason: str | None) -> IndexFault:
    return IndexFault(
        f"The collection {name!r} could not be deleted ({reason}); mend the rights of {str(folder)!r} and remove it."
    )


def _sweep(home: Path) -> None:
    """Remove what was being deleted, by this run or by one that was killed."""
    for leftover in _folder(home).glob(f"{_TRASH}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _root(home: Path, name: str) -> Path:
    return IndexSettings(home, name).root


def _folder(home: Path) -> Path:
    return _root(home, "any").parent
