"""A notebook as a Word document: each quote with its file, page, offsets and digest, and what became of it.

Characters that steer, hide or are no text are written as in the Markdown form, and `export.exact` reads them back.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from html import escape

from rag import wording
from rag.app.conversations.export import Checked, place, visible
from rag.app.conversations.notebook import Pin
from rag.types import Citation
from rag.verification.reopen import State, in_words

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FORMATS = "http://schemas.openxmlformats.org"
_NO_XML = re.compile("[\ufffe\uffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = f"{MEDIA_TYPE}.main+xml"
_CONTENT_TYPES = (
    f'{_HEAD}<Types xmlns="{_FORMATS}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_MAIN.replace("document.main", "styles")}"/></Types>'
)
_WORD = f"{_FORMATS}/wordprocessingml/2006/main"
_STYLES = {
    "Heading1": ("heading 1", "<w:keepNext/>", '<w:b/><w:sz w:val="36"/>'),
    "Heading2": ("heading 2", '<w:keepNext/><w:spacing w:before="360" w:after="80"/>', '<w:b/><w:sz w:val="26"/>'),
    "Quote": ("Quote", '<w:spacing w:after="60"/><w:ind w:left="360"/>', '<w:sz w:val="24"/>'),
    "Place": (
        "Place",
        '<w:ind w:left="360"/>',
        '<w:color w:val="565E69"/><w:sz w:val="18"/>',
    ),
}


def notebook_as_docx(collection: str, pins: Sequence[Pin], check: Callable[[Citation], State]) -> bytes:
    """The pins in their order, each under its question."""
    paragraphs = [_paragraph(_run(f"Notebook of the collection {collection}"), "Heading1")]
    paragraphs += (part for pin in pins for part in _pin(pin, check))
    document = f'{_HEAD}<w:document xmlns:w="{_WORD}"><w:body>{"".join(paragraphs)}</w:body></w:document>'
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _relation("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relation("styles", "styles.xml"),
        "word/document.xml": document,
        "word/styles.xml": _styles(),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content.encode(), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _pin(pin: Pin, check: Callable[[Citation], State]) -> Iterator[str]:
    yield _paragraph(_run(pin.answer.question), "Heading2")
    outcome = wording.outcome(pin.answer) if pin.kind == "answer" else ""
    lines = (f"Pinned {pin.pinned}.", pin.note, outcome)
    yield from (_paragraph(_run(line)) for line in lines if line)
    if computed := wording.computed(pin.answer):
        yield _paragraph(_run(computed, bold=True))
    for statement in wording.written(pin.answer):
        one = Checked.of(statement)
        yield _paragraph(_run(f"{one.verdict}: ", bold=True) + _run(one.line))
    for quote in pin.quotes:
        yield from _quote(quote, check(quote))


def _quote(quote: Citation, state: State) -> Iterator[str]:
    """The words, those that answer bold; of a table's row the values under their heads too; and where they stand."""
    before, answer, after = wording.halves(quote)
    yield _paragraph(_run(before) + _run(answer, bold=True) + _run(after), "Quote")
    for head, value, _ in wording.row(quote):
        yield _paragraph(_run(f"{head}: {value}" if head.strip() else value), "Place")
    where = place(quote.source, quote.headings, quote.page, quote.span)
    yield _paragraph(_run(f"[{quote.label}] {where}, sha256 {quote.source.sha256}"), "Place")
    if state.standing != "same":
        yield _paragraph(_run(f"Since then: {in_words(quote, state)}."), "Place")


def _paragraph(runs: str, style: str = "Normal") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p>'


def _run(text: str, bold: bool = False) -> str:
    if not text:
        return ""
    escaped = escape(_NO_XML.sub(lambda match: f"‹U+{ord(match[0]):04X}›", visible(text)), quote=False)
    begin, end = '<w:t xml:space="preserve">', "</w:t>"
    lines = escaped.replace("\n", f"{end}<w:br/>{begin}").replace("\t", f"{end}<w:tab/>{begin}")
    return f"<w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}{begin}{lines}{end}</w:r>"


def _relation(kind: str, target: str) -> str:
    relation = f'<Relationship Id="r1" Type="{_FORMATS}/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
    return f'{_HEAD}<Relationships xmlns="{_FORMATS}/package/2006/relationships">{relation}</Relationships>'


def _styles() -> str:
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/>'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        for key, (name, paragraph, run) in _STYLES.items()
    )
    normal = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    return f'{_HEAD}<w:styles xmlns:w="{_WORD}">{normal}{named}</w:styles>'
