"""`rag trace`: the stages of the last question, where they are kept."""

from __future__ import annotations

import json

import pytest

from tests.rag.shell import Shell


def test_the_last_question_is_printed_as_a_tree(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "keep = true" in shell.refused(1, "trace")
    monkeypatch.setenv("RAG_TRACE__KEEP", "true")
    shell.run("ask", "How many soldiers were killed near Masra?")
    lines = shell.run("trace").out.splitlines()
    assert lines[0].startswith("ask ")
    assert "by quotes" in lines[0]
    assert [line.split()[0] for line in lines[1:]][:2] == ["retrieve", "count"]
    kept = json.loads(shell.run("trace", "--json").out)
    assert kept["whole"]["name"] == "ask"
    assert "killed" not in json.dumps(kept)
