"""Settings, names and places that cannot be used: one sentence that names the place, and nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.app.cli.main import main
from tests.rag.shell import Shell

QUESTION = "Who was killed near Masra?"
SETTINGS = [
    ("nonsense = 1", "no setting 'nonsense'"),
    ("[answr]\nmax_words = 30", "use one of: collection, index, retrieval, answer"),
    ("[answer]\nmaxwords = 30", "answer.max_words"),
    ("[answer]\nmax_words = 'many'", "'many'"),
    ("[answer]\nmax_words = -1", "greater than or equal to 10"),
    ("answer = 3", "'answer'"),
    ("collection = '../x'", "'collection'"),
    ("home = '/elsewhere'", "RAG_HOME"),
    ("[[[", "line 1"),
    ("a = " + "[" * 5000, "cannot be read"),
]


@pytest.mark.parametrize(("text", "part"), SETTINGS, ids=range(len(SETTINGS)))
def test_a_settings_file_that_cannot_be_used(shell: Shell, text: str, part: str) -> None:
    (shell.home / "rag.toml").write_text(text)
    for command in (["ask", QUESTION], ["status"]):
        sentence = shell.refused(1, *command)
        assert part in sentence
        assert "rag.toml" in sentence


def test_a_settings_file_that_is_no_text_or_no_file(shell: Shell, tmp_path: Path) -> None:
    (shell.home / "rag.toml").write_bytes(b"\xff\xfe\0")
    assert "mend or remove it" in shell.refused(1, "ask", QUESTION)
    assert "check --config" in shell.refused(1, "ask", QUESTION, "--config", tmp_path / "absent.toml")
    assert "mend or remove it" in shell.refused(1, "ask", QUESTION, "--config", tmp_path)
    assert "it is empty" in shell.refused(2, "ask", QUESTION, "--config", "")


ENVIRONMENT = [
    ("RAG_ANSWER__MAX_WORDS", "many"),
    ("RAG_ANSWER__MAX_WORDS", ""),
    ("RAG_ANSWER__MAX_WORDS", "9" * 5000),
    ("RAG_ANSWER__NOPE", "1"),
    ("RAG_RETREIVAL__TOP_K", "3"),
    ("RAG_RETRIEVAL__TOP_K", "0"),
    ("RAG_COLLECTION", "a/b"),
    ("RAG_INDEX__MODEL", ""),
]


@pytest.mark.parametrize(("name", "value"), ENVIRONMENT)
def test_a_variable_that_cannot_be_used(shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    sentence = shell.refused(1, "ask", QUESTION)
    assert f" {name}" in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize("name", ["", "a/b", "../x", "..", ".x", "-x", "a b", "ü", "a\0b", "a\n", "\ud800", "x" * 64])
def test_a_collection_name_that_cannot_be_used(shell: Shell, news: Path, name: str) -> None:
    for command in (["ask", QUESTION], ["index", news], ["status"]):
        assert "--collection" in shell.refused(1, *command, f"--collection={name}")


def test_a_collection_that_is_not_there(shell: Shell) -> None:
    assert "run `rag index PATH`" in shell.refused(1, "ask", QUESTION, "--collection", "other")


@pytest.mark.parametrize("command", [["ask", QUESTION], ["status"], ["doctor"], ["index", "."]])
def test_a_home_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert "--home or RAG_HOME" in Shell(tmp_path / "file", capsys).refused(1, *command)


def test_a_home_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["index", "--home", "", "."])
    assert ended.value.code == 2
    assert "it is empty" in capsys.readouterr().err
    assert list(Path().iterdir()) == []
