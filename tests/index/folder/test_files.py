from __future__ import annotations

import os
from pathlib import Path

import pytest

from index.errors import UnreadableFile
from index.folder.files import Listing, discover
from index.readers import read

LIMIT = 1_000_000


def names(found: Listing) -> list[str]:
    return [file.relative for file in found.files]


def reasons(found: Listing) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in found.skipped}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "b.txt").write_text("b")
    (root / "a.md").write_text("a")
    (root / "deep" / "er" / "c.txt").write_text("c")
    return root


def test_files_come_sorted_and_relative(docs: Path) -> None:
    found = discover([docs])
    assert names(found) == ["a.md", "b.txt", "deep/er/c.txt"]
    assert [file.path.read_text() for file in found.files] == ["a", "b", "c"]


def test_a_single_file_goes_by_its_name(docs: Path) -> None:
    assert names(discover([docs / "b.txt"])) == ["b.txt"]


def test_hidden_files_and_folders_are_counted_only(docs: Path) -> None:
    (docs / ".git").mkdir()
    (docs / ".git" / "config").write_text("x")
    (docs / ".secret.txt").write_text("x")
    found = discover([docs])
    assert len(found.files) == 3
    assert found.hidden == 2
    assert found.skipped == ()


def test_links_are_followed_to_files_inside_only(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("private")
    (docs / "out.txt").symlink_to(tmp_path / "outside.txt")
    (docs / "gone.txt").symlink_to(docs / "nothing")
    (docs / "loop").symlink_to(docs)
    (docs / "self").symlink_to("self")
    (docs / "inside.txt").symlink_to(docs / "b.txt")
    found = discover([docs])
    assert names(found) == ["a.md", "b.txt", "deep/er/c.txt", "inside.txt"]
    told = reasons(found)
    assert "out of the folder" in told["out.txt"]
    assert "leads nowhere" in told["gone.txt"]
    assert "itself" in told["self"]
    assert "its own place" in told["loop"]


def test_pipes_are_skipped_with_a_reason(docs: Path) -> None:
    os.mkfifo(docs / "pipe.txt")
    assert reasons(discover([docs])) == {"pipe.txt": "not a regular file"}


def test_names_that_are_not_utf8_are_shown_escaped(docs: Path) -> None:
    with open(os.fsencode(docs) + b"/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    found = discover([docs])
    assert "caf\\xe9.txt" in names(found)
    "".join(names(found)).encode()
    assert next(file for file in found.files if "caf" in file.relative).path.read_text() == "x"


def test_equal_relative_paths_are_prefixed_with_their_roots(tmp_path: Path) -> None:
    for place in ("one/notes", "two/notes", "three"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.txt").write_text(place)
    assert names(discover([tmp_path / "one/notes", tmp_path / "three"])) == ["notes/a.txt", "three/a.txt"]
    same = names(discover([tmp_path / "one/notes", tmp_path / "two/notes"]))
    assert len(set(same)) == 2
    assert all(name.endswith(("one/notes/a.txt", "two/notes/a.txt")) for name in same)


def test_a_file_under_two_roots_is_found_once(docs: Path) -> None:
    assert names(discover([docs, docs / "deep", docs])) == ["a.md", "b.txt", "deep/er/c.txt"]


def test_a_root_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="nowhere"):
        discover([tmp_path / "nowhere"])


def test_folders_deeper_than_the_stack(tmp_path: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(300):
            os.mkdir("d")
            os.chdir("d")
        Path("leaf.txt").write_text("x")
    finally:
        os.chdir(here)
    assert names(discover([tmp_path / "d"])) == ["d/" * 299 + "leaf.txt"]


def test_a_document_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffOne\r\ntwo\rthree".encode())
    (tmp_path / "b.md").write_bytes("\ufeffOne\r\ntwo\rthree".encode())
    one, other = read(tmp_path / "a.txt", LIMIT), read(tmp_path / "b.md", LIMIT)
    assert one == other
    assert one.text == "One\ntwo\nthree"
    assert one.sha256.startswith(one.id)
    assert len(one.id) == 16


def test_markdown_is_kept_as_written(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\n*very* [good](http://x)\n")
    assert read(tmp_path / "a.md", LIMIT).text == "# Title\n\n*very* [good](http://x)\n"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.7\n1 0 obj", "a damaged or truncated PDF"),
        ("a.pdf", b"a text by a wrong name", "not a PDF, though its name ends in .pdf"),
        ("a.txt", b"%PDF-1.7\n1 0 obj", "a PDF, though its name ends in .txt"),
        ("a.docx", b"PK\x03\x04rest", "a damaged or truncated ZIP archive"),
        ("a.docx", b"PK\x03\x04 xl/workbook.xml", "an Excel workbook, though its name ends in .docx"),
        ("a.zip", b"PK\x03\x04rest", "a ZIP archive"),
        ("a.odt", b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.x", "an OpenDocument file"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "the format of before 2007"),
        ("a.txt", b"{\\rtf1 hello}", "an RTF document, though its name ends in .txt"),
        ("a.rtf", b"hello", "not an RTF document"),
        ("a.svg", b"<svg><text>x</text></svg>", "an SVG picture"),
        ("a.exe", b"MZ\x90\x00\x03", "a Windows program"),
        ("a", b"\x7fELF\x02\x01", "a program"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "a PNG picture|a damaged or truncated picture"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "a JPEG picture|a damaged or truncated picture"),
        ("a.gif", b"GIF89a", "a GIF picture"),
        ("a.mp4", b"\0\0\0\x18ftypmp42", "a film or picture"),
        ("a.gz", b"\x1f\x8b\x08", "a gzip archive"),
        ("a.tar", b"name" + bytes(253) + b"ustar", "a tar archive"),
        ("a.bin", bytes(range(32)) * 9, "not text"),
    ],
)
def test_other_formats_are_refused_by_name(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile, match=reason):
        read(tmp_path / name, LIMIT)


def test_a_text_that_begins_with_mz_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("MZ is the mark of an old program.")
    assert read(tmp_path / "a.txt", LIMIT).text.startswith("MZ is")


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", tmp_path, Path("/dev/zero")):
        with pytest.raises(UnreadableFile, match="not a regular file"):
            read(path, LIMIT)


def test_too_large_and_missing_files_have_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * 11)
    assert read(tmp_path / "a.txt", 11).text == "x" * 11
    with pytest.raises(UnreadableFile, match="too large: 11 bytes, the limit is 10"):
        read(tmp_path / "a.txt", 10)
    with pytest.raises(UnreadableFile, match="cannot be opened: No such file"):
        read(tmp_path / "b.txt", 10)
