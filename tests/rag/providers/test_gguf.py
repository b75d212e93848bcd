"""A local GGUF file: what is refused before it is loaded, and the process that holds it."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest

from rag.errors import LLMFailed
from rag.providers import open_llm
from rag.settings import LanguageModel
from rag.types import LLM

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STAND_IN))
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))


def settings(path: Path, timeout: float = 60) -> LanguageModel:
    return LanguageModel(
        provider="gguf", path=path, context=1024, threads=1, max_tokens=48, timeout=timeout, first_token_timeout=timeout
    )


def model(folder: Path, order: str = "works") -> Path:
    path = folder / "small.gguf"
    path.write_text(f"GGUF {order}")
    return path


def sentence(path: Path, timeout: float = 60) -> str:
    with open_llm(settings(path, timeout)) as llm, pytest.raises(LLMFailed) as failed:
        llm.complete("Who?")
    assert "\n" not in str(failed.value)
    return str(failed.value)


def test_what_is_no_model_file(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    assert "is no GGUF file" in sentence(tmp_path / "page.gguf")
    assert "No such file" in sentence(tmp_path / "none.gguf")
    assert "cannot be read" in sentence(tmp_path)


def test_a_model_larger_than_memory() -> None:
    from rag.providers.gguf import memory, require_memory

    require_memory(Path("a.gguf"), 10**9, 2 * 10**9)
    require_memory(Path("a.gguf"), 10**9, None)
    with pytest.raises(LLMFailed, match=r"'a\.gguf' has 40\.0 GB and this machine 8\.0 GB of memory; use a smaller"):
        require_memory(Path("a.gguf"), 40 * 10**9, 8 * 10**9)
    present = memory()
    assert present is None or present > 10**8


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("xllamacpp"):
        pytest.skip("xllamacpp is installed")
    assert "pip install 'rag[local]'" in sentence(model(tmp_path))


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("refused", r"'small.gguf' cannot be loaded (unknown architecture); use another."),
        ("crashes", r"'small.gguf' cannot be loaded (the process ended with code 7); use another."),
        ("dies", "closed the connection before its reply was whole"),
    ],
)
def test_a_model_that_fails_is_one_sentence(tmp_path: Path, order: str, told: str) -> None:
    assert told in sentence(model(tmp_path, order))


@pytest.mark.usefixtures("stand_in")
def test_a_model_that_does_not_load_in_time(tmp_path: Path) -> None:
    assert "was not loaded within 2 s; raise llm.timeout" in sentence(model(tmp_path, "hangs"), timeout=2)


@pytest.mark.usefixtures("stand_in")
def test_it_is_loaded_once_counts_tokens_and_ends_with_us(tmp_path: Path) -> None:
    from rag.providers.gguf import Server

    server = Server(settings(model(tmp_path)))
    first = server.endpoint()
    assert server.endpoint()._url == first._url
    assert server.tokens("one two three") == 3
    child = server._child
    assert child is not None
    server.close()
    assert child.poll() == 0


@pytest.mark.usefixtures("stand_in")
def test_a_process_that_died_is_started_again(tmp_path: Path) -> None:
    with open_llm(settings(model(tmp_path, "dies"))) as llm:
        with pytest.raises(LLMFailed):
            llm.complete("Who?")
        model(tmp_path, "works")
        assert _answered(llm, "Who?") == "1024 1"
        assert llm.name == "small"


def _answered(llm: LLM, prompt: str) -> str:
    """The first reply; a process that is dying may still be taken for a living one."""
    until = time.monotonic() + 60
    while True:
        try:
            return llm.complete(prompt)
        except LLMFailed:
            assert time.monotonic() < until
            time.sleep(0.1)
