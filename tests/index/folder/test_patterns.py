from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexFault, SettingsInvalid
from index.folder.files import discover
from index.folder.patterns import Patterns
from index.folder.roots import Root
from index.indexing.build import build_index
from index.indexing.plan import plan_index
from index.settings import IndexSettings
from index.store.open import open_index
from index.types import Report
from tests.fakes import HashingEmbedder

FILES = ("a.md", "a.txt", "drafts/b.md", "drafts/old/c.md", "notes/2020/d.txt", "notes/drafts/e.txt", "x[1].md")


@pytest.mark.parametrize(
    ("glob", "matched"),
    [
        ("*.md", "a.md drafts/b.md drafts/old/c.md x[1].md"),
        ("/*.md", "a.md x[1].md"),
        ("drafts", "drafts/b.md drafts/old/c.md notes/drafts/e.txt"),
        ("drafts/", "drafts/b.md drafts/old/c.md notes/drafts/e.txt"),
        ("/drafts/", "drafts/b.md drafts/old/c.md"),
        ("drafts/*", "drafts/b.md drafts/old/c.md"),
        ("drafts/*.md", "drafts/b.md"),
        ("drafts/**/*.md", "drafts/b.md drafts/old/c.md"),
        ("**/drafts/*.txt", "notes/drafts/e.txt"),
        ("notes/**", "notes/2020/d.txt notes/drafts/e.txt"),
        ("**", " ".join(FILES)),
        ("a.md/", ""),
        ("?.md", "a.md drafts/b.md drafts/old/c.md"),
        ("[bc].md", "drafts/b.md drafts/old/c.md"),
        ("[!a].*", "drafts/b.md drafts/old/c.md notes/2020/d.txt notes/drafts/e.txt"),
        (r"x\[1\].md", "x[1].md"),
        ("x[[]1].md", "x[1].md"),
        ("[+--a]*.md", "a.md"),
        ("20[0-9]?", "notes/2020/d.txt"),
        ("A.MD", ""),
        ("rafts", ""),
    ],
)
def test_a_glob_matches_as_in_a_gitignore(glob: str, matched: str) -> None:
    assert [file for file in FILES if Patterns(include=(glob,)).want(file)] == matched.split()
    assert [file for file in FILES if not Patterns(exclude=(glob,)).want(file)] == matched.split()


def test_what_is_excluded_is_out_whatever_is_included() -> None:
    patterns = Patterns(include=("*.md", "notes/"), exclude=("drafts/",))
    assert [file for file in FILES if patterns.want(file)] == ["a.md", "notes/2020/d.txt", "x[1].md"]
    assert patterns.prune("notes/drafts")
    assert not patterns.prune("notes")


@pytest.mark.parametrize("glob", ["", "/", "!a", "[z-a]"])
def test_a_glob_that_cannot_be_used_is_named(glob: str) -> None:
    with pytest.raises(SettingsInvalid, match=re.escape(repr(glob))):
        Patterns(exclude=(glob,))


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_text_is_a_glob_or_refused_and_survives_being_kept(glob: str, path: str) -> None:
    try:
        patterns = Patterns((glob,), ("*.tmp",))
    except SettingsInvalid:
        return
    patterns.want(path)
    assert Patterns.from_line(patterns.line()) == patterns


@given(st.from_regex(r"[a-z*?\[\]\\.]{1,6}(/[a-z.]{1,3})*", fullmatch=True))
def test_a_path_matches_itself_with_its_special_characters_taken_as_they_are(path: str) -> None:
    plain = "/" + re.sub(r"([*?\[\]\\])", r"\\\1", path)
    assert Patterns(include=(plain,)).want(path)


def test_no_patterns_want_everything() -> None:
    assert all(Patterns.from_line(None).want(file) for file in FILES)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in (*FILES, ".hidden.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}, found at the harbour of Lissa.")
    return tmp_path / "docs"


def test_folders_left_out_are_not_entered_and_all_is_counted(docs: Path) -> None:
    found = discover([docs], Patterns(("*.md",), ("drafts/",)))
    assert [file.relative for file in found.files] == ["a.md", "x[1].md"]
    assert (found.hidden, found.excluded) == (1, 4)  # a.txt, d.txt and two folders


def test_patterns_count_from_each_folder_given(docs: Path) -> None:
    found = discover([docs / "drafts", docs / "notes"], Patterns(exclude=("/old/", "/2020/*")))
    assert [file.relative for file in found.files] == ["b.md", "drafts/e.txt"]


def test_a_link_that_is_left_out_is_not_reported(docs: Path, tmp_path: Path) -> None:
    (docs / "out.lnk").symlink_to(tmp_path)
    assert [item.path for item in discover([docs]).skipped] == ["out.lnk"]
    assert discover([docs], Patterns(exclude=("*.lnk",))).skipped == ()


def test_patterns_are_kept_with_the_index_and_what_they_leave_out_goes(docs: Path, tmp_path: Path) -> None:
    settings = IndexSettings(home=tmp_path / "home")

    def index(patterns: Patterns) -> Report:
        return build_index(settings, [docs], HashingEmbedder(), patterns=patterns, trial=lambda folder: None)

    assert index(Patterns()).files["new"] == len(FILES)
    patterns = Patterns(exclude=("drafts",))
    plan = plan_index(settings, [docs], HashingEmbedder().fingerprint, patterns)
    report = index(patterns)
    assert report.files == plan.counts
    assert (report.files["deleted"], report.embedded) == (3, 0)
    assert (report.hidden_files, report.excluded) == (plan.hidden_files, plan.excluded) == (1, 2)
    with open_index(settings) as opened:
        assert opened.roots == (Root(docs, patterns),)
    assert index(Patterns(exclude=("drafts/",))).generation != report.generation  # so that they are remembered
    with pytest.raises(IndexFault, match=r"7 files passed over.*check the patterns"):
        build_index(IndexSettings(home=tmp_path / "other"), [docs], HashingEmbedder(), patterns=Patterns(("*.pdf",)))
