"""The bad inputs: what each puts into a folder, and what must become of it. All are made here."""

from __future__ import annotations

import os
import random
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evals.making import docx, paragraph, pdf, run, sheet, sheet_row, xlsx, zipped
from tests.faults import languages
from tests.making import epub, notebook

LINE = "The harbour was closed on Monday."
_PARAGRAPH = f"<p>{LINE} The fishermen &amp; their wives waited at the quay.</p>"
_MANY = 100_000


@dataclass(frozen=True, slots=True)
class Input:
    """What is put into a folder beside a good file, and what must become of it.

    `texts` are what must be indexed, by path; `skipped` what must not be, each with words that its reason must hold.
    What is in neither may be indexed or skipped with a reason. `disturb` is done to the folder when reading begins.
    `heavy` ones are left to `make faults`; `unprivileged` ones mean nothing to one who may read all.
    """

    put: Callable[[Path], None]
    texts: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    disturb: Callable[[Path], None] | None = None
    heavy: bool = False
    unprivileged: bool = False


def _file(name: str, data: str | bytes, text: str | None = None, *, reason: str = "", heavy: bool = False) -> Input:
    """One file: with `text`, that must be indexed; with `reason`, it must be skipped for it."""
    raw = data.encode() if isinstance(data, str) else data
    return Input(
        lambda folder: _write(folder / name, raw),
        {} if text is None else {name: text},
        {name: reason} if reason else {},
        heavy=heavy,
    )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        _write(folder / name, text.encode())


def _made(name: str, make: Callable[[], bytes], *, heavy: bool = False, reason: str = "") -> Input:
    """As `_file`, for what is too large to be made when nobody asks for it."""
    return Input(lambda folder: _write(folder / name, make()), skipped={name: reason} if reason else {}, heavy=heavy)


def _names(*names: str | bytes, printed: Mapping[str, str] | None = None) -> Input:
    """Files of these names, each saying the same and its own."""
    texts = {os.fsdecode(name): f"{LINE} It was so for the {number}. time." for number, name in enumerate(names)}
    by_path = {(printed or {}).get(name, name): text for name, text in texts.items()}
    return Input(lambda folder: _write_all(folder, texts), by_path)


def _pdf_bomb() -> bytes:
    stream = zlib.compress(b"BT (" + b"a" * 400_000_000 + b") Tj ET", 1)
    made = pdf([["x"]])
    start, end = made.index(b"<< /Length"), made.index(b"endstream")
    body = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode() + stream + b"\n"
    return made[:start] + body + made[end:]


def _docx_bomb() -> bytes:
    return docx("<w:p><w:r><w:t>" + "a" * 100_000_000 + "</w:t></w:r></w:p>")


def _text(megabytes: int) -> bytes:
    words = "harbour ferry keeper lighthouse storm quay fog ships Monday closed counted waited before after".split()
    chance = random.Random(5)
    sentence = [" ".join(chance.choices(words, k=12)) for _ in range(1000)]
    lines = (f"{number}: {chance.choice(sentence)}. {chance.choice(sentence)}." for number in range(6200 * megabytes))
    return "\n\n".join(lines).encode()


_LAUGHS = '<!DOCTYPE a [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
_ENTITY = paragraph("<w:r><w:t>&x;</w:t></w:r>")
_LOOP = b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
_SPLIT = "".join(f"Harbourmaster Wittgenstein-Oppenheim telegraphed announcement {n}. " for n in range(45_000))

TEXTS: dict[str, Input] = {
    "0 bytes": _file("a.txt", b"", reason="holds no text"),
    "white space": _file("a.txt", b" \n\t\r\n" * 1000, reason="holds no text"),
    "random bytes": _file("a.txt", random.Random(1).randbytes(200_000), reason="not text"),
    "NULs in text": _file("a.txt", LINE.replace(" ", " \0").encode(), LINE),
    "3 MB in one line": _file("a.txt", _SPLIT, _SPLIT),
    "3 MB without a blank": _file("a.txt", "harbour" * 430_000, "harbour" * 430_000),
    "50 MB of text": _made("a.txt", lambda: _text(50), heavy=True),
    "control characters and ANSI": _file("a.txt", f"\x1b[31m{LINE}\x1b[0m\x07", f"\x1b[31m{LINE}\x1b[0m\x07"),
    "right-to-left override": _file("a.txt", f"\u202e{LINE}\u202c", f"\u202e{LINE}\u202c"),
    "Chinese and Japanese without blanks": _file("a.txt", languages.CJK * 50, languages.CJK * 50),
    "emoji with joiners": _file("a.txt", f"{LINE} 👩‍👩‍👧‍👦 🏳️‍🌈", f"{LINE} 👩‍👩‍👧‍👦 🏳️‍🌈"),
    "zero-width and tag characters": _file("a.txt", f"{LINE}\u200b\u2060\U000e0041\U000e0042", LINE),
    **{f"in {name}": _file("a.txt", data, text) for name, data, text in languages.encoded()},
    "UTF-32 without BOM": _file("a.txt", LINE.encode("utf-32-le")),
    "UTF-8 and Latin-1 mixed": _file("a.txt", languages.FRENCH.encode() * 9 + "déjà".encode("latin-1")),
    "4 bytes of Latin-1": _file("a.txt", b"caf\xe9", "café"),
    "Markdown with front matter": _file("a.md", f"---\ntitle: x\n---\n\n{LINE}", f"---\ntitle: x\n---\n\n{LINE}"),
    "Markdown, a table of 20,000 rows": _file("a.md", "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 20_000),
    "Markdown, code never ends": _file("a.md", f"```\n{LINE}", f"```\n{LINE}"),
    "CSV, a cell of 1 MB": _file("a.csv", f'name,said\nx,"{"word " * 200_000}"\n'),
    "JSON": _file("a.json", f'{{"said": "{LINE}"}}', f"said: {LINE}"),
    "JSON, 100,000 deep": _file("a.json", "[" * 100_000 + "]" * 100_000, reason="nests too deep"),
    "JSON, broken": _file("a.json", '{"a": ', reason="not valid JSON"),
    "notebook": _file("a.ipynb", notebook({"cell_type": "markdown", "source": LINE}), LINE),
}
OFFICE: dict[str, Input] = {
    "PDF": _file("a.pdf", pdf([[LINE]]), LINE),
    "PDF, cut short": _file("a.pdf", pdf([[LINE]])[:150], reason="damaged or truncated"),
    "PDF without its table": _file("a.pdf", pdf([[LINE]]).partition(b"xref")[0]),
    "PDF behind other bytes": _file("a.pdf", b"junk\n" * 20 + pdf([[LINE]]), LINE),
    "PDF, user password": _file("a.pdf", pdf([[LINE]], user=b"secret"), reason="protected with a password"),
    "PDF, owner password": _file("a.pdf", pdf([[LINE]], user=b""), LINE),
    "PDF whose pages go in a circle": _file(
        "a.pdf", pdf([[LINE]]).replace(b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>", _LOOP), reason="PDF"
    ),
    "PDF bomb": _made("a.pdf", _pdf_bomb, reason="of memory"),
    "PDF, a scan": _file("a.pdf", pdf([[]]), reason="no text layer"),
    "PDF of 1,000 pages": _file("a.pdf", pdf([[LINE]] * 1000), "\n\n".join([LINE] * 1000)),
    "program named .pdf": _file("a.pdf", b"MZ\x90" + bytes(300), reason="a Windows program"),
    "Word": _file("a.docx", docx(paragraph(run(LINE))), LINE),
    "text named .docx": _file("a.docx", LINE, reason="not a Word document"),
    "Word with an outer entity": _file(
        "a.docx", docx(_ENTITY, doctype='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), reason="type"
    ),
    "Word, a billion laughs": _file("a.docx", docx(_ENTITY, doctype=_LAUGHS + "]>"), reason="document type"),
    "Word bomb": _made("a.docx", _docx_bomb, reason="a ZIP bomb"),
    "Word without a document": _file("a.docx", zipped({"a.txt": "x"}), reason="holds none"),
    "ZIP in a ZIP named .docx": _file("a.docx", zipped({"b.zip": zipped({"a": "x" * 9999})}), reason="holds none"),
    "Excel, a cell in column ZZZZ": _file(
        "a.xlsx", xlsx({"S": sheet(sheet_row('<c r="ZZZZ1"><v>1</v></c>'))}), reason="holds no text"
    ),
    "EPUB, cut short": _file("a.epub", epub([_PARAGRAPH])[:300], reason="damaged or truncated"),
    "ZIP named .txt": _file("a.txt", zipped({"a.txt": "x"}), reason="a ZIP archive"),
}
PAGES: dict[str, Input] = {
    "HTML, 60,000 deep": _file("a.html", "<div>" * 60_000 + LINE, LINE),
    "HTML, hidden text": _file("a.html", f'<p>{LINE}</p><p style="display:none">unseen</p>', LINE),
    "HTML without a body": _file("a.html", f"<title>x</title>{LINE}", LINE),
    "HTML that says it is UTF-8 and is not": _file(
        "a.html", f'<meta charset="utf-8"><p>{languages.FRENCH}'.encode("cp1252"), languages.FRENCH
    ),
    "HTML that says it is not UTF-8 and is": _file(
        "a.html", f'<meta charset="shift_jis"><p>{languages.FRENCH}', languages.FRENCH
    ),
    "HTML of 20 MB": _made("a.html", lambda: f"<html><body>{_PARAGRAPH * 220_000}".encode(), heavy=True),
    "HTML, open buttons": _file("a.html", "<p><button>" + "<div>" * 100_000 + LINE, LINE),
    "HTML, tables in tables": _file("a.html", "<table><tr><td>" * 30_000 + LINE, LINE),
    "HTML, styles without an end": _file("a.html", f"<p>{LINE}</p><style>" + "@a/*" * 200_000, LINE),
    "HTML, quotes without an end": _file("a.html", f"<p>{LINE}</p>" + "<a b='" * 150_000, LINE),
    "HTML, quotes that never fit": _file("a.html", f"<p>{LINE}</p>" + "<a b='>' c= " * 1_000),
    "HTML, 1 MB of quotes that never fit": _made("a.html", lambda: b"<a b='>' c= " * 85_000, heavy=True),
    "HTML, 100,000 paragraphs": _file("a.html", "<p>x" * 100_000),
    "HTML, a million paragraphs": _made("a.html", lambda: b"<p>x" * 1_000_000, heavy=True),
}


def _links(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    (folder / "out").symlink_to("/etc/hostname")
    (folder / "nowhere").symlink_to("gone.txt")


def _special(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    here = os.open(folder, os.O_RDONLY)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/socket.txt" if Path("/proc/self/fd").exists() else str(folder / "socket.txt"))
    os.close(here)


def _locked(folder: Path) -> None:
    _write(folder / "locked" / "a.txt", LINE.encode())
    _write(folder / "a.txt", LINE.encode())
    (folder / "locked").chmod(0)
    (folder / "a.txt").chmod(0)


def _vanish(folder: Path) -> None:
    for path in (folder / "sub").iterdir():
        path.unlink()
    (folder / "sub").rmdir()


def _grow(folder: Path) -> None:
    def grow() -> None:
        with (folder / "a.txt").open("ab") as file:
            for _ in range(100):
                file.write(b"It goes on. " * 10_000)

    threading.Thread(target=grow, daemon=True).start()


def _many(folder: Path) -> None:
    for number in range(_MANY):
        _write(folder / f"{number // 1000:03}" / f"{number:06}.txt", f"Ship {number} came in.".encode())


_NFC, _NFD = "caf\u00e9.txt", "cafe\u0301.txt"
_TWO = {"a.txt": LINE, "copy.txt": LINE}
FILES: dict[str, Input] = {
    "names with newline, quote, tag, dash": _names("a\nb.txt", "a\"b'.txt", "<img src=x>.txt", "-rf.txt", "a\\b.txt"),
    "name of 255 bytes": _names("n" * 251 + ".txt"),
    "name that is not UTF-8": _names(b"caf\xe9.txt", printed={os.fsdecode(b"caf\xe9.txt"): "caf\\xe9.txt"}),
    "names composed and decomposed": _names(_NFC, _NFD),
    "names that differ in case": _names("A.txt", "a.txt"),
    "dot file": Input(lambda folder: _write(folder / ".a.txt", b"x")),
    "equal bytes twice": Input(lambda folder: _write_all(folder, _TWO), _TWO),
    "links that loop, lead out or nowhere": Input(
        _links, skipped={"loop": "a link", "out": "out of the folder", "nowhere": "a link"}
    ),
    "pipe, socket and device": Input(
        _special, skipped={"pipe.txt": "not a regular file", "socket.txt": "not a regular", "device.txt": "a link"}
    ),
    "unreadable file and folder": Input(
        _locked, skipped={"a.txt": "cannot be opened", "locked": "cannot be listed"}, unprivileged=True
    ),
    "file that vanishes": Input(
        lambda folder: _write(folder / "z.txt", b"x"),
        skipped={"z.txt": "cannot be opened"},
        disturb=lambda folder: (folder / "z.txt").unlink(),
    ),
    "folder that vanishes": Input(
        lambda folder: _write_all(folder, {f"sub/{n}.txt": "x" for n in range(9)}),
        skipped={f"sub/{n}.txt": "cannot be opened" for n in range(9)},
        disturb=_vanish,
    ),
    "file that changes": Input(
        lambda folder: _write(folder / "z.txt", b"It was so."),
        {"z.txt": LINE},
        disturb=lambda folder: _write(folder / "z.txt", LINE.encode()),
    ),
    "file that grows": Input(lambda folder: _write(folder / "a.txt", b"It goes on. "), disturb=_grow),
    "100,000 tiny files": Input(_many, heavy=True),
}
INPUTS: dict[str, Input] = TEXTS | OFFICE | PAGES | FILES
