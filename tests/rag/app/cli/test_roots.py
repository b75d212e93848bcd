"""Adding is adding: what `rag index` adds, replaces and takes out, and that what was taken out is nowhere any more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from index.indexing.build import build_index
from index.store import probe
from index.store.open import open_index
from rag.app.library import uploads
from rag.settings import load
from tests.fakes import HERALD, WIRE, HashingEmbedder
from tests.rag.shell import Shell

SECRET = "The xylophonic lighthouse keeper was paid 4711 crowns in Zanzibar."
ROOT = Path(__file__).resolve().parents[4]


def roots(shell: Shell) -> dict[str, int]:
    """The files of each root by the name of its folder."""
    told = json.loads(shell.run("roots", "--json").out)["roots"]
    return {Path(root["path"]).name: root["files"] for root in told}


def documents(shell: Shell) -> int:
    return int(json.loads(shell.run("status", "--json").out)["documents"])


@pytest.fixture(autouse=True)
def _no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run is about whether the index just built answers, which takes seconds each time."""
    monkeypatch.setattr(probe, "run", lambda *_: None)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "other folder, ümlaut"
    folder.mkdir()
    (folder / "secret.txt").write_text(SECRET)
    return folder


def test_naming_a_path_adds_it_and_brings_all_in_step(shell: Shell, news: Path, other: Path) -> None:
    assert shell.run("index", other).code == 0
    assert roots(shell) == {news.name: 2, other.name: 1}
    (other / "more.txt").write_text(WIRE + HERALD)
    assert "1 new" in shell.run("index", news).out
    link = other.parent / "link"
    link.symlink_to(other)
    assert shell.run("index", link, f"{other}/.").code == 0
    assert roots(shell) == {news.name: 2, other.name: 2}
    listed = shell.run("roots").out
    assert str(other) in listed
    assert "not there now" not in listed


def test_only_replaces(shell: Shell, other: Path) -> None:
    assert "2 deleted" in shell.run("index", "--only", other).out
    assert roots(shell) == {other.name: 1}
    assert "--only needs the PATH" in shell.run("index", "--only").err


def test_each_root_keeps_its_own_patterns(shell: Shell, news: Path, other: Path) -> None:
    assert shell.run("index", other, "--exclude", "*.md").code == 0
    (other / "a.md").write_text("A lighthouse.")
    assert "nothing" not in shell.run("index").out
    assert roots(shell) == {news.name: 2, other.name: 1}
    assert "without *.md" in shell.run("roots").out
    assert "1 new" in shell.run("index", other).out


def test_a_root_is_taken_out_after_saying_how_many_documents_go(shell: Shell, news: Path, other: Path) -> None:
    shell.run("index", other)
    said = shell.run("index", "--remove", other)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0].endswith("leaves the index with 1 document; the files themselves are not touched.")
    assert roots(shell) == {news.name: 2}
    assert (other / "secret.txt").exists()
    assert "is not among the folders and files indexed" in shell.refused(2, "index", "--remove", other)
    assert "by itself" in shell.refused(2, "index", "--remove", news, other)
    assert "Nothing was written" in shell.run("index", "--remove", news, "--dry-run").out
    assert "nothing is indexed any more" in shell.run("index", "--remove", news).out
    assert "Nothing is indexed" in shell.run("status").err


def test_a_root_that_is_not_there_can_be_taken_out_and_another_added_meanwhile(
    shell: Shell, news: Path, other: Path, tmp_path: Path
) -> None:
    shell.run("index", other)
    other.rename(tmp_path / "away")
    assert "`rag index --yes`" in shell.refused(1, "index")
    assert "`rag index --yes`" in shell.refused(1, "index", other)
    third = tmp_path / "third"
    third.mkdir()
    (third / "third.txt").write_text("The third report was read.")
    said = shell.run("index", third)
    assert (said.code, documents(shell)) == (0, 4)
    assert "`rag index --yes` lets them go" in said.out
    assert "not there now" in shell.run("roots").out
    assert shell.run("index", "--remove", other).code == 0
    assert roots(shell) == {news.name: 2, "third": 1}


def test_our_own_home_is_no_folder_of_documents(shell: Shell, bare: Shell) -> None:
    assert "is where the index itself is kept" in shell.refused(2, "index", shell.home)
    assert "is where the index itself is kept" in shell.refused(2, "index", shell.home / "collections")
    assert "nothing is indexed yet" in bare.run("index").err


@pytest.mark.parametrize("kind", ["file", "link", "pipe", "newline"])
def test_roots_of_every_kind(shell: Shell, tmp_path: Path, kind: str) -> None:
    place = tmp_path / ("a\nb c.txt" if kind == "newline" else "root.txt")
    if kind == "pipe":
        os.mkfifo(place)
        assert "nothing to index" in shell.refused(1, "index", place)
        return
    if kind == "link":
        (tmp_path / "real.txt").write_text(SECRET)
        place.symlink_to(tmp_path / "real.txt")
    else:
        place.write_text(SECRET)
    assert shell.run("index", place).code == 0
    assert documents(shell) == 3
    place.unlink()
    assert "The one file of" in shell.refused(1, "index")
    assert shell.run("index", "--remove", place).code == 0
    assert documents(shell) == 2


# --- gone is gone ---------------------------------------------------------------------------------------------------


def traces(home: Path, text: str, vectors: list[bytes]) -> list[Path]:
    """The files of the home in which words of the text, or one of the vectors, are still found."""
    words = [word.encode(code) for word in text.split() if len(word) > 7 for code in ("utf-8", "utf-16-le")]
    files = [path for path in home.rglob("*") if path.is_file()]
    return [path for path in files if any(part in path.read_bytes() for part in (*words, *vectors))]


def vectors_of(shell: Shell, file: str) -> list[bytes]:
    settings = load(home=shell.home).for_index()
    with open_index(settings) as index:
        (stored,) = [item for item in index.files() if item.path == file]
        corpus = index._texts()
        ids = [passage.id for passage in corpus.passages_of(stored.document_id)]
        return [row.tobytes() for row in corpus.vectors(index.fingerprint, ids)]


@pytest.mark.parametrize("how", ["root", "file", "only"])
def test_what_was_taken_out_is_in_no_file_of_the_home(shell: Shell, news: Path, other: Path, how: str) -> None:
    (other / "stays.txt").write_text("The second report was read.")
    shell.run("index", other)
    (other / "new.txt").write_text("Another report, so that an older index lies beside the new one.")
    shell.run("index", "--rebuild")
    vectors = vectors_of(shell, "secret.txt")
    assert vectors
    assert len({path.parent for path in traces(shell.home, SECRET, vectors)}) >= 2, "the search finds what is there"
    if how == "file":
        (other / "secret.txt").unlink()
        assert "1 deleted" in shell.run("index").out
    else:
        assert shell.run("index", *(("--remove", other) if how == "root" else ("--only", news))).code == 0
    assert traces(shell.home, SECRET, vectors) == []
    assert not [path for path in shell.home.rglob("*") if "secret" in path.name]


def test_uploads_are_taken_out_with_their_copies_and_only_when_that_is_meant(shell: Shell, tmp_path: Path) -> None:
    folder = uploads.folder_of(shell.home, "default")
    (tmp_path / "secret.txt").write_text(SECRET)
    uploads.receive(folder, [tmp_path / "secret.txt"])
    assert shell.run("index", folder).code == 0, "it can be added, unlike the rest of the home"
    assert "add --yes" in shell.run("index", "--remove", folder).err
    vectors = vectors_of(shell, "secret.txt")
    assert shell.run("index", "--remove", folder, "--yes").code == 0
    assert traces(shell.home, SECRET, vectors) == []
    assert not folder.exists()


def test_what_another_process_has_open_goes_when_it_lets_go(shell: Shell, other: Path) -> None:
    shell.run("index", other)
    vectors = vectors_of(shell, "secret.txt")
    with open_index(load(home=shell.home).for_index()) as index:
        index.articles()
        assert shell.run("index", "--remove", other).code == 0
        assert index.stale()
        assert traces(shell.home, SECRET, vectors), "who reads it reads on"
    assert traces(shell.home, SECRET, vectors) == []


# --- homes ----------------------------------------------------------------------------------------------------------


def test_a_home_is_its_owners_alone(news: Path, tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    build_index(load(home=home).for_index(), [news], HashingEmbedder(), trial=lambda folder: None)
    made = (home.parent, home, home / "collections", home / "collections" / "default")
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o700] * 4
    for name in ("evals", "uploads"):
        (home / name).mkdir(mode=0o755)
    with uploads.incoming(home) as folder:
        assert folder.is_relative_to(home)
        closed = (folder, home / "collections", home / "uploads", home / "evals")
        assert [place.stat().st_mode & 0o777 for place in closed] == [0o700] * 4
    assert not folder.exists()


def test_what_killed_processes_left_is_swept_up_or_given_back(tmp_path: Path) -> None:
    sent = tmp_path / "uploads" / ".incoming" / "dead"
    sent.mkdir(parents=True)
    (sent / "sent.txt").write_text(SECRET)
    added = tmp_path / "uploads" / "default"
    added.mkdir()
    (added / ".coming-1234").write_text(SECRET)
    (added / ".removed-1234").write_text(SECRET)
    with uploads.incoming(tmp_path) as alive:
        (alive / "mine.txt").write_text(SECRET)
        with uploads.incoming(tmp_path):
            assert (alive / "mine.txt").exists(), "another page of the same home is at it"
    assert not list((tmp_path / "uploads" / ".incoming").iterdir())
    assert [path.name for path in uploads.held(added)] == ["removed-1234"]
    assert len(list(added.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting needs root")
def test_a_home_that_takes_no_write_answers_questions(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    done = subprocess.run(["mount", "--bind", str(shell.home), str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        readonly = Shell(place, shell._capsys)
        said = readonly.run("search", "Masra", "--json")
        assert json.loads(said.out)["passages"][0]["ranks"]["dense"]
        assert readonly.run("ask", "What was struck near Masra?").code in (0, 3)
        assert readonly.run("roots").code == readonly.run("status").code == readonly.run("doctor").code == 0
        assert readonly.run("conversations").code == 0
        assert "could not be written" in readonly.run("index").err
        with uploads.incoming(place) as folder:
            assert not folder.is_relative_to(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # what was read may be open still


def test_cleaning_up_leaves_homes_alone() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make")
    told = subprocess.run([make, "-n", "clean"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "rm -rf .venv" in told
    assert not [line for line in told.splitlines() if line.startswith("rm") and ".home" in line]
