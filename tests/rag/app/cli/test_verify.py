"""`rag verify` as a build runs it: verdicts, exit codes, and the reports that machines read."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.fakes import LEASE
from tests.rag.shell import Shell

REPAIRS = "The landlord pays for repairs to the boiler and the roof"
TRUE = f"{REPAIRS} [lease.md].\n"
FALSE = f"{REPAIRS} [lease.md].\n\nEleven \x07parrots & <owls> sing at dusk [lease.md].\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/lease.md").write_text(LEASE)
    (tmp_path / "true.md").write_text(TRUE)
    (tmp_path / "false.md").write_text(FALSE)
    (tmp_path / "bare.md").write_text(f"{REPAIRS}.")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("true.md",), 0),
        (("true.md", "--strict"), 0),
        (("false.md",), 3),
        (("bare.md",), 0),
        (("bare.md", "--strict"), 3),
        (("false.md", "--fail-under", "0.5"), 0),
        (("false.md", "--fail-under", "0.6"), 3),
        (("none.md",), 2),
        (("true.md", "--fail-under", "1.5"), 2),
    ],
)
def test_the_exit_code_says_whether_it_stands(bare: Shell, folder: Path, arguments: tuple[str, ...], code: int) -> None:
    assert bare.run("verify", *arguments, "--sources", "sources").code == code


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("sources", ["nowhere", ".git", "empty"])
def test_sources_that_hold_nothing_are_a_usage_error_or_said(bare: Shell, sources: str) -> None:
    Path("empty").mkdir()
    assert bare.refused(1 if sources != "empty" else 2, "verify", "true.md", "--sources", sources)


def test_the_json_has_both_places(bare: Shell, folder: Path) -> None:
    shown = json.loads(bare.run("verify", "false.md", "--sources", "sources", "--json").out)
    assert (shown["passed"], shown["supported"]) == (False, 0.5)
    first = shown["statements"][0]
    (citation,) = first["citations"]
    assert LEASE[citation["start"] : citation["end"]] == citation["quote"] == f"{REPAIRS}."
    assert FALSE[slice(*first["place"])] == REPAIRS


def test_without_sources_what_is_indexed_is_meant(shell: Shell, tmp_path: Path) -> None:
    answer = tmp_path / "answer.md"
    answer.write_text("Two soldiers were killed, the army said in a statement [wire.txt].")
    assert json.loads(shell.run("verify", answer, "--json").out)["statements"][0]["verdict"] == "supported"


def test_the_reports_are_what_their_readers_take(bare: Shell, folder: Path) -> None:
    bare.run("verify", "false.md", "--sources", "sources", "--junit", "out.xml", "--sarif", "out.sarif")
    suite = ElementTree.parse("out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("type") in ("unsupported", "contradicted")
    run = json.loads(Path("out.sarif").read_text())["runs"][0]
    (result,) = run["results"]
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "false.md"
    region = place["region"]
    assert (region["startLine"], region["startColumn"], region["endLine"]) == (3, 1, 3)
    line = FALSE.splitlines()[2]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1].startswith("Eleven")


def test_what_is_too_long_or_no_text_ends_in_one_sentence(bare: Shell, folder: Path) -> None:
    (folder / "long.md").write_text("word " * 200_000)
    assert "200,000" in bare.refused(2, "verify", "long.md", "--sources", "sources")
    (folder / "bytes.md").write_bytes(bytes(range(256)))
    assert "not text" in bare.refused(2, "verify", "bytes.md", "--sources", "sources")
    bare.refused(2, "verify", "sources", "--sources", "sources")
