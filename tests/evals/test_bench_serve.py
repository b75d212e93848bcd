"""The benchmark of the HTTP door: who asks at once, and that a mixed answer ends it. No test looks at a time."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType

import pytest

from evals.bench.measure import WARM
from evals.bench.serve import alone_and_at_once, asking
from evals.errors import EvalError


class Answering(BaseHTTPRequestHandler):
    """Answers every question as what the server says it was."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server: Echo = self.server  # type: ignore[assignment]
        question = server.as_read(body["messages"][-1]["content"])
        reply = json.dumps({"rag": {"question": question}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: object) -> None:
        pass


class Echo(ThreadingHTTPServer):
    """A server on loopback that keeps what it was asked; a mixed one answers all as the first."""

    def __init__(self, *, mixed: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.mixed = mixed
        self.questions: list[str] = []
        self._lock = Lock()

    def __enter__(self) -> Echo:
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()

    def as_read(self, question: str) -> str:
        with self._lock:
            self.questions.append(question)
            return self.questions[0] if self.mixed else question


def test_every_program_asks_alone_and_then_with_the_others_in_every_round() -> None:
    with Echo() as server:
        alone, crowd = alone_and_at_once(asking(server.server_port), ["one?", "two?", "three?"], programs=4, rounds=3)
    assert (alone.n, crowd.n) == (12, 12)
    assert set(server.questions[WARM + 1 :]) == {"one?", "two?", "three?"}
    assert len(server.questions) == WARM + 1 + 24


def test_an_answer_to_another_question_ends_it() -> None:
    with Echo(mixed=True) as server:
        ask = asking(server.server_port)
        ask("one?")
        with pytest.raises(EvalError, match="as for 'one\\?'"):
            ask("two?")
