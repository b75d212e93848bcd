"""The view that measures how good the answers are: a suite is chosen, run, and its numbers and cases are shown."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import gradio as gr

from rag.app.page.html import ACTIONS, count, message
from rag.app.page.tabs.review import ReviewPanel, review_panel
from rag.app.page.trouble import in_words
from rag.app.workspace import Workspace

_BROKEN = "Something went wrong here; nothing that was kept is lost. Try again, or look at the log for the cause."
_INTRO = (
    '<div class="intro"><h2>Evals</h2><p class="soft">A suite is a list of questions with their right answers and '
    "where these are written. A run asks the chosen collection each of them, and scores what comes back.</p></div>"
)
_NO_RUN = '<p class="soft none">No run of this suite is kept yet.</p>'
_NO_SUITE = "No test questions yet: under an answer, “Right” or “Wrong” makes a case of your own suite."
_OWN = "feedback"
_HALVES = {"tune": "Tune", "test": "Test", "all": "All"}
# What was opened comes into view and takes the focus, which would else be lost with the button that was replaced.
_FOCUS = """
let pressed = null;
element.addEventListener("click", (event) => { pressed = event.target.closest("[data-do]")?.dataset.id ?? null; });
watch("value", () => {
  if (pressed === null) return;
  const id = pressed;
  pressed = null;
  requestAnimationFrame(() => element.querySelector(`[data-do][data-id="${CSS.escape(id)}"]`)?.focus());
});
"""
Changes = dict[object, object]


class Suite(Protocol):
    """A suite to choose: its `halves` each with the number of their cases, or the `problem` why it cannot be used."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def halves(self) -> Mapping[str, int]: ...  # noqa: D102

    @property
    def problem(self) -> str | None: ...  # noqa: D102


class StoredRun(Protocol):
    """A run that was kept."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def label(self) -> str: ...  # noqa: D102


class Progress(Protocol):
    """How far a run is after so many seconds; when it has `ended`, `run` is its name, if anything was asked."""

    @property
    def done(self) -> int: ...  # noqa: D102

    @property
    def of(self) -> int: ...  # noqa: D102

    @property
    def seconds(self) -> float: ...  # noqa: D102

    @property
    def ended(self) -> bool: ...  # noqa: D102

    @property
    def run(self) -> str | None: ...  # noqa: D102


class Desk(Protocol):
    """What the view needs. Every method may raise RagError, with a sentence for the person."""

    def suites(self, collection: str | None = None) -> Sequence[Suite]:
        """What can be chosen for a collection."""
        ...

    def runs(self, suite: str) -> Sequence[StoredRun]:
        """The runs kept of a suite, newest first."""
        ...

    def run(
        self, suite: str, half: str, collection: str | None, stopped: Callable[[], bool] = ...
    ) -> Generator[Progress, None, None]:
        """Runs a half of a suite, tells how far it is, and stops when it is closed or `stopped` says so."""
        ...

    def results(self, suite: str, run: str) -> str:
        """The numbers of a run, as HTML."""
        ...

    def cases(self, suite: str, run: str, opened: str | None = None) -> str:
        """The cases to look at of a run, as HTML."""
        ...

    def mark(self, suite: str, run: str) -> None:
        """Makes a run the baseline of its suite."""
        ...


@dataclass(frozen=True, slots=True)
class EvalsTab:
    """What shows anew what there is: `refresh` over the values of `inputs` gives the changes of `outputs`."""

    refresh: Callable[..., Changes]
    inputs: Sequence[gr.components.Component]
    outputs: Sequence[gr.components.Component]
    review: ReviewPanel


@dataclass(slots=True)
class _Session:
    """What one browser tab is doing."""

    busy: bool = False
    stopped: bool = False


class _View:
    """The components of the view, and what each event changes in them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.session = gr.State(_Session())
        with gr.Row(elem_id="evals-choose"):
            self.suite = gr.Dropdown(label="Suite", choices=[], elem_id="evals-suite")
            self.half = gr.Radio(label="Cases", choices=[], elem_id="evals-half")
            self.start = gr.Button("Run", elem_id="evals-start", variant="primary", interactive=False)
            self.stop = gr.Button("Stop", elem_id="evals-stop", variant="stop", visible=False)
        self.status = gr.HTML(message(""), elem_id="evals-status", js_on_load=None, apply_default_css=False)
        # "hidden" and not False: what is not in the page sends the value it had before.
        with gr.Row(elem_id="evals-kept", visible="hidden") as self.run_row:
            self.runs = gr.Dropdown(label="Run shown", choices=[], elem_id="evals-runs")
            self.mark = gr.Button("Make this the baseline", elem_id="evals-mark")
        self.results = gr.HTML("", elem_id="evals-results", js_on_load=None, apply_default_css=False)
        self.cases = gr.HTML("", elem_id="evals-cases", js_on_load=_FOCUS + ACTIONS, apply_default_css=False)

    @property
    def all(self) -> list[gr.components.Component]:
        components = [self.suite, self.half, self.start, self.stop, self.status, self.runs, self.results, self.cases]
        return [*components, self.run_row]

    def refresh(self, suite: object, half: object, run: object, session: _Session, collection: object) -> Changes:
        """The suites there are now; what was chosen stays chosen. While a run goes on, nothing changes."""
        if session.busy:
            return {}
        return self._guarded(lambda: self._refreshed(suite, half, run, collection))

    def choose(self, suite: object, collection: object) -> Changes:
        """Another suite, with its newest run."""
        return self._guarded(lambda: {self.status: message(""), **self._of_suite(suite, None, None, collection)})

    def view(self, suite: object, run: object) -> Changes:
        """Another run."""
        return self._guarded(lambda: self._of_run(str(suite), run))

    def set_baseline(self, suite: object, run: object) -> Changes:
        """The run shown is the baseline from now on."""

        def marked() -> Changes:
            self.desk.mark(str(suite), str(run))
            done = message("Runs of this suite are compared with this one from now on.")
            return {self.status: done, **self._of_run(str(suite), run)}

        return self._guarded(marked)

    def open(self, suite: object, run: object, event: gr.EventData) -> Changes:
        """A case is opened or closed; what the page says of it is not trusted."""
        chosen = str(event.id) if event.do == "open" else None
        return self._guarded(lambda: {self.cases: self.desk.cases(str(suite), str(run), chosen)})

    def run(self, suite: object, half: object, collection: object, session: _Session) -> Iterator[Changes]:
        """Runs the suite, with how far it is; then its results."""
        if session.busy:
            yield {self.status: gr.skip()}
            return
        session.busy, session.stopped = True, False
        try:
            yield {self.status: message("Asking the first question."), **self._running(True)}
            yield from self._steps(str(suite), str(half), collection, session)
        finally:
            session.busy = False

    def halt(self, session: _Session) -> Changes:
        """The run that this browser tab began asks no further case."""
        session.stopped = True
        return {self.stop: gr.Button("Stopping", interactive=False)}

    def _steps(self, suite: str, half: str, collection: object, session: _Session) -> Iterator[Changes]:
        name = collection if isinstance(collection, str) else None
        progress: Progress | None = None
        try:
            # Closing this generator, as when the tab is closed, closes the run.
            with closing(self.desk.run(suite, half, name, lambda: session.stopped)) as going:
                for progress in going:
                    if not progress.ended and progress.done:
                        yield {self.status: _far(progress)}
            yield {**self._running(False), **self._ended(suite, progress)}
        except Exception as error:  # noqa: BLE001 - the page is a boundary: nobody is shown a traceback
            yield {**self._running(False), self.status: message(in_words(error, _BROKEN), wrong=True)}

    def _ended(self, suite: str, progress: Progress | None) -> Changes:
        if progress is None or progress.run is None:
            return {self.status: message("Nothing was asked before the run was stopped, so nothing is kept.")}
        how = "The run has ended" if progress.done == progress.of else "The run was stopped"
        sentence = f"{how}: {progress.done} of {count(progress.of, 'case')} asked in {_time(progress.seconds)}."
        return {self.status: message(sentence), **self._of_run(suite, progress.run)}

    def _running(self, on: bool) -> Changes:
        return {
            self.suite: gr.Dropdown(interactive=not on),
            self.half: gr.Radio(interactive=not on),
            self.start: gr.Button(interactive=not on),
            self.stop: gr.Button("Stop", visible=on, interactive=True),
        }

    def _refreshed(self, suite: object, half: object, run: object, collection: object) -> Changes:
        suites = self._suites(collection)
        choices = [(_in_words(one.name) + (" (does not read)" if one.problem else ""), one.name) for one in suites]
        names = [one.name for one in suites]
        usable = [one.name for one in suites if one.problem is None]
        chosen = suite if suite in names else next(iter([*usable, *names]), None)
        dropdown = gr.Dropdown(choices=choices, value=chosen)
        if chosen is None:
            return {self.suite: dropdown, **self._nothing()}
        return {self.suite: dropdown, **self._of_suite(chosen, half, run, collection)}

    def _nothing(self) -> Changes:
        """Where there is no suite, and how one comes about."""
        return {
            self.half: gr.Radio(choices=[], value=None),
            self.start: gr.Button(interactive=False),
            self.status: message(_NO_SUITE),
            self.run_row: gr.update(visible="hidden"),
            self.results: "",
            self.cases: "",
        }

    def _suites(self, collection: object) -> Sequence[Suite]:
        return self.desk.suites(collection if isinstance(collection, str) else None)

    def _of_suite(self, suite: object, half: object, run: object, collection: object) -> Changes:
        entry = next((one for one in self._suites(collection) if one.name == suite), None)
        if entry is None:
            return {self.status: message("This suite is gone; choose another.", wrong=True)}
        halves = [(f"{_HALVES.get(name, name)} ({n})", name) for name, n in entry.halves.items()]
        value = next((name for name in (str(half), "test", "all") if name in entry.halves), None)
        changes: Changes = {
            self.half: gr.Radio(choices=halves, value=value),
            self.start: gr.Button(interactive=entry.problem is None),
            **self._of_run(entry.name, run),
        }
        return {**changes, self.status: message(entry.problem, wrong=True)} if entry.problem else changes

    def _of_run(self, suite: str, run: object) -> Changes:
        runs = self.desk.runs(suite)
        names = [one.name for one in runs]
        chosen = str(run) if run in names else next(iter(names), None)
        if chosen is None:
            return {
                self.run_row: gr.update(visible="hidden"),
                self.runs: gr.Dropdown(choices=[], value=None),
                self.results: _NO_RUN,
                self.cases: "",
            }
        return {
            self.run_row: gr.update(visible=True),
            self.runs: gr.Dropdown(choices=[(one.label, one.name) for one in runs], value=chosen),
            self.results: self.desk.results(suite, chosen),
            self.cases: self.desk.cases(suite, chosen),
        }

    def _guarded(self, changes: Callable[[], Changes]) -> Changes:
        try:
            return changes()
        except Exception as error:  # noqa: BLE001 - the page is a boundary: nobody is shown a traceback
            return {self.status: message(in_words(error, _BROKEN), wrong=True)}


def evals_tab(desk: Desk, collection: gr.State, workspace: Workspace) -> EvalsTab:
    """The view over `desk`, on the collection that `collection` names; made inside the blocks of the page.

    What the documents of `workspace` suggest is looked at there, before a suite is run.
    """
    with gr.Column(elem_id="evals"):
        gr.HTML(_INTRO, js_on_load=None, apply_default_css=False)
        review = review_panel(workspace, collection)
        view = _View(desk)
    outputs = view.all

    def on(
        listen: Callable[..., object], answer: Callable[..., object], given: object, changed: object, mode: str = "once"
    ) -> None:
        listen(answer, given, changed, trigger_mode=mode, show_progress="hidden", api_visibility="private")

    # What is chosen last is shown, and no press is lost, though the one before is still being shown.
    on(view.suite.input, view.choose, [view.suite, collection], outputs, "always_last")
    on(view.runs.input, view.view, [view.suite, view.runs], outputs, "always_last")
    on(view.mark.click, view.set_baseline, [view.suite, view.runs], outputs)
    on(view.cases.act, view.open, [view.suite, view.runs], [view.cases, view.status], "multiple")
    on(view.start.click, view.run, [view.suite, view.half, collection, view.session], outputs)
    on(view.stop.click, view.halt, view.session, view.stop)
    inputs = [view.suite, view.half, view.runs, view.session, collection]
    on(review.changed.change, view.refresh, inputs, outputs, "always_last")
    return EvalsTab(view.refresh, inputs, outputs, review)


def _in_words(suite: str) -> str:
    """A suite as the list names it; the one that a person's own judgements make says so."""
    mine, _, collection = suite.partition("-")
    return " · ".join(filter(None, ("Your own cases", collection))) if mine == _OWN else suite


def _far(progress: Progress) -> str:
    """How far a run is. Not a live region: a screen reader would read it out twice a second."""
    left = progress.seconds / progress.done * (progress.of - progress.done)
    # The first answers tell little of the rest: a model may have been loaded for them.
    until = f" · about {_time(left)} left" if progress.done >= 3 else ""
    return (
        f'<div class="far"><progress max="{progress.of}" value="{progress.done}" aria-label="Cases asked"></progress>'
        f'<p class="soft">{progress.done} of {count(progress.of, "case")} asked{until}</p></div>'
    )


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
