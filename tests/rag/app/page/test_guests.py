"""What a guest with the page's password can do: ask and look, and nothing that changes anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import ui
from evals.desk import Desk
from index.indexing.build import build_index
from index.types import Embedder
from rag.app.library.holdings import key_of
from rag.app.page.trouble import discreet
from rag.app.workspace import Workspace
from rag.settings import Settings
from tests.fakes import HashingEmbedder
from tests.leftovers import swept
from tests.rag.app.page.conftest import free_port
from tests.rag.shell import state

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
PRESSES = ("remove", "yes", "repair")


class Ours(Workspace):
    """A workspace that needs no model."""

    @property
    def embedder(self) -> Embedder:
        return HashingEmbedder()


class Guest:
    """A program that knows the password, and calls whatever function there is."""

    def __init__(self, address: str, login: tuple[str, str] = ("guest", "secret")) -> None:
        self.client = httpx.Client(base_url=address, auth=login, trust_env=False, timeout=30)
        self.functions = self.client.get("/config").json()["dependencies"]
        self._session = 0

    def listening(self) -> list[dict[str, Any]]:
        """The functions that the buttons in lists call."""
        return [one for one in self.functions if any(target[1] == "act" for target in one["targets"])]

    def call(self, function: dict[str, Any], data: list[object], event: object = None, session: str = "") -> str:
        """All that the server sends of one call; what the page would send for states is left to the server."""
        self._session += 1
        session = session or f"guest-{self._session}"
        body = {"data": data, "fn_index": function["id"], "session_hash": session, "event_data": event}
        self.client.post("/gradio_api/queue/join", json=body).raise_for_status()
        told = ""
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
            for line in events.iter_lines():
                told += line
                if '"process_completed"' in line:
                    break
        return told

    def upload(self, name: str, content: bytes) -> dict[str, object]:
        """The file as the page then names it."""
        (path,) = self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()
        return {"path": path, "orig_name": name, "size": len(content), "meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    docs, home = tmp_path / "secret-folder" / "docs", tmp_path / "hidden-home"
    docs.mkdir(parents=True)
    (docs / "ferry.txt").write_text("The ferry Tern sank off Corrin on Monday.")
    given = home / "uploads" / "default"
    given.mkdir(parents=True)
    (given / "given.txt").write_text("The harbour of Lissa was closed on Monday.")
    build_index(Settings(home=home).for_index(), [docs, given], HashingEmbedder())
    return home


@contextmanager
def guest_of(home: Path, **options: object) -> Iterator[Guest]:
    with Ours(Settings(home=home)) as workspace:
        page = ui.serve(
            workspace, desk=Desk(workspace), port=free_port(), password="secret", prevent_thread_lock=True, **options
        )  # type: ignore[call-overload]
        guest = Guest(str(page.local_url))
        try:
            yield guest
        finally:
            guest.client.close()
            page.close(verbose=False)
            del page
            swept()


def keys(home: Path) -> list[str]:
    """What names each place and each given file in a removal."""
    folders = [home / "uploads" / "default", home.parent / "secret-folder" / "docs"]
    return [key_of(path) for path in (*folders, folders[0] / "given.txt")]


def test_no_call_of_a_guest_changes_anything(home: Path) -> None:
    before = state(home / "collections"), state(home / "uploads")
    with guest_of(home) as guest:
        pressed = [{"do": do, "id": key} for key in keys(home) for do in PRESSES]
        for function in guest.listening():
            for event in pressed:
                guest.call(function, [None] * len(function["inputs"]), event)
        for function in guest.functions:
            guest.call(function, [str(home.parent)] * len(function["inputs"]))
        listens = {target[1] for function in guest.functions for target in function["targets"]}
        assert "upload" not in listens
        components = {
            component["props"].get("elem_id") for component in guest.client.get("/config").json()["components"]
        }
    assert (state(home / "collections"), state(home / "uploads")) == before
    assert components.isdisjoint({"evals-mark", "model-do", "evals-start"})


def test_a_guest_sees_names_and_no_folder(home: Path) -> None:
    with guest_of(home) as guest:
        told = "".join(
            guest.call(function, [None] * len(function["inputs"]))
            for function in guest.functions
            if any(target[1] in ("select", "load") for target in function["targets"])
        )
        assert "ferry.txt" in told
        assert '"path\\">docs<' in told
        assert "Remove" not in told
        (home / "collections" / "default" / "CURRENT").write_text("{")
        told += "".join(guest.call(one, [None] * len(one["inputs"])) for one in guest.functions)
    assert "secret-folder" not in told
    assert "hidden-home" not in told


def test_files_are_taken_from_guests_only_where_that_is_allowed(home: Path) -> None:
    with guest_of(home, allow_uploads=True) as guest:
        *_, function = [one for one in guest.functions if any(target[1] == "upload" for target in one["targets"])]
        data: list[object] = [None] * (len(function["inputs"]) - 1)
        told = guest.call(function, [*data, [guest.upload("storm.txt", b"A storm broke the northern mole.")]])
        assert "Done: 1 new" in told
        before = state(home / "uploads")
        for one in guest.listening():
            for key in keys(home):
                for do in ("remove", "yes"):
                    guest.call(one, [None] * len(one["inputs"]), {"do": do, "id": key})
        assert state(home / "uploads") == before
        assert "Model" not in json.dumps(
            [one["props"].get("label") for one in guest.client.get("/config").json()["components"]]
        )


def test_no_file_of_a_guest_reaches_this_computer_where_it_is_not_allowed(home: Path) -> None:
    with guest_of(home) as guest:
        refused = guest.client.post("/gradio_api/upload", files={"files": ("x.txt", b"A storm.")})
        watched = guest.client.get("/gradio_api/upload_progress", params={"upload_id": "x"})
    assert (refused.status_code, watched.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Nothing is indexed in '/home/ann/rag/default' yet.", "Nothing is indexed in '…/default' yet."),
        ('"/home/o\'neil/rag" is no folder', '"…/rag" is no folder'),
        ("'~/rag/a b.txt' and '/x/ü/y'", "'…/a b.txt' and '…/y'"),
        (r"'C:\Users\ann\rag'", "'…/rag'"),
        ("qwen at 'http://127.0.0.1:9/v1' and 3/4 of 'a/b'", "qwen at 'http://127.0.0.1:9/v1' and 3/4 of 'a/b'"),
    ],
)
def test_a_sentence_is_told_without_folders(sentence: str, told: str) -> None:
    assert discreet(sentence) == told
