"""What is said to a Chroma server, and what is made of whatever comes back. No server of Chroma is needed here."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import RagError, StoreUnavailable
from index.vectors import ledger
from index.vectors.remote import Remote, remote_name
from index.vectors.server import RemoteStore, Server
from tests.index.vectors.chroma import Recorder, at, one_sentence


@pytest.mark.parametrize(("value", "words"), [("", "is not set"), ("two\nlines", "a space or a letter")])
def test_a_token_that_cannot_be_sent_is_told_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv("CHROMA_TOKEN", value)
    with pytest.raises(StoreUnavailable, match=words) as caught:
        Server(at(1, token_env="CHROMA_TOKEN"))
    assert "lines" not in one_sentence(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, "<html>no such page</html>"), "is no Chroma server"),
        ((302, ""), "is no Chroma server"),
        ((200, "[]"), "is no Chroma server"),
        ((200, '{"id": "../../etc"}'), "is no Chroma server"),
        ((503, "busy"), "HTTP status 503"),
        ((403, ""), "refuses access"),
        ((500, '{"error": "InternalError", "message": "one\\nand \\u001b[31mtwo"}'), "InternalError: one"),
    ],
)
def test_what_is_no_answer_of_chroma_is_one_sentence(answer: tuple[int, str], words: str) -> None:
    with Recorder(0, lambda call: answer) as recorder:
        store = at(recorder.port)
        with pytest.raises(RagError, match=words) as caught:
            RemoteStore(Remote(str(store.url), "rag-x", 1), store)
    one_sentence(caught.value)


def test_a_server_that_accepts_and_is_silent_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = at(silent.getsockname()[1], timeout=0.2)
        for patient in (False, True):
            with pytest.raises(StoreUnavailable, match="timed out"), Server(store, patient=patient) as server:
                server.require()


def test_a_line_cut_short_is_no_entry(tmp_path: Path) -> None:
    entries = [ledger.Entry(f"00000{n}-ab", "http://h:1", f"rag-{n}") for n in range(2)]
    for entry in entries:
        ledger.add(tmp_path, entry)
    assert ledger.entries(tmp_path) == tuple(entries)
    file = tmp_path / "REMOTE"
    file.write_text(file.read_text()[:-20])
    assert ledger.entries(tmp_path) == (entries[0],)


@given(st.text(max_size=90))
def test_every_name_is_fit_for_chroma_and_new(collection: str) -> None:
    name = remote_name(collection, "000001-ab12")
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,510}[A-Za-z0-9]", name)
    assert name != remote_name(collection, "000001-ab12")
