"""The assets of every page: the style sheet, the favicon, and a card for pages without a picture.

Each is named by a digest of its content, so that the content under a name never changes.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from broadsheet.colours import readable_on_dark, rgb
from broadsheet.newsletter import Newsletter

CARD_WIDTH, CARD_HEIGHT = 1200, 630
_PAPER, _INK, _QUIET, _ACCENT = range(4)


@dataclass(frozen=True)
class Asset:
    """An object that is named by its content."""

    path: str
    content: bytes

    @property
    def name(self) -> str:
        """Its name below `assets/`."""
        return self.path.rpartition("/")[2]


def assets(newsletter: Newsletter) -> dict[str, bytes]:
    """Everything that pages load, by path."""
    accent = newsletter.accent
    all_assets = (style_sheet(accent), favicon(accent, newsletter.name), card(accent))
    return {asset.path: asset.content for asset in all_assets}


@cache
def style_sheet(accent: str) -> Asset:
    """The style sheet in the newsletter's accent colour."""
    colours = f":root{{--accent:{accent};--accent-on-dark:{readable_on_dark(accent)}}}\n"
    sheet = files("broadsheet.site").joinpath("style.css").read_text(encoding="utf-8")
    return _named("style", "css", (colours + sheet).encode())


@cache
def favicon(accent: str, name: str) -> Asset:
    """The first letter of the newsletter's name on its colour."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="8" fill="{escape(accent)}"/>'
        '<text x="32" y="47" font-family="Georgia,serif" font-weight="700" font-size="44" '
        f'text-anchor="middle" fill="#fff">{escape(name[:1].upper())}</text></svg>\n'
    )
    return _named("favicon", "svg", svg.encode())


@cache
def card(accent: str) -> Asset:
    """The social preview of a page without a picture: a printed page in the newsletter's colour.

    A PNG, named by its pixels, for the bytes of zlib differ between builds of Python.
    """
    rows = _card_rows()
    palette = bytes([253, 252, 249, 29, 27, 24, 201, 193, 178, *rgb(accent)])
    header = struct.pack(">IIBBBBB", CARD_WIDTH, CARD_HEIGHT, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )
    return Asset(f"assets/card-{_digest(palette + rows)}.png", png)


def _card_rows() -> bytes:
    """The pixels of a front page: nameplate, rules, three columns; each row begins with a filter byte."""
    rows = []
    for y in range(CARD_HEIGHT):
        row = bytearray([_ACCENT]) * CARD_WIDTH
        if y >= 60:  # noqa: PLR2004  # the field above the sheet
            row[150:1050] = bytes([_PAPER]) * 900
            for left, right, colour in _strokes(y - 60):
                row[left:right] = bytes([colour]) * (right - left)
        rows.append(b"\0" + bytes(row))
    return b"".join(rows)


def _strokes(y: int) -> list[tuple[int, int, int]]:
    """The strokes at `y` below the upper edge of the sheet: from, to, colour."""
    if y in range(56, 118):  # the nameplate
        return [(330, 870, _INK)]
    if y in (142, 143, 144, 150):  # a rule below it, one thick and one thin line
        return [(210, 990, _INK)]
    if y in range(186, 214):  # a headline
        return [(210, 720, _ACCENT)]
    if y >= 260 and (y - 260) % 30 < 8:  # noqa: PLR2004  # lines of three columns
        return [(left, left + 230, _QUIET) for left in (210, 485, 760)]
    return []


def _named(name: str, ending: str, content: bytes) -> Asset:
    return Asset(f"assets/{name}-{_digest(content)}.{ending}", content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]
