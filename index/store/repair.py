"""Build the caches of an index anew from its corpus. Nothing is read from the documents and nothing is embedded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import IndexDamaged, NoIndex
from index.seal import broken
from index.settings import IndexSettings
from index.store import generation
from index.store.caches import Progress, Silent, build_caches, in_one_sentence, require_sound, write_whole
from index.store.corpus import FILE
from index.store.published import Published, in_use, published


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
    trial: Callable[[Path], str | None] | None = None,
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
        with generation.staging(root) as folder:
            write_whole(before, folder / FILE)
            made_with = before.manifest
            manifest = build_caches(folder, settings, made_with.fingerprint, made_with.dimension, stages)
            stages.start("publish", 1)
            require_sound(folder, manifest.remote, settings.store, trial)
            generation.publish(root, folder, replace(manifest, before=before.whole.manifest.generation))
            stages.advance(1)
    taken_from = before.manifest.generation
    return Repair(manifest.generation, taken_from, mended, manifest.documents, manifest.passages)


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
