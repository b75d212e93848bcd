"""A disk that takes nothing, since it is full or read-only, is no damage: what is on it answers."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from index.errors import IndexFault
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import probe
from index.store.doctor import examine
from index.store.open import open_index
from tests.fakes import HashingEmbedder

BALLAST = 1 << 16


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    with suppress(OSError), (place / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(BALLAST))


def remount(place: Path) -> None:
    """Read-only from here on; tried again while a thread of Chroma still closes what it wrote."""
    command = ["mount", "-o", "remount,ro", str(place)]
    for _ in range(100):
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return
        gc.collect()
        time.sleep(0.1)
    subprocess.run(command, check=True)


@pytest.mark.parametrize("stop", [fill, remount])
def test_a_disk_that_takes_nothing_answers_and_is_not_called_damaged(disk: Path, tmp_path: Path, stop: object) -> None:
    settings, docs, embedder = IndexSettings(home=disk / "home"), tmp_path / "docs", HashingEmbedder()
    docs.mkdir()
    for number in range(12):
        (docs / f"{number}.txt").write_text(f"The harbour number {number} was closed on Monday.")
    build_index(settings, [docs], embedder, trial=lambda folder: None)
    with open_index(settings) as index:
        usual = index.dense(embedder.embed(["harbour number 3"]), 5)
    stop(disk)  # type: ignore[operator]
    with open_index(settings) as index:
        assert [hit.passage_id for hit in index.dense(embedder.embed(["harbour number 3"]), 5)] == [
            hit.passage_id for hit in usual
        ]
        assert index.lexical("harbour", 3)
    findings = examine(settings)
    assert all(finding.ok for finding in findings)
    assert "nothing can be written there" in findings[-1].detail
    (docs / "new.txt").write_text("A lighthouse was built.")
    with pytest.raises(IndexFault, match="could not be written"):
        build_index(settings, [docs], embedder, trial=lambda folder: None)


def test_a_trial_on_a_full_disk_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any mount."""
    settings, docs = IndexSettings(home=tmp_path / "home"), tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The harbour was closed on Monday.")
    build_index(settings, [docs], HashingEmbedder(), trial=lambda folder: None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(probe, "run", full)
    assert all(finding.ok for finding in examine(settings))
    (docs / "b.txt").write_text("A lighthouse was built.")
    with pytest.raises(IndexFault, match="No space left"):
        build_index(settings, [docs], HashingEmbedder(), rebuild=True)
