"""Bring an index in step with folders: read, embed what is new, build a generation apart, try it, publish it.

What little is new, changed or gone is laid over the whole generation in use. Once that is in use, one whole generation
is made of all where too much lies above to be compared passage by passage, and where a file left, whose text must not
stay in the home. It is made at once where all is made another way.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
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
)
from index.seal import broken, digest_once
from index.settings import IndexSettings
from index.store import generation
from index.store.caches import (
    Progress,
    Silent,
    Trial,
    build_caches,
    build_layer,
    in_one_sentence,
    put_in_use,
    words_of,
)
from index.store.corpus import FILE, Corpus, StoredPath
from index.store.manifest import Manifest
from index.store.published import Published, in_use, published, salvage
from index.store.repair import settled
from index.store.schema import PURGE, READ_AT
from index.store.writer import CorpusWriter, holds_vectors
from index.types import Embedder, Report

_MOST_ABOVE = 2000
"""Passages that may be new or gone over a whole generation before a whole one is made of all: after the edit is in use,
or at once where there are twice as many. Each edit takes longer the more there are (`python -m evals.bench edit`)."""


@dataclass(frozen=True, slots=True)
class _Base:
    """An earlier generation to take documents and vectors from, and whether it is in use and sound."""

    published: Published
    corpus: Corpus
    is_sound: bool


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
    trial: Trial | None = None,
) -> Report:
    """Make the index hold what is wanted of what lies under `roots` now, and no more; report what was done.

    `patterns` are those of roots given as paths. `onto` are the roots that the caller found in the index in use, if it
    has looked. Texts whose vectors are stored are not embedded again. Where nothing changed, nothing is published. A
    file that was indexed and cannot be read now is kept; where too many are gone at once, `missing` says what is done,
    and which files are left out though they are there. `rebuild` builds anew even then, and where the index in use is
    damaged takes over what is still whole of it or of the one before it. Until the last step, and whatever goes
    wrong, the index in use stays as it is. `trial` says what is wrong with a whole generation just built, if anything;
    `index.store.probe.run` where it is None. `index.indexing.lastrun` keeps the report.

    Raises: IndexBusy, also when the index has other roots by now than those `onto` which to build; GoneAtOnce;
    IndexDamaged, when the index in use must be rebuilt or the new one fails its trial; UnreadableFile, when a new root
    is not there; IndexFault, when there is nothing to index or the disk does not take it; ModelUnavailable;
    StoreUnavailable.
    """
    wanted = rooted(roots, patterns)
    signature = _signature(wanted, settings, embedder)
    watch = _Stopwatch(progress or Silent())
    root, begun = settings.root, time.time_ns()
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
            result = survey(listing, settings, before, embedding, watch.advance, missing, rebuild=rebuild)
            require_something(result, before, wanted)
            must_purge = base is not None and _must_purge(base, result)
            if base and base.is_sound and not rebuild and _is_same(base, result, signature):
                manifest, owed = settled(base.published, settings, watch, trial)
                return remember(root, replace(_report(manifest, base.corpus, result, base, 0, watch), owed=owed))
            alike = base if base and not rebuild and _is_made_alike(base, signature) else None
            below, above = _complete(writer, result, base, alike)
            purge = {PURGE: ""} if must_purge and below else {}
            writer.set_meta(signature | purge | {"places": places_to_line(listing.places), READ_AT: str(begun)})
            embedding.finish(partial(_embedding_texts, file), watch)
            for other in [*_folders(base), *others]:
                writer.take_vectors(other / FILE, needed=True)
            writer.drop_unused()
        layers = alike.published.layers if alike else ()
        if below is None:
            words = words_of(layers)
            manifest = build_caches(folder, settings, embedder.fingerprint, embedder.dimension, watch, words)
            manifest = replace(manifest, before=None if must_purge else _worth_keeping(base))
        else:
            manifest = build_layer(folder, below, settings, watch, words_of(layers[1:]))
        put_in_use(folder, manifest, settings, watch, trial)
        manifest, owed = settled(published(root, manifest), settings, watch, trial, is_much=above > _MOST_ABOVE)
        with published(root, manifest).corpus() as corpus:
            return remember(root, replace(_report(manifest, corpus, result, base, embedding.count, watch), owed=owed))


def _base(settings: IndexSettings, rebuild: bool, stack: ExitStack) -> _Base | None:
    root = settings.root
    try:
        current = in_use(root)
    except IndexDamaged:
        if not rebuild:
            raise
        current = None
    if current is not None:
        damaged = current.broken(digest_of=digest_once)
        if not any(file.name == FILE for file in damaged):
            # Caches that are damaged, or of another Chroma or store, are built anew; all they held is in the corpus.
            is_sound = not damaged and current.misfit(settings.store) is None
            return _Base(current, stack.enter_context(current.corpus()), is_sound)
        if not rebuild:
            raise IndexDamaged(f"{str(damaged[0])!r} is damaged or missing; run `rag index --rebuild PATH`.")
    older = salvage(root)
    return _Base(older, stack.enter_context(older.corpus()), is_sound=False) if older else None


def _folders(base: _Base | None) -> list[Path]:
    """The folders of the base, the upper one first."""
    return [layer.folder for layer in reversed(base.published.layers)] if base else []


def _require_same(onto: Sequence[Root] | None, base: Corpus | None, root: Path) -> None:
    """Return if the index is still made of the roots that the caller saw. Raises: IndexBusy."""
    if onto is not None and base is not None and tuple(onto) != roots_of(base):
        raise IndexBusy(f"The index in {str(root)!r} was given other folders in the meantime; run it again.")


def _others(root: Path, base: _Base | None, fingerprint: str, stack: ExitStack) -> dict[Path, Corpus]:
    """The corpora of other generations that are whole and have vectors of this model, by folder."""
    corpora: dict[Path, Corpus] = {}
    for folder in generation.generations(root):
        if folder in _folders(base):
            continue
        with suppress(IndexDamaged):
            is_there = stack.enter_context(generation.held(folder))
            manifest = generation.read_manifest(folder) if is_there else None
            if manifest and manifest.fingerprint == fingerprint and not broken(folder, manifest.files, FILE):
                corpora[folder] = stack.enter_context(Corpus(folder / FILE))
    return corpora


def _worth_keeping(base: _Base | None) -> str | None:
    """The generation to keep beside the new one: the last, where it is sound."""
    return base.published.whole.manifest.generation if base and base.is_sound else None


def _must_purge(base: _Base, result: Survey) -> bool:
    """Whether a file leaves the index, or left it, whose text must then be in no file of the home."""
    before = base.corpus.paths()
    present = {stored.path for stored in (*result.paths, *result.retained)}
    if base.corpus.meta(PURGE) is not None:
        return True
    if all(stored.path in present for stored in before):
        return False
    return counted(changes(before, result))["deleted"] > 0


def _is_made_alike(base: _Base, signature: Mapping[str, str]) -> bool:
    """Whether all that a sound base has of a passage is what would be made of it now."""
    return base.is_sound and all(base.corpus.meta(key) == signature[key] for key in ("recipe", "fingerprint"))


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


def _complete(
    writer: CorpusWriter, result: Survey, base: _Base | None, alike: _Base | None
) -> tuple[Published | None, int]:
    """Add the paths, and what the base gives: documents that are as they were.

    What the whole generation of `alike` holds, which is the base where all is made alike, is left there, unless far too
    much would lie above it. That generation, or None where the corpus holds all by itself, and how many passages are
    new or gone over it.
    """
    held = [*result.paths, *result.retained]
    writer.add_paths(held)
    needed = {stored.document_id for stored in held}
    folders = _folders(base)
    if alike is not None:
        foundation = alike.published.whole
        for folder in folders[:-1]:
            writer.take_documents(folder / FILE, needed)
        above = writer.lay_over(foundation.folder / FILE)
        if above <= 2 * _MOST_ABOVE:
            writer.save()
            return foundation, above
        writer.stand_alone()
    for folder in folders:
        writer.take_documents(folder / FILE, needed)
    writer.save()
    return None, 0


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
