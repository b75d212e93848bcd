"""What the pages on the ways in show is what comes of it: each block is run, and its output compared.

A ```python block that stands right after `<!-- run -->` prints the ```text block that follows it, if one does; after
`<!-- serve -->` it does so while the sample documents are served at the address that it names. In a
```console block, lines that begin with `$ rag` are commands and the others what they print; `$ echo $?` prints how the
last one exited. The blocks of a page run in order in one folder, with a copy of the sample documents in it.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from anthropic import Anthropic
from openai import OpenAI

from rag import open_documents
from rag.app.cli.main import main
from rag.app.doors.http import api
from tests.conftest import ROOT
from tests.rag.app.doors.serving import served

PAGES = ["README.md", *(f"docs/{name}.md" for name in ("http", "mcp", "python", "verify"))]
_STEP = re.compile(
    r"^<!-- (?P<how>run|serve) -->\s*\n```python\n(?P<python>.*?)^```\s*$(?:\s*^```text\n(?P<printed>.*?)^```\s*$)?"
    r"|^```console\n(?P<console>.*?)^```\s*$"
    r"|^<!-- file (?P<name>[\w./-]+) -->\s*\n```\w*\n(?P<content>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)


def steps(page: str) -> Iterator[re.Match[str]]:
    """The blocks of a page that do something."""
    return _STEP.finditer((ROOT / page).read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a person would type: a folder with the sample documents, and a home beside them."""
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_happens(page: str, folder: Path) -> None:
    shown = list(steps(page))
    assert shown
    for step in shown:
        if step["name"]:
            (folder / step["name"]).parent.mkdir(exist_ok=True)
            (folder / step["name"]).write_text(step["content"])
        elif step["python"]:
            printed = run(step["python"], page) if step["how"] == "run" else against_a_server(step["python"], page)
            if step["printed"] is not None:
                assert printed.strip() == step["printed"].strip()
        else:
            assert console(step["console"]).strip() == step["console"].strip()


def run(code: str, page: str) -> str:
    """What a block of Python prints."""
    printed, names = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        exec(compile(code, page, "exec"), names)
    for client in names.values():
        if isinstance(client, Anthropic | OpenAI):
            client.close()  # as the end of a program does
    return printed.getvalue()


def against_a_server(code: str, page: str) -> str:
    """What a block prints that asks `rag serve`."""
    with open_documents() as documents:
        documents.index("seeds")
        with served(api(documents)) as address:
            return run(code.replace("http://127.0.0.1:7861", address), page)


def console(block: str) -> str:
    """The block as the terminal would show it."""
    lines: list[str] = []
    code = 0
    for line in block.splitlines():
        if line == "$ echo $?":
            lines += [line, str(code)]
        elif line.startswith("$ rag "):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
                main(shlex.split(line.removeprefix("$ rag ")))
            code = int(ended.value.code or 0)
            lines += [line, *printed.getvalue().splitlines()]
    return "\n".join(lines)
