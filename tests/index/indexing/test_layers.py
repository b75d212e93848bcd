"""What is edited is laid over what was built; together they answer as if all had been built anew."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexDamaged, StoreUnavailable
from index.indexing import build
from index.settings import IndexSettings
from index.store import generation
from index.store import repair as mending
from index.store.collections import copy_collection
from index.store.doctor import examine
from index.store.open import Index, open_index
from index.store.repair import repair
from index.types import Report
from tests.fakes import HashingEmbedder
from tests.index.harm import cut

WORDS = ["barge", "lock", "tiller", "mooring", "canal", "winch", "towpath", "sluice", "keel", "hatch", "rope", "quay"]
QUESTIONS = ["the barge at the lock", "who mends the tiller", "rope and winch", "a sluice near the canal", "keel"]
_FEW, _OFTEN = 8, 200


def no_trial(folder: Path) -> str | None:
    return None


def text(chance: random.Random) -> str:
    sentences = [" ".join(chance.choices(WORDS, k=chance.randint(3, 9))) for _ in range(chance.randint(1, 6))]
    return "\n\n".join(f"The {sentence}." for sentence in sentences)


class Desk:
    """A folder, and an index that follows it."""

    def __init__(self, place: Path) -> None:
        self.docs = place / "docs"
        self.docs.mkdir(parents=True)
        self.settings = IndexSettings(home=place / "home", passage_words=6)
        self.embedder = HashingEmbedder(dimension=16)

    def write(self, name: str, words: str) -> None:
        (self.docs / name).write_text(words)

    def index(self, trial: Callable[[Path], str | None] = no_trial) -> Report:
        self.embedder.seen.clear()
        return build.build_index(self.settings, [self.docs], self.embedder, trial=trial)

    def built_anew(self, place: Path) -> Desk:
        """Another index over the same folder, that has seen nothing of its past."""
        other = Desk(place)
        other.docs = self.docs
        other.index()
        return other

    def open(self) -> Index:
        return open_index(self.settings, self.embedder.fingerprint)

    def base(self) -> str | None:
        """The generation that the one in use is laid over."""
        manifest = generation.read_current(self.settings.root)
        assert manifest is not None
        return manifest.base

    def bytes(self) -> bytes:
        """Everything in the home."""
        return b"".join(path.read_bytes() for path in self.settings.home.rglob("*") if path.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "desk")
    desk.write("a.txt", "The harbour is closed on Monday.\n\nThe ferry waits at the quay.")
    desk.write("b.txt", "The mole was broken by a storm.\n\nThe repair takes three weeks.")
    desk.index()
    return desk


Found = list[tuple[float, frozenset[str]]]


def found(index: Index, embedder: HashingEmbedder, question: str) -> tuple[Found, Found]:
    """What both searches find, as scores with the texts that have them: which of equals comes first may differ."""
    (vector,) = embedder.embed([question])
    return grouped(index, index.lexical(question, 6)), grouped(index, index.dense(vector, 6))


def grouped(index: Index, hits: list) -> Found:  # type: ignore[type-arg]
    texts = index.passages(hit.passage_id for hit in hits)
    by_score: dict[float, set[str]] = {}
    for hit in hits:
        by_score.setdefault(round(hit.score, 4), set()).add(texts[hit.passage_id].text)
    last = min(by_score, default=0.0)  # of those that tie at the edge, any may be left out
    return [(score, frozenset(of) if score > last else frozenset()) for score, of in by_score.items()]


def held(index: Index) -> set[tuple[str, str]]:
    """Which path holds which document; a file that was written anew with the same words publishes nothing."""
    return {(stored.path, stored.document_id) for stored in index.files()}


def require_equal(desk: Desk, anew: Desk) -> None:
    with desk.open() as ours, anew.open() as theirs:
        assert held(ours) == held(theirs)
        assert {key: ours.text(key) for key in ours.document_ids()} == {
            key: theirs.text(key) for key in theirs.document_ids()
        }
        assert ours.state.documents == theirs.state.documents
        assert ours.state.passages == theirs.state.passages
        assert ours.passage_counts() == theirs.passage_counts()
        assert [ours.idf(word) for word in WORDS] == pytest.approx([theirs.idf(word) for word in WORDS])
        for question in QUESTIONS:
            assert found(ours, desk.embedder, question) == found(theirs, desk.embedder, question)


def edit(desk: Desk, chance: random.Random, past: list[str]) -> None:
    """One change as people make them: words changed or put back, a file added, copied, renamed or deleted."""
    names = sorted(path.name for path in desk.docs.iterdir())
    name, other = chance.choice(names), f"{chance.randint(0, 99)}.txt"
    words = (desk.docs / name).read_text()
    kind = chance.choices(["change", "add", "append", "revert", "copy", "rename", "delete"], [5, 4, 4, 3, 3, 1, 1])[0]
    past.append(words)
    if kind == "change":
        desk.write(name, text(chance))
    elif kind == "add":
        desk.write(other, text(chance))
    elif kind == "append":
        desk.write(name, f"{words}\n\n{text(chance)}")
    elif kind == "revert":
        desk.write(name, chance.choice(past))
    elif kind == "copy":
        desk.write(other, words)
    elif kind == "rename":
        (desk.docs / name).rename(desk.docs / other)
    elif len(names) > 2:
        (desk.docs / name).unlink()


def test_any_edits_answer_as_an_index_built_anew(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_over = 0
    for seed in range(_OFTEN if pytestconfig.getoption("--thorough") else _FEW):
        chance = random.Random(seed)
        monkeypatch.setattr(build, "_MOST_ABOVE", chance.choice([4, 12, 500]))
        desk = Desk(tmp_path / str(seed))
        past = [text(chance) for _ in range(4)]
        for number, words in enumerate(past):
            desk.write(f"{number}.txt", words)
        desk.index()
        for _ in range(chance.randint(1, 6)):
            edit(desk, chance, past)
            desk.index()
            laid_over += desk.base() is not None
        require_equal(desk, desk.built_anew(tmp_path / f"anew-{seed}"))
    assert laid_over > _FEW


def test_an_edit_is_found_and_what_it_replaced_is_not(desk: Desk) -> None:
    whole = desk.base()
    desk.write("b.txt", "The mole was mended by divers.\n\nThe repair takes three weeks.")
    report = desk.index()
    assert whole is None
    assert desk.base() is not None
    assert report.files["changed"] == 1
    assert desk.embedder.seen == ["The mole was mended by divers."]
    with desk.open() as index:
        texts = {item.text for item in index.passages(hit.passage_id for hit in index.lexical("mole", 9)).values()}
        assert texts == {"The mole was mended by divers."}
        (vector,) = desk.embedder.embed(["The mole was broken by a storm."])
        nearest = index.passages(hit.passage_id for hit in index.dense(vector, 9))
        assert len(nearest) == 4
        assert "The mole was broken by a storm." not in {item.text for item in nearest.values()}


def test_what_is_deleted_leaves_no_byte_behind_edits_or_not(desk: Desk) -> None:
    desk.write("c.txt", "The zanzibar line is cut.")
    desk.index()
    assert b"zanzibar" in desk.bytes()
    (desk.docs / "c.txt").unlink()
    desk.index()
    assert desk.base() is None
    assert b"zanzibar" not in desk.bytes()


def test_what_is_deleted_is_not_found_while_its_bytes_are_taken_out(desk: Desk) -> None:
    in_use: list[int] = []

    def trial(folder: Path) -> str | None:
        with desk.open() as index:
            in_use.append(len(index.lexical("zanzibar", 9)))
        return None

    desk.write("c.txt", "The zanzibar line is cut.")
    desk.index()
    (desk.docs / "c.txt").unlink()
    desk.index(trial)
    assert in_use == [0]
    assert b"zanzibar" not in desk.bytes()


@pytest.mark.parametrize("mend", ["index", "edit", "repair"])
def test_bytes_that_a_killed_run_left_are_taken_out_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, mend: str
) -> None:
    desk.write("c.txt", "The zanzibar line is cut.")
    build.build_index(desk.settings, [desk.docs], desk.embedder, trial=no_trial, rebuild=True)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    (desk.docs / "c.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(mending, "made_whole", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.index()
    assert b"zanzibar" in desk.bytes()
    with desk.open() as index:
        assert index.lexical("zanzibar", 9) == []
    if mend == "repair":
        repair(desk.settings, trial=no_trial)
    else:
        if mend == "edit":
            desk.write("a.txt", "The harbour is open.")
        desk.index()
    assert desk.base() is None
    assert b"zanzibar" not in desk.bytes()
    with desk.open() as index:
        assert len(index.files()) == 2


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StoreUnavailable("The server is down.")])
def test_bytes_that_cannot_be_taken_out_are_told_of_and_nothing_is_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    desk.write("c.txt", "The zanzibar line is cut.")
    desk.index()

    def broken(*_: object) -> None:
        raise error

    (desk.docs / "c.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(mending, "made_whole", broken)
        for deleted in (1, 0):
            report = desk.index()
            assert report.files["deleted"] == deleted
            assert report.owed is not None
            assert str(error) in report.owed
    with desk.open() as index:
        assert index.lexical("zanzibar", 9) == []
    assert desk.index().owed is None
    assert b"zanzibar" not in desk.bytes()


def test_an_edit_is_in_use_while_too_many_are_made_one_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_MOST_ABOVE", 3)
    desk.write("c.txt", "One more.")
    desk.index()
    assert desk.base() is not None
    in_use: list[tuple[str | None, int]] = []

    def trial(folder: Path) -> str | None:
        with desk.open() as index:
            in_use.append((desk.base(), len(index.lexical("barge", 9))))
        return None

    desk.write("d.txt", "\n\n".join(f"The barge number {n} left the lock." for n in range(3)))
    desk.index(trial)
    ((base, hits),) = in_use
    assert base is not None
    assert hits == 3
    assert desk.base() is None
    with desk.open() as index:
        assert len(index.files()) == 4
        assert len(index.lexical("barge", 9)) == 3


def test_far_too_much_is_built_whole_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_MOST_ABOVE", 1)
    trials: list[str | None] = []

    def trial(folder: Path) -> str | None:
        with desk.open() as index:
            trials.append(next(iter(index.files()), None) if index.lexical("barge", 9) else None)
        return None

    desk.write("d.txt", "\n\n".join(f"The barge number {n} left the lock." for n in range(3)))
    desk.index(trial)
    assert trials == [None]
    assert desk.base() is None


def test_a_disk_that_is_full_while_all_is_made_one_leaves_the_edit_in_use(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_MOST_ABOVE", 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(mending, "made_whole", full)
        desk.write("c.txt", "The barge waits.\n\nThe lock is shut.")
        assert desk.index().files["new"] == 1
    assert desk.base() is not None
    with desk.open() as index:
        assert len(index.lexical("barge", 9)) == 1
    desk.write("c.txt", "The barge waits.\n\nThe lock is open.")
    desk.index()
    assert desk.base() is None


def test_an_index_opened_after_an_edit_shares_what_searches_the_base(desk: Desk) -> None:
    with desk.open() as before:
        (vector,) = desk.embedder.embed(["ferry"])
        before.dense(vector, 2)
        desk.write("c.txt", "The ferry sails again.")
        desk.index()
        assert before.stale()
        after = open_index(desk.settings, desk.embedder.fingerprint, before)
    with after:  # the one before is closed by now
        hits = after.dense(vector, 9)
        assert "The ferry sails again." in {item.text for item in after.passages(h.passage_id for h in hits).values()}


def test_the_base_is_kept_as_long_as_it_is_read_and_no_longer(desk: Desk) -> None:
    desk.write("c.txt", "The ferry sails again.")
    desk.index()
    with desk.open() as index:
        (desk.docs / "b.txt").unlink()
        desk.index()
        assert len(generation.generations(desk.settings.root)) == 3
        assert len(index.lexical("ferry repair", 9)) == 3
    assert len(generation.generations(desk.settings.root)) == 1


@pytest.mark.parametrize("layer", ["above", "base"])
def test_a_damaged_layer_is_named_and_mended(desk: Desk, layer: str) -> None:
    desk.write("b.txt", "The mole was mended by divers.")
    desk.index()
    (oldest, newest) = sorted(generation.generations(desk.settings.root))
    words = (oldest if layer == "base" else newest) / "lexical" / "rows.npy"
    cut(words)
    assert any(not item.ok and str(words) in item.detail for item in examine(desk.settings))
    with desk.open() as index, pytest.raises(IndexDamaged, match="doctor --repair"):
        index.lexical("mole", 2)
    repair(desk.settings, trial=no_trial)
    assert desk.base() is None
    with desk.open() as index:
        assert len(index.lexical("mole", 9)) == 1
        assert desk.index().embedded == 0


def test_a_base_that_is_gone_is_told_and_built_anew(desk: Desk, tmp_path: Path) -> None:
    desk.write("b.txt", "The mole was mended by divers.")
    desk.index()
    base = min(generation.generations(desk.settings.root))
    base.rename(tmp_path / "gone")
    with pytest.raises(IndexDamaged, match="--rebuild"):
        desk.open()
    build.build_index(desk.settings, [desk.docs], desk.embedder, trial=no_trial, rebuild=True)
    with desk.open() as index:
        assert len(index.files()) == 2


def test_an_edited_index_is_copied_whole(desk: Desk) -> None:
    desk.write("b.txt", "The mole was mended by divers.")
    desk.index()
    copy_collection(desk.settings.home, "default", "second", trial=no_trial)
    copied = Desk.__new__(Desk)
    copied.settings = IndexSettings(desk.settings.home, "second", passage_words=6)
    copied.embedder, copied.docs = desk.embedder, desk.docs
    assert copied.base() is None
    require_equal(copied, desk)


def test_an_edited_index_has_only_good_findings(desk: Desk) -> None:
    desk.write("b.txt", "The mole was mended by divers.")
    desk.index()
    assert [item for item in examine(desk.settings, desk.embedder.fingerprint) if not item.ok] == []


def test_vectors_above_are_those_of_the_model(desk: Desk) -> None:
    desk.write("c.txt", "The ferry sails again.")
    desk.index()
    with desk.open() as index:
        (vector,) = desk.embedder.embed(["The ferry sails again."])
        (best,) = index.dense(vector, 1)
        assert index.passages([best.passage_id])[best.passage_id].text == "The ferry sails again."
        assert np.isclose(best.score, 1.0, atol=1e-5)
