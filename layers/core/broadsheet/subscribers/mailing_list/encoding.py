"""Detects the encoding of a table."""

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO

PIECE_BYTES = 1 << 20
MARKS = {  # the longer one first if one begins with another
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CYRILLIC = ("cp1251", "koi8-u", "cp866")  # Windows, Unix and mail, DOS
WESTERN, CENTRAL = "cp1252", "cp1250"
REPLACED = "\ufffd"
ENOUGH_WORDS = 5_000
_WORD = re.compile(rb"(?<![A-Za-z])[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_HAS_ASCII = re.compile(rb"[A-Za-z]")
_NOT_WESTERN = re.compile(r"[³¹£¯]|\w[¿¥]")  # letters of Polish in its own encoding
_OFTEN = frozenset("оеаинтсрвлкмпі")


def encoding_of(opened: Callable[[], BinaryIO]) -> str:
    """The encoding of a file: by its byte order mark, else UTF-8 if that fits, else one of eight bits.

    A file with a few broken letters is still UTF-8. UTF-16 without a mark is recognised by its zeros.
    """
    letters = broken = 0
    words: list[bytes] = []
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with opened() as file:
        piece = file.read(PIECE_BYTES)
        for mark, name in MARKS.items():
            if piece.startswith(mark):
                return name
        if zeros := piece.count(0):
            wide = "utf-16-le" if piece[1::2].count(0) * 2 > zeros else "utf-16-be"
            if zeros * 10 > len(piece):
                return wide
        while piece:
            text = decoder.decode(piece)
            if not text.isascii():
                letters += len(text) - len(text.encode("ascii", "ignore"))
                broken += text.count(REPLACED)
                if len(words) < ENOUGH_WORDS:
                    words += _WORD.findall(piece)[:ENOUGH_WORDS]
            piece = file.read(PIECE_BYTES)
    return _of_eight_bits(words) if broken * 2 > letters else "utf-8"


def _of_eight_bits(words: list[bytes]) -> str:
    """The encoding of words with letters above ASCII: most words of a Latin script have ASCII letters, too.

    Of the Cyrillic encodings the one that gives the most frequent letters, above all in lower case: in a
    wrong one they become rare letters, capitals and signs.
    """
    mixed = sum(_HAS_ASCII.search(word) is not None for word in words)
    if mixed > sum(len(word) > 1 for word in words) - mixed:
        western = b" ".join(words).decode(WESTERN, "replace")
        return CENTRAL if _NOT_WESTERN.search(western) else WESTERN
    return max(CYRILLIC, key=lambda name: _likeness(b" ".join(words).decode(name, "replace")))


def _likeness(text: str) -> float:
    often = sum(letter in _OFTEN for letter in text.casefold())
    return often + sum(letter.islower() for letter in text) / 4
