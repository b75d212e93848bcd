"""Each file of a published index deleted, cut short or altered: the doctor names it, a question gets one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexDamaged
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import generation, probe
from index.store.corpus import Corpus
from index.store.doctor import examine
from index.store.open import open_index
from index.vectors.chroma import build_store
from tests.fakes import HashingEmbedder
from tests.index.harm import FILES, Harm, cut, delete, flip

TEXT = "\n\n".join(f"Report number {n}. The {word} was seen near the harbour." for n, word in enumerate("abcdefghij"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> IndexSettings:
    place = tmp_path_factory.mktemp("sound")
    (place / "docs").mkdir()
    (place / "docs" / "a.txt").write_text(TEXT)
    settings = IndexSettings(home=place / "home", passage_words=20)
    build_index(settings, [place / "docs"], HashingEmbedder())
    return settings


@pytest.fixture
def copy(sound: IndexSettings, tmp_path: Path) -> IndexSettings:
    shutil.copytree(sound.home, tmp_path / "home")
    return IndexSettings(home=tmp_path / "home", passage_words=20)


def folder_of(settings: IndexSettings) -> Path:
    current = generation.read_current(settings.root)
    assert current is not None
    return generation.folder_of(settings.root, current.generation)


def ask_everything(settings: IndexSettings) -> None:
    with open_index(settings, HashingEmbedder().fingerprint) as index:
        index.articles()
        index.lexical("harbour", 3)
        index.dense(HashingEmbedder().embed(["harbour"]), 3)


def test_the_list_above_is_every_file(sound: IndexSettings) -> None:
    current = generation.read_current(sound.root)
    assert current is not None
    listed = [path for pattern in FILES for path in folder_of(sound).glob(pattern)]
    assert {path.relative_to(folder_of(sound)).as_posix() for path in listed} == set(current.files)


def test_a_sound_index_has_only_good_findings(sound: IndexSettings) -> None:
    findings = examine(sound, HashingEmbedder().fingerprint)
    assert [finding.name for finding in findings] == [
        *("CURRENT", "chromadb", "model", "files", "corpus", "counts", "search"),
    ]
    assert all(finding.ok and not finding.remedy for finding in findings)
    ask_everything(sound)
    assert all(finding.ok for finding in examine(sound))  # opening Chroma changes its bytes, and that is no damage


@pytest.mark.parametrize("harm", [delete, cut, flip])
@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_is_named(copy: IndexSettings, pattern: str, harm: Harm) -> None:
    (file,) = folder_of(copy).glob(pattern)
    if not file.stat().st_size:
        pytest.skip("an empty file can only be deleted")
    harm(file)
    bad = [finding for finding in examine(copy) if not finding.ok]
    assert any(str(file) in finding.detail and "rag index" in finding.remedy for finding in bad)
    with pytest.raises(IndexDamaged) as caught:
        ask_everything(copy)
    told = str(caught.value)
    assert str(file) in told
    assert "rag index --rebuild PATH" in told
    assert "\n" not in told


def test_the_doctor_tells_another_model(sound: IndexSettings) -> None:
    bad = [finding for finding in examine(sound, "other-64") if not finding.ok]
    assert [finding.name for finding in bad] == ["model"]
    assert "other-64" in bad[0].detail


def test_the_trial_finds_a_store_that_opens_and_answers_wrongly(copy: IndexSettings) -> None:
    folder = folder_of(copy)
    shutil.rmtree(folder / "chroma")
    with Corpus(folder / "corpus.sqlite") as corpus:
        ids = corpus.passage_ids()
    random = np.random.default_rng(3).normal(size=(len(ids), 64))
    vectors = np.asarray(random / np.linalg.norm(random, axis=1, keepdims=True), dtype=np.float32)
    build_store(folder / "chroma", len(ids), [(ids, vectors)])
    assert "is not found by its own vector" in str(probe.run(folder))


def test_the_trial_finds_missing_passages_and_words(copy: IndexSettings) -> None:
    folder = folder_of(copy)
    (folder / "lexical" / "ids.json").write_text("[]")
    assert "does not read" in str(probe.run(folder))
    shutil.rmtree(folder / "chroma")
    build_store(folder / "chroma", 1, [(["only"], np.eye(1, 64, dtype=np.float32))])
    assert "Chroma 1" in str(probe.run(folder))


def test_the_trial_refuses_a_file_of_terabytes_before_chroma_opens_it(copy: IndexSettings) -> None:
    (file,) = folder_of(copy).glob("chroma/*/link_lists.bin")
    with file.open("r+b") as links:
        links.truncate(3 * 1024**4)
    assert "link_lists.bin claims 3,298,534,883,328 bytes" in str(probe.run(folder_of(copy)))


def test_a_trial_that_does_not_end_is_a_problem(sound: IndexSettings) -> None:
    assert "does not answer within" in str(probe.run(folder_of(sound), seconds=0.01))


def test_a_trial_of_nothing_is_a_problem(tmp_path: Path) -> None:
    assert "does not read" in str(probe.run(tmp_path))


def test_code_in_the_current_folder_is_not_run(sound: IndexSettings) -> None:
    Path("index").mkdir()
    Path("index/__init__.py").write_text("raise SystemExit(99)")
    Path("json.py").write_text("raise SystemExit(99)")
    assert probe.run(folder_of(sound)) is None
