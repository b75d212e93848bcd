"""The index under a killed writer, a second writer, a full disk, and a CURRENT that is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import IndexBusy, IndexDamaged, IndexFault, NoIndex
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import generation
from index.store.doctor import examine
from index.store.manifest import Manifest
from index.store.open import open_index
from tests.fakes import HashingEmbedder

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import resource, sys, time
from pathlib import Path
from index.indexing.build import build_index
from index.errors import RagError
from index.settings import IndexSettings
from tests.fakes import HashingEmbedder

home, docs, stop, limit = sys.argv[1:]

class Progress:
    def start(self, stage, total):
        if stage == stop:
            print("here", flush=True)
            time.sleep(60)
    def advance(self, n):
        pass

if limit != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    build_index(IndexSettings(home=Path(home)), [Path(docs)], HashingEmbedder(), Progress(), trial=lambda folder: None)
except RagError as error:
    print(error, flush=True)
    sys.exit(1)
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "old.txt").write_text("The lighthouse keeper counts the ships.")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings(home=tmp_path / "home")


def index(settings: IndexSettings, docs: Path) -> str:
    return build_index(settings, [docs], HashingEmbedder(), trial=lambda folder: None).generation


def finds(settings: IndexSettings, word: str) -> bool:
    with open_index(settings, HashingEmbedder().fingerprint) as opened:
        opened.dense(HashingEmbedder().embed([word]), 1)
        return bool(opened.lexical(word, 5))


def writer(settings: IndexSettings, docs: Path, stop: str = "", limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(settings.home), str(docs), stop, str(limit)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def kill_at(stage: str, settings: IndexSettings, docs: Path) -> None:
    with writer(settings, docs, stage) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("stage", ["read", "embed", "store", "publish"])
def test_a_writer_killed_leaves_the_old_index_and_the_lock_free(
    settings: IndexSettings, docs: Path, stage: str
) -> None:
    index(settings, docs)
    line = generation.current_line(settings.root)
    (docs / "new.txt").write_text("A harbour seal was seen at the quay.")
    kill_at(stage, settings, docs)
    assert generation.current_line(settings.root) == line
    assert finds(settings, "lighthouse")
    assert not finds(settings, "seal")
    assert list(settings.root.glob("staging-*"))
    index(settings, docs)
    assert finds(settings, "seal")
    assert not list(settings.root.glob("staging-*"))


def test_a_generation_named_but_never_put_in_use_is_removed(settings: IndexSettings, docs: Path) -> None:
    index(settings, docs)
    leftover = settings.root / "gen-000007-abcd"
    leftover.mkdir()
    (leftover / "corpus.sqlite").write_bytes(b"half")
    index(settings, docs)
    assert not leftover.exists()
    assert finds(settings, "lighthouse")


def test_a_second_writer_is_refused_and_told_who_the_first_is(settings: IndexSettings, docs: Path) -> None:
    index(settings, docs)
    (docs / "new.txt").write_text("A harbour seal was seen at the quay.")
    with writer(settings, docs, "embed") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "here\n"
        with pytest.raises(IndexBusy, match=rf"is being written by process {first.pid} on .* since "):
            index(settings, docs)
        assert finds(settings, "lighthouse")
        first.kill()


def test_a_disk_that_takes_no_more_is_one_sentence(settings: IndexSettings, docs: Path) -> None:
    index(settings, docs)
    (docs / "new.txt").write_text("A harbour seal was seen at the quay. " * 20_000)
    with writer(settings, docs, limit=200_000) as process:
        assert process.stdout is not None
        told = process.stdout.read()
    assert process.returncode == 1
    assert "could not be written" in told
    assert told.count("\n") == 1
    assert finds(settings, "lighthouse")
    assert not finds(settings, "seal")


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path, docs: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexFault, match="could not be written"):
        index(IndexSettings(home=tmp_path / "file"), docs)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"rubbish",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"generation": "../../etc", "schema": 1}',
        b'{"generation": "../x", "schema": 1, "fingerprint": "f", "dimension": 1, "chroma": "1", "documents": 1, '
        b'"passages": 1, "files": {}}',
        b'{"generation": "000001-ab", "schema": 99, "fingerprint": "f", "dimension": 1, "chroma": "1", '
        b'"documents": 1, "passages": 1, "files": {}}',
    ],
)
def test_a_current_that_does_not_read_is_damage_and_rebuild_mends_it(
    settings: IndexSettings, docs: Path, line: bytes
) -> None:
    index(settings, docs)
    (settings.root / "CURRENT").write_bytes(line)
    with pytest.raises(IndexDamaged, match="rag index --rebuild PATH"):
        open_index(settings)
    with pytest.raises(IndexDamaged, match="rag index --rebuild PATH"):
        index(settings, docs)
    (finding,) = examine(settings)
    assert (finding.name, finding.ok) == ("CURRENT", False)
    embedder = HashingEmbedder()
    report = build_index(settings, [docs], embedder, rebuild=True, trial=lambda folder: None)
    assert (report.embedded, embedder.seen) == (0, [])
    assert finds(settings, "lighthouse")


def test_a_current_that_names_nothing_is_damage(settings: IndexSettings, docs: Path) -> None:
    name = index(settings, docs)
    (settings.root / f"gen-{name}").rename(settings.root / "elsewhere")
    with pytest.raises(IndexDamaged, match="not there"):
        open_index(settings)
    assert examine(settings)[0].ok is False
    with pytest.raises(IndexDamaged, match="--rebuild"):
        index(settings, docs)
    build_index(settings, [docs], HashingEmbedder(), rebuild=True, trial=lambda folder: None)
    assert finds(settings, "lighthouse")


def test_no_current_is_no_index(settings: IndexSettings) -> None:
    with pytest.raises(NoIndex, match="rag index PATH"):
        open_index(settings)
    (finding,) = examine(settings)
    assert (finding.ok, finding.remedy) == (False, "run `rag index PATH`")
    assert not settings.home.exists()


def test_an_index_of_another_chroma_is_refused_and_built_anew(settings: IndexSettings, docs: Path) -> None:
    index(settings, docs)
    current = generation.read_current(settings.root)
    assert current is not None
    told = {name: getattr(current, name) for name in Manifest.__slots__} | {"chroma": "0.6.3"}
    (settings.root / "CURRENT").write_text(Manifest(**told).line())
    with pytest.raises(IndexDamaged, match=r"chromadb 0\.6\.3.*rag index PATH"):
        open_index(settings)
    assert [finding.name for finding in examine(settings) if not finding.ok] == ["chromadb"]
    assert index(settings, docs) != current.generation
    assert finds(settings, "lighthouse")
