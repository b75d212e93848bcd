"""What lands in a stranger's site-packages: the wheel, built as an index would have it built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from rag.version import VERSION
from tests.conftest import ROOT

PARTS = ("index", "rag", "evals", "ui.py", "pyproject.toml", "README.md", "LICENSE")
INFO = f"quoted_answers-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as pip unpacks it."""
    place = tmp_path_factory.mktemp("wheel")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / "source" / name)
    build = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(place)]
    subprocess.run([sys.executable, *build, str(place / "source")], check=True, capture_output=True, text=True)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the unpacked wheel before everything else that is installed."""
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder.parent, env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_these_names_and_no_others_are_at_the_top(installed: Path) -> None:
    """Why three of them are: docs/decisions/0005-names-at-the-top.md."""
    assert {path.name for path in installed.iterdir()} == {"rag", "index", "evals", "ui.py", INFO}


def test_types_the_trained_reader_and_the_licence_go_with_it(installed: Path) -> None:
    for name in ("rag/py.typed", "index/py.typed", "rag/app/page/css/base.css", f"{INFO}/licenses/LICENSE"):
        assert (installed / name).is_file(), name
    shipped = {path.name for path in (installed / "rag/reader/model").iterdir()}
    assert shipped == {path.name for path in (ROOT / "rag/reader/model").iterdir() if path.name != "__pycache__"}
    assert not list(installed.rglob("test_*.py"))


def test_what_an_index_shows_of_it_is_true(installed: Path) -> None:
    metadata = Parser().parsestr((installed / INFO / "METADATA").read_text("utf-8"))
    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == ("quoted-answers", VERSION, "MIT")
    assert metadata.get_all("Project-URL") is None, "no address is known; none is made up"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert set(metadata.get_all("Provides-Extra", [])) == {"dev", "fidelity", "local", "mcp", "ocr", "site"}
    (torch,) = [need for need in metadata.get_all("Requires-Dist", []) if need.startswith("torch")]
    assert torch.startswith("torch=="), "any other build of it is gigabytes for nothing"
    scripts = (installed / INFO / "entry_points.txt").read_text("utf-8")
    assert {line.split(" = ")[0] for line in scripts.splitlines() if " = " in line} == {"rag", "quoted-answers"}


def test_it_runs_from_there(installed: Path) -> None:
    origins = "print(*(find_spec(name).origin for name in ('rag', 'index', 'evals', 'ui')))"
    listing = run(installed, "-c", f"from importlib.util import find_spec; import rag; {origins}")
    assert listing.stdout.count(str(installed)) == 4, listing.stderr
    assert "Answers from your own documents" in run(installed, "-m", "rag", "--help").stdout


def test_another_package_of_the_name_index_is_told_in_a_sentence(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import rag"
    done = run(installed, "-c", code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: The package 'index' that is imported is")
