"""The commands that look after an index, over a home whose vectors are hashed words under the real model's name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from index.indexing.build import build_index
from index.settings import IndexSettings
from index.vectors.embedder import SentenceTransformerEmbedder
from rag.app.cli.main import main
from tests.fakes import HERALD, WIRE, HashingEmbedder
from tests.index.indexing.test_plan import contents


class Shell:
    """Runs commands over one home, in this process."""

    def __init__(self, home: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.documents = documents
        self._capsys = capsys

    def run(self, *arguments: object, code: int = 0) -> str:
        """What a command that exits with `code` prints; on stderr, unless it exits with 0."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*(str(argument) for argument in arguments), "--home", str(self.home)])
        said = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, said.err
        return said.err if code else said.out

    def folder(self, collection: str = "default") -> Path:
        """The generation in use."""
        root = self.home / "collections" / collection
        current = json.loads((root / "CURRENT").read_text())
        return root / f"gen-{current['generation']}"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wire.txt").write_text(WIRE)
    (folder / "herald.txt").write_text(HERALD)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Path:
    """A home in which the documents are indexed."""
    home = tmp_path_factory.mktemp("home")
    embedder = HashingEmbedder(384)
    embedder.fingerprint = SentenceTransformerEmbedder().fingerprint
    build_index(IndexSettings(home=home), [documents], embedder, trial=lambda folder: None)
    return home


@pytest.fixture
def shell(sound: Path, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell over a copy of the home, whose documents are those of all tests, and a copy of these to be changed."""
    copies = Path(shutil.copytree(documents, tmp_path / "documents"))
    return Shell(Path(shutil.copytree(sound, tmp_path / "home")), copies, capsys)


def test_a_repair_says_what_was_done(shell: Shell) -> None:
    assert "Nothing needed repair" in shell.run("doctor", "--repair")
    before = shell.folder()
    (before / "lexical" / "ids.json").unlink()
    assert "run `rag doctor --repair`" in shell.run("doctor", code=1)
    out = shell.run("doctor", "--repair")
    assert "embedding nothing; damaged or missing: lexical/ids.json." in out
    assert "FAULT" not in out
    assert before != shell.folder()


def test_a_repair_is_told_to_machines_too(shell: Shell) -> None:
    shutil.rmtree(shell.folder() / "chroma")
    told = json.loads(shell.run("doctor", "--repair", "--json"))
    assert told["repair"]["generation"] in shell.folder().name
    assert all(finding["ok"] for finding in told["findings"])
    assert json.loads(shell.run("doctor", "--repair", "--json"))["repair"] is None
    assert "repair" not in json.loads(shell.run("doctor", "--json"))


def test_what_onnxruntime_left_in_the_cache_is_named_and_removed(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    monkeypatch.setattr("rag.app.cli.index.event_folder", lambda: folder if folder.exists() else None)
    monkeypatch.setattr("rag.app.cli.index.remove_events", lambda: shutil.rmtree(folder) or folder)
    assert "telemetry" not in shell.run("doctor")
    folder.mkdir(parents=True)
    told = {finding["name"]: finding for finding in json.loads(shell.run("doctor", "--json"))["findings"]}
    assert str(folder) in told["telemetry"]["detail"]
    assert told["telemetry"]["remedy"] == "run `rag doctor --repair`"
    assert json.loads(shell.run("doctor", "--repair", "--json"))["removed"] == str(folder)
    assert not folder.exists()
    assert "telemetry" not in shell.run("doctor")


def test_a_corpus_that_is_lost_is_no_case_for_repair(shell: Shell) -> None:
    (shell.folder() / "corpus.sqlite").write_bytes(b"")
    said = shell.run("doctor", "--repair", code=1)
    assert said.count("\n") == 1
    assert "must be indexed anew" in said
    assert "run `rag index --rebuild PATH`" in said


def test_a_plan_is_printed_and_nothing_is_written(shell: Shell) -> None:
    (shell.documents / "wire.txt").rename(shell.documents / "agency.txt")
    (shell.documents / "new.txt").write_text("A lighthouse.")
    (shell.documents / "herald.txt").unlink()
    before = contents(shell.home)
    out = shell.run("index", "--only", shell.documents, "--dry-run")
    told = json.loads(shell.run("index", "--only", shell.documents, "--dry-run", "--json"))
    assert contents(shell.home) == before
    assert "was wire.txt" in out
    assert "1 new, 1 moved, 1 deleted" in out
    assert "picture.png" in out
    assert told["counts"] == {"new": 1, "changed": 0, "moved": 1, "deleted": 1, "unchanged": 0, "kept": 0}
    assert {"path": "agency.txt", "change": "moved", "was": "wire.txt"} in told["files"]
    assert [item["path"] for item in told["skipped"]] == ["picture.png"]


def test_a_plan_of_the_folders_of_last_time(shell: Shell) -> None:
    assert "2 unchanged; 0 passages" in shell.run("index", "--dry-run")


def test_a_plan_without_a_home_makes_none(shell: Shell, tmp_path: Path) -> None:
    shell.home = tmp_path / "none"
    assert "2 new" in shell.run("index", shell.documents, "--dry-run")
    assert not shell.home.exists()


def test_patterns_are_remembered_until_others_are_typed(shell: Shell) -> None:
    (shell.documents / ".hidden").write_text("x")
    patterns = ("--include", "*.txt", "--exclude", "wire*")
    out = shell.run("index", "--only", shell.documents, "--dry-run", *patterns)
    assert "1 deleted, 1 unchanged" in out
    assert "Passed over: 1 hidden, 2 left out by the patterns." in out
    assert "2 left out by the patterns" in shell.run("index", "--only", shell.documents, *patterns)
    assert "1 unchanged" in shell.run("index", "--dry-run")
    assert json.loads(shell.run("index", "--json"))["excluded"] == 2
    assert "1 new, 1 unchanged" in shell.run("index", "--dry-run", "--exclude", "*.png")
    assert "1 new, 1 unchanged" in shell.run("index", shell.documents, "--dry-run")


def test_a_pattern_that_cannot_be_used_is_one_sentence(shell: Shell) -> None:
    said = shell.run("index", shell.documents, "--exclude", "!a", code=1)
    assert said.count("\n") == 1
    assert "'!a'" in said


def test_collections_are_listed_copied_and_deleted(shell: Shell) -> None:
    assert "2 documents" in shell.run("collections", "copy", "default", "work.2")
    rows = json.loads(shell.run("collections", "--json"))["collections"]
    assert [(row["name"], row["documents"], row["problem"]) for row in rows] == [
        ("default", 2, None),
        ("work.2", 2, None),
    ]
    assert rows[1]["generation"] in shell.run("collections")
    assert json.loads(shell.run("status", "--collection", "work.2", "--json"))["documents"] == 2
    before = contents(shell.home)
    assert "add --yes" in shell.run("collections", "delete", "work.2", code=2)
    assert contents(shell.home) == before
    assert "Deleted work.2." in shell.run("collections", "delete", "work.2", "--yes")
    assert "work.2" not in shell.run("collections")


def test_the_home_may_be_named_before_the_subcommand(shell: Shell, tmp_path: Path) -> None:
    home, shell.home = shell.home, tmp_path / "none"
    assert "no collections yet" in shell.run("collections")
    with pytest.raises(SystemExit) as ended:
        main(["collections", "--home", str(home), "delete", "default", "--yes"])
    assert not ended.value.code
    assert not (home / "collections" / "default").exists()


@pytest.mark.parametrize("name", ["../default", "a/b", ".a", "", "x" * 64, "a\n"])
def test_a_name_that_is_none_is_refused_before_anything_is_touched(shell: Shell, name: str) -> None:
    before = contents(shell.home)
    for command in (["copy", "default", name], ["copy", name, "b"], ["delete", name, "--yes"]):
        assert "no name for a collection" in shell.run("collections", *command, code=2)
    assert contents(shell.home) == before


def test_a_collection_that_is_not_there_is_one_sentence(shell: Shell) -> None:
    for command in (["copy", "none", "b"], ["delete", "none", "--yes"], ["copy", "default", "default"]):
        assert shell.run("collections", *command, code=1).count("\n") == 1
