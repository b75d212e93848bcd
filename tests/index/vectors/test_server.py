"""Vectors on a Chroma server: a real one on loopback, killed, started anew and harmed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexDamaged, RagError, StoreUnavailable
from index.indexing.build import build_index
from index.settings import EMBEDDED, IndexSettings
from index.store import generation
from index.store.collections import collections, copy_collection, delete_collection
from index.store.doctor import examine
from index.store.open import open_index
from index.store.repair import repair
from index.vectors import ledger
from index.vectors.remote import Remote
from tests.fakes import HashingEmbedder
from tests.index.vectors.chroma import COLLECTIONS, ChromaServer, Recorder, at, one_sentence

ROOT = Path(__file__).resolve().parents[3]
WORDS = "harbour quay lighthouse chapel market bridge mill ferry castle orchard ship lamp storm letter gull".split()
PASSAGES = 60
TEXT = "\n\n".join(
    f"Report {n}: the watchman wrote of {' '.join(words)}."
    for n in range(PASSAGES)
    for words in [[WORDS[(n * n + k * k * (n + 3)) % 15] + str(n * k % 9) for k in range(20)]]
)
WRITER = """
import json, sys, time
from pathlib import Path
from index.indexing.build import build_index
from index.settings import IndexSettings, StoreSettings
from tests.fakes import HashingEmbedder

class Progress:
    def start(self, stage, total):
        if stage == "publish":
            print("here", flush=True)
            time.sleep(600)
    def advance(self, n):
        pass

home, docs, port = sys.argv[1:]
store = StoreSettings(host="127.0.0.1", port=int(port))
build_index(IndexSettings(Path(home), store=store), [Path(docs)], HashingEmbedder(), Progress())
"""


def no_trial(folder: Path) -> str | None:
    return None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    running = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield running
    running.kill()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(TEXT)
    return tmp_path / "docs"


@pytest.fixture
def settings(tmp_path: Path, server: ChromaServer) -> Iterator[IndexSettings]:
    """A home whose vectors go to the server, which runs again and is empty of them afterwards."""
    made = IndexSettings(tmp_path / "home", passage_words=20, store=at(server.port))
    before = server.names()
    yield made
    for name in server.names() - before:
        server.ask("DELETE", f"{COLLECTIONS}/{name}")


def index(settings: IndexSettings, docs: Path, embedder: HashingEmbedder | None = None) -> str:
    """Build all anew, so that the server is given every vector."""
    return build_index(settings, [docs], embedder or HashingEmbedder(), trial=no_trial, rebuild=True).generation


def answers(settings: IndexSettings, embedder: HashingEmbedder | None = None) -> list[tuple[str, float]]:
    model = embedder or HashingEmbedder()
    with open_index(settings, model.fingerprint) as opened:
        asked = ("the watchman wrote of harbour3", "Report 14", "storm8 castle1 gull0")
        hits = [hit for text in asked for hit in (*opened.lexical(text, 5), *opened.dense(model.embed([text]), 5))]
        return [(hit.passage_id, round(hit.score, 4)) for hit in hits]


def remote_of(settings: IndexSettings) -> Remote:
    current = generation.read_current(settings.root)
    assert current is not None
    assert current.remote is not None
    return current.remote


def test_a_server_answers_as_files_do(settings: IndexSettings, docs: Path, tmp_path: Path) -> None:
    here = replace(settings, home=tmp_path / "here", store=EMBEDDED)
    index(here, docs)
    index(settings, docs)
    assert answers(settings) == answers(here)
    remote = remote_of(settings)
    assert (remote.server, remote.count) == (settings.store.url, PASSAGES)
    assert not list(settings.root.glob("gen-*/chroma"))
    assert [finding.ok for finding in examine(settings)] == [True] * 7


def test_a_reader_sees_what_is_published_when_it_opens_again(settings: IndexSettings, docs: Path) -> None:
    index(settings, docs)
    with open_index(settings) as opened:
        assert len(opened.dense(HashingEmbedder().embed(["walrus"]), 300)) == PASSAGES
        (docs / "b.txt").write_text("A walrus was seen.")
        index(settings, docs)
        assert opened.stale()
        assert len(opened.dense(HashingEmbedder().embed(["walrus"]), 300)) == PASSAGES
    with open_index(settings) as opened:
        assert opened.dense(HashingEmbedder().embed(["A walrus was seen."]), 1)[0].score == pytest.approx(1, abs=1e-3)


def test_two_homes_of_one_name_do_not_meet(
    settings: IndexSettings, server: ChromaServer, docs: Path, tmp_path: Path
) -> None:
    other = replace(settings, home=tmp_path / "other")
    index(settings, docs)
    index(other, docs)
    assert remote_of(settings).collection != remote_of(other).collection
    before = answers(other)
    assert delete_collection(settings.home, "default", settings.store) == ()
    assert remote_of(other).collection in server.names()
    assert answers(other) == before


def test_only_what_a_generation_names_stays_on_the_server(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    server.ask("POST", COLLECTIONS, {"name": "rag-of-somebody-else"})
    foreign = server.names()
    for n in range(4):
        (docs / "b.txt").write_text(f"A walrus was seen {n} times.")
        index(settings, docs)
        named = {json.loads(path.read_text())["remote"]["collection"] for path in settings.root.glob("gen-*/MANIFEST")}
        assert server.names() - foreign == named
        assert len(named) == min(n + 1, 2)
    assert {entry.collection for entry in ledger.entries(settings.root)} == named
    server.ask("DELETE", f"{COLLECTIONS}/rag-of-somebody-else")


def test_what_a_reader_still_reads_stays(settings: IndexSettings, server: ChromaServer, docs: Path) -> None:
    index(settings, docs)
    first = remote_of(settings).collection
    with open_index(settings) as opened:
        for n in range(3):
            (docs / "b.txt").write_text(f"A walrus was seen {n} times.")
            index(settings, docs)
        assert first in server.names()
        assert len(opened.dense(HashingEmbedder().embed(["walrus"]), 3)) == 3
    index(settings, docs)
    assert first not in server.names()


def test_what_a_killed_writer_left_on_the_server_is_removed_by_the_next(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    before = server.names()
    command = [sys.executable, "-c", WRITER, str(settings.home), str(docs), str(server.port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    (left,) = server.names() - before
    assert generation.read_current(settings.root) is None
    index(settings, docs)
    assert left not in server.names()
    assert server.names() - before == {remote_of(settings).collection}


def test_a_server_killed_while_it_is_filled_fails_the_run_and_the_next_embeds_nothing(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    wide = HashingEmbedder(dimension=4096)  # so that the vectors take several requests
    (docs / "a.txt").write_text(TEXT[: len(TEXT) // 2])
    index(settings, docs, wide)
    before, line = answers(settings, wide), generation.current_line(settings.root)
    (docs / "a.txt").write_text(TEXT)
    upserts: list[str] = []

    def kill_at_second(call: str) -> None:
        upserts.extend([call] if call.endswith("/upsert") else [])
        if len(upserts) == 2:
            server.kill()

    with Recorder(server.port, kill_at_second) as recorder:
        through = replace(settings, store=at(recorder.port, timeout=3))
        with pytest.raises(StoreUnavailable, match="does not answer") as caught:
            index(through, docs, wide)
    assert str(recorder.port) in one_sentence(caught.value)
    assert len(upserts) >= 2
    assert generation.current_line(settings.root) == line
    server.start()
    assert answers(settings, wide) == before
    wide.seen.clear()
    index(settings, docs, wide)
    assert wide.seen == []
    assert remote_of(settings).count == PASSAGES


def test_a_server_started_anew_in_time_is_waited_for(settings: IndexSettings, server: ChromaServer, docs: Path) -> None:
    wide = HashingEmbedder(dimension=4096)
    upserts: list[str] = []

    def restart_at_second(call: str) -> tuple[int, str] | None:
        upserts.extend([call] if call.endswith("/upsert") else [])
        if len(upserts) != 2:
            return None
        server.kill()
        server.start()
        return 503, "not yet"

    with Recorder(server.port, restart_at_second) as recorder:
        through = replace(settings, store=at(recorder.port, timeout=60))
        index(through, docs, wide)
        assert remote_of(through).count == PASSAGES
        assert len(upserts) > 2


def test_an_open_reader_tells_that_the_server_is_away_and_answers_when_it_is_back(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    index(settings, docs)
    asked = HashingEmbedder().embed(["harbour3 storm8"])
    with open_index(settings) as opened:
        before = opened.dense(asked, 5)
        server.kill()
        with pytest.raises(StoreUnavailable) as caught:
            opened.dense(asked, 5)
        told = one_sentence(caught.value)
        assert str(settings.store.url) in told
        assert "start it" in told
        server.start()
        assert opened.dense(asked, 5) == before


def test_a_server_away_when_the_old_is_to_be_deleted_is_remembered(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    index(settings, docs)
    oldest = remote_of(settings).collection
    (docs / "b.txt").write_text("A walrus was seen.")
    index(settings, docs)
    (docs / "b.txt").write_text("Two walruses were seen.")
    embedder = HashingEmbedder()
    build_index(settings, [docs], embedder, trial=lambda folder: server.kill(), rebuild=True)
    server.start()
    assert oldest in server.names()
    (left,) = [finding for finding in examine(settings) if finding.name == "left"]
    assert left.ok
    assert oldest in left.detail
    unchanged = build_index(settings, [docs], embedder)
    assert unchanged.generation == collections(settings.home)[0].generation
    assert oldest not in server.names()
    assert oldest not in {entry.collection for entry in ledger.entries(settings.root)}


def test_the_setting_is_switched_both_ways_without_embedding(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    here, embedder = replace(settings, store=EMBEDDED), HashingEmbedder()
    index(settings, docs)
    before, first = answers(settings), remote_of(settings).collection
    with pytest.raises(IndexDamaged, match=r"store\.host is not set; run `rag index PATH`"):
        open_index(here)
    assert {f.name for f in examine(here) if not f.ok} == {"chromadb", "search"}
    index(here, docs, embedder)
    assert answers(here) == before
    with pytest.raises(IndexDamaged, match=r"in its own files, and store\.host is set"):
        open_index(settings)
    (docs / "b.txt").write_text("A walrus was seen.")
    index(here, docs)
    assert first in server.names()  # no server is set, so none is asked
    assert [entry.collection for entry in ledger.entries(settings.root)] == [first]
    (docs / "b.txt").unlink()
    index(settings, docs, embedder)
    assert embedder.seen == []
    assert first not in server.names()
    assert answers(settings) == before


def lose_collection(server: ChromaServer, remote: Remote) -> None:
    server.ask("DELETE", f"{COLLECTIONS}/{remote.collection}")


def lose_a_vector(server: ChromaServer, remote: Remote) -> None:
    collection = server.id_of(remote.collection)
    some = server.ask("POST", f"{COLLECTIONS}/{collection}/get", {"limit": 1, "include": []})["ids"]
    server.ask("POST", f"{COLLECTIONS}/{collection}/delete", {"ids": some})


def other_vectors(server: ChromaServer, remote: Remote, width: int = 64) -> None:
    ids = server.ask("POST", f"{COLLECTIONS}/{server.id_of(remote.collection)}/get", {"include": []})["ids"]
    lose_collection(server, remote)
    made = server.ask("POST", COLLECTIONS, {"name": remote.collection, "configuration": {"hnsw": {"space": "cosine"}}})
    rows = np.random.default_rng(2).normal(size=(len(ids), width)).tolist()
    server.ask("POST", f"{COLLECTIONS}/{made['id']}/upsert", {"ids": ids, "embeddings": rows})


def other_width(server: ChromaServer, remote: Remote) -> None:
    other_vectors(server, remote, 32)


@pytest.mark.parametrize(
    ("harm", "finding", "words"),
    [
        (lose_collection, "server", "does not exist"),
        (lose_a_vector, "server", f"holds {PASSAGES - 1} vectors, and {PASSAGES} were put there"),
        (other_vectors, "search", "not found by its own vector"),
        (other_width, "search", "dimension"),
    ],
)
def test_the_doctor_finds_harm_and_mends_it_without_embedding(
    settings: IndexSettings,
    server: ChromaServer,
    docs: Path,
    harm: Callable[[ChromaServer, Remote], None],
    finding: str,
    words: str,
) -> None:
    index(settings, docs)
    before, remote = answers(settings), remote_of(settings)
    harm(server, remote)
    bad = [found for found in examine(settings) if not found.ok]
    assert bad[0].name == finding
    assert words in bad[0].detail
    assert "rag doctor --repair" in bad[0].remedy
    if finding == "server":  # what can be seen at once is never answered from
        with pytest.raises(IndexDamaged, match=words) as caught:
            answers(settings)
        assert "rag doctor --repair" in one_sentence(caught.value)
    done = repair(settings, trial=no_trial)
    assert done.passages == PASSAGES
    assert all(found.ok for found in examine(settings))
    assert answers(settings) == before
    assert remote_of(settings).collection != remote.collection


def test_the_doctor_tells_that_the_server_is_away(settings: IndexSettings, server: ChromaServer, docs: Path) -> None:
    index(settings, docs)
    server.kill()
    bad = {found.name: found for found in examine(settings) if not found.ok}
    assert set(bad) == {"server", "search"}
    assert bad["server"].remedy.startswith("start the Chroma server")
    with pytest.raises(StoreUnavailable):
        repair(replace(settings, store=at(server.port, timeout=0.5)))
    server.start()
    assert all(found.ok for found in examine(settings))


def test_a_collection_is_copied_and_deleted_on_the_server_too(
    settings: IndexSettings, server: ChromaServer, docs: Path
) -> None:
    index(settings, docs)
    before, foreign = answers(settings), server.names() - {remote_of(settings).collection}
    copy_collection(settings.home, "default", "copy", settings.store, trial=no_trial)
    copy = replace(settings, collection="copy")
    assert len(server.names() - foreign) == 2
    with pytest.raises(IndexDamaged, match="set \\[store\\] as it was"):
        copy_collection(settings.home, "default", "third", trial=no_trial)
    server.kill()
    with pytest.raises(StoreUnavailable):
        delete_collection(settings.home, "default", settings.store)
    assert [state.name for state in collections(settings.home)] == ["copy", "default"]
    server.start()
    assert delete_collection(settings.home, "default", settings.store) == ()
    assert server.names() - foreign == {remote_of(copy).collection}
    assert answers(copy) == before
    (left,) = delete_collection(settings.home, "copy")
    assert (left.server, {left.collection}) == (settings.store.url, server.names() - foreign)
    assert collections(settings.home) == ()


def test_the_token_goes_to_the_server_and_nowhere_else(
    settings: IndexSettings, server: ChromaServer, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "tk-3f9a77c2e1-very-secret"
    monkeypatch.setenv("CHROMA_TOKEN", token)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    Path(".env").write_text("CHROMA_SERVER_HOST=evil.example\nCHROMA_CLIENT_AUTH_CREDENTIALS=other\n")
    told: list[str] = []
    with Recorder(server.port) as recorder:
        through = replace(settings, store=at(recorder.port, token_env="CHROMA_TOKEN"))
        index(through, docs)
        answers(through)
        told += [repr(finding) for finding in examine(through)]
        assert {headers.get("Authorization") for headers in recorder.headers} == {f"Bearer {token}"}
        encoded = b64encode(f"Bearer {token}".encode()).decode()
        echoes = [(500, json.dumps({"error": said, "message": said})) for said in (token, encoded)]
        for answer in [(401, f"no {token}"), *echoes, (200, token)]:
            recorder.before = lambda call, answer=answer: answer
            with pytest.raises(RagError) as caught:
                answers(through)
            told += [one_sentence(caught.value), repr(caught.value.__cause__)]
        told += [repr(finding) for finding in examine(through)]
    assert "refuses access" in " ".join(told)
    assert token not in " ".join(told)
    assert encoded[8:-8] not in " ".join(told)
    kept = [path.read_bytes() for path in settings.home.rglob("*") if path.is_file()]
    assert kept
    assert not any(token.encode() in data for data in kept)


def test_nothing_is_left_behind_where_the_server_was_never_there(settings: IndexSettings, docs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    away = replace(settings, store=at(port, timeout=0.1))
    with pytest.raises(StoreUnavailable):
        index(away, docs)
    assert ledger.entries(settings.root) == ()
    assert generation.read_current(settings.root) is None
