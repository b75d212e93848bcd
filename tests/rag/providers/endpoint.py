"""A real endpoint on loopback that plays what endpoints do: answer, refuse, stall, break off, and talk without end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

Reply = Callable[["Asked"], None]


class Asked(BaseHTTPRequestHandler):
    """One request; each is answered by the script's next reply, the last of which is used again."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._play(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def do_GET(self) -> None:
        self._play({})

    def _play(self, body: dict[str, object]) -> None:
        endpoint: Endpoint = self.server.endpoint  # type: ignore[attr-defined]
        endpoint.requests.append((self.path, dict(self.headers), body))
        reply = endpoint.script.pop(0) if len(endpoint.script) > 1 else endpoint.script[0]
        self.close_connection = True
        try:
            reply(self)
        except OSError:
            endpoint.left.set()

    def begin(self, kind: str, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def write(self, text: str | bytes) -> None:
        self.wfile.write(text if isinstance(text, bytes) else text.encode())
        self.wfile.flush()

    def until_stopped(self) -> Iterator[None]:
        endpoint: Endpoint = self.server.endpoint  # type: ignore[attr-defined]
        while not endpoint.stopped.wait(0.02):
            yield

    def log_message(self, *_: object) -> None:
        pass


class Endpoint:
    """What was asked, and what is answered next; `left` is set once a client has closed on us."""

    def __init__(self, url: str, script: list[Reply]) -> None:
        self.url = url
        self.script = script
        self.requests: list[tuple[str, dict[str, str], dict[str, object]]] = []
        self.left = Event()
        self.stopped = Event()


@contextmanager
def serving(*script: Reply) -> Iterator[Endpoint]:
    """An endpoint that answers by `script`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    server.daemon_threads = True
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", list(script))
    server.endpoint = endpoint  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def event(text: str | None = None, **more: object) -> str:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, **more}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


def says(*pieces: str) -> Reply:
    """A stream as it should be."""

    def reply(asked: Asked) -> None:
        asked.begin("text/event-stream")
        asked.write(": hello\n\n" + event(role="assistant"))
        for piece in pieces:
            asked.write(event(piece))
        asked.write(event(finish_reason="stop") + "data: [DONE]\n\n")

    return reply


def sends(body: str | bytes, kind: str = "text/event-stream", status: int = 200, **headers: str) -> Reply:
    """These bytes and no others."""

    def reply(asked: Asked) -> None:
        asked.begin(kind, status, **headers)
        asked.write(body)

    return reply


def lists(*models: str) -> Reply:
    """The models that there are."""
    return sends(json.dumps({"object": "list", "data": [{"id": model} for model in models]}), "application/json")


def fails(status: int, message: str = "", **headers: str) -> Reply:
    """A status and the protocol's error."""
    return sends(json.dumps({"error": {"message": message}}), "application/json", status, **headers)


def stalls(*pieces: str, quiet: bool = False) -> Reply:
    """Some pieces, then nothing; with `quiet` not even a head."""

    def reply(asked: Asked) -> None:
        if not quiet:
            asked.begin("text/event-stream")
        for piece in pieces:
            asked.write(event(piece))
        for _ in asked.until_stopped():
            if not quiet:
                asked.write(": still here\n\n")

    return reply


def rambles(piece: str) -> Reply:
    """The same piece without end."""

    def reply(asked: Asked) -> None:
        asked.begin("text/event-stream")
        for _ in asked.until_stopped():
            asked.write(event(piece) * 50)

    return reply


def hangs_up(asked: Asked) -> None:
    """Closes without a word."""
    with suppress(OSError):
        asked.connection.shutdown(2)
