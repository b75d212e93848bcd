"""The options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag.settings import Settings

Home = Annotated[
    Path | None, typer.Option("--home", help="Where everything is stored; else RAG_HOME, else the user's data folder.")
]
Config = Annotated[Path | None, typer.Option("--config", help="The settings file; else rag.toml in the home.")]
Collection = Annotated[str | None, typer.Option("--collection", help="The set of documents, by name.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else.")]


def settings_of(home: Path | None, config: Path | None, collection: str | None) -> Settings:
    """The settings in force under these flags.

    Raises: SettingsInvalid.
    """
    from rag.settings import load

    return load(home=home, config=config, collection=collection)
