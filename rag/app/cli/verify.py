"""`rag verify`: a verdict for every sentence of a text that anybody wrote, with an exit code for a build."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.app.cli.options import Collection, Config, Home, Json, named, settings_of
from rag.app.cli.terminal import Terminal, one_line
from rag.errors import QuestionInvalid
from rag.version import VERSION

if TYPE_CHECKING:
    from rag.checking.text import Check
    from rag.settings import Settings

DOES_NOT_STAND = 3
_FAILING = ("contradicted", "unsupported")
_STRICT = (*_FAILING, "partly", "uncited")


def verify(
    answer: Annotated[
        str, typer.Argument(metavar="ANSWER", help="The file with the text to check, as text; - reads it from stdin.")
    ],
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--sources",
            parser=named,
            metavar="PATH",
            help="The folder or file that the text cites; repeatable. Without one: what is indexed.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Let a sentence fail that is only partly supported, or cites nothing.")
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under", min=0, max=1, metavar="SHARE", help="Fail if less than this share is supported; only then."
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", parser=named, metavar="FILE", help="Write the verdicts as JUnit XML.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", parser=named, metavar="FILE", help="Write the verdicts as SARIF 2.1.0.")
    ] = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    json: Json = False,
) -> None:
    """Check every sentence of a text against the sources it cites; code 3 if one does not stand."""
    settings = settings_of(home, config, collection)
    text = _typed(answer)
    check, skipped = _checked(text, sources, settings)
    failing = [at for at, item in enumerate(check.statements) if item.verdict in (_STRICT if strict else _FAILING)]
    fails = bool(failing) if fail_under is None else check.supported < fail_under
    name = "stdin" if answer == "-" else answer
    _write_reports(check, name, failing, junit, sarif)
    if json:
        from rag.checking.contract import check_as_json

        Terminal().json({"passed": not fails, **check_as_json(check)})
    else:
        _show(check, failing, skipped)
    if fails:
        raise typer.Exit(DOES_NOT_STAND)


def _typed(answer: str) -> str:
    """The text of the file, or what stdin holds. Raises: BadParameter; QuestionInvalid, when it is too long."""
    from index.errors import UnreadableFile
    from index.readers.decode import decode
    from index.readers.extracted import visible
    from rag.checking.text import LONGEST

    most = 4 * LONGEST + 1
    try:
        if answer == "-":
            data = sys.stdin.buffer.read(most)
        else:
            with Path(answer).open("rb") as file:
                data = file.read(most)
        text, _ = visible(decode(data).text)
    except (OSError, ValueError, UnreadableFile) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise typer.BadParameter(f"{answer!r} cannot be read ({reason}); name a file with the text.") from None
    if len(data) == most:
        raise QuestionInvalid(
            f"{answer!r} is longer than the {LONGEST:,} characters that can be checked; cut it in parts."
        )
    return text


def _checked(text: str, paths: Sequence[Path] | None, settings: Settings) -> tuple[Check, Sequence[str]]:
    """The verdicts, and what was skipped of the sources.

    Raises: BadParameter, when the sources hold nothing; what reading and checking raise.
    """
    from rag.checking.sources import read_files
    from rag.checking.text import check_text
    from rag.pipeline import reader_of

    if not paths:
        from rag.app.documents import Documents

        with Documents.of(settings) as documents:
            return documents.verify(text), ()
    files = read_files(paths, settings.for_index())
    if not files.documents:
        where = ", ".join(repr(str(path)) for path in paths)
        raise typer.BadParameter(f"no source can be read in {where}; name a folder or files with text.")
    check = check_text(text, files, reader_of(settings))
    return check, [f"{item.path}: {item.reason}" for item in files.skipped]


def _write_reports(check: Check, name: str, failing: Sequence[int], junit: Path | None, sarif: Path | None) -> None:
    from rag.app.doors import reports

    if junit is not None:
        _write(junit, reports.junit(check, name, failing))
    if sarif is not None:
        _write(sarif, jsonlib.dumps(reports.sarif(check, Path(name).as_posix(), VERSION), indent=1))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{str(file)!r} cannot be written ({error.strerror}); name another file.") from None


def _show(check: Check, failing: Sequence[int], skipped: Sequence[str]) -> None:
    terminal = Terminal()
    for at, statement in enumerate(check.statements):
        sign = "✗" if at in failing else " "
        terminal.line(f"{sign} {statement.verdict}: {one_line(statement.text)}")
        if statement.note:
            terminal.line(one_line(statement.note), indent=4)
        if statement.verdict != "supported":
            for citation in check.citations[at]:
                span = f"{citation.source.path}:{citation.span.start}-{citation.span.end}"
                terminal.line(f"[{citation.label}] {span}: “{one_line(citation.quote)}”", indent=4)
    good = sum(statement.verdict == "supported" for statement in check.statements)
    terminal.line(f"{good} of {len(check.statements)} sentences are supported, {len(failing)} fail.")
    for line in skipped:
        terminal.line(f"Not read: {one_line(line)}")
