from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexBusy, IndexDamaged, IndexFault, RagError
from index.settings import IndexSettings
from index.store.collections import collections
from index.store.generation import writing
from index.types import Article, Skipped, Span
from rag.app.library import uploads
from rag.app.library.holdings import Entry, Holdings, Unread
from rag.app.library.jobs import Job, Outcome, Stage
from rag.app.library.library import Library
from rag.app.page import files as html
from rag.app.page.files import PAGE, Look
from rag.settings import Settings
from tests.fakes import WaitingEmbedder

HARBOUR = "The harbour of Lissa was closed on Monday. Fishermen waited at the quay."
STORM = "A storm had broken the northern mole. Engineers expect the repair to last three weeks."
SAUCE = "Stir the flour into the butter. Add warm milk slowly."
MARKUP = "<img src=x onerror=alert(1)>.txt"


def no_trial(folder: Path) -> str | None:
    return None


class Desk:
    """A home, a folder of documents, and a workspace whose embedder needs no model."""

    def __init__(self, place: Path) -> None:
        self.settings = Settings(home=place / "home")
        self.embedder = WaitingEmbedder()
        self.released: list[str] = []
        self.docs = place / "docs"
        self.docs.mkdir()
        self.library = Library(self, trial=no_trial)

    def for_index(self, collection: str) -> IndexSettings:
        return self.settings.of(collection).for_index()

    def shares(self, collection: str) -> bool:
        return True

    def release(self, collection: str) -> None:
        self.released.append(collection)

    def write(self, name: str, text: str) -> Path:
        path = self.docs / name
        path.write_text(text)
        return path

    def incoming(self, name: str, content: str | bytes, number: int = 0) -> Path:
        folder = self.docs.parent / f"incoming-{number}"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def do(self, begin: Callable[[], Job]) -> Outcome:
        """What comes of a job, waited for."""
        job = begin()
        list(job.follow())
        return job.outcome

    def upload(self, *files: Path) -> Outcome:
        return self.do(lambda: self.library.add_files("default", files))

    def folder(self, path: Path | str) -> Outcome:
        return self.do(lambda: self.library.add_folder("default", str(path)))

    def sync(self) -> Outcome:
        return self.do(lambda: self.library.sync("default"))

    def remove(self, key: str | None) -> Outcome:
        assert key
        return self.do(lambda: self.library.remove("default", self.library.removal("default", key)))

    @property
    def holdings(self) -> Holdings:
        return self.library.holdings("default")

    @property
    def paths(self) -> list[str]:
        return [entry.path for entry in self.holdings.entries]

    @property
    def uploaded(self) -> list[str]:
        return [path.name for path in uploads.held(self.settings.home / "uploads" / "default")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.embedder.go.set()


def test_a_folder_is_added_and_every_file_is_listed_or_has_a_reason(desk: Desk) -> None:
    desk.write("harbour.txt", HARBOUR)
    desk.write("copy of harbour.txt", HARBOUR)
    desk.write(MARKUP, STORM)
    desk.write("page.html", "<title>Sauce</title><p>" + SAUCE + "<p hidden>Unseen words</p>")
    desk.write("empty.txt", "")
    (desk.docs / "notes.txt").write_bytes(b"\x7fELF\x02\x01" + bytes(range(256)) * 9)
    (desk.docs / ".hidden").touch()
    outcome = desk.folder(desk.docs)
    assert not outcome.wrong
    assert outcome.sentence.startswith("Done: 4 new, in ")
    held = desk.holdings
    assert desk.paths == [MARKUP, "copy of harbour.txt", "harbour.txt", "page.html"]
    assert held.entries[1].also == ("harbour.txt",)
    assert "hidden" in held.entries[3].remark
    assert held.hidden > 0
    assert [entry.passages for entry in held.entries] == [1, 1, 1, 1]
    assert (held.articles, held.passages) == (3, 3), "equal content is stored once"
    assert {item.path for item in held.unread} == {"empty.txt", "notes.txt"}
    assert all(item.reason and item.key is None for item in held.unread)
    assert [(place.path, place.files, place.given, place.there) for place in held.places] == [
        (desk.docs, 4, False, True)
    ]
    assert held.last
    assert held.last.report.hidden_files == 1


def test_uploads_are_moved_kept_once_and_never_overwrite(desk: Desk) -> None:
    first = desk.incoming("news.txt", HARBOUR)
    assert desk.upload(first, desk.incoming("empty.txt", "")).sentence.endswith("'empty.txt' is empty.")
    assert not first.exists()
    again = desk.upload(desk.incoming("again.txt", HARBOUR, 1))
    assert again == Outcome("'again.txt' is already there as 'news.txt'.")
    assert not desk.upload(desk.incoming("news.txt", STORM, 2)).wrong
    assert desk.uploaded == ["empty.txt", "news (2).txt", "news.txt"]
    assert desk.paths == ["news (2).txt", "news.txt"]
    (empty,) = desk.holdings.unread
    assert (empty.path, empty.reason) == ("empty.txt", "holds no text")
    assert empty.key
    folder = desk.settings.home / "uploads" / "default"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "news.txt")] == [0o700, 0o600]


def test_a_first_upload_that_holds_nothing_leaves_nothing(desk: Desk) -> None:
    outcome = desk.upload(desk.incoming("empty.txt", ""))
    assert outcome.wrong
    assert "'empty.txt', holds no text" in outcome.sentence
    assert desk.uploaded == []
    assert desk.holdings == Holdings("default")


def test_adding_changing_and_removing_leave_the_rest_as_it_is(desk: Desk) -> None:
    desk.write("harbour.txt", HARBOUR)
    desk.folder(desk.docs)
    desk.upload(desk.incoming("storm.txt", STORM))
    desk.write("harbour.txt", SAUCE)
    assert desk.sync().sentence.startswith("Done: 1 changed, in ")
    assert desk.sync().sentence == "In step: nothing changed in 2 files."
    storm = desk.holdings.entries[1]
    assert desk.holdings.entries[0].key is None, "other people's files are not removed one by one"
    assert desk.remove(storm.key).sentence.startswith("Removed. Done: 1 deleted")
    assert (desk.paths, desk.uploaded) == (["harbour.txt"], [])
    outcome = desk.remove(desk.holdings.places[0].key)
    assert outcome.sentence == "Removed; nothing is indexed in 'default' any more."
    assert set(desk.released) == {"default"}, "so that nobody has open what was taken out"
    assert desk.holdings == Holdings("default")
    assert (desk.docs / "harbour.txt").read_text() == SAUCE
    assert collections(desk.settings.home) == ()


def test_with_the_last_readable_upload_the_index_goes_and_the_rest_can_be_removed(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM), desk.incoming("empty.txt", ""))
    assert not desk.remove(desk.holdings.entries[0].key).wrong
    held = desk.holdings
    assert held.generation is None
    assert [item.path for item in held.unread] == ["empty.txt"]
    assert not desk.remove(held.unread[0].key).wrong
    assert desk.uploaded == []
    assert not (desk.settings.home / "uploads" / "default").exists()


def test_places_that_are_not_there_now_are_kept_while_others_are_changed_and_can_be_let_go(
    desk: Desk, tmp_path: Path
) -> None:
    desk.write("harbour.txt", HARBOUR)
    desk.folder(desk.docs)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(f"{STORM} {name}")
        assert not desk.folder(tmp_path / name).wrong
    for name in ("one", "two"):
        (tmp_path / name).rename(tmp_path / f"was {name}")
    refused = desk.sync()
    assert (refused.wrong, refused.gone) == (True, True)
    assert "nothing was changed" in refused.sentence
    assert 'data-do="let-go"' in html.ended(refused)
    added = desk.upload(desk.incoming("sauce.txt", SAUCE))
    assert not added.wrong
    assert "they are kept" in added.sentence
    assert desk.paths == ["harbour.txt", "one.txt", "sauce.txt", "two.txt"]
    place = next(place for place in desk.holdings.places if not place.there)
    assert "leaves the index with 1 document;" in desk.library.removal("default", place.key).sentence
    assert not desk.remove(place.key).wrong
    assert desk.paths == ["harbour.txt", "sauce.txt", "two.txt"]
    assert not desk.do(lambda: desk.library.sync("default", let_go=True)).wrong
    assert desk.paths == ["harbour.txt", "sauce.txt"]
    assert len(desk.holdings.places) == 3, "it is looked at again when it comes back"


def test_uploads_that_somebody_deleted_by_hand_do_not_leave_without_a_word(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM), desk.incoming("sauce.txt", SAUCE))
    for path in uploads.held(desk.settings.home / "uploads" / "default"):
        path.unlink()
    assert desk.sync().gone
    assert desk.paths == ["sauce.txt", "storm.txt"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type the path"),
        ("docs", "no whole path"),
        ("~nobody-at-all/x", "no whole path"),
        ("/nowhere/at/all", "There is no folder"),
        ("/tmp/\0", "There is no folder"),
        ("/tmp/\ud800", "There is no folder"),
        ("/" + "x" * 5000, "There is no folder"),
        ("~/home", "where the index itself"),
        ("~/home/uploads", "where the index itself"),
    ],
)
def test_a_path_that_cannot_be_added_is_one_sentence(
    desk: Desk, typed: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(desk.docs.parent))
    (desk.settings.home / "uploads").mkdir(parents=True)
    with pytest.raises(IndexFault, match=told) as error:
        desk.library.add_folder("default", typed)
    assert len(str(error.value)) < 400
    assert desk.library.job("default") is None


def test_one_change_at_a_time_and_a_failed_one_undoes_itself(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM))
    with writing(desk.for_index("default").root):
        outcome = desk.upload(desk.incoming("news.txt", HARBOUR, 1))
        assert outcome.wrong
        assert "is being written" in outcome.sentence
        gone = desk.remove(desk.holdings.entries[0].key)
        assert gone.wrong
    assert (desk.uploaded, desk.paths) == (["storm.txt"], ["storm.txt"])
    desk.embedder.go.clear()
    job = desk.library.add_files("default", [desk.incoming("news.txt", HARBOUR, 2)])
    assert desk.library.job("default") is job
    with pytest.raises(IndexBusy, match="being changed already"):
        desk.library.sync("default")
    job.cancel()
    assert job.stage.stopping
    desk.embedder.go.set()
    list(job.follow())
    assert job.outcome.sentence.startswith("Stopped")
    assert (desk.uploaded, desk.paths) == (["storm.txt"], ["storm.txt"])
    assert desk.library.job("default") is None


def test_a_damaged_index_says_so_and_is_mended(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM))
    root = desk.for_index("default").root
    (words,) = root.glob("gen-*/lexical/ids.json")
    words.unlink()
    with pytest.raises(IndexDamaged, match="missing"):
        _ = desk.holdings
    assert desk.do(lambda: desk.library.repair("default")).sentence.startswith("Mended: 1 documents")
    assert desk.paths == ["storm.txt"]


def test_collections_are_apart_and_names_are_strict(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM))
    assert desk.library.names("other") == ("default", "other")
    assert desk.library.holdings("other") == Holdings("other")
    for name in ("", "../x", "a/b", "x" * 64, ".hidden", "<b>", "a\0"):
        with pytest.raises(RagError, match="cannot be named"):
            desk.library.holdings(name)


def test_a_key_that_is_not_listed_removes_nothing(desk: Desk) -> None:
    desk.upload(desk.incoming("storm.txt", STORM))
    for key in ("", "x", "../../etc/passwd", str(desk.docs)):
        with pytest.raises(IndexFault, match="no longer in the list"):
            desk.library.removal("default", key)


def test_an_error_nobody_foresaw_is_one_plain_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def work(progress: object) -> Outcome:
        raise ZeroDivisionError("secret")

    job = Job(work)
    job.begin()
    list(job.follow())
    assert job.outcome.wrong
    assert "secret" not in job.outcome.sentence
    assert "ZeroDivisionError" in caplog.text


@given(st.text(max_size=300) | st.sampled_from(["../../etc/passwd", "..", ".", "", "a\0b.txt", "C:\\x\\y.doc", MARKUP]))
def test_a_name_is_made_safe(name: str) -> None:
    made = uploads.safe_name(name)
    assert made
    assert not made.startswith(".")
    assert not set(made) & set('/\\<>"\0\n')
    assert made.isprintable()
    assert len(made.encode()) <= 201
    assert uploads.safe_name(made) == made


@pytest.mark.parametrize(
    ("name", "made"),
    [
        (MARKUP, "_img src=x onerror=alert(1)_.txt"),
        ("../../evil.html", "evil.html"),
        (".env", "env"),
        ("ä" * 300 + ".pdf", "ä" * 90 + ".pdf"),
        ("a\0b\u202e.txt", "a_b_.txt"),
    ],
)
def test_names_that_are_made_safe(name: str, made: str) -> None:
    assert uploads.safe_name(name) == made


def test_the_list_escapes_everything_and_is_paged(desk: Desk) -> None:
    for number in range(3):
        desk.write(f"{number}{MARKUP}", f"{STORM} {number}")
    desk.folder(desk.docs)
    held = desk.holdings
    shown = html.listing(held, Look(limit=2))
    assert "<img" not in shown
    assert shown.count("<details") == 2
    assert "Show 1 more of 3" in shown
    assert f"/document/default/{held.entries[0].document_id}" in shown
    assert html.listing(held, Look(words="ONERROR 2<")).count("<details") == 1
    assert "No file matches" in html.listing(held, Look(words="nothing such"))
    assert "<img" not in html.places(held, Look(removing=held.places[0].key), "<img>")
    left = Holdings("a", "1", unread=tuple(Unread(f"{n}<img>", "<img>") for n in range(PAGE + 7)))
    assert html.listing(left, Look()).count("<dt ") == PAGE
    assert "Show 7 more" in html.listing(left, Look())
    assert "<img" not in html.listing(left, Look()) + html.damaged("<img>") + html.ended(Outcome("<img>", wrong=True))


def test_progress_says_stage_steps_rate_and_time_left() -> None:
    told = html.progress(Stage("embed", 30, 100, 5.0, 14.0))
    assert "Embedding passages" in told
    assert "30 of 100 passages · 5.0 a second · 14 seconds left" in told
    assert 'value="30" max="100"' in told
    assert "value=" not in html.progress(Stage())
    assert "Stopping" in html.progress(Stage("read", 1, 2, stopping=True))


def test_a_run_that_skipped_much_shows_the_first_and_says_how_many(desk: Desk) -> None:
    desk.write("harbour.txt", HARBOUR)
    report = desk.folder(desk.docs).report
    assert report
    many = tuple(Skipped(f"{number}.exe", "a program") for number in range(25))
    told = html.ended(Outcome("Done.", report=replace(report, skipped=many)))
    assert "25 files skipped, and why" in told
    assert told.count("<dt ") == 20
    assert "5 more, all below" in told


def test_thousands_of_articles_make_a_short_list() -> None:
    articles = tuple((Article("d", n, Span(n, n + 1), title=f"Head {n}", date="2016-05"), 1) for n in range(3000))
    entry = Entry("a.csv", "d", 12_345_678, datetime(2026, 1, 2), articles)
    told = html.listing(Holdings("a", "1", (entry,)), Look())
    assert "2,960 more in the document" in told
    assert "<bdi>CSV</bdi> · 12.3 MB · 3,000 sections · 3,000 passages · 2016-05" in told
    assert entry.matches(["head 2999"])
