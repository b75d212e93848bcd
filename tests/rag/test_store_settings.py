"""The `[store]` section: where the vectors are kept, without the token ever being said."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from index.errors import SettingsInvalid
from index.settings import EMBEDDED, StoreSettings
from rag.settings import load


def test_vectors_are_kept_in_the_home_unless_a_host_is_set(tmp_path: Path) -> None:
    settings = load(home=tmp_path, environ={})
    assert settings.for_index().store == EMBEDDED
    assert EMBEDDED.url is None


def test_file_and_environment_name_the_server(tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text('[store]\nhost = "db.example"\ntls = true\ntoken_env = "CHROMA_TOKEN"\n')
    store = load(home=tmp_path, environ={"RAG_STORE__PORT": "8443", "RAG_STORE__TIMEOUT": "2.5"}).for_index().store
    assert store == StoreSettings("db.example", 8443, True, "CHROMA_TOKEN", 2.5)
    assert store.url == "https://db.example:8443"


@pytest.mark.parametrize(("host", "url"), [("::1", "http://[::1]:8000"), ("[::1]", "http://[::1]:8000")])
def test_an_address_with_colons_is_bracketed_where_it_is_shown(tmp_path: Path, host: str, url: str) -> None:
    assert load(home=tmp_path, environ={"RAG_STORE__HOST": host}).for_index().store.url == url


def test_where_vectors_are_kept_changes_no_answer_and_so_no_fingerprint(tmp_path: Path) -> None:
    there = load(home=tmp_path, environ={"RAG_STORE__HOST": "db"})
    assert there.fingerprint() == load(home=tmp_path, environ={}).fingerprint()


@pytest.mark.parametrize("host", ["", "http://db", "db:8000", "me:secret@db", "db/path", "db\n", "-db", "b c", "évé"])
def test_a_host_is_a_host_alone(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"'store\.host'.*RAG_STORE__HOST") as caught:
        load(home=tmp_path, environ={"RAG_STORE__HOST": host})
    assert "secret" not in str(caught.value)


def test_a_token_put_where_its_variable_belongs_is_not_shown(tmp_path: Path) -> None:
    token = "tk-3f9a77"
    with pytest.raises(SettingsInvalid, match=r"name of an environment variable in capitals, not the token") as caught:
        load(home=tmp_path, environ={"RAG_STORE__TOKEN_ENV": token})
    assert token not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("key", "value"), [("PORT", "0"), ("PORT", "70000"), ("TIMEOUT", "0"), ("TOKEN", "x")])
def test_a_value_out_of_range_and_an_unknown_key_are_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"RAG_STORE__{key}"):
        load(home=tmp_path, environ={f"RAG_STORE__{key}": value})
