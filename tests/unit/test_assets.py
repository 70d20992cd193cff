"""What every page loads."""

import re
import struct
import zlib
from xml.etree import ElementTree as ET

import pytest

from broadsheet.colours import contrast, readable_on_dark, rgb
from broadsheet.site.assets import CARD_HEIGHT, CARD_WIDTH, assets, card
from tests.builders import a_newsletter

COLOURS = ["#1f4e5f", "#000", "#7a1f1f", "#123", "#ffffff", "darkred"]
DARK_PAPER = (24, 23, 21)


def content(ending: str, **changes: str) -> bytes:
    (found,) = [c for path, c in assets(a_newsletter(**changes)).items() if path.endswith(ending)]
    return found


def test_assets_are_named_by_the_hash_of_their_content() -> None:
    names = sorted(assets(a_newsletter()))
    assert [re.sub("[0-9a-f]{10}", "…", name) for name in names] == [
        "assets/card-….png",
        "assets/favicon-….svg",
        "assets/style-….css",
    ]
    assert sorted(assets(a_newsletter())) == names
    assert set(assets(a_newsletter(accent="#7a1f1f"))).isdisjoint(names)


def test_the_favicon_is_the_name_s_first_letter_in_the_accent_colour() -> None:
    root = ET.fromstring(content(".svg", name="Дзявяты мост"))  # noqa: S314  # our own
    assert [child.text for child in root][1] == "Д"
    assert root[0].get("fill") == "#1f4e5f"
    ET.fromstring(content(".svg", name="<&", accent='#fff"'))  # noqa: S314  # our own text


def test_the_card_is_a_whole_png() -> None:
    png = card(a_newsletter().accent).content
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">II", png, 16) == (CARD_WIDTH, CARD_HEIGHT) == (1200, 630)
    at, kinds, pixels = 8, [], b""
    while at < len(png):
        (length,), kind = struct.unpack_from(">I", png, at), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + body),)
        pixels += body if kind == b"IDAT" else b""
        kinds.append(kind)
        at += 12 + length
    assert kinds == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert len(zlib.decompress(pixels)) == (CARD_WIDTH + 1) * CARD_HEIGHT


def test_the_sheet_loads_nothing_and_carries_the_accent() -> None:
    sheet = content(".css").decode()
    assert sheet.startswith(":root{--accent:#1f4e5f;")
    assert re.findall(r"url\(|@import|@font-face", sheet) == []


@pytest.mark.parametrize("colour", COLOURS)
def test_the_accent_is_made_readable_on_dark_paper(colour: str) -> None:
    assert contrast(rgb(readable_on_dark(colour)), DARK_PAPER) >= 7


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
