"""A trace as spans of OpenTelemetry, with the names of its conventions, sent to the collector that is configured."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer, set_span_in_context

from rag.stages import Timed, Trace
from rag.version import VERSION

_PATIENCE = 3.0
"""Seconds that a collector may take; what it does not take then is dropped."""


def send(trace: Trace, endpoint: str) -> None:
    """Hand the spans of a question to what sends them, which waits for nobody."""
    emit(trace, _provider(endpoint).get_tracer("rag", VERSION))


def emit(trace: Trace, tracer: Tracer) -> None:
    """A span for the question, below the one that is current, and one for each stage below it."""
    root = tracer.start_span("rag.ask", start_time=trace.whole.start, attributes=_of_question(trace))
    context = set_span_in_context(root)
    for stage in trace.stages:
        name, attributes = _of_stage(stage, trace)
        span = tracer.start_span(name, context, start_time=stage.start, attributes=attributes)
        span.end(stage.end)
    root.end(trace.whole.end)


def _of_question(trace: Trace) -> Mapping[str, str | int]:
    return {
        "rag.status": trace.status,
        "rag.index.generation": trace.generation,
        "rag.passages": trace.passages,
        "rag.citations": trace.citations,
    }


def _of_stage(stage: Timed, trace: Trace) -> tuple[str, Mapping[str, str]]:
    """The name and attributes of a stage, by the conventions for generative AI where they know such a stage."""
    if stage.name == "retrieve":
        source = {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": trace.collection}
        return f"retrieval {trace.collection}", source
    if stage.name == "answer" and trace.model:
        model = {"gen_ai.request.model": trace.model, "gen_ai.provider.name": trace.provider or "unknown"}
        return f"chat {trace.model}", {"gen_ai.operation.name": "chat", **model}
    return f"rag.{stage.name}", {}


@cache
def _provider(endpoint: str) -> TracerProvider:
    """What sends spans to `endpoint` until the process ends. It is no global one, and reads no variable for where."""
    exporter = OTLPSpanExporter(endpoint, insecure=endpoint.startswith("http://"), timeout=_PATIENCE)
    provider = TracerProvider(ALWAYS_ON, Resource({"service.name": "rag", "service.version": VERSION}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
