"""A file from the hub is kept whole and sound, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rag.errors import ModelNotFetched
from rag.providers.hub import HuggingFace, Listed, fetch

BYTES = b"GGUF weights"


class FakeHub:
    """Lists one file and sends what it is told to."""

    def __init__(self, sent: bytes = BYTES, problem: Exception | None = None) -> None:
        self.sent = sent
        self.problem = problem
        self.downloads = 0

    def listed(self, repository: str, file: str) -> Listed | None:
        return Listed("abc", hashlib.sha256(BYTES).hexdigest()) if file == "q4/small.gguf" else None

    def download(self, repository: str, file: str, revision: str, folder: Path) -> Path:
        self.downloads += 1
        (folder / "part").write_bytes(self.sent)
        if self.problem:
            raise self.problem
        return folder / "part"


def test_it_is_fetched_once(tmp_path: Path) -> None:
    hub = FakeHub()
    kept = fetch("me/small", "q4/small.gguf", tmp_path / "models", hub)
    assert kept == tmp_path / "models" / "small.gguf"
    assert kept.read_bytes() == BYTES
    assert fetch("me/small", "q4/small.gguf", tmp_path / "models", hub) == kept
    assert hub.downloads == 1


def test_a_damaged_copy_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").write_bytes(b"GGUF broken")
    assert fetch("me/small", "q4/small.gguf", tmp_path, FakeHub()).read_bytes() == BYTES


@pytest.mark.parametrize(
    ("hub", "told"),
    [
        (FakeHub(b"GGUF other"), "came with SHA-256 .* and not .*; nothing was kept"),
        (FakeHub(problem=OSError("No space left on device\nand more")), r"\(No space left on device\); check"),
    ],
)
def test_what_is_not_whole_is_not_kept(tmp_path: Path, hub: FakeHub, told: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "small.gguf").write_bytes(b"GGUF earlier")
    with pytest.raises(ModelNotFetched, match=told):
        fetch("me/small", "q4/small.gguf", folder, hub)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"small.gguf": b"GGUF earlier"}


@pytest.mark.parametrize(
    ("repository", "file"),
    [
        ("me/small", "../small.gguf"),
        ("me/small", "/etc/small.gguf"),
        ("me/small", "small.bin"),
        ("me/small", "a/../../small.gguf"),
        ("small", "small.gguf"),
        ("../me/small", "small.gguf"),
        ("http://me/small", "small.gguf"),
        ("", ""),
    ],
)
def test_names_that_are_no_file_of_the_hub(tmp_path: Path, repository: str, file: str) -> None:
    with pytest.raises(ModelNotFetched, match=r"is no file of the hub; give OWNER/NAME"):
        fetch(repository, file, tmp_path, FakeHub())


def test_a_file_that_is_not_listed(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFetched, match=r"lists no 'other\.gguf' of 'me/small'"):
        fetch("me/small", "other.gguf", tmp_path, FakeHub())


def test_when_the_network_is_away_it_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFetched, match=r"could not be fetched \(.*\); check the network") as failed:
        fetch("me/small", "small.gguf", tmp_path / "models", HuggingFace())
    assert "\n" not in str(failed.value)
    assert not (tmp_path / "models").exists()
