"""The conversations beside the chat: what is listed, what a press does, and the same by hand in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

import ui
from index.types import Span
from rag.app.conversations.store import ConversationStore, Summary
from rag.app.page import shelf
from rag.app.page.downloads import routes
from rag.app.page.shelf import PAGE, View, listing, standing
from rag.app.page.style import stylesheet
from rag.app.page.tabs.conversations import Pressed, conversation_list, press, pressed, show
from rag.app.workspace import Workspace
from rag.settings import Settings
from rag.verification.reopen import GONE, State
from tests.fakes import FakePipeline
from tests.leftovers import swept
from tests.rag.app.page.conftest import OPENING, eventually, free_port

gr = ui.gr
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPEN = 'document.querySelector("#conversations").classList.add("open")'
BROWSER = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def summary(number: int = 0, title: str = "What was struck?", updated: datetime = NOW, turns: int = 1) -> Summary:
    return Summary(f"{number:08x}", title, "news", updated.isoformat(), updated.isoformat(), turns)


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "home")


def kept(store: ConversationStore, *titles: str) -> list[str]:
    keys = []
    for title in titles:
        keys.append(store.create(title, "news"))
        store.append(keys[-1], "What was struck?", FakePipeline().ask("What was struck?"))
    return keys


# The list


def test_conversations_stand_under_their_days() -> None:
    ago = [0, 1, 2, 400]
    found = [summary(number, updated=NOW - timedelta(days=days)) for number, days in enumerate(ago)]
    html = listing(View(), found, "", NOW)
    assert [part.split("<")[0] for part in html.split("<h3>")[1:]] == [
        "Today", "Yesterday", "28 February 2026", "26 January 2025"
    ]  # fmt: skip
    assert '<time datetime="2026-03-02T09:00+00:00">09:00</time> · 1 question · <bdi>news</bdi>' in html


def test_a_day_begins_at_midnight_of_the_reader() -> None:
    late = summary(updated=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert "<h3>Yesterday</h3>" in listing(View(), [late], "", NOW)
    east = listing(View(), [late], "", NOW.astimezone(timezone(timedelta(hours=2))))
    assert "<h3>Today</h3>" in east
    assert ">01:30</time>" in east


def test_each_conversation_can_be_opened_renamed_saved_and_deleted() -> None:
    html = listing(View(), [summary(7)], "", NOW)
    for do in ("open", "rename", "delete"):
        assert f'data-do="{do}" data-id="00000007"' in html
    for suffix in ("md", "json"):
        assert f'<a href="/conversation/00000007.{suffix}" download' in html


def test_a_long_list_shows_its_beginning_and_what_is_left() -> None:
    found = [summary(number) for number in range(PAGE + 30)]
    html = listing(View(), found, "", NOW)
    assert html.count('class="kept"') == PAGE
    assert "100 of 130 conversations" in html
    assert ">Show 30 more</button>" in html
    whole = listing(View(2 * PAGE), found, "", NOW)
    assert whole.count('class="kept"') == PAGE + 30
    assert 'data-do="more"' not in whole


def test_all_can_be_deleted_only_where_all_are_listed() -> None:
    found = [summary(1), summary(2)]
    assert 'data-do="clear"' in listing(View(), found, "", NOW)
    assert 'data-do="clear"' not in listing(View(), found, "struck", NOW)
    assert 'data-do="clear"' not in listing(View(), found[:1], "", NOW)
    asked = listing(View(doing="clear"), found, "", NOW)
    assert "Delete all 2 conversations?" in asked
    assert 'data-do="all"' in asked


def test_an_empty_list_says_why() -> None:
    assert "No conversation yet" in listing(View(), [], "", NOW)
    off = listing(View(), [], "", NOW, keep=False)
    assert "is kept here" not in off
    assert "New conversations are not kept" in off
    assert "No conversation holds “&lt;b&gt; cake”." in listing(View(), [], " <b>\ncake ", NOW)


@given(
    st.text(st.characters(), max_size=60),
    st.text(st.characters(), max_size=60),
    st.sampled_from(["", "rename", "clear"]),
)
def test_nothing_of_a_title_or_collection_is_ever_markup(title: str, collection: str, doing: str) -> None:
    stamp = NOW.isoformat()
    nasty = Summary("00000000", f"<img src=x>{title}\"'>", f"<b>{collection}", stamp, stamp, 1)
    html = listing(View(doing=doing, id="00000000"), [nasty], "", NOW)  # type: ignore[arg-type]
    assert "<img" not in html
    assert "<b>" not in html
    plain = listing(View(doing=doing, id="00000000"), [summary()], "", NOW)  # type: ignore[arg-type]
    assert html.count("<") == plain.count("<")
    assert html.count('"') == plain.count('"')
    html.encode()


def test_a_source_that_is_not_as_it_was_is_marked_in_words() -> None:
    citation = FakePipeline().ask("What was struck?").citations[0]
    assert standing(citation, State("same", "elsewhere.txt", citation.span)) == ""
    changed = standing(citation, State("changed", "<b>.txt", Span(3, 9)))
    assert "changed-since" in changed
    assert "The source has changed, now at &lt;b&gt;.txt; the exact quote is still in it, at 3-9." in changed
    gone = standing(citation, GONE)
    assert "gone-since" in gone
    assert "The source is no longer indexed." in gone


# What a press does


def test_what_is_deleted_is_gone_from_the_file_and_comes_back_until_the_next_press(store: ConversationStore) -> None:
    first, last = kept(store, "first", "last")
    view, _, html = press(store, View(), "", Pressed("delete", first))
    assert [item.id for item in store.summaries()] == [last]
    assert 'Deleted: <bdi dir="auto">first</bdi>' in html
    assert html.count("data-focus") == 1
    again, _, html = press(store, view, "", Pressed("undo"))
    assert {item.id for item in store.summaries()} == {first, last}
    assert again == View(focus=("open", first))
    assert "Deleted" not in html
    view, _, _ = press(store, view, "", Pressed("delete", last))
    view, _, html = press(store, view, "", Pressed("rename", first))
    assert view.deleted is None
    press(store, view, "", Pressed("undo"))
    assert [item.id for item in store.summaries()] == [first]


def test_what_is_asked_can_be_taken_back(store: ConversationStore) -> None:
    (key,) = kept(store, "first")
    for do in ("rename",):
        view, _, _ = press(store, View(), "", Pressed(do, key))
        view, _, html = press(store, view, "", Pressed("back"))
        assert view == View(focus=(do, key))
        assert html.count("data-focus") == 1
    assert store.get(key).summary.title == "first"


def test_a_title_is_kept_in_one_line(store: ConversationStore) -> None:
    (key,) = kept(store, "first")
    press(store, View(), "", Pressed("title", key, "not asked for"))
    assert store.get(key).summary.title == "first"
    view, _, html = press(store, View(), "", Pressed("rename", key))
    assert 'value="first"' in html
    still, told, _ = press(store, view, "", Pressed("title", key, " \n "))
    assert (still, store.get(key).summary.title) == (view, "first")
    assert 'role="alert">The title is empty' in told
    view, told, html = press(store, view, "", Pressed("title", key, "a\n<b>"))
    assert store.get(key).summary.title == "a <b>"
    assert "Renamed to “a &lt;b&gt;”." in told
    assert view.doing == ""


def test_all_are_deleted_only_when_it_was_asked_for_twice(store: ConversationStore) -> None:
    kept(store, "first", "last")
    press(store, View(), "", Pressed("all"))
    assert len(store.summaries()) == 2
    view, _, _ = press(store, View(), "", Pressed("clear"))
    view, told, html = press(store, view, "", Pressed("all"))
    assert store.summaries() == ()
    assert "2 conversations deleted." in told
    assert "No conversation yet" in html


def test_more_brings_the_keyboard_to_the_first_that_is_new(store: ConversationStore) -> None:
    keys = [store.create(str(number), "news") for number in range(PAGE + 2)]
    view, _, html = press(store, View(), "", Pressed("more"))
    assert view == View(2 * PAGE, focus=("open", keys[1]))
    assert html.count('class="kept"') == PAGE + 2


def test_what_was_deleted_elsewhere_is_said(store: ConversationStore) -> None:
    first, _ = kept(store, "first", "last")
    store.delete(first)
    _, told, html = press(store, View(), "", Pressed("delete", first))
    assert 'role="alert">This conversation is not there any more' in told
    assert html.count('class="kept"') == 1


@pytest.mark.parametrize("do", ["", "open", "drop", "title", "undo", "all", "__class__", "x" * 1000])
def test_a_forged_press_does_nothing(store: ConversationStore, do: str) -> None:
    kept(store, "first")
    before = store.summaries()
    view, told, html = press(store, View(), "", Pressed(do, "../../etc", "<b>"))
    assert (view, store.summaries()) == (View(), before)
    assert "etc" not in told + html


@pytest.mark.parametrize("data", [None, {}, [], "do", {"do": 1, "id": ["a"], "title": None}, {"id": {}}])
def test_an_event_may_hold_anything(data: object) -> None:
    assert pressed(gr.EventData(None, data)) == Pressed("", "", "")


def test_an_event_is_cut_to_what_it_may_hold() -> None:
    told = pressed(gr.EventData(None, {"do": "title", "id": "0", "title": "a" * 10**6}))
    assert (told.do, told.id, len(told.title)) == ("title", "0", 1000)


def test_an_unusable_file_is_said_and_nothing_raised(store: ConversationStore) -> None:
    (key,) = kept(store, "first")
    store.file.write_bytes(b"no database" * 200)
    for _, told, html in (show(store, View(), ""), press(store, View(doing="clear"), "", Pressed("all"))):
        assert 'role="alert">The kept conversations cannot be read' in told
        assert html == ""
    assert key


@pytest.mark.parametrize("search", [None, 7, {"a": 1}, ["struck"]])
def test_a_search_that_is_no_text_is_none(store: ConversationStore, search: object) -> None:
    kept(store, "first")
    assert show(store, View(), search)[2].count('class="kept"') == 1  # type: ignore[arg-type]


# By hand


@dataclass(frozen=True)
class Served:
    """A page that has the list alone, and the store it shows."""

    address: str
    store: ConversationStore
    opened: list[str]


def page_of(home: Path, store: ConversationStore | None, opened: list[str]) -> gr.Blocks:
    page = gr.Blocks(analytics_enabled=False)
    with page:
        tab = conversation_list(Workspace(Settings(home=home)), store)

        def opening(event: gr.EventData) -> None:
            told = pressed(event)
            if told.do == "open":
                opened.append(told.id)

        tab.listing.act(opening, None, None, show_progress="hidden", api_visibility="private")
        page.load(tab.refresh, tab.inputs, tab.outputs, show_progress="hidden", api_visibility="private")
    page.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, ssr_mode=False,
        run_history=False, share=False,
        css=stylesheet("base", "conversations"), app_kwargs={"routes": routes(store)}, footer_links=[],
    )  # fmt: skip
    return page


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    store, opened = ConversationStore(home), list[str]()
    ui._fence()
    page = page_of(home, store, opened)
    yield Served(str(page.local_url), store, opened)
    page.close(verbose=False)
    del page
    swept()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    served.store.delete_all()
    served.opened.clear()
    kept(served.store, "The bridge", "<img src=x onerror=window.__x=1>", "The harbour")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(served.address)
    expect(page.locator(".kept")).to_have_count(3, timeout=OPENING)
    page.locator("#conversations").evaluate("list => list.classList.add('open')")  # before, Gradio may take it back
    yield page
    page.close()


def arrived(page: Page, served: Served, keys: list[str]) -> None:
    """Waits until just these conversations were opened."""
    eventually(page, lambda: len(served.opened) == len(keys))
    assert served.opened == keys


class TestByHand:
    pytestmark = BROWSER

    def test_a_search_follows_what_is_typed_and_what_is_taken_back(self, page: Page) -> None:
        box = page.get_by_label("Search in titles, questions and answers")
        box.press_sequentially("bridges")
        expect(page.locator(".kept-none")).to_contain_text("No conversation holds “bridges”.")
        box.press("Backspace")
        expect(page.locator(".kept .title")).to_have_text(["The bridge"])
        expect(page.locator("#conversations .said[role=status]")).to_have_text("1 conversation found.")
        expect(box).to_be_focused()
        box.fill("")
        expect(page.locator(".kept")).to_have_count(3)

    def test_a_row_opens_its_conversation(self, page: Page, served: Served) -> None:
        row = page.locator(".kept", has_text="The bridge")
        row.click(position={"x": 20, "y": 20})  # the button lies over the whole row
        bridge = served.store.summaries("bridge")[0].id
        arrived(page, served, [bridge])
        page.get_by_role("button", name="Open: The harbour").press("Enter")
        harbour = served.store.summaries("harbour")[0].id
        arrived(page, served, [bridge, harbour])

    def test_a_title_is_changed_with_the_keyboard_alone(self, page: Page, served: Served) -> None:
        page.get_by_role("button", name="Rename: The bridge").press("Enter")
        field = page.get_by_label("New title")
        expect(field).to_be_focused()
        field.press("Escape")
        expect(page.get_by_role("button", name="Rename: The bridge")).to_be_focused()
        page.keyboard.press("Enter")
        expect(field).to_be_focused()
        page.keyboard.type("The tower")
        page.keyboard.press("Enter")
        expect(page.locator("#conversations .said[role=status]")).to_have_text("Renamed to “The tower”.")
        expect(page.get_by_role("button", name="Rename: The tower")).to_be_focused()
        assert [item.title for item in served.store.summaries("tower")] == ["The tower"]

    def test_a_double_click_deletes_one_and_undo_brings_it_back(self, page: Page, served: Served) -> None:
        page.get_by_role("button", name="Delete: The harbour").dblclick()
        expect(page.locator(".undo")).to_contain_text("Deleted: The harbour")
        page.wait_for_timeout(300)
        assert len(served.store.summaries()) == 2
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".kept")).to_have_count(3)
        assert len(served.store.summaries("harbour")) == 1

    def test_deleting_all_asks_once_more(self, page: Page, served: Served) -> None:
        page.get_by_role("button", name="Delete all conversations").click()
        page.get_by_role("button", name="Delete all", exact=True).click()
        expect(page.locator(".kept-empty")).to_contain_text("No conversation yet")
        assert served.store.summaries() == ()

    def test_a_conversation_is_saved_as_a_file(self, page: Page, served: Served) -> None:
        with page.expect_download() as saving:
            page.get_by_role("link", name="Markdown file: The bridge").click()
        key = served.store.summaries("bridge")[0].id
        assert saving.value.suggested_filename == f"The-bridge-{key}.md"
        assert Path(saving.value.path()).read_text("utf-8").startswith("# The bridge\n")

    def test_a_title_is_text_and_nothing_is_wider_than_a_phone(self, page: Page) -> None:
        expect(page.get_by_text("<img src=x onerror=window.__x=1>")).to_be_visible()
        assert page.evaluate("window.__x") is None
        assert page.locator("#conversations img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    def test_where_the_page_is_open_to_others_nothing_is_shown(self, browser: Browser, tmp_path: Path) -> None:
        ui._fence()
        shown = page_of(tmp_path, None, [])
        page = browser.new_page()
        page.goto(str(shown.local_url))
        expect(page.locator(".kept-empty")).to_have_text(shelf.NOT_KEPT, timeout=OPENING)
        expect(page.get_by_role("textbox")).to_have_count(0)
        page.close()
        shown.close(verbose=False)
        del shown
        swept()
