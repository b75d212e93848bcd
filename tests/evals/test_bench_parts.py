"""Each benchmark, run over a handful of texts with an embedder that hashes words; no test looks at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from evals.bench import baselines, index, query, start, store, storm
from evals.bench.index import Prepared, Synced
from evals.bench.material import Material, Written
from evals.bench.measure import WARM, IndexRun, Spread, spread
from evals.bench.static import StaticEmbedder
from evals.errors import EvalError
from index.settings import IndexSettings
from index.store.open import Index, open_index
from index.types import Vectors
from index.vectors.lines import embed_texts
from tests.evals.test_bench import cells
from tests.fakes import HashingEmbedder

TOPICS = ("mill", "weir", "bridge", "chapel", "quarry", "ferry", "orchard", "granary")
QUESTIONS = [f"When was the {topic} of the valley built?" for topic in TOPICS]


class HashingModel:
    """A sentence-transformers model for which texts that share words are near."""

    def encode(self, sentences: list[str], *, normalize_embeddings: bool = False, **_: object) -> Vectors:
        assert normalize_embeddings
        return HashingEmbedder().embed(sentences)


class ListedHybrid:
    """A txtai index that finds what it was given in the order given."""

    texts: Sequence[str] = ()

    def index(self, documents: Sequence[str]) -> None:
        self.texts = documents

    def count(self) -> int:
        return len(self.texts)

    def save(self, path: str) -> None:
        Path(path).write_text("\n".join(self.texts), "utf-8")

    def search(self, query: str, limit: int) -> Sequence[object]:
        return self.texts[:limit]


class Processes:
    """Stands in for `fresh`: notes what it is to run, and gives an answer that is laid ready for it."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers
        self.ran: list[str] = []

    def __call__(self, function: Callable[..., object], *_: object, **__: object) -> object:
        self.ran.append(function.__name__)
        return self.answers[function.__name__]


def installed(monkeypatch: pytest.MonkeyPatch, txtai: str | None) -> None:
    """Let txtai be installed in this version, or not at all."""

    def version(name: str) -> str:
        if txtai is None:
            raise PackageNotFoundError(name)
        return txtai

    monkeypatch.setattr(index, "version", version)


RUN = IndexRun(100, 100, {"read and cut": 1.0, "embed": 6.0, "store": 1.0, "probe": 1.5, "publish": 0.5}, 10, 50)
PREPARED = Prepared(Written(10, 80_000), Synced(RUN, IndexRun(100, 0, {}, 0.1, 1), IndexRun(101, 2, {}, 2.5, 1)))


def sound(_: Path) -> str | None:
    return None


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number, topic in enumerate(TOPICS):
        text = f"The {topic} of the valley was built in {1800 + number}. The {topic} stands by the river still."
        (folder / f"{topic}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture
def home(documents: Path, tmp_path: Path) -> Path:
    index.index_ours(documents, tmp_path / "home", HashingEmbedder(), sound)
    return tmp_path / "home"


def test_a_second_run_embeds_nothing_and_an_edit_its_own_passage_alone(documents: Path, tmp_path: Path) -> None:
    tried: list[Path] = []

    def trial(folder: Path) -> None:
        tried.append(folder)

    embedder = HashingEmbedder()
    synced = index.index_and_sync(documents, tmp_path / "home", embedder, trial)
    assert (synced.first.passages, synced.first.embedded) == (8, 8)
    assert (synced.unchanged.passages, synced.unchanged.embedded) == (8, 0)
    assert synced.edited.embedded == 1
    assert len(embedder.seen) == 8 * 2 + 3, "each line of what is new"
    assert len(tried) == 1, "where nothing changed, or little, no store is built that must be tried"
    assert set(synced.first.seconds) == {"read and cut", "embed", "store", "probe", "publish"}
    assert sum(synced.first.seconds.values()) <= synced.first.total


def test_what_a_folder_never_indexed_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no index"), index.indexed(tmp_path):
        pass


def test_the_texts_that_baselines_get_are_those_that_ours_embedded(documents: Path, tmp_path: Path) -> None:
    embedder = HashingEmbedder()
    index.index_ours(documents, tmp_path / "home", embedder, sound)
    with index.indexed(tmp_path / "home") as (corpus, fingerprint):
        texts = corpus.embedding_texts(corpus.passage_ids())
        vectors = corpus.vectors(fingerprint)
    assert {line for text in texts for line in text.split("\n") if line} == set(embedder.seen)
    assert np.allclose(vectors, [one.whole for one in embed_texts(HashingEmbedder(), texts)])


def test_the_index_table_puts_each_system_beside_ours() -> None:
    llama = IndexRun(20, 20, {"read and cut": 1.0, "embed": 8.0, "store": 1.0}, 10, 70)
    txtai = IndexRun(100, 100, {"embed": 19.0, "store": 1.0}, 20, 60)
    runs, syncs = index.render(index.Measured(PREPARED, llama, txtai)).split("\n\n")
    assert cells(runs) == [
        ["ours", "100", "1.00", "6.00", "1.00", "2.00", "10.0", "10.0", "–", "8.00", "–", "50.0"],
        ["LlamaIndex, files", "20", "1.00", "8.00", "1.00", "–", "10.0", "2.00", "5.00", "8.00", "1.00", "70.0"],
        [index.TXTAI, "100", "–", "19.0", "1.00", "–", "20.0", "5.00", "2.00", "4.00", "2.00", "60.0"],
    ]
    assert [row[-1] for row in cells(syncs)] == ["0.010", "0.250"]
    assert "10 files, nothing changed: 0 passages embedded" in syncs


@pytest.mark.parametrize(
    ("version", "static", "index_runs", "query_runs"),
    [
        ("9.14.0", False, ["llama_files", "txtai_passages"], ["query_ours", "llama_ms", "txtai_ms", "search_vectors"]),
        ("9.14.0", True, ["llama_files", "txtai_passages"], ["query_ours", "search_vectors"]),
        (None, False, ["llama_files"], ["query_ours", "llama_ms", "search_vectors"]),
    ],
)
def test_txtai_is_measured_where_it_is_installed_and_left_out_elsewhere(
    version: str | None,
    static: bool,
    index_runs: list[str],
    query_runs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(monkeypatch, version)
    ours = query.Ours({}, np.zeros((1, 1), np.float32), [], RUN.passages)
    processes = Processes(
        llama_files=RUN, txtai_passages=RUN, query_ours=ours, llama_ms=[1.0], txtai_ms=[1.0], search_vectors=None
    )
    monkeypatch.setattr(index, "fresh", processes)
    monkeypatch.setattr(query, "fresh", processes)
    table = index.render(index.measure(PREPARED, tmp_path, print))
    assert (index.TXTAI in table) == (version is not None)
    query.measure(tmp_path, QUESTIONS, print, static=static)
    assert processes.ran == [*index_runs, *query_runs]


def test_the_report_says_which_txtai_it_was_or_that_its_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "9.14.0")
    assert index.about_txtai().startswith("txtai 9.14.0 is given the passages that ours cut")
    installed(monkeypatch, None)
    assert index.about_txtai() == "txtai is not installed here: its rows are left out."


def test_txtai_is_not_run_over_more_than_it_can_embed_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "9.14.0")
    assert index.runs_txtai(index.TXTAI_MOST)
    assert not index.runs_txtai(2 * index.TXTAI_MOST)


def test_txtai_saves_what_it_indexed_and_no_part_is_counted_twice(tmp_path: Path) -> None:
    run = baselines.index_texts(TOPICS, tmp_path / "store", ListedHybrid())
    assert (tmp_path / "store").read_text("utf-8").split() == list(TOPICS)
    assert (run.passages, run.embedded) == (8, 8)
    assert math.isclose(sum(run.seconds.values()), run.total)


def test_txtai_searches_our_passages_and_indexes_them_only_where_none_are_saved(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hybrid = ListedHybrid()
    monkeypatch.setattr(baselines, "hybrid", lambda: hybrid)
    monkeypatch.setattr(baselines, "saved_hybrid", lambda _: hybrid)
    assert len(query.txtai_ms(home, QUESTIONS, tmp_path / "store")) == len(QUESTIONS) - WARM
    assert all(any(topic in text for text in hybrid.texts) for topic in TOPICS)
    hybrid.texts = ()
    query.txtai_ms(home, QUESTIONS, tmp_path / "store")
    assert hybrid.count() == 0


def test_exact_search_is_best_first() -> None:
    rows = np.eye(4, dtype=np.float32)
    query_row = np.asarray([0.1, 0.9, 0.3, 0.2], dtype=np.float32)
    assert query.nearest(rows, query_row, 3) == [1, 2, 3]
    assert query.nearest(rows, query_row, 4) == [1, 2, 3, 0]


def test_ours_is_timed_by_part_and_finds_what_is_nearest(home: Path) -> None:
    told = query.query_ours(home, QUESTIONS, HashingEmbedder())
    assert {name: len(values) for name, values in told.ms.items()} == dict.fromkeys(
        (query.WHOLE, query.EMBED, query.DENSE, query.WORDS), len(QUESTIONS) - WARM
    )
    measured = query.search_vectors(home, told, {query.TXTAI: [1.0, 2.0, 3.0]}, home / "chroma")
    assert measured.passages == len(TOPICS)
    assert measured.recall == {query.DENSE: 1.0, query.CHROMA: 1.0, query.EXACT: 1.0}
    assert measured.ms[query.TXTAI] == Spread(2.0, pytest.approx(2.9), 3)


def test_the_query_table_compares_like_with_like_and_tells_growth() -> None:
    def size(passages: int, scale: float) -> query.Measured:
        names = (
            query.WHOLE,
            query.EMBED,
            query.DENSE,
            query.WORDS,
            query.LLAMA,
            query.CHROMA,
            query.EXACT,
            query.TXTAI,
        )
        times = {name: Spread(scale * n, 2 * scale * n, 7) for n, name in enumerate(names, start=1)}
        return query.Measured(passages, times, {query.DENSE: 0.99, query.CHROMA: 0.5, query.EXACT: 1.0})

    small, large = size(1_000, 1.0), size(10_000, 3.0)
    body, note = query.render(small).split("\n\n")
    assert "1,000 passages" in note
    by_name = {row[0]: row[1:] for row in cells(body)}
    assert by_name[query.WHOLE] == ["1.00", "2.00", "–", "–"]
    assert by_name[query.DENSE] == ["3.00", "6.00", "0.990", "–"]
    assert by_name[query.LLAMA] == ["5.00", "10.0", "–", "0.200"]
    assert by_name[query.CHROMA] == ["6.00", "12.0", "0.500", "0.500"]
    assert by_name[query.TXTAI] == ["8.00", "16.0", "–", "0.125"]
    assert by_name[query.EXACT] == ["7.00", "14.0", "1.000", "0.429"]
    growth = cells(query.render_growth([small, large]))
    assert {row[-1] for row in growth} == {"3.00"}
    assert growth[0][0] == f"{query.WHOLE}, p50 at 10,000"


def test_warm_questions_have_the_pipelines_own_parts(home: Path) -> None:
    told = start.ask_warm(home, QUESTIONS, HashingEmbedder())
    assert told[start.TOTAL].n == len(QUESTIONS) - WARM
    assert "retrieve" in told
    assert all(part.p50 <= part.p95 for part in told.values())


def test_the_median_of_rounds_is_taken_number_by_number() -> None:
    rounds = [{"a": n, "b": 10 - n} for n in (1.0, 5.0, 2.0)]
    assert start.median_of(rounds) == {"a": 2.0, "b": 8.0}


def test_the_start_tables_stand_beside_their_baselines() -> None:
    cold = {start.ASK: 6.0, start.STATUS: 0.4, start.HELP: 0.2, start.PYTHON: 0.1, start.BARE: 4.0}
    run = IndexRun(5, 5, {"read and cut": 1, "embed": 2, "store": 1, "probe": 1, "publish": 1}, 6, 0)
    llama = IndexRun(2, 2, {"read and cut": 2, "embed": 1, "store": 1}, 4, 0)
    warm = {"retrieve": spread([5.0]), start.TOTAL: spread([10.0])}
    tables = start.render(start.Measured(cold, 3, warm, spread([4.0]), run, llama))
    _, commands, _, questions, _, indexing = tables.split("\n\n")
    assert [row[-1] for row in cells(commands)] == ["1.50", "4.00", "2.00"]
    assert [row[-1] for row in cells(questions)] == ["2.50", "2.50", "–"]
    assert [row[-1] for row in cells(indexing)] == ["1.50", "0.500", "2.00", "1.00", "–", "–"]


def test_llamaindex_with_its_defaults_indexes_files(documents: Path, tmp_path: Path) -> None:
    told = baselines.index_files(documents, tmp_path / "store", HashingModel())
    assert (told.passages, told.embedded) == (8, 8)
    assert set(told.seconds) == {"read and cut", "embed", "store"}
    assert math.isclose(sum(told.seconds.values()), told.total)


def test_llamaindex_retrieves_from_what_it_was_given(tmp_path: Path) -> None:
    texts = [f"The {topic} of the valley." for topic in TOPICS]
    vectors = HashingEmbedder().embed(texts)
    retriever = baselines.retriever(texts, vectors, 3, tmp_path / "store", HashingModel())
    found = retriever.retrieve(texts[5])
    assert found[0].text == texts[5]
    assert len(found) == 3
    assert found[0].score == pytest.approx(1.0)


def test_chroma_alone_finds_the_nearest_row(tmp_path: Path) -> None:
    vectors = HashingEmbedder().embed(list(TOPICS))
    search = baselines.chroma_search(vectors, 2, tmp_path / "store")
    assert [search(row)[0] for row in vectors] == list(range(8))


def test_the_model_folder_holds_the_bundled_model() -> None:
    assert (baselines.model_folder() / "model.safetensors").is_file()


def test_no_edit_of_a_storm_is_lost_and_runs_are_fewer_than_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Index] = []

    def opening(settings: IndexSettings, fingerprint: str | None, before: Index | None) -> Index:
        assert [before] == (opened[-1:] or [None])
        opened.append(open_index(settings, fingerprint, before))
        return opened[-1]

    monkeypatch.setattr(storm, "open_index", opening)
    texts = tuple(f"The {topic} of the valley was built in {year}." for topic in TOPICS for year in (1801, 1802))
    plan = storm.Plan(rest=0.1, at_once=8, singly=3, pace=0.05)
    stormed = storm.measure(Material("", texts, ()), 16, tmp_path, print, plan, static=True)
    assert (stormed.files, stormed.lost) == (16, 0)
    assert 1 <= stormed.runs < plan.edits
    assert "Not found in the end: 0 of 11 edits." in storm.render(stormed)
    generations = [index.state.generation for index in opened]
    assert len(set(generations)) == len(generations) > 1


def test_a_store_on_a_server_holds_what_the_one_in_the_home_holds(documents: Path, tmp_path: Path) -> None:
    index.index_ours(documents, index.home_of(tmp_path), StaticEmbedder(), sound)
    stores = store.measure(tmp_path, QUESTIONS, print, static=True)
    assert [filled.vectors for filled, _ in (stores.home, stores.server)] == [8, 8]
    assert stores.home[0].remote is None
    assert stores.server[0].remote is not None
    assert "8 vectors, on a server: storing them" in store.render(stores)
