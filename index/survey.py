"""What the folders hold now, against what the index holds: the first half of indexing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from index.articles import split_articles
from index.chunk import chunk
from index.corpus import Corpus, StoredPath
from index.errors import IndexFault, UnreadableFile
from index.files import File, Found, shown
from index.readers import Worker, fetch, parse
from index.searchable import context_of, embedding_text
from index.settings import IndexSettings
from index.structure import structure_of
from index.types import Article, Change, Document, FileChange, Passage, Skipped


class Documents(Protocol):
    """Where the documents go that are read."""

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], texts: Sequence[str]
    ) -> None:
        """As `CorpusWriter` does it."""
        ...


@dataclass(slots=True)
class Survey:
    """What was found: the paths to store, the documents to take over from the base, and what was skipped."""

    found: Found
    paths: list[StoredPath] = field(default_factory=list)
    reused: dict[str, None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    kept: list[StoredPath] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def listed(roots: Sequence[Path]) -> str:
    """The folders given, as they are kept with the index."""
    return json.dumps([str(root) for root in roots])


def recipe(settings: IndexSettings) -> str:
    """Changes whenever equal bytes may be read or cut otherwise: with a setting, or with the code of this package."""
    total = hashlib.sha256(str(settings.passage_words).encode())
    package = Path(__file__).parent
    for source in sorted(package.rglob("*.py")):
        total.update(source.relative_to(package).as_posix().encode() + source.read_bytes())
    return total.hexdigest()[:16]


def survey(
    found: Found, settings: IndexSettings, base: Corpus | None, writer: Documents, advance: Callable[[int], None]
) -> Survey:
    """Read every file found. New documents go to `writer` at once, so that memory holds one file at a time.

    What was indexed before and cannot be read now is kept, and told in `skipped`.
    """
    result = Survey(found)
    same = base if base is not None and base.meta("recipe") == recipe(settings) else None
    known = frozenset(same.document_ids()) if same else frozenset()
    before = {stored.location: stored for stored in base.paths()} if base else {}
    with Worker() as worker:
        for file in found.files:
            try:
                told = _read(file, settings, known, result, writer, worker)
            except UnreadableFile as error:
                stored_before = before.get(file.path)
                if stored_before is not None:
                    result.kept.append(replace(stored_before, path=file.relative))
                told = _told(Skipped(file.relative, str(error)), stored_before is not None)
            if told is not None:
                result.skipped.append(told)
            advance(1)
    for item in found.unlisted:
        below = [stored for place, stored in before.items() if place.is_relative_to(item.path)]
        result.kept.extend(below)
        result.skipped.append(_told(item.skipped, bool(below)))
    taken = {stored.path for stored in result.paths}
    result.kept = [stored for stored in result.kept if stored.path not in taken]
    if base is not None:
        for stored in result.kept:
            _place(result, base.document(stored.document_id), known, settings, writer)
    return result


def changes(before: Sequence[StoredPath], result: Survey) -> tuple[FileChange, ...]:
    """What becomes of every file that was indexed before or is now, by path."""
    old = {stored.path: stored.document_id for stored in before}
    new = {stored.path for stored in (*result.paths, *result.kept)}
    gone: dict[str, list[str]] = {}
    for path in sorted(old.keys() - new, reverse=True):
        gone.setdefault(old[path], []).append(path)
    found = [_change(stored, old, gone) for stored in result.paths]
    found += [FileChange(stored.path, "kept") for stored in result.kept]
    found += [FileChange(path, "deleted") for paths in gone.values() for path in paths]
    return tuple(sorted(found, key=lambda item: item.path))


def counted(found: Sequence[FileChange]) -> dict[Change, int]:
    """How many files are new, changed, moved, deleted, unchanged or kept."""
    count = Counter(item.change for item in found)
    order: tuple[Change, ...] = ("new", "changed", "moved", "deleted", "unchanged", "kept")
    return {change: count[change] for change in order}


def write_document(
    document: Document, articles: Sequence[Article], passages: Sequence[Passage], writer: Documents
) -> None:
    """Add a document with what is embedded of each of its passages."""
    by_ordinal = {article.ordinal: article for article in articles}
    structure = structure_of(document, articles)
    texts = []
    for passage in passages:
        article = by_ordinal[passage.article]
        texts.append(embedding_text(passage, article, context_of(passage, article, document.text, structure)))
    writer.add_document(document, articles, passages, texts)


def require_something(result: Survey, base: Corpus | None, roots: str) -> None:
    """Return if there is something to index, or there was under the same `roots`.

    Raises: IndexFault. Where nothing was ever indexed, a folder without documents is most likely a mistake.
    """
    if result.paths or result.kept or (base is not None and base.meta("roots") == roots):
        return
    where = ", ".join(repr(shown(root)) for root in json.loads(roots))
    found = result.found
    count = len(found.files) + len(found.unlisted) + found.excluded
    passed = f" ({count} {'file' if count == 1 else 'files'} passed over)" if count else ""
    patterns = ", or check the patterns" if found.excluded else ""
    first = f" The first: {result.skipped[0].path!r}, {result.skipped[0].reason}." if result.skipped else ""
    raise IndexFault(f"There is nothing to index in {where}{passed}; give a folder with documents{patterns}.{first}")


def _read(
    file: File,
    settings: IndexSettings,
    known: frozenset[str],
    result: Survey,
    writer: Documents,
    worker: Worker,
) -> Skipped | None:
    """Place the document of a file, read only where the index does not hold it yet; or say that it holds no text."""
    raw = fetch(file.path, settings.max_file_bytes)
    try:
        status = file.path.stat()
    except OSError as error:
        raise UnreadableFile(f"went away while it was read: {error.strerror}") from error
    if raw.id in known:
        result.reused[raw.id] = None
    elif raw.id not in result.written:
        document = parse(raw, worker)
        if not document.text.strip():
            return Skipped(file.relative, "holds no text")
        _place(result, document, known, settings, writer)
    result.paths.append(StoredPath(file.relative, file.path, raw.id, status.st_size, status.st_mtime_ns))
    return None


def _place(
    result: Survey, document: Document, known: frozenset[str], settings: IndexSettings, writer: Documents
) -> None:
    """Mark a document for reuse, or cut and write it, once."""
    if document.id in known:
        result.reused[document.id] = None
    elif document.id not in result.written:
        articles = split_articles(document)
        write_document(document, articles, chunk(document, articles, settings.passage_words), writer)
        result.written.add(document.id)


def _told(skipped: Skipped, kept: bool) -> Skipped:
    return Skipped(skipped.path, f"{skipped.reason}; what was read before is kept") if kept else skipped


def _change(stored: StoredPath, old: Mapping[str, str], gone: Mapping[str, list[str]]) -> FileChange:
    """A file that has the bytes of one that is gone was moved; each that is gone is moved once, and then left out."""
    if stored.path in old:
        return FileChange(stored.path, "unchanged" if old[stored.path] == stored.document_id else "changed")
    if gone.get(stored.document_id):
        return FileChange(stored.path, "moved", gone[stored.document_id].pop())
    return FileChange(stored.path, "new")
