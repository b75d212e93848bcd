"""The page: ask, see the evidence, open the document; and the documents, model and evals behind it.

Gradio gives the server, the queue, the tabs and the fields; `rag.app.page` gives what is shown. Behind that stand a
content policy that names no host but this one, a check of the `Host` header (a page of another name that resolves to
127.0.0.1 is refused), a check of `Origin` on every request, a list of the few routes the page uses (Gradio's files,
proxy and the rest of its API answer 404), and a look at every call: of functions there are, with files that the same
browser has uploaded. Guests, who have the page's password, may ask and look; what changes anything is not wired. Users,
who have a name, have each a page of their own besides, with what they kept.
"""

from __future__ import annotations

import atexit
import ipaddress
import json
import os
import secrets
import shutil
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from index.errors import RagError
from index.telemetry import switch_off

_NOWHERE = Path(tempfile.gettempdir(), f"rag-page-{secrets.token_hex(8)}")
"""Where a page would put what it is sent that was given no folder; it is made when it is needed."""
atexit.register(shutil.rmtree, _NOWHERE, ignore_errors=True)
_LOOPBACK = "127.0.0.1,localhost,::1"


def _fence(incoming: Path = _NOWHERE) -> None:
    """Leaves nothing to the environment: Gradio reads some forty variables, and none of them is consent.

    What the page is sent is put into the folder `incoming`.
    """
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    switch_off()
    os.environ |= {
        "GRADIO_ANALYTICS_MAX_EVENTS": "1",  # no record of calls, and no data frame made of it after each
        "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
        "GRADIO_TEMP_DIR": str(incoming),
    }
    for name in ("NO_PROXY", "no_proxy"):  # Gradio calls its own page once at the start
        hosts = os.environ.get(name, "")
        if _LOOPBACK not in hosts:
            os.environ[name] = f"{hosts},{_LOOPBACK}".lstrip(",")


_fence()

import gradio as gr  # noqa: E402  (reads the environment when it is imported)
from gradio.events import api  # noqa: E402

from rag.app.conversations.notebook import Notebooks  # noqa: E402
from rag.app.conversations.store import ConversationStore  # noqa: E402
from rag.app.library.library import Library  # noqa: E402
from rag.app.page import downloads, reader_routes  # noqa: E402
from rag.app.page.bar import bar_of, headings  # noqa: E402
from rag.app.page.calls import Calls  # noqa: E402
from rag.app.page.door import Door, LinkDoor, OpenDoor, PasswordDoor  # noqa: E402
from rag.app.page.finding import Finder  # noqa: E402
from rag.app.page.guard import Guard  # noqa: E402
from rag.app.page.html import message  # noqa: E402
from rag.app.page.language import SWITCH, Language, script_route  # noqa: E402
from rag.app.page.pages import UserPages  # noqa: E402
from rag.app.page.people import NamingDoor, ProxyDoor  # noqa: E402
from rag.app.page.serving import Mounted, launch, mounted  # noqa: E402
from rag.app.page.style import script  # noqa: E402
from rag.app.page.tabs.ask import AskTab, ask_tab  # noqa: E402
from rag.app.page.tabs.documents import DocumentsTab, Rights, documents_tab  # noqa: E402
from rag.app.page.tabs.evals import evals_tab  # noqa: E402
from rag.app.page.tabs.model import model_tab  # noqa: E402
from rag.app.page.tabs.notebook import checking, notebook_tab  # noqa: E402
from rag.app.page.talk import Talk, readable  # noqa: E402
from rag.app.page.trouble import discreet  # noqa: E402
from rag.app.page.trying import Trials  # noqa: E402
from rag.app.shared import Shared  # noqa: E402
from rag.app.workspace import Workspace  # noqa: E402
from rag.contract import as_json  # noqa: E402
from rag.types import Turn  # noqa: E402

if TYPE_CHECKING:
    from rag.app.page.tabs.evals import Desk

TITLE = "Ask your documents"
_SEEDS = Path(__file__).parent / "seeds"
SAMPLES = _SEEDS if _SEEDS.is_dir() else None
"""The sample documents, where the program has them beside it."""
_READER = (
    '<aside id="reader" hidden aria-label="Document"><header><h2>Document</h2><div><a data-apart target="_blank" '
    'rel="noopener" href="about:blank">Open in a tab</a><button type="button" data-close>Close</button></div></header>'
    '<iframe name="reader" title="The document, at the quoted words" src="about:blank"></iframe></aside>'
)
_FIRST = f'<a class="skip" href="#ask">Skip to the question</a>{SWITCH}'


def build(
    workspace: Workspace,
    *,
    desk: Desk | None = None,
    store: ConversationStore | None = None,
    notebooks: Notebooks | None = None,
    config: Path | None = None,
    title: str = TITLE,
    rights: Rights = "all",
    trials: Trials | None = None,
) -> gr.Blocks:
    """The page over `workspace`, not yet served. Without a `desk` it has no evals, without a `store` it keeps nothing,
    and without `notebooks` nothing can be pinned.

    `config` is the settings file that the model form writes; None is the one in the home. Without all `rights` no model
    can be set. What the documents suggest to ask is tried in `trials`, which pages over the same documents can share.
    """
    page = gr.Blocks(title=title, analytics_enabled=False, fill_width=True)
    library = Library(workspace)
    with page:
        collection = gr.State(workspace.settings.collection)
        with gr.Column(elem_id="page"):
            gr.HTML(_FIRST, js_on_load=None, apply_default_css=False)
            bar = gr.HTML(bar_of(title, "", ""), elem_id="bar", js_on_load=None, apply_default_css=False)
            with gr.Tabs(elem_id="views") as views:
                with gr.Tab("Ask", id="ask"):
                    ask = ask_tab(workspace, library, store, collection, rights, SAMPLES, notebooks, trials)
                with gr.Tab("Notebook", id="notebook") as notebook_view, gr.Column(elem_classes="view"):
                    notebook = notebook_tab(workspace, notebooks, collection)
                with gr.Tab("Documents", id="documents") as documents_view, gr.Column(elem_classes="view"):
                    documents = documents_tab(library, collection, rights)
                if rights == "all":  # a guest may not choose where passages are sent
                    with gr.Tab("Model", id="model") as model_view, gr.Column(elem_classes="view"):
                        model = model_tab(workspace, config)
                if desk is not None:
                    with gr.Tab("Evals", id="evals") as evals_view, gr.Column(elem_classes="view"):
                        evals = evals_tab(desk, collection, workspace)

            gr.HTML(_READER, js_on_load=script("page"), apply_default_css=False)

        def heading(name: str) -> Iterator[str]:
            yield from headings(workspace, title, name)

        _wire_conversations(ask, store)
        _wire_arrival(page, ask, documents, views, collection)
        _on(ask.arrival.changed.change, heading, collection, bar)
        _on(page.load, heading, collection, bar)
        _on(ask.answered.change, heading, collection, bar)
        _on(collection.change, heading, collection, bar)
        _on(documents.changed.change, heading, collection, bar)

        _on(notebook_view.select, notebook.refresh, notebook.inputs, notebook.outputs)
        _on(documents_view.select, documents.refresh, documents.inputs, documents.outputs)
        if rights == "all":
            _on(model.changed.change, heading, collection, bar)
            for shows in (page.load, model_view.select):  # at the load already: a late answer would undo what is typed
                _on(shows, model.refresh, model.inputs, model.outputs)
        if desk is not None:
            _on(evals_view.select, evals.refresh, evals.inputs, evals.outputs)
            _on(evals_view.select, evals.review.refresh, evals.review.inputs, evals.review.outputs)
        api(_chat(workspace), api_name="chat", api_visibility="public", concurrency_limit=4)
    page.queue(max_size=64, default_concurrency_limit=8, api_open=True)
    return page


def _wire_conversations(ask: AskTab, store: ConversationStore | None) -> None:
    """A kept conversation is opened from the list of them, and after a reload by the browser's tab that was in it."""
    if store is None:
        return
    notice = ask.past.outputs[1]

    def chosen(talk: Talk, event: gr.EventData) -> object:
        if event.do != "open":
            return gr.skip()
        try:
            return ask.reopen(str(event.id), talk)
        except RagError as error:
            return {notice: message(str(error), wrong=True)}

    def reloaded(talk: Talk, event: gr.EventData) -> object:
        try:
            return ask.reopen(str(event.id), talk)
        except RagError:  # it was deleted since
            return gr.skip()

    _on(ask.past.listing.act, chosen, ask.talk, [*ask.outputs, notice])
    _on(ask.saved.act, reloaded, ask.talk, ask.outputs)


def _wire_arrival(page: gr.Blocks, ask: AskTab, documents: DocumentsTab, views: gr.Tabs, collection: gr.State) -> None:
    """The overview follows the collection and its index, and is opened for one document from the list of them."""
    arrived = ask.arrival

    def all_documents(collection: str, event: gr.EventData) -> Iterator[object]:
        yield from arrived.refresh(collection) if getattr(event, "do", "") == "all" else iter((gr.skip(),))

    def one_document(collection: str, talk: Talk, event: gr.EventData) -> Iterator[object]:
        if getattr(event, "do", "") != "overview":
            yield gr.skip()
            return
        yield ask.clear(talk) | {views: gr.update(selected="ask")}
        yield from arrived.look(collection, str(event.id))

    for changes in (page.load, collection.change, documents.changed.change):
        _on(changes, arrived.refresh, collection, arrived.outputs)
    _on(arrived.listed.act, all_documents, collection, arrived.outputs)
    _on(documents.listing.act, one_document, [collection, ask.talk], [*ask.outputs, *arrived.outputs, views])


def _on(listen: Callable[..., object], answer: Callable[..., object], given: object, changed: object) -> None:
    listen(answer, given, changed, trigger_mode="multiple", show_progress="hidden", api_visibility="private")


def _chat(workspace: Workspace) -> Callable[..., str]:
    # As text: `gradio_client` takes every object that has a "path" for a file, and tries to fetch it.
    def chat(question: str, history: list[dict[str, str]] | None = None, collection: str = "") -> str:
        """The JSON of `rag ask --json`, as text; `history` holds {"question", "answer"} turns, oldest first."""
        try:
            before = [Turn(str(turn["question"]), str(turn["answer"])) for turn in history or ()]
            pipeline = workspace.pipeline(collection or None)
            return json.dumps(as_json(pipeline.ask(readable(question), history=before)), ensure_ascii=False)
        except (KeyError, TypeError):
            raise gr.Error('Each turn of the history is {"question": "…", "answer": "…"}.') from None
        except RagError as error:
            raise gr.Error(discreet(str(error))) from error

    return chat


def serve(
    workspace: Workspace,
    *,
    desk: Desk | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    config: Path | None = None,
    title: str = TITLE,
    insecure: bool = False,
    password: str | None = None,
    allow_uploads: bool = False,
    announce: Callable[[str], None] | None = None,
    incoming: Path | None = None,
    language: Language | None = None,
    people: NamingDoor | None = None,
    public_name: str | None = None,
    prevent_thread_lock: bool = False,
) -> gr.Blocks:
    """The page at `http://host:port/`, served until interrupted, or at once with `prevent_thread_lock`.

    A host that is not loopback is taken with a `password`, which every request must then carry, or with `insecure`:
    everyone who reaches it can then read the documents. Whoever comes by either is a guest: nothing can be changed,
    but that with `allow_uploads` files can be given; no conversation is kept. A wildcard such as 0.0.0.0 also gives up
    the check of the Host header, so name one address instead. What is sent to it waits in the folder `incoming` until
    it is added; the caller removes that. It is in `language`, or that of the browser, until a person chooses there.

    With `people`, on any host, each person that this door names has a page of their own, with what they kept, over the
    collections that they may see; they too can change nothing. `public_name` is the host by which a proxy is reached.

    With `announce`, on loopback, the page opens with a link that works once; it is called with the first link, and
    with the next one each time that one was used.

    Raises: RagError, when the host is not loopback, when a proxy is to be believed whose name is not known, or when the
    port cannot be listened on.
    """
    here = _is_loopback(host)
    if not (here or insecure or password or people):
        raise RagError(
            f"The page has no login, so it does not listen on {host!r}, where others could read your documents; "
            "use --host 127.0.0.1, or set a password with --password-env NAME, or several with --users FILE."
        )
    hosts = _names_of(host, public_name)
    if isinstance(people, ProxyDoor) and "*" in hosts:
        raise RagError(
            f"On {host!r}, with a proxy that names the users, another page could speak in its place; give the host by "
            "which people reach the proxy with --public-name, or listen on one address."
        )
    if incoming is None:
        _NOWHERE.mkdir(mode=0o700, exist_ok=True)
        _NOWHERE.chmod(0o700)  # which gradio may have made before
    _fence(incoming or _NOWHERE)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    spoken = script_route(language)
    if people is not None:
        front = _for_people(workspace, people, title, spoken)
    else:
        owner = here and password is None
        rights: Rights = "all" if owner else "give files" if allow_uploads else "look"
        front = _for_one(workspace, _door(password, announce, address), desk if owner else None, config, title, rights)
    page, door = front.page, front.door
    allowed = Middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    guard = Middleware(Guard, door=door, takes_files=front.takes_files)

    def start() -> None:
        first = f"{address}{door.link}"
        launch(page, host, port, [spoken, *front.routes], [allowed, guard, front.inner])
        if announce:
            announce(first)
        if open_browser:
            webbrowser.open(_leading_to(first, incoming or _NOWHERE) if announce else first)

    if prevent_thread_lock:
        start()
        return page
    with suppress(KeyboardInterrupt):
        start()
        threading.Event().wait()
    page.close(verbose=False)
    return page


@dataclass(frozen=True, slots=True)
class _Front:
    """What is served: a page, who is let in, and the last that a request passes before the page."""

    page: gr.Blocks
    door: Door
    inner: Middleware
    routes: Sequence[Route] = ()
    takes_files: bool = False


def _for_one(
    workspace: Workspace, door: Door, desk: Desk | None, config: Path | None, title: str, rights: Rights
) -> _Front:
    """One page for all who come: the owner's, or without all rights one that keeps nothing."""
    owner = rights == "all"
    store = ConversationStore(workspace.personal) if owner else None
    notebooks = Notebooks(workspace.personal) if owner else None
    page = build(workspace, desk=desk, store=store, notebooks=notebooks, config=config, title=title, rights=rights)
    calls = Middleware(Calls, functions=frozenset(page.fns))
    return _Front(page, door, calls, _routes(workspace, store, notebooks), takes_files=rights != "look")


def _for_people(workspace: Workspace, people: NamingDoor, title: str, spoken: Route) -> _Front:
    """A page for each who comes; in front of them stands an empty one, which has the server."""
    os.environ["FORWARDED_ALLOW_IPS"] = ",".join(people.forwarders)
    trials, finder = Trials(), Finder()
    folder = workspace.settings.home / "users"

    def made(name: str) -> Mounted:
        for place in (folder, folder / name):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = Shared(workspace, folder / name, partial(people.collections, name))
        store, notebooks = ConversationStore(mine.personal), Notebooks(mine.personal)
        heading = f"{title} – {name}"
        page = build(mine, store=store, notebooks=notebooks, title=heading, rights="look", trials=trials)
        return mounted(page, [spoken, *_routes(mine, store, notebooks, finder)])

    with gr.Blocks(title=title, analytics_enabled=False) as empty:
        return _Front(empty, people, Middleware(UserPages(made, people.collections).before))


def _routes(
    workspace: Workspace, store: ConversationStore | None, notebooks: Notebooks | None, finder: Finder | None = None
) -> list[Route]:
    """What a page links to: documents, and what was kept as files."""
    files = downloads.routes(store)
    if notebooks is not None:
        files += downloads.notebook_routes(notebooks, lambda collection: checking(workspace, collection))
    return [*reader_routes.routes(workspace, finder), *files]


def _names_of(host: str, public_name: str | None) -> list[str]:
    """The hosts that a request may name; all, where the page listens on every address and no name is known."""
    if host in ("0.0.0.0", "::") and public_name is None:
        return ["*"]
    return ["127.0.0.1", "localhost", "[::1]", host, *([public_name] if public_name else [])]


def _door(password: str | None, announce: Callable[[str], None] | None, address: str) -> Door:
    """The door of the page at `address`."""
    if password is not None:
        return PasswordDoor(password)
    if announce is None:
        return OpenDoor()
    return LinkDoor(lambda link: announce(f"{address}{link}"))


def _leading_to(link: str, folder: Path) -> str:
    """A file of this user that leads to `link`: a browser's command line could be read by the others."""
    file = folder / "open.html"
    file.touch(mode=0o600)
    file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={link}">', encoding="utf-8")
    return file.as_uri()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
