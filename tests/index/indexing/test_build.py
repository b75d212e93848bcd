from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index.errors import IndexDamaged, IndexFault, NoIndex, WrongModel
from index.folder.roots import Root
from index.indexing.build import build_index
from index.indexing.survey import REFUSE, Missing
from index.settings import IndexSettings
from index.store.open import Index, open_index
from index.types import Report, Vectors
from tests.fakes import HashingEmbedder

HARBOUR = "The harbour of Lissa was closed on Monday. Fishermen waited at the quay. The ferry did not sail at all.\n\n"
STORM = "A storm had broken the northern mole. Engineers expect the repair to last three weeks in all.\n\n"
MAYOR = "The mayor of Lissa promised money. Nobody at the town hall could say how much it would be.\n"
RECIPE = "Stir the flour into the butter. Add warm milk slowly. Season the sauce with nutmeg and salt.\n"


def no_trial(folder: Path) -> str | None:
    return None


class Fails(HashingEmbedder):
    def embed(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        raise MemoryError("no room for the model")


class Bench:
    """A folder of documents, an index over it, and the embedder that built it."""

    def __init__(self, place: Path) -> None:
        self.docs = place / "docs"
        self.docs.mkdir(parents=True)
        self.settings = IndexSettings(home=place / "home", passage_words=20)
        self.embedder = HashingEmbedder()
        self.write("news.txt", HARBOUR + STORM + MAYOR)
        self.write("sauce.md", RECIPE)

    def write(self, name: str, text: str) -> None:
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def index(
        self, *, rebuild: bool = False, trial: Callable[[Path], str | None] = no_trial, missing: Missing = REFUSE
    ) -> Report:
        self.embedder.seen.clear()
        return build_index(self.settings, [self.docs], self.embedder, rebuild=rebuild, trial=trial, missing=missing)

    def open(self) -> Index:
        return open_index(self.settings, self.embedder.fingerprint)

    def found(self, question: str) -> set[str]:
        """The paths whose passages share a word with the question."""
        with self.open() as index:
            hits = index.lexical(question, 50)
            passages = index.passages(hit.passage_id for hit in hits)
            return {index.source(passage).path for passage in passages.values()}

    @property
    def current(self) -> Path:
        return self.settings.root / "CURRENT"

    def generation(self, report: Report) -> Path:
        return self.settings.root / f"gen-{report.generation}"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "bench")


def test_what_is_indexed_is_found_by_words_and_by_meaning(bench: Bench) -> None:
    report = bench.index()
    assert report.files["new"] == report.documents == 2
    assert report.embedded == report.passages <= len(bench.embedder.seen)
    assert set(report.seconds) == {"read", "embed", "store", "publish", "total"}
    with bench.open() as index:
        assert index.state.passages == report.passages
        assert index.roots == (Root(bench.docs),)
        (hit,) = index.dense(bench.embedder.embed(["Stir the flour into the butter"]), 1)
        passage = index.passages([hit.passage_id])[hit.passage_id]
        assert index.source(passage).path == "sauce.md"
        assert index.text(passage.document_id)[passage.start : passage.end] == passage.text
        (word_hit, *_) = index.lexical("nutmeg", 5)
        assert word_hit.passage_id == hit.passage_id
        assert {index.source_of(article).path for article in index.articles()} == {"news.txt", "sauce.md"}


def test_neighbours_are_of_the_same_article_in_order(bench: Bench) -> None:
    bench.index()
    with bench.open() as index:
        hit = index.lexical("storm mole engineers", 1)[0]
        passage = index.passages([hit.passage_id])[hit.passage_id]
        around = index.neighbours(passage, 5, 5)
        assert {other.document_id for other in around} == {passage.document_id}
        assert passage not in around
        starts = [other.start for other in around]
        assert starts == sorted(starts)
        assert min(starts) < passage.start < max(starts)
        assert index.neighbours(passage, 0, 0) == ()
        assert len(index.neighbours(passage, 1, 0)) == 1


def test_nothing_new_embeds_nothing_and_publishes_nothing(bench: Bench) -> None:
    first = bench.index()
    before = bench.current.read_bytes()
    os.utime(bench.docs / "news.txt", (1, 1))
    second = bench.index()
    assert bench.embedder.seen == []
    assert bench.current.read_bytes() == before
    assert second.generation == first.generation
    assert (second.files["unchanged"], second.embedded, second.reused) == (2, 0, first.passages)
    assert sorted(path.name for path in bench.settings.root.glob("*-*")) == [f"gen-{first.generation}"]


def test_an_edit_embeds_the_passages_that_changed(bench: Bench) -> None:
    first = bench.index()
    bench.write("news.txt", HARBOUR + STORM + "The governor of Lissa promised nothing. Nobody was surprised by it.\n")
    report = bench.index()
    assert report.files["changed"] == report.files["unchanged"] == 1
    assert 0 < report.embedded < first.passages
    assert any("governor" in text for text in bench.embedder.seen)
    assert not any("nutmeg" in text for text in bench.embedder.seen)
    assert bench.found("governor") == {"news.txt"}
    assert bench.found("mayor") == set()


def test_a_deleted_file_is_gone_with_its_text(bench: Bench) -> None:
    bench.index()
    (bench.docs / "sauce.md").unlink()
    report = bench.index()
    assert (report.files["deleted"], report.documents, report.embedded) == (1, 1, 0)
    assert bench.found("nutmeg") == set()
    files = [path for path in bench.generation(report).rglob("*") if path.is_file()]
    assert files
    assert not any(b"nutmeg" in path.read_bytes() for path in files)


def test_a_renamed_file_is_moved(bench: Bench) -> None:
    bench.index()
    (bench.docs / "sauce.md").rename(bench.docs / "white-sauce.md")
    report = bench.index()
    assert (report.files["moved"], report.files["deleted"], report.files["new"]) == (1, 0, 0)
    assert report.embedded == 0
    assert bench.found("nutmeg") == {"white-sauce.md"}


def test_equal_files_are_one_document_under_its_first_path(bench: Bench) -> None:
    bench.write("a/copy.md", RECIPE)
    report = bench.index()
    assert (report.files["new"], report.documents) == (3, 2)
    assert bench.found("nutmeg") == {"a/copy.md"}


@pytest.mark.parametrize("spoil", ["binary", "pipe"])
def test_a_file_that_cannot_be_read_now_is_kept_and_told(bench: Bench, spoil: str) -> None:
    bench.index()
    path = bench.docs / "sauce.md"
    path.unlink()
    if spoil == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(bytes(range(32)) * 50)
    bench.write("more.txt", "A third file makes the run publish.")
    report = bench.index()
    assert (report.files["kept"], report.files["deleted"]) == (1, 0)
    (skipped,) = report.skipped
    assert skipped.path == "sauce.md"
    assert "kept" in skipped.reason
    assert bench.found("nutmeg") == {"sauce.md"}


def test_a_folder_that_cannot_be_listed_now_keeps_its_files(bench: Bench) -> None:
    bench.write("sub/deep.txt", "The lighthouse keeper counts the ships.")
    bench.index()
    (bench.docs / "sub" / "deep.txt").unlink()
    (bench.docs / "sub").rmdir()
    (bench.docs / "sub").symlink_to("sub")
    assert bench.index().files["kept"] == 1
    assert bench.found("lighthouse") == {"sub/deep.txt"}


def test_an_emptied_file_goes_away_with_a_reason(bench: Bench) -> None:
    bench.index()
    bench.write("sauce.md", " \n")
    report = bench.index()
    assert report.files["deleted"] == 1
    assert report.skipped[0].reason == "holds no text"
    assert bench.found("nutmeg") == set()


def test_nothing_to_index_is_one_sentence_and_changes_nothing(bench: Bench) -> None:
    for path in bench.docs.iterdir():
        path.unlink()
    (bench.docs / "a.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(IndexFault, match=r"nothing to index in .*docs'.*a damaged or truncated PDF"):
        bench.index()
    assert not bench.current.exists()
    with pytest.raises(NoIndex, match="rag index PATH"):
        bench.open()


def test_a_folder_emptied_later_makes_an_empty_index(bench: Bench) -> None:
    bench.index()
    for path in bench.docs.iterdir():
        path.unlink()
    assert bench.index(missing=Missing(let_go=True)).files["deleted"] == 2
    with bench.open() as index:
        assert index.state.passages == 0
        assert index.lexical("harbour", 5) == index.dense(bench.embedder.embed(["harbour"]), 5) == []
        assert index.articles() == ()


def test_a_failing_model_leaves_the_index_in_use(bench: Bench) -> None:
    bench.index()
    before = bench.current.read_bytes()
    bench.write("new.txt", "Something that was not there before.")
    with pytest.raises(MemoryError):
        build_index(bench.settings, [bench.docs], Fails(), trial=no_trial)
    assert bench.current.read_bytes() == before
    assert bench.found("nutmeg") == {"sauce.md"}
    assert not list(bench.settings.root.glob("staging-*"))


def test_a_generation_that_fails_its_trial_is_not_put_in_use(bench: Bench) -> None:
    bench.index()
    before = bench.current.read_bytes()
    bench.write("new.txt", "Something that was not there before.")
    with pytest.raises(IndexDamaged, match="not put in use: it limps"):
        bench.index(trial=lambda folder: "it limps", rebuild=True)
    assert bench.current.read_bytes() == before


def test_another_model_is_refused_with_the_command_that_mends_it(bench: Bench) -> None:
    first = bench.index()
    other = HashingEmbedder(name="other")
    with pytest.raises(WrongModel, match=r"'hashing-64'.*'other-64'.*rag index PATH"):
        open_index(bench.settings, other.fingerprint)
    bench.embedder = other
    assert bench.index().embedded == first.passages
    with bench.open() as index:
        assert index.fingerprint == "other-64"
        with pytest.raises(WrongModel, match="3 numbers"):
            index.dense(other.embed(["x"])[:, :3], 1)


def test_damaged_caches_are_built_anew_without_embedding(bench: Bench) -> None:
    first = bench.index()
    (bench.generation(first) / "lexical" / "ids.json").write_text("[]")
    with bench.open() as index, pytest.raises(IndexDamaged, match=r"ids\.json"):
        index.lexical("nutmeg", 5)
    second = bench.index()
    assert (second.generation != first.generation, second.embedded) == (True, 0)
    assert bench.found("nutmeg") == {"sauce.md"}


def test_a_damaged_corpus_needs_rebuild_and_takes_vectors_from_the_generation_before(bench: Bench) -> None:
    bench.index()
    bench.write("new.txt", "Something that was not there before.")
    second = bench.index()
    corpus = bench.generation(second) / "corpus.sqlite"
    corpus.write_bytes(corpus.read_bytes()[:5000])
    with pytest.raises(IndexDamaged, match="rag index --rebuild PATH"):
        bench.index()
    third = bench.index(rebuild=True)
    assert third.embedded == 1
    assert bench.found("something") == {"new.txt"}


def test_rebuild_publishes_even_what_is_the_same(bench: Bench) -> None:
    first = bench.index()
    second = bench.index(rebuild=True)
    assert (second.generation != first.generation, second.embedded) == (True, 0)


def test_a_lost_current_costs_no_embedding(bench: Bench) -> None:
    bench.index()
    bench.current.unlink()
    with pytest.raises(NoIndex):
        bench.open()
    assert bench.index().embedded == 0
    assert bench.found("nutmeg") == {"sauce.md"}


def test_the_index_does_not_index_itself(bench: Bench) -> None:
    bench.settings = IndexSettings(home=bench.docs / "home", passage_words=20)
    assert bench.index().documents == 2
    assert bench.index().files == {"new": 0, "changed": 0, "moved": 0, "deleted": 0, "unchanged": 2, "kept": 0}


def test_other_passage_lengths_cut_anew(bench: Bench) -> None:
    first = bench.index()
    bench.settings = IndexSettings(home=bench.settings.home, passage_words=200)
    assert bench.index().passages < first.passages


def test_the_index_is_its_owners_only(bench: Bench) -> None:
    report = bench.index()
    assert bench.settings.root.stat().st_mode & 0o777 == 0o700
    for path in bench.generation(report).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    assert bench.current.stat().st_mode & 0o077 == 0


def test_an_open_index_is_kept_until_closed_and_knows_that_it_is_stale(bench: Bench) -> None:
    first = bench.index()
    with bench.open() as index:
        assert not index.stale()
        for number in range(3):
            bench.write("news.txt", f"Version {number} of the news.")
            bench.index(rebuild=True)
        assert index.stale()
        assert index.lexical("harbour", 5)
        assert index.dense(bench.embedder.embed(["harbour"]), 1)
        assert bench.generation(first).exists()
    bench.write("news.txt", "The last version.")
    last = bench.index(rebuild=True)
    assert not bench.generation(first).exists()
    kept = sorted(path.name for path in bench.settings.root.glob("gen-*"))
    assert len(kept) == 2
    assert kept[-1] == f"gen-{last.generation}"


def test_progress_tells_the_stages_in_order(bench: Bench) -> None:
    told: list[tuple[str, int]] = []
    steps: list[int] = []

    class Listener:
        def start(self, stage: str, total: int) -> None:
            told.append((stage, total))

        def advance(self, n: int) -> None:
            steps.append(n)

    report = build_index(bench.settings, [bench.docs], bench.embedder, Listener(), trial=no_trial)
    passages = report.passages
    assert told == [("read", 2), ("embed", passages), ("store", passages), ("publish", 1)]
    assert sum(steps) == 2 + passages + passages + 1


def test_thousands_of_equal_rows_are_indexed(tmp_path: Path) -> None:
    """One graph of neighbours is cut apart by equal vectors; the trial would then fail."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "log.txt").write_text("\n\n".join(["The pump was checked and found dry."] * 4000 + ["A valve leaks."]))
    settings = IndexSettings(home=tmp_path / "home", passage_words=20)
    report = build_index(settings, [folder], HashingEmbedder())
    with open_index(settings, HashingEmbedder().fingerprint) as index:
        assert index.state.passages == report.passages > 1000
        found = index.dense(HashingEmbedder().embed(["A valve leaks."]), 5)
        assert any("valve" in passage.text for passage in index.passages([hit.passage_id for hit in found]).values())


class FailsAfter(HashingEmbedder):
    """Embeds one batch, and has no room for the next."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.seen:
            raise MemoryError("no room for the model")
        return super().embed(texts)


def many(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.write(f"many/{number:03d}.txt", f"The lighthouse number {number} was painted in {1700 + number}.")


def test_what_a_failed_run_embedded_is_not_embedded_again(bench: Bench) -> None:
    many(bench, 200)
    failing = FailsAfter()
    with pytest.raises(MemoryError):
        build_index(bench.settings, [bench.docs], failing, trial=no_trial)
    assert len(failing.seen) >= 64
    (left,) = bench.settings.root.glob("staging-*")
    assert {path.name for path in left.iterdir()} <= {"corpus.sqlite", "corpus.sqlite-journal"}
    report = bench.index()
    assert 0 < report.embedded <= report.passages - 64
    assert not set(bench.embedder.seen) & set(failing.seen)
    assert not list(bench.settings.root.glob("staging-*"))


def test_a_failed_trial_costs_no_embedding_and_leaves_no_deleted_text(bench: Bench) -> None:
    many(bench, 10)
    with pytest.raises(IndexDamaged, match="trial"):
        bench.index(trial=lambda folder: "it does not answer")
    (bench.docs / "sauce.md").unlink()
    report = bench.index()
    assert report.embedded == 0
    files = [path for path in bench.settings.root.rglob("*") if path.is_file()]
    assert not any(b"nutmeg" in path.read_bytes() for path in files)


@pytest.mark.parametrize("rubbish", [b"", b"SQLite format 3\0 and then rubbish", b"rubbish" * 1000])
def test_a_leftover_that_does_not_read_is_removed(bench: Bench, rubbish: bytes) -> None:
    left = bench.settings.root / "staging-0badc0de"
    left.mkdir(parents=True)
    (left / "corpus.sqlite").write_bytes(rubbish)
    report = bench.index()
    assert report.embedded == report.passages
    assert not left.exists()


def test_vectors_of_another_model_are_not_taken_over(bench: Bench) -> None:
    many(bench, 100)
    with pytest.raises(IndexDamaged):
        bench.index(trial=lambda folder: "it does not answer")
    other = HashingEmbedder(name="another")
    report = build_index(bench.settings, [bench.docs], other, trial=no_trial)
    assert len(other.seen) >= report.embedded == report.passages
