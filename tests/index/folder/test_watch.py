"""When a sync begins, which changes matter, and that none is missed. No test here depends on how fast anything is."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import IndexBusy, IndexFault, RagError
from index.folder.files import discover
from index.folder.patterns import Patterns
from index.folder.roots import Root, mounted
from index.folder.watch import LAST_PAUSE, LONGEST, Changed, Scope, changes_of, file_system, notified, polled, watch

ENOUGH = 600.0
"""Seconds after which something that ought to happen is taken not to happen."""
SOMETHING = frozenset({Path("/docs/a.txt")})
NOTHING: Changed = frozenset()


# --- when a sync begins ----------------------------------------------------------------------------------------


class Run:
    """A watch over a script of moments, on a clock that stands still but for what the script says."""

    def __init__(self, moments: Iterable[tuple[float, Changed]], outcomes: Iterable[RagError | None] = ()) -> None:
        self.now = 0.0
        self.began: list[float] = []
        self.told: list[str] = []
        self._outcomes = iter(outcomes)
        watch(self._changes(moments), self._sync, self.told.append, lambda: self.now)

    def _changes(self, moments: Iterable[tuple[float, Changed]]) -> Iterator[Changed]:
        for self.now, changed in moments:
            yield changed

    def _sync(self) -> None:
        self.began.append(self.now)
        if error := next(self._outcomes, None):
            raise error


def seconds(until: float, changed: Callable[[float], bool]) -> list[tuple[float, Changed]]:
    """A moment every half second, with a change where `changed` says so."""
    return [(at / 2, SOMETHING if changed(at / 2) else NOTHING) for at in range(int(2 * until))]


def test_nothing_changed_is_nothing_done() -> None:
    assert Run(seconds(600, lambda at: False)).began == []


def test_a_burst_of_changes_is_one_sync_once_it_is_quiet() -> None:
    assert Run(seconds(60, lambda at: 10 <= at < 14)).began == [14.5]


def test_a_folder_that_is_never_quiet_is_indexed_all_the_same() -> None:
    began = Run(seconds(60, lambda at: at >= 10)).began
    assert began[0] == 10 + LONGEST
    assert len(began) == 3


def test_a_sync_that_fails_is_told_once_and_tried_less_and_less_often() -> None:
    busy = IndexBusy("Another process writes.")
    run = Run(seconds(3600, lambda at: at == 1), [busy] * 1000)
    assert run.told == ["Another process writes."]
    pauses = [later - earlier for earlier, later in zip(run.began, run.began[1:], strict=False)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == LAST_PAUSE


def test_the_next_change_does_not_wait_for_the_pause_to_end() -> None:
    assert Run(seconds(30, lambda at: at in (1, 4)), [IndexFault("The disk is full.")]).began == [2, 5]


def test_what_was_mended_is_told_when_it_breaks_again() -> None:
    full, gone = IndexFault("The disk is full."), IndexFault("'/docs' is gone.")
    run = Run(seconds(400, lambda at: at in (1, 100, 200, 300)), [full, None, full, gone, gone, None, None, full])
    assert run.told == ["The disk is full.", "The disk is full.", "'/docs' is gone.", "The disk is full."]


# --- which changes matter --------------------------------------------------------------------------------------

NAMES = ("a", "b.md", "c.log", "drafts", ".git", "indexes")
GLOBS = ("*.md", "*.log", "drafts/", "/a", "a/**/b.md", "drafts", "**")


@settings(max_examples=150)
@given(
    paths=st.sets(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join), max_size=12),
    include=st.sets(st.sampled_from(GLOBS), max_size=2),
    exclude=st.sets(st.sampled_from(GLOBS), max_size=2),
)
def test_a_file_matters_exactly_if_indexing_reads_it(paths: set[str], include: set[str], exclude: set[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "docs")
        scope = Scope((Root(root, Patterns(tuple(include), tuple(exclude))),), root / "indexes")
        inside = {f"{path}/x" if path.endswith("indexes") else path for path in paths}  # it is a folder
        for path in sorted(inside, reverse=True):
            if not (root / path).exists():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text("x")
        root.mkdir(exist_ok=True)
        found = {file.path for file in discover(scope.roots, home=scope.home).files}
        everything = list(root.rglob("*"))
        assert {path for path in everything if path.is_file() and scope.holds(path)} == found
        holding = {folder for file in found for folder in file.parents if folder.is_relative_to(root)}
        assert all(scope.holds(path) for path in holding)
        shutil.rmtree(root)
        assert all(scope.holds(path) for path in found | holding)


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("", True),
        ("new.txt", True),
        ("deep/down/new.txt", True),
        ("gone", True),
        ("drafts", True),  # a file of that name may have been
        ("drafts/new.txt", False),
        ("old.log", False),
        ("deep/.git/HEAD", False),
        (".new.txt.swp", False),
        ("link/new.txt", False),
        ("home/collections", False),
        ("home/collections/default/CURRENT", False),
        ("home/rag.toml", False),
        ("../elsewhere.txt", False),
    ],
)
def test_what_matters(tmp_path: Path, path: str, matters: bool) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    (tmp_path / "other").mkdir()
    (root / "link").symlink_to(tmp_path / "other")
    scope = Scope((Root(root, Patterns(exclude=("*.log", "drafts/"))),), root / "home")
    assert scope.holds(Path(os.path.normpath(root / path))) == matters


def test_of_a_root_that_is_a_link_both_names_are_known_and_its_index_is_not_taken_for_documents(
    tmp_path: Path,
) -> None:
    (tmp_path / "docs" / "home").mkdir(parents=True)
    (tmp_path / "docs" / "home" / "CURRENT").write_text("{}")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "docs")
    scope = Scope((Root(link),), tmp_path / "docs" / "home")
    assert scope.holds(link / "a.txt")
    assert scope.holds(tmp_path / "docs" / "a.txt")
    assert not scope.holds(link / "home" / "CURRENT")
    assert scope.look() == {}


def test_of_a_root_that_is_a_file_only_that_file_matters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    scope = Scope((Root(tmp_path / "a.txt"),), tmp_path / "home")
    assert scope.holds(tmp_path / "a.txt")
    assert not scope.holds(tmp_path / "b.txt")
    assert list(scope.look()) == [tmp_path / "a.txt"]


# --- that no change is missed ----------------------------------------------------------------------------------

Source = Callable[[Scope, threading.Event], Iterator[Changed]]


def often(scope: Scope, ended: threading.Event) -> Iterator[Changed]:
    return polled(scope, ended, pause=0.01)


def expect(changes: Iterator[Changed], path: Path) -> None:
    """Read on until `path` is told to have changed."""
    limit = time.monotonic() + ENOUGH
    while not any(path.is_relative_to(changed) for changed in next(changes)):
        assert time.monotonic() < limit, f"{path} was never told of"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("a")
    return folder


@pytest.fixture(params=[notified, often])
def source(request: pytest.FixtureRequest) -> Source:
    found: Source = request.param
    return found


def test_every_kind_of_change_is_told(source: Source, docs: Path, tmp_path: Path) -> None:
    with closing(source(Scope((Root(docs),), tmp_path / "home"), threading.Event())) as changes:
        assert next(changes) == {docs}
        (docs / "b.txt").write_text("b")
        expect(changes, docs / "b.txt")
        (docs / "b.txt").write_text("c")
        expect(changes, docs / "b.txt")
        (docs / "b.txt").rename(docs / "sub" / "c.txt")
        expect(changes, docs / "sub" / "c.txt")
        (docs / "sub").rename(docs / "under")
        expect(changes, docs / "under" / "c.txt")
        (docs / "under" / "c.txt").unlink()
        expect(changes, docs / "under" / "c.txt")
        (tmp_path / "docs" / "new" / "deep").mkdir(parents=True)
        (tmp_path / "docs" / "new" / "deep" / "d.txt").write_text("d")
        expect(changes, docs / "new" / "deep" / "d.txt")


def test_a_root_that_comes_back_is_watched_again(source: Source, docs: Path, tmp_path: Path) -> None:
    with closing(source(Scope((Root(docs),), tmp_path / "home"), threading.Event())) as changes:
        next(changes)
        for text in ("b", "c"):
            shutil.rmtree(docs)
            expect(changes, docs / "sub" / "a.txt")
            (docs / "sub").mkdir(parents=True)
            (docs / "sub" / "a.txt").write_text(text)
            expect(changes, docs / "sub" / "a.txt")
        (docs / "b.txt").write_text("b")
        expect(changes, docs / "b.txt")


def test_a_file_that_is_replaced_is_watched_on(source: Source, docs: Path, tmp_path: Path) -> None:
    file = docs / "sub" / "a.txt"
    with closing(source(Scope((Root(file),), tmp_path / "home"), threading.Event())) as changes:
        next(changes)
        for text in ("b", "c"):
            (docs / "saved").write_text(text)
            (docs / "saved").replace(file)
            expect(changes, file)
        file.write_text("d")
        expect(changes, file)


def test_it_ends_when_it_is_told_to(source: Source, docs: Path, tmp_path: Path) -> None:
    ended = threading.Event()
    changes = source(Scope((Root(docs),), tmp_path / "home"), ended)
    next(changes)
    ended.set()
    assert list(changes) in ([], [NOTHING])


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="where every file name is text")
def test_where_the_system_cannot_watch_the_files_are_looked_over(docs: Path, tmp_path: Path) -> None:
    told: list[str] = []
    scope = Scope((Root(docs),), tmp_path / "home")
    with closing(changes_of(scope, threading.Event(), told.append)) as changes:
        next(changes)
        strange = docs / os.fsdecode(b"\xff.txt")
        strange.write_text("x")
        expect(changes, strange)
        assert len(told) == 1
        assert "looked over every few seconds" in told[0]
        strange.write_text("xy")
        expect(changes, strange)
    assert len(told) == 1


# --- file systems ----------------------------------------------------------------------------------------------

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/x /mnt/my\\040share nfs4 rw 0 0
tmpfs /mnt/my\\040share/local tmpfs rw 0 0
overlay /over ext4 rw 0 0
host /over 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a", "ext4"),
        ("/mnt/my share", "nfs4"),
        ("/mnt/my share/deep", "nfs4"),
        ("/mnt/my shares", "ext4"),
        ("/mnt/my share/local/a", "tmpfs"),
        ("/over/a", "9p"),
    ],
)
def test_the_file_system_of_a_path(path: str, kind: str) -> None:
    assert file_system(Path(path), mounted(MOUNTS)) == kind
    assert file_system(Path(path), mounted("nonsense\n\n")) == ""
