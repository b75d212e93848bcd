"""A local GGUF file as a llama-index `LLM`, held by xllamacpp in a process of its own and asked over loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from threading import Lock, Thread
from typing import IO, TYPE_CHECKING

from rag.errors import LLMFailed
from rag.providers.endpoint import Endpoint, post
from rag.providers.openai import ChatLLM, limits_of

if TYPE_CHECKING:
    from rag.settings import LanguageModel

_ROOT = Path(__file__).resolve().parent.parent.parent
_MAGIC = b"GGUF"
_FAREWELL = 5.0


@contextmanager
def local_llm(settings: LanguageModel) -> Iterator[tuple[ChatLLM, Callable[[str], int]]]:
    """The model of the file that `settings` name, loaded at the first prompt, and its own count of tokens."""
    server = Server(settings)
    path = server.path
    try:
        llm = ChatLLM(server.endpoint, model=path.stem, context=settings.context, max_tokens=settings.max_tokens)
        yield llm, server.tokens
    finally:
        server.close()


class Server:
    """The process that holds a model, started when first needed, and again if it has died."""

    def __init__(self, settings: LanguageModel) -> None:
        """A server that is not started yet."""
        self._settings = settings
        self.path = (settings.path or Path()).expanduser().absolute()
        self._key = secrets.token_urlsafe(32)
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._url = ""

    def endpoint(self) -> Endpoint:
        """Where the model is asked. Raises: LLMFailed, when the file cannot be loaded."""
        url = self._running() + "/v1"
        limits = replace(limits_of(self._settings), retries=0)  # one that has died is started at the next prompt
        return Endpoint(
            url, self.path.stem, key=lambda: self._key, temperature=self._settings.temperature, limits=limits
        )

    def tokens(self, text: str) -> int:
        """How many tokens the model reads in `text`. Raises: LLMFailed."""
        answer = post(f"{self._running()}/tokenize", {"content": text}, self._key, self._settings.timeout)
        tokens = answer.get("tokens")
        if not isinstance(tokens, list):
            raise LLMFailed(f"The model {self.path.stem!r} does not count tokens; use another version of xllamacpp.")
        return len(tokens)

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            _end(child)

    def _running(self) -> str:
        with self._lock:
            if self._child is not None and self._child.poll() is not None:
                _end(self._child)
                self._child = None
            if self._child is None:
                require_model(self.path)
                self._child, self._url = self._start()
            return self._url

    def _start(self) -> tuple[subprocess.Popen[bytes], str]:
        with TemporaryFile() as log:
            child = _spawn(log)
            try:
                return child, self._greet(child, log)
            except BaseException:
                child.kill()
                _end(child)
                raise

    def _greet(self, child: subprocess.Popen[bytes], log: IO[bytes]) -> str:
        settings = self._settings
        request = {"path": str(self.path), "context": settings.context, "threads": settings.threads, "key": self._key}
        if child.stdin is None or child.stdout is None:
            raise LLMFailed("The process for the model has no pipes; try again.")
        with suppress(BrokenPipeError):
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
        line = _line(child.stdout, settings.timeout)
        if line is None:
            took = f"{settings.timeout:g} s"
            raise LLMFailed(f"The model file {self.path.name!r} was not loaded within {took}; raise llm.timeout.")
        greeting = json.loads(line) if line.strip() else {}
        if "url" in greeting:
            return str(greeting["url"])
        reason = _reason(log) or greeting.get("problem") or f"the process ended with code {child.wait(_FAREWELL)}"
        raise LLMFailed(f"The model file {self.path.name!r} cannot be loaded ({reason}); use another.")


def require_model(path: Path) -> None:
    """Nothing, where `path` is a GGUF file that this machine can hold and xllamacpp is installed.

    Raises: LLMFailed.
    """
    try:
        with path.open("rb") as file:
            magic, size = file.read(len(_MAGIC)), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise LLMFailed(f"The model file {str(path)!r} cannot be read ({error.strerror}); check llm.path.") from error
    if magic != _MAGIC:
        raise LLMFailed(f"The model file {str(path)!r} is no GGUF file; check llm.path.")
    require_memory(path, size, memory())
    if importlib.util.find_spec("xllamacpp") is None:
        raise LLMFailed(
            "A GGUF file needs the package xllamacpp, which is not installed; run pip install 'rag[local]'."
        )


def require_memory(path: Path, size: int, present: int | None) -> None:
    """Nothing, where `size` bytes of weights fit in `present` bytes, or that is not known. Raises: LLMFailed."""
    if present is not None and size >= present:
        sizes = f"has {size / 1e9:,.1f} GB and this machine {present / 1e9:,.1f} GB of memory"
        raise LLMFailed(f"The model file {path.name!r} {sizes}; use a smaller one.")


def memory() -> int | None:
    """Bytes of memory that this process may use, as far as the system says."""
    known: list[int] = []
    with suppress(ValueError, OSError, AttributeError):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(ValueError, OSError):
        known.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))  # "max" is no number
    return min(known, default=None)


def _spawn(log: IO[bytes]) -> subprocess.Popen[bytes]:
    # -P and an explicit path: the folder one happens to be in must not supply the code.
    places = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-P", "-m", "rag.providers.serve"]
    pipe = subprocess.PIPE
    # A session of its own: Ctrl-C is for us, and its end comes with its stdin's.
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, env=environment, start_new_session=True)


def _line(stream: IO[bytes], seconds: float) -> bytes | None:
    """The next line, or b"" at the end; None where neither comes in time."""
    lines: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=seconds)
    except Empty:
        return None


def _reason(log: IO[bytes]) -> str:
    """The loader's own words for why it gave up."""
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").splitlines()
    reasons = [line.partition("error loading model:")[2].strip() for line in lines if "error loading model:" in line]
    return " ".join(reasons[0].split())[:200] if reasons else ""


def _end(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        child.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
