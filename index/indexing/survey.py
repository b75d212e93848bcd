"""What the folders hold now, against what the index holds: the first half of indexing."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.searchable import embedding_text
from index.document.structure import structure_of
from index.errors import GoneAtOnce, IndexFault, UnreadableFile
from index.folder.files import File, Listing, discover, printable
from index.folder.gone import in_words, loss, lost
from index.folder.roots import Place, Root
from index.indexing.unchanged import Unchanged, identity_of
from index.readers import Worker, fetch, parse
from index.settings import IndexSettings
from index.store.corpus import Corpus, StoredPath
from index.types import Article, Change, Document, FileChange, Loss, Passage, Skipped


class Documents(Protocol):
    """Where the documents go that are read."""

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], texts: Sequence[str]
    ) -> None:
        """As `CorpusWriter` does it."""
        ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What becomes of files that are gone, too many at once.

    Below the roots `aside` they are kept, since the run is not about those. Elsewhere the run is refused, or with
    `let_go` they leave the index. Files that are `leaving` do so whether they are there or not.
    """

    let_go: bool = False
    aside: Collection[Path] = ()
    leaving: Collection[Path] = ()


REFUSE = Missing()
"""Nothing is meant to go."""


@dataclass(slots=True)
class Survey:
    """What was found: the paths to store, the documents to take over from the base, and what was skipped.

    `lost` is where too much was gone at once; what was there is among `retained`.
    """

    listing: Listing
    paths: list[StoredPath] = field(default_factory=list)
    reused: dict[str, None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    retained: list[StoredPath] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)


def recipe(settings: IndexSettings) -> str:
    """Changes whenever equal bytes may be read or cut otherwise: with a setting, or with the code of this package."""
    total = hashlib.sha256(str(settings.passage_words).encode())
    package = Path(__file__).parent.parent
    for source in sorted(package.rglob("*.py")):
        total.update(source.relative_to(package).as_posix().encode() + source.read_bytes())
    return total.hexdigest()[:16]


def look(
    settings: IndexSettings, roots: Sequence[Root], base: Corpus | None, leaving: Collection[Path] = ()
) -> Listing:
    """What lies under the roots now, but for the files that are `leaving` and all that is our own.

    Raises: UnreadableFile, when a root is not there that the base does not know.
    """
    known = frozenset(root.path for root in roots_of(base))
    listing = discover(roots, home=settings.home, known=known)
    staying = tuple(file for file in listing.files if file.path not in leaving)
    return replace(listing, files=staying)


def roots_of(base: Corpus | None) -> tuple[Root, ...]:
    """The roots that a corpus was made from."""
    return base.roots() if base else ()


def survey(
    listing: Listing,
    settings: IndexSettings,
    base: Corpus | None,
    writer: Documents,
    advance: Callable[[int], None],
    missing: Missing = REFUSE,
    *,
    rebuild: bool = False,
) -> Survey:
    """Read every file found, with `rebuild` those too that are unchanged. New documents go to `writer` at once, so
    that memory holds one file at a time.

    What was indexed before and cannot be read now is kept, and told in `skipped`.

    Raises: GoneAtOnce, when too much is gone that `missing` does not speak of.
    """
    result = Survey(listing)
    same = base if base is not None and base.meta("recipe") == recipe(settings) else None
    known = frozenset(same.document_ids()) if same else frozenset()
    before = {stored.location: stored for stored in base.paths()} if base else {}
    unchanged = Unchanged(before.values(), same.read_at()) if same and not rebuild else Unchanged((), 0)
    with Worker() as worker:
        for file in listing.files:
            skipped = None
            try:
                if stored := unchanged.of(file, settings.max_file_bytes):
                    result.reused[stored.document_id] = None
                    result.paths.append(stored)
                else:
                    skipped = _read(file, settings, known, result, writer, worker)
            except UnreadableFile as error:
                stored_before = before.get(file.path)
                if stored_before is not None:
                    result.retained.append(replace(stored_before, path=file.relative))
                skipped = _with_note(Skipped(file.relative, str(error)), stored_before is not None)
            if skipped is not None:
                result.skipped.append(skipped)
            advance(1)
    below = _Below(before)
    for item in listing.unlisted:
        stored_below = below.at(item.path)
        result.retained.extend(stored_below)
        result.skipped.append(_with_note(item.skipped, bool(stored_below)))
    if base is not None:
        _settle(result, tuple(before.values()), base, missing)
        _keep(result, base, known, settings, writer)
    return result


def _settle(result: Survey, before: Sequence[StoredPath], base: Corpus, missing: Missing) -> None:
    """Find out whether too much is gone at once, and do with it what is to be done.

    Raises: GoneAtOnce.
    """
    roots = result.listing.roots
    gone = _gone(before, result, roots, missing.leaving)
    files, known = [stored.location for stored in gone], [stored.location for stored in before]
    seen = {place.path: place for place in base.places()}
    watched = [seen.get(path, Place(path)) for path in dict.fromkeys((*roots, *seen)) if _is_below(path, roots)]
    places = lost(watched, known, files) if gone else ()
    away = [place for place in places if _root_of(place.path, roots) in missing.aside]
    meant = [loss(place, known, files) for place in places if place not in away]
    if meant and not missing.let_go:
        raise GoneAtOnce(in_words(meant))
    folders = [place.path for place in away]
    result.retained.extend(stored for stored in gone if _is_below(stored.location, folders))
    result.lost = [loss(place, known, files) for place in away]
    for item in result.listing.absent:
        result.skipped.append(_with_note(item.skipped, _is_below(item.path, folders)))


def _gone(
    before: Sequence[StoredPath], result: Survey, roots: Sequence[Path], leaving: Collection[Path]
) -> list[StoredPath]:
    """Files that were indexed below `roots` and are not there any more, though nobody took them out.

    One whose bytes have come to light in another place was moved.
    """
    present = [*result.paths, *result.retained]
    there, known = {stored.location for stored in present}, {stored.location for stored in before}
    moved = Counter(stored.document_id for stored in present if stored.location not in known)
    gone: list[StoredPath] = []
    for stored in before:
        if stored.location in there or stored.location in leaving or not _is_below(stored.location, roots):
            continue
        if moved[stored.document_id]:
            moved[stored.document_id] -= 1
        elif not os.path.lexists(stored.location):
            gone.append(stored)
    return gone


def _keep(result: Survey, base: Corpus, known: frozenset[str], settings: IndexSettings, writer: Documents) -> None:
    """Take over what is kept, under a name that no other file has by now."""
    taken = {stored.path for stored in result.paths}
    locations = {stored.location for stored in result.paths}
    retained = {stored.location: stored for stored in result.retained if stored.location not in locations}
    result.retained = []
    for stored in retained.values():
        free = stored if stored.path not in taken else replace(stored, path=printable(str(stored.location)))
        taken.add(free.path)
        result.retained.append(free)
        _place(result, base.document(stored.document_id), known, settings, writer)


class _Below:
    """Files by where they lie, to be had by folder."""

    def __init__(self, stored: Mapping[Path, StoredPath]) -> None:
        self._stored = {str(location): item for location, item in stored.items()}
        self._sorted = sorted(self._stored)

    def at(self, path: Path) -> list[StoredPath]:
        """The files at `path` and below it."""
        itself, prefix = str(path), str(path).rstrip(os.sep) + os.sep
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, prefix[:-1] + chr(ord(os.sep) + 1), lo=first)
        names = [*([itself] if itself in self._stored else []), *self._sorted[first:last]]
        return [self._stored[name] for name in names]


def _root_of(path: Path, roots: Sequence[Path]) -> Path:
    """The innermost of `roots` that holds `path`, or `path` itself."""
    return max((root for root in roots if path.is_relative_to(root)), key=lambda root: len(root.parts), default=path)


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def changes(before: Sequence[StoredPath], result: Survey) -> tuple[FileChange, ...]:
    """What becomes of every file that was indexed before or is now, by path."""
    old = {stored.path: stored.document_id for stored in before}
    new = {stored.path for stored in (*result.paths, *result.retained)}
    gone: dict[str, list[str]] = {}
    for path in sorted(old.keys() - new, reverse=True):
        gone.setdefault(old[path], []).append(path)
    listed = [_change(stored, old, gone) for stored in result.paths]
    listed += [FileChange(stored.path, "kept") for stored in result.retained]
    listed += [FileChange(path, "deleted") for paths in gone.values() for path in paths]
    return tuple(sorted(listed, key=lambda item: item.path))


def counted(changed: Sequence[FileChange]) -> dict[Change, int]:
    """How many files are new, changed, moved, deleted, unchanged or kept."""
    count = Counter(item.change for item in changed)
    order: tuple[Change, ...] = ("new", "changed", "moved", "deleted", "unchanged", "kept")
    return {change: count[change] for change in order}


def write_document(
    document: Document, articles: Sequence[Article], passages: Sequence[Passage], writer: Documents
) -> None:
    """Add a document with what is embedded of each of its passages."""
    by_ordinal = {article.ordinal: article for article in articles}
    structure = structure_of(document, articles)
    texts = [embedding_text(item, by_ordinal[item.article], document.text, structure) for item in passages]
    writer.add_document(document, articles, passages, texts)


def require_something(result: Survey, base: Corpus | None, roots: Sequence[Root]) -> None:
    """Return if every root that is new has something to index, or there is one at all.

    Raises: IndexFault. A folder that is new and without documents is most likely a mistake.
    """
    known = {root.path for root in roots_of(base)}
    locations = [stored.location for stored in (*result.paths, *result.retained)]
    bare = [root.path for root in roots if root.path not in known and not _holds_any(root.path, locations)]
    if roots and not bare:
        return
    where = ", ".join(repr(printable(str(path))) for path in bare) or "no folder"
    listing = result.listing
    count = len(listing.files) + len(listing.unlisted) + listing.excluded if len(bare) == len(roots) else 0
    passed = f" ({count} {'file' if count == 1 else 'files'} passed over)" if count else ""
    patterns = ", or check the patterns" if listing.excluded else ""
    first = f" The first: {result.skipped[0].path!r}, {result.skipped[0].reason}." if count and result.skipped else ""
    raise IndexFault(f"There is nothing to index in {where}{passed}; give a folder with documents{patterns}.{first}")


def _holds_any(root: Path, locations: Sequence[Path]) -> bool:
    names = [root, Path(os.path.realpath(root))]  # what lies below two roots goes by the name of the first
    return any(_is_below(location, names) for location in locations)


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
    identity = identity_of(status)
    result.paths.append(StoredPath(file.relative, file.path, raw.id, status.st_size, status.st_mtime_ns, identity))
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


def _with_note(skipped: Skipped, retained: bool) -> Skipped:
    return Skipped(skipped.path, f"{skipped.reason}; what was read before is kept") if retained else skipped


def _change(stored: StoredPath, old: Mapping[str, str], gone: Mapping[str, list[str]]) -> FileChange:
    """A file that has the bytes of one that is gone was moved; each that is gone is moved once, and then left out."""
    if stored.path in old:
        return FileChange(stored.path, "unchanged" if old[stored.path] == stored.document_id else "changed")
    if gone.get(stored.document_id):
        return FileChange(stored.path, "moved", gone[stored.document_id].pop())
    return FileChange(stored.path, "new")
