"""A digest is remembered for a file that nothing was done to, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from index import seal
from index.seal import broken, digest, digest_once

HOUR = 3_600_000_000_000


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    names: list[str] = []

    def noting(path: Path) -> str:
        names.append(path.name)
        return seal.sha256(path)

    monkeypatch.setattr(seal, "digest", noting)
    return names


def test_a_file_of_this_moment_is_read_each_time(tmp_path: Path, read: list[str]) -> None:
    file = tmp_path / "rows.npy"
    for data in (b"heron", b"egret", b"heron"):  # of one size, within one tick of a clock
        file.write_bytes(data)
        assert digest_once(file) == seal.sha256(file)
    assert read == ["rows.npy"] * 3


def test_a_file_that_nothing_was_done_to_is_read_once(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "SETTLED", -HOUR)
    file = tmp_path / "counts.npy"
    file.write_bytes(b"heron")
    assert digest_once(file) == digest_once(file) == seal.sha256(file)
    assert read == ["counts.npy"]
    file.write_bytes(b"a longer bird")
    assert digest_once(file) == seal.sha256(file)
    assert read == ["counts.npy"] * 2


def test_what_is_missing_or_changed_is_named_however_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"heron")
    (tmp_path / "b").write_bytes(b"egret")
    seals = {name: digest(tmp_path / name) for name in "ab"} | {"c": "0" * 64}
    (tmp_path / "b").write_bytes(b"crane")
    assert broken(tmp_path, seals) == broken(tmp_path, seals, digest_of=digest_once) == ("b", "c")
    assert broken(tmp_path, seals, under="c") == ("c",)
