"""A PNG's chunks: its pixels, without notes of any size that a library would refuse the picture for.

Source: W3C PNG, third edition, 5.2 "Chunk layout" and 11.3 "Ancillary chunks".
"""

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAY_NOTHING = (b"tEXt", b"zTXt", b"pHYs", b"tIME")
_XMP = b"XML:com.adobe.xmp\0"
_MOST_XMP_BYTES, _MOST_PROFILE_BYTES = 500_000, 900_000
_AROUND = 12  # bytes: length, type, checksum


def without_notes(content: bytes) -> bytes:
    """The file without texts, times and measures, and without a profile that is no profile by its size.

    What follows the last whole chunk stays as it is, so that a damaged file is still found to be one.
    """
    if not content.startswith(_SIGNATURE):
        return content
    kept, at = [_SIGNATURE], len(_SIGNATURE)
    for kind, chunk in _chunks(content):
        at += len(chunk)
        if not _is_note(kind, chunk[8:-4]):
            kept.append(chunk)
    return b"".join([*kept, content[at:]])


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + _AROUND <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if at + _AROUND + length > len(content):
            return
        yield kind, content[at : at + _AROUND + length]
        at += _AROUND + length


def _is_note(kind: bytes, data: bytes) -> bool:
    if kind == b"iTXt":
        return not data.startswith(_XMP) or len(data) > _MOST_XMP_BYTES  # that one may say which way is up
    return kind in _SAY_NOTHING or (kind == b"iCCP" and not _is_profile(data))


def _is_profile(data: bytes) -> bool:
    """Whether it unpacks to a size that profiles of colours have."""
    try:
        unpacked = zlib.decompressobj().decompress(data.partition(b"\0")[2][1:], _MOST_PROFILE_BYTES)
    except zlib.error:
        return False
    return len(unpacked) < _MOST_PROFILE_BYTES
