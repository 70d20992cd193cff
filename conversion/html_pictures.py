"""Where the pictures of HTML are: largest sizes, lazy loading, the originals that old systems name."""

import json
import re

from broadsheet.content.picture_targets import PICTURE_ENDINGS
from conversion.html_tree import Element

_ORIGINALS = ("data-orig-file", "data-full-url", "data-large-file", "data-original-src")
_SETS = ("data-our-sources", "srcset", "data-srcset", "data-lazy-srcset")
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "src")
_SIZED = re.compile(r"(\S+)\s+([\d.]{1,8})[wx]\s*(?:,|$)")
_FILE_NAME = re.compile(
    rf"\S+{PICTURE_ENDINGS}|(?:img|dsc|dscn|image|screenshot|pic)[-_ ]?\d*", re.IGNORECASE
)
_PICTURE_FILE = re.compile(rf"[^?#]*{PICTURE_ENDINGS}(?:[?#].*)?", re.IGNORECASE)
_SIZE = re.compile(r"-\d{2,4}x\d{2,4}(?=\.[a-zA-Z]{3,4}$)")  # of the copies that WordPress makes
_EMOJI_CLASSES = {"emoji", "wp-smiley", "an1", "inline-emoji"}
_PIXEL = re.compile(r"(?:^|;)(width|height):([01])(?:px)?(?=;|$|!)")


def addresses_of(image: Element, link: str) -> list[str]:
    """The addresses of a picture, the best one first; `link` is where it leads, often to the same, larger."""
    found = [image.get(name) for name in _ORIGINALS]
    found += [json_attribute(image, "src"), link if is_picture_file(link) else ""]
    found += [largest(image.get(name)) for name in _SETS if name in image.attributes]
    found += [image.get(name) for name in _LAZY]
    found.append(_SIZE.sub("", image.get("src")))
    cleaned = ["".join(each.split("\n")).strip() for each in found]
    return [each for each in dict.fromkeys(cleaned) if each and each[:5].lower() != "data:"]


def largest(sources: str) -> str:
    """The address with the greatest width or density in a `srcset`."""
    best, address = 0.0, sources.strip().split(" ")[0].rstrip(",")
    for found in _SIZED.finditer(sources):
        size = float(found[2]) if found[2].count(".") <= 1 and found[2] != "." else 0.0
        if size > best:
            best, address = size, found[1]
    return address


def json_attribute(element: Element, key: str) -> str:
    """A text in the `data-attrs` of Substack; "" without it."""
    written = element.get("data-attrs")
    if not written.startswith("{"):
        return ""
    try:
        values: object = json.loads(written)
    except (ValueError, RecursionError):
        return ""
    value = values.get(key) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""


def alternative_of(image: Element) -> str:
    """What a picture shows, in words; "" if there is only the name of a file."""
    words = " ".join(image.get("alt").split())
    return "" if _FILE_NAME.fullmatch(words) else words


def is_emoji(image: Element) -> bool:
    """Whether a picture stands for a character of the text."""
    return bool(image.get("alt")) and (
        bool(_EMOJI_CLASSES & set(image.classes())) or "/images/core/emoji/" in image.get("src")
    )


def is_tracker(image: Element) -> bool:
    """Whether a picture is only there to be counted: one pixel, or none."""
    sizes = {name: image.get(name).strip().removesuffix("px") for name in ("width", "height")}
    style = image.get("style").replace(" ", "").lower()
    sizes |= dict(_PIXEL.findall(style))
    given = [size for size in sizes.values() if size]
    return bool(given) and all(size in ("0", "1") for size in given)


def is_picture_file(url: str) -> bool:
    """Whether an address is that of a picture file."""
    return bool(_PICTURE_FILE.fullmatch(url))
