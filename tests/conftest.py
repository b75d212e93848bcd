"""Every test runs in an empty home, without the user's settings, and may speak to loopback only."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)  # a busy machine is no defect
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile("repeatable")
os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported
ROOT = Path(__file__).resolve().parent.parent


HERE = Path(__file__).parent
SLOW = (
    "faults",
    "evals/test_bench.py evals/test_bench_parts.py evals/test_table.py evals/test_public.py evals/train",
    "index/folder/test_gone.py index/folder/test_patterns.py index/folder/test_watch.py",
    "index/indexing index/store index/readers/test_folder.py index/readers/test_exact.py",
    "index/vectors/test_embedder.py index/vectors/test_graph.py index/vectors/test_server.py",
    "rag/app/cli rag/app/library rag/app/page rag/app/conversations/test_conversations.py",
    "rag/app/doors/test_inventions.py rag/app/doors/test_llama.py rag/app/doors/test_same_everywhere.py",
    "rag/asking/test_filters.py rag/providers/test_local_model.py rag/test_pipeline.py",
    "rag/verification/test_reopen.py",
    "test_docs.py test_imports.py test_promises.py test_ui.py test_wheel.py test_yours_alone.py",
)
"""Files and folders whose tests start processes, build whole indexes or load a model; `make quick` leaves them out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = [HERE / name for line in SLOW for name in line.split()]
    for item in items:
        if any(item.path.is_relative_to(place) for place in slow):
            item.add_marker(pytest.mark.slow)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="every fault, fifty times; properties tried at random")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--thorough"):
        settings.load_profile("thorough")


class NetworkForbidden(RuntimeError):
    """A test tried to leave the machine."""


def _guard(address: object) -> None:
    host = address[0] if isinstance(address, tuple) else None
    if isinstance(host, str) and host != "localhost" and not _is_loopback(host):
        raise NetworkForbidden(f"a socket to {host!r}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        _guard(address)
        connect(self, address)  # type: ignore[arg-type]

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        _guard(address)
        return connect_ex(self, address)  # type: ignore[arg-type]

    def guarded_resolve(host: object, *args: object, **kwargs: object) -> object:
        if host is not None:
            _guard((host.decode() if isinstance(host, bytes) else host,))
        return resolve(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("RAG_", "GRADIO_", "OPENAI_", "CHROMA_")):
            monkeypatch.delenv(name)
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.chdir(home)


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The sample documents, as given."""
    return ROOT / "seeds"
