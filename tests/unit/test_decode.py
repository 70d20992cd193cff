"""From bytes to text, or to the name of what the file really is."""

import unicodedata

import pytest

from broadsheet.content.decode import LONGEST_FILE_BYTES, decoded
from broadsheet.content.findings import Findings, UnpublishableError

RUSSIAN = "---\ntitle: Планы без денег\nsummary: Неделя тихой арифметики\n---\nПервая неделя декабря.\n"
BELARUSIAN = "---\ntitle: Планы без грошай\nsummary: Тыдзень ціхай арыфметыкі\n---\nУлада маўчыць.\n"
FRENCH = "---\ntitle: Un été à Minsk\nsummary: La société civile après les élections\n---\nDéjà vu.\n"
ENGLISH = "---\ntitle: Plans without money\n---\nThe first week of December.\n"


def found(content: bytes) -> tuple[int, str, dict[str, str]]:
    with pytest.raises(UnpublishableError) as caught:
        decoded(Findings("x.md"), content)
    (finding,) = caught.value.findings
    return finding.line, finding.rule, finding.values


def text(content: bytes) -> str:
    return decoded(Findings("x.md"), content)


def test_byte_order_marks_line_ends_and_normal_forms_make_no_difference() -> None:
    assert text("\ufeffa\r\nb\rc\u2028\x0b\x07\u200bd\ufeff".encode()) == "a\nb\nc   d"
    assert text(unicodedata.normalize("NFD", "Йод і ўлада").encode()) == "Йод і ўлада"
    assert text(b"a\x07b\x7fc") == "a b c"
    assert text("a\u00a0b\u00adc\td".encode()) == "a\u00a0b\u00adc\td"


@pytest.mark.parametrize("sample", [RUSSIAN, BELARUSIAN, ENGLISH], ids=["ru", "be", "en"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_named(sample: str, encoding: str) -> None:
    assert found(sample.encode(encoding)) == (1, "encoding-wrong", {"encoding": encoding[:6].upper()})


@pytest.mark.parametrize(
    ("sample", "encoding", "name", "line"),
    [
        (RUSSIAN, "cp1251", "windows-1251", 2),
        (BELARUSIAN, "cp1251", "windows-1251", 2),
        (RUSSIAN.upper(), "cp1251", "windows-1251", 2),
        (RUSSIAN, "koi8-r", "KOI8-R", 2),
        (RUSSIAN, "cp866", "IBM866", 2),
        (RUSSIAN, "iso-8859-5", "ISO-8859-5", 2),
        (RUSSIAN, "mac-cyrillic", "mac-cyrillic", 2),
        (FRENCH, "cp1252", "windows-1252", 2),
        (RUSSIAN.replace("Планы", "Plans").replace("без денег", "x"), "cp1251", "windows-1251", 3),
    ],
)  # fmt: skip
def test_single_byte_encodings_are_recognised_by_their_letters(
    sample: str, encoding: str, name: str, line: int
) -> None:
    assert found(sample.encode(encoding)) == (line, "encoding-wrong", {"encoding": name})


def test_an_encoding_that_nobody_knows_is_just_not_utf_8() -> None:
    assert found("計画だけで金がない。最初の週。".encode("shift-jis"))[1] == "encoding-unknown"


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_file_that_was_cut_within_a_letter_gets_a_finding(missing: int) -> None:
    assert found(f"{RUSSIAN}\U0001f600".encode()[:-missing]) == (6, "file-cut", {})


def test_one_damaged_character_in_valid_utf_8_is_reported_with_its_line() -> None:
    content = RUSSIAN.encode() * 20
    at = content.index("тихой".encode())
    assert found(content[:at] + b"\xd1" + content[at + 2 :]) == (3, "file-damaged", {})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\x14\x00word/document.xml", "Word (.docx)"),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.text", "LibreOffice (.odt)"),
        (b"PK\x03\x04\x14\x00a.txt", "zip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "Word (.doc)"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>\n<html>", "HTML"),
        (b"<html lang=en>", "HTML"),
    ],
)
def test_other_files_are_named(content: bytes, kind: str) -> None:
    assert found(content) == (1, "file-wrong-type", {"type": kind})


def test_html_within_a_text_is_no_html_file() -> None:
    assert text(b"---\ntitle: x\n---\n<html>\n") == "---\ntitle: x\n---\n<html>\n"


def test_zero_bytes_are_reported_with_their_line() -> None:
    assert found(b"one\ntwo \0 three\n") == (2, "file-binary", {})
    assert found(b"\0" * 100)[1] == "file-binary"


def test_a_file_that_is_too_large() -> None:
    assert found(b"x" * (LONGEST_FILE_BYTES + 1)) == (
        1,
        "file-too-large",
        {"kilobytes": "501", "limit": "500"},
    )
    assert len(text(b"x" * LONGEST_FILE_BYTES)) == LONGEST_FILE_BYTES


@pytest.mark.parametrize(
    "sample", [FRENCH, "Der Brief: „Grüße, schöne Grüße“\n", RUSSIAN], ids=["fr", "de", "ru"]
)
def test_one_damaged_byte_does_not_make_another_encoding_of_a_short_text(sample: str) -> None:
    assert found(sample.encode() + b"a\xe9b\n")[1] == "file-damaged"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_chinese_in_utf_16_is_named_without_its_mark(encoding: str) -> None:
    sample = "本周新闻：没有钱的计划，一年的开始。\n十二月的第一周。" * 40
    assert found(sample.encode(encoding)) == (1, "encoding-wrong", {"encoding": "UTF-16"})


def test_a_zero_byte_in_other_text_is_still_reported_as_such() -> None:
    assert found(b"abcdefgh" * 40 + b"\0")[1] == found("本周新闻".encode() * 40 + b"\0")[1] == "file-binary"
