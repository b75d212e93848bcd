"""An answer as HTML: what is shown of it, and that nothing in it is ever live."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import IndexState, Source, Span
from rag.app.page import answer as page
from rag.app.page.evidence import evidence as evidence_of
from rag.app.page.html import safe
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


def test_each_written_sentence_has_its_verdict_and_the_words_it_was_checked_against() -> None:
    chat = ask("What was struck?").chat
    written = chat.split('class="own"')[0]
    assert written.count("<li>") == 5
    for words in ("Supported", "Partly supported", "Contradicted", "Not supported", "No source"):
        assert f"</span> {words}</span>" in written
    assert '<a class="ref" href="#evidence-1-1" aria-label="Evidence 1">[1]</a>' in chat
    assert 'denied. <span class="cite"><a' in chat, "a label that the sentence does not print is added after it"
    assert "“denied” is not in [2]" in chat
    against = [line.split("</p>")[0] for line in written.split('class="against"')[1:]]
    quoted = [re.findall('<q dir="auto">([^<]*)</q> <a class="open"', line)[-1] for line in against]
    assert quoted == [
        "Aircraft struck a research facility near the town of Masra early on Thursday.",
        "who blamed an electrical fault",
        "No one was hurt",
        "Two soldiers were killed",
    ]
    assert "written without a source; [1] says it" in written


def test_beside_what_a_model_wrote_stand_the_sources_own_words() -> None:
    chat = ask("What was struck?").chat
    own = chat.split('class="own"')[1]
    assert "The sources’ own words" in own
    assert "Aircraft struck <strong>a research facility near the town of Masra</strong> early on Thursday." in own
    assert "Written by a-small-model" in chat


def test_a_quote_is_word_for_word_and_carries_no_verdict() -> None:
    turn = ask("How long is the notice?")
    words = Elements(turn.chat).words
    assert "Quoted word for word" in words
    assert 'class="badge' not in turn.chat
    assert '<p class="heading" dir="auto">7. Ending the lease</p><blockquote' in turn.chat
    assert "Either side may end this lease with <strong>eight weeks&#x27;</strong> notice in writing." in turn.chat
    assert "Lease of Flat 4, Mill Lane, 1 March 2023" in words
    assert "Word for word" in turn.evidence
    assert "<mark>Either side may end this lease with <strong>eight weeks&#x27;</strong> notice" in turn.evidence
    for markup in (turn.chat, turn.evidence):
        assert "Supported" not in markup


def test_a_row_of_a_table_stands_under_its_heads() -> None:
    turn = ask("What is the fare in zone 2?")
    cells = re.findall('<dt dir="auto">(.*?)</dt><dd dir="auto">(.*?)</dd>', turn.chat)
    assert cells == [
        ("Zone", "2"),
        ("Single", "<strong>2.60</strong>"),
        ("Day ticket", "5.90"),
        ("Valid from", "2024-01-01"),
    ]
    assert "<mark>2,<strong>2.60</strong>,5.90,2024-01-01</mark>" in turn.evidence
    assert "Zone,Single,Day ticket,Valid from" in Elements(turn.evidence).words


def test_a_row_of_very_many_cells_is_cut_and_says_so() -> None:
    answer = FakePipeline().ask("What is the fare in zone 2?")
    wide = dataclasses.replace(answer.citations[0], cells=tuple((f"h{n}", str(n)) for n in range(300)))
    chat = page.reply(1, dataclasses.replace(answer, citations=(wide,)), "default")
    assert chat.count("<dt ") == 24
    assert "and 276 more cells of this row, under Evidence" in chat


def test_what_may_answer_says_so_and_nothing_more() -> None:
    turn = ask("Where did the power fail?")
    words = Elements(turn.chat).words
    assert words.startswith("The nearest words; look whether they answer you.")
    assert "<strong>in the eastern districts</strong>" in turn.chat
    assert "No answer" not in words
    assert page.as_text(FakePipeline().ask("Where did the power fail?")).splitlines()[2:3] == [
        "The nearest words; look whether they answer you."
    ]


@pytest.mark.parametrize(
    ("reason", "told"), [("unsupported", "Nothing of what the model wrote"), (None, "Not all of what the model wrote")]
)
def test_what_a_model_wrote_that_may_answer_is_shown_whole(reason: Reason | None, told: str) -> None:
    answer = dataclasses.replace(FakePipeline().ask("What was struck?"), status="may_answer", reason=reason)
    chat = page.reply(1, answer, "default")
    words = Elements(chat).words
    assert words.startswith(f"{told} stands on the passages. The nearest words; look whether they answer you.")
    assert chat.split('class="own"')[0].count("<li>") == 5


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
    assert "<bdi>Northern Wire</bdi> · <bdi>A. Reporter</bdi> · 7 September 2017" in evidence
    assert "<bdi>The Herald</bdi> · September 2017" in evidence
    assert "Also read, not cited" in evidence
    assert "Found by meaning #1 · wording #2" in evidence
    assert evidence.count('class="verbatim"') == 2
    assert "characters 80–157 ·" in evidence, "a place that is cited and quoted is told once"


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
    evidence = evidence_of(1, dataclasses.replace(answer, citations=quotes, quotes=()), {}, "default")
    assert evidence.count('id="evidence-1-1"') == 1
    marked = re.findall("<mark>(.*?)</mark>", evidence)
    assert marked == [text[0:14], text[14:30], text[40:50]]


def test_a_heading_that_is_the_title_stands_once_on_a_card() -> None:
    answer = FakePipeline().ask("What was struck?")
    item = answer.passages[0]
    for headings, times in (((item.source.title or "",), 0), (("Chapter 1", "Depots"), 1)):
        passages = (dataclasses.replace(item, headings=headings), *answer.passages[1:])
        card = evidence_of(1, dataclasses.replace(answer, passages=passages), {}, "default").split("</article>")[0]
        assert card.count('class="heading"') == times


def test_a_quote_that_is_not_in_its_passage_is_shown_apart() -> None:
    answer = FakePipeline().ask("What was struck?")
    stray = Citation(1, "unsupported", answer.passages[0].source, None, Span(0, 5), "Stray")
    evidence = evidence_of(1, dataclasses.replace(answer, citations=(stray,), quotes=()), {}, "default")
    assert '<blockquote dir="auto"><mark>Stray</mark></blockquote>' in evidence
    assert answer.passages[0].passage.text in evidence


def test_a_refusal_names_the_term_that_is_missing_and_shows_the_nearest_words() -> None:
    turn = ask("Who baked the cake?")
    words = Elements(turn.chat).words
    assert words.startswith("No answer. Nothing in the passages speaks of “cake”.")
    assert 'href="#evidence-1"' in turn.chat
    assert "The nearest words" in turn.chat.split("passages that come nearest")[1]
    assert "Two soldiers were killed, the army said in a statement." in words
    assert "Also near" in turn.evidence
    assert '<details class="others"' not in turn.evidence, "on a refusal nothing is folded away"


def test_a_refusal_without_a_missing_term_only_says_that_the_documents_do_not_seem_to_hold_it() -> None:
    answer = FakePipeline().ask("What is the boiling point of mercury?")
    words = Elements(page.reply(1, answer, "default")).words
    assert words.startswith("No answer. The documents do not seem to hold an answer to this.The passages")
    assert page.as_text(answer).splitlines()[2] == "No answer. The documents do not seem to hold an answer to this."


def test_where_no_document_passes_the_filters_that_is_the_sentence() -> None:
    none = Filtering((Filter("outlet", "Forbes", "set"),), 0)
    for missing, told in ((None, "No document passes the filters."), ("nothing is by Forbes", "Nothing is by Forbes.")):
        answer = dataclasses.replace(FakePipeline().ask("Who baked the cake?"), filters=none, missing=missing)
        assert Elements(page.reply(1, answer, "default")).words.startswith(f"No answer. {told}")


@pytest.mark.parametrize("reason", ["empty_index", "no_evidence", "model_declined", "unsupported", "error"])
def test_every_reason_is_told_in_words(reason: Reason) -> None:
    answer = dataclasses.replace(FakePipeline().ask("Who baked the cake?"), reason=reason, passages=())
    words = Elements(page.reply(1, answer, "default")).words
    assert len(words.split()) > 6
    assert reason not in words
    assert "No passage was found." in evidence_of(1, answer, {}, "default")


def test_what_was_written_is_shown_on_a_refusal_too() -> None:
    statements = (Statement("It was a cake [1].", (1,), "unsupported"),)
    answer = dataclasses.replace(FakePipeline().ask("Who baked the cake?"), reason="unsupported", statements=statements)
    chat = page.reply(1, answer, "default")
    assert "It was a cake" in chat
    assert "Not supported" in chat
    assert '<details class="draft"' not in chat


def test_sources_that_differ_are_both_named() -> None:
    answer = FakePipeline().ask("Was anyone hurt?")
    answer = dataclasses.replace(answer, statements=(), citations=(), text="It is disputed.")
    words = Elements(page.reply(1, answer, "default")).words
    assert words.startswith("It is disputed.")
    assert "Compare the sources: how many were hurt" in words
    assert "Northern Wire, A. Reporter, 7 September 2017: Two soldiers were killed" in words
    assert "The Herald, September 2017: No one was hurt" in words


def test_a_quote_that_is_a_side_stands_under_the_comparison_alone() -> None:
    pipeline = FakePipeline()
    answer = pipeline.ask("Was anyone hurt?")
    other = pipeline.ask("Where did the power fail?").citations
    chat = page.reply(1, dataclasses.replace(answer, citations=(*answer.citations, *other)), "default")
    quoted = re.findall("<blockquote[^>]*>(.*?)</blockquote>", chat)
    assert [re.sub("<.*?>", "", words) for words in quoted] == [
        "the power failed in the eastern districts",
        "Two soldiers were killed",
        "No one was hurt",
    ]
    assert chat.index("the power failed") < chat.index('<aside class="conflict"') < chat.index("Two soldiers</strong>")


@pytest.mark.parametrize("paths", [(), ("b.txt",), ("b.txt", "<img src=x>\u202e.txt", "d.txt", "e.txt", "f.txt")])
def test_the_other_paths_of_the_same_content_stand_beside_the_first(paths: tuple[str, ...]) -> None:
    answer = FakePipeline().ask("What was struck?")
    items = tuple(dataclasses.replace(p, source=dataclasses.replace(p.source, also=paths)) for p in answer.passages)
    cited = tuple(dataclasses.replace(c, source=items[c.label - 1].source) for c in answer.citations)
    answer = dataclasses.replace(answer, passages=items, citations=cited, quotes=())
    seen = Elements(evidence_of(1, answer, {}, "default"))
    assert "img" not in seen.tags
    named = ", ".join(path.replace("\u202e", "‹U+202E›") for path in paths[:3])
    assert seen.words.count(f"also in {named}") == (len(items) if paths else 0)
    assert seen.words.count("and 2 more") == (len(items) if len(paths) > 3 else 0)
    assert seen.words.count("also in") == (len(items) if paths else 0)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (IndexState("g", 2, 70), "2 documents · 70 passages"),
        (IndexState("g", 1, 1), "1 document · 1 passage"),
        (IndexState("g", 1200, 45000), "1,200 documents · 45,000 passages"),
        (IndexState("g", 0, 0), "No documents yet"),
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
            statements=(Statement(text, (1, 2), "partly", name, ((1, Span(80, 90)),)),),
            citations=(Citation(1, "supported", source, None, Span(0, len(text)), text),),
            quotes=(
                Citation(1, "quoted", source, None, Span(0, len(text)), text, (name, text), Span(0, 1)),
                Citation(2, "quoted", source, None, Span(0, 9), text, (), Span(0, 1), ((name, text), (text, text))),
            ),
            filters=Filtering((Filter("outlet", name, "asked"), Filter("article", text, "set", text)), 1),
        )
        chat = page.turn(1, question, page.reply(1, answer, "default"))
        return Elements(chat + evidence_of(1, answer, {"d": text}, "default")).tags

    text = f"x{text}x"
    assert tags(text, name, question) == tags("a" * len(text), "a", "a")


def test_what_does_not_stand_is_told_in_a_copy_too() -> None:
    answer = FakePipeline().ask("What was struck?")
    copied = page.as_text(answer)
    assert "\nOne person was hurt at the plant [2]. (contradicted; “one” against “no one”)\n" in copied
    assert "Masra early on Thursday [1].\n" in copied
    assert all(citation.quote in copied for citation in (*answer.citations, *answer.quotes))


def test_a_copied_quote_stands_once_with_its_headings_and_its_place() -> None:
    copied = page.as_text(FakePipeline().ask("How long is the notice?"))
    assert copied.splitlines() == [
        "How long is the notice?",
        "",
        "[1] Lease of Flat 4, Mill Lane, 1 March 2023: “Either side may end this lease with eight weeks' notice in "
        "writing.” (7. Ending the lease, home/lease.docx, characters 163-230)",
    ]
