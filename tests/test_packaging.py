"""What is installed is what was locked, and may be used by everybody."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

LOCK, CORE = "requirements.lock", "requirements-core.lock"


def test_every_locked_file_has_its_hash_but_torch_whose_build_differs_by_machine() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert len(packages) > 100
    assert [line for line in packages if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert [line for line in packages if line.startswith("torch==")] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [need for need in project["dependencies"] if need.startswith("torch==")]


def test_the_list_of_parts_has_every_locked_package_and_torch() -> None:
    if not (ROOT / "sbom.json").exists():
        pytest.skip("`make sbom` was not run")
    parts = json.loads((ROOT / "sbom.json").read_text("utf-8"))
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    torch = re.findall(r"(torch)==([0-9.]+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    locked = {*re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE), *torch}
    assert parts["bomFormat"] == "CycloneDX"
    assert {(part["name"], part["version"]) for part in parts["components"]} == locked
    hashes = re.findall(r'"content": "([0-9a-f]{64})"', json.dumps(parts))
    assert set(hashes) == set(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))
    assert parts["metadata"]["component"]["name"] == "quoted-answers"


def locked(name: str) -> dict[str, str]:
    """The packages of a lock file with their versions."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))


def test_setup_installs_by_these_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name in (LOCK, CORE):
        assert f"--require-hashes --no-deps -r {name}" in makefile


def test_what_answers_is_of_the_same_versions_and_has_no_torch() -> None:
    core, whole = locked(CORE), locked(LOCK)
    assert {name: whole.get(name) for name in core} == core
    assert not {"torch", "sentence-transformers", "transformers", "scikit-learn", "sympy"} & core.keys()


def test_what_answers_has_every_package_that_is_imported() -> None:
    """But for what an extra brings, and what a model of another kind needs."""
    extras = {"openpyxl", "pypdf", "tesserocr", "tessdata", "xllamacpp"}
    of_other_models = {"torch", "sentence_transformers", "transformers"}
    packages = packages_distributions()
    core = locked(CORE).keys()
    files = [*(path for top in ("index", "rag") for path in (ROOT / top).rglob("*.py")), ROOT / "ui.py"]
    modules = {module.split(".")[0] for path in files for module in imported_modules(path)}
    ours = {*sys.stdlib_module_names, "index", "rag", "evals", "ui"}
    for module in modules - ours - extras - of_other_models:
        names = {re.sub(r"[-_.]+", "-", name).lower() for name in packages[module]}
        assert names & core, f"{module} comes with none of {CORE}"


def imported_modules(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    plain = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    return [*plain, *(node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module)]


def test_the_licence_goes_with_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
