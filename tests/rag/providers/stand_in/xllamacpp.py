"""Stands in for xllamacpp in the process that holds a model: the "model file" says in words what is to happen."""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace


class CommonParams(SimpleNamespace):
    def __init__(self) -> None:
        threads = SimpleNamespace(n_threads=0)
        super().__init__(model=SimpleNamespace(path=""), cpuparams=threads, cpuparams_batch=threads)


class Handler(BaseHTTPRequestHandler):
    params: CommonParams
    order: str

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != f"Bearer {self.params.api_keys[0]}":
            self.send_error(401)
            return
        self.send_response(200)
        if self.path == "/tokenize":
            self._end("application/json", json.dumps({"tokens": body["content"].split()}))
            return
        if "dies" in self.order:
            os._exit(9)
        said = f"{self.params.n_ctx} {self.params.cpuparams.n_threads}"
        event = json.dumps({"choices": [{"delta": {"content": said}, "finish_reason": "stop"}]})
        self._end("text/event-stream", f"data: {event}\n\n")

    def _end(self, kind: str, text: str) -> None:
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


class Server:
    def __init__(self, params: CommonParams) -> None:
        order = Path(params.model.path).read_text(errors="replace")
        if "refused" in order:
            sys.stderr.write("0.1 E llama_model_load: error loading model: unknown architecture\n")
            raise RuntimeError("Failed to init server")
        if "crashes" in order:
            os._exit(7)
        if "hangs" in order:
            time.sleep(60)
        self._server = ThreadingHTTPServer(
            (params.hostnames[0], 0), type("H", (Handler,), {"params": params, "order": order})
        )
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{self._server.server_port}"
