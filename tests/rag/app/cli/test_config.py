"""`rag config schema`: what an editor may know of rag.toml."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from index.errors import SettingsInvalid
from rag.app.cli.main import main
from rag.settings import load

GOOD = """
collection = "letters"
[answer]
max_words = 40
[llm]
provider = "openai"
base_url = "http://localhost:11434/v1"
model = "heron:7b"
"""


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with pytest.raises(SystemExit, match="0"):
        main(["config", "schema"])
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    return printed


def test_a_file_that_is_taken_fits_the_schema(schema: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text(GOOD)
    assert load(home=tmp_path, environ={}).llm.model == "heron:7b"
    Draft202012Validator(schema).validate(tomllib.loads(GOOD))


@pytest.mark.parametrize("bad", ["[answer]\nmax_wrods = 40", "[answer]\nmax_words = 'many'", "home = '/tmp'"])
def test_a_file_that_is_refused_does_not(schema: dict[str, Any], tmp_path: Path, bad: str) -> None:
    (tmp_path / "rag.toml").write_text(bad)
    with pytest.raises(SettingsInvalid):
        load(home=tmp_path, environ={})
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate(tomllib.loads(bad))
