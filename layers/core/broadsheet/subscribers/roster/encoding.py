"""In which encoding a table from elsewhere is written."""

import codecs
from collections.abc import Callable
from typing import BinaryIO

PIECE_BYTES = 1 << 20
MARKS = {  # the longer first: one begins with another
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CYRILLIC = "cp1251"
REPLACED = "\ufffd"


def encoding_of(opened: Callable[[], BinaryIO]) -> str:
    """The encoding of a file: as its mark says, else UTF-8 where that fits, else Windows' Cyrillic.

    A few broken letters do not make UTF-8 Cyrillic. UTF-16 without a mark is known by its zeros.
    """
    letters = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with opened() as file:
        piece = file.read(PIECE_BYTES)
        for mark, name in MARKS.items():
            if piece.startswith(mark):
                return name
        if zeros := piece.count(0):
            wide = "utf-16-le" if piece[1::2].count(0) * 2 > zeros else "utf-16-be"
            if zeros * 3 > len(piece):
                return wide
        while piece:
            text = decoder.decode(piece)
            if not text.isascii():
                letters += len(text) - len(text.encode("ascii", "ignore"))
                broken += text.count(REPLACED)
            piece = file.read(PIECE_BYTES)
    return CYRILLIC if broken * 2 > letters else "utf-8"
