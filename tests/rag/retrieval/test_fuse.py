"""What is known of a passage, weighed together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import RagError
from rag.retrieval.fuse import Fusion, Signals, interleave, load_fusion

CHANCES = st.floats(0, 1)
SIGNALS = st.builds(Signals, CHANCES, CHANCES, CHANCES)


@given(SIGNALS, st.sampled_from(["whole", "line", "words"]))
def test_by_the_installed_weights_more_of_anything_is_never_less(signals: Signals, name: str) -> None:
    fusion = load_fusion()
    more = replace(signals, **{name: getattr(signals, name) + 0.1})
    assert fusion.score(more) > fusion.score(signals)


def test_weights_are_read_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "fusion.json"
    file.write_text(json.dumps({"whole": 1, "line": 2, "words": 3}))
    assert load_fusion(file) == Fusion(1, 2, 3)
    assert load_fusion(file).score(Signals(0.5, 0.25, 2)) == 7


@pytest.mark.parametrize("content", ["", "[]", '{"whole": 1}', '{"whole": 1, "line": 2, "words": "many"}'])
def test_a_file_that_does_not_read_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "fusion.json"
    file.write_text(content)
    with pytest.raises(RagError, match=r"fusion\.json"):
        load_fusion(file)


def test_interleave_takes_turns() -> None:
    assert interleave(["a", "b", "c"], ["b", "d"]) == ["a", "b", "d", "c"]
    assert interleave() == []
