"""The same in several languages, and the encodings in which it is found."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

FRENCH = (
    "Le café du port était fermé à cause de la grève. Les pêcheurs ont protesté près du marché, "
    "où la bière coûte déjà très cher. « C'est la fin », a déclaré la gérante."
)
GERMAN = "Der Bäcker grüßt die Straße früh am Morgen. „Schöne Brötchen“, sagt er – für drei € das Stück. "
JAPANESE = "港は月曜日に閉鎖されました。漁師たちは岸壁で待っていました。フェリーはまったく出航しませんでした。"
CHINESE = "港口星期一关闭了。渔民们在码头上等待。渡轮根本没有开航。市长承诺提供资金，但没有人知道有多少。"
RUSSIAN = "Гавань была закрыта в понедельник. Рыбаки ждали на причале. Паром вообще не вышел в море. "
KOREAN = "항구는 월요일에 폐쇄되었습니다. 어부들은 부두에서 기다렸습니다. 페리는 전혀 출항하지 않았습니다. "
CJK = JAPANESE + CHINESE


def encoded() -> Iterator[tuple[str, bytes, str]]:
    """The name of an encoding, bytes in it, and the text that they are."""
    mixed = f"{FRENCH}\n{RUSSIAN}\n{CJK}\n"
    for name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        mark = "\ufeff".encode(name)
        yield f"{name.upper()} with BOM", mark + mixed.encode(name), mixed
    yield "UTF-8", mixed.encode(), mixed
    yield "UTF-16-LE without BOM", mixed.encode("utf-16-le"), mixed
    yield "UTF-16-BE without BOM", mixed.encode("utf-16-be"), mixed
    for name, text in (
        ("latin-1", FRENCH),
        ("cp1252", GERMAN * 6),
        ("shift_jis", JAPANESE * 3),
        ("gb18030", CHINESE * 3),
        ("koi8-r", RUSSIAN * 3),
        ("euc-kr", KOREAN * 3),
    ):
        yield codecs.lookup(name).name, text.encode(name), text
