"""Whatever is made from the corpus is mended from it, with no model and no documents at hand."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.errors import IndexBusy, IndexDamaged, NoIndex
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import generation
from index.store.open import open_index
from index.store.repair import repair
from index.types import Vectors
from tests.fakes import HashingEmbedder
from tests.index.harm import CACHES, Harm, cut, delete, flip

TEXT = "\n\n".join(f"Report number {n}. The {word} was seen near the harbour." for n, word in enumerate("abcdefghij"))


class NoModel(HashingEmbedder):
    """Has a fingerprint, and embeds nothing."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"embedded {texts!r}")


def no_trial(folder: Path) -> str | None:
    return None


def folder_of(settings: IndexSettings) -> Path:
    current = generation.read_current(settings.root)
    assert current is not None
    return generation.folder_of(settings.root, current.generation)


def answers(settings: IndexSettings) -> list[tuple[str, float]]:
    embedder = HashingEmbedder()
    with open_index(settings, embedder.fingerprint) as index:
        asked = ("report on the harbour", "the g was seen", "number 4")
        hits = [hit for text in asked for hit in (*index.lexical(text, 5), *index.dense(embedder.embed([text]), 5))]
        return [(hit.passage_id, round(hit.score, 5)) for hit in hits]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> IndexSettings:
    place = tmp_path_factory.mktemp("sound")
    (place / "docs").mkdir()
    (place / "docs" / "a.txt").write_text(TEXT)
    settings = IndexSettings(home=place / "home", passage_words=20)
    build_index(settings, [place / "docs"], HashingEmbedder(), trial=no_trial)
    return settings


@pytest.fixture
def copy(sound: IndexSettings, tmp_path: Path) -> IndexSettings:
    shutil.copytree(sound.home, tmp_path / "home")
    return IndexSettings(home=tmp_path / "home", passage_words=20)


@pytest.mark.parametrize("harm", [delete, cut, flip])
@pytest.mark.parametrize("pattern", CACHES)
def test_a_damaged_cache_is_mended(sound: IndexSettings, copy: IndexSettings, pattern: str, harm: Harm) -> None:
    (file,) = folder_of(copy).glob(pattern)
    if not file.stat().st_size and harm is not delete:
        pytest.skip("an empty file can only be deleted")
    name, before = file.relative_to(folder_of(copy)).as_posix(), folder_of(copy)
    harm(file)
    done = repair(copy, trial=no_trial)
    assert done.mended == (name,)
    assert before.name == f"gen-{done.taken_from}"
    assert folder_of(copy).name == f"gen-{done.generation}" != before.name
    assert answers(copy) == answers(sound)


def test_the_mended_index_passes_its_trial_and_needs_no_embedding(copy: IndexSettings, sound: IndexSettings) -> None:
    shutil.rmtree(folder_of(copy) / "chroma")
    shutil.rmtree(folder_of(copy) / "lexical")
    done = repair(copy)
    assert all(name.startswith(("chroma/", "lexical/")) for name in done.mended)
    report = build_index(copy, [sound.home.parent / "docs"], NoModel())
    assert (report.generation, report.files["unchanged"]) == (done.generation, 1)


@pytest.mark.parametrize("harm", [delete, cut, flip])
def test_a_damaged_manifest_is_mended_from_the_one_its_generation_keeps(
    sound: IndexSettings, copy: IndexSettings, harm: Harm
) -> None:
    current = copy.root / "CURRENT"
    last = folder_of(copy).name.removeprefix("gen-")
    current.chmod(0o600)
    current.write_text("{}" if harm is flip else current.read_text())
    if harm is not flip:
        harm(current)
    done = repair(copy, trial=no_trial)
    assert (done.taken_from, done.mended) == (last, ("CURRENT",))
    assert answers(copy) == answers(sound)


@pytest.mark.parametrize("harm", [delete, cut, flip])
def test_a_damaged_corpus_is_told_in_one_sentence(copy: IndexSettings, harm: Harm) -> None:
    file = folder_of(copy) / "corpus.sqlite"
    file.chmod(0o600)
    harm(file)
    before = (copy.root / "CURRENT").read_text()
    with pytest.raises(IndexDamaged) as caught:
        repair(copy, trial=no_trial)
    told = str(caught.value)
    assert str(file) in told
    assert "indexed anew" in told
    assert "run `rag index --rebuild PATH`" in told
    assert (copy.root / "CURRENT").read_text() == before
    assert not list(copy.root.glob("staging-*"))


def test_an_older_state_is_never_brought_back(copy: IndexSettings, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.txt").write_text("The lighthouse was painted green.")
    build_index(copy, [tmp_path / "docs"], HashingEmbedder(), trial=no_trial)
    (folder_of(copy) / "MANIFEST").write_text("{")
    (copy.root / "CURRENT").write_text("{")
    with pytest.raises(IndexDamaged, match="indexed anew"):
        repair(copy, trial=no_trial)


def test_what_fails_its_trial_is_not_put_in_use(copy: IndexSettings) -> None:
    before = folder_of(copy)
    with pytest.raises(IndexDamaged, match="failed its trial"):
        repair(copy, trial=lambda folder: "it is wrong")
    assert folder_of(copy) == before


def test_nothing_to_repair_and_another_writer_are_told(copy: IndexSettings, tmp_path: Path) -> None:
    none = IndexSettings(home=tmp_path / "none")
    with pytest.raises(NoIndex, match="rag index PATH"):
        repair(none)
    assert not none.home.exists()
    with generation.writing(copy.root), pytest.raises(IndexBusy):
        repair(copy)
