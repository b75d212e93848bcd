"""The language model of a form in `rag.toml`: written under `[llm]`, with all else of the file as it was."""

from __future__ import annotations

import os
import threading
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import RagError, SettingsInvalid
from rag.private import write_private
from rag.settings import LanguageModel, load

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Plain = str | int | None

_WRITTEN: Mapping[str | None, tuple[str, ...]] = {
    None: ("provider", "answerer"),
    "openai": ("provider", "answerer", "base_url", "model", "api_key_env", "context"),
    "gguf": ("provider", "answerer", "path", "context"),
}
"""What the form sets for each provider; everything else of `[llm]` stays."""
_writing = threading.Lock()


def write(file: Path, llm: LanguageModel) -> None:
    """Writes what the form sets of `llm` under `[llm]` in `file`, which is made where it is missing; mode 0600.

    All else of the file stays as it is, comments too. It is replaced whole, or not at all.

    Raises: SettingsInvalid, when the file cannot be read, changed or written.
    """
    with _writing:
        try:
            before = _read(file)
            after = _changed(before, llm)
            if after != before:
                write_private(file, after)
        except (OSError, ValueError, RecursionError) as error:  # UnicodeDecodeError and TOML's errors are ValueErrors
            reason = error.strerror if isinstance(error, OSError) else error
            raise SettingsInvalid(
                f"The settings file {str(file)!r} cannot be changed ({reason}); mend it, or move it away."
            ) from error


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode()  # line ends as they are
    except FileNotFoundError:
        return ""


def _changed(before: str, llm: LanguageModel) -> str:
    """`before` with the settings of the form. Raises: ValueError, where it is no TOML or has no room for them."""
    import tomlkit

    plain = tomllib.loads(before)
    section = plain.get("llm", {})
    if not isinstance(section, dict):
        raise ValueError("llm is no table in it")
    wanted = _wanted(section, llm)
    document = tomlkit.parse(before)
    _set(document, section, wanted)
    after = tomlkit.dumps(document)
    plain["llm"] = {key: value for key, value in (section | wanted).items() if value is not None}
    if {"llm": {}} | tomllib.loads(after) != plain:
        raise ValueError("it is written in a way that a program cannot change; change [llm] by hand")
    return after


def _wanted(section: Mapping[str, object], llm: LanguageModel) -> dict[str, Plain]:
    """What the section has to say, None for what must not stand in it. A default is not written anew."""
    wanted: dict[str, Plain] = {}
    for key in _WRITTEN[llm.provider]:
        value = getattr(llm, key)
        if key in section or value != LanguageModel.model_fields[key].default:
            wanted[key] = str(value) if isinstance(value, Path) else value
    return wanted


def _set(document: TOMLDocument, before: Mapping[str, Plain], wanted: Mapping[str, Plain]) -> None:
    if not before and all(value is None for value in wanted.values()):
        return
    section = _table(document, before)
    for key, value in wanted.items():
        if value is not None:
            section[key] = value
        elif key in section:
            del section[key]


def _table(document: TOMLDocument, before: Mapping[str, Plain]) -> MutableMapping[str, object]:
    """The table `[llm]` of `document`; made anew where its keys stand apart, as `llm.model`, which tomlkit loses."""
    import tomlkit
    from tomlkit.items import InlineTable, Table

    table = document.get("llm")
    if isinstance(table, InlineTable) or (isinstance(table, Table) and not table.is_super_table()):
        return table
    if table is not None:
        del document["llm"]
    made = tomlkit.table()
    made.update(before)
    document["llm"] = made
    return made


def outranked(
    home: Path, config: Path | None, llm: LanguageModel, environ: Mapping[str, str] | None = None
) -> str | None:
    """What at the next start will win over the settings just written, in one sentence; None where nothing does."""
    env = dict(os.environ if environ is None else environ)
    try:
        later = load(home=home, config=config, environ=env).llm
    except RagError as error:
        return f"At the next start this will have to be mended: {error}"
    names = [f"RAG_LLM__{key.upper()}" for key in _WRITTEN[llm.provider] if getattr(later, key) != getattr(llm, key)]
    if not names:
        return None
    return f"At the next start the environment wins over what is written: {', '.join(names)}."
