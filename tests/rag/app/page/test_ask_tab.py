"""The page in a real browser: what a person does, and what hostile text may not do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from rag.app.conversations.store import ConversationStore
from tests.fakes import FakePipeline
from tests.rag.app.page.conftest import Attacker, Visitor, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def test_a_typed_question_is_answered_with_its_words_marked_in_the_passage(visitor: Visitor) -> None:
    visitor.ask("What was struck near Masra?")
    expect(visitor.page.locator("#chat .badge")).to_have_text(
        ["✓ Supported", "◐ Partly supported", "≠ Contradicted", "✕ Not supported", "○ No source"]
    )
    expect(visitor.page.locator("#evidence-1-1 mark")).to_have_text(
        "Aircraft struck a research facility near the town of Masra early on Thursday."
    )
    expect(visitor.page.locator("#evidence-1-2 mark")).to_have_count(2)
    expect(visitor.page.locator("#evidence-1-3")).to_be_hidden()
    visitor.page.get_by_text("Also read, not cited").click()
    expect(visitor.page.locator("#evidence-1-3")).to_be_visible()
    assert visitor.complaints == []


def test_a_marker_brings_its_card_into_view(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 420})
    visitor = Visitor(page, address)
    visitor.ask("What was struck near Masra?")
    expect(page.locator("#evidence-1-2")).not_to_be_in_viewport(ratio=0.9)
    page.get_by_role("link", name="Evidence 2").first.click()
    expect(page.locator("#evidence-1-2 mark").first).to_be_in_viewport()
    expect(page.locator("#evidence-1-2.now")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollTop") == 0, "only the panel moves"
    page.close()


def test_a_refusal_shows_the_nearest_passages_and_the_page_goes_on(visitor: Visitor) -> None:
    visitor.ask("Who baked the cake?")
    expect(visitor.page.locator("#chat .refusal")).to_contain_text("No answer.")
    expect(visitor.page.locator("#chat .refusal")).to_contain_text("Nothing in the passages speaks of “cake”.")
    expect(visitor.page.locator("#chat .own")).to_contain_text(
        "Two soldiers were killed, the army said in a statement."
    )
    visitor.sees("The nearest words")
    expect(visitor.page.locator(".card:visible")).to_have_count(3)
    visitor.ask("raise other")
    expect(visitor.page.locator("#chat .trouble")).to_contain_text("Something went wrong")
    visitor.sees("Nothing was read for question 2.")
    visitor.ask("What was struck near Masra?")
    expect(visitor.page.locator("#turn-3 .badge")).to_have_count(5)


def test_a_follow_up_shows_how_it_was_understood_and_earlier_evidence_stays_in_reach(visitor: Visitor) -> None:
    visitor.ask("What was struck near Masra?")
    visitor.page.get_by_role("link", name="Evidence 2").first.click()
    visitor.ask("And was anyone hurt there?")
    expect(visitor.page.locator("#turn-2 .understood")).to_contain_text("Read as: Was anyone hurt near Masra?")
    expect(visitor.page.locator("#turn-2 .conflict")).to_contain_text("Compare the sources")
    visitor.sees("Question 2")  # the newest answer takes the panel back
    visitor.page.locator("#turn-1").get_by_role("link", name="Show evidence").click()
    visitor.sees("Question 1")
    visitor.page.locator("#turn-2").get_by_role("link", name="Evidence 1").first.click()
    visitor.sees("Question 2")
    visitor.page.locator("#turn-1").get_by_role("link", name="Evidence 1").first.click()
    visitor.sees("Question 1")


def test_each_new_answer_comes_into_view_from_its_beginning(browser: Browser, address: str) -> None:
    visitor = Visitor(browser.new_page(viewport={"width": 1280, "height": 620}), address)
    for question in ("What was struck near Masra?", "Was anyone hurt?", "What was struck near Masra?"):
        visitor.ask(question)
    expect(visitor.page.locator("#turn-3 .question")).to_be_in_viewport(ratio=1)
    expect(visitor.page.locator("#turn-3 .badge").first).to_be_in_viewport(ratio=1)
    expect(visitor.page.locator("#turn-2 .question")).not_to_be_in_viewport()
    visitor.page.close()


def test_new_chat_forgets_the_conversation(visitor: Visitor, pipeline: FakePipeline) -> None:
    visitor.ask("What was struck near Masra?")
    visitor.page.get_by_role("button", name="New chat").click()
    expect(visitor.page.locator("#chat .welcome")).to_be_visible()
    expect(visitor.page.locator(".evidence")).to_have_count(0)
    expect(visitor.page.locator("#overview .glance")).to_be_visible()
    visitor.ask("And was anyone hurt there?")
    expect(visitor.page.locator(".understood")).to_have_count(0)
    assert pipeline.asked[-1] == ("And was anyone hurt there?", ())


@pytest.fixture
def writing(pipeline: FakePipeline) -> Iterator[FakePipeline]:
    """The pipeline with a model that writes two pieces, each held until `go`."""
    pipeline.says = ("Aircraft struck ", "a research facility [1].")
    pipeline.go.clear()
    pipeline.stopped.clear()
    yield pipeline
    pipeline.says = ()
    pipeline.go.set()


def test_what_a_model_writes_is_seen_as_it_comes_and_then_checked(visitor: Visitor, writing: FakePipeline) -> None:
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .statement")).to_contain_text("Aircraft struck")
    expect(visitor.page.locator("#live .note")).to_contain_text("checked against its source")
    expect(visitor.page.locator("#live .badge")).to_have_count(0)
    writing.go.set()
    expect(visitor.page.locator("#chat .badge")).to_have_count(5)
    expect(visitor.page.locator("#live .turn")).to_have_count(0)


SHIFTS = """() => {
  window.__shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.__shift += entry.value;
  }).observe({ type: "layout-shift" });
}"""


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "telephone"])
def test_nothing_jumps_while_an_answer_is_written(
    visitor: Visitor, writing: FakePipeline, size: tuple[int, int]
) -> None:
    """The sum of all layout shifts, those soon after a key too, from the first words to the checked answer."""
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
    writing.says = ()
    visitor.ask("How long is the notice?")
    writing.says = ("Aircraft struck a research facility near the town of Masra. ",) * 12
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .statement")).to_contain_text("Aircraft struck")
    visitor.page.evaluate(SHIFTS)
    for _ in writing.says:
        writing.go.set()
        writing.go.clear()
        visitor.page.wait_for_timeout(120)  # so that the page shows it in pieces, as it comes
    writing.go.set()
    expect(visitor.page.locator("#chat .badge")).to_have_count(5)
    visitor.page.wait_for_timeout(1000)
    assert visitor.page.evaluate("window.__shift") <= 0.02


def write_until_stopped(model: FakePipeline) -> None:
    """Lets the model write one piece after another; fails when it is not stopped before its last."""
    for _ in model.says:
        model.go.set()
        model.go.clear()
        if model.stopped.wait(0.5):
            return
    pytest.fail("the model wrote to its end")


def test_stop_ends_the_writing_and_says_so(visitor: Visitor, writing: FakePipeline) -> None:
    writing.says = ("Aircraft struck ",) * 100
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .statement")).to_contain_text("Aircraft struck")
    visitor.page.get_by_role("button", name="Stop").click()
    write_until_stopped(writing)
    expect(visitor.page.locator("#chat .trouble")).to_contain_text("You stopped this answer")
    expect(visitor.page.get_by_role("button", name="Send")).to_be_visible()
    writing.says = ()
    visitor.page.get_by_role("button", name="Ask again").click()
    expect(visitor.page.locator("#turn-2 .badge")).to_have_count(5)


def test_closing_the_tab_ends_the_writing(browser: Browser, address: str, writing: FakePipeline) -> None:
    writing.says = ("Aircraft struck ",) * 100
    visitor = Visitor(browser.new_page(), address)
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .statement")).to_contain_text("Aircraft struck")
    visitor.page.close()
    write_until_stopped(writing)


def test_new_chat_leaves_an_answer_that_is_still_being_made(visitor: Visitor, writing: FakePipeline) -> None:
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .turn")).to_be_visible()
    visitor.page.get_by_role("button", name="New chat").click()
    expect(visitor.page.locator("#chat .welcome")).to_be_visible()
    writing.go.set()
    writing.says = ()
    visitor.ask("Who baked the cake?")
    visitor.ask("And was anyone hurt there?")
    expect(visitor.page.locator("#chat .turn")).to_have_count(2)
    expect(visitor.page.locator("#chat")).not_to_contain_text("Masra.")


def test_a_second_question_waits_in_its_box_while_the_first_is_answered(
    visitor: Visitor, writing: FakePipeline
) -> None:
    visitor.send("What was struck near Masra?")
    expect(visitor.page.locator("#live .turn")).to_be_visible()
    with visitor.page.expect_response("**/queue/join*"):
        visitor.send("Who baked the cake?")
    visitor.page.wait_for_timeout(300)
    expect(visitor.page.get_by_role("textbox", name="Your question")).to_have_value("Who baked the cake?")
    writing.go.set()
    expect(visitor.page.locator("#chat .badge")).to_have_count(5)
    expect(visitor.page.locator("#chat .turn")).to_have_count(1)
    visitor.page.get_by_role("button", name="Send").click()
    expect(visitor.page.locator("#chat .refusal")).to_be_visible()


def test_the_question_as_understood_can_be_edited(visitor: Visitor) -> None:
    visitor.ask("What was struck near Masra?")
    visitor.ask("And was anyone hurt there?")
    visitor.page.locator("#turn-2").get_by_role("button", name="Edit").click()
    expect(visitor.page.get_by_role("textbox", name="Your question")).to_have_value("Was anyone hurt near Masra?")


def test_a_follow_up_can_be_asked_alone(visitor: Visitor, pipeline: FakePipeline) -> None:
    visitor.ask("What was struck near Masra?")
    visitor.ask("And was anyone hurt there?")
    visitor.page.locator("#turn-2").get_by_role("button", name="Ask alone").click()
    expect(visitor.page.locator("#turn-3 .question")).to_contain_text("And was anyone hurt there?")
    expect(visitor.page.locator("#turn-3 .understood")).to_have_count(0)
    assert pipeline.asked[-1] == ("And was anyone hurt there?", ())


def test_what_may_answer_is_a_state_of_its_own(visitor: Visitor) -> None:
    visitor.ask("Where did the power fail?")
    expect(visitor.page.locator("#turn-1 .maybe")).to_have_text("The nearest words; look whether they answer you.")
    expect(visitor.page.locator("#turn-1 .quote strong")).to_have_text("in the eastern districts")
    expect(visitor.page.locator("#chat .badge, #chat .refusal")).to_have_count(0)


def test_a_telephone_shows_evidence_as_a_sheet_that_closes_back_to_the_sentence(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    Visitor(page, address).ask("What was struck near Masra?")
    expect(page.locator("#evidence-panel")).to_be_hidden()
    number = page.get_by_role("link", name="Evidence 2").first
    number.click()
    expect(page.locator("#evidence-1-2 mark").first).to_be_in_viewport()
    page.get_by_role("button", name="Back to the answer").click()
    expect(page.locator("#evidence-panel")).to_be_hidden()
    expect(number).to_be_focused()
    page.close()


def test_a_reload_shows_the_conversation_again_and_a_new_chat_does_not_come_back(visitor: Visitor) -> None:
    visitor.ask("What was struck near Masra?")
    expect(visitor.page.get_by_role("link", name="Markdown")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.locator("#chat .question")).to_contain_text("What was struck near Masra?")
    visitor.page.get_by_role("button", name="New chat").click()
    expect(visitor.page.locator("#chat .welcome")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.locator("#overview .glance")).to_be_visible()
    expect(visitor.page.locator("#chat .turn")).to_have_count(0)


def test_a_verdict_of_the_reader_becomes_a_case(visitor: Visitor, home: Path) -> None:
    visitor.ask("What was struck near Masra?")
    visitor.page.locator(".judge summary").click()
    visitor.page.get_by_label("What would be right?").fill("A research facility")
    visitor.page.get_by_role("button", name="Keep as a test case").click()
    expect(visitor.page.locator("#judged-1")).not_to_be_empty()
    assert "A research facility" in (home / "suites" / "feedback.jsonl").read_text("utf-8")


def test_the_words_behind_a_number_show_under_the_pointer_and_under_the_focus(visitor: Visitor) -> None:
    visitor.ask("What was struck near Masra?")
    marker = visitor.page.locator("#turn-1").get_by_role("link", name="Evidence 1").first
    peek = visitor.page.locator(".peek.near")
    marker.hover()
    expect(peek).to_contain_text("Aircraft struck a research facility")
    expect(peek).to_contain_text("Northern Wire")
    visitor.page.mouse.move(5, 5)
    expect(peek).to_have_count(0)
    marker.focus()
    expect(peek).to_be_in_viewport(ratio=1)


def test_a_conversation_is_kept_and_opens_again_after_a_restart(visitor: Visitor, home: Path) -> None:
    visitor.ask("Was anyone hurt that day?")
    assert any(kept.title == "Was anyone hurt that day?" for kept in ConversationStore(home).summaries())
    visitor.page.get_by_role("button", name="New chat").click()
    expect(visitor.page.locator("#chat .turn")).to_have_count(0)
    visitor.page.get_by_role("button", name="Conversations").click()
    visitor.page.get_by_role("button", name="Open: Was anyone hurt that day?").first.click()
    expect(visitor.page.locator("#chat .question")).to_contain_text("Was anyone hurt that day?")
    expect(visitor.page.locator("#turn-1 .conflict .quote")).to_have_count(2)
    visitor.ask("Who baked the cake?")
    (kept, *_) = ConversationStore(home).summaries("hurt that day")
    assert kept.turns == 2


def test_slash_goes_to_the_question_and_the_first_tab_stop_skips_to_it(visitor: Visitor) -> None:
    box = visitor.page.get_by_role("textbox", name="Your question")
    expect(box).to_be_focused()
    visitor.page.get_by_role("button", name="New chat").focus()
    visitor.page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")


def test_two_tabs_do_not_mix(visitor: Visitor, browser: Browser, address: str, pipeline: FakePipeline) -> None:
    other = Visitor(browser.new_page(), address)
    visitor.ask("What was struck near Masra?")
    other.ask("And was anyone hurt there?")
    assert pipeline.asked[-1] == ("And was anyone hurt there?", ())
    expect(other.page.locator("#chat .turn")).to_have_count(1)
    expect(visitor.page.locator("#chat .turn")).to_have_count(1)
    other.page.close()


def test_hostile_text_fetches_nothing_runs_nothing_and_can_be_read(visitor: Visitor, attacker: Attacker) -> None:
    visitor.ask("hostile")
    visitor.ask(f"hostile ![q]({attacker.address}/q) <img src={attacker.address}/i onerror=window.__x=0>")
    visitor.sees("Question 2")
    for summary in visitor.page.locator("summary:visible").all():
        summary.click()
    visitor.page.locator("#evidence-2-1").hover()
    visitor.page.wait_for_timeout(500)
    assert attacker.visits == []
    assert visitor.page.evaluate("window.__x") is None
    assert (
        visitor.page.locator(
            "#page :is(img, script, iframe:not([name=reader]), video, link, form, style, .chat svg)"
        ).count()
        == 0
    )
    visitor.sees("<script>window.__x=4</script>")
    visitor.sees("‹U+202E›esrever")
    assert visitor.complaints == [], "the content policy had nothing to stop"


def test_the_content_policy_stops_what_would_leave_the_page(visitor: Visitor, attacker: Attacker) -> None:
    visitor.page.evaluate(
        "a => { new Image().src = a + '/img'; fetch(a + '/fetch').catch(() => 0);"
        " navigator.sendBeacon(a + '/beacon'); const f = document.createElement('iframe'); f.src = a + '/frame';"
        " document.body.append(f); const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = a + '/css';"
        " document.head.append(l); }",
        attacker.address,
    )
    stopped = "Content Security Policy"
    assert eventually(visitor.page, lambda: any(stopped in complaint for complaint in visitor.complaints))
    assert attacker.visits == []


def test_the_page_asks_nothing_of_any_other_host(visitor: Visitor, address: str) -> None:
    visitor.ask("What was struck near Masra?")
    here = urlsplit(address).netloc
    assert visitor.requests
    assert [url for url in visitor.requests if urlsplit(url).netloc != here and not url.startswith("data:")] == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 700), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window(browser: Browser, address: str, width: int, height: int, scheme: str) -> None:
    dark = scheme == "dark"
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
    visitor = Visitor(page, address)
    visitor.ask("What was struck near Masra?")
    narrow = width <= 900
    expect(page.locator("#evidence-1-1")).to_be_visible(visible=not narrow)
    wide, tall = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert wide == width
    assert tall == height, "panes scroll, and the box stays at the bottom"
    expect(page.get_by_role("textbox", name="Your question")).to_be_in_viewport()
    ink = page.evaluate("getComputedStyle(document.querySelector('#chat .statement')).color.match(/\\d+/g).map(Number)")
    assert (sum(ink) > 380) == dark
    page.close()


def test_twenty_questions_typed_one_after_another_lose_no_keystroke(visitor: Visitor) -> None:
    visitor.page.get_by_role("textbox", name="Your question").focus()
    for number in range(1, 21):
        visitor.page.keyboard.type(f"What was struck, asks {number}?", delay=4)
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.type("And", delay=4)  # before there is an answer
        expect(visitor.page.locator("#chat .question").nth(number - 1)).to_contain_text(f"asks {number}?")
        expect(visitor.page.get_by_role("textbox", name="Your question")).to_have_value("And")
        for _ in "And":
            visitor.page.keyboard.press("Backspace")
    expect(visitor.page.locator("#chat .turn")).to_have_count(20)
