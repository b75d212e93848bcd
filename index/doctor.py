"""A check of everything a published index rests on, one finding a subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index import generation, probe
from index.corpus import FILE, Corpus
from index.errors import IndexDamaged
from index.generation import Manifest
from index.seal import broken
from index.settings import IndexSettings

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
            manifest, _ = held
            return tuple(_examine(manifest, generation.folder_of(settings.root, manifest.generation), fingerprint))
    except IndexDamaged as error:
        return (Finding("CURRENT", False, str(error), _REBUILD),)


def _examine(manifest: Manifest, folder: Path, fingerprint: str | None) -> Iterator[Finding]:
    yield Finding("CURRENT", True, f"generation {manifest.generation}, schema {manifest.schema}")
    yield _chroma(manifest)
    if fingerprint is not None:
        yield _model(manifest, fingerprint)
    damaged = broken(folder, manifest.files)
    remedy = generation.remedy(FILE if FILE in damaged else probe.CHROMA)
    for name in damaged:
        yield Finding("file", False, f"{str(folder / name)!r} is damaged or missing", remedy)
    if not damaged:
        yield Finding("files", True, f"{len(manifest.files)} files as they were published")
    yield from _corpus(manifest, folder / FILE)
    if damaged:
        yield Finding("search", False, "not tried, since files are damaged", remedy)
    else:
        problem = probe.run(folder)
        yield Finding("search", not problem, problem or "passages find themselves", remedy if problem else "")


def _chroma(manifest: Manifest) -> Finding:
    installed = generation.chroma_version()
    if manifest.chroma == installed:
        return Finding("chromadb", True, installed)
    return Finding("chromadb", False, f"written by {manifest.chroma}, installed is {installed}", _INDEX)


def _model(manifest: Manifest, fingerprint: str) -> Finding:
    if manifest.fingerprint == fingerprint:
        return Finding("model", True, fingerprint)
    return Finding("model", False, f"built with {manifest.fingerprint}, set is {fingerprint}", _INDEX)


def _corpus(manifest: Manifest, file: Path) -> Iterator[Finding]:
    try:
        with Corpus(file) as corpus:
            told = corpus.integrity()
            yield Finding("corpus", told == "ok", told, "" if told == "ok" else _REBUILD)
            count = corpus.counts()
    except IndexDamaged as error:
        yield Finding("corpus", False, str(error), _REBUILD)
        return
    same = (count.documents, count.passages) == (manifest.documents, manifest.passages)
    detail = f"{count.documents:,} documents, {count.passages:,} passages"
    if not same:
        detail += f", and the manifest says {manifest.documents:,} and {manifest.passages:,}"
    yield Finding("counts", same, detail, "" if same else _REBUILD)
