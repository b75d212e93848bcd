"""A folder of every format, indexed through the worker, brought in step again, and searched."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evals.making import docx, paragraph, pdf, pptx, run, shape, sheet, sheet_row, slide, xlsx
from index.indexing.build import build_index
from index.readers import read
from index.settings import IndexSettings
from index.store.open import Index, open_index
from index.types import Report
from tests.fakes import HashingEmbedder
from tests.making import epub, notebook

FILES: dict[str, bytes] = {
    "a.txt": b"The apple fell on Monday.",
    "b.md": b"# Banana\n\nThe banana was ripe.<!-- hidden words -->",
    "c.html": b"<h1>Cherry news</h1><p>The cherry was red.</p><p hidden>unseen</p>",
    "d.pdf": pdf([["The date palm grew."], ["It bore damsons in May."], []]),
    "e.docx": docx(paragraph(run("The elderberry was dark."), run("unseen", "<w:vanish/>"))),
    "f.pptx": pptx(slide(shape("Figs", kind="title"), shape("The fig was sweet."))),
    "g.xlsx": xlsx({"Grapes": sheet(sheet_row("name", "price") + sheet_row("grape", "3"))}),
    "h.csv": b"name,price\nhazelnut,4\n",
    "i.epub": epub(["<p>The ilama is a fruit.</p>"], title="Fruit"),
    "j.eml": b"Subject: Jam\nFrom: Ada <a@x.org>\n\nThe jackfruit is large.",
    "k.json": b'{"fruit": "kiwi"}',
    "l.ipynb": notebook({"cell_type": "markdown", "source": "The lemon is sour."}),
    "m.py": b"def mango():\n    return 'The mango is sweet.'\n",
    "n.log": b"2019-03-02 10:00:00 INFO nectarine bought\n2019-03-02 10:00:05 INFO nectarine eaten\n",
    "scan.pdf": pdf([[]]),
    "cut.docx": docx(paragraph(run("x")))[:100],
    "empty.pdf": b"",
}
FRUITS = {
    **{"apple": "a.txt", "banana": "b.md", "cherry": "c.html", "damsons": "d.pdf", "elderberry": "e.docx"},
    **{"fig": "f.pptx", "grape": "g.xlsx", "hazelnut": "h.csv", "ilama": "i.epub", "jackfruit": "j.eml"},
    **{"kiwi": "k.json", "lemon": "l.ipynb", "mango": "m.py", "nectarine": "n.log"},
}


class Folder:
    def __init__(self, place: Path) -> None:
        self.docs = place / "docs"
        self.docs.mkdir()
        self.settings = IndexSettings(home=place / "home", passage_words=20)
        self.embedder = HashingEmbedder()
        for name, data in FILES.items():
            (self.docs / name).write_bytes(data)

    def index(self) -> Report:
        self.embedder.seen.clear()
        return build_index(self.settings, [self.docs], self.embedder, trial=lambda _: None)

    def open(self) -> Index:
        return open_index(self.settings, self.embedder.fingerprint)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_every_format_is_found_and_quoted_exactly(folder: Folder) -> None:
    report = folder.index()
    assert report.files["new"] == len(FRUITS)
    with folder.open() as index:
        for fruit, path in FRUITS.items():
            hit = index.lexical(fruit, 1)[0]
            passage = index.passages([hit.passage_id])[hit.passage_id]
            assert index.source(passage).path == path
            text = index.text(passage.document_id)
            assert text[passage.start : passage.end] == passage.text
            assert text == read(folder.docs / path, 1_000_000).text
            assert passage.page == {"damsons": 2, "fig": 1}.get(fruit)


def test_what_was_left_out_is_told(folder: Folder) -> None:
    report = folder.index()
    skipped = {item.path: item.reason for item in report.skipped}
    assert skipped.pop("scan.pdf").startswith("no text layer on page 1")
    assert skipped == {"cut.docx": "a damaged or truncated ZIP archive", "empty.pdf": "holds no text"}
    remarks = {remark.path: remark.text for remark in report.remarks}
    assert remarks.pop("d.pdf").startswith("no text layer on page 3: empty, or ")
    assert remarks == {
        "b.md": "11 hidden characters left out",
        "c.html": "6 hidden characters left out",
        "e.docx": "6 hidden characters left out",
    }
    assert report.hidden == 23
    again = folder.index()
    assert (again.remarks, again.hidden, again.generation) == (report.remarks, report.hidden, report.generation)


def test_files_that_are_as_they_were_are_not_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("scan.pdf", "cut.docx"):
        (folder.docs / name).unlink()
    folder.index()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")  # no worker can be started
    report = folder.index()
    assert (report.files["unchanged"], report.embedded) == (len(FRUITS), 0)
    assert [skipped.path for skipped in report.skipped] == ["empty.pdf"]


def test_a_document_that_breaks_is_kept_with_its_pages_even_when_passages_are_cut_anew(folder: Folder) -> None:
    folder.index()
    (folder.docs / "d.pdf").write_bytes(b"%PDF-1.4 broken")
    folder.settings = IndexSettings(home=folder.settings.home, passage_words=40)
    report = folder.index()
    assert report.files["kept"] == 1
    with folder.open() as index:
        hit = index.lexical("damsons", 1)[0]
        assert index.passages([hit.passage_id])[hit.passage_id].page == 2


def test_equal_bytes_of_two_formats_are_two_documents(tmp_path: Path) -> None:
    for name in ("a.html", "a.txt", "b.txt", "c.md"):
        (tmp_path / name).write_bytes(b"<p>one</p>")
    page, source, copy, markdown = (read(tmp_path / name, 99) for name in ("a.html", "a.txt", "b.txt", "c.md"))
    assert (page.text, source.text) == ("one", "<p>one</p>")
    assert page.id != source.id
    assert page.sha256 == source.sha256
    assert source == copy == markdown
