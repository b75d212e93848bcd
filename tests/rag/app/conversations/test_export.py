"""What leaves as a file: every exact word, and nothing that is live."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.types import Source, Span
from rag.app.conversations.export import as_markdown, as_object, exact, fenced, inline, visible
from rag.app.conversations.store import StoredConversation, StoredTurn, Summary
from rag.contract import as_json
from rag.types import Answer, Citation, Conflict, Side, Statement
from tests.fakes import FakePipeline

ATTACKER = "http://attacker.example"
ANYTHING = st.text(st.characters(), max_size=80)
NASTY = st.text(st.sampled_from("`~\n\t #>-+*_[]()!<>&\\|.:/@${}‹›U+001B\r\x1b\x00\u2028\u202e\ud800ab1"), max_size=40)


def kept(*asked: tuple[str, Answer], title: str = "News") -> StoredConversation:
    turns = tuple(
        StoredTurn(number, "2026-01-02T03:04:05.000000+00:00", question, as_json(answer))
        for number, (question, answer) in enumerate(asked, start=1)
    )
    summary = Summary(
        "0123abcd", title, "default", "2026-01-01T00:00:00+00:00", "2026-01-02T03:04:05+00:00", len(turns)
    )
    return StoredConversation(summary, turns)


def asked(*questions: str) -> StoredConversation:
    pipeline = FakePipeline(ATTACKER)
    return kept(*((question, pipeline.ask(question)) for question in questions))


def tokens(markdown: str) -> list[Token]:
    """Every token of what a reader of Markdown makes of it, with HTML, tables and links by their look allowed."""
    found: list[Token] = []
    waiting = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)
    while waiting:
        token = waiting.pop(0)
        found.append(token)
        waiting = list(token.children or ()) + waiting
    return found


def fences(markdown: str) -> list[str]:
    """The exact words of each fence."""
    return [exact(token.content.removesuffix("\n")) for token in tokens(markdown) if token.type == "fence"]


def words(markdown: str) -> str:
    """What is read outside the fences."""
    shown = [token for token in tokens(markdown) if not token.children and not token.type.startswith("strong")]
    return "".join(token.content if token.type == "text" else "\n" for token in shown)


def is_harmless(markdown: str) -> None:
    live = {"image", "link_open", "html_inline", "html_block", "code_inline", "code_block", "table_open", "s_open",
            "em_open", "blockquote_open", "ordered_list_open", "hr"}  # fmt: skip
    assert not live & {token.type for token in tokens(markdown)}
    for char in markdown:
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"), repr(char)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\U000e0000-\U000e007f]", markdown)
    markdown.encode()


def test_an_answer_is_told_with_each_verdict_and_where_its_words_stand() -> None:
    markdown = as_markdown(asked("What was struck?"))
    read = words(markdown)
    assert markdown.startswith("# News\n\nConversation 0123abcd over the collection default, begun 2026-01-01T00")
    assert "1. What was struck?" in read
    for verdict in ("supported:", "partly supported:", "contradicted:", "not supported:", "no source:"):
        assert verdict in read
    assert "note: “denied” is not in [2]" in read
    assert "No passage was offered under [9]." in read
    answer = FakePipeline().ask("What was struck?")
    for citation in answer.citations:
        assert citation.source.sha256 in read
        assert f"characters {citation.span.start}-{citation.span.end}" in read
        assert f"file: {citation.source.path}" in read
    assert "outlet: Northern Wire, author: A. Reporter, date: 2017-09-07, article: Strike near" in read
    assert fences(markdown) == [citation.quote for citation in (*answer.citations, *answer.quotes)]
    assert "Masra early on Thursday [1]. [1] (checked against [1] characters 80-157)" in read
    assert "The words that the sentences were checked against" in read
    assert "The sources’ own words" in read
    assert "The words that answer: a research facility near the town of Masra" in read
    assert "Also read" in read
    assert "settings 000000000000, index generation g1" in read


def test_a_refusal_says_what_was_missing_and_shows_the_nearest_passages() -> None:
    markdown = as_markdown(asked("Who baked the cake?"))
    read = words(markdown)
    assert "No answer: Nothing in the passages speaks of “cake”." in read
    answer = FakePipeline().ask("Who baked the cake?")
    assert fences(markdown) == [answer.quotes[0].quote, *(item.passage.text for item in answer.passages[1:])]


def test_what_may_answer_says_so() -> None:
    read = words(as_markdown(asked("Where did the power fail?")))
    assert "May answer: The nearest words; look whether they answer you." in read
    assert "word for word." in read


def test_a_quote_is_told_under_its_heading_and_a_row_under_its_heads() -> None:
    markdown = as_markdown(asked("How long is the notice?", "What is the fare in zone 2?"))
    read = words(markdown)
    assert "under: 7. Ending the lease, file: home/lease.docx" in read
    assert "The words that answer: eight weeks'" in read
    assert "Zone: 2" in read
    assert "Single: 2.60" in read
    assert fences(markdown) == [
        "Either side may end this lease with eight weeks' notice in writing.",
        "2,2.60,5.90,2024-01-01",
    ]


def test_sources_that_differ_are_told_side_by_side() -> None:
    markdown = as_markdown(asked("Was anyone hurt?"))
    assert "About: how many were hurt" in words(markdown)
    assert {"Two soldiers were killed", "No one was hurt"} <= set(fences(markdown))


def test_a_page_a_model_and_a_follow_up_are_told() -> None:
    answer = FakePipeline().ask("What was struck?")
    cited = tuple(replace(citation, page=7) for citation in answer.citations)
    answer = replace(
        answer, citations=cited, answerer="llm", model="qwen", standalone_question="What was struck, then?"
    )
    read = words(as_markdown(kept(("And what?", answer))))
    assert "page: 7" in read
    assert "Answered by: llm, model qwen" in read
    assert "Read as: What was struck, then?" in read
    assert "1. And what?" in read


def test_a_conversation_without_turns_is_a_heading() -> None:
    assert as_markdown(kept(title="")).startswith("# Untitled\n\nConversation 0123abcd")


def test_json_is_the_contract_unchanged_with_what_the_conversation_is() -> None:
    pipeline = FakePipeline()
    answers = [pipeline.ask(question) for question in ("What was struck?", "Who baked the cake?", "hostile")]
    told = json.loads(json.dumps(as_object(kept(*(("typed \ud800\x00", answer) for answer in answers)))))
    assert (told["id"], told["title"], told["collection"]) == ("0123abcd", "News", "default")
    assert [turn["answer"] for turn in told["turns"]] == json.loads(json.dumps([as_json(answer) for answer in answers]))
    assert [turn["number"] for turn in told["turns"]] == [1, 2, 3]
    assert {turn["question"] for turn in told["turns"]} == {"typed \ud800\x00"}


# Hostile text


def test_nothing_of_a_hostile_document_is_live() -> None:
    conversation = asked("hostile ![x](http://attacker.example/q) <script>1</script>")
    markdown = as_markdown(replace(conversation, summary=replace(conversation.summary, title=f"![t]({ATTACKER}) <b>")))
    is_harmless(markdown)
    answer = FakePipeline(ATTACKER).ask("hostile")
    assert answer.citations[0].quote in fences(markdown)
    assert "<script>window.__x=2</script>" in words(markdown), "it is read as text"


@pytest.mark.parametrize(
    "text", ["```", "````\n```", "~~~", "a\n```\n# out\n```", "```text", "`" * 40, " ```", "\t```"]
)
def test_no_quote_closes_its_fence(text: str) -> None:
    assert fences(f"before\n\n{fenced(text)}\n\nafter `` ` ``") == [text]


@pytest.mark.parametrize(
    "text",
    ["http://a.example", "www.a.example", "a.example/x", "mailto:a@b.example", "[a]: http://x", "javascript:alert(1)",
     "&lt;b&gt;", "&#60;b>", "\\", "a\\", "1. a", "- a", "> a", "# a", "===", "* * *", "| a | b |", "~~a~~", "$$a$$",
     "{{ a }}", "{% a %}", "[^1]", "<!-- a", "<a@b.example>", "a  \nb", "    a", "***a***", "__a__"],
)  # fmt: skip
def test_a_line_is_read_as_it_was_typed(text: str) -> None:
    markdown = f"# x {inline(text)}\n\nx: {inline(text)}\n\n- **x:** {inline(text)}\n"
    is_harmless(markdown)
    assert words(markdown).count(" ".join(text.split())) == 3


@given(st.one_of(ANYTHING, NASTY))
def test_any_text_becomes_a_fence_that_holds_it_exactly(text: str) -> None:
    markdown = f"before\n\n{fenced(text)}\n\n{fenced('after')}\n"
    is_harmless(markdown)
    assert fences(markdown) == [text, "after"]


@given(st.one_of(ANYTHING, NASTY))
def test_any_text_becomes_one_line_that_reads_as_it(text: str) -> None:
    markdown = f"x: {inline(text)}.\n\n- **x:** {inline(text)}\n"
    is_harmless(markdown)
    read = exact(words(markdown))
    assert f"x: {' '.join(text.split())}." in read


@given(st.one_of(ANYTHING, NASTY))
def test_what_is_made_visible_can_be_read_back(text: str) -> None:
    assert exact(visible(text)) == text


@given(quote=st.one_of(ANYTHING, NASTY), other=st.one_of(ANYTHING, NASTY))
@settings(max_examples=60)
def test_every_exact_word_survives_whatever_else_the_documents_say(quote: str, other: str) -> None:
    source = Source("d", other or "p", "a" * 64, other, other, other, other, (other,))
    whole = FakePipeline().ask("Was anyone hurt?")
    span = Span(3, 3 + len(quote))
    citation = Citation(1, "partly", source, None, span, quote, (other,), span, ((other, quote), (quote, other)))
    answer = replace(
        whole,
        text=other,
        standalone_question=other,
        missing=other,
        model=other,
        statements=(Statement(other, (1,), "partly", other),),
        citations=(citation, replace(citation, label=2)),
        conflicts=(Conflict(other, (Side(1, quote), Side(2, other))),),
    )
    markdown = as_markdown(kept((other, answer), title=other))
    is_harmless(markdown)
    assert fences(markdown) == [quote, other, quote, quote]
