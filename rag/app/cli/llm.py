"""`rag llm`: whether the language model that is set can be used, and a GGUF file from the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.app.cli.options import Config, Home, Json, settings_of
from rag.app.cli.terminal import Terminal, one_line

if TYPE_CHECKING:
    from rag.answering.probe import Probe
    from rag.pipeline import KeptTo
    from rag.types import Answer, AnswererName, Turn


def named_today(answerer: Literal["quotes", "llm", "extract"] | None) -> AnswererName | None:
    """The answerer's name; an old one still does, with a note."""
    if answerer != "extract":
        return answerer
    typer.echo("Note: --answerer extract is now called quotes.", err=True)
    return "quotes"


Writer = Annotated[
    Literal["quotes", "llm", "extract"] | None,
    typer.Option(
        "--answerer",
        metavar="[quotes|llm]",
        help="Who answers: the quotes alone, or the model; else the model if one is set.",
    ),
]

llm = typer.Typer(help="Try the language model that is set, or fetch one.", no_args_is_help=True, rich_markup_mode=None)


@llm.command()
def check(home: Home = None, config: Config = None, json: Json = False) -> None:
    """Ask the model that is set two small questions, and say how it does."""
    settings = settings_of(home, config, None).llm
    from rag.answering.probe import probe
    from rag.providers import open_llm

    with open_llm(settings) as model:
        result = probe(model)
    if json:
        Terminal().json(asdict(result))
    else:
        Terminal().table(("Language model", ""), _rows(result))


def _rows(result: Probe) -> list[tuple[str, str]]:
    speed = "-" if result.tokens_per_second is None else f"{result.tokens_per_second:,.1f} tokens/s"
    return [
        ("model", result.model),
        ("room for a prompt", f"{result.window:,} tokens"),
        ("first word", f"{result.first_ms:,.0f} ms"),
        ("speed", speed),
        ("right on the sample", _yes(result.right)),
        ("cites as asked", _yes(result.cites)),
        ("says when it is not there", _yes(result.declines)),
        ("its reply", one_line(result.reply)),
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


@llm.command()
def get(
    repository: Annotated[str, typer.Argument(metavar="REPO", help="OWNER/NAME on the Hugging Face hub.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .gguf file in it.")],
    home: Home = None,
    config: Config = None,
) -> None:
    """Fetch a GGUF file from the Hugging Face hub into the home, checked by its SHA-256."""
    settings = settings_of(home, config, None)
    from rag.providers.hub import HuggingFace, fetch

    path = fetch(repository, file, settings.home / "models", HuggingFace())
    terminal = Terminal()
    terminal.line(f"It is in {str(path)!r}. To use it, write in {str(settings.home / 'rag.toml')!r}:")
    terminal.whole(f'\n[llm]\nprovider = "gguf"\npath = {str(path)!r}')


class Spoken:
    """A pipeline whose model is heard on a screen while it writes; what it wrote is then printed again, verified."""

    def __init__(self, pipeline: KeptTo, terminal: Terminal) -> None:
        """Nothing is printed where `terminal` is no screen, or no model writes."""
        self._pipeline = pipeline
        self._terminal = terminal
        self._heard = False

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """The outcome of one question. Raises: as `Pipeline.ask`."""
        from rag.types import Live

        live = Live(self._hear) if self._terminal.console.is_terminal else None
        self._heard = False
        try:
            return self._pipeline.ask(question, history=history, live=live)
        finally:
            if self._heard:
                self._terminal.line()
                self._terminal.line()

    def _hear(self, text: str) -> None:
        self._heard = True
        self._terminal.piece(text)
