"""Where the time of a question went: kept or sent only where that is set, and never with a word of any text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service

from rag.errors import TraceMissing
from rag.settings import Settings, load
from rag.spans import _provider, emit, send
from rag.stages import Clock, Timed, Trace, nested
from rag.tracing import FILE, last_trace, record
from tests.fakes import FakePipeline

TRACE = Trace(
    whole=Timed("ask", 1_000, 9_000_000),
    stages=(
        Timed("retrieve", 2_000, 5_000_000),
        Timed("answer", 5_000_000, 8_000_000),
        Timed("verify", 8_000_000, 9_000_000),
    ),
    collection="default", generation="000001", provider="openai", model="small",
    status="answered", passages=5, citations=1,
)  # fmt: skip


class Collector(service.TraceServiceServicer):
    """What an OpenTelemetry collector is sent."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def Export(self, request: Any, context: object) -> Any:  # noqa: ANN401 - as grpc has it
        self.requests.append(request)
        return messages.ExportTraceServiceResponse()

    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[tuple[str, Collector]]:
    server, collector = grpc.server(ThreadPoolExecutor(1)), Collector()
    service.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", collector
    server.stop(None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    return place


def settings(home: Path, **trace: object) -> Settings:
    return Settings(home=home, trace=trace)  # type: ignore[arg-type]


def test_nothing_is_kept_or_sent_unless_it_is_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    record(Clock(), FakePipeline().ask("What was struck?"), load(home=home, environ={}))
    assert list(home.iterdir()) == []


def test_what_is_kept_has_no_text(home: Path) -> None:
    clock = Clock()
    with clock.stage("retrieve"), clock.stage("read"):
        pass
    answer = FakePipeline().ask("What was struck?")
    record(clock, answer, settings(home, keep=True))
    kept = (home / FILE).read_text("utf-8")
    assert [path.name for path in home.iterdir()] == [FILE]
    assert "struck" not in kept
    assert answer.citations[0].quote not in kept
    trace = last_trace(home)
    assert [(depth, stage.name) for depth, stage in nested(trace.stages)] == [(0, "retrieve"), (1, "read")]
    assert (trace.passages, trace.status) == (len(answer.passages), "answered")


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"stages": 1, "whole": {}}', '{"stages": [], "whole": {}}'])
def test_no_trace_is_told_with_what_to_do(home: Path, content: str | None) -> None:
    if content is not None:
        (home / FILE).write_text(content)
    with pytest.raises(TraceMissing, match="keep = true"):
        last_trace(home)


def test_a_home_that_cannot_be_written_fails_no_question(home: Path) -> None:
    record(Clock(), FakePipeline().ask("What was struck?"), settings(home / "gone", keep=True))


def test_times_are_told_by_stage_and_in_all() -> None:
    clock = Clock()
    for _ in range(2):
        with clock.stage("retrieve"):
            pass
    assert list(clock.timings()) == ["retrieve", "total"]


def test_a_collector_gets_a_tree_of_spans_with_the_names_of_the_conventions(
    collector: tuple[str, Collector],
) -> None:
    endpoint, received = collector
    send(TRACE, endpoint)
    _provider(endpoint).shutdown()
    root = next(span for span in received.spans() if span.name == "rag.ask")
    stages = [span for span in received.spans() if span.name != "rag.ask"]
    assert [span.name for span in stages] == ["retrieval default", "chat small", "rag.verify"]
    assert {span.parent_span_id for span in stages} == {root.span_id}
    assert [(span.start_time_unix_nano, span.end_time_unix_nano) for span in stages] == [
        (stage.start, stage.end) for stage in TRACE.stages
    ]
    attributes = {item.key: item.value.string_value for span in stages for item in span.attributes}
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.data_source.id": "default",
        "gen_ai.request.model": "small",
        "gen_ai.provider.name": "openai",
    }


def test_a_span_lies_below_the_one_of_the_program_that_asks() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("a program")
    with tracer.start_as_current_span("request") as request:
        emit(TRACE, tracer)
    (root,) = [span for span in exporter.get_finished_spans() if span.name == "rag.ask"]
    assert root.parent is not None
    assert root.parent.span_id == request.get_span_context().span_id


def test_a_trace_changes_no_answer(home: Path) -> None:
    assert settings(home, keep=True).fingerprint() == settings(home).fingerprint()
    json.dumps(settings(home, endpoint="http://127.0.0.1:4317").model_dump(mode="json"))
