"""The options that several commands share, and the settings they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag.asking.filters import Filters
    from rag.settings import Settings


def named(typed: str) -> Path:
    """The path that was typed. Left to itself, Typer takes an empty one, as of an unset variable, for `.`."""
    if not typed.strip():
        raise typer.BadParameter("it is empty; name a file or a folder.")
    return Path(typed)


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


Docs = Annotated[
    list[Path] | None,
    typer.Option("--docs", parser=named, metavar="PATH", help="First index this file or folder; repeatable."),
]
File = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="PATTERN", help="Only these files, as 'notes/*.md'; repeatable."),
]
Article = Annotated[
    list[str] | None,
    typer.Option("--article", metavar="WORDS", help="Only articles whose headline has these words; repeatable."),
]
Outlet = Annotated[
    list[str] | None,
    typer.Option("--outlet", metavar="NAME", help="Only articles of this outlet; repeatable."),
]
Author = Annotated[
    list[str] | None,
    typer.Option("--author", metavar="NAME", help="Only articles by this author; repeatable."),
]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="DATE", help="Only articles dated in 2016, 2016-09 or 2016-09-07, or later."),
]
Before = Annotated[
    str | None,
    typer.Option("--before", metavar="DATE", help="Only articles dated before 2016, 2016-09 or 2016-09-07 begins."),
]
NoFilters = Annotated[
    bool,
    typer.Option("--no-filters", help="Take no filter from the question's words, as “according to Forbes”."),
]


def filters_of(
    file: list[str] | None,
    article: list[str] | None,
    outlet: list[str] | None,
    author: list[str] | None,
    after: str | None,
    before: str | None,
) -> Filters:
    """The filters that were typed.

    Raises: QuestionInvalid, when a date is none or a name is empty.
    """
    from rag.asking.filters import Filters, iso_date

    return Filters(
        files=tuple(file or ()),
        titles=tuple(article or ()),
        outlets=tuple(outlet or ()),
        authors=tuple(author or ()),
        after=None if after is None else iso_date(after) or after,
        before=None if before is None else iso_date(before) or before,
    )
