"""Bring an index in step with folders: read, embed what is new, build a whole generation apart, try it, publish it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import generation, probe
from index.caches import Progress, Silent, build_caches, in_one_sentence, require_sound
from index.corpus import FILE, Corpus, CorpusWriter, EmbeddingWriter, StoredPath
from index.errors import IndexDamaged, IndexFault
from index.files import absolute, discover, outside
from index.generation import Manifest
from index.patterns import EVERYTHING, Patterns
from index.seal import broken
from index.searchable import embedding_text
from index.settings import IndexSettings
from index.survey import Survey, changes, counted, listed, recipe, require_something, survey, write_document
from index.types import Embedder, Report, Vectors

_WINDOW = 4096
"""Texts sorted by length at a time: equal lengths side by side waste no padding."""
_SLICE = 256


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
    paths: Sequence[Path],
    embedder: Embedder,
    progress: Progress | None = None,
    *,
    patterns: Patterns = EVERYTHING,
    rebuild: bool = False,
    trial: Callable[[Path], str | None] = probe.run,
) -> Report:
    """Make the index hold what `patterns` want of what lies under `paths` now, and no more; report what was done.

    Texts whose vectors are stored are not embedded again. Where nothing changed, nothing is published. A file that
    was indexed and cannot be read now is kept. `rebuild` builds anew even then, and where the index in use is
    damaged takes over what is still whole of it or of the one before it. Until the last step, and whatever goes
    wrong, the index in use stays as it is. `trial` says what is wrong with a generation just built, if anything.

    Raises: IndexBusy; IndexDamaged, when the index in use must be rebuilt or the new one fails its trial;
    IndexFault, when there is nothing to index or the disk does not take it; ModelUnavailable.
    """
    roots = absolute(paths)
    found = outside(settings.root.parent, discover(roots, patterns))
    signature = _signature(roots, patterns, settings, embedder)
    watch = _Stopwatch(progress or Silent())
    root = settings.root
    with ExitStack() as stack:
        stack.enter_context(in_one_sentence(root))
        stack.enter_context(generation.writing(root))
        base = _base(root, rebuild, stack)
        folder = stack.enter_context(generation.staging(root))
        file = folder / FILE
        watch.start("read", len(found.files))
        with CorpusWriter(file) as writer:
            result = survey(found, settings, base.corpus if base else None, writer, watch.advance)
            require_something(result, base.corpus if base else None, signature["roots"])
            if base and base.manifest and not rebuild and _is_same(base, result, signature):
                return _report(base.manifest, base.corpus, result, base, 0, watch)
            _complete(writer, result, base)
            for key, value in signature.items():
                writer.set_meta(key, value)
        embedded = _embed(file, base, embedder, watch)
        manifest = build_caches(folder, root, embedder.fingerprint, embedder.dimension, watch)
        watch.start("publish", 1)
        require_sound(trial(folder))
        generation.publish(root, folder, manifest)
        watch.advance(1)
        with Corpus(generation.folder_of(root, manifest.generation) / FILE) as corpus:
            return _report(manifest, corpus, result, base, embedded, watch)


def _base(root: Path, rebuild: bool, stack: ExitStack) -> _Base | None:
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
            # Caches that are damaged or of another Chroma are built anew; all they held is in the corpus.
            whole = not damaged and current.chroma == generation.chroma_version()
            return _Base(folder, stack.enter_context(Corpus(folder / FILE)), current if whole else None)
        if not rebuild:
            raise IndexDamaged(f"{str(folder / FILE)!r} is damaged or missing; run `rag index --rebuild PATH`.")
    older = generation.salvage(root, FILE)
    return _Base(older, stack.enter_context(Corpus(older / FILE)), None) if older else None


def _is_same(base: _Base, result: Survey, signature: Mapping[str, str]) -> bool:
    """Whether the index in use already holds all this, made the same way."""
    now = {(stored.path, stored.location, stored.document_id) for stored in (*result.paths, *result.kept)}
    before = {(stored.path, stored.location, stored.document_id) for stored in base.corpus.paths()}
    return now == before and all(base.corpus.meta(key) == value for key, value in signature.items())


def _complete(writer: CorpusWriter, result: Survey, base: _Base | None) -> None:
    """Add what the base gives: documents that are as they were, and the paths."""
    if base is not None:
        for key in result.reused:
            write_document(base.corpus.document(key), base.corpus.articles(key), base.corpus.passages_of(key), writer)
    for stored in (*result.paths, *result.kept):
        writer.add_path(stored)


def _signature(
    roots: Sequence[Path], patterns: Patterns, settings: IndexSettings, embedder: Embedder
) -> dict[str, str]:
    """What an index is made from besides the files; where any of it changes, another is published."""
    return {
        "recipe": recipe(settings),
        "fingerprint": embedder.fingerprint,
        "roots": listed(roots),
        "patterns": patterns.line(),
    }


def _embed(file: Path, base: _Base | None, embedder: Embedder, watch: _Stopwatch) -> int:
    """Give every passage its vector; how many texts were embedded for it."""
    with EmbeddingWriter(file, embedder.fingerprint) as writer, Corpus(file) as corpus:
        if base is not None:
            writer.copy_from(base.folder / FILE)
        missing = list(writer.missing().items())
        watch.start("embed", len(missing))
        for at in range(0, len(missing), _WINDOW):
            window = missing[at : at + _WINDOW]
            texts = {digest: _embedding_text(corpus, key) for digest, key in window}
            for batch in _batches(texts):
                writer.add(batch, _checked(embedder, [texts[digest] for digest in batch]))
                watch.advance(len(batch))
    return len(missing)


def _embedding_text(corpus: Corpus, passage_id: str) -> str:
    passage = corpus.passages([passage_id])[passage_id]
    return embedding_text(passage, corpus.article(passage.document_id, passage.article))


def _batches(texts: dict[str, str]) -> Iterator[list[str]]:
    by_length = sorted(texts, key=lambda digest: len(texts[digest]))
    return (by_length[at : at + _SLICE] for at in range(0, len(by_length), _SLICE))


def _checked(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    vectors = embedder.embed(texts)
    if vectors.shape != (len(texts), embedder.dimension) or not np.isfinite(vectors).all():
        raise IndexFault(
            f"The embedding model {embedder.fingerprint!r} gave an array of shape {vectors.shape} for {len(texts)} "
            f"texts, or numbers that are not finite; set index.model to another."
        )
    return vectors


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
        hidden_files=result.found.hidden,
        excluded=result.found.excluded,
    )
