"""What the page's handlers may not do: a block that one makes can land in another person's page that is being built."""

from __future__ import annotations

import ast
from pathlib import Path

import gradio as gr
import pytest
from gradio.blocks import BlockContext
from gradio.components import Component

import rag.app.page
import ui

SOURCES = [Path(ui.__file__), *sorted(Path(rag.app.page.__file__).parent.rglob("*.py"))]


def is_block(call: ast.AST) -> bool:
    """Whether it makes what merely holds components; a whole page stands for itself."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    made = getattr(gr, call.func.attr, None) if ast.unparse(call.func.value) == "gr" else None
    mere = isinstance(made, type) and issubclass(made, BlockContext) and not issubclass(made, Component)
    return mere and made is not gr.Blocks


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_what_holds_components_is_made_where_a_page_is_drawn(source: Path) -> None:
    nodes = list(ast.walk(ast.parse(source.read_text("utf-8"))))
    opened = [item.context_expr for node in nodes if isinstance(node, ast.With) for item in node.items]
    loose = [ast.unparse(node) for node in nodes if is_block(node) and node not in opened]
    assert loose == [], "a handler gives gr.update(…) in its place"
