"""The language model as a form sets it: what is filled in, whether it can be used, and a trial of it.

The page is not named here. What comes from a form is untrusted; a key is refused wherever one is typed, and no
sentence repeats it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import ValidationError

from index.errors import SettingsInvalid
from rag.errors import Cancelled, LLMFailed
from rag.settings import LanguageModel

if TYPE_CHECKING:
    from rag.answering.probe import Probe
    from rag.app.workspace import Workspace
    from rag.types import LLM

Kind = Literal["quotes", "endpoint", "file"]

_LONGEST = 2000
_PROVIDERS = {"quotes": None, "endpoint": "openai", "file": "gguf"}
_KEY = re.compile(
    r"\b(?:sk|pk|gsk|hf|xai|pplx|nvapi|AKIA|AIza|Bearer|eyJ)[-_ ]?[A-Za-z0-9_-]{16,}"  # as providers begin theirs
    r"|^(?=\D*\d)[A-Za-z0-9+/=]{24,}$"  # a run without a break, with digits
)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,62}")


class KeyTyped(SettingsInvalid):
    """What looks like a key stands in a field, `field` of `Filled`, where none belongs."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form, not yet checked. `context` counts tokens."""

    kind: str
    address: object = ""
    model: object = ""
    key_env: object = ""
    path: object = ""
    context: object = None


def model_line(workspace: Workspace) -> str:
    """Who answers now, as one line of plain text: `qwen2.5:7b at localhost:11434`."""
    return description(workspace.settings.llm)


def description(llm: LanguageModel) -> str:
    """Who answers with these settings, as one line of plain text."""
    if llm.answerer is not None:
        return f"{llm.answerer}, of another package"
    if llm.provider == "openai":
        return f"{llm.model} at {urlsplit(llm.base_url or '').netloc}"
    if llm.provider == "gguf":
        return f"{(llm.path or Path()).name} on this computer"
    return "Quotes only, no model"


def form_of(llm: LanguageModel) -> Filled:
    """The form filled in as `llm` says."""
    kinds = {provider: kind for kind, provider in _PROVIDERS.items()}
    return Filled(
        kind=kinds[llm.provider],
        address=llm.base_url or "",
        model=llm.model or "",
        key_env=llm.api_key_env or "",
        path=str(llm.path or ""),
        context=llm.context,
    )


def leaves(address: object) -> str | None:
    """The other computer that an address names, as `api.example.com`; None where it is this one, or no address."""
    try:
        host = urlsplit(address.strip()).hostname if isinstance(address, str) else None
    except ValueError:
        return None
    return None if not host or _is_here(host) else host


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def chosen(filled: Filled, base: LanguageModel) -> LanguageModel:
    """`base` with what is filled in, whole and checked; nothing is opened or reached.

    Raises: SettingsInvalid, in a sentence for the person who fills the form, never with a key; KeyTyped.
    """
    if filled.kind not in _PROVIDERS:
        raise SettingsInvalid("Choose who answers: quotes only, an endpoint, or a GGUF file.")
    provider = _PROVIDERS[filled.kind]
    typed: dict[str, object] = {"provider": provider, "answerer": None}
    if provider is not None:
        typed["context"] = _tokens(filled.context, base.context)
    if provider == "openai":
        typed |= {
            "base_url": _text(filled.address, "address", "the address"),
            "model": _text(filled.model, "model", "the name of the model"),
            "api_key_env": _variable(filled.key_env),
        }
    elif provider == "gguf":
        typed["path"] = Path(_text(filled.path, "path", "the path of the file")).expanduser().absolute()
    try:
        return LanguageModel.model_validate(base.model_dump() | typed)
    except ValidationError as error:
        raise SettingsInvalid(_in_words(error)) from None


def _text(value: object, field: str, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsInvalid(f"Fill in {what}.")
    text = value.strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise SettingsInvalid(f"Shorten {what} to one line of {_LONGEST:,} characters or fewer.")
    if _KEY.search(text):
        raise KeyTyped(f"What was typed for {what} looks like a key; no key belongs in this form.", field)
    return text


def _variable(value: object) -> str | None:
    """The name of an environment variable, None where there is none. Keys of some providers look much like names."""
    if value is None or value == "":
        return None
    text = value.strip() if isinstance(value, str) else "?"
    if not text:
        return None
    long = len(text) >= 16 and "_" not in text and any(char.isdigit() for char in text)
    if _KEY.search(text) or long or not _VARIABLE.fullmatch(text):
        raise KeyTyped(
            "The key itself is never typed here: write the name of the environment variable that holds it, "
            "in capitals, such as OPENAI_API_KEY. What was typed is not kept.",
            "key_env",
        )
    return text


def _tokens(value: object, before: int) -> int:
    if value is None:
        return before
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise SettingsInvalid("The context is a whole number of tokens, such as 4096.")
    return int(value)


def _in_words(error: ValidationError) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if field == "base_url":
        return (
            "The address cannot be used: it begins with http:// or https://, and has a host and a path, but no user, "
            "password or query, as in http://localhost:11434/v1."
        )
    if field == "context":
        return "The context cannot be so many tokens; use a number from 512 to 1,048,576."
    return f"These settings do not fit together: {first['msg']}."


def require_file(llm: LanguageModel) -> None:
    """Nothing, unless a file is chosen that cannot be used on this computer. Raises: LLMFailed, saying why."""
    if llm.provider == "gguf" and llm.path:
        from rag.providers.gguf import require_model

        require_model(llm.path)


def keyless(llm: LanguageModel) -> str | None:
    """What is wrong with the environment variable of the key, in a sentence; None where nothing is, or none is set."""
    if llm.provider != "openai" or not llm.api_key_env:
        return None
    from rag.providers.openai import key_from

    try:
        key_from(llm.api_key_env)
    except LLMFailed as error:
        return str(error)
    return None


Open = Callable[[LanguageModel], AbstractContextManager["LLM"]]


def _opened(llm: LanguageModel) -> AbstractContextManager[LLM]:
    from rag.providers import open_llm

    return open_llm(llm)


class Trial:
    """The questions of `rag.answering.probe` put to a model, in a thread of its own, left at any moment."""

    def __init__(self, llm: LanguageModel, opened: Open = _opened) -> None:
        """A trial that begins at once. Each reply may take as long as `llm.timeout` says."""
        self._llm = llm
        self._opened = opened
        self._left = threading.Event()
        self._over = threading.Event()
        self._outcome: Probe | Exception | None = None
        threading.Thread(target=self._run, daemon=True, name="trial").start()

    def stop(self) -> None:
        """Leave the model: its connection is closed at the next beat, and a file that is being loaded once it is."""
        self._left.set()
        self._over.set()

    def wait(self, seconds: float) -> bool:
        """Whether the trial was over, or had been left, within so many seconds."""
        return self._over.wait(seconds)

    def outcome(self) -> Probe:
        """What came of it, once it is over. Raises: LLMFailed; Cancelled, where it was left."""
        if self._left.is_set() or self._outcome is None:
            raise Cancelled("The test was stopped; nothing was changed.")
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    def _run(self) -> None:
        from rag.answering.probe import probe

        try:
            with self._opened(self._llm) as model:
                self._outcome = probe(_Leavable(model, self._left))
        except Exception as error:  # noqa: BLE001 - carried to the thread that waits
            self._outcome = error
        finally:
            self._over.set()


class _Leavable:
    """A model whose reply ends with Cancelled once `left` is set."""

    def __init__(self, llm: LLM, left: threading.Event) -> None:
        self._llm = llm
        self._left = left

    @property
    def name(self) -> str:
        return self._llm.name

    @property
    def window(self) -> int:
        return self._llm.window

    def tokens(self, text: str) -> int:
        return self._llm.tokens(text)

    def complete(self, prompt: str) -> str:
        return "".join(self.stream(prompt))

    def stream(self, prompt: str) -> Generator[str, None, None]:
        with closing(self._llm.stream(prompt)) as pieces:
            for piece in pieces:
                if self._left.is_set():
                    raise Cancelled("The test was stopped; nothing was changed.")
                yield piece
