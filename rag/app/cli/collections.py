"""`rag collections`: which sets of documents there are; copy one, or delete one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.app.cli.options import Config, Home, Json, settings_of
from rag.app.cli.terminal import Terminal

if TYPE_CHECKING:
    from index.settings import IndexSettings
    from index.store.collections import CollectionState

collections = typer.Typer(help="List, copy and delete collections.", invoke_without_command=True, rich_markup_mode=None)


def _named(typed: str) -> str:
    """The name of a collection as typed, when it is fit for one; checked before any path is made of it."""
    from pydantic import TypeAdapter, ValidationError

    from rag.settings import CollectionName

    try:
        return str(TypeAdapter(CollectionName).validate_python(typed))
    except ValidationError:
        raise typer.BadParameter(
            f"{typed!r} is no name for a collection, which has only letters, digits, '.', '_' and '-', at most 63, "
            "and begins with a letter or digit."
        ) from None


@collections.callback()
def show(context: typer.Context, home: Home = None, config: Config = None, json: Json = False) -> None:
    """List the collections; or copy or delete one."""
    if context.invoked_subcommand is not None:
        return
    from index.store.collections import collections as found_in

    states = found_in(settings_of(home, config, None).home)
    if json:
        Terminal().json({"collections": [asdict(state) for state in states]})
    elif states:
        Terminal().table(("Collection", "Documents", "Passages", "Generation"), [_row(state) for state in states])
    else:
        Terminal().line("There are no collections yet; run `rag index PATH`.")


@collections.command()
def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(parser=_named, metavar="A", help="The collection to copy.")],
    target: Annotated[
        str, typer.Argument(parser=_named, metavar="B", help="The name of the copy; there must be none of it yet.")
    ],
    home: Home = None,
    config: Config = None,
) -> None:
    """Copy collection A to B as it is now; nothing is embedded."""
    from index.store.collections import copy_collection

    settings = _settings(context, home, config)
    made = copy_collection(settings.home, source, target, settings.store)
    counts = f"{made.documents:,} documents, {made.passages:,} passages"
    Terminal().line(f"Copied {source} to {target}: {counts}, generation {made.generation}.")


@collections.command()
def delete(
    context: typer.Context,
    name: Annotated[str, typer.Argument(parser=_named, metavar="NAME", help="The collection to delete.")],
    yes: Annotated[bool, typer.Option("--yes", help="Yes, delete it; there is no way back.")] = False,
    home: Home = None,
    config: Config = None,
) -> None:
    """Delete a collection; the files that were indexed stay as they are."""
    if not yes:
        raise typer.BadParameter(f"this deletes what is stored of {name!r}, for good; add --yes to do it.")
    from index.store.collections import delete_collection

    settings = _settings(context, home, config)
    left = delete_collection(settings.home, name, settings.store)
    Terminal().line(f"Deleted {name}.")
    for entry in left:
        Terminal().line(f"Still on {entry.server}, which is not the store set now: {entry.collection}.")


def _settings(context: typer.Context, home: Path | None, config: Path | None) -> IndexSettings:
    """The settings in force, a flag typed before the subcommand or after."""
    before = context.parent.params if context.parent else {}
    return settings_of(home or before.get("home"), config or before.get("config"), None).for_index()


def _row(state: CollectionState) -> tuple[str, str, str, str]:
    if state.problem:
        return state.name, "-", "-", state.problem
    return state.name, f"{state.documents:,}", f"{state.passages:,}", state.generation or "-"
