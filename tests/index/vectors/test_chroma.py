from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexDamaged
from index.seal import seal
from index.types import Vectors
from index.vectors import types
from index.vectors.chroma import EmbeddedStore, build_store
from index.vectors.types import BATCH, batches_of, configuration


def clustered(count: int, dimension: int = 32) -> Vectors:
    """Unit vectors in tight groups of fifty, the case in which graph search loses neighbours."""
    random = np.random.default_rng(5)
    centres = random.normal(size=(max(1, count // 50), dimension))
    rows = centres[random.integers(0, len(centres), count)] + 0.2 * random.normal(size=(count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(6000)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, vectors: Vectors) -> Iterator[EmbeddedStore]:
    folder = tmp_path_factory.mktemp("store") / "chroma"
    ids = [f"d:{n:05d}" for n in range(len(vectors))]
    # A batch of more than Chroma takes in one call, and one of fewer.
    build_store(folder, len(ids), iter([(ids[:5800], vectors[:5800]), (ids[5800:], vectors[5800:])]))
    with closing(EmbeddedStore(folder)) as opened:
        yield opened


def test_it_finds_what_exact_search_finds(store: EmbeddedStore, vectors: Vectors) -> None:
    found = exact = 0
    for vector in vectors[::120]:
        best = {f"d:{n:05d}" for n in np.argsort(-(vectors @ vector))[:20]}
        found += len(best & {hit.passage_id for hit in store.query(vector, 20)})
        exact += len(best)
    assert found / exact >= 0.99


def test_scores_are_cosines_and_ranks_count_from_one(store: EmbeddedStore, vectors: Vectors) -> None:
    hits = store.query(vectors[:1], 5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert hits[0].passage_id == "d:00000"
    for hit in hits:
        assert hit.score == pytest.approx(float(vectors[0] @ vectors[int(hit.passage_id[2:])]), abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("count", [1, 7, 500])
def test_the_room_kept_for_more_vectors_holds_nothing(tmp_path: Path, vectors: Vectors, count: int) -> None:
    lost = [np.full(50_000, 7.7, dtype=np.float32) for _ in range(40)]
    del lost  # whose memory is there to be had again
    build_store(tmp_path, count, [([f"d:{n}" for n in range(count)], vectors[:count])])
    (header,) = tmp_path.rglob("header.bin")
    _, _, _, stored, size = struct.unpack_from("<iQQQQ", header.read_bytes())
    graph = header.with_name("data_level0.bin").read_bytes()
    assert (stored, len(graph) % size) == (count, 0), "the form of the file is as it was"
    assert not any(graph[count * size :])
    with closing(EmbeddedStore(tmp_path)) as opened:
        assert len(opened.query(vectors[0], 3)) == min(3, count)


def test_another_width_is_refused_in_one_sentence(store: EmbeddedStore) -> None:
    with pytest.raises(IndexDamaged, match="dimension"):
        store.query(np.ones(7, dtype=np.float32), 3)


@pytest.mark.parametrize("count", [0, 1, 2, 101])
def test_small_stores_answer_and_are_not_changed_by_it(tmp_path: Path, count: int) -> None:
    build_store(tmp_path, count, [([f"{n}" for n in range(count)], clustered(count, 8))])
    sealed = seal(tmp_path)
    for _ in range(2):
        with closing(EmbeddedStore(tmp_path)) as store:
            assert store.count() == count
            assert len(store.query(np.eye(1, 8, dtype=np.float32)[0], 200)) == count
            assert store.query(np.eye(1, 8, dtype=np.float32)[0], 0) == []
    assert seal(tmp_path) == sealed


@given(st.integers(0, 2_000_000))
def test_every_vector_is_in_one_batch_and_none_is_left_unflushed(count: int) -> None:
    threshold = configuration(count)["hnsw"]["sync_threshold"]
    stored = waiting = 0
    for batch in batches_of(count):
        assert batch.start == stored
        assert 0 < batch.stop - batch.start <= BATCH
        stored = batch.stop
        waiting += batch.stop - batch.start
        waiting = 0 if waiting >= int(threshold) else waiting
    assert (stored, waiting) == (count, 0)


def test_a_store_that_was_flushed_on_the_way_is_whole(
    tmp_path: Path, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(types, "_FLUSHED", 700)
    ids = [f"d:{n:05d}" for n in range(3001)]
    build_store(tmp_path, len(ids), ((ids[batch], vectors[batch]) for batch in batches_of(len(ids))))
    sealed = seal(tmp_path)
    with closing(EmbeddedStore(tmp_path)) as store:
        assert store.count() == len(ids)
        hits = [store.query(vectors[n], 1)[0].passage_id for n in range(0, len(ids), 10)]
    assert hits == ids[::10]
    assert seal(tmp_path) == sealed, "nothing was left in the log to be replayed"


def test_ties_stand_in_the_order_of_ids(tmp_path: Path) -> None:
    same = np.tile(np.eye(1, 8, dtype=np.float32), (6, 1))
    build_store(tmp_path / "c", 6, [(["e", "b", "d", "a", "f", "c"], same)])
    with closing(EmbeddedStore(tmp_path / "c")) as store:
        assert [hit.passage_id for hit in store.query(same[0], 4)] == ["a", "b", "c", "d"]


def test_a_missing_store_is_damage_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="missing"):
        EmbeddedStore(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_database_that_is_none_is_damage(tmp_path: Path) -> None:
    build_store(tmp_path / "c", 1, [(["a"], clustered(1, 8))])
    (tmp_path / "c" / "chroma.sqlite3").write_bytes(b"rubbish" * 1000)
    with pytest.raises(IndexDamaged, match="--rebuild"):
        EmbeddedStore(tmp_path / "c")


def test_an_env_file_of_the_current_folder_is_not_read(tmp_path: Path) -> None:
    Path(".env").write_text("CHROMA_OTEL_COLLECTION_ENDPOINT=http://127.0.0.1:1\nis_persistent=nonsense\n")
    build_store(tmp_path / "c", 1, [(["a"], clustered(1, 8))])
    with closing(EmbeddedStore(tmp_path / "c")) as store:
        assert store.count() == 1
