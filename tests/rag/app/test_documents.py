"""The library's front, used as a program would use it."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import rag
from rag import Cited, Claim, open_documents
from rag.errors import NoDocument, QuestionInvalid
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def documents(sound: Path) -> rag.Documents:
    return open_documents(sound)


def test_importing_the_package_loads_next_to_nothing() -> None:
    heavy = ["numpy", "pydantic", "chromadb", "onnxruntime", "llama_index", "gradio", "fastapi", "mcp", "typer"]
    code = f"import rag, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_that_is_offered_is_there_and_named_to_type_checkers() -> None:
    assert rag.__all__ == sorted(rag.__all__) == dir(rag)
    for name in rag.__all__:
        assert getattr(rag, name).__module__ in (rag._HOMES[name], importlib.import_module(rag._HOMES[name]).__name__)
    tree = ast.parse(Path(str(rag.__file__)).read_text("utf-8"))
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(rag.__all__) <= typed
    with pytest.raises(AttributeError):
        _ = rag.nothing_of_the_kind  # type: ignore[attr-defined]


def test_the_types_go_with_the_package() -> None:
    assert (ROOT / "rag/py.typed").is_file()
    assert (ROOT / "index/py.typed").is_file()


def test_an_answer_is_that_of_the_pipeline(documents: rag.Documents) -> None:
    answer = documents.ask("What had the facility been named in?")
    assert answer.passages == documents.pipeline.ask("What had the facility been named in?").passages
    for citation in (*answer.citations, *answer.quotes):
        assert documents.read(citation.source.path, citation.span.start, citation.span.end).text == citation.quote


def test_a_folder_is_indexed_and_brought_in_step(tmp_path: Path, sound: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "notes"
    home.mkdir()
    folder.mkdir()
    (home / "rag.toml").write_text((sound / "rag.toml").read_text())
    (folder / "one.txt").write_text("The spare key hangs behind the boiler in the hall.\n")
    with open_documents(home) as documents:
        with pytest.raises(rag.RagError, match="name a folder"):
            documents.index()
        assert documents.index(folder).documents == 1
        (folder / "two.txt").write_text("The fuse box is in the cellar, left of the stairs.\n")
        assert documents.index().documents == 2
        assert [source.path for source in documents.documents()] == ["one.txt", "two.txt"]
        assert documents.search("Where is the fuse box?")[0].source.path == "two.txt"
        assert documents.index(folder / "one.txt", only=True).documents == 1


@pytest.mark.parametrize("name", ["../wire.txt", "/etc/passwd", "", "wire.txt\x00", "no such"])
def test_a_document_is_looked_up_and_never_opened(documents: rag.Documents, name: str) -> None:
    for look_up in (documents.read, documents.outline, lambda it: documents.verify_quote("Two soldiers", it)):
        with pytest.raises(NoDocument):
            look_up(name)


def test_what_is_read_is_cut_to_what_is_there(documents: rag.Documents) -> None:
    whole = documents.read("wire.txt")
    assert whole.text.startswith("Strike near")
    assert whole.length == len(whole.text)
    assert documents.read("wire.txt", -5, 10**9).text == whole.text
    assert documents.read("wire.txt", 10**9, 3).text == ""


def test_a_claim_stands_by_the_span_it_cites_alone(documents: rag.Documents) -> None:
    text = documents.read("wire.txt").text
    start = text.index("Two soldiers")
    here, elsewhere = Cited("wire.txt", start, start + 60), Cited("wire.txt", 0, 30)
    claims = [Claim("Two soldiers were killed.", (here,)), Claim("Two soldiers were killed.", (elsewhere,))]
    right, wrong = documents.verify_claims(claims).statements
    assert right.verdict == "supported"
    assert wrong.verdict != "supported"
    assert documents.verify_claims([Claim("Two soldiers were killed.")]).statements[0].verdict == "uncited"


def test_a_span_outside_of_its_document_is_no_source(documents: rag.Documents) -> None:
    check = documents.verify_claims([Claim("Two soldiers were killed.", (Cited("wire.txt", 5, 10**6),))])
    assert check.statements[0].verdict == "unsupported"
    assert "has characters 0 to" in check.statements[0].note
    assert check.unknown == ("wire.txt",)


def test_quoted_words_are_found_or_what_comes_nearest(documents: rag.Documents) -> None:
    verbatim = documents.verify_quote("Two soldiers  were\nkilled")
    assert [place.source.path for place in verbatim.places] == ["wire.txt"]
    changed = documents.verify_quote("Three soldiers were killed, the army said in a statement")
    assert not changed.verbatim
    assert changed.nearest is not None
    assert "Two soldiers were killed" in changed.nearest.quote
    assert 0.5 < changed.likeness < 1
    with pytest.raises(QuestionInvalid):
        documents.verify_quote(" … ")
