"""The German catalogue: the words of the glossary, the gaps of the English, and nothing that no page says."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.app.page.language import catalogue, script_route
from rag.app.page.words import GERMAN, GLOSSARY, words_of
from tests.rag.app.page.test_words import PAGES, interface_texts
from tests.tree import ROOT, parsed

GAP = re.compile(r"\{\w+\}")
GRADIOS = frozenset({"Drop File Here", "- or -", "Click to Upload", "Click to upload or drop files"})
SOURCES = [
    ROOT / "ui.py",
    *(path for pattern in ("index/**/*.py", "rag/**/*.py", "evals/*.py") for path in ROOT.glob(pattern)),
]


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def test_each_word_of_the_glossary_has_its_german() -> None:
    assert GERMAN.keys() == GLOSSARY.keys()


@pytest.mark.parametrize("word", GLOSSARY)
def test_one_thing_has_one_german_word(word: str) -> None:
    entries = {e: g for e, g in catalogue().items() if word in words_of(GAP.sub(" ", e))}
    assert {e: g for e, g in entries.items() if GERMAN[word] not in plain(g)} == {}


def test_the_german_has_the_gaps_of_the_english() -> None:
    gaps = {english: (GAP.findall(english), GAP.findall(german)) for english, german in catalogue().items()}
    assert {entry: both for entry, both in gaps.items() if sorted(both[0]) != sorted(both[1])} == {}
    assert [entry for entry, (names, _) in gaps.items() if len(set(names)) < len(names)] == []


def test_no_entry_stands_twice() -> None:
    text = (ROOT / "rag" / "app" / "page" / "german.json").read_text("utf-8")
    entries = [pair for part in json.loads(text, object_pairs_hook=list) for pair in part[1]]
    assert [english for english, times in Counter(english for english, _ in entries).items() if times > 1] == []


def test_no_german_is_itself_an_entry() -> None:
    assert [g for e, g in catalogue().items() if g in catalogue() and g != e] == []


def test_every_entry_is_said_somewhere() -> None:
    stale = [entry for entry in catalogue().keys() - GRADIOS if not is_in(spoken(), entry)]
    assert stale == []


@pytest.mark.parametrize("entry", ["Fish", "{n} ferries", "Remove the quay", "Docu", "The pin is deleted"])
def test_what_no_page_says_is_noticed(entry: str) -> None:
    assert not is_in(spoken(), entry)


@cache
def spoken() -> str:
    """The words of every text of the code but its docstrings, those of one text between two bars."""
    texts = [node.value for path in SOURCES for node in _constants(parsed(path)) if isinstance(node.value, str)]
    scripts = [path.read_text("utf-8") for path in (ROOT / "rag" / "app" / "page" / "js").glob("*.js")]
    return " | ".join(["", *(" ".join(words(text)) for text in texts + scripts), ""])


def _constants(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            yield child
        elif not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _constants(child)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def is_in(code: str, entry: str) -> bool:
    """Whether its longest piece stands in one text, or the end of one and the start of another are it; of a long piece
    some three words in a row are enough.
    """
    longest = max((words(piece) for piece in GAP.split(entry)), key=len)
    if len(longest) > 4:
        return any(" ".join(longest[at : at + 3]) in code for at in range(len(longest) - 2))
    pairs = [(" ".join(longest[:at]), " ".join(longest[at:])) for at in range(1, len(longest))]
    return _stands(" {} ", " ".join(longest), code) or any(
        _stands(" {} |", first, code) and _stands("| {} ", second, code) for first, second in pairs
    )


def _stands(place: str, phrase: str, code: str) -> bool:
    """Whether a phrase or its singular, as the code has it, stands there."""
    return place.format(phrase) in code or place.format(phrase.removesuffix("s")) in code


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_button_tab_heading_and_label_has_its_german(path: Path) -> None:
    patterns = [re.compile(".*".join(map(re.escape, GAP.sub("\0", entry).split("\0")))) for entry in catalogue()]
    pieces = {piece.strip(" :×") for text in interface_texts(path) for piece in re.split(r"\s{2,}", text)}
    assert {piece for piece in pieces if not any(pattern.fullmatch(piece) for pattern in patterns)} == set()


def test_a_browser_that_has_the_script_is_not_sent_it_again() -> None:
    client = TestClient(Starlette(routes=[script_route("de")]))
    first = client.get("/language.js")
    again = client.get("/language.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert client.get("/language.js", headers={"If-None-Match": '"another"'}).content == first.content
