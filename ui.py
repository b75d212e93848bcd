"""The page: a conversation on the left, the evidence for it on the right.

Gradio gives the server, the queue, the textbox and the buttons. What an answer says is shown in `gr.HTML`, not in
`gr.Chatbot`: the chatbot reads its content as Markdown and HTML and fetches remote images from it even with
`render_markdown=False`, while `rag.render` writes every element itself and escapes every character of a document.
It also keeps our own anchors, so a `[n]` is a plain link to its card. Gradio evaluates a `gr.HTML` template, never
the value put into it.

Behind that stand a content policy that names no host but this one, a check of the `Host` header (a page of another
name that resolves to 127.0.0.1 is refused), a check of `Origin` on every request that changes something, and a
list of the few routes the page uses: Gradio's uploads, files, proxy and API answer 404.
"""

from __future__ import annotations

import atexit
import ipaddress
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import RagError
from index.types import IndexState
from rag import render
from rag.errors import QuestionInvalid
from rag.style import CSS
from rag.types import Answer, Turn

_PRIVATE = tempfile.TemporaryDirectory(prefix="rag-page-")  # mode 0700
atexit.register(_PRIVATE.cleanup)
_LOOPBACK = "127.0.0.1,localhost,::1"


def _fence() -> None:
    """Leaves nothing to the environment: Gradio reads some forty variables, and none of them is consent."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_ANALYTICS_MAX_EVENTS": "1",  # no record of calls, and no data frame made of it after each
        "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
        "GRADIO_TEMP_DIR": _PRIVATE.name,
    }
    for name in ("NO_PROXY", "no_proxy"):  # Gradio calls its own page once at the start
        told = os.environ.get(name, "")
        if _LOOPBACK not in told:
            os.environ[name] = f"{told},{_LOOPBACK}".lstrip(",")


_fence()

import gradio as gr  # noqa: E402  (reads the environment when it is imported)

TITLE = "Ask your documents"
EXAMPLES = (
    "What happened, and where?",
    "Who is quoted, and what do they say?",
    "On what do the sources differ?",
)
_LONGEST_QUESTION = 4000
_BROKEN = "Something went wrong while answering; nothing was lost. Ask again, or look at the log for the cause."
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; object-src 'none'; base-uri 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# The new turn comes into view, and with the link target moved there the panel shows the evidence of the last turn.
_FOLLOW = """
watch("value", () => {
  const turn = [...element.querySelectorAll(".turn")].pop();
  if (turn) location.replace("#" + turn.id);
  else history.replaceState(null, "", location.pathname + location.search);
  document.querySelector("#evidence-panel")?.scrollTo(0, 0);
});
"""
_FONTS = (
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Helvetica Neue",
    "Noto Sans",
    "Liberation Sans",
    "Arial",
    "sans-serif",
)
_log = logging.getLogger(__name__)


class Asks(Protocol):
    """What the page needs of a pipeline. It is called from several threads."""

    @property
    def state(self) -> IndexState:
        """What is indexed now."""
        ...

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """The checked answer to `question`, read as a follow-up of `history`."""
        ...

    def text(self, document_id: str) -> str:
        """The decoded text of an indexed document."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn as it is shown. `turn` is what a follow-up is read against, None where there was no answer."""

    turn: Turn | None
    chat: str
    evidence: str


@dataclass(slots=True)
class Conversation:
    """What one browser tab has asked. It is `busy` while a question is being answered, `ended` after New chat."""

    past: tuple[Exchange, ...] = ()
    busy: bool = False
    ended: bool = False


def exchange(pipeline: Asks, question: object, past: Sequence[Exchange]) -> Exchange:
    """The next turn of a conversation. It raises nothing: what goes wrong is a sentence in it."""
    number = len(past) + 1
    try:
        asked = _readable(question)
        answer = pipeline.ask(asked, history=[earlier.turn for earlier in past if earlier.turn])
        return Exchange(
            Turn(asked, answer.text),
            render.asked(number, asked, render.reply(number, answer)),
            render.evidence(number, answer, _texts(pipeline, answer)),
        )
    except RagError as error:
        sentence = str(error)
    except Exception:  # noqa: BLE001  (the page is a boundary: nobody is shown a traceback)
        _log.exception("a question could not be answered")
        sentence = _BROKEN
    return Exchange(None, render.asked(number, _echo(question), render.trouble(sentence)), render.nothing_read(number))


def _readable(question: object) -> str:
    if not isinstance(question, str):
        raise QuestionInvalid(f"A question has to be text, and this is {type(question).__name__!r}; type it in words.")
    if not question.strip():
        raise QuestionInvalid("The question is empty; type what you want to know.")
    if len(question) > _LONGEST_QUESTION:
        raise QuestionInvalid(
            f"The question has {len(question):,} characters; shorten it to {_LONGEST_QUESTION:,} or fewer."
        )
    return question.strip()


def _echo(question: object) -> str:
    return question if isinstance(question, str) and question.strip() else "(no question)"


def _texts(pipeline: Asks, answer: Answer) -> Mapping[str, str]:
    """The texts of the cited documents. One that is gone since is left out: its passage is in the answer itself."""
    texts = {}
    for document_id in {citation.source.document_id for citation in answer.citations}:
        try:
            texts[document_id] = pipeline.text(document_id)
        except RagError as error:
            _log.warning("a cited document cannot be read again: %s", error)
    return texts


def _state_line(pipeline: Asks) -> str:
    try:
        return render.indexed(pipeline.state)
    except RagError as error:
        return str(error)


def _chat(past: Sequence[Exchange], pending: str = "") -> str:
    inner = "".join(earlier.chat for earlier in past) + pending
    return f'<div role="log" aria-label="Conversation">{inner or render.welcome()}</div>'


def _shelf(past: Sequence[Exchange]) -> str:
    return f'<div class="shelf">{"".join(earlier.evidence for earlier in past) or render.no_evidence_yet()}</div>'


def build(pipeline: Asks, *, title: str = TITLE, examples: Sequence[str] = EXAMPLES) -> gr.Blocks:
    """The page over `pipeline`, not yet served. A conversation lives in its browser session and nowhere else."""
    page = gr.Blocks(title=title, analytics_enabled=False, fill_width=True)
    with page:
        talk = gr.State(Conversation())
        with gr.Row(elem_id="page"):
            with gr.Column(elem_id="talk"):
                with gr.Row(elem_id="top"):
                    top = gr.HTML(render.header(title, ""), js_on_load=None, apply_default_css=False)
                    new = gr.Button("New chat", elem_id="new")
                chat = gr.HTML(_chat(()), elem_id="chat", js_on_load=_FOLLOW, apply_default_css=False)
                with gr.Column(elem_id="examples", visible=bool(examples)) as offers:
                    offered = [gr.Button(text) for text in examples]
                with gr.Row(elem_id="ask"):
                    box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=6,
                        autofocus=True,
                        placeholder="Ask about your documents",
                        max_length=_LONGEST_QUESTION,
                    )
                    send = gr.Button("Send", elem_id="send")
            with gr.Column(elem_id="evidence-panel"):
                evidence = gr.HTML(_shelf(()), js_on_load=None, apply_default_css=False)

        def heading() -> str:
            return render.header(title, _state_line(pipeline))

        def ask(question: object, told: Conversation) -> Iterator[dict[object, object]]:
            if told.busy:  # the question stays in its box
                yield {}
                return
            told.busy = True
            try:
                pending = render.asked(len(told.past) + 1, _echo(question), render.waiting())
                yield {chat: _chat(told.past, pending), box: "", offers: gr.Column(visible=False)}
                told.past += (exchange(pipeline, question, told.past),)
                if not told.ended:
                    yield {chat: _chat(told.past), evidence: _shelf(told.past), top: heading()}
            finally:
                told.busy = False

        def clear(told: Conversation) -> tuple[object, ...]:
            told.ended = True
            return Conversation(), _chat(()), _shelf(()), "", gr.Column(visible=bool(examples))

        def on(listen: Callable[..., object], answer: Callable[..., object], given: object, changed: object) -> None:
            listen(answer, given, changed, trigger_mode="multiple", show_progress="hidden", api_visibility="private")

        for listen, question in [(send.click, box), (box.submit, box), *((offer.click, offer) for offer in offered)]:
            on(listen, ask, [question, talk], [chat, evidence, top, box, offers])
        on(new.click, clear, talk, [talk, chat, evidence, box, offers])
        on(page.load, heading, None, top)
    page.queue(max_size=32, default_concurrency_limit=8, api_open=False)
    return page


class Guard:
    """The last wall around the page: headers that keep it to itself, and no foreign or needless request."""

    ROUTES = ("queue/join", "queue/data", "heartbeat/", "startup-events")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 403 to a foreign origin and 404 to a route the page does not use."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await (self._refusal(scope) or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        foreign = "origin" in headers and urlsplit(headers["origin"]).netloc != headers.get("host")
        if foreign and scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("This page takes questions from itself alone.", 403)
        if not scope["path"].startswith("/gradio_api/"):
            return None
        used = scope["path"].removeprefix("/gradio_api/").startswith(self.ROUTES)
        return None if used else PlainTextResponse("There is nothing here.", 404)


def serve(
    pipeline: Asks,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    title: str = TITLE,
    examples: Sequence[str] = EXAMPLES,
    insecure: bool = False,
    prevent_thread_lock: bool = False,
) -> gr.Blocks:
    """The page at `http://host:port/`, served until interrupted, or at once with `prevent_thread_lock`.

    With `insecure` a host that is not loopback is taken: everyone who reaches it can read the documents. A wildcard
    such as 0.0.0.0 then also gives up the check of the Host header, so name one address instead.

    Raises: RagError, when the host is not loopback or the port cannot be listened on.
    """
    if not insecure and not _is_loopback(host):
        raise RagError(
            f"The page has no login, so it does not listen on {host!r}, where others could read your documents; "
            "use --host 127.0.0.1, or --insecure if that is what you want."
        )
    _fence()
    page = build(pipeline, title=title, examples=examples)
    if prevent_thread_lock:
        _launch(page, host, port, open_browser)
        return page
    with suppress(KeyboardInterrupt):
        _launch(page, host, port, open_browser)
        threading.Event().wait()
    page.close(verbose=False)
    return page


def _launch(page: gr.Blocks, host: str, port: int, open_browser: bool) -> None:
    """Starts the server. Every switch is given, because what is left out Gradio takes from elsewhere."""
    hosts = ["*"] if host in ("0.0.0.0", "::") else ["127.0.0.1", "localhost", "[::1]", host]
    try:
        page.launch(
            server_name=f"[{host}]" if ":" in host else host,
            server_port=port,
            inbrowser=open_browser,
            prevent_thread_lock=True,
            theme=gr.themes.Base(font=_FONTS, font_mono=_FONTS),
            css=CSS,
            app_kwargs={
                "middleware": [
                    Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
                    Middleware(Guard),
                ]
            },
            share=False,
            root_path="",
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            ssr_mode=False,
            mcp_server=False,
            show_error=False,
            pwa=False,
            strict_cors=True,
            quiet=True,
            allowed_paths=None,
            blocked_paths=[Path.cwd().anchor],
            max_file_size=1,
            state_session_capacity=200,
            inline=False,
            num_workers=0,
        )
    except (OSError, OverflowError) as error:
        raise RagError(
            f"The page cannot listen on {host}:{port}, most likely because port {port} is in use; "
            "stop the other program, or choose another port with --port."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
