from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UnreadableFile
from index.readers.decode import decode

FRENCH = "L'été dernier, à Orléans, la rivière était très haute ; les élèves ont été évacués près du château. " * 4
GERMAN = "Die Straße in München führt über die Brücke; größere Häuser gehören den Bürgern. " * 6
RUSSIAN = "Вчера в городе прошла встреча министров, на которой обсуждались вопросы безопасности. " * 4
JAPANESE = "昨日、東京で大臣の会議が開かれ、安全保障の問題について話し合いました。天気はとても良かったです。" * 4
CHINESE = "昨天，部长们在北京举行会议，讨论了安全问题。今天的天气非常好，人们都在公园里散步。" * 4
KOREAN = "어제 서울에서 장관 회의가 열려 안보 문제를 논의했다. 오늘은 날씨가 매우 좋다. " * 5
ENGLISH = "Israel struck a facility near Masyaf.\nNobody was hurt, officials said.\n"

letters = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], exclude_characters="\ufeff\ufffd")
texts = st.text(alphabet=st.one_of(letters, st.sampled_from("\n\r\t ")), max_size=300)


def with_plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(text=texts, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_unicode_comes_back_as_written_but_for_newlines(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == with_plain_newlines(text)
    assert decoded.replaced == 0


@given(data=st.binary(max_size=400))
def test_any_bytes_give_storable_text_or_a_reason(data: bytes) -> None:
    try:
        text = decode(data).text
    except UnreadableFile:
        return
    assert "\0" not in text
    assert "\r" not in text
    text.encode()  # fails on a lone surrogate


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "latin-1"),
        (GERMAN, "latin-1"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (JAPANESE, "cp932"),
        (CHINESE, "gb18030"),
        (KOREAN, "euc_kr"),
        (ENGLISH, "utf-16-le"),
        (ENGLISH, "utf-16-be"),
        (RUSSIAN, "utf-16-le"),
        (CHINESE + "\n" * 20, "utf-16-be"),
    ],
)
def test_other_encodings_without_a_mark(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.replaced == 0


def test_a_few_latin_bytes_are_not_taken_for_chinese() -> None:
    assert decode(b"caf\xe9").text == "café"


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252"])
@pytest.mark.parametrize(
    "text", ["Le café ferme à huit heures. Le gérant s’appelle Éric Noël.", "Schlüssel für Bäcker Müller, Tür öffnen."]
)
def test_texts_of_old_macs_are_told_from_those_of_windows(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


def test_nuls_are_dropped_and_counted() -> None:
    decoded = decode("naïve text\0 with\0 strays in it, which is UTF-8 nevertheless".encode())
    assert decoded.text == "naïve text with strays in it, which is UTF-8 nevertheless"
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 2)


def test_utf8_cut_inside_a_character_stays_utf8() -> None:
    decoded = decode(RUSSIAN.encode()[:-3])
    assert decoded.text.startswith(RUSSIAN[:100])
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 1)


def test_undefined_bytes_of_cp1252_are_counted() -> None:
    decoded = decode(b"a price of 5 \x80, " + b"plain words " * 10 + b"and one \x81")
    assert "5 €" in decoded.text
    assert decoded.text.endswith("one \ufffd")
    assert decoded.replaced == 1


def test_a_lone_surrogate_does_not_survive() -> None:
    decoded = decode(b"\xff\xfe" + "before ".encode("utf-16-le") + b"\x00\xd8" + " after".encode("utf-16-le"))
    assert decoded.text == "before \ufffd after"
    assert decoded.replaced == 1


def test_ansi_colours_of_a_log_are_text() -> None:
    assert decode(b"\x1b[31merror\x1b[0m at 12:00\n").text == "\x1b[31merror\x1b[0m at 12:00\n"


@pytest.mark.parametrize("data", [random.Random(7).randbytes(5000), bytes(range(32)) * 20, b"\0" * 100])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="not text"):
        decode(data)


def test_no_bytes_are_no_text() -> None:
    assert decode(b"").text == ""
