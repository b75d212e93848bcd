"""The documents as a list to tick, and what a search is kept to by it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from index.types import Article, Span
from rag.app.page.sources import MOST, PAGE, Ticked, chips, key_of, listing, pressed
from rag.asking.filters import Entry, Filters, Search, matching
from rag.asking.listed import Listed, documents_of
from tests.fakes import FakePipeline
from tests.rag.app.page.conftest import Visitor

PATHS = ("a.txt", "home/a.txt", "home/old/a.txt", "home/old/b [1].txt", "news/c.txt", "old/home/a.txt")
DOCUMENTS = tuple(Listed(path) for path in PATHS)
BROWSER = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def press(ticked: Ticked, do: str, path: str, documents: Sequence[Listed] = DOCUMENTS) -> Ticked:
    return pressed(ticked, do, key_of(path), documents)


def entry(path: str, title: str | None = None, ordinal: int = 0) -> Entry:
    return Entry(Article(path, ordinal, Span(0, 1), title, None, None, None), (path,))


def searched(*ticks: str) -> list[str]:
    """The paths that a search is kept to with these ticks."""
    passed, _ = matching(Search(Filters(files=Ticked(ticks).patterns)), [entry(path) for path in PATHS])
    return [item.paths[0] for item in passed]


def test_a_document_is_listed_once_under_its_folder_and_by_its_title() -> None:
    entries = [
        entry("news/b.txt", "Two", 0),
        entry("news/b.txt", "Three", 1),
        entry("news/a.txt", "One"),
        entry("z.md"),
    ]
    listed = documents_of(entries)
    assert listed == (Listed("z.md"), Listed("news/a.txt", "One"), Listed("news/b.txt"))
    assert [document.folder for document in listed] == ["", "news/", "news/"]


def test_a_tick_is_of_one_path_whatever_lies_elsewhere_under_its_name() -> None:
    assert searched("a.txt") == ["a.txt"]
    assert searched("home/a.txt", "news/c.txt") == ["home/a.txt", "news/c.txt"]
    assert searched("home/old/b [1].txt") == ["home/old/b [1].txt"]


def test_a_ticked_folder_is_all_below_it_and_no_other_of_its_name() -> None:
    assert searched("home/") == ["home/a.txt", "home/old/a.txt", "home/old/b [1].txt"]
    assert searched("old/") == ["old/home/a.txt"]


def test_what_is_ticked_is_let_go_by_a_second_press_and_a_folder_takes_its_documents_along() -> None:
    ticked = press(Ticked(), "tick", "home/a.txt")
    assert press(ticked, "tick", "home/a.txt").ticks == ()
    folder = press(ticked, "tick", "home/")
    assert folder.ticks == ("home/",)
    held = press(folder, "tick", "home/old/a.txt")
    assert held.ticks == folder.ticks
    assert listing(held, DOCUMENTS) != listing(folder, DOCUMENTS)  # or the page would not hear that it was answered
    assert press(folder, "only", "news/c.txt").ticks == ("news/c.txt",)
    assert press(folder, "none", "").ticks == ()


def test_a_folder_tells_whether_all_some_or_none_of_it_is_ticked() -> None:
    def state(name: str, *ticks: str) -> str:
        before = listing(Ticked(ticks), DOCUMENTS).partition(f">{name}</span>")[0]
        return before.rpartition('aria-checked="')[2].partition('"')[0]

    assert state("home") == "false"
    assert state("home", "home/old/a.txt") == "mixed"
    assert state("home", "home/") == "true"


def test_a_search_looks_in_paths_and_titles_and_tells_where_nothing_matches() -> None:
    documents = (Listed("a.txt", "The Lease"), Listed("home/b.txt"))
    assert "a.txt" in listing(Ticked(words="LEASE"), documents)
    assert "b.txt" not in listing(Ticked(words="LEASE"), documents)
    assert "No document matches" in listing(Ticked(words="zebra"), documents)
    assert "Nothing is indexed" in listing(Ticked(), ())


def test_a_long_list_shows_its_beginning_and_many_ticks_are_counted() -> None:
    many = tuple(Listed(f"{number:05}.txt") for number in range(PAGE + 30))
    html = listing(Ticked(), many)
    assert html.count('role="checkbox"') == PAGE
    assert f"Show 30 more of {PAGE + 30}" in html
    assert listing(press(Ticked(), "more", "", many), many).count('role="checkbox"') == PAGE + 30
    ticked = Ticked()
    for document in many[: MOST + 5]:
        ticked = press(ticked, "tick", document.path, many)
    assert len(ticked.ticks) == MOST
    assert "No more can be ticked" in listing(ticked, many)
    assert f"and {MOST - 6} more" in chips(ticked)


@pytest.mark.parametrize("do", ["", "tick", "only", "__class__", "all"])
@pytest.mark.parametrize("key", ["", "/", "../", "/etc/passwd", "home/none.txt", "<b>"])
def test_a_forged_press_ticks_nothing(do: str, key: str) -> None:
    assert pressed(Ticked(), do, key, DOCUMENTS).ticks == ()
    assert press(Ticked(), do, key).ticks == ()


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
def test_nothing_of_a_path_or_title_is_ever_markup(path: str, title: str) -> None:
    nasty = Listed(f"<img src=x>/{path}\"'><b>", f"<script>{title}")
    for html in (listing(Ticked((nasty.path,)), (nasty,)), chips(Ticked((nasty.path,)))):
        assert "<img" not in html
        assert "<script" not in html
        html.encode()


_LATE_FIRST_ANSWER = """() => {
  const plain = window.fetch;
  let isFirst = true;
  window.fetch = async (...call) => {
    const answer = await plain(...call);
    if (isFirst && String(call[0].url ?? call[0]).includes("queue/join")) {
      isFirst = false;
      await new Promise((later) => setTimeout(later, 1500));
      setTimeout(() => { window.isLateAnswerIn = true; }, 500);
    }
    return answer;
  };
}"""


class TestByHand:
    pytestmark = BROWSER

    def test_ticked_documents_stand_as_chips_and_keep_the_search(
        self, visitor: Visitor, pipeline: FakePipeline
    ) -> None:
        page = visitor.page
        page.get_by_role("button", name="Search only some documents").click()
        page.get_by_role("checkbox", name="news", exact=False).first.click()
        page.get_by_role("checkbox", name="lease.docx").press("Enter")
        expect(page.locator(".chip")).to_have_text(["Folder: news×", "Document: home/lease.docx×"])
        expect(page.get_by_role("checkbox", name="wire.txt")).to_be_checked()
        expect(page.get_by_role("checkbox", name="lease.docx")).to_be_focused()
        visitor.ask("What was struck near Masra?")
        assert pipeline.kept_to[-1] == (Filters(files=("/news/", "home/lease.docx")), True)
        page.get_by_role("button", name="Search only some documents").click()
        page.get_by_role("button", name="Search all").click()
        expect(page.locator(".chip")).to_have_count(0)
        expect(page.get_by_role("checkbox", name="wire.txt")).not_to_be_checked()

    def test_quick_ticks_are_all_taken(self, visitor: Visitor) -> None:
        visitor.page.get_by_role("button", name="Search only some documents").click()
        expect(visitor.page.locator("#sources .path")).to_have_count(5)
        visitor.page.evaluate("for (const box of document.querySelectorAll('#sources li li button')) box.click()")
        expect(visitor.page.locator(".chip")).to_have_count(5)

    def test_a_tick_whose_answer_is_late_is_not_shown_over_a_later_one(self, visitor: Visitor) -> None:
        visitor.page.get_by_role("button", name="Search only some documents").click()
        expect(visitor.page.locator("#sources .path")).to_have_count(5)
        visitor.page.evaluate(_LATE_FIRST_ANSWER)
        visitor.page.evaluate("for (const box of document.querySelectorAll('#sources li li button')) box.click()")
        visitor.page.wait_for_function("window.isLateAnswerIn")
        expect(visitor.page.locator(".chip")).to_have_count(5)

    def test_a_search_in_the_list_follows_what_is_typed(self, visitor: Visitor) -> None:
        visitor.page.get_by_role("button", name="Search only some documents").click()
        box = visitor.page.get_by_label("Find by name, title or folder")
        box.press_sequentially("mill lane")
        expect(visitor.page.locator("#sources .path")).to_have_text(["lease.docx"])
        expect(box).to_be_focused()
        box.fill("")
        expect(visitor.page.locator("#sources .path")).to_have_count(5)

    def test_hostile_names_are_text(self, visitor: Visitor) -> None:
        visitor.page.get_by_role("button", name="Search only some documents").click()
        expect(visitor.page.locator("#sources")).to_contain_text("<script>window.__x=2</script>")
        visitor.page.get_by_role("checkbox", name="<script>").click()
        expect(visitor.page.locator(".chip")).to_contain_text("onerror=window.__x=1")
        assert visitor.page.evaluate("window.__x") is None
        assert visitor.page.locator(":is(#sources, #chips) :is(img, script)").count() == 0

    def test_a_pattern_and_a_date_can_be_typed(self, visitor: Visitor, pipeline: FakePipeline) -> None:
        visitor.page.get_by_role("button", name="Search only some documents").click()
        visitor.page.get_by_role("button", name="By outlet, author, date or pattern").click()
        visitor.page.get_by_label("Outlet").fill("Northern Wire")
        visitor.page.get_by_label("Dated in or after").fill("2017-09")
        expect(visitor.page.locator(".chip")).to_have_count(2)
        visitor.ask("What was struck near Masra?")
        assert pipeline.kept_to[-1] == (Filters(outlets=("Northern Wire",), after="2017-09"), True)
        visitor.page.get_by_role("button", name="Remove Outlet: Northern Wire").click()
        expect(visitor.page.locator(".chip")).to_have_count(1)

    def test_a_card_keeps_the_search_to_its_document(self, visitor: Visitor, pipeline: FakePipeline) -> None:
        visitor.ask("How long is the notice?")
        visitor.page.get_by_role("button", name="Only this document").first.click()
        expect(visitor.page.locator(".chip")).to_contain_text("Document: home/lease.docx")
        visitor.ask("How long is the notice?")
        assert pipeline.kept_to[-1] == (Filters(files=("home/lease.docx",)), True)
        visitor.page.get_by_role("button", name="Remove Document: home/lease.docx").click()
        expect(visitor.page.locator(".chip")).to_have_count(0)
        visitor.ask("How long is the notice?")
        assert pipeline.kept_to[-1] == (Filters(), True)

    def test_the_list_fits_a_telephone(self, visitor: Visitor) -> None:
        page = visitor.page
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("button", name="Search only some documents").click()
        expect(page.locator("#sources .path")).to_have_count(5)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.get_by_role("textbox", name="Your question")).to_be_in_viewport()
