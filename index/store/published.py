"""A published generation as it is read: by itself, or laid over the whole one that it names as its base.

An edit need not cost what the whole index costs. A generation with a base has the corpus and the words of what was
added or changed since, and the names of what is gone; documents, vectors and words of all else are read where they lie,
in the base, which is always whole. It is published as any other, by one name replaced, and its base is kept as long.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexDamaged
from index.seal import broken
from index.settings import StoreSettings
from index.store import generation
from index.store.corpus import FILE, Corpus
from index.store.manifest import Manifest, misfit


@dataclass(frozen=True, slots=True)
class Published:
    """A generation and its folder, with the whole one it is laid over, if it is over one."""

    folder: Path
    manifest: Manifest
    base: Published | None = None

    @property
    def whole(self) -> Published:
        """The generation that has Chroma's store: this one, or its base."""
        return self.base or self

    @property
    def layers(self) -> tuple[Published, ...]:
        """The whole generation, and the one over it."""
        return (self.base, self) if self.base else (self,)

    def corpus(self) -> Corpus:
        """Its corpus, opened. Raises: IndexDamaged."""
        return Corpus(self.folder / FILE, self.base.folder / FILE if self.base else None)

    def broken(self, under: str = "", digest_of: Callable[[Path], str] | None = None) -> tuple[Path, ...]:
        """The files whose name starts with `under` that are missing or not as they were published; see `index.seal`."""
        return tuple(
            layer.folder / name
            for layer in self.layers
            for name in broken(layer.folder, layer.manifest.files, under, digest_of)
        )

    def is_corpus_broken(self) -> bool:
        """Whether what it holds is lost: all but a corpus can be made from the corpus."""
        return any(FILE not in layer.manifest.files for layer in self.layers) or bool(self.broken(FILE))

    def misfit(self, store: StoreSettings) -> str | None:
        """Why its caches cannot be used as things are installed and set; None where they can."""
        return next(filter(None, (misfit(layer.manifest, store) for layer in self.layers)), None)

    def require_files(self) -> None:
        """Return if every file is there, whatever it holds. Raises: IndexDamaged."""
        for layer in self.layers:
            generation.require_files(layer.folder, layer.manifest)


def published(root: Path, manifest: Manifest) -> Published:
    """The published generation of this manifest. Raises: IndexDamaged, when its base is not there or does not read."""
    folder = generation.folder_of(root, manifest.generation)
    if manifest.base is None:
        return Published(folder, manifest)
    base = generation.require_base(root, manifest.base)
    return Published(folder, manifest, Published(generation.folder_of(root, manifest.base), base))


def in_use(root: Path) -> Published | None:
    """The generation in use; None where nothing was published yet.

    Raises: IndexDamaged, when CURRENT or a manifest does not read, is of another schema, or names what is not there.
    """
    manifest = generation.read_current(root)
    return published(root, manifest) if manifest else None


def salvage(root: Path) -> Published | None:
    """The newest generation whose corpus is still as it was published, whether or not it is in use."""
    for folder in generation.newest_first(root):
        with suppress(IndexDamaged):
            manifest = generation.read_manifest(folder)
            if manifest:
                candidate = published(root, manifest)
                if candidate.folder == folder and not candidate.is_corpus_broken():
                    return candidate
    return None
