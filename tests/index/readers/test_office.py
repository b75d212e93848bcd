from __future__ import annotations

import pytest

from evals.making import docx, paragraph, pptx, run, shape, sheet, sheet_row, slide, xlsx
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.searchable import embedding_text
from index.document.structure import structure_of
from index.readers.docx import read_docx
from index.readers.pptx import read_pptx
from index.readers.table import read_table
from index.readers.xlsx import read_xlsx
from index.types import Document
from tests.making import word_table


def test_word_paragraphs_lists_tables_and_notes() -> None:
    item = '<w:numPr><w:numId w:val="1"/></w:numPr>'
    body = (
        paragraph(run("Harbour report"), properties='<w:pStyle w:val="Title"/>')
        + paragraph(run("It was "), run("closed."), '<w:r><w:footnoteReference w:id="2"/></w:r>')
        + paragraph(run("one"), properties=item)
        + paragraph(run("two"), properties=item)
        + word_table([["Name", "Age"], ["Anna", "34"]])
        + paragraph("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>")
    )
    notes = f'<w:footnote w:type="separator" w:id="0">{paragraph("<w:r><w:separator/></w:r>")}</w:footnote>'
    notes += f'<w:footnote w:id="2">{paragraph(run("By order."))}</w:footnote>'
    got = read_docx(docx(body, notes=notes))
    assert got.text == (
        "Harbour report\n\nIt was closed.[2]\n\n- one\n- two\n\n| Name | Age |\n| Anna | 34 |\n\n"
        "a\tb\nc\n\n[2] By order."
    )
    assert [section.title for section in got.sections] == ["Harbour report"]


def test_word_frames_boxes_and_second_forms_are_read_once() -> None:
    box = f"<w:txbxContent>{paragraph(run('In a box.'))}</w:txbxContent>"
    choice = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    drawn = f'<w:r><mc:AlternateContent xmlns:mc="urn:mc">{choice}</mc:AlternateContent></w:r>'
    moved = f"<w:moveFrom>{run('Moved away.')}</w:moveFrom>"
    deleted = "<w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del>"
    code = "<w:r><w:instrText>PAGE</w:instrText></w:r>"
    got = read_docx(docx(word_table([["A frame."]]) + paragraph(run("Before. "), drawn, moved, deleted, code)))
    assert got.text == "A frame.\n\nIn a box.\n\nBefore."


def test_slides_are_pages_with_their_titles_and_notes() -> None:
    deck = pptx(
        slide(shape("Results", kind="title"), shape("Revenue rose.", "Costs fell."), shape("7", kind="sldNum")),
        slide(),
        slide(shape("Outlook", kind="ctrTitle"), shape("Good.")),
        notes={1: shape("Say it slowly.")},
    )
    got = read_pptx(deck)
    assert got.text == "Results\n\nRevenue rose.\n\nCosts fell.\n\nNotes: Say it slowly.\n\nOutlook\n\nGood."
    assert [got.text[start:].split("\n")[0] for start in got.pages] == ["Results", "Outlook", "Outlook"]
    assert [section.title for section in got.sections] == ["Results", "Outlook"]
    assert got.notes == ("no text on slide 2",)
    document = document_with(got.text, pages=got.pages, sections=got.sections)
    passages = chunk(document, split_articles(document), 200)
    assert [(p.page, p.text.split("\n")[0]) for p in passages] == [(1, "Results"), (3, "Outlook")]


def test_prices_are_shown_with_the_noughts_that_a_person_sees() -> None:
    rows = sheet_row(
        *(f'<c s="{style}"><v>{value}</v></c>' for style, value in [(0, "39.9"), (1, "39.9"), (1, "39.904")])
    )
    book = xlsx({"S": sheet(rows)}, formats=["General", '#,##0.00 "EUR"'])
    assert read_xlsx(book).text == "| 39.9 | 39.90 | 39.904 |"


def test_heads_and_feet_of_word_are_read_once() -> None:
    from evals.making import relations, zipped

    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    made = zipped(
        {
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/document.xml": f"<w:document {name}><w:body>{paragraph(run('Dear Ann,'))}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(("header", "h1.xml"), ("header", "h2.xml"), ("footer", "f.xml")),
            "word/h1.xml": f"<w:hdr {name}>{paragraph(run('Offer 2024-118'))}</w:hdr>",
            "word/h2.xml": f"<w:hdr {name}>{paragraph(run('Offer 2024-118, valid'))}</w:hdr>",
            "word/f.xml": f"<w:ftr {name}>{paragraph(run('Page 1'))}</w:ftr>",
        }
    )
    assert read_docx(made).text == "Dear Ann,\n\nOffer 2024-118\n\nOffer 2024-118, valid"


def test_sheets_show_cells_as_a_person_sees_them() -> None:
    cells = sheet_row("Name", "Born", "Share", "Sum", "Seen", "Note")
    cells += sheet_row(
        '<c t="s"><v>0</v></c>',
        '<c s="1"><v>32994</v></c>',
        '<c s="2"><v>0.155</v></c>',
        "<c><v>0.30000000000000004</v></c>",
        '<c t="b"><v>1</v></c>',
        '<c t="str"><f>A1</f><v>said</v></c>',
    )
    cells += sheet_row(
        '<c r="A3" s="3"><v>0.5625</v></c>', '<c r="C3" s="4"><v>44197.5</v></c>', '<c r="F3" t="e"><v>#N/A</v></c>'
    )
    book = xlsx(
        {"People": sheet(cells), "Second": sheet(sheet_row("alone"))},
        strings=["Anna"],
        formats=["General", "d mmm yyyy", "0.0%", "h:mm", '"on" yyyy/mm/dd h:mm'],
    )
    got = read_xlsx(book)
    assert got.text.split("\n") == [
        "| Name | Born | Share | Sum | Seen | Note |",
        "| Anna | 1990-05-01 | 15.5% | 0.3 | TRUE | said |",
        "| 13:30 |  | 2021-01-01 12:00 |  |  | #N/A |",
        "",
        "| alone |",
    ]
    assert [(section.title, section.columns) for section in got.sections] == [
        ("People", "| Name | Born | Share | Sum | Seen | Note |"),
        ("Second", ""),
    ]


def test_days_of_old_macs_count_from_1904() -> None:
    cell = '<c s="0"><v>0</v></c>'
    book = xlsx({"S": sheet(sheet_row(cell))}, formats=["yyyy-mm-dd"], properties='<workbookPr date1904="1"/>')
    assert read_xlsx(book).text == "| 1904-01-01 |"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"name,age\nAnna,34\n", "| name | age |\n| Anna | 34 |"),
        (b"name;age\nAnna, the first;34\nBob;35\n", "| name | age |\n| Anna, the first | 34 |\n| Bob | 35 |"),
        (b"name\tage\nAnna\t34\n", "| name | age |\n| Anna | 34 |"),
        (b"sep=|\nname|age\nAnna|34\n", "| name | age |\n| Anna | 34 |"),
        (b'name,said\r\nAnna,"Well,\r\nyes ""indeed"""\r\n', '| name | said |\n| Anna | Well, yes "indeed" |'),
        ("näme,ort\nJürgen,Köln\n".encode("cp1252"), "| näme | ort |\n| Jürgen | Köln |"),
        (b"just a line\n", "| just a line |"),
        (b"a,b\n,,\n1,\n", "| a | b |\n| 1 |"),
    ],
)
def test_separated_values(data: bytes, text: str) -> None:
    assert read_table(data).text == text


def test_a_quotation_mark_never_closed_does_not_swallow_the_rows() -> None:
    got = read_table(b'a,b\n1,"x\n' + b"2,y\n" * 500)
    assert got.text.count("| 2 | y |") == 500


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        (["name,age", "Anna,34"], "| name | age |"),
        (["Report of May,", "name,age", "Anna,34"], "| name | age |"),
        ([",2019,2020", "Rome,1,2"], "|  | 2019 | 2020 |"),
        (["Anna,34", "Bob,35"], ""),
        (["name,name", "a,b"], ""),
        (["name,,age", "a,b,c"], ""),
        (["name,age"], ""),
        (["name," + "x" * 90, "a,b"], ""),
    ],
)
def test_heads_of_columns(rows: list[str], heads: str) -> None:
    (section,) = read_table("\n".join(rows).encode()).sections
    assert section.columns == heads


def test_heads_are_repeated_for_the_model_and_never_in_what_is_stored() -> None:
    rows = [f"Person {number},{20 + number % 50},Lissa" for number in range(60)]
    got = read_table("\n".join(["name,age,town", *rows]).encode())
    document = document_with(got.text, sections=got.sections, blocks=got.blocks)
    (article,) = split_articles(document)
    structure = structure_of(document, [article])
    first, *others = chunk(document, [article], 40)
    assert len(others) > 5
    assert first.text.startswith("| name | age | town |\n")
    assert "name: Person 0; age: 20; town: Lissa" in embedding_text(first, article, got.text, structure).split("\n")
    for passage in others:
        assert "name" not in passage.text
        assert all(line.startswith("| Person") and line.endswith("| Lissa |") for line in passage.text.split("\n"))
        _, *lines = embedding_text(passage, article, got.text, structure).split("\n")
        assert len(lines) == len(passage.text.split("\n"))
        assert all(line.startswith("name: Person") and line.endswith("town: Lissa") for line in lines)


def document_with(text: str, **told: object) -> Document:
    return Document("0" * 16, "0" * 64, text, "utf-8", **told)  # type: ignore[arg-type]
