"""The ZIP archives that Office and EPUB files are, opened only when what they unpack to is bounded."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import unquote

from index.errors import UnreadableFile
from index.readers.xml import Event, Start, events

_MAX_ENTRIES = 20_000
_MAX_PART = 200 * 1024 * 1024
_PLAIN = 10 * 1024 * 1024
_MAX_RATIO = 200
"""A part larger than `_PLAIN` that was packed tighter than this is a bomb: text packs ten to thirty times."""


class Archive:
    """The parts of a ZIP file by name."""

    def __init__(self, data: bytes) -> None:
        """Open the archive in `data`.

        Raises: UnreadableFile, when it is damaged or has too many parts.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise UnreadableFile("a damaged or truncated ZIP archive") from error
        self._parts = {info.filename: info for info in self._zip.infolist()}
        if len(self._zip.infolist()) > _MAX_ENTRIES:
            raise UnreadableFile(f"a ZIP archive of {len(self._zip.infolist()):,} parts; the limit is {_MAX_ENTRIES:,}")

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of a part, unpacked as they are read.

        Raises: UnreadableFile, when the part is missing, damaged, locked, or would unpack beyond all measure.
        """
        info = self._parts.get(name)
        if info is None:
            raise UnreadableFile(f"holds no {name!r}")
        if info.flag_bits & 1:
            raise UnreadableFile("protected with a password")
        if info.file_size > _MAX_PART or info.file_size > max(_PLAIN, _MAX_RATIO * info.compress_size):
            raise UnreadableFile(f"a ZIP bomb: its {name!r} unpacks to {info.file_size:,} bytes")
        try:
            with self._zip.open(info) as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise UnreadableFile(f"damaged or truncated: its {name!r} does not unpack") from error

    def read(self, name: str) -> bytes:
        """The whole of a part; raises as `open` does."""
        with self.open(name) as stream:
            return stream.read()

    def xml(self, name: str) -> Iterator[Event]:
        """The events of a part that is XML; raises as `open` and `events` do."""
        with self.open(name) as stream:
            yield from events(stream)

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The parts that an Office part refers to, by the id it uses: each one's kind and name."""
        folder, base = posixpath.split(name)
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations not in self:
            return {}
        return {
            event.attributes["Id"]: (
                event.attributes.get("Type", "").rpartition("/")[2],
                resolve(name, event.attributes.get("Target", "")),
            )
            for event in self.xml(relations)
            if isinstance(event, Start) and event.name == "Relationship" and "Id" in event.attributes
        }

    def main(self, root: str, kind: str) -> str:
        """The part that holds an Office file's content, whose first element must be `root`.

        Raises: UnreadableFile, when it holds something else than `kind`, or nothing.
        """
        names = [name for what, name in self.related("").values() if what == "officeDocument"]
        for name in (name for name in names if name in self):
            first = next((event for event in self.xml(name) if isinstance(event, Start)), None)
            if first is not None and first.name == root:
                return name
        raise UnreadableFile(f"named as {kind}, but holds none")


def resolve(base: str, target: str) -> str:
    """The part that `target` names when the part `base` refers to it."""
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(target.partition("#")[0])))
