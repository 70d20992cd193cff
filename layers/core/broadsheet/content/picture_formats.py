"""The format of a picture file by its first bytes, and a PNG without its metadata.

Source: W3C PNG, third edition, 5.2 "Chunk layout" and 11.3 "Ancillary chunks".
"""

import re
import struct
import zlib
from collections.abc import Iterator

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (
    *((0, b"\xff\xd8\xff", "JPEG"), (0, _PNG_SIGNATURE, "PNG"), (8, b"WEBP", "WEBP")),
    *((4, b"ftypavif", "AVIF"), (4, b"ftypisom", "MP4"), (4, b"ftypmp4", "MP4"), (4, b"ftypqt", "MOV")),
    *((0, b"BM", "BMP"), (0, b"8BPS", "PSD"), (0, b"%PDF-", "PDF"), (0, b"\xff\x0a", "JPEG XL")),
    *((0, b"\0\0\0\x0cJXL ", "JPEG XL"), (0, b"\0\0\0\x0cjP", "JPEG 2000"), (0, b"PK\x03\x04", "ZIP")),
    *((0, b"GIF8", "GIF"), (4, b"ftyp", "HEIF"), (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF")),
)
_SVG = re.compile(rb"<(?:svg|[a-z]+:svg)[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"\s*<(?:!doctype|html|head|body)[\s>]", re.IGNORECASE)
_RIFF_HEADER = 8  # bytes: "RIFF", and the number of bytes that follow
_METADATA = (b"tEXt", b"zTXt", b"pHYs", b"tIME")
_XMP = b"XML:com.adobe.xmp\0"
_MOST_XMP_BYTES, _MOST_PROFILE_BYTES = 500_000, 900_000
_CHUNK_OVERHEAD = 12  # bytes: length, type, checksum


def format_of(content: bytes) -> str:
    """The format, of those that we accept and of many others; "" if it is unknown."""
    name = next((name for at, mark, name in _SIGNATURES if content.startswith(mark, at)), "")
    return name or ("HTML" if _HTML.match(content[:1000]) else "")


def is_svg(content: bytes) -> bool:
    """Whether it is an SVG."""
    return bool(_SVG.search(content[:4096].replace(b"\0", b"")))


def is_cut(content: bytes, name: str) -> bool:
    """Whether it has fewer bytes than its header says: an empty file, or a WebP.

    Source: WebP container specification, "RIFF file format": the size is in bytes 4 to 7.
    """
    least = int.from_bytes(content[4:8], "little") + _RIFF_HEADER if name == "WEBP" else 1
    return len(content) < least


def without_metadata(content: bytes) -> bytes:
    """The PNG without texts, times, resolutions, and colour profiles of an implausible size.

    Pillow refuses a picture with large ones. Bytes after the last complete chunk stay, so that a damaged file
    is still found to be damaged. Any other file is returned as it is.
    """
    if not content.startswith(_PNG_SIGNATURE):
        return content
    kept, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    for kind, chunk in _chunks(content):
        at += len(chunk)
        if not _is_metadata(kind, chunk[8:-4]):
            kept.append(chunk)
    return b"".join([*kept, content[at:]])


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_SIGNATURE)
    while at + _CHUNK_OVERHEAD <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if at + _CHUNK_OVERHEAD + length > len(content):
            return
        yield kind, content[at : at + _CHUNK_OVERHEAD + length]
        at += _CHUNK_OVERHEAD + length


def _is_metadata(kind: bytes, data: bytes) -> bool:
    if kind == b"iTXt":
        return not data.startswith(_XMP) or len(data) > _MOST_XMP_BYTES  # XMP may hold the orientation
    return kind in _METADATA or (kind == b"iCCP" and not _is_profile(data))


def _is_profile(data: bytes) -> bool:
    """Whether it decompresses to a plausible size of a colour profile."""
    try:
        unpacked = zlib.decompressobj().decompress(data.partition(b"\0")[2][1:], _MOST_PROFILE_BYTES)
    except zlib.error:
        return False
    return len(unpacked) < _MOST_PROFILE_BYTES
