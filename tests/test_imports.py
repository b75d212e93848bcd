"""Who may import whom, read from every import in the source, inside functions too."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("index", "rag", "evals", "ui")
ALLOWED = {
    "index": {"index"},
    "rag": {"index", "rag"},
    "evals": {"index", "rag", "evals"},
    "ui": {"index", "rag", "ui"},
}
COMPOSITION = {"rag/app/cli/main.py", "rag/app/cli/evals.py"}
# What ours is measured beside, as a user of these libraries alone would call them: for comparison, and nowhere else.
BASELINES = "evals/bench/baselines.py"
TABS = {f"rag/app/page/tabs/{name}.py" for name in ("ask", "conversations", "documents", "evals", "model")}
TRAINING = {f"evals/train/{name}.py" for name in ("batches", "export", "learn", "measure")}
HOMES = {
    "chromadb": {"index/vectors/chroma.py", BASELINES},
    "bm25s": {"index/words/lexical.py"},
    "onnxruntime": {"index/vectors/graph.py", "rag/reader/session.py", "evals/train/export.py"},
    "tokenizers": {"index/vectors/graph.py", "rag/reader/layout.py", "rag/reader/session.py", *TRAINING},
    "sentence_transformers": {"index/vectors/embedder.py", BASELINES},
    "gradio": {"ui.py", *TABS},
    "httpx": {"rag/providers/endpoint.py"},
    "huggingface_hub": {"index/vectors/model_files.py", "rag/providers/hub.py"},
    "llama_index": {"rag/answering/llm.py", "rag/retrieval/llama.py", "rag/providers/openai.py", BASELINES},
    "ir_measures": {"evals/ranking.py"},
    "Stemmer": {"index/words/tokens.py"},
    "pypdfium2": {f"index/readers/{name}.py" for name in ("pdf", "pdf_lines", "pdf_page", "pdf_tables")},
    "watchfiles": {"index/folder/watch.py"},
    "xllamacpp": {"rag/providers/serve.py"},
}


def sources() -> list[Path]:
    return sorted([*(p for name in OURS for p in (ROOT / name).rglob("*.py")), ROOT / "ui.py"])


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
    for module, line in imported(ast.parse(path.read_text("utf-8"))):
        top = module.split(".")[0]
        if top in OURS and name not in COMPOSITION:
            assert top in ALLOWED[package], f"{name}:{line} imports {module}"
        if top in HOMES:
            assert name in HOMES[top], f"{name}:{line} imports {module}"


def _loads_weights(call: ast.Call, path: Path) -> bool:
    """Whether a checkpoint of our own training is loaded, as numbers alone."""
    ours = path.is_relative_to(ROOT / "evals" / "train")
    return ours and any(item.arg == "weights_only" and ast.unparse(item.value) == "True" for item in call.keywords)


def test_nothing_runs_code_from_data() -> None:
    banned = {"eval", "exec", "pickle.load", "pickle.loads", "yaml.load"}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in banned, f"{path}:{node.lineno}"
                assert called != "torch.load" or _loads_weights(node, path), f"{path}:{node.lineno}"
                for keyword in node.keywords:
                    trusts = keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) != "False"
                    assert not trusts, f"{path}:{node.lineno}"


def test_every_module_imports_by_itself() -> None:
    for package in ("index", "rag", "evals"):
        folder = importlib.import_module(package)
        for module in pkgutil.walk_packages(folder.__path__, f"{package}."):
            if module.name.endswith(("__main__", ".llama", ".providers.openai", ".providers.gguf")):
                continue
            importlib.import_module(module.name)


def test_answering_parts_load_no_model_library() -> None:
    heavy = ["torch", "sentence_transformers", "chromadb", "gradio", "llama_index", "bm25s", "pandas"]
    parts = "rag.pipeline, rag.app.conversations.chat, rag.contract"
    code = f"import {parts}, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
