"""A file is not read again where nothing was done to it, and read whenever something may have been."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.folder.files import File
from index.indexing import survey, unchanged
from index.indexing.build import build_index
from index.indexing.unchanged import Unchanged, identity_of
from index.readers import Raw, fetch
from index.settings import IndexSettings
from index.store.corpus import StoredPath
from index.types import Report
from tests.fakes import HashingEmbedder

HOUR = 3_600_000_000_000


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    file = tmp_path / "lease.txt"
    file.write_text("The notice is three months.")
    return file


def is_trusted(file: Path, *, ago: int = -HOUR, limit: int = 1000, size: int | None = None) -> bool:
    """Whether a file, read as it is now by a run that began `ago`, is taken as it was read."""
    status = file.stat()
    size = status.st_size if size is None else size
    stored = StoredPath("old name", file, "d1", size, status.st_mtime_ns, identity_of(status))
    now = Unchanged([stored], time.time_ns() - ago).of(File(file, "docs/lease.txt"), limit)
    assert now is None or now == replace(stored, path="docs/lease.txt")
    return now is not None


def test_a_file_that_was_just_changed_is_read(lease: Path) -> None:
    assert not is_trusted(lease, ago=0)
    assert not is_trusted(lease, ago=HOUR)


def test_a_clock_that_was_set_back_is_not_believed(lease: Path) -> None:
    assert not is_trusted(lease, ago=-HOUR)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this moment count as old."""
    monkeypatch.setattr(unchanged, "SETTLED", -HOUR)


@pytest.mark.usefixtures("settled")
class TestSettled:
    def test_a_file_that_nobody_touched_is_not_read(self, lease: Path) -> None:
        assert is_trusted(lease, ago=0)

    def test_another_size_or_a_lower_limit_is_read(self, lease: Path) -> None:
        assert not is_trusted(lease, ago=0, size=3)
        assert not is_trusted(lease, ago=0, limit=5)

    def test_a_link_that_leads_nowhere_is_left_to_the_reader(self, lease: Path, tmp_path: Path) -> None:
        link = tmp_path / "link.txt"
        link.symlink_to(lease)
        stored = StoredPath("link.txt", link, "d1", 27, lease.stat().st_mtime_ns)
        lease.unlink()
        assert Unchanged([stored], time.time_ns()).of(File(link, "link.txt"), 1000) is None

    def test_another_folder_in_the_place_of_one_is_read(self, tmp_path: Path) -> None:
        folders = [tmp_path / "docs" / name for name in ("heron", "egret")]
        for folder in folders:
            folder.mkdir(parents=True)
            (folder / "bird.txt").write_text(f"The {folder.name} waits.")
            os.utime(folder / "bird.txt", ns=(1, 1))
        index = _indexing(tmp_path, tmp_path / "docs")
        index(False)
        aside = folders[0].rename(tmp_path / "aside")
        folders[1].rename(folders[0])
        aside.rename(folders[1])
        assert index(False).files["changed"] == 2

    def test_only_the_changed_file_is_read_and_a_rebuild_reads_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        docs = tmp_path / "docs"
        docs.mkdir()
        for name in ("heron", "quay", "sluice"):
            (docs / f"{name}.txt").write_text(f"The {name} is here.")
        names = _fetched(monkeypatch)
        index = _indexing(tmp_path, docs)
        index(False)
        (docs / "quay.txt").write_text("The quay is shut.")
        names.clear()
        assert index(False).files["changed"] == 1
        assert names == ["quay.txt"]
        names.clear()
        assert index(False).files["unchanged"] == 3
        assert names == []
        assert index(True).files["unchanged"] == 3
        assert names == ["heron.txt", "quay.txt", "sluice.txt"]


def test_a_change_that_keeps_size_and_date_is_found(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    file = docs / "lease.txt"
    file.write_text("The rent is 940 euros.")
    os.utime(file, ns=(1, 1))
    index = _indexing(tmp_path, docs)
    index(False)
    file.write_text("The rent is 490 euros.")
    os.utime(file, ns=(1, 1))
    assert index(False).files["changed"] == 1


def _fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from now on."""
    names: list[str] = []

    def noting(path: Path, max_bytes: int) -> Raw:
        names.append(path.name)
        return fetch(path, max_bytes)

    monkeypatch.setattr(survey, "fetch", noting)
    return names


def _indexing(place: Path, docs: Path) -> Callable[[bool], Report]:
    settings = IndexSettings(home=place / "home")
    embedder = HashingEmbedder(dimension=16)

    def run(rebuild: bool) -> Report:
        return build_index(settings, [docs], embedder, trial=lambda folder: None, rebuild=rebuild)

    return run
