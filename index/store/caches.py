"""What is made from the corpus of a generation: Chroma's files, the words' and the manifest. Nothing is embedded."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.cut.searchable import lexical_text
from index.errors import IndexDamaged, IndexFault
from index.seal import seal
from index.settings import IndexSettings, StoreSettings
from index.store import generation, probe
from index.store.corpus import FILE, Corpus, Counts
from index.store.manifest import SCHEMA, Manifest, chroma_version
from index.store.published import Published
from index.store.writer import CorpusWriter
from index.types import document_of
from index.vectors.remote import Remote
from index.vectors.stores import build_vectors
from index.vectors.types import Batch, batches_of

if TYPE_CHECKING:
    from index.words.postings import Postings

Trial = Callable[[Path], str | None]
"""Says what is wrong with a whole generation just built, if anything."""


class Progress(Protocol):
    """Told how far a run is. Stages come in order: read, embed, store, publish."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins; the one before it is over."""
        ...

    def advance(self, n: int) -> None:
        """`n` more steps of the stage are done."""
        ...


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self, n: int) -> None:
        """Nothing is shown."""


def build_caches(
    folder: Path,
    settings: IndexSettings,
    fingerprint: str,
    dimension: int,
    progress: Progress,
    words: Sequence[Postings] = (),
) -> Manifest:
    """Build Chroma's store, here or on the server set, and the word index from the corpus in `folder`.

    `words` are those of other generations made alike: what they have of a passage is taken from there.

    The manifest of it all, under the next name.

    Raises: IndexDamaged, when the corpus does not read or lacks a vector of this fingerprint; StoreUnavailable.
    """
    name = generation.new_id(settings.root)
    with Corpus(folder / FILE) as corpus:
        count = corpus.counts()
        progress.start("store", count.passages)
        remote, stored = store_vectors(folder, corpus, name, fingerprint, settings, progress)
        _build_words(folder, corpus, words)
        progress.advance(count.passages - stored)
    return _manifest(folder, name, fingerprint, dimension, count, remote=remote)


def build_layer(
    folder: Path, base: Published, settings: IndexSettings, progress: Progress, words: Sequence[Postings] = ()
) -> Manifest:
    """Build the word index of the corpus in `folder`, which was laid over that of `base`; its few vectors need none.
    `words` as for `build_caches`.

    The manifest of both together, under the next name.

    Raises: IndexDamaged, when a corpus does not read, or a vector is missing.
    """
    with Corpus(folder / FILE) as own:
        progress.start("store", own.counts().passages)
        _build_words(folder, own, words)
        own.vectors(base.manifest.fingerprint)
    with Corpus(folder / FILE, base.folder / FILE) as both:
        count = both.counts()
    name, of = generation.new_id(settings.root), base.manifest
    return _manifest(folder, name, of.fingerprint, of.dimension, count, base=of.generation)


def write_whole(source: Published, file: Path) -> None:
    """Write all that a generation holds, and what it is laid over, to `file` as one corpus.

    Raises: OSError; sqlite3.DatabaseError or IndexDamaged, when a corpus does not read.
    """
    files = [layer.folder / FILE for layer in source.layers]
    if source.base is None:
        shutil.copyfile(files[0], file)
        return
    with CorpusWriter(file, source.manifest.fingerprint) as writer, source.corpus() as corpus:
        writer.take_meta(files[-1])
        writer.add_paths(corpus.paths())
        for other in files:
            writer.take_documents(other, corpus.document_ids())
        for other in files:
            writer.take_vectors(other, needed=True)


def words_of(layers: Sequence[Published]) -> list[Postings]:
    """The words of each of these layers, what is gone among them. Raises: IndexDamaged."""
    from index.words.postings import open_postings

    return [open_postings(layer.folder / probe.LEXICAL) for layer in layers]


def _build_words(folder: Path, corpus: Corpus, words: Sequence[Postings]) -> None:
    from index.words.postings import build_postings, gathered, save_postings

    ids = corpus.passage_ids()
    known = {key for postings in words for key in postings.ids}
    new = [key for key in ids if key not in known]
    built = build_postings(new, _lexical_texts(corpus, new))
    save_postings(folder / probe.LEXICAL, gathered(ids, (built, *words)) if words else built)


def _manifest(
    folder: Path,
    name: str,
    fingerprint: str,
    dimension: int,
    count: Counts,
    *,
    remote: Remote | None = None,
    base: str | None = None,
) -> Manifest:
    return Manifest(
        generation=name,
        schema=SCHEMA,
        fingerprint=fingerprint,
        dimension=dimension,
        chroma=chroma_version(),
        documents=count.documents,
        passages=count.passages,
        files=seal(folder),
        remote=remote,
        base=base,
    )


def store_vectors(
    folder: Path, corpus: Corpus, name: str, fingerprint: str, settings: IndexSettings, progress: Progress
) -> tuple[Remote | None, int]:
    """Store each vector of the corpus once, for the generation `name`; where, if not in `folder`, and how many.

    Raises: IndexDamaged, when one is missing or Chroma fails; StoreUnavailable.
    """
    distinct = corpus.distinct_ids()
    batches = _batches(corpus, fingerprint, distinct, progress)
    return build_vectors(folder / probe.CHROMA, name, len(distinct), batches, settings), len(distinct)


def put_in_use(
    folder: Path, manifest: Manifest, settings: IndexSettings, progress: Progress, trial: Trial | None
) -> None:
    """Publish what was built in `folder`; a whole one is tried before. Raises: IndexDamaged; OSError."""
    progress.start("publish", 1)
    if manifest.base is None:
        require_sound(folder, manifest.remote, settings.store, trial)
    generation.publish(settings.root, folder, manifest)
    progress.advance(1)


def require_sound(folder: Path, remote: Remote | None, store: StoreSettings, trial: Trial | None) -> None:
    """Return if `trial`, or `probe.run` where it is None, finds nothing wrong with `folder`. Raises: IndexDamaged."""
    problem = trial(folder) if trial else probe.run(folder, remote, store)
    if problem:
        raise IndexDamaged(
            f"The index just built failed its trial and was not put in use: {problem}; run `rag doctor`."
        )


@contextmanager
def in_one_sentence(root: Path) -> Iterator[None]:
    """Turn a disk that is full, read-only or broken into one sentence; files of the user's never come here."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise IndexFault(
            f"The index in {str(root)!r} could not be written ({reason}); the last one stays in use. "
            "Free some space or mend the folder's rights, and run it again."
        ) from error


def _batches(corpus: Corpus, fingerprint: str, ids: Sequence[str], progress: Progress) -> Iterator[Batch]:
    for batch in batches_of(len(ids)):
        part = ids[batch]
        yield part, corpus.vectors(fingerprint, part)
        progress.advance(len(part))


def _lexical_texts(corpus: Corpus, ids: Sequence[str]) -> Iterator[str]:
    """One text for each of the passages `ids`, which are all of some documents, in the order of storing."""
    for document in dict.fromkeys(map(document_of, ids)):
        articles = {article.ordinal: article for article in corpus.articles(document)}
        for passage in corpus.passages_of(document):
            article = articles[passage.article]
            yield lexical_text(passage, article, corpus.headings(passage, article))
