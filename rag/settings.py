"""Settings: a `rag.toml`, below the environment (`RAG_ANSWER__MAX_WORDS`), below flags. Unknown keys are refused."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from index.errors import SettingsInvalid
from index.settings import IndexSettings, StoreSettings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

CollectionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
PluginName = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,100}$")]
_PREFIX = "RAG_"
_LONGEST_SHOWN = 80
_PRIVATE = ("llm.api_key_env", "llm.base_url", "store.host", "store.token_env")
"""Settings in which a key may have been written by mistake: their values are never shown."""


class _Section(BaseModel):
    # An error's own text would repeat the input, and a key may have been put where its variable's name belongs.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _endpoint(url: str) -> str:
    """An address that can be asked, and that holds no secret."""
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or not url.isprintable():
        raise ValueError("an address is http:// or https://, a host and a path, without a user, a password or a query")
    return url.rstrip("/")


def _host(host: str) -> str:
    """A host's name, or its address without the brackets that an address with colons has in a URL."""
    bare = host.removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(bare))
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?", host):
            raise ValueError(
                "a host is a name or an address alone, without http://, a port, a user or a path"
            ) from None
        return host


class Index(_Section):
    """How passages are cut and embedded."""

    passage_words: int = Field(110, ge=20, le=400)
    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    max_file_bytes: int = Field(64 * 1024 * 1024, ge=1)


class Retrieval(_Section):
    """How many passages are looked at, and how many are shown and answered from."""

    top_k: int = Field(5, ge=1, le=50)
    candidates: int = Field(50, ge=1, le=1000)


class Answering(_Section):
    """How many words are quoted for a question or each of its parts, and how long it may be."""

    max_words: int = Field(75, ge=10, le=400)
    max_question_chars: int = Field(4000, ge=1)
    history_turns: int = Field(6, ge=0, le=50)


class Store(_Section):
    """The Chroma server that keeps the vectors; without a host they are kept in the home.

    The token itself is never a setting: `token_env` names the environment variable that holds it.
    """

    host: Annotated[str, AfterValidator(_host)] | None = None
    port: int = Field(8000, ge=1, le=65535)
    tls: bool = False
    token_env: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,62}$")] | None = None
    timeout: float = Field(30, gt=0, le=3600)


class Conversations(_Section):
    """Whether conversations are kept in the home."""

    keep: bool = True


class Tracing(_Section):
    """Whether the stages of the last question are kept in the home, and the collector that those of each are sent to.

    A trace has times and counts, and no text. The address is of an OpenTelemetry collector that speaks OTLP over gRPC.
    """

    keep: bool = False
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None


class LanguageModel(_Section):
    """Which language model writes the answers, and its limits; without a provider none is used.

    `context` and `max_tokens` count tokens: of prompt and reply together, and of the reply. `max_words` is how long a
    model is asked to let an answer be, at most. Times are in seconds.
    The key itself is never a setting: `api_key_env` names the environment variable that holds it. `answerer` is what
    another package brings in `rag.answerers`, which then writes in the model's place.
    """

    provider: Literal["openai", "gguf"] | None = None
    answerer: PluginName | None = None
    base_url: Annotated[str, AfterValidator(_endpoint)] | None = None
    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,62}$")] | None = None
    path: Path | None = None
    context: int = Field(4096, ge=512, le=1_048_576)
    threads: int | None = Field(None, ge=1, le=1024)
    timeout: float = Field(120, gt=0, le=3600)
    first_token_timeout: float = Field(60, gt=0, le=3600)
    max_tokens: int = Field(400, ge=16, le=8192)
    max_words: int = Field(120, ge=10, le=4000)
    temperature: float = Field(0, ge=0, le=2)
    retries: int = Field(2, ge=0, le=10)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = {"openai": ("base_url", "model"), "gguf": ("path",)}
        for key in needed.get(self.provider or "", ()):
            if getattr(self, key) is None:
                raise PydanticCustomError("incomplete", f"llm.provider = {self.provider!r} needs llm.{key} too")
        if self.max_tokens >= self.context:
            raise PydanticCustomError("incomplete", "llm.max_tokens must leave room in llm.context for the passages")
        return self


class TrainedReader(_Section):
    """A folder with another trained reader than the installed one, as `python -m evals.train` writes it.

    `verifier` is what another package brings in `rag.verifiers`, which then judges statements in its place.
    """

    path: Path | None = None
    verifier: PluginName | None = None


class Settings(_Section):
    """Everything a user can set."""

    home: Path
    collection: CollectionName = "default"
    index: Index = Index()
    retrieval: Retrieval = Retrieval()
    answer: Answering = Answering()
    reader: TrainedReader = TrainedReader()
    llm: LanguageModel = LanguageModel()
    store: Store = Store()
    conversations: Conversations = Conversations()
    trace: Tracing = Tracing()

    def for_index(self) -> IndexSettings:
        """The part that the index needs."""
        return IndexSettings(
            home=self.home,
            collection=self.collection,
            passage_words=self.index.passage_words,
            model=self.index.model,
            max_file_bytes=self.index.max_file_bytes,
            store=StoreSettings(**self.store.model_dump()),
        )

    def of(self, collection: str) -> Settings:
        """These settings for another collection. Raises: SettingsInvalid, when its name cannot be one."""
        try:
            name = TypeAdapter(CollectionName).validate_python(collection)
        except ValidationError:
            raise SettingsInvalid(
                f"A collection cannot be named {collection[:_LONGEST_SHOWN]!r}; use up to 63 letters, digits, '.', '_' "
                "and '-', beginning with a letter or a digit."
            ) from None
        return self.model_copy(update={"collection": name})

    def fingerprint(self) -> str:
        """Twelve hex digits that change with any setting that can change an answer."""
        payload = self.model_dump_json(exclude={"home", "collection", "store", "conversations", "trace"})
        return hashlib.sha256(payload.encode()).hexdigest()[:12]


def file_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a `rag.toml`, which says everything but which home is meant."""
    schema = Settings.model_json_schema()
    del schema["properties"]["home"]
    schema["required"].remove("home")
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rag.toml"}


def load(
    *,
    home: Path | None = None,
    config: Path | None = None,
    collection: str | None = None,
    environ: dict[str, str] | None = None,
) -> Settings:
    """The settings in force: flags over environment over file over defaults.

    Raises: SettingsInvalid, naming the key, its value and where it came from.
    """
    env = dict(os.environ) if environ is None else environ
    root = (home or (Path(env["RAG_HOME"]) if env.get("RAG_HOME") else _user_data())).expanduser().absolute()
    _require_folder(root)
    file = config or root / "rag.toml"
    values = _from_file(file, required=config is not None)
    if "home" in values:
        raise SettingsInvalid(f"{str(file)!r} cannot say where the home is; use --home or RAG_HOME.")
    set_here = _from_environment(env)
    _merge(values, set_here)
    values["home"] = root
    if collection is not None:
        values["collection"] = collection
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsInvalid(_in_words(first, _origin(first["loc"], file, set_here, collection))) from error


def _require_folder(home: Path) -> None:
    if os.path.lexists(home) and not home.is_dir():
        raise SettingsInvalid(f"The home {str(home)!r} is no folder; name another with --home or RAG_HOME.")


def _user_data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("rag", appauthor=False)


def _from_file(file: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsInvalid(f"The settings file {str(file)!r} does not exist; check --config.") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsInvalid(
            f"The settings file {str(file)!r} cannot be read ({reason}); mend or remove it."
        ) from error


def _from_environment(env: dict[str, str]) -> dict[str, Any]:
    """What `RAG_COLLECTION` and every `RAG_SECTION__KEY` say; other programs' variables have no double underscore."""
    values: dict[str, Any] = {}
    for name, value in env.items():
        section, separator, key = name.removeprefix(_PREFIX).partition("__")
        if name == f"{_PREFIX}COLLECTION":
            values["collection"] = value
        elif name.startswith(_PREFIX) and separator:
            values.setdefault(section.lower(), {})[key.lower()] = value
    return values


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key].update(value)
        else:
            base[key] = value


def _origin(key: tuple[int | str, ...], file: Path, set_here: dict[str, Any], collection: str | None) -> str:
    """Where the value of `key` was set, as a person would look for it."""
    if key == ("collection",) and collection is not None:
        return "--collection"
    section = set_here.get(str(key[0]))
    path = (*key, next(iter(section))) if isinstance(section, dict) and len(key) == 1 else key
    if isinstance(section, str) or (isinstance(section, dict) and path[-1] in section):
        return _PREFIX + "__".join(str(part).upper() for part in path)
    return repr(str(file))


def _in_words(error: ErrorDetails, origin: str) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        known = ", ".join(_known(error["loc"]))
        return f"There is no setting {key!r}; take it out of {origin}, or use one of: {known}."
    if error["type"] == "incomplete":
        return f"{error['msg']}; mend {origin}."
    value = "what it says" if key in _PRIVATE else repr(error["input"])
    short = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    reason = error["msg"]
    if key in ("llm.api_key_env", "store.token_env"):
        reason = f"it is the name of an environment variable in capitals, not the {'key' if 'key' in key else 'token'}"
    elif error["type"] == "string_pattern_mismatch":
        reason = "a name has only letters, digits, '.', '_' and '-', at most 63, and begins with a letter or digit"
    return f"The setting {key!r} cannot be {short} ({reason}); change it in {origin}."


def _known(key: tuple[int | str, ...]) -> list[str]:
    """The settings that stand where `key` stands."""
    section = Settings.model_fields.get(str(key[0]))
    kind = section.annotation if section else None
    if len(key) > 1 and isinstance(kind, type) and issubclass(kind, _Section):
        return [f"{key[0]}.{name}" for name in kind.model_fields]
    return [name for name in Settings.model_fields if name != "home"]
