"""Who may import whom, read from every import in the source, inside functions too."""

from __future__ import annotations

import ast
import graphlib
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import PACKAGES, ROOT, needed, parsed, sources

OURS = (*PACKAGES, "ui")
ALLOWED = {
    "index": {"index"},
    "rag": {"index", "rag"},
    "evals": {"index", "rag", "evals"},
    "ui": {"index", "rag", "ui"},
}
COMPOSITION = {"rag/app/cli/main.py", "rag/app/cli/evals.py"}
APPLICATION = "rag.app"
"""What no module of the core imports."""
ENTRY = {"rag", "rag.__main__"}
BESIDE_THE_ROOMS = {"types", "settings", "errors", "keys", "seal", "telemetry", "cores", "plugins"}
ROOMS: dict[str, set[str]] = {
    "document": set(),
    "folder": set(),
    "words": set(),
    "cut": {"document"},
    "vectors": set(),
    "readers": {"document", "vectors"},
    "store": {"document", "folder", "words", "cut", "vectors", "readers"},
    "indexing": {"document", "folder", "cut", "vectors", "readers", "store"},
}
"""Which rooms of the index each room may import, as its docstring says."""
# What ours is measured beside, as a user of these libraries alone would call them: for comparison, and nowhere else.
BASELINES = "evals/bench/baselines.py"
TABS = {
    f"rag/app/page/tabs/{name}.py"
    for name in ("arrival", "ask", "conversations", "documents", "evals", "model", "narrow", "notebook", "review")
}
TRAINING = {f"evals/train/{name}.py" for name in ("batches", "export", "learn", "measure")}
HOMES = {
    "chromadb": {"index/vectors/chroma.py", BASELINES},
    "onnxruntime": {"index/vectors/graph.py", "rag/reader/onnx_model.py", "evals/train/export.py"},
    "tokenizers": {"index/vectors/graph.py", "rag/reader/layout.py", "rag/reader/onnx_model.py", *TRAINING},
    "sentence_transformers": {"index/vectors/embedder.py", BASELINES},
    "gradio": {"ui.py", "rag/app/page/serving.py", *TABS},
    "fastapi": {"rag/app/doors/http.py", "rag/app/page/serving.py"},
    "mcp": {"rag/app/doors/mcp.py"},
    "httpx": {"rag/providers/endpoint.py"},
    "huggingface_hub": {"index/vectors/model_files.py", "rag/providers/hub.py"},
    "llama_index": {
        "rag/answering/llm.py",
        "rag/app/doors/llama.py",
        "rag/providers/openai.py",
        "rag/retrieval/llama.py",
        BASELINES,
    },
    "opentelemetry": {"rag/spans.py"},
    "txtai": {BASELINES},
    "ir_measures": {"evals/ranking.py"},
    "Stemmer": {"index/words/tokens.py"},
    "pypdfium2": {f"index/readers/{name}.py" for name in ("pdf", "pdf_lines", "pdf_picture", "pdf_tables")},
    "selectolax": {"index/readers/html.py", "index/readers/style.py"},
    "tesserocr": {"index/readers/tesseract.py"},
    "PIL": {"index/readers/picture.py", "evals/bench/scans.py"},
    "pypdf": {"index/readers/second.py"},
    "openpyxl": {"index/readers/second.py"},
    "watchfiles": {"index/folder/watch.py", "evals/bench/storm.py"},
    "xllamacpp": {"rag/providers/serve.py"},
}


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module), node.lineno


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_directions_and_homes(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    package = name.split("/")[0].removesuffix(".py")
    for module, line in imported(parsed(path)):
        top = module.split(".")[0]
        if top in OURS and name not in COMPOSITION:
            assert top in ALLOWED[package], f"{name}:{line} imports {module}"
        if top in HOMES:
            assert name in HOMES[top], f"{name}:{line} imports {module}"


def test_no_module_needs_itself_however_far_round() -> None:
    graphlib.TopologicalSorter(needed()).prepare()  # raises CycleError, which names the circle


def test_the_core_never_imports_the_application() -> None:
    core = {name: imports for name, imports in needed().items() if name.startswith("rag") and name not in ENTRY}
    upwards = {
        name: sorted(module for module in imports if module.startswith(APPLICATION))
        for name, imports in core.items()
        if not name.startswith(APPLICATION)
    }
    assert {name: modules for name, modules in upwards.items() if modules} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_index_imports_what_its_docstring_says(room: str) -> None:
    of_room = [imports for name, imports in needed().items() if f"{name}.".startswith(f"index.{room}.")]
    others = {module.split(".")[1] for module in set().union(*of_room) if module.startswith("index.")} - {room}
    assert others - BESIDE_THE_ROOMS == ROOMS[room]
    docstring = importlib.import_module(f"index.{room}").__doc__ or ""
    may = docstring.partition("May import:")[2]
    assert {*re.findall(r"`index\.(\w+)", may)} - BESIDE_THE_ROOMS == ROOMS[room]


def _loads_weights(call: ast.Call, path: Path) -> bool:
    """Whether a checkpoint of our own training is loaded, as numbers alone."""
    ours = path.is_relative_to(ROOT / "evals" / "train")
    return ours and any(item.arg == "weights_only" and ast.unparse(item.value) == "True" for item in call.keywords)


def test_nothing_runs_code_from_data() -> None:
    banned = {"eval", "exec", "pickle.load", "pickle.loads", "yaml.load"}
    for path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in banned, f"{path}:{node.lineno}"
                assert called != "torch.load" or _loads_weights(node, path), f"{path}:{node.lineno}"
                for keyword in node.keywords:
                    trusts = keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) != "False"
                    assert not trusts, f"{path}:{node.lineno}"


def test_every_module_imports_by_itself() -> None:
    for package in PACKAGES:
        folder = importlib.import_module(package)
        for module in pkgutil.walk_packages(folder.__path__, f"{package}."):
            if module.name.endswith(
                ("__main__", ".llama", ".doors.mcp", ".doors.http", ".providers.openai", ".providers.gguf")
            ):
                continue
            importlib.import_module(module.name)


def test_answering_parts_load_no_model_library() -> None:
    heavy = ["torch", "sentence_transformers", "chromadb", "gradio", "llama_index", "pandas"]
    parts = "rag.pipeline, rag.app.conversations.chat, rag.contract"
    code = f"import {parts}, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
