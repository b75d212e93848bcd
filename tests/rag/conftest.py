"""Homes for the commands: one that is not there, and copies of one in which two documents are indexed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.app.cli.main import main
from tests.fakes import HERALD, WIRE, tiny_model
from tests.rag.shell import Shell


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("models")
    return tiny_model(place / "one"), tiny_model(place / "two", seed=1)


@pytest.fixture(scope="session")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wire.txt").write_text(WIRE)
    (folder / "herald.txt").write_text(HERALD)
    return folder


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory, news: Path, models: tuple[Path, Path]) -> Path:
    """A home whose settings name the first model and in which the documents are indexed."""
    home = tmp_path_factory.mktemp("sound")
    (home / "rag.toml").write_text(f"[index]\nmodel = {str(models[0])!r}\n")
    with pytest.raises(SystemExit) as ended:
        main(["index", str(news), "--home", str(home)])
    assert not ended.value.code
    return home


@pytest.fixture
def shell(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell over a copy of the sound home."""
    return Shell(Path(shutil.copytree(sound, tmp_path / "home")), capsys)


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell over a home that is not there yet."""
    return Shell(tmp_path / "none", capsys)
