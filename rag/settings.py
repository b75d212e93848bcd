"""Settings: a `rag.toml`, below the environment (`RAG_ANSWER__MAX_WORDS`), below flags. Unknown keys are refused."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from index.errors import SettingsInvalid
from index.settings import IndexSettings

CollectionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
_PREFIX = "RAG_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Index(_Section):
    """How passages are cut and embedded."""

    passage_words: int = Field(110, ge=20, le=400)
    model: str | None = None
    max_file_bytes: int = Field(64 * 1024 * 1024, ge=1)


class Retrieval(_Section):
    """How many passages are looked at, and how many are shown and answered from."""

    top_k: int = Field(5, ge=1, le=50)
    candidates: int = Field(50, ge=1, le=1000)


class Answering(_Section):
    """How much an answer may quote, and how long a question may be."""

    max_words: int = Field(60, ge=10, le=400)
    max_question_chars: int = Field(4000, ge=1)
    history_turns: int = Field(6, ge=0, le=50)


class Settings(_Section):
    """Everything a user can set."""

    home: Path
    collection: CollectionName = "default"
    index: Index = Index()
    retrieval: Retrieval = Retrieval()
    answer: Answering = Answering()

    def for_index(self) -> IndexSettings:
        """The part that the index needs."""
        return IndexSettings(
            home=self.home,
            collection=self.collection,
            passage_words=self.index.passage_words,
            model=self.index.model,
            max_file_bytes=self.index.max_file_bytes,
        )

    def fingerprint(self) -> str:
        """Twelve hex digits that change with any setting that can change an answer."""
        told = self.model_dump_json(exclude={"home", "collection"})
        return hashlib.sha256(told.encode()).hexdigest()[:12]


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
    root = home or (Path(env["RAG_HOME"]) if env.get("RAG_HOME") else _user_data())
    file = config or root / "rag.toml"
    told = _from_file(file, required=config is not None)
    _merge(told, _from_environment(env))
    told["home"] = root.expanduser().absolute()
    if collection is not None:
        told["collection"] = collection
    try:
        return Settings(**told)
    except ValidationError as error:
        raise SettingsInvalid(_in_words(error, file)) from error


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
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(
            f"The settings file {str(file)!r} cannot be read ({error}); mend or remove it."
        ) from error


def _from_environment(env: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in env.items():
        match = re.fullmatch(rf"{_PREFIX}(INDEX|RETRIEVAL|ANSWER)__([A-Z_]+)|{_PREFIX}(COLLECTION)", name)
        if not match:
            continue
        section, key, top = match.groups()
        if top:
            told[top.lower()] = value
        else:
            told.setdefault(section.lower(), {})[key.lower()] = value
    return told


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key].update(value)
        else:
            base[key] = value


def _in_words(error: ValidationError, file: Path) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    value = f" ({first['input']!r})" if first["type"] != "extra_forbidden" else ""
    return (
        f"The setting {key!r}{value} cannot be used: {first['msg']}. Look in {str(file)!r}, RAG_… variables and flags."
    )
