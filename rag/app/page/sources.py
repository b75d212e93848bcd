"""The documents as a list to tick: what is ticked, by document and by folder, and the patterns that it stands for."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePosixPath

from rag.app.page.html import count, safe
from rag.asking.listed import Listed

PAGE = 100
"""Documents that are listed at first, and added by each “Show more”."""
MOST = 60
"""Ticks that a search can be kept to; a folder is one of them."""
_CHIPS = 6
"""Ticks that have a chip of their own; the others are counted."""
_MAGIC = re.compile(r"[*?\[\]\\!]")


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one browser tab has ticked, paths and folders, and how much of the list it looks at."""

    ticks: tuple[str, ...] = ()
    words: str = ""
    limit: int = PAGE
    presses: int = 0
    """How often it was pressed: the list shows it, so that each press changes something on the page."""

    def has(self, document: Listed) -> bool:
        """Whether a document is ticked, itself or by a folder that it lies in."""
        return document.path in self.ticks or self.holds(document.path)

    def holds(self, path: str) -> bool:
        """Whether what lies at `path` lies in a folder that is ticked."""
        return any(tick.endswith("/") and path.startswith(tick) and path != tick for tick in self.ticks)

    @property
    def patterns(self) -> tuple[str, ...]:
        """What a search is kept to, as filters take it."""
        return tuple(map(_pattern, self.ticks))


def key_of(path: str) -> str:
    """The name by which the page speaks of a path, whatever characters that has."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def pressed(ticked: Ticked, do: str, key: str, documents: Sequence[Listed]) -> Ticked:
    """What is ticked after a press on what has this key, which comes from a browser; what there is not is let go."""
    return replace(_pressed(ticked, do, key, documents), presses=ticked.presses + 1)


def _pressed(ticked: Ticked, do: str, key: str, documents: Sequence[Listed]) -> Ticked:
    match do:
        case "tick" | "only":
            path = _named(key, ticked, documents)
            return ticked if path is None else replace(ticked, ticks=_ticks(ticked, do, path))
        case "none":
            return replace(ticked, ticks=())
        case "more":
            return replace(ticked, limit=ticked.limit + PAGE)
    return ticked


def _ticks(ticked: Ticked, do: str, path: str) -> tuple[str, ...]:
    """The ticks after one more, or one less where it was ticked. A folder takes the place of what lies in it."""
    if do == "only":
        return (path,)
    others = tuple(tick for tick in ticked.ticks if tick != path)
    if path in ticked.ticks or ticked.holds(path) or len(others) >= MOST:
        return others
    return (*(tick for tick in others if not (path.endswith("/") and tick.startswith(path))), path)


def _named(key: str, ticked: Ticked, documents: Sequence[Listed]) -> str | None:
    """The path or folder of a key, among what is ticked and what there is."""
    folders = {folder for document in documents for folder in _around(document.folder)}
    paths = (*ticked.ticks, *folders, *(document.path for document in documents))
    return next((path for path in paths if key_of(path) == key), None)


def chips(ticked: Ticked) -> str:
    """A chip for each tick, with a button that takes it back; many are counted after the first."""
    rest = len(ticked.ticks) - _CHIPS
    more = f'<span class="chip">and {rest} more</span>' if rest > 0 else ""
    return "".join(_chip(tick) for tick in ticked.ticks[:_CHIPS]) + more


def listing(ticked: Ticked, documents: Sequence[Listed]) -> str:
    """The documents that match the words searched for, each under its folder, all with a box to tick."""
    matches = _matching(ticked.words, documents)
    if not matches:
        none = "No document matches; try fewer letters." if documents else "Nothing is indexed here yet."
        return f'<p class="note" role="status">{none}</p>'
    first = matches[: ticked.limit]
    rest = len(matches) - len(first)
    folders = "".join(_folders(ticked, first, _sizes(documents)))
    more = f'<button type="button" data-do="more">Show {min(PAGE, rest):,} more of {len(matches):,}</button>'
    return f'{_head(ticked, len(matches))}<ul class="sources">{folders}</ul>{more if rest else ""}'


def _head(ticked: Ticked, matching: int) -> str:
    """How many there are, how many are ticked, and the way back to all of them."""
    total = count(matching, "document")
    note = f'<p class="note" role="status" data-presses="{ticked.presses}">{total}'
    if not ticked.ticks:
        return f"{note}. Tick those to search; with none ticked, all are searched.</p>"
    full = " No more can be ticked: tick a folder instead." if len(ticked.ticks) >= MOST else ""
    untick = '<button type="button" data-do="none">Search all</button>'
    return f"{note}, {len(ticked.ticks)} ticked.{full} {untick}</p>"


def _folders(ticked: Ticked, documents: Iterable[Listed], sizes: Mapping[str, int]) -> Iterator[str]:
    """Each folder with its documents, after the folders that it lies in; what lies in none comes first."""
    before: set[str] = set()
    for name, group in groupby(documents, _folder_of):
        rows = "".join(_document(document, ticked) for document in group)
        around = [folder for folder in _around(name)[:-1] if folder not in before]
        before.update(_around(name))
        yield from (_folder(folder, "", ticked, sizes) for folder in around)
        yield _folder(name, rows, ticked, sizes) if name else rows


def _around(folder: str) -> list[str]:
    """A folder and those it lies in, outermost first."""
    return [folder[: match.end()] for match in re.finditer("/", folder)]


def _folder(name: str, rows: str, ticked: Ticked, sizes: Mapping[str, int]) -> str:
    held = ticked.holds(name)
    some = any(tick.startswith(name) for tick in ticked.ticks)
    state = "true" if held or name in ticked.ticks else ("mixed" if some else "false")
    about = f'<span class="count">{sizes[name]:,}</span>'
    box = _box(name, state, f'<span translate="no">{safe(name.rstrip("/"))}</span>{about}', held)
    return f'<li class="folder">{box}{f"<ul>{rows}</ul>" if rows else ""}</li>'


def _document(document: Listed, ticked: Ticked) -> str:
    name = PurePosixPath(document.path).name
    title = f'<span class="title" dir="auto">{safe(document.title)}</span>' if document.title else ""
    words = f'<span class="name">{title}<span class="path">{safe(name)}</span></span>'
    state = "true" if ticked.has(document) else "false"
    return f"<li>{_box(document.path, state, words, ticked.holds(document.path))}</li>"


def _box(path: str, state: str, words: str, held: bool) -> str:
    """A tick box; where a folder around it is ticked, it is so too, and has nothing to press."""
    press = f'data-do="tick" data-id="{key_of(path)}"'
    held_by = 'aria-disabled="true" title="Its folder is ticked"'
    return f'<button type="button" role="checkbox" aria-checked="{state}" {held_by if held else press}>{words}</button>'


def _chip(tick: str) -> str:
    kind = "Folder" if tick.endswith("/") else "Document"
    path = safe(tick.rstrip("/"))
    button = (
        f'<button type="button" data-do="tick" data-id="{key_of(tick)}" aria-label="Remove {kind}: {path}">×</button>'
    )
    return f'<span class="chip"><span>{kind}: <bdi>{path}</bdi></span>{button}</span>'


def _matching(words: str, documents: Sequence[Listed]) -> Sequence[Listed]:
    """Those whose path or title has every word, in capitals or not."""
    wanted = words.casefold().split()
    if not wanted:
        return documents
    return [item for item in documents if all(word in f"{item.path}\n{item.title}".casefold() for word in wanted)]


def _sizes(documents: Sequence[Listed]) -> Mapping[str, int]:
    """How many documents lie in each folder, in those within it too."""
    sizes: Counter[str] = Counter()
    for folder, number in Counter(document.folder for document in documents).items():
        sizes.update(dict.fromkeys(_around(folder), number))
    return sizes


def _folder_of(document: Listed) -> str:
    return document.folder


def _pattern(tick: str) -> str:
    """The glob that means this path or folder and no other, from the folder that was given."""
    escaped = _MAGIC.sub(r"\\\g<0>", tick)
    return escaped if "/" in tick.rstrip("/") else f"/{escaped}"
