"""What README.md and docs/ tell people to type exists and works, and what it links to is there.

In a ```sh block each line is a command, or only those that begin with `$ ` where one does. The `rag` commands of a
block that stands right after `<!-- run -->` are run over a copy of the sample documents.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from rag.app.cli.main import app, main

ROOT = Path(__file__).resolve().parent.parent
UsageError = typer.BadParameter.__mro__[1]
_BLOCK = re.compile(
    r"(?P<run><!-- run -->\s*\n)?^```(?P<kind>\w*)[^\n]*\n(?P<body>.*?)^```\s*$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CUTS = {"|", "||", "&&", ";", "&"}


@dataclass(frozen=True)
class Block:
    """A ```sh block: its command lines, and whether it is marked to be run."""

    lines: tuple[str, ...]
    run: bool


def blocks(text: str) -> tuple[Block, ...]:
    """The ```sh blocks, in order, their continued lines joined and `$ ` taken off."""
    found = [m for m in _BLOCK.finditer(text) if m["kind"] == "sh"]
    return tuple(Block(tuple(_typed(m["body"].replace("\\\n", " "))), bool(m["run"])) for m in found)


def _typed(body: str) -> Iterator[str]:
    lines = [line.strip() for line in body.splitlines()]
    prompted = any(line.startswith("$ ") for line in lines)
    for line in lines:
        if line and not line.startswith("#") and (line.startswith("$ ") or not prompted):
            yield line.removeprefix("$ ")


def commands(line: str, program: str) -> list[list[str]]:
    """The words that follow `program` in each simple command of a line that runs it."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    simple: list[list[str]] = [[]]
    for word in words:
        if word in _CUTS:
            simple.append([])
        else:
            simple[-1].append(word)
    return [called[1:] for called in map(_bare, simple) if called and Path(called[0]).name == program]


def _bare(words: list[str]) -> list[str]:
    """A simple command without the variables set before it and the redirection after it."""
    begin = next((i for i, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    end = next((i for i, word in enumerate(words) if word[:1] in "<>" and word), len(words))
    return words[begin:end]


def links(text: str) -> list[str]:
    """What links, images and HTML attributes outside code point to, without those that name a scheme."""
    prose = re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", text))
    found = [next(filter(None, groups)) for groups in _LINK.findall(prose)]
    return [target for target in found if not _ELSEWHERE.match(target)]


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+\s+(.+?)\s*$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def targets() -> set[str]:
    """The targets of the Makefile that a person may name."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def parse(arguments: list[str]) -> None:
    """Returns if `rag` takes these arguments; nothing is run."""
    command, name = typer.main.get_command(app), "rag"
    context = command.make_context(name, list(arguments))
    while hasattr(command, "resolve_command"):
        left = [*context._protected_args, *context.args]
        if not left and command.invoke_without_command:
            return
        name, command, rest = command.resolve_command(context, left)
        context = command.make_context(name, rest, parent=context)


SAMPLE = """# A title, with `code`

[in](seeds/) [out](https://example.org/x) ![shot](docs/shot.png "a title") [here](#two-words) `[no](none.md)`
<img src="docs/other.png" width="1">

```sh
make chat      # a comment
make ask Q="Who was there?"
RAG_HOME=/tmp/x .venv/bin/rag ask --json \\
  "How many?" > answer.json
```

<!-- run -->
```sh
$ rag index seeds && rag ask 'Who?' | head -3
Answered from 5 passages
# not this
$ cd seeds; rag status
```

```text
rag nonsense [no](none.md)
```

## Two words!
"""


def test_blocks_are_read_as_they_are_typed() -> None:
    first, second = blocks(SAMPLE)
    assert first.lines[:2] == ("make chat      # a comment", 'make ask Q="Who was there?"')
    assert (first.run, second.run, len(first.lines)) == (False, True, 3)
    assert second.lines == ("rag index seeds && rag ask 'Who?' | head -3", "cd seeds; rag status")


def test_commands_are_told_from_what_stands_around_them() -> None:
    first, second = blocks(SAMPLE)
    assert commands(first.lines[0], "make") == [["chat"]]
    assert commands(first.lines[1], "make") == [["ask", "Q=Who was there?"]]
    assert commands(first.lines[2], "rag") == [["ask", "--json", "How many?"]]
    assert [commands(line, "rag") for line in second.lines] == [[["index", "seeds"], ["ask", "Who?"]], [["status"]]]


def test_links_are_those_of_the_prose() -> None:
    assert links(SAMPLE) == ["seeds/", "docs/shot.png", "#two-words", "docs/other.png"]
    assert anchors(SAMPLE) == {"a-title-with-code", "two-words"}


@pytest.mark.parametrize("wrong", ["frobnicate", "ask", "ask Who? --no-such", "eval frobnicate", "search -k many x"])
def test_what_is_no_command_does_not_parse(wrong: str) -> None:
    for right in (["ask", "Who?", "--json"], ["eval", "run", "SUITE", "--out", "DIR"], ["index", "PATH"], ["doctor"]):
        parse(right)
    with pytest.raises(UsageError):
        parse(wrong.split())


PAGES = ("README.md", "docs/using.md", "docs/models-and-servers.md", "docs/measured.md", "docs/design.md")


@pytest.fixture(scope="module")
def readme() -> str:
    """The text of README.md."""
    path = ROOT / "README.md"
    assert path.is_file(), "README.md is missing"
    return path.read_text("utf-8")


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> Path:
    """Each page that is written for people."""
    return ROOT / str(request.param)


def test_the_readme_is_read_in_minutes_and_names_the_two_commands(readme: str) -> None:
    called = [words for block in blocks(readme) for line in block.lines for words in commands(line, "make")]
    assert {"chat", "test"} <= {word for words in called for word in words}
    assert len(readme.split()) <= 900
    assert {"docs/using.md", "docs/design.md"} <= set(links(readme))


def test_every_make_command_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    text = page.read_text("utf-8")
    called = [words for block in blocks(text) for line in block.lines for words in commands(line, "make")]
    for words in called:
        for word in words:
            name, assigned, _ = word.partition("=")
            known = re.search(rf"\b{re.escape(name)}\b", makefile) if assigned else word in targets()
            assert known or word.startswith("-"), f"make {' '.join(words)}"


def test_every_rag_command_is_taken(page: Path) -> None:
    text = page.read_text("utf-8")
    called = [words for block in blocks(text) for line in block.lines for words in commands(line, "rag")]
    for words in called:
        try:
            parse(words)
        except UsageError as error:
            pytest.fail(f"rag {shlex.join(words)}: {error}")


def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in links(text):
        path, _, anchor = target.partition("#")
        assert (page.parent / path).exists(), target
        if anchor and not path:
            assert anchor in anchors(text), target


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    for target in links(path.read_text("utf-8")):
        assert (path.parent / target.partition("#")[0]).exists(), target


def test_the_make_commands_of_contributing_exist() -> None:
    typed = [line for block in blocks((ROOT / "CONTRIBUTING.md").read_text("utf-8")) for line in block.lines]
    words = [word for line in typed for called in commands(line, "make") for word in called]
    assert {"quick", "test", "eval", "faults"} <= set(words) <= targets()


def test_the_commands_marked_to_be_run_work(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = [block for block in blocks(readme) if block.run]
    called = [words for block in marked for line in block.lines for words in commands(line, "rag")]
    assert "ask" in {words[0] for words in called}
    assert not {"ui", "chat"} & {words[0] for words in called}, "what waits for a person cannot be run"
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    for name in ("evals", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    for words in called:
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code in (None, 0, 3), f"rag {shlex.join(words)}"
