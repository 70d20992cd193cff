"""Decodes an uploaded file into text, or reports what the file really is.

The text has lines that end with a line feed, composed letters (NFC), and no invisible characters except soft
hyphens and non-breaking spaces.
"""

import codecs
import re
import unicodedata

from broadsheet.characters import without_hidden
from broadsheet.content.findings import Findings, UnpublishableError

LONGEST_FILE_BYTES = 500_000  # five times the longest weekly that we know
_SIGNATURES = (
    *((b"%PDF-", "PDF"), (b"{\\rtf", "RTF"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word (.doc)")),
    *((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF")),
    *((b"\x1f\x8b", "gzip"), (b"7z\xbc\xaf", "7z"), (b"Rar!", "RAR")),
)
_ZIPPED = (
    *((b"word/", "Word (.docx)"), (b"opendocument.text", "LibreOffice (.odt)")),
    (b"Index/Document.iwa", "Pages"),
)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html[\s>]|<\?xml[^>]*>\s*<(?:!doctype )?html)", re.IGNORECASE)
_BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    *((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32")),
    *((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")),
)
_CYRILLIC = ("windows-1251", "KOI8-R", "IBM866", "ISO-8859-5", "mac-cyrillic")
_LETTERS_BY_WEIGHT = ("гзбчй", "мдпуяыьў", "срвлк", "інт", "еи", "а", "о")  # by frequency, roughly
_WEIGHTS = {letter: 1 + place for place, letters in enumerate(_LETTERS_BY_WEIGHT) for letter in letters}
_LEAST_WEIGHT = 2  # average weight of a letter; in a wrong encoding it is about one
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_INVISIBLE = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]")
_SAMPLE_BYTES = 20_000
_USUAL_IN_TEXT = re.compile(r"[\t\r\n -~\xa0-\u052f\u2000-\u206f\u2e80-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_LEAST_USUAL = 0.98  # share of the characters; about two thirds if the bytes are no text
_ASCII = 0x7F
_LEAST_HIGH = 0.1  # share of a Chinese or Korean text's bytes; pairs of Latin letters look like Chinese, too


def decoded(found: Findings, content: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        UnpublishableError: too large, no text, or in another encoding; the last finding names it.
    """
    if len(content) > LONGEST_FILE_BYTES:
        kilobytes, limit = -(-len(content) // 1000), LONGEST_FILE_BYTES // 1000
        raise _refused(found, "file-too-large", kilobytes=str(kilobytes), limit=str(limit))
    if file_type := _file_type(content):
        raise _refused(found, "file-wrong-type", type=file_type)
    if encoding := _wide_encoding(content):
        raise _refused(found, "encoding-wrong", encoding=encoding)
    if b"\0" in content:
        raise _refused(found, "file-binary", content.count(b"\n", 0, content.index(b"\0")) + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf_8(found, content, error) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\n", "").replace("\xa0", "").isprintable():
        text = without_hidden(_INVISIBLE.sub(" ", text))
    return unicodedata.normalize("NFC", text)


def _refused(found: Findings, rule: str, line: int = 1, **values: str) -> UnpublishableError:
    found.error(line, rule, **values)
    return UnpublishableError(found.all())


def _file_type(content: bytes) -> str:
    """The type of a file that is no text, by its first bytes; else ""."""
    if content.startswith(b"PK\x03\x04"):
        return next((name for mark, name in _ZIPPED if mark in content), "zip")
    if _HTML.match(content.removeprefix(codecs.BOM_UTF8)[:1000]):
        return "HTML"
    return next((name for mark, name in _SIGNATURES if content.startswith(mark)), "")


def _wide_encoding(content: bytes) -> str:
    """UTF-16 or UTF-32, by the byte order mark or by the positions of zero bytes; else ""."""
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    if b"\0" not in content:
        return ""
    sample = content[: _SAMPLE_BYTES // 4 * 4]
    zeros = [sample[place::4].count(0) for place in range(4)]
    quarter = max(1, len(sample) // 4)
    fewer, more = sorted((zeros[0] + zeros[1], zeros[2] + zeros[3]))
    if more >= 2 * quarter * 9 // 10 and fewer <= quarter * 5 // 4:
        return "UTF-32"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    is_plain = max(even, odd) > max(2, len(sample) // 50) and min(even, odd) * 10 < max(even, odd)
    return "UTF-16" if is_plain or _is_wide_chinese(content) else ""


def _is_wide_chinese(content: bytes) -> bool:
    """Whether it is UTF-16 in a script whose letters have few zero bytes, and these at any position."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        sample = content[: _SAMPLE_BYTES // 4 * 4]
        if sum(byte > _ASCII for byte in sample) < len(sample) * _LEAST_HIGH:
            return False
        texts = [sample.decode(name, "replace") for name in ("utf-16-le", "utf-16-be")]
        return any(len(_USUAL_IN_TEXT.findall(text)) >= len(text) * _LEAST_USUAL for text in texts)
    return False


def _not_utf_8(found: Findings, content: bytes, error: UnicodeDecodeError) -> UnpublishableError:
    line = content[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    if error.reason == "unexpected end of data":
        return _refused(found, "file-cut", line)
    good = content.decode("utf-8", "replace")
    damaged = good.count("\ufffd")
    if sum(char > "\x7f" for char in good) - damaged > damaged:  # no other encoding has so many by chance
        return _refused(found, "file-damaged", line)
    encoding = _narrow_encoding(content)
    if not encoding:
        return _refused(found, "encoding-unknown", line)
    return _refused(found, "encoding-wrong", line, encoding=encoding)


def _narrow_encoding(content: bytes) -> str:
    """The one-byte encoding that gives the most frequent letters of Belarusian and Russian, or "".

    Single high bytes between Latin letters are the accents of a Western text.
    """
    runs = _HIGH_RUN.findall(content[: 2 * _SAMPLE_BYTES])
    raw = b"".join(runs)
    if len(raw) < 2 * len(runs) - len(runs) // 2:
        return "windows-1252"
    scores = {name: _weight(raw.decode(name, "replace")) for name in _CYRILLIC}
    best = max(_CYRILLIC, key=lambda name: scores[name])
    return best if scores[best] > len(raw) * _LEAST_WEIGHT else ""


def _weight(text: str) -> float:
    """How much a text looks like Belarusian or Russian; capitals count a little less."""
    small = sum(_WEIGHTS.get(char, 0) for char in text)
    return small + 0.8 * sum(_WEIGHTS.get(char.lower(), 0) for char in text if char.isupper())
