from __future__ import annotations

import stat
from pathlib import Path

import pytest

from index.indexing.build import build_index
from index.indexing.lastrun import FILE, last_run
from index.settings import IndexSettings
from tests.fakes import HashingEmbedder


def no_trial(folder: Path) -> str | None:
    return None


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings(home=tmp_path / "home")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "news.txt").write_text("The harbour of Lissa was closed on Monday.")
    (folder / "empty.txt").touch()
    return folder


def test_every_run_leaves_its_report_even_where_nothing_changed(settings: IndexSettings, docs: Path) -> None:
    assert last_run(settings.root) is None
    first = build_index(settings, [docs], HashingEmbedder(), trial=no_trial)
    kept = last_run(settings.root)
    assert kept is not None
    assert kept.report == first
    assert kept.ended.tzinfo is not None
    assert stat.S_IMODE((settings.root / FILE).stat().st_mode) == 0o600
    (docs / "other.txt").touch()
    second = build_index(settings, [docs], HashingEmbedder(), trial=no_trial)
    assert second.generation == first.generation
    again = last_run(settings.root)
    assert again is not None
    assert [item.path for item in again.report.skipped] == ["empty.txt", "other.txt"]
    assert b"harbour" not in (settings.root / FILE).read_bytes()
    assert {path.name.split("-")[0] for path in settings.root.iterdir()} == {"CURRENT", "LOCK", "gen", FILE}


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b'{"ended": "now", "report": {}}', b"\xff\x00", b"null"])
def test_a_report_that_does_not_read_is_none(settings: IndexSettings, docs: Path, rubbish: bytes) -> None:
    build_index(settings, [docs], HashingEmbedder(), trial=no_trial)
    (settings.root / FILE).write_bytes(rubbish)
    assert last_run(settings.root) is None
    build_index(settings, [docs], HashingEmbedder(), trial=no_trial)
    assert last_run(settings.root) is not None


def test_a_report_that_cannot_be_kept_costs_nothing_else(settings: IndexSettings, docs: Path) -> None:
    settings.root.mkdir(parents=True)
    (settings.root / FILE).mkdir()
    report = build_index(settings, [docs], HashingEmbedder(), trial=no_trial)
    assert report.documents == 1
    assert last_run(settings.root) is None
