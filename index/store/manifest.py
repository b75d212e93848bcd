"""What a generation says of itself, in one line of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from index.errors import IndexDamaged
from index.settings import StoreSettings
from index.vectors.remote import Remote

SCHEMA = 3
"""Raised when the files of a generation change their form; another number is refused."""

_WORDS = "lexical/vocabulary.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds, the digest of each of its files, and where its vectors are if not in one of them."""

    generation: str
    schema: int
    fingerprint: str
    dimension: int
    chroma: str
    documents: int
    passages: int
    files: Mapping[str, str]
    remote: Remote | None = None
    before: str | None = None
    """The generation kept beside this one, to mend it from; none where that holds what has been taken out since."""
    base: str | None = None
    """The whole generation over which this one is laid, if it is not whole itself."""

    def line(self) -> str:
        """The manifest as it stands in CURRENT."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"


def misfit(manifest: Manifest, store: StoreSettings) -> str | None:
    """Why the caches of a generation cannot be used as things are installed and set; None where they can."""
    if _WORDS not in manifest.files:
        return "has the word index of an earlier version"
    if manifest.base is not None:
        return None
    there = manifest.remote.server if manifest.remote else None
    if there != store.url:
        where = f"has its vectors on the Chroma server {there}" if there else "has its vectors in its own files"
        return f"{where}, and store.host is {'set to ' + repr(store.url) if store.url else 'not set'}"
    if there is None and manifest.chroma != chroma_version():
        return f"was written by chromadb {manifest.chroma}, and {chroma_version()} is installed"
    return None


def chroma_version() -> str:
    """The version of Chroma that is installed, which is never asked to read what another one wrote."""
    return version("chromadb")


def parse(path: Path, line: str | None) -> Manifest | None:
    """The manifest that `line`, read from `path`, holds; None where there is none.

    Raises: IndexDamaged, when it does not read or is of another schema.
    """
    if line is None:
        return None
    try:
        values = json.loads(line)
        remote = values.pop("remote", None)
        manifest = Manifest(**values, remote=None if remote is None else Remote(**remote))
    except (ValueError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"{str(path)!r} does not read as a manifest; run `rag index --rebuild PATH`.") from error
    if manifest.schema != SCHEMA:
        raise IndexDamaged(
            f"The index in {str(path.parent)!r} has schema {manifest.schema!r}, this version reads {SCHEMA}; "
            "run `rag index --rebuild PATH`."
        )
    if not _is_sound(manifest):
        raise IndexDamaged(f"{str(path)!r} holds values no manifest has; run `rag index --rebuild PATH`.")
    return manifest


def _is_sound(manifest: Manifest) -> bool:
    words = (manifest.generation, manifest.fingerprint, manifest.chroma, manifest.before or "", manifest.base or "")
    numbers = (manifest.dimension, manifest.documents, manifest.passages)
    return (
        all(isinstance(word, str) for word in words)
        and all(isinstance(number, int) for number in numbers)
        and isinstance(manifest.files, dict)
        and re.fullmatch(r"\d+-[0-9a-f]+", manifest.generation) is not None
        and (manifest.remote is None or _is_remote(manifest.remote))
    )


def _is_remote(remote: Remote) -> bool:
    return isinstance(remote.server, str) and isinstance(remote.collection, str) and isinstance(remote.count, int)
