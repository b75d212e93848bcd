"""Bad input, through the real commands: one sentence that says what to do, the right exit code, nothing changed."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.app.cli.main import main
from tests.fakes import WIRE
from tests.index.harm import FILES
from tests.rag.shell import Shell

ROOT = Path(__file__).resolve().parents[4]
QUESTION = "Who was killed near Masra?"
MEGABYTE = "word " * 200_000
Harm = Callable[[Path], None]


def typed(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))


# No index, and nothing to index


@pytest.mark.parametrize("command", [["ask", QUESTION], ["search", "Masra"], ["status"], ["chat"]])
def test_no_index_yet(bare: Shell, command: list[str]) -> None:
    assert "run `rag index PATH`" in bare.refused(1, *command)
    assert not bare.home.exists()


def test_no_index_yet_for_the_doctor(bare: Shell) -> None:
    said = bare.run("doctor", "--json")
    assert said.code == 1
    assert json.loads(said.out)["findings"][0]["ok"] is False
    assert "run `rag index PATH`" in said.sentence
    assert not bare.home.exists()


def test_no_index_yet_for_an_evaluation(bare: Shell, tmp_path: Path) -> None:
    suite = tmp_path / "suite.jsonl"
    suite.write_text('{"id": "a", "kind": "fact", "question": "Who?", "answerable": false}\n')
    with pytest.raises(SystemExit) as ended:
        main(["eval", "run", str(suite), "--out", str(tmp_path / "out"), "--home", str(bare.home)])
    assert ended.value.code == 1
    assert not (tmp_path / "out").exists()
    assert not bare.home.exists()


@pytest.mark.parametrize(
    "command", [["run", "absent.jsonl", "--out", ""], ["public", "absent", "--out", "out"], ["compare", "absent"]]
)
def test_an_evaluation_that_is_asked_for_wrongly(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eval", *command])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("Error: ")
    assert list(Path().iterdir()) == []


def test_nothing_named_to_index(bare: Shell) -> None:
    assert "rag index ~/Documents" in bare.refused(2, "index")
    assert not bare.home.exists()


def _empty(folder: Path) -> None:
    folder.mkdir()


def _unreadable(folder: Path) -> None:
    folder.mkdir()
    (folder / "blank.txt").write_text(" \n\n")
    (folder / "nul.txt").write_bytes(b"\0" * 4096)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder / "noise.dat").write_bytes(bytes(range(256)) * 20)
    (folder / "dangling.txt").symlink_to("nowhere.txt")
    os.mkfifo(folder / "pipe.txt")


@pytest.mark.parametrize("fill", [_empty, _unreadable])
def test_a_folder_without_text(bare: Shell, shell: Shell, tmp_path: Path, fill: Harm) -> None:
    fill(tmp_path / "folder")
    for place in (bare, shell):  # the second has an index, of other folders: a mistake must not empty it
        sentence = place.refused(1, "index", tmp_path / "folder")
        assert str(tmp_path / "folder") in sentence
        assert "give a folder" in sentence
    assert not bare.home.exists()
    assert shell.run("ask", QUESTION).code in (0, 3)


@pytest.mark.parametrize("name", ["absent", "x" * 5000, "a\0b", "", " ", "dangling"])
def test_a_path_that_is_none(bare: Shell, tmp_path: Path, name: str) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    assert bare.refused(2, "index", tmp_path / name if name.strip() else name)
    assert not bare.home.exists()


def test_a_pipe_is_not_waited_for(bare: Shell, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not a regular file" in bare.refused(1, "index", tmp_path / "pipe.txt")


def test_unreadable_files_among_good_ones_are_told_and_passed_over(shell: Shell, tmp_path: Path) -> None:
    _unreadable(tmp_path / "folder")
    (tmp_path / "folder" / "good.txt").write_text(WIRE)
    said = shell.run("index", "--only", tmp_path / "folder", "--json")
    report = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert report["documents"] == 1
    told = {item["path"]: item["reason"] for item in report["skipped"]}
    assert set(told) == {"blank.txt", "nul.txt", "picture.png", "noise.dat", "dangling.txt", "pipe.txt"}
    assert all(told.values())
    found = json.loads(shell.run("search", "Masra", "--json").out)["passages"]
    assert {item["path"] for item in found} == {"good.txt"}


def test_an_index_of_an_emptied_folder_is_empty_and_says_so(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "good.txt").write_text(WIRE)
    assert shell.run("index", "--only", tmp_path / "folder").code == 0
    (tmp_path / "folder" / "good.txt").unlink()
    assert "`rag index --yes`" in shell.refused(1, "index")
    assert shell.run("index", "--yes").code == 0
    said = shell.run("ask", QUESTION, "--json")
    assert (said.code, json.loads(said.out)["reason"]) == (3, "empty_index")


# The question


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("question", ["", " \t\n ", "?!…", "\0\0", "\ud800", MEGABYTE, "a" * 4001])
def test_what_is_no_question(shell: Shell, command: str, question: str) -> None:
    sentence = shell.refused(2, command, "--", question)
    assert sentence.startswith("The question is ")
    assert "type one" in sentence or "shorten it" in sentence
    assert len(sentence) < 200


@pytest.mark.parametrize("text", [b"", b" \n\t\n", b"\0\0\0", b"\xff\xfe", MEGABYTE.encode()])
def test_what_is_no_question_on_stdin(shell: Shell, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(text, monkeypatch)
    assert shell.refused(2, "ask", "-").startswith("The question is ")


QUESTIONS = [
    "Who was\0 killed\0 near Masra?",
    "Who was killed near \ud800Masra?",
    "Who was killed near \udce9Masra?",
    "Wie viele Soldaten wurden bei Masra getötet?",
    "كم عدد الجنود الذين قُتلوا بالقرب من مصرا؟",
    "有多少士兵在马斯拉附近丧生？",
    "a" + "\u0301" * 3000,
    '"' * 2000 + "x",
    "1," * 1900,
    "who and " * 400,
    "[1] \x1b[31m{question} %s <b> \u202e killed?",
]


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_strange_question_is_answered_or_refused(shell: Shell, question: str) -> None:
    said = shell.run("ask", "--json", "--", question)
    assert said.err == ""
    answer = json.loads(said.out)
    assert said.code == {"answered": 0, "may_answer": 0, "refused": 3}[answer["status"]]
    assert "\0" not in answer["question"]
    assert answer["question"].encode("utf-8")  # no lone surrogate is left
    found = shell.run("search", "--json", "--", question)
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out)["query"].encode("utf-8")
    shown = shell.run("ask", "--", question)
    assert (shown.code, shown.err) == (said.code, "")
    assert "\x1b" not in shown.out


def test_a_conversation_goes_on_after_lines_that_are_no_question(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [MEGABYTE.encode(), b"?", b"\xff\xfe", b"Who was\0 killed near \xed\xa0\x80Masra?", b"/quit"]
    typed(b"\n".join(lines) + b"\n", monkeypatch)
    said = shell.run("chat")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("The question is ") == 3
    assert "passages of" in said.out or "No answer." in said.out


# The index


def _delete(file: Path) -> None:
    file.unlink()


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _overwrite(file: Path) -> None:
    file.write_bytes(b"\xff\0 no index \n" * 40)


@pytest.mark.parametrize("harm", [_delete, _cut, _overwrite])
@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_of_the_index(shell: Shell, pattern: str, harm: Harm) -> None:
    (file,) = shell.folder().glob(pattern)
    if harm is _cut and not file.stat().st_size:
        pytest.skip("an empty file cannot be cut")
    harm(file)
    for command in (["ask", QUESTION], ["search", "Masra"], *([["status"], ["chat"]] if harm is _delete else [])):
        sentence = shell.refused(1, *command)
        assert str(file) in sentence
        assert "run `rag index --rebuild PATH`" in sentence
    said = shell.run("doctor", "--json")
    assert said.code == 1
    assert any(str(file) in finding["detail"] for finding in json.loads(said.out)["findings"])
    assert "run `rag index --rebuild PATH`" in said.sentence


@pytest.mark.parametrize("harm", [_cut, _overwrite])
def test_a_damaged_current(shell: Shell, harm: Harm) -> None:
    harm(shell.home / "collections/default/CURRENT")
    for command in (["ask", QUESTION], ["search", "Masra"], ["status"], ["chat"], ["index"]):
        sentence = shell.refused(1, *command)
        assert "CURRENT" in sentence
        assert "run `rag index --rebuild PATH`" in sentence


def test_a_deleted_current_is_no_index(shell: Shell) -> None:
    (shell.home / "collections/default/CURRENT").unlink()
    for command in (["ask", QUESTION], ["search", "Masra"], ["status"], ["chat"]):
        assert "run `rag index PATH`" in shell.refused(1, *command)


def test_a_generation_that_is_gone(shell: Shell) -> None:
    shutil.rmtree(shell.folder())
    for command in (["ask", QUESTION], ["search", "Masra"], ["status"], ["chat"]):
        assert "run `rag index --rebuild PATH`" in shell.refused(1, *command)


@pytest.mark.parametrize("harm", [_delete, _cut, _overwrite])
def test_the_spare_manifest_is_not_needed_to_answer(shell: Shell, harm: Harm) -> None:
    harm(shell.folder() / "MANIFEST")
    said = shell.run("ask", QUESTION)
    assert said.code in (0, 3)
    assert said.err == ""


@pytest.mark.parametrize("place", ["corpus.sqlite", "../CURRENT", "READERS"])
def test_what_the_sentence_says_to_do_mends_it(shell: Shell, news: Path, place: str) -> None:
    (shell.folder() / place).unlink()
    told = shell.refused(1, "ask", QUESTION)
    rebuild = ["--rebuild"] if "--rebuild" in told else []
    assert shell.run("index", news, *rebuild).code == 0
    said = shell.run("ask", QUESTION)
    assert (said.code in (0, 3), said.err) == (True, "")


# The model


def test_another_model_than_the_one_indexed_with(shell: Shell, news: Path, models: tuple[Path, Path]) -> None:
    (shell.home / "rag.toml").write_text(f"[index]\nmodel = {str(models[1])!r}\n")
    for command in (["ask", QUESTION], ["search", "Masra"], ["chat"]):
        sentence = shell.refused(1, *command)
        assert "'one-16-" in sentence
        assert "'two-16-" in sentence
        assert "run `rag index PATH`" in sentence
    assert shell.run("status").code == 0
    said = shell.run("doctor", "--json")
    assert (said.code, "(model)" in said.sentence) == (1, True)
    assert shell.run("index", news).code == 0
    assert shell.run("ask", QUESTION).code in (0, 3)


def test_the_model_of_the_package_is_another_too(shell: Shell) -> None:
    (shell.home / "rag.toml").unlink()
    assert "all-MiniLM-L6-v2" in shell.refused(1, "ask", QUESTION)


@pytest.mark.parametrize("model", ["/no/such/folder", ".", "no such model", "nobody/nothing", ""])
def test_a_model_that_is_none(shell: Shell, news: Path, model: str) -> None:
    (shell.home / "rag.toml").write_text(f"[index]\nmodel = {model!r}\n")
    for command in (["ask", QUESTION], ["index", news], ["doctor"]):
        assert "model" in shell.refused(1, *command)


# What only a process of its own can show


@pytest.mark.parametrize(("command", "code"), [(["ask", "-"], 2), (["chat"], 0)])
def test_a_closed_stdin(sound: Path, command: list[str], code: int) -> None:
    rag = [sys.executable, "-m", "rag", *command, "--home", str(sound)]
    closing = 'exec "$@" <&-'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", closing, "sh", *rag], env=environment, capture_output=True, text=True)
    assert done.returncode == code
    assert done.stderr == ("The question is empty; type one.\n" if code else "")


def test_an_answer_in_a_pipe_is_plain(sound: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "20"}
    rag = [sys.executable, "-m", "rag", "ask", QUESTION, "--home", str(sound)]
    done = subprocess.run(rag, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 3)
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 20  # not folded


# The model that is installed


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, news: Path) -> Path:
    """A home indexed with the installed model."""
    home = tmp_path_factory.mktemp("real")
    with pytest.raises(SystemExit) as ended:
        main(["index", str(news), "--home", str(home)])
    assert not ended.value.code
    return home


@pytest.mark.parametrize("question", QUESTIONS[3:6], ids=["German", "Arabic", "Chinese"])
def test_a_question_in_another_language(
    real: Path, news: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    said = Shell(real, capsys).run("ask", "--json", question)
    answer = json.loads(said.out)
    assert said.code == {"answered": 0, "may_answer": 0, "refused": 3}[answer["status"]]
    for citation in answer["citations"]:
        text = (news / citation["path"]).read_text()
        assert text[citation["start"] : citation["end"]] == citation["quote"]
