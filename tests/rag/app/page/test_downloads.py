"""Kept conversations as files a browser saves: whole, under a safe name, and never shown as a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.app.conversations.export import as_markdown, as_object
from rag.app.conversations.store import ConversationStore, Summary
from rag.app.page.downloads import file_names, routes
from tests.fakes import FakePipeline


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "home")


@pytest.fixture
def client(store: ConversationStore) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes(store))) as client:
        yield client


def kept(store: ConversationStore, title: str = "What was struck?") -> str:
    key = store.create(title, "default")
    for question in ("What was struck?", "something hostile"):
        store.append(key, question, FakePipeline().ask(question))
    return key


def test_both_forms_are_what_the_export_writes(store: ConversationStore, client: TestClient) -> None:
    key = kept(store)
    markdown, told = client.get(f"/conversation/{key}.md"), client.get(f"/conversation/{key}.json")
    assert markdown.text == as_markdown(store.get(key))
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert told.json() == json.loads(json.dumps(as_object(store.get(key))))
    assert told.headers["content-type"] == "application/json"


@pytest.mark.parametrize("suffix", ["md", "json"])
def test_a_file_is_saved_and_never_shown_or_stored_between(
    store: ConversationStore, client: TestClient, suffix: str
) -> None:
    key = kept(store)
    headers = client.get(f"/conversation/{key}.{suffix}").headers
    name = f"What-was-struck-{key}.{suffix}"
    assert headers["content-disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "key", ["00000000", "0", "..", "%2e%2e", "a' OR '1'='1", "<script>", "0000000g", "0" * 5000, "%00", "\u202e"]
)
def test_an_id_that_names_nothing_is_not_found_in_one_sentence(
    store: ConversationStore, client: TestClient, key: str
) -> None:
    kept(store)
    for suffix in ("md", "json"):
        answer = client.get(f"/conversation/{key}.{suffix}")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/plain")
        assert "<" not in answer.text


def test_what_was_deleted_is_not_found(store: ConversationStore, client: TestClient) -> None:
    key = kept(store)
    store.delete(key)
    answer = client.get(f"/conversation/{key}.md")
    assert (answer.status_code, answer.text) == (404, "There is no such conversation; it may have been deleted.\n")
    assert answer.headers["cache-control"] == "no-store"


def test_a_folder_of_this_computer_is_not_shown_where_nothing_can_be_read(
    store: ConversationStore, client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = kept(store)
    for file in tmp_path.rglob("*.sqlite*"):
        file.write_bytes(b"no database" * 100)
    answer = client.get(f"/conversation/{key}.md")
    assert answer.status_code == 500
    assert "'…/" in answer.text
    assert str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text


def test_another_ending_or_method_is_not_served(store: ConversationStore, client: TestClient) -> None:
    key = kept(store)
    assert client.get(f"/conversation/{key}").status_code == 404
    assert client.get(f"/conversation/{key}.html").status_code == 404
    assert client.post(f"/conversation/{key}.md").status_code == 405
    assert client.delete(f"/conversation/{key}.md").status_code == 405
    assert store.get(key).summary.turns == 2


def test_an_unusable_file_is_one_sentence(store: ConversationStore, client: TestClient) -> None:
    key = kept(store)
    store.file.write_bytes(b"no database" * 200)
    answer = client.get(f"/conversation/{key}.json")
    assert answer.status_code == 500
    assert "it is damaged: move it away" in answer.text
    assert "Traceback" not in answer.text


def test_nothing_is_served_where_nothing_may_be_seen() -> None:
    assert routes(None) == []


def test_names_keep_letters_and_nothing_else() -> None:
    def names(title: str) -> tuple[str, str]:
        return file_names(Summary("0123abcd", title, "default", "", "", 1), "md")

    assert names("Café à la “Zoë”?") == ("Cafe-a-la-Zoe-0123abcd.md", "Café-à-la-Zoë-0123abcd.md")
    assert names("ما الذي ضُرب؟") == ("conversation-0123abcd.md", "ما-الذي-ضُرب-0123abcd.md")
    assert names("../../etc/passwd") == ("etc-passwd-0123abcd.md",) * 2
    assert names("") == ("conversation-0123abcd.md",) * 2


@given(st.text(st.characters(), max_size=200))
def test_no_title_makes_a_name_that_could_do_harm(title: str) -> None:
    plain, full = file_names(Summary("0123abcd", title, "default", "", "", 1), "md")
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*\.md", plain)
    assert len(plain) <= 80
    assert len(full) <= 80
    assert not set(full) & set("/\\:;\"'<>|?*% \r\n\t\x00\u202e")


def test_the_full_name_arrives_as_it_is(store: ConversationStore, client: TestClient) -> None:
    key = kept(store, 'Café\r\nX-Evil: 1; filename="a.exe"')
    headers = client.get(f"/conversation/{key}.md").headers
    assert "x-evil" not in headers
    assert unquote(headers["content-disposition"].split("''")[1]) == f"Café-X-Evil-1-filename-a-exe-{key}.md"
