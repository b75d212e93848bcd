"""Bring an index in step with folders: read, embed what is new, build a whole generation apart, try it, publish it."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from index.errors import IndexBusy, IndexDamaged
from index.folder.patterns import EVERYTHING, Patterns
from index.folder.roots import Root, places_to_line, rooted, to_line
from index.indexing.embedding import Embedding
from index.indexing.lastrun import remember
from index.indexing.survey import (
    REFUSE,
    Missing,
    Survey,
    changes,
    counted,
    look,
    recipe,
    require_something,
    roots_of,
    survey,
    write_document,
)
from index.seal import broken
from index.settings import IndexSettings
from index.store import generation
from index.store.caches import Progress, Silent, build_caches, in_one_sentence, require_sound
from index.store.corpus import FILE, Corpus, StoredPath
from index.store.manifest import Manifest, misfit
from index.store.writer import CorpusWriter, holds_vectors
from index.types import Embedder, Report


@dataclass(frozen=True, slots=True)
class _Base:
    """An earlier generation to take documents and vectors from. `manifest` is None unless it is in use and whole."""

    folder: Path
    corpus: Corpus
    manifest: Manifest | None


class _Stopwatch:
    """Reports each stage and measures it, up to the start of the next."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._begun = self._since = time.perf_counter()
        self._stage = ""
        self._seconds = dict.fromkeys(("read", "embed", "store", "publish"), 0.0)

    def start(self, stage: str, total: int) -> None:
        self._stop()
        self._stage = stage
        self._progress.start(stage, total)

    def advance(self, n: int) -> None:
        self._progress.advance(n)

    def seconds(self) -> dict[str, float]:
        self._stop()
        return self._seconds | {"total": time.perf_counter() - self._begun}

    def _stop(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self._seconds[self._stage] += now - self._since
        self._since = now


def build_index(
    settings: IndexSettings,
    roots: Sequence[Path | Root],
    embedder: Embedder,
    progress: Progress | None = None,
    *,
    patterns: Patterns = EVERYTHING,
    missing: Missing = REFUSE,
    onto: Sequence[Root] | None = None,
    rebuild: bool = False,
    trial: Callable[[Path], str | None] | None = None,
) -> Report:
    """Make the index hold what is wanted of what lies under `roots` now, and no more; report what was done.

    `patterns` are those of roots given as paths. `onto` are the roots that the caller found in the index in use, if it
    has looked. Texts whose vectors are stored are not embedded again. Where nothing changed, nothing is published. A
    file that was indexed and cannot be read now is kept; where too many are gone at once, `missing` says what is done,
    and which files are left out though they are there. `rebuild` builds anew even then, and where the index in use is
    damaged takes over what is still whole of it or of the one before it. Until the last step, and whatever goes
    wrong, the index in use stays as it is. `trial` says what is wrong with a generation just built, if anything;
    `index.store.probe.run` where it is None. `index.indexing.lastrun` keeps the report.

    Raises: IndexBusy, also when the index has other roots by now than those `onto` which to build; GoneAtOnce;
    IndexDamaged, when the index in use must be rebuilt or the new one fails its trial; UnreadableFile, when a new root
    is not there; IndexFault, when there is nothing to index or the disk does not take it; ModelUnavailable;
    StoreUnavailable.
    """
    wanted = rooted(roots, patterns)
    signature = _signature(wanted, settings, embedder)
    watch = _Stopwatch(progress or Silent())
    root = settings.root
    with ExitStack() as stack:
        stack.enter_context(in_one_sentence(root))
        stack.enter_context(generation.writing(root, settings.store))
        base = _base(settings, rebuild, stack)
        before = base.corpus if base else None
        _require_same(onto, before, root)
        listing = look(settings, wanted, before, missing.leaving)
        leftovers = generation.leftovers(root)
        folder = stack.enter_context(generation.staging(root, _reduced_to_vectors))
        file = folder / FILE
        others = _others(root, base, embedder.fingerprint, stack)
        held = [corpus for corpus in (before, *others.values()) if corpus is not None]
        watch.start("read", len(listing.files))
        with CorpusWriter(file, embedder.fingerprint) as writer, Embedding(writer, embedder, held) as embedding:
            _resume(leftovers, writer)
            result = survey(listing, settings, before, embedding, watch.advance, missing)
            require_something(result, before, wanted)
            if base and base.manifest and not rebuild and _is_same(base, result, signature):
                return remember(root, _report(base.manifest, base.corpus, result, base, 0, watch))
            _complete(writer, result, base)
            for key, value in signature.items():
                writer.set_meta(key, value)
            writer.set_meta("places", places_to_line(listing.places))
            embedding.finish(partial(_embedding_texts, file), watch)
            for other in ([base.folder] if base else []) + list(others):
                writer.take_vectors(other / FILE, needed=True)
            writer.drop_unused()
        manifest = build_caches(folder, settings, embedder.fingerprint, embedder.dimension, watch)
        manifest = replace(manifest, before=_worth_keeping(base, result))
        watch.start("publish", 1)
        require_sound(folder, manifest.remote, settings.store, trial)
        generation.publish(root, folder, manifest)
        watch.advance(1)
        with Corpus(generation.folder_of(root, manifest.generation) / FILE) as corpus:
            return remember(root, _report(manifest, corpus, result, base, embedding.count, watch))


def _base(settings: IndexSettings, rebuild: bool, stack: ExitStack) -> _Base | None:
    root = settings.root
    try:
        current = generation.read_current(root)
    except IndexDamaged:
        if not rebuild:
            raise
        current = None
    if current is not None:
        folder = generation.folder_of(root, current.generation)
        damaged = broken(folder, current.files)
        if FILE not in damaged:
            # Caches that are damaged, or of another Chroma or store, are built anew; all they held is in the corpus.
            whole = not damaged and misfit(current, settings.store) is None
            return _Base(folder, stack.enter_context(Corpus(folder / FILE)), current if whole else None)
        if not rebuild:
            raise IndexDamaged(f"{str(folder / FILE)!r} is damaged or missing; run `rag index --rebuild PATH`.")
    older = generation.salvage(root, FILE)
    return _Base(older, stack.enter_context(Corpus(older / FILE)), None) if older else None


def _require_same(onto: Sequence[Root] | None, base: Corpus | None, root: Path) -> None:
    """Return if the index is still made of the roots that the caller saw. Raises: IndexBusy."""
    if onto is not None and base is not None and tuple(onto) != roots_of(base):
        raise IndexBusy(f"The index in {str(root)!r} was given other folders in the meantime; run it again.")


def _others(root: Path, base: _Base | None, fingerprint: str, stack: ExitStack) -> dict[Path, Corpus]:
    """The corpora of other generations that are whole and have vectors of this model, by folder."""
    corpora: dict[Path, Corpus] = {}
    for folder in generation.generations(root):
        if base is not None and folder == base.folder:
            continue
        with suppress(IndexDamaged):
            is_there = stack.enter_context(generation.held(folder))
            manifest = generation.read_manifest(folder) if is_there else None
            if manifest and manifest.fingerprint == fingerprint and not broken(folder, manifest.files, FILE):
                corpora[folder] = stack.enter_context(Corpus(folder / FILE))
    return corpora


def _worth_keeping(base: _Base | None, result: Survey) -> str | None:
    """The generation to keep beside the new one: the last, unless it holds what has been taken out since."""
    if base is None or base.manifest is None:
        return None
    taken_out = counted(changes(base.corpus.paths(), result))["deleted"]
    return None if taken_out else base.manifest.generation


def _is_same(base: _Base, result: Survey, signature: Mapping[str, str]) -> bool:
    """Whether the index in use already holds all this, made the same way."""
    now = {(stored.path, stored.location, stored.document_id) for stored in (*result.paths, *result.retained)}
    before = {(stored.path, stored.location, stored.document_id) for stored in base.corpus.paths()}
    return now == before and all(base.corpus.meta(key) == value for key, value in signature.items())


def _resume(leftovers: Sequence[Path], writer: CorpusWriter) -> None:
    """Take over the vectors that runs which did not finish had made, and remove what else they left."""
    for folder in leftovers:
        with suppress(sqlite3.DatabaseError):  # what a killed run left may be anything
            if _reduced_to_vectors(folder):
                writer.take_vectors(folder / FILE, needed=False)
        generation.discard(folder)


def _reduced_to_vectors(folder: Path) -> bool:
    """Remove all of an unfinished generation but the corpus with its vectors; False where it has none to keep."""
    if not holds_vectors(folder / FILE):
        return False
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith(FILE):  # SQLite's journal stands beside its database
            path.unlink(missing_ok=True)
    return True


def _complete(writer: CorpusWriter, result: Survey, base: _Base | None) -> None:
    """Add what the base gives: documents that are as they were, and the paths."""
    if base is not None:
        for key in result.reused:
            write_document(base.corpus.document(key), base.corpus.articles(key), base.corpus.passages_of(key), writer)
    for stored in (*result.paths, *result.retained):
        writer.add_path(stored)
    writer.save()


def _signature(roots: Sequence[Root], settings: IndexSettings, embedder: Embedder) -> dict[str, str]:
    """What an index is made from besides the files; where any of it changes, another is published."""
    return {
        "recipe": recipe(settings),
        "fingerprint": embedder.fingerprint,
        "roots": to_line(roots),
    }


def _embedding_texts(file: Path, ids: Sequence[str]) -> list[str]:
    with Corpus(file) as corpus:
        return corpus.embedding_texts(ids)


def _report(
    manifest: Manifest, corpus: Corpus, result: Survey, base: _Base | None, embedded: int, watch: _Stopwatch
) -> Report:
    count = corpus.counts()
    before: tuple[StoredPath, ...] = base.corpus.paths() if base else ()
    return Report(
        generation=manifest.generation,
        files=counted(changes(before, result)),
        skipped=tuple(result.skipped),
        documents=count.documents,
        articles=count.articles,
        passages=count.passages,
        embedded=embedded,
        reused=count.passages - embedded,
        seconds=watch.seconds(),
        remarks=corpus.remarks(),
        hidden=corpus.hidden(),
        hidden_files=result.listing.hidden,
        excluded=result.listing.excluded,
        lost=tuple(result.lost),
    )
