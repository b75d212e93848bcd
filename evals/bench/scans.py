"""How well scanned pages are read, on pages of known words with noise and a turn. `python -m evals.bench.scans`."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from index.readers.ocr import read_pixels, read_table
from index.readers.tesseract import Pixels, engine

if TYPE_CHECKING:
    from PIL.Image import Image

PAGES = 12
_SHEET = (2480, 3508)
_WORDS_A_LINE, _LINES = 9, 30
_TEXTS = Path(__file__).resolve().parents[2] / "seeds"


def main() -> None:
    """Print how many words of each page are right, and how sure OCR is of pages of noise."""
    right, total = 0, 0
    for number in range(PAGES):
        words = page_words(number)
        lines = read_pixels(pixels(noisy(drawn(words, 34 + 2 * (number % 6)), number))).lines
        same = same_words(words, [word.text for line in lines for word in line.words])
        print(f"page {number + 1}: {same} of {len(words)} words right")  # noqa: T201
        right, total = right + same, total + len(words)
    print(f"all: {right / total:.4f} of {total} words right")  # noqa: T201
    for number in range(3):
        noise = pixels(static(number))
        sure = [word.confidence for _, word in read_table(engine()(noise), noise)]
        text = f"{median(sure):.2f} in the middle of {len(sure)} words" if sure else "no words"
        print(f"noise {number + 1}: {text}")  # noqa: T201


def page_words(number: int) -> list[str]:
    """The words of a page, of the sample documents."""
    every = [word for path in sorted(_TEXTS.rglob("*.txt")) for word in path.read_text("utf-8").split()]
    every = [word for word in every if word.isascii()]
    start = number * 997 % max(1, len(every) - _WORDS_A_LINE * _LINES)
    return every[start : start + _WORDS_A_LINE * _LINES]


def drawn(words: list[str], size: int) -> Image:
    """A sheet with these words in black on white."""
    from PIL import Image, ImageDraw, ImageFont

    sheet = Image.new("L", _SHEET, 255)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size)
    for number, start in enumerate(range(0, len(words), _WORDS_A_LINE)):
        pen.text((240, 260 + number * 95), " ".join(words[start : start + _WORDS_A_LINE]), font=font, fill=20)
    return sheet


def noisy(sheet: Image, number: int) -> Image:
    """The sheet as a scanner gives it: turned by up to a degree, grey, with dust."""
    from PIL import Image

    chance = random.Random(number)
    turned = sheet.rotate(chance.uniform(-1, 1), resample=Image.Resampling.BICUBIC, fillcolor=255)
    grain = Image.effect_noise(_SHEET, 24)
    return Image.blend(turned, grain, 0.15)


def static(number: int) -> Image:
    """A sheet of noise."""
    from PIL import Image

    return Image.effect_noise((1240, 1754), 60 + 40 * number)


def pixels(sheet: Image) -> Pixels:
    """The sheet for OCR."""
    return Pixels(sheet.tobytes(), *sheet.size)


def same_words(words: list[str], read: list[str]) -> int:
    """How many of the words were read, in their order."""
    matcher = SequenceMatcher(None, words, read, autojunk=False)
    return sum(match.size for match in matcher.get_matching_blocks())


if __name__ == "__main__":
    main()
