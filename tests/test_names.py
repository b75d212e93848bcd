"""Names say what they hold: the words below, each of which could be anything, name nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import ROOT, parsed, sources

BANNED = {"told", "said", "found", "kept", "shown", "asked", "got"}
CODE = ("evals", "index", "rag", "ui.py")
KEPT_BY_A_FORM = {"rag/app/conversations/store.py:asked", "rag/app/doors/http.py:Kept"}
"""Names of a form that is stored or sent."""


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that is given in a file: of variables, parameters, functions, classes and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def is_banned(name: str) -> bool:
    return name.strip("_").lower() in BANNED


@pytest.mark.parametrize("place", CODE)
def test_no_name_could_be_anything(place: str) -> None:
    files = [path for path in sources() if path.is_relative_to(ROOT / place)]
    assert files
    banned = {f"{relative(path)}:{name}" for path in files for name in names(parsed(path)) if is_banned(name)}
    assert banned - KEPT_BY_A_FORM == set()


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
