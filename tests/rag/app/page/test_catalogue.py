"""The German catalogue: the words of the glossary, the gaps of the English, and nothing that no page says."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections import Counter
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
SOURCES = [ROOT / "ui.py", *(path for folder in ("index", "rag", "evals") for path in (ROOT / folder).rglob("*.py"))]


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
    constants = (node.value for path in SOURCES for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
    scripts = (path.read_text("utf-8") for path in (ROOT / "rag" / "app" / "page" / "js").glob("*.js"))
    code = " ".join(words("\0".join([*(text for text in constants if isinstance(text, str)), *scripts])))
    stale = [entry for entry in catalogue().keys() - GRADIOS if not is_in(code, entry)]
    assert stale == []


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\0", text.casefold())


def is_in(code: str, entry: str) -> bool:
    """Whether some three words of its longest piece stand there in a row; of one without, each of its words."""
    longest = max((words(piece) for piece in GAP.split(entry)), key=len)
    runs = [" ".join(longest[at : at + 3]) for at in range(len(longest) - 2)] if len(longest) > 4 else []
    if runs:
        return any(run in code for run in runs)
    return all(word.removesuffix("s") in code for word in words(GAP.sub(" ", entry)))


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
