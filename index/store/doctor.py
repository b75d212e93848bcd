"""A check of everything a published index rests on, one finding a subject."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexDamaged, StoreUnavailable
from index.settings import IndexSettings, StoreSettings
from index.store import generation, probe
from index.store.corpus import FILE, Corpus
from index.store.manifest import Manifest
from index.store.published import Published, published
from index.vectors import ledger
from index.vectors.remote import Remote
from index.vectors.stores import open_vectors

_REBUILD = "run `rag index --rebuild PATH`"
_INDEX = "run `rag index PATH`"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, what was seen, and what mends it (empty where nothing need be done)."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(settings: IndexSettings, fingerprint: str | None = None) -> tuple[Finding, ...]:
    """Findings about the index in use, most basic first; with `fingerprint`, also whether it suits that model.

    Never raises for a damaged index: that is a finding. Whatever may crash is tried in another process.
    """
    try:
        with generation.reading(settings.root) as held:
            if held is None:
                return (Finding("CURRENT", False, f"nothing is indexed in {str(settings.root)!r}", _INDEX),)
            return tuple(_examine(published(settings.root, held[0]), settings, fingerprint))
    except IndexDamaged as error:
        return (Finding("CURRENT", False, str(error), _REBUILD),)


def _examine(used: Published, settings: IndexSettings, fingerprint: str | None) -> Iterator[Finding]:
    manifest, store = used.manifest, used.whole.manifest
    over = f", laid over {store.generation}" if used.base else ""
    yield Finding("CURRENT", True, f"generation {manifest.generation}{over}, schema {manifest.schema}")
    unusable = used.misfit(settings.store)
    yield _chroma(store, unusable)
    if fingerprint is not None:
        yield _model(manifest, fingerprint)
    damaged = used.broken()
    is_corpus_damaged = any(file.name == FILE for file in damaged)
    remedy = generation.remedy(FILE if is_corpus_damaged else probe.CHROMA)
    for file in damaged:
        yield Finding("file", False, f"{str(file)!r} is damaged or missing", remedy)
    if not damaged:
        count = sum(len(layer.manifest.files) for layer in used.layers)
        yield Finding("files", True, f"{count} files as they were published")
    yield from _corpus(used)
    server = _server(store.remote, settings.store) if store.remote and not unusable else None
    if server is not None:
        yield server
    if damaged:
        yield Finding("search", False, "not tried, since files are damaged", remedy)
    elif server is not None and not server.ok:
        yield Finding("search", False, "not tried, since the vectors cannot be had", server.remedy)
    elif unusable and store.remote:
        yield Finding("search", False, "not tried, since another store is set", _INDEX)
    else:
        yield _search(used.whole, settings.store, remedy)
    yield from _left_on_servers(settings.root)


def _search(whole: Published, store: StoreSettings, remedy: str) -> Finding:
    try:
        problem = probe.run(whole.folder, whole.manifest.remote, store)
    except OSError as error:  # a full disk is no damage: every file is as it was published
        why = f"not tried, since nothing can be written there ({error.strerror}); passages are compared one by one"
        return Finding("search", True, why)
    return Finding("search", not problem, problem or "passages find themselves", remedy if problem else "")


def _chroma(manifest: Manifest, misfit: str | None) -> Finding:
    if misfit is not None:
        return Finding("chromadb", False, f"the index {misfit}", _INDEX)
    return Finding("chromadb", True, manifest.remote.server if manifest.remote else manifest.chroma)


def _server(remote: Remote, store: StoreSettings) -> Finding:
    """Whether the server set holds what was put there, asked without a process apart: no file of Chroma is opened."""
    try:
        with closing(open_vectors(Path(), remote, store)) as vectors:
            return Finding("server", True, f"{vectors.count():,} vectors in {remote.collection!r}")
    except StoreUnavailable as error:
        return Finding("server", False, str(error), f"start the Chroma server {store.url}, or mend [store]")
    except IndexDamaged as error:
        return Finding("server", False, str(error), generation.remedy(probe.CHROMA))


def _left_on_servers(root: Path) -> Iterator[Finding]:
    gone = [entry for entry in ledger.entries(root) if not generation.folder_of(root, entry.generation).exists()]
    for server in sorted({entry.server for entry in gone}):
        names = ", ".join(entry.collection for entry in gone if entry.server == server)
        yield Finding("left", True, f"no longer needed on {server}, deleted by `rag index` while it is set: {names}")


def _model(manifest: Manifest, fingerprint: str) -> Finding:
    if manifest.fingerprint == fingerprint:
        return Finding("model", True, fingerprint)
    return Finding("model", False, f"built with {manifest.fingerprint}, set is {fingerprint}", _INDEX)


def _corpus(used: Published) -> Iterator[Finding]:
    try:
        for layer in used.layers:
            with Corpus(layer.folder / FILE) as own:
                verdict = own.integrity()
            name = "corpus" if layer is used.whole else "edits"
            yield Finding(name, verdict == "ok", verdict, "" if verdict == "ok" else _REBUILD)
        with used.corpus() as corpus:
            count = corpus.counts()
    except IndexDamaged as error:
        yield Finding("corpus", False, str(error), _REBUILD)
        return
    manifest = used.manifest
    same = (count.documents, count.passages) == (manifest.documents, manifest.passages)
    detail = f"{count.documents:,} documents, {count.passages:,} passages"
    if not same:
        detail += f", and the manifest says {manifest.documents:,} and {manifest.passages:,}"
    yield Finding("counts", same, detail, "" if same else _REBUILD)
