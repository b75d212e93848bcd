"""An answer as HTML: what is shown of it, and that nothing in it is ever live."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import IndexState, Source, Span
from rag.page import answer as page
from rag.page.evidence import evidence as evidence_of
from rag.page.html import safe
from rag.types import Citation, Filter, Filtering, Reason, Statement
from tests.fakes import FakePipeline

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
FETCHING = {
    "img",
    "script",
    "iframe",
    "link",
    "video",
    "audio",
    "source",
    "object",
    "embed",
    "form",
    "style",
    "svg",
    "base",
}


class Elements(HTMLParser):
    """Every element and every visible word of a piece of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


@dataclasses.dataclass(frozen=True)
class Shown:
    """One turn, rendered."""

    chat: str
    evidence: str


def ask(question: str) -> Shown:
    pipeline = FakePipeline()
    answer = pipeline.ask(question)
    return Shown(page.reply(1, answer, "default"), evidence_of(1, answer, pipeline.texts, "default"))


# --- rendering -------------------------------------------------------------------------------------------------


def test_each_statement_has_its_own_line_a_worded_verdict_and_a_link_to_its_card() -> None:
    chat = ask("What was struck?").chat
    assert chat.count("<li>") == 4
    for words in ("Supported", "Partly supported", "Not supported", "No source given"):
        assert words in chat
    assert '<a class="ref" href="#evidence-1-1" aria-label="Evidence 1">[1]</a>' in chat
    assert 'denied. <span class="cite"><a' in chat, "a label that the sentence does not print is added after it"
    assert "“denied” is not in [2]" in chat


def test_a_label_that_was_never_offered_is_no_link_and_is_told() -> None:
    chat = ask("What was struck?").chat
    assert 'href="#evidence-1-9"' not in chat
    assert "The answer cites [9], which no passage was offered under." in chat


def test_a_number_in_brackets_that_is_no_citation_stays_text() -> None:
    answer = FakePipeline().ask("What was struck?")
    answer = dataclasses.replace(answer, statements=(Statement("As footnote [3] says [1].", (1,), "supported"),))
    chat = page.reply(1, answer, "default")
    assert 'footnote [3] says <span class="cite"><a' in chat


def test_evidence_shows_the_whole_passage_with_the_quote_marked_and_everything_that_was_read() -> None:
    evidence = ask("What was struck?").evidence
    seen = Elements(evidence)
    for item in FakePipeline().ask("What was struck?").passages:
        assert item.passage.text in seen.words
        assert f'id="evidence-1-{item.label}"' in evidence
    assert "<mark>who blamed an electrical fault</mark>" in evidence
    assert "Northern Wire · A. Reporter · 7 September 2017" in evidence
    assert "The Herald · September 2017" in evidence
    assert "characters 80–157" in evidence
    assert "Also read, not cited" in evidence
    assert "Found by meaning #1 · wording #2" in evidence
    assert evidence.count('class="verbatim"') == 2


def test_a_stored_text_that_no_longer_holds_the_quote_is_told() -> None:
    pipeline = FakePipeline()
    pipeline.texts["wire"] = pipeline.texts["wire"].replace("Aircraft", "Helicopters")
    answer = FakePipeline().ask("What was struck?")
    evidence = evidence_of(1, answer, pipeline.texts, "default")
    assert "the stored text differs here" in evidence
    assert evidence.count('class="verbatim"') == 1


def test_quotes_of_one_passage_share_a_card_and_overlapping_marks_are_not_nested() -> None:
    answer = FakePipeline().ask("What was struck?")
    item = answer.passages[0]
    start, text = item.passage.start, item.passage.text
    spans = [Span(start, start + 14), Span(start + 9, start + 30), Span(start + 40, start + 50)]
    quotes = tuple(Citation(1, "supported", item.source, None, s, text[s.start - start : s.end - start]) for s in spans)
    evidence = evidence_of(1, dataclasses.replace(answer, citations=quotes), {}, "default")
    assert evidence.count('id="evidence-1-1"') == 1
    marked = re.findall("<mark>(.*?)</mark>", evidence)
    assert marked == [text[0:14], text[14:30], text[40:50]]


def test_a_quote_that_is_not_in_its_passage_is_shown_apart() -> None:
    answer = FakePipeline().ask("What was struck?")
    stray = Citation(1, "unsupported", answer.passages[0].source, None, Span(0, 5), "Stray")
    evidence = evidence_of(1, dataclasses.replace(answer, citations=(stray,)), {}, "default")
    assert '<blockquote dir="auto"><mark>Stray</mark></blockquote>' in evidence
    assert answer.passages[0].passage.text in evidence


def test_a_refusal_says_no_says_what_is_missing_and_shows_the_nearest_passages() -> None:
    turn = ask("Who baked the cake?")
    assert "No answer." in turn.chat
    assert "Your documents do not seem to hold an answer to this." in turn.chat
    assert "No passage speaks of cake or baking." in turn.chat
    assert 'href="#evidence-1"' in turn.chat
    assert "Nearest passages" in turn.evidence
    assert "<details" not in turn.evidence, "on a refusal nothing is folded away"


@pytest.mark.parametrize("reason", ["empty_index", "no_evidence", "model_declined", "unsupported", "error"])
def test_every_reason_is_told_in_words(reason: Reason) -> None:
    answer = dataclasses.replace(FakePipeline().ask("Who baked the cake?"), reason=reason, passages=())
    words = Elements(page.reply(1, answer, "default")).words
    assert len(words.split()) > 6
    assert reason not in words
    assert "No passage was found." in evidence_of(1, answer, {}, "default")


def test_a_withheld_draft_can_be_read() -> None:
    statements = (Statement("It was a cake [1].", (1,), "unsupported"),)
    answer = dataclasses.replace(FakePipeline().ask("Who baked the cake?"), reason="unsupported", statements=statements)
    chat = page.reply(1, answer, "default")
    assert "The draft that was withheld" in chat
    assert "It was a cake" in chat


def test_sources_that_differ_are_both_named() -> None:
    answer = dataclasses.replace(FakePipeline().ask("Was anyone hurt?"), statements=(), text="It is disputed.")
    words = Elements(page.reply(1, answer, "default")).words
    assert words.startswith("It is disputed.")
    assert "Compare the sources: how many were hurt" in words
    assert "Northern Wire, A. Reporter, 7 September 2017: Two soldiers were killed" in words
    assert "The Herald, September 2017: No one was hurt" in words


def test_a_statement_that_tells_a_side_stands_under_the_comparison_alone() -> None:
    answer = FakePipeline().ask("Was anyone hurt?")
    other = Statement("The power failed [3].", (3,), "partly")
    chat = page.reply(1, dataclasses.replace(answer, statements=(*answer.statements, other)), "default")
    words = Elements(chat).words
    assert words.index("The power failed") < words.index("Compare the sources")
    shown = [words.count(said) for said in ("Two soldiers were killed", "No one was hurt", "power failed")]
    assert shown == [2, 2, 1], "once as told, and once as the quote that its number shows"
    assert chat.count('class="badge supported"') == 2
    assert '<aside class="conflict"' in chat.split("power failed")[1]


@pytest.mark.parametrize("paths", [(), ("b.txt",), ("b.txt", "<img src=x>\u202e.txt", "d.txt", "e.txt", "f.txt")])
def test_the_other_paths_of_the_same_content_stand_beside_the_first(paths: tuple[str, ...]) -> None:
    answer = FakePipeline().ask("What was struck?")
    items = tuple(dataclasses.replace(p, source=dataclasses.replace(p.source, also=paths)) for p in answer.passages)
    quotes = tuple(dataclasses.replace(c, source=items[c.label - 1].source) for c in answer.citations)
    seen = Elements(evidence_of(1, dataclasses.replace(answer, passages=items, citations=quotes), {}, "default"))
    assert "img" not in seen.tags
    named = ", ".join(path.replace("\u202e", "‹U+202E›") for path in paths[:3])
    assert seen.words.count(f"also in {named}") == (len(items) if paths else 0)
    assert seen.words.count("and 2 more") == (len(items) if len(paths) > 3 else 0)
    assert seen.words.count("also in") == (len(items) if paths else 0)


def test_an_answer_to_half_a_question_says_which_half_is_missing() -> None:
    answer = dataclasses.replace(FakePipeline().ask("What was struck?"), missing="“who paid”: no one is named")
    assert "What is missing: “who paid”: no one is named" in Elements(page.reply(1, answer, "default")).words


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (IndexState("g", 2, 70), "2 files · 70 passages"),
        (IndexState("g", 1, 1), "1 file · 1 passage"),
        (IndexState("g", 1200, 45000), "1,200 files · 45,000 passages"),
        (IndexState("g", 0, 0), "Nothing indexed yet"),
    ],
)
def test_the_title_line_says_what_is_indexed(state: IndexState, line: str) -> None:
    assert page.indexed(state) == line


# --- hostile text ----------------------------------------------------------------------------------------------


def test_nothing_of_a_hostile_document_is_live() -> None:
    turn = ask("hostile")
    for markup in (turn.chat, turn.evidence):
        seen = Elements(markup)
        assert not FETCHING & set(seen.tags)
        assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style", "action")]
        assert all(
            (value or "").startswith(("#evidence-", "/document/default/"))
            for name, value in seen.attributes
            if name == "href"
        )
        assert not HIDDEN.search(seen.words)
    words = Elements(turn.evidence).words
    assert "<script>window.__x=4</script>" in words, "the text itself stays readable"
    assert "‹U+202E›esrever" in words
    assert "‹U+001B›[31mred" in words
    assert "zero‹U+200B›width ‹U+E0041›tag" in words
    assert "${window.__x=13} {{value}}" in words


@given(st.text())
def test_any_text_stays_text(text: str) -> None:
    told = safe(text)
    seen = Elements(told)
    assert not seen.tags
    assert not HIDDEN.search(seen.words)
    assert not re.search("[<>\"']", told)
    told.encode()
    if text.isprintable():
        assert seen.words == text


WORDS = st.text(st.characters(exclude_characters="["), max_size=80)


@given(WORDS, WORDS.filter(str.strip), WORDS)
def test_an_answer_of_any_text_writes_only_its_own_elements(text: str, name: str, question: str) -> None:
    def tags(text: str, name: str, question: str) -> list[str]:
        source = Source("d", name, "0" * 64, name, name, text, None)
        answer = dataclasses.replace(
            FakePipeline().ask("What was struck?"),
            standalone_question=f"As asked: {text}",
            statements=(Statement(text, (1, 2), "partly", name),),
            citations=(Citation(1, "supported", source, None, Span(0, len(text)), text),),
            filters=Filtering((Filter("outlet", name, "asked"), Filter("article", text, "set", text)), 1),
        )
        chat = page.asked(1, question, page.reply(1, answer, "default"))
        return Elements(chat + evidence_of(1, answer, {"d": text}, "default")).tags

    text = f"x{text}x"
    assert tags(text, name, question) == tags("a" * len(text), "a", "a")


def test_what_a_model_wrote_and_was_withheld_can_be_read() -> None:
    invented = Statement("Two planes fell into the sea [7].", (7,), "unsupported")
    answer = dataclasses.replace(FakePipeline().ask("What was struck?"), withheld=(invented,))
    chat = page.reply(1, answer, "default")
    assert "What the model wrote, and was withheld" in chat
    assert "Two planes fell into the sea" in chat.split("withheld")[1]


def test_a_citation_that_is_not_the_model_s_is_told_and_what_does_not_stand_is_told_in_a_copy_too() -> None:
    answer = FakePipeline().ask("What was struck?")
    moved = Statement("Ferries sank.", (1,), "supported", attached=True, instead_of=(2,))
    wrong = Statement("Whales sang.", (2,), "unsupported", "the passage does not say this")
    answer = dataclasses.replace(answer, text="Ferries sank [2]. Whales sang [2].", statements=(moved, wrong))
    words = Elements(page.reply(1, answer, "default")).words
    assert "written under [2], where not all of it stands; this source was found for it" in words
    copied = page.as_text(answer)
    assert "\nFerries sank. [1]\n" in copied
    assert "\nWhales sang. [2] (not supported; the passage does not say this)\n" in copied
    assert all(citation.quote in copied for citation in answer.citations)
