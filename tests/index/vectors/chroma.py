"""A real Chroma server on loopback, and what can be seen and done on it without the code under test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from index.errors import RagError
from index.settings import StoreSettings

COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


def at(port: int, timeout: float = 30.0, token_env: str | None = None) -> StoreSettings:
    return StoreSettings(host="127.0.0.1", port=port, timeout=timeout, token_env=token_env)


def one_sentence(error: RagError) -> str:
    told = str(error)
    assert "\n" not in told
    assert told.endswith(".")
    return told


class ChromaServer:
    """`chroma run` as a process of its own, with its own home. Killed and started again at will, on one port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.start()

    def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        command = [
            str(program),
            "run",
            "--path",
            str(self._folder / "db"),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        environment = {"HOME": str(self._folder), "PATH": os.environ["PATH"]}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self._folder)
        while self._process.poll() is None:
            try:
                self.ask("GET", "/api/v2/heartbeat")
                return
            except (OSError, HTTPException):
                time.sleep(0.05)
        raise RuntimeError((self._folder / "log").read_text())

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - what JSON gives
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def names(self) -> set[str]:
        return {found["name"] for found in self.ask("GET", COLLECTIONS)}

    def id_of(self, name: str) -> str:
        return str(self.ask("GET", f"{COLLECTIONS}/{name}")["id"])


class Recorder:
    """Stands before the Chroma server on `port` and keeps each call's headers; `before` may act first, or answer."""

    def __init__(self, port: int, before: Callable[[str], tuple[int, str] | None] | None = None) -> None:
        self.headers: list[dict[str, str]] = []
        self.before = before

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # the head and the body of an answer in one packet

            def _pass_on(handler) -> None:
                self.headers.append(dict(handler.headers.items()))
                body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
                answer = self.before(f"{handler.command} {handler.path}") if self.before else None
                status, said = answer if answer else _forwarded(port, handler.command, handler.path, body)
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(said.encode())))
                handler.end_headers()
                handler.wfile.write(said.encode())

            do_GET = do_POST = do_DELETE = _pass_on

            def log_message(handler, *_: object) -> None:
                """Nothing is printed."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_port
        self._thread = Thread(target=self._http.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _forwarded(port: int, method: str, path: str, body: bytes) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, HTTPException):
        return 502, "<html>bad gateway</html>"
    finally:
        connection.close()
