"""Every word of a button, tab, heading or label of the page stands in the glossary of interface words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.app.page.words import GLOSSARY, PLAIN, unknown, words_of
from tests.tree import ROOT, parsed

PAGES = [*sorted((ROOT / "rag" / "app" / "page").rglob("*.py")), ROOT / "ui.py", ROOT / "evals" / "page.py",
         ROOT / "evals" / "case_page.py"]  # fmt: skip
COMPONENTS = {"Button", "Tab", "Accordion", "Textbox", "Dropdown", "Radio", "Number", "File", "Slider", "Checkbox"}
"""Gradio's, whose first text or label a person reads."""
MAKERS = {"_do", "_button", "_act", "_group", "_file"}
"""Functions of the page that make a button or a heading of a text that they are given."""
READ = re.compile(r"<(?:button|h[1-4]|summary)\b[^>]*>(.*?)</(?:button|h[1-4]|summary)>", re.DOTALL)
LABELS = re.compile(r'aria-label="([^"]*)"')


def interface_texts(path: Path) -> Iterator[str]:
    """The texts of a file that stand on a button, tab or heading, or name a field; values filled in are left out."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield from _given(node)
        elif isinstance(node, ast.JoinedStr | ast.Constant):
            text = _constant(node)
            yield from (re.sub("<[^>]*>", " ", inner) for inner in READ.findall(text))
            yield from LABELS.findall(text)


def _given(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in MAKERS:
        texts = [_constant(given) for given in call.args]
        yield from (text for text in texts if text[:1].isupper())
    if name in COMPONENTS:
        yield from (_constant(word.value) for word in call.keywords if word.arg == "label")
        if name in ("Button", "Tab", "Accordion") and call.args:
            yield _constant(call.args[0])


def _constant(node: ast.AST) -> str:
    """The text of a literal; of an f-string what is written in it, and a blank for each value."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_constant(part) or " " for part in node.values)
    return ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_button_tab_or_heading_has_a_word_outside_the_glossary(path: Path) -> None:
    texts = {text: unknown(text) for text in interface_texts(path)}
    assert {text: words for text, words in texts.items() if words} == {}


def test_the_glossary_has_no_word_that_is_not_used() -> None:
    written = [*PAGES, ROOT / "rag" / "wording.py", ROOT / "rag" / "app" / "model_form.py"]
    used = {word for path in written for node in ast.walk(parsed(path)) for word in words_of(_constant(node))}
    assert (GLOSSARY.keys() | PLAIN) - used == set()


def test_each_word_with_a_meaning_of_its_own_says_it_and_none_is_of_the_news_or_of_the_machine() -> None:
    assert all(meaning.strip() for meaning in GLOSSARY.values())
    assert not GLOSSARY.keys() & PLAIN
    assert not (GLOSSARY.keys() | PLAIN) & {"article", "headline", "chunk", "embedding", "vector", "token", "retrieval"}
