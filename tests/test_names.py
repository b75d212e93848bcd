"""Names say what they hold: the words below, each of which could be anything, name nothing in what has been swept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import ROOT, parsed, sources

BANNED = {"told", "said", "found", "kept", "shown", "asked", "got"}
SWEPT = (
    "evals/*.py",
    "evals/bench",
    "evals/documents",
    "evals/table",
    "index/*.py",
    "index/cut",
    "index/document",
    "index/folder",
    "index/indexing",
    "index/readers",
    "index/store",
    "index/vectors",
    "index/words",
    "rag/*.py",
    "rag/answering",
    "rag/app/*.py",
    "rag/app/cli",
    "rag/app/conversations",
    "rag/app/doors",
    "rag/app/library",
    "rag/app/page",
    "rag/asking",
    "rag/checking",
    "rag/counting",
    "rag/providers",
    "rag/reader",
    "rag/retrieval",
    "ui.py",
)
"""The folders that hold none, and `*.py` of those of which only the files themselves are swept."""
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


@pytest.mark.parametrize("folder", SWEPT)
def test_no_name_could_be_anything(folder: str) -> None:
    files = [path for path in sources() if path.is_relative_to(ROOT / folder) or path in ROOT.glob(folder)]
    assert files
    banned = {f"{relative(path)}:{name}" for path in files for name in names(parsed(path)) if is_banned(name)}
    assert banned - KEPT_BY_A_FORM == set()


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
