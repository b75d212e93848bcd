"""A kept answer, opened again: it is the answer that was, and what became of each of its sources is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.settings import IndexSettings
from index.store.open import open_index
from index.types import Span
from rag.contract import as_json
from rag.errors import ConversationsUnusable
from rag.types import Citation
from rag.verification.reopen import GONE, State, answer_of, check, in_words
from tests.fakes import HERALD, WIRE, FakePipeline
from tests.rag.shell import Shell

QUESTIONS = ["What was struck?", "Was anyone hurt?", "Who baked the cake?", "something hostile"]


@dataclass
class Shelf:
    """Documents by id: their bytes' digest, their text and their paths."""

    documents: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)

    def documents_of(self, sha256: str) -> tuple[str, ...]:
        return tuple(key for key, (digest, _, _) in self.documents.items() if digest == sha256)

    def document_at(self, path: str) -> str | None:
        return next((key for key, (_, _, paths) in self.documents.items() if path in paths), None)

    def paths_of(self, document_id: str) -> tuple[str, ...]:
        return self.documents[document_id][2]

    def text(self, document_id: str) -> str:
        return self.documents[document_id][1]


@pytest.fixture
def citation() -> Citation:
    return FakePipeline().ask("What was struck?").citations[0]


def told(citation: Citation, shelf: Shelf) -> tuple[State, str]:
    state = check(citation, shelf)
    return state, in_words(citation, state)


# What became of a source


def test_the_same_words_in_the_same_place_are_as_they_were(citation: Citation) -> None:
    shelf = Shelf({"wire": ("a" * 64, WIRE, ("news/wire.txt",))})
    assert told(citation, shelf) == (State("same", "news/wire.txt", citation.span), "as it was")


def test_a_file_that_moved_is_as_it_was_and_its_new_path_is_told(citation: Citation) -> None:
    shelf = Shelf({"wire": ("a" * 64, WIRE, ("archive/2017.txt", "b.txt"))})
    state, words = told(citation, shelf)
    assert state == State("same", "archive/2017.txt", citation.span)
    assert words == "as it was, now at archive/2017.txt"


def test_a_copy_elsewhere_is_no_move(citation: Citation) -> None:
    shelf = Shelf({"wire": ("a" * 64, WIRE, ("a.txt", "news/wire.txt"))})
    assert told(citation, shelf) == (State("same", "news/wire.txt", citation.span), "as it was")


def test_a_file_that_moved_is_found_though_another_took_its_path(citation: Citation) -> None:
    shelf = Shelf({"new": ("f" * 64, HERALD, ("news/wire.txt",)), "wire": ("a" * 64, WIRE, ("old.txt",))})
    assert told(citation, shelf)[0] == State("same", "old.txt", citation.span)


def test_a_changed_file_that_has_the_quote_still_says_where(citation: Citation) -> None:
    shelf = Shelf({"new": ("f" * 64, "A new first line.\n" + WIRE, ("news/wire.txt",))})
    span = Span(citation.span.start + 18, citation.span.end + 18)
    state, words = told(citation, shelf)
    assert state == State("changed", "news/wire.txt", span)
    assert words == f"the source has changed; the exact quote is still in it, at {span.start}-{span.end}"


def test_a_changed_file_with_the_quote_in_its_place_has_changed_all_the_same(citation: Citation) -> None:
    shelf = Shelf({"new": ("f" * 64, WIRE + "More.", ("news/wire.txt",))})
    assert told(citation, shelf)[0] == State("changed", "news/wire.txt", citation.span)


def test_a_changed_file_without_the_quote_says_so(citation: Citation) -> None:
    shelf = Shelf({"new": ("f" * 64, HERALD, ("news/wire.txt",))})
    state, words = told(citation, shelf)
    assert state == State("changed", "news/wire.txt", None)
    assert words == "the source has changed; the exact quote is no longer in it"


def test_the_same_file_read_otherwise_is_no_longer_what_was_quoted(citation: Citation) -> None:
    shelf = Shelf({"other": ("a" * 64, " " + WIRE, ("news/wire.txt",))})
    assert told(citation, shelf)[0] == State(
        "changed", "news/wire.txt", Span(citation.span.start + 1, citation.span.end + 1)
    )


def test_a_file_that_has_gone_is_told(citation: Citation) -> None:
    shelf = Shelf({"herald": ("b" * 64, HERALD, ("news/herald.txt",))})
    assert told(citation, shelf) == (GONE, "the source is no longer indexed")


@given(st.text("ab", max_size=30), st.text("ab", min_size=1, max_size=3), st.integers(0, 30))
def test_the_quote_is_found_in_the_nearest_place(text: str, quote: str, start: int) -> None:
    citation = FakePipeline().ask("What was struck?").citations[0]
    citation = replace(citation, quote=quote, span=Span(start, start + len(quote)))
    span = check(citation, Shelf({"new": ("f" * 64, text, ("news/wire.txt",))})).span
    places = [at for at in range(len(text)) if text.startswith(quote, at)]
    assert (span is None) == (not places)
    if span:
        assert span.of(text) == quote
        assert abs(span.start - start) == min(abs(at - start) for at in places)


def test_a_real_index_is_checked_as_its_files_come_and_go(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "wire.txt").write_text(WIRE)
    assert shell.run("index", "--only", folder, "--yes").code == 0
    settings = IndexSettings(shell.home)
    with open_index(settings) as index:
        (article,) = index.articles()
        quote = "Two soldiers were killed"
        start = index.text(article.document_id).index(quote)
        span = Span(start, start + len(quote))
        citation = Citation(1, "supported", index.source_of(article), None, span, quote)
        assert in_words(citation, check(citation, index)) == "as it was"
    (folder / "wire.txt").rename(folder / "moved.txt")
    shell.run("index", "--only", folder, "--yes")
    with open_index(settings) as index:
        assert in_words(citation, check(citation, index)) == "as it was, now at moved.txt"
    (folder / "moved.txt").unlink()
    (folder / "wire.txt").write_text("News. " + WIRE)
    shell.run("index", "--only", folder, "--yes")
    with open_index(settings) as index:
        assert check(citation, index) == State("changed", "wire.txt", Span(start + 6, start + 6 + len(quote)))
    (folder / "wire.txt").unlink()
    (folder / "herald.txt").write_text(HERALD)
    shell.run("index", "--only", folder, "--yes")
    with open_index(settings) as index:
        assert check(citation, index) == GONE


# The answer that was


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_comes_back_from_what_was_kept(question: str) -> None:
    answer = FakePipeline().ask(question)
    assert as_json(answer_of(json.loads(json.dumps(as_json(answer))))) == as_json(answer)


@pytest.mark.parametrize("key", ["question", "status", "reason", "text", "statements", "citations", "passages",
                                 "conflicts", "filters", "missing", "index", "model", "timings_ms", "quotes", "notice",
                                 "unsent_labels"])  # fmt: skip
def test_what_is_no_answer_is_one_sentence(key: str) -> None:
    told = as_json(FakePipeline().ask("What was struck?"))
    del told[key]
    with pytest.raises(ConversationsUnusable, match=key):
        answer_of(told)


@pytest.mark.parametrize(
    "harm", [{"status": "perhaps"}, {"statements": [3]}, {"citations": None}, {"index": {"a": 1}}, {"conflicts": "abc"}]
)
def test_what_is_not_of_the_contract_is_one_sentence(harm: dict[str, object]) -> None:
    with pytest.raises(ConversationsUnusable, match="does not read"):
        answer_of(as_json(FakePipeline().ask("What was struck?")) | harm)
