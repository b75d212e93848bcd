"""The options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag.settings import Settings


def named(told: str) -> Path:
    """The path that was typed. Left to itself, Typer takes an empty one, as of an unset variable, for `.`."""
    if not told.strip():
        raise typer.BadParameter("it is empty; name a file or a folder.")
    return Path(told)


Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=named,
        metavar="PATH",
        help="Where everything is stored; else RAG_HOME, else the user's data folder.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", parser=named, metavar="PATH", help="The settings file; else rag.toml in the home."),
]
Collection = Annotated[str | None, typer.Option("--collection", help="The set of documents, by name.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else.")]


def settings_of(home: Path | None, config: Path | None, collection: str | None) -> Settings:
    """The settings in force under these flags.

    Raises: SettingsInvalid.
    """
    from rag.settings import load

    return load(home=home, config=config, collection=collection)
