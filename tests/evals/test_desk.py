from __future__ import annotations

import json
import shutil
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import page, plots
from evals.case_page import failing
from evals.desk import MOST_RUNS, Desk
from evals.errors import EvalError
from evals.refusal import Measure
from evals.report import render
from evals.run import Row, load_results
from evals.stats import Interval
from index.errors import NoIndex
from index.types import Article, Span
from rag.app.workspace import Workspace
from rag.asking.filters import Entry
from rag.errors import Cancelled
from rag.settings import LanguageModel, Settings, load
from rag.types import Answer, Live, Turn
from tests.conftest import ROOT
from tests.evals import made

RIVER = "The river is the Vistula."
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
RIGHT = made.answer(
    f"{RIVER} [1]",
    passages=[made.passage(1, "warsaw.txt", RIVER)],
    statements=[made.statement(RIVER, 1)],
    citations=[made.citation(1, "warsaw.txt", RIVER)],
)


class Gated:
    """Answers every question; "slow" waits until it is let go or the person stops."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self.asked: list[str] = []
        self.files: tuple[str, ...] = ()

    def entries(self) -> tuple[Entry, ...]:
        articles = {path: Article(path, 0, Span(0, 1), None, None, None, None) for path in self.files}
        return tuple(Entry(article, (path,)) for path, article in articles.items())

    def ask(self, question: str, *, history: Sequence[Turn] = (), live: Live | None = None) -> Answer:
        self.asked.append(question)
        if question == "slow":
            self.reached.set()
            while not self.go.wait(0.01):
                if live is not None and live.cancelled():
                    raise Cancelled("stopped")
        if question == "crash":
            raise RuntimeError(HOSTILE)
        return RIGHT if "river" in question else made.answer()

    def text(self, document_id: str) -> str:
        return made.text_of(document_id)


class Bench(Workspace):
    """A workspace whose collections are answered by one system, or cannot be opened."""

    def __init__(self, settings: Settings, system: Gated | None) -> None:
        super().__init__(settings)
        self.system = system

    def pipeline(self, collection: str | None = None) -> Gated:  # type: ignore[override]
        if self.system is None:
            raise NoIndex("Nothing has been indexed yet.")
        return self.system


def a_case(id_: str, question: str, **more: object) -> dict[str, object]:
    return {"id": id_, "kind": "fact", "question": question, "answerable": True, "answers": ["Vistula"], **more}


def write_suite(home: Path, name: str, *cases: dict[str, object]) -> Path:
    folder = home / "suites"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    return folder / f"{name}.jsonl"


def desk_of(home: Path, system: Gated | None = None) -> Desk:
    return Desk(Bench(load(home=home), system or Gated()))


def done(desk: Desk, suite: str, half: str = "all") -> str:
    """The name of a run that has ended."""
    *_, last = desk.run(suite, half, None)
    assert last.ended
    assert last.run is not None
    return last.run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_own_suites_stand_before_the_shipped_ones_newest_first(home: Path) -> None:
    import os

    for age, name in enumerate(["new", "old"]):
        path = write_suite(home, name, a_case("a", "?", split="tune"), a_case("b", "?"))
        os.utime(path, (1e9 - age, 1e9 - age))
    write_suite(home, "..", a_case("a", "?"))
    (home / "suites" / "notes.txt").write_text("x")
    system = Gated()
    system.files = tuple(path.name for path in (ROOT / "seeds").iterdir())
    found = {suite.name: suite for suite in desk_of(home, system).suites()}
    assert list(found) == ["new", "old", "seeds", "seeds-blind"]
    assert found["new"].halves == {"tune": 1, "all": 2}
    assert set(found["seeds"].halves) == {"tune", "test", "all"}


def test_a_shipped_suite_is_listed_only_where_its_documents_are_indexed(home: Path) -> None:
    system = Gated()
    system.files = ("lease.docx",)
    assert desk_of(home, system).suites() == ()
    system.files = tuple(f"anywhere/{path.name}" for path in (ROOT / "evals" / "suites" / "notes").iterdir())
    assert [suite.name for suite in desk_of(home, system).suites()] == ["notes"]
    assert Desk(Bench(load(home=home), None)).suites() == ()


def test_a_suite_of_ones_own_takes_the_place_of_the_shipped_one_of_its_name(home: Path) -> None:
    path = write_suite(home, "seeds", a_case("a", "?"))
    assert [suite.path for suite in desk_of(home).suites() if suite.name == "seeds"] == [path]


def test_a_suite_that_does_not_read_is_listed_with_the_reason_and_not_run(home: Path) -> None:
    write_suite(home, "broken", {"id": 1})
    desk = desk_of(home)
    problem = desk.suites()[0].problem
    assert problem is not None
    assert "line 1, field" in problem
    with pytest.raises(EvalError, match="line 1, field"):
        next(desk.run("broken", "all", None))


def test_a_run_is_kept_as_the_command_keeps_it(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"), a_case("b", "which lake?"))
    desk = desk_of(home)
    name = done(desk, "mine")
    folder = home / "evals" / "mine" / name
    results = load_results(folder)
    assert [row.id for row in results.rows] == ["a", "b"]
    assert results.about.suite == "mine.jsonl"
    assert (folder / "report.md").read_text(encoding="utf-8") == render(results)
    assert [kept.name for kept in desk.runs("mine")] == [name]
    assert [path.name for path in folder.parent.iterdir()] == [name]


def test_only_the_half_that_was_chosen_is_asked(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "one", split="tune"), a_case("b", "two", split="test"))
    system = Gated()
    desk = desk_of(home, system)
    done(desk, "mine", "test")
    assert system.asked == ["two"]
    assert desk.runs("mine")[0].label.endswith("test half")
    with pytest.raises(EvalError, match="no half 'other'; choose among tune, test, all"):
        next(desk.run("mine", "other", None))


def test_a_run_that_is_stopped_is_kept_with_what_was_asked(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"), a_case("b", "slow"), a_case("c", "which river?"))
    system = Gated()
    desk = desk_of(home, system)
    *_, last = desk.run("mine", "all", None, stopped=system.reached.is_set)
    assert (last.ended, last.done, last.of) == (True, 1, 3)
    assert last.run is not None
    assert [row.id for row in load_results(home / "evals" / "mine" / last.run).rows] == ["a"]
    assert desk.runs("mine")[0].label.endswith("stopped early")
    assert "stopped after 1 of 3 cases" in desk.results("mine", last.run)


def test_closing_the_generator_stops_the_run_and_keeps_what_was_asked(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"), a_case("b", "slow"))
    system = Gated()
    desk = desk_of(home, system)
    going = desk.run("mine", "all", None)
    next(going)
    assert system.reached.wait(10)
    going.close()
    assert wait_for(lambda: bool(desk.runs("mine")))
    assert len(load_results(home / "evals" / "mine" / desk.runs("mine")[0].name).rows) == 1


def test_a_second_run_is_refused_until_the_first_has_ended(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "slow"))
    system = Gated()
    desk = desk_of(home, system)
    going = desk.run("mine", "all", None)
    next(going)
    with pytest.raises(EvalError, match="Another run is going on"):
        next(desk.run("mine", "all", None))
    system.go.set()
    assert list(going)[-1].ended
    done(desk, "mine")


def test_of_a_run_in_which_nothing_was_asked_nothing_is_kept(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "slow"))
    system = Gated()
    desk = desk_of(home, system)
    *_, last = desk.run("mine", "all", None, stopped=system.reached.is_set)
    assert (last.ended, last.run) == (True, None)
    assert desk.runs("mine") == ()
    assert list((home / "evals" / "mine").iterdir()) == []


def test_a_collection_that_cannot_be_asked_is_told_and_the_desk_is_free_again(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"))
    bench = Bench(load(home=home), None)
    desk = Desk(bench)
    with pytest.raises(NoIndex):
        list(desk.run("mine", "all", None))
    bench.system = Gated()
    done(desk, "mine")


def test_a_run_ends_when_the_settings_change(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "slow"), a_case("b", "which river?"))
    system = Gated()
    bench = Bench(load(home=home), system)
    going = Desk(bench).run("mine", "all", None)
    next(going)
    bench.use_model(LanguageModel(provider="openai", base_url="http://127.0.0.1:9/v1", model="m"))
    system.go.set()
    assert list(going)[-1].done == 1
    assert system.asked == ["slow"]


def test_the_newest_runs_are_kept_and_the_baseline_that_was_marked(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"))
    desk = desk_of(home)
    first = done(desk, "mine")
    folder = home / "evals" / "mine"
    old = [f"2020-01-{day:02}T00-00-00Z" for day in range(1, MOST_RUNS + 5)]
    for name in old:
        shutil.copytree(folder / first, folder / name)
    desk.mark("mine", old[0])
    last = done(desk, "mine")
    names = [kept.name for kept in desk.runs("mine")]
    assert names[:2] == [last, first]
    assert names[2:] == [*old[:5:-1], old[0]]
    assert len(names) == MOST_RUNS + 1
    assert desk.runs("mine")[-1].label.endswith("baseline")


def test_a_run_is_set_beside_the_one_before_it_and_the_baseline(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"), a_case("b", "which river, too?"))
    desk = desk_of(home)
    runs = [done(desk, "mine") for _ in range(3)]
    assert "no other run to compare with" in desk.results("mine", runs[0])
    assert "Last run, the baseline" in desk.results("mine", runs[1])
    assert heads(desk.results("mine", runs[2]))[:4] == ["Measure", "This run", "Last run", "Baseline"]
    desk.mark("mine", runs[2])
    assert heads(desk.results("mine", runs[2]))[:3] == ["Measure", "This run", "Last run"]
    assert heads(desk.results("mine", runs[0]))[:3] == ["Measure", "This run", "Baseline"]


def test_runs_that_came_out_alike_are_still_two(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"))
    desk = desk_of(home)
    runs = [done(desk, "mine") for _ in range(3)]
    folder = home / "evals" / "mine"
    shutil.copytree(folder / runs[0], folder / runs[1], dirs_exist_ok=True)
    assert heads(desk.results("mine", runs[2]))[:4] == ["Measure", "This run", "Last run", "Baseline"]


@pytest.mark.parametrize("name", ["../mine", "", "nothing", "2020-01-01T00-00-00Z", "baseline"])
def test_names_that_were_not_listed_are_refused(home: Path, name: str) -> None:
    write_suite(home, "mine", a_case("a", "which river?"))
    desk = desk_of(home)
    done(desk, "mine")
    for read in (desk.results, desk.cases, desk.mark):
        with pytest.raises(EvalError, match="There is no run"):
            read("mine", name)
    with pytest.raises(EvalError, match="There is no suite"):
        desk.runs("../mine")


def test_a_damaged_run_is_passed_over(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "which river?"))
    desk = desk_of(home)
    name = done(desk, "mine")
    (home / "evals" / "mine" / name / "run.json").write_text("{}")
    assert desk.runs("mine") == ()


def test_a_case_that_is_opened_shows_what_was_asked_and_what_came_back(home: Path) -> None:
    evidence = [{"file": "warsaw.txt", "quote": "It runs north."}]
    history = [{"question": "Where?", "answer": "Warsaw."}]
    wrong = a_case("b", "which river & where?", answers=["north"], evidence=evidence, history=history)
    write_suite(home, "mine", a_case("a", "which river?"), wrong)
    desk = desk_of(home)
    name = done(desk, "mine")
    listed = desk.cases("mine", name)
    assert "which river &amp; where?" in listed
    assert "which river?" not in listed
    shown = desk.cases("mine", name, "1")
    for text in ("Where?", "Warsaw.", "north", "It runs north.", "not among the passages shown", RIVER, "Supported"):
        assert text in shown
        assert text not in listed
    for unlisted in ("0", "7", "-1", "٣", "x"):
        assert desk.cases("mine", name, unlisted) == listed


def test_nothing_of_a_suite_or_an_answer_is_live(home: Path) -> None:
    hostile = a_case("b", f"crash? {HOSTILE}", answers=[HOSTILE], kind=HOSTILE, id=HOSTILE)
    write_suite(home, "mine", a_case("a", "crash", kind=HOSTILE), hostile, a_case("c", "which river?"))
    desk = desk_of(home)
    name = done(desk, "mine")
    shown = desk.results("mine", name) + desk.cases("mine", name, "0") + desk.cases("mine", name, "1")
    assert "alert(1)" in shown
    assert "RuntimeError" in shown
    assert not {"img", "script", "a", "link", "iframe"} & tags(shown)


def test_a_run_of_failures_only_says_so_and_lists_them(home: Path) -> None:
    write_suite(home, "mine", a_case("a", "crash"))
    desk = desk_of(home)
    name = done(desk, "mine")
    assert "Every case failed." in desk.results("mine", name)
    assert "failed" in desk.cases("mine", name)


def test_a_case_that_the_suite_no_longer_has_is_still_shown() -> None:
    row = Row("gone", "fact", True, error="x")
    assert "The suite no longer has this case." in failing([row], {}, 0)


def test_a_difference_is_told_with_its_interval_and_a_word(tmp_path: Path, home: Path) -> None:
    write_suite(home, "mine", *(a_case(f"c{at}", "which river?") for at in range(12)))
    desk = desk_of(home)
    results = load_results(home / "evals" / "mine" / done(desk, "mine"))
    worse = replace(
        results, rows=tuple(replace(row, scores={**row.scores, "answer_presence": 0.0}) for row in results.rows)
    )
    told = page.results(worse, results, None)
    assert '<span class="unseen">worse</span></span> −100.0 <small>−100.0 to −100.0</small>' in told
    assert '<span class="unseen">better</span>' in page.results(results, worse, None)
    assert "same" in told


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_every_time_is_counted_in_its_bin(milliseconds: list[float]) -> None:
    bins = plots.binned(milliseconds)
    assert [b.n for b in bins] == [sum(b.low <= ms < b.high for ms in milliseconds) for b in bins]
    assert sum(b.n for b in bins) == len(milliseconds)
    assert bins[0].n
    assert bins[-1].n


@given(st.text(st.characters(exclude_characters="\ufffe\uffff")), st.floats(0, 1), st.integers(0, 9))
def test_plots_are_whole_whatever_a_label_says(label: str, share: float, n: int) -> None:
    measures = {label: Measure(share, n, Interval(share / 2, share)), f"{label}.": Measure(None, 0, None)}
    counts = {"supported": n, "partly": 1, "unsupported": 0, "uncited": 2}
    for drawn in (
        plots.bars("a", label, measures),
        plots.shares("b", label, [(label, counts)]),
        plots.times("c", label, plots.binned([share, 70.0])),
    ):
        svg = ET.fromstring(drawn)
        assert svg.get("role") == "img"
        assert [child.tag for child in svg][:2] == ["title", "desc"]


def wait_for(holds: object) -> bool:
    assert callable(holds)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.heads: list[str] = []
        self._column = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._column = ("scope", "col") in attrs

    def handle_data(self, data: str) -> None:
        if self._column:
            self.heads.append(data)
        self._column = False


def tags(told: str) -> set[str]:
    read = _Read()
    read.feed(told)
    return read.tags


def heads(told: str) -> list[str]:
    read = _Read()
    read.feed(told)
    return read.heads


def test_the_cases_of_the_collection_itself_stand_before_newer_suites(home: Path) -> None:
    import os

    for age, name in enumerate(["mine", "feedback-work", "feedback"]):
        os.utime(write_suite(home, name, a_case("a", "?")), (1e9 - age, 1e9 - age))
    desk = desk_of(home)
    assert [suite.name for suite in desk.suites()] == ["feedback", "mine", "feedback-work"]
    assert [suite.name for suite in desk.suites("work")] == ["feedback-work", "mine", "feedback"]
