"""Commands run over one home, and what must hold when one is refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.seal import digest
from rag.app.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command left on the screen and how it exited."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence on stderr; of a usage error, the line below the usage."""
        assert "Traceback" not in self.err
        lines = self.err.splitlines()
        assert len(lines) == 1 or (self.code == 2 and lines[-1].startswith("Error: ")), self.err
        return lines[-1]


class Shell:
    """Runs commands over one home, in this process."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def run(self, *arguments: object) -> Said:
        command, *rest = (str(argument) for argument in arguments)
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([command, "--home", str(self.home), *rest])
        said = self._capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    def refused(self, code: int, *arguments: object) -> str:
        """The sentence of a command that exits with `code`, prints nothing else and leaves the home as it was."""
        before = state(self.home)
        said = self.run(*arguments)
        assert (said.code, said.out) == (code, "")
        assert state(self.home) == before
        return said.sentence

    def folder(self) -> Path:
        """The generation in use."""
        current = json.loads((self.home / "collections/default/CURRENT").read_text())
        return self.home / f"collections/default/gen-{current['generation']}"


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Mode and digest of everything below `folder`, and of the folder itself."""
    return {str(path): (path.lstat().st_mode, _content(path)) for path in (folder, *folder.rglob("*")) if path.exists()}


def _content(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        return digest(path)
    except sqlite3.DatabaseError:
        return path.read_bytes().hex()
