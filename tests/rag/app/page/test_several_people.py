"""Several people on one server: each has what they kept and what they may see, and reaches nothing of another."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message

import ui
from evals.desk import Desk
from index.errors import RagError
from index.indexing.build import build_index
from rag.app.page.pages import UserPages
from rag.app.page.people import NamingDoor, ProxyDoor, UsersDoor
from rag.app.page.serving import mounted
from rag.app.users import User, UsersFile, user_of, write_users
from rag.app.workspace import Workspace
from rag.settings import Settings
from tests.fakes import FakePipeline, FakeWorkspace, HashingEmbedder
from tests.leftovers import swept
from tests.rag.app.page.conftest import PATIENCE, free_port, open_at, tab
from tests.rag.app.page.test_guests import PRESSES, Guest, Ours, keys
from tests.rag.app.page.test_people import Clock
from tests.rag.shell import state

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
PASSWORDS = {"ann": "ann's password", "bob": "bob's password"}


@pytest.fixture(autouse=True)
def _fenced() -> None:
    ui._fence()  # a page reads the environment when it is made, which every test has emptied


def ann_and_bob(*bobs: str) -> list[User]:
    """Ann, who may see all, and Bob, who may see what is listed."""
    return [user_of("ann", PASSWORDS["ann"]), user_of("bob", PASSWORDS["bob"], bobs)]


@contextmanager
def served(workspace: Workspace, people: NamingDoor, **options: object) -> Iterator[str]:
    """The address of a page for `people`."""
    page = ui.serve(workspace, people=people, port=free_port(), prevent_thread_lock=True, **options)  # type: ignore[arg-type]
    try:
        yield str(page.local_url)
    finally:
        page.close(verbose=False)
        del page
        swept()


class Person(Guest):
    """One of them, in one browser tab."""

    def __init__(self, address: str, name: str) -> None:
        super().__init__(address, (name, PASSWORDS[name]))
        self.tab = f"tab-of-{name}"

    def on(self, event: str, element: str | None = None) -> dict[str, Any]:
        """The function that answers an event, of the component with this id where one is named."""
        ids = {part["id"]: part["props"].get("elem_id") for part in self.client.get("/config").json()["components"]}
        return next(
            one
            for one in self.functions
            for target in one["targets"]
            if target[1] == event and element in (None, ids.get(target[0]))
        )

    def ask(self, question: str) -> str:
        function = self.on("submit")
        return self.call(function, [question, *[None] * (len(function["inputs"]) - 1)], session=self.tab)

    def press(self, element: str, do: str, key: str) -> str:
        function = self.on("act", element)
        return self.call(function, [None] * len(function["inputs"]), {"do": do, "id": key}, session=self.tab)

    def conversations(self) -> str:
        function = self.on("click", "past")
        return self.call(function, [None] * len(function["inputs"]), session=self.tab)

    def choices(self) -> list[str]:
        """The collections that the Documents tab lists."""
        shows = [one for one in self.functions if any(target[1] == "select" for target in one["targets"])]
        replies = "".join(self.call(one, [None] * len(one["inputs"])) for one in shows)
        return [name for name in ("default", "secret") if f'["{name}","{name}"]' in replies.replace(" ", "")]

    def status(self, path: str) -> int:
        return self.client.get(path).status_code


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    for name in ("default", "secret"):
        (home / "collections" / name).mkdir(parents=True)
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    write_users(home / "users.txt", ann_and_bob("default"))
    with served(FakeWorkspace(home, FakePipeline()), UsersDoor(UsersFile(home / "users.txt"))) as address:
        yield address


@pytest.fixture
def ann(address: str) -> Iterator[Person]:
    person = Person(address, "ann")
    yield person
    person.client.close()


@pytest.fixture
def bob(address: str) -> Iterator[Person]:
    person = Person(address, "bob")
    yield person
    person.client.close()


@pytest.fixture(scope="module")
def anns_chat(address: str, home: Path) -> str:
    """The id of a conversation that Ann has had, pinned and judged."""
    ann = Person(address, "ann")
    ann.ask("What did Ann want to know?")
    assert "Pinned" in ann.press("chat", "pin", "1")
    ann.press("chat", "good", "1")
    (key,) = {part.split("/conversation/")[1][:8] for part in [ann.ask("And then?")] if "/conversation/" in part}
    ann.client.close()
    return key


# What they kept


def test_each_sees_their_own_conversations(ann: Person, bob: Person, anns_chat: str) -> None:
    assert "What did Ann want to know?" in ann.conversations()
    assert "What did Ann" not in bob.conversations()
    assert bob.press("chat", "edit", "1").count("Ann") == 0


@pytest.mark.parametrize("form", ["md", "json"])
def test_anothers_conversation_is_answered_like_an_unknown_one(
    ann: Person, bob: Person, anns_chat: str, form: str
) -> None:
    assert "What did Ann want to know?" in ann.client.get(f"/conversation/{anns_chat}.{form}").text
    theirs, unknown = (bob.client.get(f"/conversation/{key}.{form}") for key in (anns_chat, "0000ffff"))
    assert (theirs.status_code, theirs.text) == (unknown.status_code, unknown.text) == (404, unknown.text)


def test_anothers_conversation_is_not_opened_renamed_or_deleted(ann: Person, bob: Person, anns_chat: str) -> None:
    for function in bob.listening():
        for do in ("open", "rename", "title", "delete", "pin", "remove"):
            event = {"do": do, "id": anns_chat, "title": "Bob's now"}
            assert "What did Ann" not in bob.call(function, [None] * len(function["inputs"]), event)
    assert "What did Ann want to know?" in ann.conversations()


def test_each_has_a_notebook_of_their_own(ann: Person, bob: Person, anns_chat: str) -> None:
    assert "What did Ann" in ann.client.get("/notebook/default.md").text
    for form in ("md", "docx"):
        assert bob.status(f"/notebook/default.{form}") == 200
    assert "What did Ann" not in bob.client.get("/notebook/default.md").text


def test_what_each_keeps_lies_in_a_folder_of_their_own(home: Path, bob: Person, anns_chat: str) -> None:
    folders = {path.relative_to(home).parts[:-1] for path in home.rglob("*") if path.is_file()} - {()}
    assert {folder[:2] for folder in folders} <= {("users", "ann"), ("users", "bob")}
    anns = {folder[2] for folder in folders if folder[1] == "ann"}
    assert anns == {"conversations", "notebooks", "suites", "feedback"}
    for folder in (home / "users", home / "users" / "ann", home / "users" / "bob"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_anothers_browser_tab_is_not_reached_by_its_id(ann: Person, bob: Person, anns_chat: str) -> None:
    ann.ask("What is in this tab?")
    for function in bob.functions:
        replies = bob.call(function, [None] * len(function["inputs"]), {"do": "edit", "id": "1"}, session=ann.tab)
        assert "in this tab" not in replies
        assert "What did Ann" not in replies
    assert "in this tab" in ann.ask("Is it still there?")


# What they may see


def test_a_document_of_anothers_collection_is_answered_like_an_unknown_one(ann: Person, bob: Person) -> None:
    assert ann.status("/document/secret/wire") == 200
    assert bob.status("/document/default/wire") == 200
    theirs, unknown = (bob.client.get(f"/document/{name}/wire") for name in ("secret", "no-such"))
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.text == unknown.text
    assert bob.status("/document/secret/wire/page/1.png") == 404


def test_a_notebook_of_anothers_collection_is_refused(ann: Person, bob: Person) -> None:
    for form in ("md", "docx"):
        assert ann.status(f"/notebook/secret.{form}") == 200
        assert bob.status(f"/notebook/secret.{form}") == 404


def test_a_program_asks_the_collections_of_its_user(ann: Person, bob: Person) -> None:
    def chat(person: Person, collection: str) -> str:
        event = person.client.post("/gradio_api/call/chat", json={"data": ["What?", [], collection]}).json()["event_id"]
        return person.client.get(f"/gradio_api/call/chat/{event}").text

    assert "event: complete" in chat(ann, "secret")
    assert "event: complete" in chat(bob, "default")
    assert "event: complete" in chat(bob, "")
    assert "event: error" in chat(bob, "secret")
    assert "event: error" in chat(bob, "../default")


def test_no_call_leads_into_anothers_collection(bob: Person) -> None:
    for function in bob.functions:
        replies = bob.call(function, ["secret"] * len(function["inputs"]), {"do": "all", "id": "secret"})
        assert "secret:" not in replies, "the line under the title names a collection beside the first"
        assert "/document/secret" not in replies
        assert "/notebook/secret" not in replies


def test_the_list_of_collections_has_theirs_alone(ann: Person, bob: Person) -> None:
    assert ann.choices() == ["default", "secret"]
    assert bob.choices() == ["default"]


def test_a_list_that_is_changed_counts_at_once(home: Path, bob: Person) -> None:
    assert bob.status("/document/secret/wire") == 404
    try:
        write_users(home / "users.txt", ann_and_bob("secret"))
        assert bob.status("/document/secret/wire") == 200
        assert bob.status("/document/default/wire") == 404
        assert bob.choices() == ["secret"], "a new tab begins with what is theirs now"
    finally:
        write_users(home / "users.txt", ann_and_bob("default"))
    assert bob.status("/document/secret/wire") == 404


def test_a_user_who_is_removed_is_out(home: Path, bob: Person) -> None:
    try:
        write_users(home / "users.txt", ann_and_bob("default")[:1])
        for path in ("/", "/config", "/document/default/wire", "/notebook/default.md", "/gradio_api/info"):
            assert bob.status(path) in (401, 429)
    finally:
        write_users(home / "users.txt", ann_and_bob("default"))


def test_nothing_is_answered_without_a_name(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as stranger:
        for path in (
            "/",
            "/config",
            "/document/default/wire",
            "/notebook/default.md",
            "/gradio_api/info",
            "/theme.css",
            "/language.js",
        ):
            assert stranger.get(path).status_code == 401
        assert stranger.post("/gradio_api/queue/join", json={"fn_index": 0, "data": []}).status_code == 401
        assert stranger.get("/", headers={"Origin": "https://evil.example"}).status_code == 403


# What they may change


def test_no_call_of_a_user_changes_the_index(tmp_path: Path) -> None:
    docs, home = tmp_path / "secret-folder" / "docs", tmp_path / "hidden-home"
    given = home / "uploads" / "default"
    for folder, name in ((docs, "ferry.txt"), (given, "given.txt")):
        folder.mkdir(parents=True)
        (folder / name).write_text("The ferry Tern sank off Corrin on Monday.")
    build_index(Settings(home=home).for_index(), [docs, given], HashingEmbedder())
    users = tmp_path / "users.txt"
    write_users(users, ann_and_bob())
    before = state(home / "collections"), state(home / "uploads")
    with (
        Ours(Settings(home=home)) as workspace,
        served(workspace, UsersDoor(UsersFile(users)), desk=Desk(workspace)) as at,
    ):
        ann = Person(at, "ann")
        replies = ""
        for function in ann.listening():
            for key in keys(home):
                for do in PRESSES:
                    replies += ann.call(function, [None] * len(function["inputs"]), {"do": do, "id": key})
        for function in ann.functions:
            replies += ann.call(function, [str(tmp_path)] * len(function["inputs"]))
        parts = ann.client.get("/config").json()["components"]
        ann.client.close()
    assert (state(home / "collections"), state(home / "uploads")) == before
    assert {part["props"].get("elem_id") for part in parts}.isdisjoint({"evals-mark", "model-do", "evals-start"})
    assert "ferry.txt" in replies
    assert "secret-folder" not in replies
    assert "hidden-home" not in replies


def test_no_file_of_a_user_reaches_the_server(bob: Person) -> None:
    assert bob.client.post("/gradio_api/upload", files={"files": ("x.txt", b"A storm.")}).status_code == 404
    assert bob.client.get("/gradio_api/upload_progress", params={"upload_id": "x"}).status_code == 404


# By the word of a proxy


def test_a_proxy_says_whose_page_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    door = ProxyDoor("X-Forwarded-User", [ip_network("127.0.0.1")])
    with (
        served(FakeWorkspace(tmp_path, FakePipeline()), door, public_name="docs.example.org", language="de") as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as proxy,
    ):
        assert proxy.get("/").status_code == 401
        onward = {
            "X-Forwarded-User": "ann", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https",
            "Host": "docs.example.org", "Origin": "https://docs.example.org",
        }  # fmt: skip
        elsewhere = {"X-Forwarded-User": "ann", "Host": "evil.example"}
        page = proxy.get("/config", headers=onward)
        assert page.status_code == 200
        assert page.json()["root"] == "https://docs.example.org"
        assert "ann" in page.json()["title"]
        assert proxy.get("/language.js", headers=onward).text.endswith('"de"]);\n')
        assert proxy.get("/", headers=elsewhere).status_code == 400
        assert proxy.get("/", headers=onward | {"X-Forwarded-User": "../ann"}).status_code == 401
    assert [path.name for path in (tmp_path / "users").iterdir()] == ["ann"]


def test_a_proxy_elsewhere_cannot_be_pretended_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    door = ProxyDoor("X-Forwarded-User", [ip_network("10.0.0.1")])
    with served(FakeWorkspace(tmp_path, FakePipeline()), door) as address:
        pretended = {"X-Forwarded-User": "ann", "X-Forwarded-For": "10.0.0.1"}
        assert httpx.get(address, headers=pretended, trust_env=False).status_code == 401
    assert not (tmp_path / "users").exists()


def test_a_proxy_is_not_believed_under_every_name(tmp_path: Path) -> None:
    door = ProxyDoor("X-Forwarded-User", [ip_network("127.0.0.1")])
    with pytest.raises(RagError, match="--public-name"):
        ui.serve(FakeWorkspace(tmp_path, FakePipeline()), people=door, host="0.0.0.0", prevent_thread_lock=True)


@pytest.mark.parametrize(("proxy", "bobs"), [("127.0.0.1", 200), ("10.0.0.1", 429)])
def test_who_guesses_waits_alone_where_the_proxy_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str, bobs: int
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    write_users(tmp_path / "users.txt", ann_and_bob())
    door = UsersDoor(UsersFile(tmp_path / "users.txt"), Clock(), proxies=[ip_network(proxy)])
    with served(FakeWorkspace(tmp_path, FakePipeline()), door) as address:

        def tried(password: str, browser: str) -> int:
            onward = {"X-Forwarded-For": browser}
            return httpx.get(address, auth=("bob", password), headers=onward, trust_env=False, timeout=30).status_code

        assert [tried("guess", "203.0.113.9") for _ in range(4)] == [401, 401, 401, 429]
        assert tried(PASSWORDS["bob"], "203.0.113.7") == bobs


# How many pages are open


class Told:
    """A page that says whose it is."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name = name
        self._log = log

    @property
    def app(self) -> ASGIApp:
        return PlainTextResponse(self._name)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        self._log.append(f"+{self._name}")
        yield
        self._log.append(f"-{self._name}")


def test_who_was_away_longest_makes_room() -> None:
    log: list[str] = []

    async def visits() -> list[str]:
        app = UserPages(lambda name: Told(name, log), lambda name: (), most=2).before(PlainTextResponse("nobody"))
        replies: list[str] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            replies.append(message.get("body", b"").decode())

        for name in ("ann", "bob", "ann", "eve", "ann", "bob", None):
            await app({"type": "http", "state": {"user": name}}, receive, send)
        return [reply for reply in replies if reply]

    assert asyncio.run(visits()) == ["ann", "bob", "ann", "eve", "ann", "bob", "nobody"]
    assert log == ["+ann", "+bob", "+eve", "-bob", "+bob", "-eve"]


def test_a_page_that_is_closed_lets_go_of_who_listens_to_it() -> None:
    async def opened_and_closed() -> bool:
        with gr.Blocks(analytics_enabled=False) as page:
            pass
        page = mounted(page, [])
        (answering,) = [mount.app for mount in page.inner.routes if isinstance(mount, Mount)]
        async with page.opened():
            assert not answering.stop_event.is_set()
        return bool(answering.stop_event.is_set())

    assert asyncio.run(opened_and_closed())


def test_a_page_that_cannot_be_made_is_one_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "users").write_text("no folder")
    write_users(tmp_path / "users.txt", ann_and_bob())
    door = UsersDoor(UsersFile(tmp_path / "users.txt"))
    with served(FakeWorkspace(tmp_path, FakePipeline()), door) as address:
        refused = httpx.get(address, auth=("ann", PASSWORDS["ann"]), trust_env=False, timeout=30)
    assert (refused.status_code, refused.text) == (503, "Your page cannot be opened now; tell whoever runs it.")
    assert "'ann'" in caplog.text


# In two browsers


@pytest.mark.browser
def test_two_people_in_two_browsers(browser: Browser, tmp_path: Path) -> None:
    write_users(tmp_path / "users.txt", ann_and_bob())
    with served(FakeWorkspace(tmp_path, FakePipeline()), UsersDoor(UsersFile(tmp_path / "users.txt"))) as address:
        pages: dict[str, Page] = {}
        for name, password in PASSWORDS.items():
            context = browser.new_context(http_credentials={"username": name, "password": password})
            pages[name] = context.new_page()
            open_at(pages[name], address)
            expect(pages[name].get_by_role("heading", level=1)).to_contain_text(name)
        for name, page in pages.items():
            box = page.get_by_role("textbox", name="Your question")
            box.fill(f"What does {name} ask?")
            box.press("Enter")
            expect(page.locator("#chat .turn")).to_have_count(1, timeout=PATIENCE)
            page.locator("#turn-1").get_by_role("button", name="Pin", exact=True).click()
            expect(page.locator("#judged-1")).to_contain_text("Pinned")
        for name, page in pages.items():
            other = next(one for one in pages if one != name)
            page.reload()
            expect(page.locator("#chat .turn")).to_have_count(1)
            expect(page.locator("#chat")).to_contain_text(f"What does {name} ask?")
            page.get_by_role("button", name="Conversations").click()
            expect(page.locator("#conversations")).to_contain_text(f"What does {name} ask?")
            expect(page.locator("#conversations")).not_to_contain_text(f"What does {other} ask?")
            tab(page, "Notebook")
            expect(page.locator("#notebook .pin")).to_have_count(1)
            expect(page.locator("#notebook")).to_contain_text(f"What does {name} ask?")
            expect(page.get_by_role("tab", name="Model")).to_have_count(0)
            page.context.close()
