from __future__ import annotations

import html
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from evals.bench.reader import served
from evals.making import pdf
from index.document.blocks import Blocks
from index.indexing.build import build_index
from index.readers.lines import blocks_of
from index.store.corpus import Held, StoredPath
from index.store.open import open_index
from index.store.page_image import page_at, page_span
from index.types import Article, Block, Document, Embedder, Span
from rag.app.page.html import safe
from rag.app.page.marked import Highlight, blocks, quoted_first
from rag.app.page.reader import MOST, Marks, Reading, link, text_page
from rag.app.page.reader_routes import routes
from rag.app.workspace import Workspace
from rag.settings import Settings
from tests.fakes import HashingEmbedder, hostile_text

NEWS = (
    "The harbour of Lissa was closed on Monday. Fishermen waited at the quay.\n\n"
    "A storm had broken the northern mole. <b>Engineers</b> expect the repair to last three weeks.\n"
)
QUOTE = "Fishermen waited at the quay."
REPORT = [["The harbour was closed.", "Fishermen waited at the quay", "for news of the ferry."], ["The ferry came."]]


class Ours(Workspace):
    """A workspace that needs no model."""

    @property
    def embedder(self) -> Embedder:
        return HashingEmbedder()


class Home:
    """An index over a few documents, and the reader over it."""

    def __init__(self, place: Path) -> None:
        self.docs = place / "docs"
        self.docs.mkdir()
        self.settings = Settings(home=place / "home")
        self.write("news.txt", NEWS.encode())
        self.write("report.pdf", pdf(REPORT))

    def write(self, name: str, data: bytes) -> None:
        (self.docs / name).write_bytes(data)

    def index(self) -> None:
        build_index(self.settings.for_index(), [self.docs], HashingEmbedder(), trial=lambda folder: None)

    def link(self, name: str, *quotes: str) -> str:
        """The link to these words of a document, cited under 1, 2 and so on."""
        with closing(open_index(self.settings.for_index())) as index:
            document_id = index.document_at(name)
            assert document_id is not None
            text = index.text(document_id)
        spans = [Span(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]
        return link("default", document_id, spans, range(1, len(spans) + 1))

    def app(self, workspace: Workspace) -> Starlette:
        return Starlette(routes=routes(workspace))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.index()
    return made


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with Ours(home.settings) as workspace, TestClient(home.app(workspace)) as client:
        yield client


def untagged(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", shown))


def blocks_untagged(text: str, highlights: list[Highlight], anchors: dict[int, str]) -> str:
    return untagged("".join(block.removesuffix("\n") for block in blocks(text, highlights, anchors)))


def marked(shown: str, number: int) -> str:
    """The text inside the marks of one hit, whatever other marks stand around or within."""
    parts: list[str] = []
    open_marks: list[str] = []
    for tag, told in re.findall(r"(<[^>]*>)([^<]*)", shown):
        if tag.startswith("<mark"):
            found = re.search(r'data-hit="(\d+)"', tag)
            assert found is not None
            open_marks.append(found[1])
        elif tag == "</mark>":
            open_marks.pop()
        if str(number) in open_marks:
            parts.append(told)
    return html.unescape("".join(parts))


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Span]]:
    odd = st.sampled_from(
        ["\n\n", "\n \n", "<b>", "&amp;", "\u202e", "\x07", "\ud800", '"', "é ", "word ", "\n", "x" * 300]
    )
    text = "".join(draw(st.lists(st.one_of(st.text(max_size=6), odd), min_size=1, max_size=60))) + "."
    edges = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(edges, edges), max_size=6))
    return text, [Span(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


@given(marked_texts())
def test_without_its_tags_the_page_is_the_text_and_every_mark_its_slice(made: tuple[str, list[Span]]) -> None:
    text, spans = made
    highlights = list(Marks.of([(span, None) for span in spans]).highlights)
    shown = "".join(block.removesuffix("\n") for block in blocks(text, highlights, {0: "article-0"}))
    assert untagged(shown) == html.unescape(safe(text))
    for number, highlight in enumerate(highlights, 1):
        assert marked(shown, number) == html.unescape(safe(highlight.span.of(text)))
        assert shown.count(f' id="hit-{number}"') == 1


@pytest.mark.parametrize("unit", ["word ", "x", "line\n", "one.\n\n"])
def test_a_long_text_is_cut_into_blocks_that_hold_all_of_it(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    shown = list(blocks(text, [], {}))
    assert len(shown) > 3
    assert max(map(len, shown)) < 60_000
    assert blocks_untagged(text, [], {}) == text


def test_the_blocks_with_the_quoted_words_are_sent_before_all_others() -> None:
    text = "".join(f"{number} one line of many.\n\n" for number in range(40_000))
    highlights = [Highlight(Span(500_000, 500_020)), Highlight(Span(900_000, 900_020))]
    whole = list(blocks(text, highlights, {}))
    first, later = quoted_first(text, highlights, {})
    ids = re.findall(r'id="(block-\d+)"', first)
    assert ids == [f"block-{number}" for number in range(len(whole))]
    assert [marked(first, number) for number in (1, 2)] == [one.span.of(text) for one in highlights]
    sent = [block for batch in later for block in batch]
    assert len(first) < 400_000
    assert {*sent, *(block for block in whole if block in first)} == set(whole)
    assert len(set(sent)) == len(sent)


def test_a_heading_is_set_as_one_and_the_signs_beside_it_are_put_by() -> None:
    text = "# The lease\n\nIt runs on.\n## Rent\nDue on the fifth.\n\n| Fees of 2031 |\n| Glim | Fee |"
    headings = [Span(2, 11), Span(28, 32), Span(54, 66)]
    shown, _ = quoted_first(text, [Highlight(Span(28, 32))], {}, headings)
    assert '<span class="sign"># </span><b>The lease</b>' in shown
    assert '<span class="sign">## </span><b><mark id="hit-1" data-hit="1">Rent</mark></b>' in shown
    assert '<span class="sign">| </span><b>Fees of 2031</b><span class="sign"> |</span>\n| Glim | Fee |' in shown
    assert untagged(shown).strip() == text


def test_the_name_of_who_asks_stays_before_a_question_that_is_a_heading() -> None:
    text = "Oskar: Did it crack?\n\nTilda: It did.\n"
    shown = "".join(quoted_first(text, [], {}, [Span(7, 20)])[0])
    assert "Oskar: <b>Did it crack?</b>" in shown


def test_a_link_opens_at_the_first_span_given_and_names_them_all() -> None:
    spans = [Span(300, 350), Span(120, 180)]
    assert link("default", "ab12", spans, [1, 2]) == "/document/default/ab12?at=300-350.120-180&n=1.2#hit-2"
    assert link("a b/ü", "../x", [], []) == "/document/a%20b%2F%C3%BC/..%2Fx"
    many = [Span(at, at + 1) for at in range(MOST + 9)]
    assert link("c", "d", many, [1] * len(many)).count(".") == 2 * MOST - 2


@pytest.mark.parametrize("span", ["5", "5-", "9-3", "3-3", "a-b", "-1-5", "1-2,", "１-２", "1-9999999999", "1-2.."])
def test_a_damaged_link_is_refused(span: str) -> None:
    with pytest.raises(ValueError, match="span"):
        Marks.parse(span, "")


@pytest.mark.parametrize(("at", "labels"), [("1-2", "1.2"), ("1-2", "x"), (".".join(["1-2"] * (MOST + 1)), "")])
def test_labels_that_do_not_fit_and_too_many_spans_are_refused(at: str, labels: str) -> None:
    with pytest.raises(ValueError, match="label"):
        Marks.parse(at, labels)


def test_a_link_reads_back_as_what_it_was_made_of() -> None:
    marks = Marks.of([(Span(30, 35), 7), (Span(12, 18), 2), (Span(12, 18), 3)])
    assert Marks.parse("30-35.12-18.12-18", "7.2.3") == marks
    assert marks.highlights == (Highlight(Span(12, 18), (2, 3)), Highlight(Span(30, 35), (7,)))
    assert marks.first == 2


def held_as(text: str, blocks: Sequence[Block]) -> Held:
    """A document of one article, as an index holds it."""
    document = Document("d", "0" * 64, text, "utf-8", blocks=blocks)
    whole = Article("d", 0, Span(0, len(text)), "The <lease>")
    return Held(document, (whole,), (StoredPath("lease.md", Path("/nowhere"), "d", 1, 1),))


def test_the_headings_of_a_document_are_its_outline_and_lead_to_their_places() -> None:
    text = "# The <lease>\n\nIt runs on.\n\n## Rent\n\nDue on the fifth."
    headings = (Block("heading", Span(2, 13), 1), Block("heading", Span(31, 35), 2))
    page = "".join(text_page(Reading(held_as(text, headings), Marks())))
    assert "<summary>2 sections</summary>" in page
    assert '<li style="--level:2"><a href="#heading-2" dir="auto">Rent</a></li>' in page
    assert '<a href="#heading-1" dir="auto">The &lt;lease&gt;</a>' in page
    assert '<b><a id="heading-2"></a>Rent</b>' in page


def test_of_many_headings_the_first_are_listed_and_the_others_counted() -> None:
    text = "".join(f"# Berth {number}\n\nEmpty.\n\n" for number in range(700))
    page = "".join(text_page(Reading(held_as(text, blocks_of(text)), Marks())))
    assert "<summary>700 sections</summary>" in page
    assert page.count('<a href="#heading-') == page.count('<a id="heading-') == 500
    assert '<p class="place">and 200 more</p>' in page


def test_of_a_long_table_no_row_is_made_to_find_its_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# Fares\n\n## By zone\n\n| Zone | Fare |\n|---|---|\n" + "| 1 | 2.60 |\n" * 50
    blocks, made = blocks_of(text), list[int]()
    make = Blocks._block
    monkeypatch.setattr(Blocks, "_block", lambda self, at: made.append(at) or make(self, at))
    page = "".join(text_page(Reading(held_as(text, blocks), Marks())))
    assert "<summary>2 sections</summary>" in page
    assert made == [0, 1]


def test_the_head_tells_the_article_of_the_words_and_lists_the_others() -> None:
    document = Document("d", "0" * 64, NEWS, "utf-8")
    cut = NEWS.index("A storm")
    articles = (
        Article("d", 0, Span(0, cut), "Harbour <closed>", "The Post", "A. Writer", "2017-09-07"),
        Article("d", 1, Span(cut, len(NEWS)), "Storm"),
    )
    held = Held(document, articles, (StoredPath("a/news.txt", Path("/nowhere"), "d", 1, 1),))
    shown = "".join(text_page(Reading(held, Marks.of([(Span(3, 10), 1)]), "dark")))
    assert '<h1 dir="auto">Harbour &lt;closed&gt;</h1>' in shown
    assert "The Post · A. Writer · 7 September 2017" in untagged(shown)
    assert '<a href="#article-1" dir="auto">Storm</a>' in shown
    assert '<a id="article-1"></a>' in shown
    assert 'data-theme="dark"' in shown
    assert shown.startswith('<!doctype html><html lang="en"')
    assert "1 of 1" in shown


def test_the_document_of_a_link_has_its_quote_marked(home: Home, client: TestClient) -> None:
    reply = client.get(home.link("news.txt", QUOTE))
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert f'<mark id="hit-1" data-labels="1" data-hit="1">{QUOTE}</mark>' in reply.text
    assert "&lt;b&gt;Engineers" in reply.text
    assert "news.txt" in reply.text


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/document/default/0000", 404, "not in the index"),
        ("/document/nothing/0000", 404, "not in the index"),
        ("/document/..%2f..%2fetc/passwd", 404, ""),
        ("/document/-bad-/0000", 404, "not in the index"),
        ("{}?at=x", 400, "damaged"),
        ("{}?at=5-999999", 404, "not where this link points"),
        ("{}/page/1.png", 404, "no picture of this page"),
        ("{}/page/" + "9" * 5000 + ".png", 404, "no picture of this page"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(
    home: Home, client: TestClient, address: str, status: int, sentence: str
) -> None:
    reply = client.get(address.format(home.link("news.txt")))
    assert reply.status_code == status
    assert sentence in html.unescape(reply.text)
    assert "Traceback" not in reply.text


def test_a_document_that_is_no_longer_indexed_is_gone(home: Home, client: TestClient) -> None:
    address = home.link("news.txt", QUOTE)
    assert client.get(address).status_code == 200
    home.write("news.txt", b"Something else is told here now, at some length.")
    home.index()
    assert client.get(address).status_code == 404


def test_a_link_back_to_the_page_of_the_quote(home: Home, client: TestClient) -> None:
    shown = client.get(home.link("report.pdf", "The ferry came")).text
    assert "page 2" in shown
    view = re.search(r'<a href="(\?[^"]*view=page[^"]*)">Page</a>', shown)
    assert view is not None
    page = client.get(home.link("report.pdf").split("?")[0] + html.unescape(view[1])).text
    assert "Page 2 of 2" in page
    assert 'class="box" id="hit-1"' in page


def test_the_quoted_words_are_boxed_on_the_page(home: Home, client: TestClient) -> None:
    address = home.link("report.pdf", "waited at the quay\nfor news", "The ferry came").split("#")[0]
    page = client.get(f"{address}&view=page").text
    boxes = re.findall(r'data-hit="1" style="left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%', page)
    assert len(boxes) == 2
    picture = client.get(address.replace("?", "/page/1.png?"))
    assert picture.headers["content-type"] == "image/png"
    width, height, pixel = pixels(picture.content)
    for left, top, across in (map(float, box) for box in boxes):
        inside = [pixel(int(width * (left + part * across) / 100), int(height * top / 100) + 2) for part in (0.3, 0.7)]
        assert all(blue < red - 60 for red, _, blue in inside)
    assert pixel(5, 5) == (255, 255, 255)


def test_a_file_that_has_changed_shows_no_picture(home: Home, client: TestClient) -> None:
    address = home.link("report.pdf", "The ferry came").split("#")[0]
    assert client.get(address.replace("?", "/page/2.png?")).status_code == 200
    home.write("report.pdf", pdf([["Another page."]]))
    shown = client.get(f"{address}&view=page")
    assert shown.status_code == 200
    assert "has changed" in shown.text
    assert "<img" not in shown.text
    assert client.get(address.replace("?", "/page/2.png?")).status_code == 404
    assert "The ferry came" in client.get(address).text


def test_the_same_content_elsewhere_is_drawn_from_there(home: Home, client: TestClient) -> None:
    home.write("second.pdf", pdf(REPORT))
    home.index()
    address = home.link("report.pdf", "The ferry came").split("#")[0].replace("?", "/page/2.png?")
    (home.docs / "report.pdf").unlink()
    assert client.get(address).status_code == 200


def test_pages_are_found_by_offset() -> None:
    document = Document("d", "0" * 64, "one two four", "utf-8", pages=(0, 4, 8, 8))
    assert [page_at(document, at) for at in (0, 3, 4, 8, 11)] == [1, 1, 2, 4, 4]
    assert [page_span(document, page).of(document.text) for page in (1, 2, 3, 4)] == ["one ", "two ", "", "four"]


IN_SIGHT = """() => {
  const at = document.getElementById(`hit-${location.hash.slice(5)}`).getBoundingClientRect();
  return at.top > document.querySelector(".top").getBoundingClientRect().bottom && at.bottom < innerHeight;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["wide", "narrow"])
def test_the_words_of_a_link_are_in_sight(tmp_path: Path, browser: Browser, size: tuple[int, int]) -> None:
    home = Home(tmp_path)
    told = [f"{number}. {'The ferry of Lissa did not sail. ' * (1 + number * 5 % 11)}" for number in range(300)]
    told[70] += "First words."
    told[229] += "Last words."
    home.write("long.txt", "\n\n".join(told).encode())
    home.index()
    with Ours(home.settings) as workspace, served(home.app(workspace)) as address:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.goto(address + home.link("long.txt", "Last words.", "First words."))
        expect(page.locator(".hits span")).to_have_text("2 of 2")
        expect(page.locator("mark.now")).to_have_text("Last words.")
        page.wait_for_function(IN_SIGHT)
        page.keyboard.press("p")
        expect(page.locator("mark.now")).to_have_text("First words.")
        page.wait_for_function(IN_SIGHT)
        page.get_by_role("link", name="Next quote").click()
        expect(page.locator(".hits span")).to_have_text("2 of 2")
        page.wait_for_function(IN_SIGHT)
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        page.close()


@pytest.mark.browser
def test_a_long_document_is_whole_in_the_end(browser: Browser) -> None:
    text = "\n\n".join(f"{number}. {'The ferry did not sail. ' * (1 + number % 5)}" for number in range(9_000))
    document = Document("d", "0" * 64, text, "utf-8")
    held = Held(document, (), (StoredPath("long.txt", Path("/nowhere"), "d", 1, 1),))
    at = text.index("7000. ")

    def read(request: Request) -> StreamingResponse:
        return StreamingResponse(text_page(Reading(held, Marks.of([(Span(at, at + 4), 1)]))), media_type="text/html")

    with served(Starlette(routes=[Route("/", read)])) as address:
        page = browser.new_page(viewport={"width": 700, "height": 800})
        page.goto(f"{address}/#hit-1", wait_until="load")
        page.wait_for_function(IN_SIGHT)
        expect(page.locator("mark")).to_have_text("7000")
        expect(page.locator("main template")).to_have_count(0)
        assert page.evaluate("[...document.querySelectorAll('.block p')].map((p) => p.textContent).join('')") == text
        page.close()


@pytest.mark.browser
def test_nothing_of_a_hostile_document_is_live(tmp_path: Path, browser: Browser) -> None:
    home = Home(tmp_path)
    home.write("hostile.txt", hostile_text("http://attacker.test").replace("\0", "").encode())
    home.index()
    with Ours(home.settings) as workspace, served(home.app(workspace)) as address:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        link = home.link("hostile.txt", "<script>window.__x=4</script>")
        page.goto(address + link, wait_until="networkidle")
        expect(page.locator("mark")).to_have_text("<script>window.__x=4</script>")
        assert page.evaluate("window.__x") is None
        assert asked == [address + link.split("#")[0], f"{address}/language.js"]
        assert page.locator(".block :is(img, script, iframe, form, svg, video, link, style)").count() == 0
        page.close()


def pixels(png: bytes) -> tuple[int, int, Callable[[int, int], tuple[int, int, int]]]:
    """The width and height of a PNG whose rows are unfiltered, and how to look at a pixel."""
    at, data, width, height = 8, b"", 0, 0
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if name == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        data += body if name == b"IDAT" else b""
        at += 12 + size
    rows = zlib.decompress(data)

    def pixel(x: int, y: int) -> tuple[int, int, int]:
        start = y * (3 * width + 1) + 1 + 3 * x
        return rows[start], rows[start + 1], rows[start + 2]

    return width, height, pixel
