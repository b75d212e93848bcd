"""`rag mcp` and `rag serve`: the documents for other programs, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import RagError
from rag.app.cli.options import Collection, Config, Home, settings_of
from rag.app.cli.terminal import Terminal

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from rag.app.page.door import Door

Host = Annotated[str, typer.Option(help="The address to listen on.")]
TokenEnv = Annotated[
    str | None, typer.Option("--token-env", metavar="NAME", help="The environment variable that holds the token.")
]


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP on this machine instead of stdio.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port, with --http.")] = 7862,
    token_env: TokenEnv = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
) -> None:
    """Serve the documents to an MCP client; nothing can be changed through it."""
    settings = settings_of(home, config, collection)
    try:
        from rag.app.doors.mcp import mcp_server
    except ModuleNotFoundError as error:
        if error.name != "mcp":
            raise
        raise RagError("MCP needs the package 'mcp'; install this one with its extra of that name.") from None
    from rag.app.documents import Documents

    with Documents.of(settings) as documents:
        server = mcp_server(documents)
        if not http:
            server.run()
            return
        token = _token(token_env) or secrets.token_urlsafe(24)
        Terminal().line(f"MCP is at http://127.0.0.1:{port}/mcp while this runs; Ctrl-C ends it.")
        if token_env is None:
            Terminal().line(f"Its token, this time: {token}")
        _serve(server.streamable_http_app(), "127.0.0.1", port, token)


def serve(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7861,
    token_env: TokenEnv = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
) -> None:
    """Serve answers over HTTP, in our own form and as clients of OpenAI and Anthropic ask."""
    settings = settings_of(home, config, collection)
    token = _token(token_env)
    from rag.app.doors.fence import is_loopback

    if token is None and not is_loopback(host):
        raise RagError(
            f"Without a token it does not listen on {host!r}, where others could read your documents; "
            "use --host 127.0.0.1, or set a token with --token-env NAME."
        )
    from rag.app.documents import Documents
    from rag.app.doors.http import api

    with Documents.of(settings) as documents:
        documents.pipeline.warm()
        Terminal().line(f"Serving at http://{host}:{port}/v1 and /api while this runs; Ctrl-C ends it.")
        _serve(api(documents), host, port, token)


def _serve(app: ASGIApp, host: str, port: int, token: str | None) -> None:
    """Serves `app` behind its fence until Ctrl-C. Raises: RagError, when the port cannot be listened on."""
    import uvicorn

    from rag.app.doors.fence import Fence
    from rag.app.page.door import OpenDoor, TokenDoor

    door: Door = TokenDoor(token) if token else OpenDoor()
    server = uvicorn.Server(
        uvicorn.Config(Fence(app, door), host=host, port=port, log_level="warning", ws="none", lifespan="on")
    )
    try:
        server.run()
    except SystemExit:
        raise RagError(f"Port {port} of {host!r} cannot be listened on; choose another with --port.") from None


def _token(name: str | None) -> str | None:
    if name is None:
        return None
    token = os.environ.get(name)
    if not token:
        raise typer.BadParameter(f"the environment variable {name!r} is empty or not set; put the token there.")
    return token
