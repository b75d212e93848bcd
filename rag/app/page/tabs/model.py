"""The Model tab: who answers, a trial of it, and the settings file that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import gradio as gr
from gradio.components import Component

from rag.app.model_form import Filled, KeyTyped, Trial, chosen, description, form_of, keyless, leaves, require_file
from rag.app.page import model as words
from rag.app.page.html import ACTIONS, message
from rag.app.page.trouble import in_words
from rag.app.workspace import Workspace
from rag.providers import nearby
from rag.providers.file import outranked, write
from rag.settings import LanguageModel

Mode = Literal["once", "multiple", "always_last"]
Changes = dict[Component, object]
"""What a handler gives the page, by component; what is not in it stays."""

_KINDS = [("Quotes only", "quotes"), ("An endpoint", "endpoint"), ("A GGUF file", "file")]
_KEY_NOTE = '<p class="note">Empty where no key is needed. The key itself is never typed here.</p>'
_BROKEN = "That did not work. Look at the log for the cause."
_LONGEST = 2000
_BEAT = 0.5


@dataclass(frozen=True, slots=True)
class ModelTab:
    """What the page wires: `refresh` takes `inputs` and gives `outputs`; `changed` changes with the model in use."""

    changed: gr.State
    refresh: Callable[[LanguageModel], Changes]
    inputs: list[Component]
    outputs: list[Component]


@dataclass(slots=True)
class Trying:
    """The trial that one browser tab has under way, if any."""

    trial: Trial | None = None


class _View:
    """The components of the tab."""

    def __init__(self, llm: LanguageModel, file: Path) -> None:
        first = form_of(llm)
        endpoint, local = first.kind == "endpoint", first.kind == "file"
        self.now = _html(words.now(description(llm)))
        self.kind = gr.Radio(_KINDS, value=first.kind, label="Who answers", elem_id="model-kind")
        self.look = gr.Button("Look for models on this computer", elem_id="model-look")
        self.nearby = gr.HTML("", js_on_load=ACTIONS, apply_default_css=False)
        self.hint = _html(words.hint(first.kind, first.address))
        self.address = _box("Address", first.address, "http://localhost:11434/v1", endpoint)
        self.model = _box("Model", first.model, "qwen2.5:7b", endpoint)
        self.key_env = _box("Environment variable that holds the key", first.key_env, "OPENAI_API_KEY", endpoint)
        self.key_note = _html(_KEY_NOTE, endpoint)
        self.path = _box("Path of the file", first.path, "~/models/Qwen2.5-1.5B-Instruct-Q4_K_M.gguf", local)
        self.context = gr.Number(
            llm.context,
            label="Context, in tokens",
            precision=0,
            minimum=512,
            maximum=1_048_576,
            visible=endpoint or local,
        )
        with gr.Row(elem_id="model-do"):
            self.use = gr.Button("Use it", variant="primary")
            self.test = gr.Button("Test", variant="secondary", visible=endpoint or local)
            self.stop = gr.Button("Stop", variant="stop", visible=False)
        self.notice = _html(message(""))
        self.outcome = _html("")
        _html(words.saved_in(str(file)))

    @property
    def fields(self) -> list[Component]:
        """The fields, in the order of `Filled`."""
        return [self.kind, self.address, self.model, self.key_env, self.path, self.context]

    @property
    def all(self) -> list[Component]:
        """Everything that a handler may change."""
        buttons = [self.look, self.use, self.test, self.stop]
        return [*self.fields, *buttons, self.now, self.nearby, self.hint, self.key_note, self.notice, self.outcome]

    def follow(self, kind: object, address: object) -> Changes:
        """What is seen with this choice of who answers."""
        endpoint, file = kind == "endpoint", kind == "file"
        return {
            self.hint: words.hint(kind, address),
            self.address: gr.Textbox(visible=endpoint),
            self.model: gr.Textbox(visible=endpoint),
            self.key_env: gr.Textbox(visible=endpoint),
            self.key_note: gr.HTML(visible=endpoint),
            self.path: gr.Textbox(visible=file),
            self.context: gr.Number(visible=endpoint or file),
            self.test: gr.Button(visible=endpoint or file),
        }

    def fill(self, event: gr.EventData) -> Changes:
        """The form filled in with a model that runs here; what is pressed comes from the browser."""
        url, _, model = str(getattr(event, "id", "")).partition(" ")
        return self.follow("endpoint", url) | {
            self.kind: "endpoint",
            self.address: gr.Textbox(value=url[:_LONGEST], visible=True),
            self.model: gr.Textbox(value=model[:_LONGEST], visible=True),
            self.key_env: gr.Textbox(value="", visible=True),
            self.notice: message("The form is filled in. Test it, then use it."),
        }

    def filled(self, llm: LanguageModel) -> Changes:
        """Every field as `llm` says, and what is seen with it."""
        filled = form_of(llm)
        endpoint, file = filled.kind == "endpoint", filled.kind == "file"
        return self.follow(filled.kind, filled.address) | {
            self.kind: filled.kind,
            self.address: gr.Textbox(value=str(filled.address), visible=endpoint),
            self.model: gr.Textbox(value=str(filled.model), visible=endpoint),
            self.key_env: gr.Textbox(value=str(filled.key_env), visible=endpoint),
            self.path: gr.Textbox(value=str(filled.path), visible=file),
            self.context: gr.Number(value=llm.context, visible=endpoint or file),
        }

    def busy(self, busy: bool) -> Changes:
        """The buttons while a trial is under way, and after it."""
        return {
            self.test: gr.Button(interactive=not busy),
            self.use: gr.Button(interactive=not busy),
            self.stop: gr.Button(visible=busy),
        }

    def wrong(self, error: Exception) -> Changes:
        """The sentence for what went wrong; a key that was typed is taken out of its field."""
        if isinstance(error, KeyTyped):
            field = dict(zip(Filled.__dataclass_fields__, self.fields, strict=True))[error.field]
            return {field: "", self.notice: message(str(error), wrong=True)}
        return {self.notice: message(in_words(error, _BROKEN), wrong=True)}


def model_tab(workspace: Workspace, config: Path | None = None) -> ModelTab:
    """The tab over `workspace`, whose settings were loaded from `config`, or from `rag.toml` in the home."""
    file = (config or workspace.settings.home / "rag.toml").expanduser().absolute()
    llm = workspace.settings.llm
    with gr.Column(elem_id="model"):
        view = _View(llm, file)
    changed, seen, trying = gr.State(0), gr.State(llm), gr.State(Trying())
    outputs = [*view.all, seen]

    def refresh(before: LanguageModel | None) -> Changes:
        """Fills the form anew where another model is in use than was last shown; what is half typed stays."""
        llm = workspace.settings.llm
        return {seen: llm} if llm == before else {view.now: words.now(description(llm)), seen: llm} | view.filled(llm)

    def use(count: int, *values: object) -> Changes:
        try:
            llm = chosen(_typed(values), workspace.settings.llm)
            require_file(llm)
            write(file, llm)
            workspace.use_model(llm)
            notice = message(_in_use(llm, workspace.settings.home, config))
            return refresh(None) | {view.notice: notice, view.outcome: "", changed: count + 1}
        except Exception as error:  # noqa: BLE001  (the page is a boundary: nobody is shown a traceback)
            return view.wrong(error)

    def look() -> Changes:
        try:
            return {view.nearby: words.nearby(nearby.running(nearby.USUAL))}
        except Exception as error:  # noqa: BLE001  (as above)
            return view.wrong(error)

    def test(trying: Trying, *values: object) -> Iterator[Changes]:
        if trying.trial is None:
            yield from _tried(view, trying, lambda: chosen(_typed(values), workspace.settings.llm))

    def stop(trying: Trying) -> None:
        if trying.trial:
            trying.trial.stop()

    chosen_so_far: list[Component] = [view.kind, view.address]
    _on([view.kind.input], view.follow, chosen_so_far, view.all, trigger_mode="always_last")
    _on([view.address.change], words.hint, chosen_so_far, [view.hint], trigger_mode="always_last")
    _on([view.look.click], look, [], view.all, trigger_mode="once")
    view.nearby.act(  # which `gr.on` does not take
        view.fill, None, view.all, trigger_mode="once", show_progress="hidden", api_visibility="private"
    )
    _on([view.use.click], use, [changed, *view.fields], [*outputs, changed], trigger_mode="once")
    _on([view.test.click], test, [trying, *view.fields], view.all, trigger_mode="once")
    _on([view.stop.click], stop, [trying], [], trigger_mode="once")
    return ModelTab(changed, refresh, [seen], outputs)


def _tried(view: _View, trying: Trying, choose: Callable[[], LanguageModel]) -> Iterator[Changes]:
    """The page while a model is tried, and what came of it. A browser tab that is closed ends the trial."""
    try:
        llm = choose()
        trial = trying.trial = Trial(llm)
        yield view.busy(True) | {view.notice: message(_waiting(llm)), view.outcome: ""}
        while not trial.wait(_BEAT):
            yield {view.notice: gr.skip()}  # Gradio takes an empty one for none
        yield {view.notice: message("The test is done."), view.outcome: words.result(trial.outcome())}
    except Exception as error:  # noqa: BLE001  (as above)
        yield view.wrong(error) | {view.outcome: ""}
    finally:
        if trying.trial:
            trying.trial.stop()
        trying.trial = None
    yield view.busy(False)


def _typed(values: tuple[object, ...]) -> Filled:
    return Filled(str(values[0]), *values[1:])


def _waiting(llm: LanguageModel) -> str:
    return f"Asking {description(llm)} two short questions; each reply may take {llm.timeout:g} seconds."


def _in_use(llm: LanguageModel, home: Path, config: Path | None) -> str:
    """What a person should know once a model has been put to use."""
    host = leaves(llm.base_url) if llm.provider == "openai" else None
    return " ".join(
        sentence
        for sentence in (
            f"From the next question on: {description(llm)}.",
            f"Questions and passages now go to {host}." if host else None,
            keyless(llm),
            f"It is written in {str(config)!r}, which is read only with --config." if config else None,
            outranked(home, config, llm),
        )
        if sentence
    )


def _on(
    triggers: list[Callable[..., object]],
    fn: Callable[..., object],
    inputs: list[Component],
    outputs: list[Component],
    *,
    trigger_mode: Mode,
) -> None:
    gr.on(triggers, fn, inputs, outputs, trigger_mode=trigger_mode, show_progress="hidden", api_visibility="private")


def _html(value: str, visible: bool = True) -> gr.HTML:
    return gr.HTML(value, js_on_load=None, apply_default_css=False, visible=visible)


def _box(label: str, value: object, placeholder: str, visible: bool) -> gr.Textbox:
    return gr.Textbox(
        str(value), label=label, placeholder=placeholder, visible=visible, lines=1, max_lines=1, max_length=_LONGEST
    )
