"""A folder that is gone is not a folder that is empty: no document leaves the index without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import GoneAtOnce, IndexBusy
from index.folder.gone import MANY, loss, lost
from index.folder.roots import Place, Root, added, find, from_line, identity, rooted, to_line
from index.indexing.build import build_index
from index.indexing.survey import REFUSE, Missing
from index.settings import IndexSettings
from index.store.corpus import FILE, Corpus
from index.store.generation import folder_of, read_current
from index.store.open import known_roots, open_index
from index.types import Report
from tests.fakes import HashingEmbedder

ROOT = Path(__file__).resolve().parents[3]
STRANGE = "drive with blanks, ümlauts\nand a newline"


class Shelf:
    """Folders that are indexed together, and the index over them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.settings = IndexSettings(home=place / "home", passage_words=20)
        self.embedder = HashingEmbedder()

    def fill(self, folder: Path, files: int) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(files):
            (folder / f"{folder.name[:5]}{number}.txt").write_text(f"Page {number} of {folder.name} on the harbour.")
        return folder

    def index(self, *roots: Path, missing: Missing = REFUSE) -> Report:
        """Index these roots, or where none is given those of last time."""
        self.embedder.seen.clear()
        wanted: Sequence[Path | Root] = roots or known_roots(self.settings)
        return build_index(self.settings, wanted, self.embedder, missing=missing, trial=lambda folder: None)

    @property
    def documents(self) -> int:
        with open_index(self.settings) as index:
            return index.state.documents

    @property
    def current(self) -> bytes:
        return (self.settings.root / "CURRENT").read_bytes()

    def refuses(self, *named: Path) -> str:
        """The sentence of a run that changes nothing."""
        before, documents = self.current, self.documents
        with pytest.raises(GoneAtOnce) as refused:
            self.index(*named)
        assert (self.current, self.documents) == (before, documents)
        assert str(refused.value).endswith("run `rag index --yes` to let them go.")
        return str(refused.value)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@contextmanager
def bound(source: Path, target: Path) -> Iterator[Callable[[], None]]:
    """The folder `source` at the place `target`, as a drive would be; what is given takes it off."""
    target.mkdir(exist_ok=True)
    with ExitStack() as stack:
        mount("--bind", str(source), str(target))
        stack.callback(subprocess.run, ["umount", str(target)], check=True)
        yield stack.close


# --- the six ways in which documents could vanish -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["drive", STRANGE])
def test_way_1_a_root_that_is_unmounted_and_comes_back_without_embedding(shelf: Shelf, name: str) -> None:
    drive, place = shelf.fill(shelf.place / "disk", 5), shelf.place / name
    with bound(drive, place) as take_off:
        first = shelf.index(place)
        take_off()
        assert os.listdir(place) == []
        assert "All 5 files of" in shelf.refuses()
        assert "All 5 files of" in shelf.refuses(place)
    with bound(drive, place):
        report = shelf.index()
    assert (report.embedded, report.reused, shelf.embedder.seen) == (0, first.passages, [])


def test_way_2_an_inner_mount_that_is_lost(shelf: Shelf) -> None:
    docs, drive = shelf.fill(shelf.place / "docs", 40), shelf.fill(shelf.place / "disk", 3)
    with bound(drive, docs / "inner") as take_off:
        shelf.index(docs)
        take_off()
        assert "All 3 files of" in shelf.refuses()
    with bound(drive, docs / "inner"):
        assert shelf.index().embedded == 0


def test_way_2_an_inner_mount_of_another_device(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 40)
    (docs / "inner").mkdir()
    mount("-t", "tmpfs", "none", str(docs / "inner"))
    try:
        shelf.fill(docs / "inner", 3)
        shelf.index(docs)
    finally:
        subprocess.run(["umount", str(docs / "inner")], check=True)
    assert "All 3 files of" in shelf.refuses()


@pytest.mark.parametrize("files", [1, 5, MANY + 1])
def test_way_3_a_root_that_was_made_anew_and_is_empty(shelf: Shelf, files: int) -> None:
    docs = shelf.fill(shelf.place / "docs", files)
    shelf.index(docs)
    docs.rename(shelf.place / "before")
    docs.mkdir()
    assert "gone at once" in shelf.refuses()
    assert shelf.index(missing=Missing(let_go=True)).files["deleted"] == files
    assert shelf.documents == 0
    assert shelf.index().documents == 0, "nothing is missing any more"


def test_way_4_one_of_two_roots_is_missing(shelf: Shelf) -> None:
    here, away = shelf.fill(shelf.place / "here", 4), shelf.fill(shelf.place / "away", 3)
    shelf.index(here, away)
    away.rename(shelf.place / "taken off")
    assert "All 3 files of" in shelf.refuses()
    (here / "new.txt").write_text("A lighthouse was built here.")
    report = shelf.index(missing=Missing(aside=[away]))
    assert (report.files["new"], report.files["kept"], report.files["deleted"], report.documents) == (1, 3, 0, 8)
    (item,) = report.lost
    assert (item.place, item.gone, item.known) == (str(away), 3, 3)
    (shelf.place / "taken off").rename(away)
    assert shelf.index().files["unchanged"] == 8
    assert shelf.embedder.seen == []


UNPRIVILEGED = """
import sys
from pathlib import Path
from evals.bench.faults.bad import drop_rights
from index.indexing.build import build_index
from index.settings import IndexSettings
from tests.fakes import HashingEmbedder
if not drop_rights():
    sys.exit("the administrator may read everything here")
settings = IndexSettings(home=Path(sys.argv[1]), passage_words=20)
report = build_index(settings, [Path(sys.argv[2])], HashingEmbedder(), trial=lambda folder: None)
print(report.files["kept"], report.files["deleted"], report.documents)
"""


def test_way_5_a_subfolder_that_cannot_be_read(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 2)
    locked = shelf.fill(docs / "locked", 3)
    shelf.index(docs)
    (docs / "new.txt").write_text("A lighthouse was built.")
    locked.chmod(0)
    command = [sys.executable, "-c", UNPRIVILEGED, str(shelf.settings.home), str(docs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    locked.chmod(0o755)
    if "administrator" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.stdout.split() == ["3", "0", "6"], done.stderr
    report = shelf.index()
    assert (report.files["unchanged"], report.embedded) == (6, 0)


def test_way_6_another_path_is_indexed(shelf: Shelf) -> None:
    one, other = shelf.fill(shelf.place / "one", 3), shelf.fill(shelf.place / "other", 2)
    shelf.index(one)
    known = known_roots(shelf.settings)
    report = shelf.index(*(root.path for root in added(known, rooted([other]))))
    assert (report.files["new"], report.files["deleted"], report.documents) == (2, 0, 5)


# --- what is no loss ------------------------------------------------------------------------------------------------


def test_what_was_moved_or_renamed_is_not_gone(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 30)
    shelf.index(docs)
    docs.rename(shelf.place / "moved")
    (docs / "deep").mkdir(parents=True)
    for path in (shelf.place / "moved").iterdir():
        path.rename(docs / "deep" / f"new {path.name}")
    assert shelf.index().files["moved"] == 30


def test_a_root_that_was_moved_to_where_another_is(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 30)
    shelf.index(docs)
    docs.rename(shelf.place / "moved")
    report = shelf.index(docs, shelf.place / "moved")
    assert (report.files["deleted"], report.embedded, report.documents) == (0, 0, 30)


def test_what_the_patterns_leave_out_or_was_emptied_is_not_gone(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 30)
    shelf.index(docs)
    for number in range(20):
        (docs / f"docs{number}.txt").write_text("")
    assert shelf.index().files["deleted"] == 20


def test_half_of_many_may_go_and_one_more_may_not(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", MANY + 2)
    shelf.index(docs)
    half = MANY // 2 + 1
    for number in range(half):
        (docs / f"docs{number}.txt").unlink()
    assert shelf.index().files["deleted"] == half
    shelf.fill(docs, MANY + 2)
    shelf.index()
    for number in range(half + 1):
        (docs / f"docs{number}.txt").unlink()
    assert f"{half + 1} of {MANY + 2} files" in shelf.refuses()


def test_files_that_are_leaving_leave_though_they_are_all_and_still_there(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 3)
    shelf.index(docs)
    assert shelf.index(missing=Missing(leaving=list(docs.iterdir()))).files["deleted"] == 3


def test_a_kept_file_and_another_of_its_name_are_both_there(shelf: Shelf) -> None:
    one, other = shelf.place / "one", shelf.place / "other"
    for folder in (one, other):
        folder.mkdir()
    (one / "a.txt").write_text("The harbour was closed.")
    (other / "b.txt").write_text("The mole was broken.")
    shelf.index(one, other)
    other.rename(shelf.place / "taken off")
    (one / "b.txt").write_text("A lighthouse was built.")
    assert shelf.index(missing=Missing(aside=[other])).documents == 3
    with open_index(shelf.settings) as index:
        assert {item.path for item in index.files()} == {"a.txt", "b.txt", str(other / "b.txt")}


def test_a_writer_that_saw_other_roots_is_refused(shelf: Shelf) -> None:
    one, other = shelf.fill(shelf.place / "one", 1), shelf.fill(shelf.place / "other", 1)
    shelf.index(one)
    seen = known_roots(shelf.settings)
    shelf.index(one, other)
    with pytest.raises(IndexBusy, match="run it again"):
        build_index(shelf.settings, seen, shelf.embedder, onto=seen, trial=lambda folder: None)


# --- the rule by itself ---------------------------------------------------------------------------------------------


def test_a_folder_that_is_another_by_now_is_told_by_its_number(tmp_path: Path) -> None:
    """Without any mount: the place was kept with another device, or another inode, than it has now."""
    device, inode = identity(tmp_path)
    files = [tmp_path / str(number) for number in range(5)]
    same, other_device = Place(tmp_path, device, inode), Place(tmp_path, device + 1, inode)
    other_inode, unknown = Place(tmp_path, device, inode + 1), Place(tmp_path)
    assert [place.is_replaced() for place in (same, other_device, other_inode, unknown)] == [False, True, True, False]
    assert lost([same], files, files[:3]) == lost([unknown], files, files[:3]) == ()
    assert lost([other_device], files, files[:3]) == (other_device,)
    assert lost([other_inode], files, files[:2]) == ()
    assert lost([same], files, files) == (same,)


def test_places_are_kept_with_the_index(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 1)
    shelf.index(docs)
    manifest = read_current(shelf.settings.root)
    assert manifest
    with Corpus(folder_of(shelf.settings.root, manifest.generation) / FILE) as corpus:
        assert corpus.places() == (Place(docs, *identity(docs)),)


@given(known=st.integers(0, 60), gone=st.integers(0, 60), replaced=st.booleans())
def test_the_rule(known: int, gone: int, replaced: bool) -> None:
    here = Path(__file__).parent
    files = [here / str(number) for number in range(known)]
    place = Place(here, identity(here)[0], identity(here)[1] + replaced)
    told = bool(lost([place], files, files[:gone]))
    gone = min(gone, known)
    assert told == (gone > 0 and (gone == known or (2 * gone > known and (known > MANY or replaced))))
    assert loss(place, files, files[:gone]).gone == gone


def test_a_loss_inside_another_is_told_once() -> None:
    outer, inner = Place(Path("/a")), Place(Path("/a/b"))
    files = [Path("/a/b/1"), Path("/a/b/2")]
    assert lost([inner, outer], files, files) == (outer,)
    assert lost([inner, outer], [*files, Path("/a/c")], files) == (inner,)
    assert lost([Place(Path("/a/bc"))], files, files) == ()


# --- the names of roots ---------------------------------------------------------------------------------------------


def test_one_root_by_two_names_is_one(tmp_path: Path) -> None:
    docs, link = tmp_path / "docs", tmp_path / "link"
    docs.mkdir()
    link.symlink_to(docs)
    known = rooted([docs])
    for name in (link, docs / "..", tmp_path / "docs" / ".", Path(f"{docs}/")):
        assert find(known, name) == (None if name == docs / ".." else 0)
    assert added(known, rooted([link])) == known
    assert find(rooted([link]), docs) == 0
    assert find(known, Path("a\0b")) is None


def test_roots_inside_one_another_hold_each_file_once(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 2)
    inner = shelf.fill(docs / "inner", 2)
    link = shelf.place / "link"
    link.symlink_to(inner)
    assert shelf.index(docs, inner, link).documents == 4
    with open_index(shelf.settings) as index:
        assert len(index.files()) == 4
    assert shelf.index(inner).documents == 2, "with the outer one gone, the inner one stays"


def test_roots_of_every_kind_of_name_are_kept(tmp_path: Path) -> None:
    names = [tmp_path / STRANGE, Path(os.fsdecode(b"/d/\xff")), tmp_path / "plain"]
    roots = rooted(names)
    assert from_line(to_line(roots)) == roots
    assert from_line('["/a", "/b"]', '[["*.md"], []]')[1].patterns.include == ("*.md",)


def test_our_own_home_is_left_out_by_whatever_name(shelf: Shelf) -> None:
    docs = shelf.fill(shelf.place / "docs", 2)
    shelf.settings = IndexSettings(home=docs / "home", passage_words=20)
    (docs / "home" / "uploads" / "default").mkdir(parents=True)
    (docs / "home" / "uploads" / "default" / "given.txt").write_text("This was given to the page.")
    (docs / "home" / "rag.toml").write_text("[index]\n")
    link = shelf.place / "link"
    link.symlink_to(docs)
    assert shelf.index(link).documents == 2
    assert shelf.index(link, docs / "home" / "uploads" / "default").documents == 3
