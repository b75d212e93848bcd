"""What `rag doctor --fidelity` prints: each file, and what only one of two readings of it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from index.errors import IndexFault
from index.settings import IndexSettings
from index.store.fidelity import Compared, compare
from index.store.open import Index
from rag.app.cli.terminal import Terminal, one_line

_LISTED = 20
_LONGEST = 160


def check(settings: IndexSettings, *, json: bool) -> None:
    """Compare every indexed file with a second reading of it.

    Raises: IndexFault, where a paragraph or a cell is in one of the two alone.
    """
    with Index(settings) as index:
        documents = (index.held(key) for key in index.document_ids())
        files = [compare(held, settings.max_file_bytes) for held in documents if held is not None]
    terminal = Terminal()
    if json:
        terminal.json({"files": [asdict(file) for file in files]})
    else:
        _print(terminal, files)
    differing = sum(not file.is_alike for file in files)
    if differing:
        raise IndexFault(f"{differing:,} of {len(files):,} files are read otherwise by a second library; see above.")


def _print(terminal: Terminal, files: Sequence[Compared]) -> None:
    rows = [
        (
            "not compared" if file.reason else ("ok" if file.is_alike else "DIFFERS"),
            file.path,
            file.reason or f"{file.pieces:,} and {file.second_pieces:,} paragraphs and cells",
        )
        for file in files
    ]
    terminal.table(("", "File", "Index and second library"), rows)
    for file in files:
        _list(terminal, f"{file.path}: only in the index", file.only_first)
        _list(terminal, f"{file.path}: only in the second reading", file.only_second)


def _list(terminal: Terminal, title: str, pieces: Sequence[str]) -> None:
    if not pieces:
        return
    terminal.line()
    terminal.line(one_line(title))
    for piece in pieces[:_LISTED]:
        terminal.line(one_line(piece)[:_LONGEST], indent=2)
    if len(pieces) > _LISTED:
        terminal.line(f"and {len(pieces) - _LISTED:,} more (all with --json)", indent=2)
