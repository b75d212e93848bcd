"""`rag config`: what can be set."""

from __future__ import annotations

import typer

from rag.app.cli.terminal import Terminal

config = typer.Typer(help="What can be set in rag.toml.", no_args_is_help=True, rich_markup_mode=None)


@config.callback()
def _apart() -> None:
    """Keeps `schema` a command with a name, though it is the only one."""


@config.command()
def schema() -> None:
    """Print the JSON Schema of rag.toml, by which an editor completes and checks it."""
    from rag.settings import file_schema

    Terminal().json(file_schema())
