"""What indexing would do, found out without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexDamaged
from index.folder.patterns import EVERYTHING, Patterns
from index.folder.roots import Root, rooted
from index.indexing.survey import REFUSE, Missing, changes, counted, look, recipe, require_something, survey
from index.settings import IndexSettings
from index.store import generation
from index.store.caches import Progress, Silent
from index.store.corpus import FILE, Corpus
from index.store.published import published, salvage
from index.types import Article, Change, Document, FileChange, Passage, Skipped


@dataclass(frozen=True, slots=True)
class Plan:
    """Every file by path with what would become of it, those that would be left out and why, and what else to know."""

    counts: dict[Change, int]
    files: tuple[FileChange, ...]
    skipped: tuple[Skipped, ...]
    passages: int
    """Those of the documents that would be read: at most so many would be embedded."""
    notes: tuple[str, ...] = ()
    hidden_files: int = 0
    excluded: int = 0


@dataclass(slots=True)
class _Counted:
    """Takes what a survey reads, and keeps none of it."""

    passages: int = 0

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], texts: Sequence[str]
    ) -> None:
        self.passages += len(passages)


def plan_index(
    settings: IndexSettings,
    roots: Sequence[Path | Root],
    fingerprint: str,
    patterns: Patterns = EVERYTHING,
    progress: Progress | None = None,
    *,
    missing: Missing = REFUSE,
    rebuild: bool = False,
) -> Plan:
    """What `build_index` would do now with the model of this fingerprint. Files are read; nothing is written, locked
    or embedded.

    Raises: IndexDamaged, when the index in use must be rebuilt and `rebuild` is not set; otherwise what `build_index`
    would before it writes.
    """
    wanted = rooted(roots, patterns)
    stages, read = progress or Silent(), _Counted()
    with ExitStack() as stack:
        corpus = _base(settings.root, rebuild, stack)
        listing = look(settings, wanted, corpus, missing.leaving)
        stages.start("read", len(listing.files))
        result = survey(listing, settings, corpus, read, stages.advance, missing)
        require_something(result, corpus, wanted)
        files = changes(corpus.paths() if corpus else (), result)
        notes = tuple(_notes(corpus, settings, fingerprint, rebuild)) if corpus else ()
    return Plan(counted(files), files, tuple(result.skipped), read.passages, notes, listing.hidden, listing.excluded)


def _base(root: Path, rebuild: bool, stack: ExitStack) -> Corpus | None:
    """The corpus that `build_index` would take documents and vectors from."""
    try:
        return stack.enter_context(_in_use(root))
    except IndexDamaged:
        if not rebuild:
            raise
    older = salvage(root)
    return stack.enter_context(older.corpus()) if older else None


@contextmanager
def _in_use(root: Path) -> Iterator[Corpus | None]:
    """The corpus of the generation in use, which is not removed while it is read; None where nothing is indexed."""
    with generation.reading(root) as held:
        if held is None:
            yield None
            return
        used = published(root, held[0])
        for file in used.broken(FILE):
            raise IndexDamaged(f"{str(file)!r} is damaged or missing; run `rag index --rebuild PATH`.")
        with used.corpus() as corpus:
            yield corpus


def _notes(corpus: Corpus, settings: IndexSettings, fingerprint: str, rebuild: bool) -> Iterator[str]:
    if rebuild:
        yield "everything is built anew, even if nothing has changed; stored vectors are used again"
    if corpus.meta("recipe") != recipe(settings):
        yield "a setting or this program has changed, so every file is read and cut anew"
    if corpus.meta("fingerprint") != fingerprint:
        yield "another embedding model is set, so every passage is embedded anew"
