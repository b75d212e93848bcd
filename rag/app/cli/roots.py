"""`rag roots`, and which folders and files a run of `rag index` is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rag.app.cli.options import Collection, Config, Home, Json, settings_of
from rag.app.cli.terminal import Terminal

if TYPE_CHECKING:
    from index.folder.patterns import Patterns
    from index.folder.roots import Root
    from index.settings import IndexSettings
    from rag.app.library.roots import RootState


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the index is to be made of, what it is made of now, and the roots that the run is not about."""

    roots: tuple[Root, ...]
    known: tuple[Root, ...]
    aside: tuple[Path, ...] = ()


def chosen(
    settings: IndexSettings,
    paths: Sequence[Path],
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    *,
    only: bool,
    rebuild: bool,
) -> Chosen:
    """The known roots, with those of `paths` added or, with `only`, replaced by them.

    Patterns that were typed are those of the roots named; of all known, where none is.

    Raises: SettingsInvalid, when a pattern cannot be used; IndexDamaged; BadParameter, when nothing is known or named.
    """
    from index.folder.patterns import EVERYTHING, Patterns
    from index.folder.roots import Root, added, find, rooted
    from index.store.open import known_roots
    from rag.app.library.roots import uploads_of

    typed = Patterns(tuple(include or ()), tuple(exclude or ()))
    known = known_roots(settings, rebuild=rebuild)
    if not paths:
        if not known:
            example = "rag index ~/Documents"
            raise typer.BadParameter(f"nothing is indexed yet, so name what to index, as in: {example}")
        given = uploads_of(settings)  # of which everything is wanted, since each was given by itself
        narrowed = tuple(root if root.path == given else Root(root.path, typed) for root in known)
        return Chosen(known if typed == EVERYTHING else narrowed, known)
    named = rooted(paths, typed)
    for root in named:
        _require_usable(root.path, settings, is_known=find(known, root.path) is not None)
    if only:
        return Chosen(added((), named), known)
    roots = added(known, named)
    about = {find(roots, root.path) for root in named}
    return Chosen(roots, known, tuple(root.path for at, root in enumerate(roots) if at not in about))


def _require_usable(path: Path, settings: IndexSettings, *, is_known: bool) -> None:
    """Return if a path can be a root. One that is known may be away. Raises: BadParameter."""
    from index.folder.files import printable
    from rag.app.library.roots import is_our_own

    try:
        path.stat()
    except (OSError, ValueError) as error:
        if not is_known:
            reason = error.strerror if isinstance(error, OSError) else error
            raise typer.BadParameter(f"there is no file or folder {printable(str(path))!r} ({reason}).") from None
    if is_our_own(path, settings):
        raise typer.BadParameter(
            f"{printable(str(path))!r} is where the index itself is kept; name a folder of documents."
        )


def take_out(settings: IndexSettings, path: Path, *, yes: bool, dry_run: bool, json: bool) -> None:
    """Say how many documents leave the index with a root, and take it out; uploaded files only with `yes`.

    Raises: BadParameter, when it is no root; otherwise what `remove_root` raises.
    """
    from index.folder.files import printable
    from index.folder.roots import find
    from rag.app.library.roots import farewell, remove_root, root_states

    states = root_states(settings)
    at = find([state.root for state in states], path)
    if at is None:
        known = ", ".join(printable(str(state.root.path)) for state in states)
        raise typer.BadParameter(f"{printable(str(path))!r} is not among the folders and files indexed: {known}.")
    state = states[at]
    if not json:
        Terminal().line(farewell(state.root.path, state.documents, uploads=state.uploads))
    if state.uploads and not (yes or dry_run):
        raise typer.BadParameter("the uploaded copies would be deleted for good; add --yes to do it.")
    report = None if dry_run else remove_root(settings, state.root.path)
    if json:
        payload = {"removed": printable(str(state.root.path)), "documents": state.documents}
        Terminal().json(payload | {"report": asdict(report) if report else None})
    elif dry_run:
        Terminal().line("Nothing was written.")
    elif report is None:
        Terminal().line("It was the last, so nothing is indexed any more.")


def roots(home: Home = None, config: Config = None, collection: Collection = None, json: Json = False) -> None:
    """List the folders and files that are indexed."""
    from rag.app.library.roots import root_states

    states = root_states(settings_of(home, config, collection).for_index())
    if json:
        Terminal().json({"roots": [_as_json(state) for state in states]})
    else:
        Terminal().table(("Folder or file", "Documents", "Files", ""), [_row(state) for state in states])


def _row(state: RootState) -> tuple[str, str, str, str]:
    from index.folder.files import printable

    notes = [
        *(["uploaded on the page"] if state.uploads else []),
        *([] if state.is_there else ["not there now"]),
        *_patterns_in_words(state.root.patterns),
    ]
    return printable(str(state.root.path)), f"{state.documents:,}", f"{state.files:,}", "; ".join(notes)


def _patterns_in_words(patterns: Patterns) -> list[str]:
    clauses = (("only", patterns.include), ("without", patterns.exclude))
    return [f"{word} {', '.join(globs)}" for word, globs in clauses if globs]


def _as_json(state: RootState) -> dict[str, object]:
    from index.folder.files import printable

    return {
        "path": printable(str(state.root.path)),
        "documents": state.documents,
        "files": state.files,
        "there": state.is_there,
        "uploads": state.uploads,
        "include": state.root.patterns.include,
        "exclude": state.root.patterns.exclude,
    }
