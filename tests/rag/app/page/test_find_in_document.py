"""The field “Find in this document”: what the server says of it, and what a browser shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from evals.bench.reader import served
from evals.making import pdf
from rag.app.page.finding import LONGEST
from rag.app.page.reader_routes import routes
from tests.fakes import FakePipeline, FakeWorkspace, hostile_text
from tests.rag.app.page.conftest import picture
from tests.rag.app.page.test_reader import Home, Ours
from tests.rag.app.page.test_whole_page import AXE, VIOLATIONS

LETTER = [f"{number}. {'The ferry of Lissa did not sail. ' * (1 + number * 5 % 11)}" for number in range(300)]
LETTER[70] += "A Café\non the quay."
LETTER[229] += "The CAFE on the\u00a0 quay was closed."
QUOTED = "cafe\u0301 on the quay again"
LETTER[290] += f" Quoted: {QUOTED}."
PAGES = [["The harbour was closed.", "The ferry waited."], ["Nothing here."], ["The ferry came;", "the Ferry left."]]
NOW = "() => [...(CSS.highlights.get('found-now') ?? [])].map(String).join('|')"
IN_SIGHT = """() => [...CSS.highlights.get('found-now')].every((range) => {
  const at = range.getBoundingClientRect();
  return at.top > document.querySelector('.top').getBoundingClientRect().bottom && at.bottom < innerHeight;
})"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = Home(tmp_path_factory.mktemp("find"))
    made.write("letter.txt", "\n\n".join(LETTER).encode())
    made.write("ferry.pdf", pdf(PAGES))
    made.write("hostile.txt", hostile_text("http://attacker.test").replace("\0", "").encode())
    made.index()
    return made


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with Ours(home.settings) as workspace, TestClient(home.app(workspace)) as client:
        yield client


def find_address(home: Home, name: str) -> str:
    return home.link(name).split("?")[0] + "/find"


def test_the_places_are_told_with_their_pages_and_boxes(home: Home, client: TestClient) -> None:
    reply = client.get(find_address(home, "ferry.pdf"), params={"words": "FERRY", "page": "3"})
    assert reply.headers["cache-control"] == "no-store"
    body = reply.json()
    assert [page for _, _, page in body["places"]] == [1, 3, 3]
    assert [number for number, *_ in body["boxes"]] == [1, 2]
    assert body["more"] is False
    assert all(0 < side < 1 for _, *sides in body["boxes"] for side in sides)


def test_a_file_that_has_changed_has_places_and_no_boxes(home: Home, client: TestClient) -> None:
    home.write("ferry.pdf", pdf([["Another."]]))
    body = client.get(find_address(home, "ferry.pdf"), params={"words": "ferry", "page": "3"}).json()
    home.write("ferry.pdf", pdf(PAGES))
    assert len(body["places"]) == 3
    assert body["boxes"] == []


@pytest.mark.parametrize(("words", "status"), [("x" * (LONGEST + 1), 400), ("", 200), ("<b>\0", 200), ("\ud83d", 200)])
def test_words_that_cannot_be_there_are_no_trouble(home: Home, client: TestClient, words: str, status: int) -> None:
    address = find_address(home, "letter.txt")
    reply = client.get(address, params={"words": words.encode("utf-8", "replace")})
    assert reply.status_code == status
    assert client.get(f"{address[:-6]}0/find", params={"words": "a"}).status_code == 404


@contextmanager
def opened(home: Home, browser: Browser, link: str, size: tuple[int, int] = (1280, 800)) -> Iterator[Page]:
    with Ours(home.settings) as workspace, served(home.app(workspace)) as address:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.goto(address + link)
        yield page
        page.close()


def told(page: Page, sentence: str) -> None:
    expect(page.get_by_role("search").get_by_role("status")).to_have_text(sentence)


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (390, 800)], ids=["wide", "narrow"])
def test_words_are_gone_to_one_after_another_and_the_quotes_stay_marked(
    home: Home, browser: Browser, size: tuple[int, int]
) -> None:
    with opened(home, browser, home.link("letter.txt", "Lissa", QUOTED), size) as page:
        page.keyboard.press("/")
        field = page.get_by_role("searchbox", name="Find in this document")
        expect(field).to_be_focused()
        page.keyboard.type("cafe ON the quay")
        told(page, "1 of 3")
        page.wait_for_function(IN_SIGHT)
        assert page.evaluate(NOW) == "Café\non the quay"
        page.keyboard.press("Enter")
        told(page, "2 of 3")
        page.wait_for_function(IN_SIGHT)
        page.keyboard.press("Enter")
        told(page, "3 of 3")
        page.wait_for_function(IN_SIGHT)
        assert page.evaluate(NOW) == "cafe\u0301 on the quay"
        picture(page, f"find-{size[0]}")
        page.evaluate(AXE)
        assert page.evaluate(VIOLATIONS) == []
        page.keyboard.press("Enter")
        told(page, "1 of 3")
        page.keyboard.press("Shift+Enter")
        told(page, "3 of 3")
        page.get_by_role("button", name="Find previous").click()
        told(page, "2 of 3")
        expect(page.locator("mark[data-hit='2']")).to_have_text(QUOTED)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        field.press("Escape")
        told(page, "")
        expect(field).to_have_value("")
        expect(page.get_by_role("button", name="Find next")).to_be_disabled()
        assert page.evaluate("CSS.highlights.get('found').size") == 0
        expect(page.locator("mark")).to_have_count(2)


@pytest.mark.browser
def test_what_is_typed_is_text_and_steps_no_quote(home: Home, browser: Browser) -> None:
    with opened(home, browser, home.link("letter.txt", "Lissa", "CAFE")) as page:
        field = page.get_by_role("searchbox", name="Find in this document")
        field.press_sequentially("<img src=x onerror=alert(1)> np .* (")
        told(page, "Not found")
        expect(page.locator(".hits span")).to_have_text("1 of 2")
        expect(page.locator("img")).to_have_count(0)
    with opened(home, browser, home.link("hostile.txt")) as page:
        page.get_by_role("searchbox").fill("<SCRIPT>window.__x=4</script>")
        told(page, "1 of 1")
        assert page.evaluate(NOW) == "<script>window.__x=4</script>"
        assert page.evaluate("window.__x") is None


@pytest.mark.browser
def test_the_search_begins_at_what_is_in_sight(home: Home, browser: Browser) -> None:
    with opened(home, browser, home.link("letter.txt", "CAFE")) as page:
        expect(page.locator("mark.now")).to_be_in_viewport()
        page.get_by_role("searchbox").fill("café")
        told(page, "2 of 3")
        page.wait_for_function(IN_SIGHT)


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (390, 800)], ids=["wide", "narrow"])
def test_the_pages_of_a_pdf_are_turned_to_what_is_looked_for(
    home: Home, browser: Browser, size: tuple[int, int]
) -> None:
    link = home.link("ferry.pdf", "The ferry waited").replace("#", "&view=page#")
    with opened(home, browser, link, size) as page:
        page.get_by_role("searchbox").fill("ferry")
        told(page, "1 of 3, page 1")
        expect(page.locator(".found.now")).to_have_count(1)
        page.get_by_role("searchbox").press("Enter")
        expect(page.locator(".turn")).to_contain_text("Page 3 of 3")
        told(page, "2 of 3, page 3")
        expect(page.locator(".found")).to_have_count(2)
        expect(page.locator(".found.now")).to_have_attribute("data-place", "1")
        picture(page, f"find-page-{size[0]}")
        page.evaluate(AXE)
        assert page.evaluate(VIOLATIONS) == []
        page.get_by_role("link", name="Text").click()
        told(page, "1 of 3, page 1")
        page.get_by_role("searchbox").press("Escape")
        told(page, "")
        page.get_by_role("link", name="Page", exact=True).click()
        expect(page.locator(".box")).to_have_count(1)
        expect(page.get_by_role("searchbox")).to_have_value("")


@pytest.mark.browser
def test_words_are_found_in_the_parts_of_a_long_text_that_come_last(browser: Browser, tmp_path: Path) -> None:
    pipeline = FakePipeline()
    pipeline.texts["lease"] = "\n\n".join(f"{number}. {'The ferry did not sail. ' * 5}" for number in range(9_000))
    with served(Starlette(routes=routes(FakeWorkspace(tmp_path, pipeline)))) as address:
        page = browser.new_page(viewport={"width": 700, "height": 800})
        page.goto(f"{address}/document/default/lease")
        page.get_by_role("searchbox").fill("8999. THE FERRY")
        told(page, "1 of 1")
        page.wait_for_function(f"() => ({NOW})() === '8999. The ferry'")
        page.wait_for_function(IN_SIGHT)
        page.get_by_role("searchbox").fill("ferry")
        told(page, "1 of more than 2,000")
        page.close()


@pytest.mark.browser
def test_escape_clears_the_field_before_it_closes_the_document(home: Home, browser: Browser) -> None:
    frame = f'<iframe src="{home.link("letter.txt")}"></iframe><script>document.escapes = 0; addEventListener'
    parent = f'{frame}("keydown", (event) => {{ document.escapes += event.key === "Escape"; }}, true)</script>'
    with Ours(home.settings) as workspace:
        app = home.app(workspace)
        app.routes.append(Route("/", lambda _: HTMLResponse(parent)))
        with served(app) as address:
            page = browser.new_page()
            page.goto(address)
            document = page.frame_locator("iframe")
            document.get_by_role("searchbox").fill("cafe")
            expect(document.get_by_role("search").get_by_role("status")).to_have_text("1 of 3")
            document.get_by_role("searchbox").press("Escape")
            expect(document.get_by_role("searchbox")).to_have_value("")
            assert page.evaluate("document.escapes") == 0
            document.get_by_role("searchbox").press("Escape")
            page.wait_for_function("() => document.escapes === 1")
            page.close()
