"""A page served, alone or beside others. Every switch is given, as what is left out Gradio takes from elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from index.errors import RagError
from rag.app.page.calls import Calls
from rag.app.page.guard import SameOrigin
from rag.app.page.language import IN_HEAD
from rag.app.page.style import stylesheet

LARGEST_UPLOAD = "64mb"
_MOST_SESSIONS = 200
_IDLE = 0.02
"""Seconds between two looks of a page for something to do, where there are many; Gradio looks every millisecond."""
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


def launch(page: gr.Blocks, host: str, port: int, routes: Sequence[Route], middleware: Sequence[Middleware]) -> None:
    """Starts a server of the page and `routes`, behind `middleware`. Raises: RagError, when it cannot listen there."""
    try:
        page.launch(
            server_name=f"[{host}]" if ":" in host else host,
            server_port=port,
            inbrowser=False,
            prevent_thread_lock=True,
            app_kwargs={"routes": [*routes], "middleware": [*middleware]},
            share=False,
            _frontend=False,  # else it gives up where its own page does not answer within three seconds
            strict_cors=True,
            quiet=True,
            state_session_capacity=_MOST_SESSIONS,
            inline=False,
            num_workers=0,
            **_switches(),
        )
        # Gradio has put its CORS around our guard, and answers other ports of this machine whether they may ask.
        page.app.middleware_stack = SameOrigin(page.app.build_middleware_stack())
    except (OSError, OverflowError) as error:
        raise RagError(
            f"The page cannot listen on {host}:{port}, most likely because port {port} is in use; "
            "stop the other program, or choose another port with --port."
        ) from error


@dataclass(frozen=True, slots=True)
class Mounted:
    """A page that another's server passes requests on to."""

    page: gr.Blocks
    inner: FastAPI

    @property
    def app(self) -> ASGIApp:
        """What answers."""
        return Calls(self.inner, frozenset(self.page.fns))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """It answers until the block ends."""
        try:
            async with self.inner.router.lifespan_context(self.inner):
                yield
        finally:
            self._answering.stop_event.set()  # or what listens to it keeps all of the page alive
            self.page.close(verbose=False)

    @property
    def _answering(self) -> App:
        """Gradio's own server of it: `page.app` is another, made before it was mounted."""
        return next(mount.app for mount in self.inner.routes if isinstance(mount, Mount) and isinstance(mount.app, App))


def mounted(page: gr.Blocks, routes: Sequence[Route]) -> Mounted:
    """The page and `routes`, with the switches of one that is launched and no server."""
    page.state_session_capacity = _MOST_SESSIONS
    page._queue.sleep_when_free = _IDLE
    bare = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    return Mounted(page, gr.mount_gradio_app(bare, page, "/", app_kwargs={"routes": [*routes]}, **_switches()))


def _switches() -> dict[str, Any]:
    return {
        "theme": gr.themes.Base(font=_FONTS, font_mono=_FONTS),
        "css": stylesheet(),
        "head": IN_HEAD,
        "root_path": "",
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": [],
        "ssr_mode": False,
        "mcp_server": False,
        "show_error": False,
        "pwa": False,
        "allowed_paths": None,
        "blocked_paths": None,  # its temporary folder lies below every root, and `Guard` serves no file at all
        "max_file_size": LARGEST_UPLOAD,
    }
