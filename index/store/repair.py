"""Build the caches of an index anew from its corpus. Nothing is read from the documents and nothing is embedded."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import IndexDamaged, NoIndex, RagError
from index.seal import broken
from index.settings import IndexSettings
from index.store import generation
from index.store.caches import Progress, Silent, Trial, build_caches, in_one_sentence, put_in_use, words_of, write_whole
from index.store.corpus import FILE
from index.store.manifest import Manifest
from index.store.published import Published, in_use, published
from index.store.schema import PURGE


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did: the generation now in use, the one whose corpus it holds, and the files that were damaged."""

    generation: str
    taken_from: str
    mended: tuple[str, ...]
    documents: int
    passages: int


def repair(
    settings: IndexSettings,
    progress: Progress | None = None,
    *,
    trial: Trial | None = None,
) -> Repair:
    """Publish a generation with the corpus of the one in use and all else made anew from it; say what was done.

    Where CURRENT does not read or is missing, the generation published last is taken, and no older one: repairing
    never brings back what was changed or deleted since. Until the last step the index in use stays as it is.

    Raises: NoIndex; IndexBusy; IndexDamaged, when the corpus itself is damaged, so that the documents must be
    indexed anew, or the new generation fails its trial; StoreUnavailable; IndexFault, when the disk does not take it.
    """
    root, stages = settings.root, progress or Silent()
    with in_one_sentence(root), generation.writing(root, settings.store):
        before, mended = _source(root)
        manifest = made_whole(before, settings, stages, trial, anew=True)
    taken_from = before.manifest.generation
    return Repair(manifest.generation, taken_from, mended, manifest.documents, manifest.passages)


def made_whole(
    source: Published,
    settings: IndexSettings,
    progress: Progress,
    trial: Trial | None = None,
    *,
    anew: bool = False,
) -> Manifest:
    """Publish one whole generation of all that `source` holds, which must be sound, or else be made `anew` from its
    corpora; its manifest. What it was laid over is kept beside it, unless that holds what was taken out.

    Raises: IndexDamaged; StoreUnavailable; OSError and sqlite3.OperationalError, when the disk does not take it. Until
    the last step what is in use stays so.
    """
    made_with = source.manifest
    with generation.staging(settings.root) as folder:
        write_whole(source, folder / FILE)
        words = [] if anew else words_of(source.layers)
        manifest = build_caches(folder, settings, made_with.fingerprint, made_with.dimension, progress, words)
        manifest = replace(manifest, before=None if _must_purge(source) else source.whole.manifest.generation)
        put_in_use(folder, manifest, settings, progress, trial)
    return manifest


def settled(
    source: Published,
    settings: IndexSettings,
    progress: Progress,
    trial: Trial | None = None,
    *,
    is_much: bool = False,
) -> tuple[Manifest, str | None]:
    """The manifest of `source`, which is sound and in use, or of one whole generation that was made of it: where it is
    laid over what holds bytes that must go, and where what lies above `is_much`.

    What goes wrong meanwhile, or stops it, is not raised, since what was asked for is in use: the next run tries again.
    Where bytes had to go, the second says in words that they are still there, and why.
    """
    must_purge = _must_purge(source)
    if not (must_purge or is_much):
        return source.manifest, None
    try:
        return made_whole(source, settings, progress, trial), None
    except (RagError, OSError, sqlite3.Error) as error:
        left = f"What was taken out is in no answer, but its text is still in {str(settings.root)!r}: {error}"
        return source.manifest, f"{left.rstrip('.')}. Run `rag index` again." if must_purge else None


def _must_purge(source: Published) -> bool:
    """Whether what a generation is laid over holds what was taken out."""
    with source.corpus() as corpus:
        return corpus.meta(PURGE) is not None


def _source(root: Path) -> tuple[Published, tuple[str, ...]]:
    """The generation to mend, its corpus whole, and the files of it that are damaged."""
    current = None
    with suppress(IndexDamaged):
        current = in_use(root)
    source = current or _last(root)
    if source.is_corpus_broken():
        raise _lost(next(iter(source.broken(FILE)), source.folder / FILE))
    damaged = tuple(name for layer in source.layers for name in broken(layer.folder, layer.manifest.files))
    return source, damaged if current else ("CURRENT", *damaged)


def _last(root: Path) -> Published:
    folder = generation.newest(root)
    if folder is None and not (root / "CURRENT").exists():
        raise NoIndex(f"Nothing is indexed in {str(root)!r} yet; run `rag index PATH`.")
    manifest = None
    with suppress(IndexDamaged):
        manifest = generation.read_manifest(folder) if folder else None
    if folder is None or manifest is None or generation.folder_of(root, manifest.generation) != folder:
        raise _lost(folder or root / "CURRENT")
    return published(root, manifest)


def _lost(file: Path) -> IndexDamaged:
    return IndexDamaged(
        f"{str(file)!r} is damaged or missing, and all else is made from it, so the documents must be indexed anew; "
        "run `rag index --rebuild PATH` with their folder."
    )
