"""Bring an index in step with folders: read, embed what is new, build a whole generation apart, try it, publish it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from index import generation, probe
from index.corpus import FILE, Corpus, CorpusWriter, EmbeddingWriter, StoredPath
from index.errors import IndexDamaged, IndexFault
from index.files import Found, discover, shown
from index.generation import Manifest
from index.seal import broken, seal
from index.searchable import embedding_text, lexical_text
from index.settings import IndexSettings
from index.survey import Survey, changes, recipe, survey, write_document
from index.types import Embedder, Report, Vectors

_WINDOW = 4096
"""Texts sorted by length at a time: equal lengths side by side waste no padding."""
_SLICE = 256


class Progress(Protocol):
    """Told how far a run is. Stages come in order: read, embed, store, publish."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins; the one before it is over."""
        ...

    def advance(self, n: int) -> None:
        """`n` more steps of the stage are done."""
        ...


class _Silent:
    def start(self, stage: str, total: int) -> None:
        pass

    def advance(self, n: int) -> None:
        pass


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
    rebuild: bool = False,
    trial: Callable[[Path], str | None] = probe.run,
) -> Report:
    """Make the index hold what lies under `paths` now, and nothing else; report what was done.

    Texts whose vectors are stored are not embedded again. Where nothing changed, nothing is published. A file that
    was indexed and cannot be read now is kept. `rebuild` builds anew even then, and where the index in use is
    damaged takes over what is still whole of it or of the one before it. Until the last step, and whatever goes
    wrong, the index in use stays as it is. `trial` says what is wrong with a generation just built, if anything.

    Raises: IndexBusy; IndexDamaged, when the index in use must be rebuilt or the new one fails its trial;
    IndexFault, when there is nothing to index or the disk does not take it; ModelUnavailable.
    """
    roots = tuple(dict.fromkeys(Path(os.path.abspath(path)) for path in paths))
    found = _outside(settings.root.parent, discover(roots))
    watch = _Stopwatch(progress or _Silent())
    root = settings.root
    with ExitStack() as stack:
        stack.enter_context(_in_one_sentence(root))
        stack.enter_context(generation.writing(root))
        base = _base(root, rebuild, stack)
        folder = stack.enter_context(generation.staging(root))
        file = folder / FILE
        watch.start("read", len(found.files))
        with CorpusWriter(file) as writer:
            result = survey(found, settings, base.corpus if base else None, writer, watch.advance)
            _require_something(result, base, roots, found)
            if base and base.manifest and not rebuild and _is_same(base, result, roots, settings, embedder):
                return _report(base.manifest, base.corpus, result, base, 0, watch)
            _complete(writer, result, base)
            _sign(writer, roots, settings, embedder)
        embedded = _embed(file, base, embedder, watch)
        manifest = _caches(folder, root, embedder, watch)
        watch.start("publish", 1)
        _require_sound(trial(folder))
        generation.publish(root, folder, manifest)
        watch.advance(1)
        with Corpus(generation.folder_of(root, manifest.generation) / FILE) as corpus:
            return _report(manifest, corpus, result, base, embedded, watch)


def _outside(indexes: Path, found: Found) -> Found:
    """The files found, but for those of the indexes themselves, should they lie below a folder given."""
    indexes = Path(os.path.abspath(indexes))
    kept = tuple(file for file in found.files if not file.path.is_relative_to(indexes))
    return Found(kept, found.unlisted, found.hidden)


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


def _require_something(result: Survey, base: _Base | None, roots: Sequence[Path], found: Found) -> None:
    emptied = base is not None and base.corpus.meta("roots") == _roots(roots)  # of folders never indexed, a mistake
    if result.paths or result.kept or emptied:
        return
    where = ", ".join(repr(shown(str(root))) for root in roots)
    count = len(found.files) + len(found.unlisted)
    passed = f" ({count} {'file' if count == 1 else 'files'} passed over)" if result.skipped else ""
    first = f" The first: {result.skipped[0].path!r}, {result.skipped[0].reason}." if result.skipped else ""
    raise IndexFault(f"There is nothing to index in {where}{passed}; give a folder with documents.{first}")


def _is_same(base: _Base, result: Survey, roots: Sequence[Path], settings: IndexSettings, embedder: Embedder) -> bool:
    """Whether the index in use already holds all this, made the same way."""
    now = {(stored.path, stored.location, stored.document_id) for stored in (*result.paths, *result.kept)}
    before = {(stored.path, stored.location, stored.document_id) for stored in base.corpus.paths()}
    return (
        now == before
        and base.corpus.meta("recipe") == recipe(settings)
        and base.corpus.meta("fingerprint") == embedder.fingerprint
        and base.corpus.meta("roots") == _roots(roots)
    )


def _complete(writer: CorpusWriter, result: Survey, base: _Base | None) -> None:
    """Add what the base gives: documents that are as they were, and the paths."""
    if base is not None:
        for key in result.reused:
            write_document(base.corpus.document(key), base.corpus.articles(key), base.corpus.passages_of(key), writer)
    for stored in (*result.paths, *result.kept):
        writer.add_path(stored)


def _sign(writer: CorpusWriter, roots: Sequence[Path], settings: IndexSettings, embedder: Embedder) -> None:
    writer.set_meta("recipe", recipe(settings))
    writer.set_meta("fingerprint", embedder.fingerprint)
    writer.set_meta("roots", _roots(roots))


def _roots(roots: Sequence[Path]) -> str:
    return json.dumps([str(root) for root in roots])


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


def _caches(folder: Path, root: Path, embedder: Embedder, watch: _Stopwatch) -> Manifest:
    """Build Chroma's and BM25's files from the corpus, and the manifest of it all."""
    from index.lexical import LexicalIndex
    from index.store import build_store

    with Corpus(folder / FILE) as corpus:
        count, ids = corpus.counts(), corpus.passage_ids()
        watch.start("store", len(ids))
        distinct = corpus.distinct_ids()
        build_store(folder / probe.CHROMA, distinct, corpus.vectors(embedder.fingerprint, distinct))
        texts = dict(_lexical_texts(corpus))
        LexicalIndex.build(folder / probe.LEXICAL, ids, [texts[key] for key in ids])
        watch.advance(len(ids))
    return Manifest(
        generation=generation.new_id(root),
        schema=generation.SCHEMA,
        fingerprint=embedder.fingerprint,
        dimension=embedder.dimension,
        chroma=generation.chroma_version(),
        documents=count.documents,
        passages=count.passages,
        files=seal(folder),
    )


def _lexical_texts(corpus: Corpus) -> Iterator[tuple[str, str]]:
    for document in corpus.document_ids():
        articles = {article.ordinal: article for article in corpus.articles(document)}
        for passage in corpus.passages_of(document):
            yield passage.id, lexical_text(passage, articles[passage.article])


def _require_sound(problem: str | None) -> None:
    if problem:
        raise IndexDamaged(
            f"The index just built failed its trial and was not put in use: {problem}; run `rag doctor`."
        )


def _report(
    manifest: Manifest, corpus: Corpus, result: Survey, base: _Base | None, embedded: int, watch: _Stopwatch
) -> Report:
    count = corpus.counts()
    before: tuple[StoredPath, ...] = base.corpus.paths() if base else ()
    return Report(
        generation=manifest.generation,
        files=changes(before, result),
        skipped=tuple(result.skipped),
        documents=count.documents,
        articles=count.articles,
        passages=count.passages,
        embedded=embedded,
        reused=count.passages - embedded,
        seconds=watch.seconds(),
        remarks=corpus.remarks(),
        hidden=corpus.hidden(),
    )


@contextmanager
def _in_one_sentence(root: Path) -> Iterator[None]:
    """Turn a disk that is full, read-only or broken into one sentence; files of the user's never come here."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise IndexFault(
            f"The index in {str(root)!r} could not be written ({reason}); the last one stays in use. "
            "Free some space or mend the folder's rights, and run it again."
        ) from error
