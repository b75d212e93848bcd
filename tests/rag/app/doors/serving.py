"""The HTTP door, served over loopback in this process, for the clients that are tried on it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from rag.app.doors.fence import Fence
from rag.app.page.door import OpenDoor, TokenDoor


@contextmanager
def served(app: ASGIApp, token: str | None = None) -> Iterator[str]:
    """The address of `app` behind its fence, while it is served."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        config = uvicorn.Config(Fence(app, TokenDoor(token) if token else OpenDoor()), log_level="critical", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
