"""Text that anybody's model wrote, held against files: which source each citation is, and what verdict comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.settings import IndexSettings
from rag.checking.sources import FileSources, read_files
from rag.checking.text import LONGEST, Check, check_text, places_of
from rag.errors import NoDocument, QuestionInvalid
from rag.reader.layout import Unit
from rag.reader.reader import Judgement, PassageReading
from rag.verification.cite import parse
from tests.fakes import HERALD, LEASE, WIRE

LEAST = "Two soldiers were killed, the army said in a statement."
REPAIRS = "The landlord pays for repairs to the boiler and the roof."


class Doubtful:
    """A reader that finds nothing said: only what is copied stands."""

    fingerprint = "doubtful"

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        raise NotImplementedError

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        return [Judgement(0.02, 0.96, 0.02) for _ in pairs]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    for name, text in {"herald.txt": HERALD, "lease.md": LEASE, "wire.txt": WIRE, "copy.txt": WIRE}.items():
        (folder / name).write_text(text)
    (folder / "empty.txt").write_text(" \n")
    return folder


@pytest.fixture(scope="module")
def sources(folder: Path) -> FileSources:
    return read_files([folder], IndexSettings(Path("/nowhere")))


def checked(text: str, sources: FileSources, *numbered: str) -> Check:
    return check_text(text, sources, Doubtful(), numbered)


def test_files_are_numbered_by_path_and_equal_ones_are_one(sources: FileSources) -> None:
    assert [source.path for source in sources.documents] == ["copy.txt", "herald.txt", "lease.md"]
    assert sources.documents[0].also == ("wire.txt",)
    assert [item.path for item in sources.skipped] == ["empty.txt"]


@pytest.mark.parametrize(
    "text",
    [
        f"{REPAIRS} [3]",
        f"{REPAIRS[:-1]} [3].",
        f"{REPAIRS} [lease.md]",
        f"{REPAIRS} (lease.md)",
        f"{REPAIRS[:-1]} [^1].\n\n[^1]: lease.md, section 3",
        f"{REPAIRS[:-1]} [^the-lease].\n\n[^the-lease]: [Lease of Flat 4, Mill Lane](lease.md)",
        f"{REPAIRS} [1]\n\nSources:\n1. lease.md\n2. wire.txt",
        f"{REPAIRS[:-1]} ([the lease](lease.md)).",
        f"{REPAIRS} [1](lease.md)",
        f"# Repairs\n\n- {REPAIRS} 【3†source】",
    ],
)
def test_every_form_of_citation_leads_to_its_file(sources: FileSources, text: str) -> None:
    check = checked(text, sources)
    assert [statement.labels for statement in check.statements] == [(3,)]
    assert REPAIRS in {citation.quote for citation in check.citations[0]}


def test_a_number_can_be_given_its_source(sources: FileSources) -> None:
    lease = sources.documents[2].document_id
    start = LEASE.index("The landlord")
    for name in ("lease.md", lease, f"{lease}:{start}-{start + len(REPAIRS)}"):
        check = checked(f"{REPAIRS} [1]", sources, name)
        assert [item.verdict for item in check.statements] == ["supported"]
        assert [item.quote for item in check.citations[0]] == [REPAIRS]
    with pytest.raises(NoDocument):
        checked(f"{REPAIRS} [1]", sources, "../lease.md")


def test_a_wrong_source_is_told_with_the_right_one(sources: FileSources) -> None:
    (statement,) = checked(f"{REPAIRS} [wire.txt]", sources).statements
    assert statement.verdict == "unsupported"
    assert "[3] says this" in statement.note


@pytest.mark.parametrize("marker", ["[ghost.md]", "[^ghost.md]", "[99]", "[../lease.md.bak]", "[^n]\n\n[^n]: ghost.md"])
def test_an_invented_source_supports_nothing(sources: FileSources, marker: str) -> None:
    check = checked(f"{REPAIRS} {marker}", sources)
    assert [item.verdict for item in check.statements] == ["unsupported"]
    assert check.unknown == ("[99]" if marker == "[99]" else marker.split()[-1].strip("[^]"),)
    assert check.supported == 0


def test_beside_a_true_source_an_invented_one_leaves_a_part(sources: FileSources) -> None:
    (statement,) = checked(f"{REPAIRS} [lease.md][ghost.md]", sources).statements
    assert (statement.verdict, statement.note) == ("partly", "there is no source 'ghost.md'")


def test_quoted_words_must_stand_in_the_whole_file(sources: FileSources) -> None:
    right, wrong = checked(
        "“the power failed in the eastern districts” [wire.txt]\n"
        "“the power failed in the western districts” [wire.txt]",
        sources,
    ).statements
    assert (right.verdict, right.note) == ("supported", "")
    assert wrong.note == "the quoted words are not in the passage"
    assert wrong.verdict != "supported"


def test_what_is_checked_is_what_was_read_whatever_becomes_of_the_files(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lease.md"
    file.write_text(LEASE)
    before = read_files([file], IndexSettings(Path("/nowhere")))
    file.write_text("Nothing of it.")
    assert checked(f"{REPAIRS} [lease.md]", before).statements[0].verdict == "supported"
    file.unlink()
    assert checked(f"{REPAIRS} [lease.md]", before).statements[0].verdict == "supported"


def test_a_text_too_long_is_refused_at_once(sources: FileSources) -> None:
    with pytest.raises(QuestionInvalid, match="200,000"):
        checked("x" * (LONGEST + 1), sources)


@pytest.mark.parametrize("text", ["", "\n\n", "[1]", "# Only a heading", "…", "\x00", "[^1]: lease.md"])
def test_what_states_nothing_has_no_verdict(sources: FileSources, text: str) -> None:
    check = checked(text, sources)
    assert check.statements == ()
    assert check.supported == 1


def test_both_places_are_told(sources: FileSources) -> None:
    text = f"Well. {REPAIRS[:-1]} [lease.md]. And {LEAST} [wire.txt]"
    check = checked(text, sources)
    assert [place.of(text) for place in check.places if place] == ["Well", REPAIRS[:-1], f"And {LEAST[:-1]}"]
    for citations in check.citations:
        for citation in citations:
            assert citation.span.of(sources.text(citation.source.document_id)) == citation.quote


_WORDS = st.lists(st.sampled_from("Alpha beta, 12 gamma. “Delta” [1] [a.md] (2) epsilon! -".split()), max_size=30)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_WORDS)
def test_places_lie_in_the_text_in_order(words: list[str]) -> None:
    text = " ".join(words)
    places = [place for place in places_of(text, [item.text for item in parse(text)]) if place]
    assert all(0 <= place.start < place.end <= len(text) for place in places)
    assert all(one.end <= two.start for one, two in pairwise(places))
