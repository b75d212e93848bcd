"""Scanned pages and pictures are read by OCR where it is installed, each word with its place and how sure it is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from evals.making import pdf
from index.document import scan
from index.errors import UnreadableFile
from index.readers import Worker, fetch, tesseract
from index.readers.drawing import Wanted
from index.readers.extracted import Extracted
from index.readers.kind import kind_of
from index.types import Span

PIL = pytest.importorskip("PIL.Image")
needs_ocr = pytest.mark.skipif(not tesseract.is_installed(), reason="the extra `ocr` is not installed")
SENTENCES = ("The harbour of Lissa was closed", "for eleven weeks in winter.", "The ferry leaves at six.")


def sheet(*lines: str, size: tuple[int, int] = (1240, 700)) -> object:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", size, 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(36)
    for number, line in enumerate(lines):
        pen.text((100, 80 + 60 * number), line, font=font, fill=0)
    return picture


def saved(picture: object, form: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **options)  # type: ignore[attr-defined]
    return written.getvalue()


def scanned_pdf(*pages: object) -> bytes:
    first, *others = pages
    return saved(first, "PDF", save_all=True, append_images=others, resolution=150)


def read(kind: str, data: bytes) -> Extracted:
    with Worker() as worker:
        return worker.read(kind, data)  # type: ignore[arg-type]


@needs_ocr
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "PDF"])
def test_the_words_of_a_scan_are_read_and_each_has_its_place(form: str) -> None:
    data = scanned_pdf(sheet(*SENTENCES)) if form == "PDF" else saved(sheet(*SENTENCES), form, dpi=(150, 150))
    got = read("pdf" if form == "PDF" else "picture", data)
    assert got.text.split() == " ".join(SENTENCES).split()
    assert got.pages == (0,)
    assert [got.text[word.span.start : word.span.end] for word in got.scanned] == got.text.split()
    assert all(0.5 < word.confidence <= 1 for word in got.scanned)
    assert all(0 < word.frame.left < word.frame.left + word.frame.width < 1 for word in got.scanned)
    tops = [word.frame.top for word in got.scanned]
    assert tops[0] == pytest.approx(80 / 700, abs=0.03)
    assert tops[-1] == pytest.approx(200 / 700, abs=0.03)


@needs_ocr
def test_quoted_words_of_a_scan_are_boxed_line_by_line() -> None:
    for kind, data in (("picture", saved(sheet(*SENTENCES), "PNG")), ("pdf", scanned_pdf(sheet(*SENTENCES)))):
        got = read(kind, data)
        start = got.text.index("closed")
        quote = Span(start, got.text.index("weeks") + 5)
        frames = tuple(scan.frames(got.scanned, quote))
        with Worker() as worker:
            drawn = worker.draw(kind, data, Wanted(1, got.text, (quote,), (frames,)))  # type: ignore[arg-type]
        assert drawn.png.startswith(b"\x89PNG")
        assert len(drawn.boxes) == 2
        assert [box.top for box in drawn.boxes] == pytest.approx([80 / 700, 140 / 700], abs=0.04)
        assert 0.9 < (scan.confidence(got.scanned, quote) or 0) <= 1


@needs_ocr
def test_pages_with_and_without_a_text_layer_stand_in_their_order() -> None:
    from PIL import Image

    got = read("picture", saved(sheet("First page."), "TIFF", save_all=True, append_images=[sheet("Second page.")]))
    assert [got.text[at:].split("\n")[0] for at in got.pages] == ["First page.", "Second page."]
    got = read("pdf", scanned_pdf(sheet("A page of print."), Image.new("L", (600, 800), 255)))
    assert got.text == "A page of print."
    assert got.notes == ("page 1 read by OCR", "no text layer on page 2: empty, or pictures in which OCR reads nothing")
    assert read("pdf", pdf([["Printed text."]])).scanned == ()


@needs_ocr
def test_a_scan_of_noise_is_no_text() -> None:
    from PIL import Image

    noise = Image.effect_noise((1240, 1754), 90)
    with pytest.raises(UnreadableFile, match="a picture in which OCR reads no text"):
        read("picture", saved(noise, "PNG"))
    with pytest.raises(UnreadableFile, match="no text layer on page 1: empty, or pictures in which OCR reads nothing"):
        read("pdf", scanned_pdf(noise))


@needs_ocr
def test_pictures_that_are_no_page_are_refused() -> None:
    huge = saved(PIL.new("1", (30_000, 30_000)), "PNG")
    with pytest.raises(UnreadableFile, match="a picture of 30,000 × 30,000 pixels; the limit is 80 million"):
        read("picture", huge)
    with pytest.raises(UnreadableFile, match="a damaged or truncated picture"):
        read("picture", saved(sheet(*SENTENCES), "PNG")[:900])


@needs_ocr
def test_a_picture_is_known_by_its_bytes() -> None:
    assert kind_of(".PNG", saved(sheet("x"), "PNG")) == "picture"
    assert kind_of(".png", saved(sheet("x"), "JPEG")) == "picture"
    with pytest.raises(UnreadableFile, match="a GIF picture"):
        kind_of(".png", saved(sheet("x"), "GIF"))


def test_without_ocr_a_picture_is_named_with_the_way_to_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tesseract, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "a.png").write_bytes(saved(sheet("x"), "PNG"))
    with pytest.raises(UnreadableFile, match=r"a PNG picture; it is read where OCR is installed: pip install 'rag\[o"):
        fetch(tmp_path / "a.png", 1_000_000)


def test_words_side_by_side_are_one_frame_and_how_sure_they_are_is_by_their_letters() -> None:
    from index.types import Frame, ScannedSpan

    words = (
        ScannedSpan(Span(0, 3), 1.0, Frame(0.1, 0.1, 0.1, 0.02)),
        ScannedSpan(Span(4, 5), 0.6, Frame(0.3, 0.105, 0.1, 0.02)),
        ScannedSpan(Span(6, 9), 0.5, Frame(0.1, 0.2, 0.1, 0.02)),
    )
    first, second = scan.frames(words, Span(0, 9))
    assert (first.left, first.top, first.width) == (0.1, 0.1, pytest.approx(0.3))
    assert second == words[2].frame
    assert scan.confidence(words, Span(0, 5)) == 0.9
    assert scan.confidence(words, Span(3, 4)) is None
