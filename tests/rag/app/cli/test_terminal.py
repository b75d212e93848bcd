"""What reaches a terminal, and what never does."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Passage, Remark, Report, Skipped, Source, Span
from rag.app.cli.indexed import show_report
from rag.app.cli.terminal import Terminal, one_line, safe, shorten
from rag.types import Answer, Citation, Conflict, IndexState, Ranks, RetrievedPassage, Side, Statement
from tests.fakes import FakePipeline

HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202egnp.exe\u2066\r\x00\ud800 [bold red]markup[/bold red] :smile: \U000e0041"
)
TEXT = "Israel struck a facility near Masyaf. Syria denied it."


def source(text: str = "") -> Source:
    return Source(
        "d1", f"news/a{text}.txt", "0" * 64, f"A title{text}", f"The Post{text}", f"Ann Author{text}", "2017-09-07"
    )


def passage(label: int = 1, text: str = TEXT, origin: Source | None = None) -> RetrievedPassage:
    kept = Passage(f"d{label}:0-{len(text)}", f"d{label}", 0, 0, len(text), text)
    return RetrievedPassage(label, kept, origin or source(), 0.5, Ranks(dense=2, lexical=None))


def answer(hostile: str = "") -> Answer:
    """What a model wrote, with the sources' own words beside it."""
    said = f"Israel struck a facility{hostile}"
    quoted = Citation(1, "quoted", source(hostile), None, Span(0, 24), said, (f"News{hostile}",), Span(0, 6))
    return Answer(
        question=f"Who struck?{hostile}",
        standalone_question=f"Who struck?{hostile}",
        status="answered",
        probability=0.9,
        reason=None,
        text=f"{said} [1].",
        statements=(
            Statement(f"{said} [1].", (1,), "supported", "", ((1, Span(0, 24)),)),
            Statement("More.", (), "uncited", f"a note{hostile}"),
        ),
        citations=(Citation(1, "supported", source(hostile), None, Span(0, 24), said),),
        passages=(passage(1), passage(2, TEXT + hostile, source(hostile))),
        conflicts=(Conflict(f"who did it{hostile}", (Side(1, f"Israel{hostile}"), Side(2, "nobody"))),),
        answerer="llm",
        model=f"some-model{hostile}",
        settings_fingerprint="f" * 12,
        index=IndexState("000001-ab", 2, 9),
        timings_ms={"total": 1.0},
        unknown_labels=(7,),
        quotes=(quoted, replace(quoted, span=Span(30, 40), cells=((f"Head{hostile}", said), ("Of", "it")))),
    )


def refusal(hostile: str = "") -> Answer:
    return replace(
        answer(hostile),
        status="refused",
        reason="no_evidence",
        statements=(),
        citations=(),
        quotes=(),
        missing=f"cake{hostile}",
        unknown_labels=(),
        conflicts=(),
    )


def shown(told: Answer, *, screen: bool = False) -> str:
    file = io.StringIO()
    Terminal(file, screen=screen).answer(told)
    return file.getvalue()


def steers(text: str) -> list[str]:
    """The characters of `text` that a terminal would act upon."""
    return [
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Cs") and c != "\n") or c in "\u202a\u202b\u202d\u202e\u2066"
    ]


@given(st.text(st.characters(codec=None)))
def test_safe_text_steers_nothing_and_keeps_its_length(text: str) -> None:
    made = safe(text)
    assert len(made) == len(text)
    assert not steers(made.replace("\t", ""))
    assert safe(made) == made


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp"))))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_what_was_there_is_still_to_be_seen() -> None:
    assert safe("a\x1b[0m\x7f\x9b") == "a␛[0m␡\ufffd"


def test_joiners_and_marks_of_real_scripts_are_kept() -> None:
    family = "\U0001f468\u200d\U0001f469"
    assert safe(family + "مى\u200cخواهم") == family + "مى\u200cخواهم"


def test_one_line_holds_no_line_break() -> None:
    assert one_line("a\r\nb\n\n c\td\u2028e\x85f") == "a b c d e f"


@given(st.text(), st.integers(3, 60))
def test_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@pytest.mark.parametrize("told", [answer(HOSTILE), refusal(HOSTILE)], ids=["answered", "refused"])
def test_hostile_text_reaches_no_terminal(told: Answer) -> None:
    text = shown(told)
    assert steers(text) == []
    assert "[bold red]markup[/bold red] :smile:" in text


def test_on_a_screen_the_only_escapes_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    text = shown(answer("\x1b]8;;http://evil.example\x1b\\\x9b5n"), screen=True)
    assert "\x1b[" in text
    assert "\x1b]" not in text
    assert "\x1b\\" not in text
    assert "\x9b" not in text


def test_what_a_model_wrote_shows_verdicts_the_words_checked_and_the_sources_own() -> None:
    text = shown(answer())
    assert "Answered from 2 passages of 1 document, written by some-model" in text
    assert "  ✓ Israel struck a facility [1].\n    [1] “Israel struck a facility” news/a.txt:0-24\n" in text
    assert "  ○ More.  (no source)\n    a note\n" in text
    assert "[7]: no passage was offered under this number." in text
    assert "\n\nThe sources’ own words\n      News\n  [1] “Israel struck a facility”\n" in text
    assert "The Post, Ann Author, 2017-09-07, A title, news/a.txt:0-24" in text
    assert "Compare the sources: who did it\n  [1] Israel\n  [2] nobody\n" in text
    assert "\n\nAlso read\n  [2] The Post, Ann Author, 2017-09-07, A title\n" in text


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        (
            "How long is the notice?",
            ["Answered from 2 passages of 1 document, quoted word for word", "      7. Ending the lease",
             "  [1] “Either side may end this lease with eight weeks' notice in writing.”",
             "      2023-03-01, Lease of Flat 4, Mill Lane, home/lease.docx:163-230"],
        ),
        (
            "What is the fare in zone 2?",
            ["Answered from 1 passage of 1 document, quoted word for word",
             "  [1] Zone: 2; Single: 2.60; Day ticket: 5.90; Valid from: 2024-01-01", "      “2,2.60,5.90,2024-01-01”"],
        ),
        (
            "Where did the power fail?",
            ["The nearest words; look whether they answer you.", "  [3] “the power failed in the eastern districts”"],
        ),
    ],
)  # fmt: skip
def test_a_quote_is_shown_word_for_word_and_without_a_verdict(question: str, lines: list[str]) -> None:
    text = shown(FakePipeline().ask(question))
    assert text.splitlines()[: len(lines)] == lines
    assert not any(sign in text for sign in "✓◐✕○≠")


@pytest.mark.parametrize(
    ("question", "answering"), [("How long is the notice?", "eight weeks'"), ("What is the fare in zone 2?", "2.60")]
)
def test_the_words_that_answer_are_bold_on_a_screen(
    question: str, answering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    assert f"\x1b[1m{answering}\x1b[0m" in shown(FakePipeline().ask(question), screen=True)


def test_a_quote_that_is_a_side_stands_under_the_comparison_alone() -> None:
    text = shown(FakePipeline().ask("Was anyone hurt?"))
    assert "\n\nCompare the sources: how many were hurt\n  [1] “Two soldiers were killed”\n" in text
    assert [text.count(words) for words in ("Two soldiers", "No one was hurt")] == [1, 1]


@pytest.mark.parametrize(("headings", "above"), [(("A title",), []), (("A title", "Fares"), ["A title › Fares"])])
def test_a_title_stands_beside_its_quote_once(headings: tuple[str, ...], above: list[str]) -> None:
    quote = Citation(1, "quoted", source(), None, Span(0, 24), TEXT[:24], headings)
    lines = shown(replace(answer(), statements=(), answerer="quotes", citations=(quote,), conflicts=())).splitlines()
    at = next(number for number, line in enumerate(lines) if TEXT[:24] in line)
    assert [line.strip() for line in lines[:at] if "A title" in line] == above
    assert "A title" in lines[at + 1]


def test_every_verdict_is_told_in_words() -> None:
    text = shown(FakePipeline().ask("What was struck?"))
    for words in ("(partly supported)", "(contradicted)", "(not supported)", "(no source)"):
        assert words in text


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("b.txt",), "news/a.txt:0-24, also in b.txt\n"),
        (("b.txt", "c\x1b[2J.txt", "d.txt"), "also in b.txt, c␛[2J.txt, d.txt\n"),
        (("b", "c", "d", "e", "f"), "also in b, c, d and 2 more\n"),
    ],
)
def test_the_other_paths_of_the_same_content_are_named(paths: tuple[str, ...], told: str) -> None:
    quote = replace(answer().quotes[0], source=replace(source(), also=paths))
    assert told in shown(replace(answer(), quotes=(quote,)))
    copied = replace(answer().passages[0], also_in=paths)
    assert told in shown(replace(answer(), passages=(copied,)))
    assert "also in" not in shown(answer())


def test_passages_of_one_article_are_named_once() -> None:
    text = shown(replace(answer(), passages=tuple(passage(n) for n in (1, 2, 3))))
    assert "Also read\n  [2] [3] The Post, Ann Author, 2017-09-07, A title\n" in text


def test_a_refusal_names_what_is_missing_and_shows_the_nearest_passages() -> None:
    text = shown(refusal())
    assert text.startswith("No answer. Nothing in the passages speaks of “cake”.\n\nThe nearest passages\n")
    assert f"The nearest passages\n  [1] {TEXT}\n" in text
    assert "news/a.txt:0-54" in text
    assert "Also read" not in text
    plain = shown(replace(refusal(), missing=None))
    assert plain.startswith("No answer. The documents do not seem to hold an answer to this.\n")


def test_a_refusal_shows_the_nearest_words_and_what_else_is_near() -> None:
    text = shown(FakePipeline().ask("Who baked the cake?"))
    assert "\n\nThe nearest words\n  [1] “Two soldiers were killed, the army said in a statement.”\n" in text
    assert "\n\nAlso near\n  [2] A fire broke out" in text


def test_a_follow_up_shows_how_it_was_read() -> None:
    assert "Read as: Who struck Masyaf?" in shown(replace(answer(), standalone_question="Who struck Masyaf?"))
    assert "Read as" not in shown(answer())


def test_lines_are_whole_in_a_pipe_and_folded_on_a_screen() -> None:
    long = replace(answer(), quotes=(replace(answer().quotes[0], quote="word " * 60 + "end"),))
    piped, screen = shown(long).splitlines(), shown(long, screen=True).splitlines()
    assert any("word word" in line and "end" in line for line in piped)
    assert max(len(line) for line in piped) > 300
    assert sum("word word" in line for line in screen) > 1


def test_json_is_one_line_of_ascii_that_reads_back() -> None:
    file = io.StringIO()
    Terminal(file).json({"text": HOSTILE + "é" * 500})
    written = file.getvalue()
    assert written.endswith("\n")
    assert written.count("\n") == 1
    assert written.isascii()
    assert not steers(written)
    assert json.loads(written) == {"text": HOSTILE + "é" * 500}


def test_a_report_names_every_file_left_out() -> None:
    report = Report(
        generation="000002-cd",
        files={"new": 2, "deleted": 0, "kept": 1},
        skipped=(Skipped("bad\x1b[31m.pdf", "no text layer"), Skipped("b" * 120, "too [bold]large[/bold]")),
        documents=3,
        articles=5,
        passages=1200,
        embedded=200,
        reused=1000,
        seconds={"read": 0.1, "total": 2.0},
        remarks=(Remark("page.html", "7 hidden characters left out"),),
        hidden=7,
    )
    file = io.StringIO()
    show_report(report, Terminal(file), Path("report.json"))
    text = file.getvalue()
    for part in ("2 new, 1 kept", "1,200: 200 embedded, 1,000 reused", "total 2.0", "Left out (2)", "bad␛[31m.pdf"):
        assert part in text
    for part in ("Read in part (1)", "page.html", "7 hidden characters left out"):
        assert part in text
    assert "deleted" not in text
    assert "b" * 120 in text
    assert "too [bold]large[/bold]" in text


def test_a_long_list_is_counts_and_the_first_of_each_kind() -> None:
    pictures = tuple(Skipped(f"photos/{number:06}.png", "a PNG picture") for number in range(180_000))
    odd = tuple(Skipped(f"logs/{number:06}.bin", f"too large: {number:,} bytes") for number in range(20_000))
    report = Report("1", {"new": 1}, (*pictures, *odd), 1, 1, 1, 1, 0, {"total": 2.0})
    file = io.StringIO()
    show_report(report, Terminal(file), Path("/home/report.json"))
    text = file.getvalue()
    assert "180,000" in text
    assert "Left out (200,000)" in text
    assert "photos/000019.png" in text
    assert "photos/000020.png" not in text
    assert "more; the whole list is in '/home/report.json'." in text
    assert text.count("\n") < 100


def test_passages_show_both_ranks() -> None:
    file = io.StringIO()
    Terminal(file).passages([passage()])
    assert file.getvalue().startswith(f"[1] dense 2  lexical -  score 0.5000\n    {TEXT}\n")
