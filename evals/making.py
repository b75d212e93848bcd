"""Small files of every format, made by hand: what is tried or tested is never a binary kept in the repository."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """Relations r1, r2, … of these kinds to these parts."""
    rows = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{rows}</Relationships>'


def run(text: str, properties: str = "") -> str:
    """A run of a Word paragraph."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    """A paragraph of Word."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def docx(body: str, *, doctype: str = "", notes: str = "") -> bytes:
    """A Word file with this body and these footnotes."""
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/document.xml": f'{doctype}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    if notes:
        parts["word/_rels/document.xml.rels"] = relations(("footnotes", "footnotes.xml"))
        parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{_WORD}">{notes}</w:footnotes>'
    return zipped(parts)


def shape(*lines: str, kind: str = "body", hidden: bool = False) -> str:
    """A shape on a slide, a paragraph a line."""
    attribute = ' hidden="1"' if hidden else ""
    body = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"{attribute}/><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
        f"<p:txBody>{body}</p:txBody></p:sp>"
    )


def slide(*shapes: str, show: str = "1") -> str:
    """A slide with these shapes."""
    return (
        f'<p:sld xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" show="{show}"><p:spTree>{"".join(shapes)}</p:spTree></p:sld>'
    )


def pptx(*slides: str, notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation; `notes` are shapes of speaker's notes by the number of their slide, from 1."""
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in range(1, len(slides) + 1))
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_SLIDE}" xmlns:r="{_OFFICE}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1))
        ),
    }
    for number, content in enumerate(slides, start=1):
        parts[f"ppt/slides/slide{number}.xml"] = content
    for number, note in (notes or {}).items():
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(("notesSlide", f"../notesSlides/n{number}.xml"))
        parts[f"ppt/notesSlides/n{number}.xml"] = slide(note).replace("p:sld", "p:notes")
    return zipped(parts)


def sheet(rows: str, columns: str = "") -> str:
    """A sheet of Excel with these rows."""
    return f'<worksheet xmlns="{_SHEET}"><cols>{columns}</cols><sheetData>{rows}</sheetData></worksheet>'


def sheet_row(*cells: str, attributes: str = "") -> str:
    """A row of cells as they stand in the XML; a plain text becomes a cell of its own."""
    made = (cell if cell.endswith("</c>") else f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells)
    return f"<row {attributes}>{''.join(made)}</row>"


def xlsx(
    sheets: Mapping[str, str],
    *,
    states: Mapping[str, str] | None = None,
    strings: Sequence[str] = (),
    formats: Sequence[str] = (),
    properties: str = "",
) -> bytes:
    """A workbook. Style n (from 0) shows numbers by `formats[n]`."""
    named = "".join(
        f'<sheet name="{escape(name)}" state="{(states or {}).get(name, "visible")}" r:id="r{number}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    kinds = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    own = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(formats))
    styled = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    parts: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">{properties}<sheets>{named}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            *kinds, ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET}">'
        + "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        + "</sst>",
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><numFmts>{own}</numFmts><cellXfs>{styled}</cellXfs>'
        "</styleSheet>",
    }
    for number, content in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = content
    return zipped(parts)


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    user: bytes | None = None,
    drawing: str = "",
    drawings: Sequence[str] = (),
    info: str = "",
) -> bytes:
    """A PDF with a line of Helvetica for each string, a wide gap where one is empty; what `drawing` draws on every
    page, `drawings` on each its own.

    With `user`, a PDF that opens with this password only; with `b""` one that all may read and its owner change.
    """
    own = [*drawings, *[drawing] * (len(pages) - len(drawings))]
    streams = [_drawn(lines, drawn).encode("cp1252") for lines, drawn in zip(pages, own, strict=True)]
    return _assembled(streams, user, info)


def _drawn(lines: Sequence[str], drawing: str) -> str:
    operators = []
    height = 800
    for line in lines:
        height -= 12 if line else 24
        escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        if line:
            operators.append(f"BT /F1 10 Tf 50 {height} Td ({escaped}) Tj ET")
    return "\n".join([*operators, drawing])


def _assembled(streams: Sequence[bytes], user: bytes | None, info: str) -> bytes:
    pages = [f"{4 + 2 * number} 0 R" for number in range(len(streams))]
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(pages)}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    lock = None if user is None else _Lock(user)
    for number, stream in enumerate(streams):
        at = 5 + 2 * number
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 820] /Contents {at} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        data = lock.encrypt(stream, at) if lock else stream
        objects.append(f"<< /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")
    reference = f" /Info {len(objects) + 1} 0 R" if info else ""
    objects += [f"<< {info} >>".encode()] if info else []
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R{reference}".encode() + (lock.trailer() if lock else b"")
    return _with_table(objects, trailer)


def _with_table(objects: Sequence[bytes], trailer: bytes) -> bytes:
    file = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{at:010d} 00000 n \n" for at in places)
    return file + table.encode() + b"trailer\n<< " + trailer + f" >>\nstartxref\n{len(file)}\n%%EOF\n".encode()


class _Lock:
    """The oldest of the PDF format's locks: RC4 with a key of 40 bits, as ISO 32000-1, 7.6.3 has it."""

    _PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    _ID = bytes(16)

    def __init__(self, user: bytes) -> None:
        padded = (user + self._PAD)[:32]
        self._owner = _rc4(hashlib.md5((b"owner" + self._PAD)[:32]).digest()[:5], padded)
        rights = (-4).to_bytes(4, "little", signed=True)
        self._key = hashlib.md5(padded + self._owner + rights + self._ID).digest()[:5]

    def encrypt(self, data: bytes, number: int) -> bytes:
        return _rc4(hashlib.md5(self._key + number.to_bytes(3, "little") + bytes(2)).digest()[:10], data)

    def trailer(self) -> bytes:
        entries = f"/V 1 /R 2 /P -4 /O <{self._owner.hex()}> /U <{_rc4(self._key, self._PAD).hex()}>"
        ids = f"<{self._ID.hex()}>" * 2
        return f" /ID [{ids}] /Encrypt << /Filter /Standard {entries} >>".encode()


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
