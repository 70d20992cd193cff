"""What a file that is to be a picture really is, by its first bytes."""

import re

_SIGNATURES = (
    *((0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG\r\n\x1a\n", "PNG"), (8, b"WEBP", "WEBP")),
    *((4, b"ftypavif", "AVIF"), (4, b"ftypisom", "MP4"), (4, b"ftypmp4", "MP4"), (4, b"ftypqt", "MOV")),
    *((0, b"BM", "BMP"), (0, b"8BPS", "PSD"), (0, b"%PDF-", "PDF"), (0, b"\xff\x0a", "JPEG XL")),
    *((0, b"\0\0\0\x0cJXL ", "JPEG XL"), (0, b"\0\0\0\x0cjP", "JPEG 2000"), (0, b"PK\x03\x04", "ZIP")),
    *((0, b"GIF8", "GIF"), (4, b"ftyp", "HEIF"), (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF")),
)
_SVG = re.compile(rb"<(?:svg|[a-z]+:svg)[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"\s*<(?:!doctype|html|head|body)[\s>]", re.IGNORECASE)
_RIFF_HEADER = 8  # bytes: "RIFF", and how many follow


def kind_of(content: bytes) -> str:
    """Its type, of those that we take and of many others; "" if it is unknown."""
    kind = next((kind for at, mark, kind in _SIGNATURES if content.startswith(mark, at)), "")
    return kind or ("HTML" if _HTML.match(content[:1000]) else "")


def is_drawing(content: bytes) -> bool:
    """Whether it is an SVG."""
    return bool(_SVG.search(content[:4096].replace(b"\0", b"")))


def lacks_its_end(content: bytes, kind: str) -> bool:
    """Whether it has fewer bytes than it says itself; only nothing and a WebP tell it so early.

    Source: WebP container specification, "RIFF file format": the size stands in bytes 4 to 7.
    """
    said = int.from_bytes(content[4:8], "little") + _RIFF_HEADER if kind == "WEBP" else 1
    return len(content) < said
