"""The `[llm]` settings: whole or refused, and never with a key in them."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from index.errors import SettingsInvalid
from rag.settings import LanguageModel, load

KEY = "sk-very-secret-0123456789"


def loaded(tmp_path: Path, **told: object) -> LanguageModel:
    environ = {f"RAG_LLM__{name.upper()}": str(value) for name, value in told.items()}
    return load(home=tmp_path / "home", environ=environ).llm


def test_nothing_is_set_unless_it_is_said(tmp_path: Path) -> None:
    found = load(home=tmp_path / "home", environ={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://x/v1"}).llm
    assert found == LanguageModel()
    assert found.provider is None


def test_a_file_can_say_it(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('[llm]\nprovider = "openai"\nbase_url = "http://h:1/v1/"\nmodel = "m"\n')
    assert load(home=tmp_path, environ={}).llm.base_url == "http://h:1/v1"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"provider": "openai"}, r"llm\.provider = 'openai' needs llm\.base_url too; mend RAG_LLM__PROVIDER"),
        ({"provider": "openai", "base_url": "http://h/v1"}, r"needs llm\.model too"),
        ({"provider": "gguf"}, r"needs llm\.path too"),
        ({"provider": "mind"}, r"'llm\.provider' cannot be 'mind'"),
        ({"base_url": f"http://me:{KEY}@h/v1"}, r"'llm\.base_url' cannot be what it says"),
        ({"base_url": f"http://h/v1?key={KEY}"}, "without a user, a password or a query"),
        ({"base_url": "ftp://h/v1"}, "http:// or https://"),
        ({"base_url": "h/v1"}, "http:// or https://"),
        ({"base_url": "http://h\n/v1"}, "http:// or https://"),
        ({"api_key_env": KEY}, "the name of an environment variable in capitals, not the key"),
        ({"api_key": KEY}, r"There is no setting 'llm\.api_key'"),
        ({"max_tokens": 4096}, r"llm\.max_tokens must leave room in llm\.context"),
        ({"timeout": 0}, r"'llm\.timeout' cannot be '0'"),
        ({"retries": 99}, r"'llm\.retries'"),
    ],
)
def test_what_cannot_be_used_is_named_and_no_key_is_repeated(
    told: dict[str, object], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsInvalid, match=reason) as refused:
        loaded(tmp_path, **told)
    assert KEY not in "".join(traceback.format_exception(refused.value))


def test_a_model_changes_the_fingerprint(tmp_path: Path) -> None:
    plain = load(home=tmp_path, environ={}).fingerprint()
    assert load(home=tmp_path, environ={"RAG_LLM__TEMPERATURE": "1"}).fingerprint() != plain
