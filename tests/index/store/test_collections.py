from __future__ import annotations

import stat
from pathlib import Path

import pytest

from index.errors import IndexBusy, IndexDamaged, IndexFault, NoIndex
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import generation
from index.store.collections import collections, copy_collection, delete_collection
from index.store.open import open_index
from tests.fakes import HashingEmbedder

SECRET = "The lighthouse keeper wrote xylophonic letters."


def no_trial(folder: Path) -> str | None:
    return None


def words(home: Path, name: str) -> list[tuple[str, float]]:
    embedder = HashingEmbedder()
    with open_index(IndexSettings(home, name), embedder.fingerprint) as index:
        hits = (*index.lexical("lighthouse", 3), *index.dense(embedder.embed(["lighthouse"]), 3))
        return [(hit.passage_id, round(hit.score, 5)) for hit in hits]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(SECRET)
    build_index(IndexSettings(tmp_path / "home", "a"), [tmp_path / "docs"], HashingEmbedder(), trial=no_trial)
    return tmp_path / "home"


def test_a_home_without_collections_has_none(tmp_path: Path) -> None:
    assert collections(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


def test_all_are_listed_with_what_they_hold_or_what_is_wrong(home: Path) -> None:
    (home / "collections" / "b").mkdir()
    (home / "collections" / "c").mkdir()
    (home / "collections" / "c" / "CURRENT").write_text("{")
    sound, empty, damaged = collections(home)
    assert (sound.name, sound.documents, sound.passages, sound.problem) == ("a", 1, 1, None)
    assert (empty.name, empty.problem) == ("b", "nothing is indexed")
    assert (damaged.name, damaged.generation) == ("c", None)
    assert "does not read as a manifest" in str(damaged.problem)


def test_a_copy_answers_alike_and_goes_its_own_way(home: Path, tmp_path: Path) -> None:
    made = copy_collection(home, "a", "b")
    assert made == collections(home)[1]
    assert words(home, "b") == words(home, "a")
    root = IndexSettings(home, "b").root
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    (tmp_path / "docs" / "b.txt").write_text("A second lighthouse.")
    build_index(IndexSettings(home, "b"), [tmp_path / "docs"], HashingEmbedder(), trial=no_trial)
    assert [state.documents for state in collections(home)] == [1, 2]


def test_a_copy_is_refused_where_it_would_harm(home: Path) -> None:
    with pytest.raises(NoIndex, match="no collection 'x'"):
        copy_collection(home, "x", "b", trial=no_trial)
    with pytest.raises(IndexFault, match="a collection 'a' already"):
        copy_collection(home, "a", "a", trial=no_trial)
    with pytest.raises(IndexDamaged, match="failed its trial"):
        copy_collection(home, "a", "b", trial=lambda folder: "it is wrong")
    (file,) = (home / "collections" / "a").glob("gen-*/lexical/ids.json")
    file.write_text("[]")
    with pytest.raises(IndexDamaged, match=r"ids\.json.*rag doctor"):
        copy_collection(home, "a", "b", trial=no_trial)
    assert [state.name for state in collections(home)] == ["a"]


def test_what_is_deleted_leaves_no_file(home: Path, tmp_path: Path) -> None:
    copy_collection(home, "a", "b", trial=no_trial)
    delete_collection(home, "a")
    assert [state.name for state in collections(home)] == ["b"]
    delete_collection(home, "b")
    assert list((home / "collections").iterdir()) == []
    assert (tmp_path / "docs" / "a.txt").read_text() == SECRET
    with pytest.raises(NoIndex, match="no collection 'a'"):
        delete_collection(home, "a")


def test_a_damaged_collection_can_be_deleted_and_what_a_killed_run_left_goes(home: Path) -> None:
    (home / "collections" / "a" / "CURRENT").write_text("{")
    (home / "collections" / ".trash-0" / "deep").mkdir(parents=True)
    assert [state.name for state in collections(home)] == ["a"]
    delete_collection(home, "a")
    assert list((home / "collections").iterdir()) == []


def test_what_is_read_or_written_is_not_deleted(home: Path) -> None:
    with open_index(IndexSettings(home, "a")), pytest.raises(IndexBusy, match="open in another program"):
        delete_collection(home, "a")
    with generation.writing(home / "collections" / "a"), pytest.raises(IndexBusy, match="being written"):
        delete_collection(home, "a")
    assert len(words(home, "a")) == 2
