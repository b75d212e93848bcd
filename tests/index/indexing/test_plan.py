"""A plan says what indexing then does, and leaves everything as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.errors import IndexDamaged, IndexFault
from index.indexing.build import build_index
from index.indexing.plan import Plan, plan_index
from index.settings import IndexSettings
from index.types import FileChange, Report
from tests.fakes import HashingEmbedder

PNG = b"\x89PNG\r\n\x1a\n\x00\x00"


def contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, time and bytes of everything below `folder`."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*"))]
    return {
        str(path): (status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path, status in found
    }


class Place:
    """A folder of documents, and where its index is."""

    def __init__(self, place: Path) -> None:
        self.docs = place / "docs"
        self.docs.mkdir()
        self.settings = IndexSettings(home=place / "home", passage_words=20)
        for name in ("a", "b", "c", "d", "e"):
            (self.docs / f"{name}.txt").write_text(f"The report {name} was read at the harbour of Lissa.")
        (self.docs / "p.png").write_bytes(PNG)

    def index(self) -> Report:
        return build_index(self.settings, [self.docs], HashingEmbedder(), trial=lambda folder: None)

    def plan(self, fingerprint: str = HashingEmbedder().fingerprint) -> Plan:
        """The plan, with nothing written anywhere."""
        place = self.docs.parent
        before = contents(place)
        plan = plan_index(self.settings, [self.docs], fingerprint)
        assert contents(place) == before
        return plan


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "place").mkdir()
    return Place(tmp_path / "place")


def test_a_first_plan_has_only_new_files_and_makes_no_home(place: Place) -> None:
    plan = place.plan()
    assert not place.settings.home.exists()
    assert (plan.counts["new"], plan.passages, plan.notes) == (5, 5, ())
    assert [(item.path, item.change) for item in plan.files] == [(f"{name}.txt", "new") for name in "abcde"]
    assert [item.path for item in plan.skipped] == ["p.png"]


def test_each_change_is_told_by_path_and_is_what_indexing_does(place: Place) -> None:
    place.index()
    (place.docs / "a.txt").write_text("Another text altogether.")
    (place.docs / "b.txt").rename(place.docs / "moved.txt")
    (place.docs / "c.txt").unlink()
    (place.docs / "d.txt").unlink()
    os.mkfifo(place.docs / "d.txt")
    (place.docs / "new.txt").write_text("A lighthouse.")
    os.utime(place.docs / "e.txt", ns=(0, 0))
    plan = place.plan()
    assert plan.files == (
        FileChange("a.txt", "changed"),
        FileChange("c.txt", "deleted"),
        FileChange("d.txt", "kept"),
        FileChange("e.txt", "unchanged"),
        FileChange("moved.txt", "moved", "b.txt"),
        FileChange("new.txt", "new"),
    )
    assert plan.passages == 2
    assert {item.path for item in plan.skipped} == {"d.txt", "p.png"}
    report = place.index()
    assert report.files == plan.counts
    assert report.skipped == plan.skipped
    assert report.embedded == plan.passages


def test_two_copies_of_a_file_that_is_gone_are_one_move_and_one_new(place: Place) -> None:
    place.index()
    text = (place.docs / "a.txt").read_text()
    (place.docs / "a.txt").unlink()
    for name in ("x.txt", "y.txt"):
        (place.docs / name).write_text(text)
    plan = place.plan()
    assert [item for item in plan.files if item.change != "unchanged"] == [
        FileChange("x.txt", "moved", "a.txt"),
        FileChange("y.txt", "new"),
    ]
    assert plan.passages == 0


def test_what_makes_everything_be_done_anew_is_told(place: Place) -> None:
    place.index()
    (note,) = place.plan("another-model").notes
    assert "another embedding model" in note
    place.settings = IndexSettings(home=place.settings.home, passage_words=30)
    plan = place.plan()
    assert "every file is read and cut anew" in plan.notes[0]
    assert (plan.counts["unchanged"], plan.passages) == (5, 5)


def test_what_indexing_would_refuse_the_plan_refuses(place: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IndexFault, match="nothing to index"):
        plan_index(place.settings, [tmp_path / "empty"], "any")
    report = place.index()
    (place.settings.root / f"gen-{report.generation}" / "corpus.sqlite").write_bytes(b"")
    with pytest.raises(IndexDamaged, match="rag index --rebuild PATH"):
        plan_index(place.settings, [place.docs], "any")
