"""Checks of the pictures that a text names: each is found among the files beside it, or reported."""

import re
import unicodedata
from dataclasses import replace
from difflib import get_close_matches
from pathlib import PurePosixPath
from urllib.parse import unquote

from broadsheet.content.checks.plain_words import plain_words
from broadsheet.content.findings import Findings
from broadsheet.content.node import Node
from broadsheet.content.text_names import PICTURE_TYPES

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_LONGEST_NAME = 200


class PictureNames:
    """Finds the pictures of a text; `pictures` are their paths on the desk, `images/…`."""

    def __init__(self, found: Findings, pictures: frozenset[str]) -> None:
        self.found = found
        self.by_name = {_normalised(path): path for path in sorted(pictures)} | {
            each: each for each in pictures
        }
        self.by_folded: dict[str, list[str]] = {}
        for name, path in self.by_name.items():
            self.by_folded.setdefault(name.casefold(), []).append(path)

    def checked(self, image: Node) -> Node:
        """The image with the path of its picture; in an import, its words if there is no such picture."""
        source, caption = image.attributes["url"], image.attributes["title"]
        if caption:
            words = plain_words(self.found, image.line, caption[:40], caption)
            image = replace(image, attributes={**image.attributes, "title": words})
        self._check_alternative(image, source)
        path = self._path(source)
        if path:
            return replace(image, attributes={**image.attributes, "url": path})
        if self.found.accepted:  # an older release showed as typed what is read as a picture today
            return _words_of(image, source)
        rule, values = self._wrong(source)
        self.found.strict(image.line, rule, source=source[:80], **values)
        if not self.found.lenient:
            return image
        nearest = values.get("nearest", "")
        if nearest and nearest.casefold() == _normalised(source).casefold():
            return replace(image, attributes={**image.attributes, "url": nearest})
        return _words_of(image, source)

    def _path(self, source: str) -> str:
        """The path on the desk, or "". A source may be percent-encoded, decomposed, or begin with `./`."""
        if not source.casefold().endswith(PICTURE_TYPES) or len(source) > _LONGEST_NAME * 6:
            return ""
        return self.by_name.get(source) or self.by_name.get(_normalised(source), "")

    def _wrong(self, source: str) -> tuple[str, dict[str, str]]:
        if _ELSEWHERE.match(source) or len(source) > _LONGEST_NAME * 6:
            return "picture-elsewhere", {}
        name = _normalised(source)
        if name.casefold().endswith(".svg"):
            return "picture-svg", {}
        if name.startswith("images/") and not name.casefold().endswith(PICTURE_TYPES):
            return "picture-ending", {"known": ", ".join(PICTURE_TYPES)}
        if nearest := self._nearest(name):
            return "picture-near", {"nearest": nearest}
        return ("picture-missing" if name.startswith("images/") else "picture-elsewhere"), {}

    def _nearest(self, name: str) -> str:
        """The picture that was probably meant; "" if none is similar."""
        same = self.by_folded.get(name.casefold(), [])
        inside = self.by_name.get(f"images/{PurePosixPath(name).name}", "")
        if len(same) == 1 or inside:
            return inside or same[0]
        if self.found.is_full("picture-near") or self.found.is_full("picture-missing"):
            return ""
        close = get_close_matches(name[:_LONGEST_NAME].casefold(), list(self.by_folded)[:100], 1, 0.8)
        return self.by_folded[close[0]][0] if close else ""

    def _check_alternative(self, image: Node, source: str) -> None:
        """Warn if the alternative text is missing or is only the file's name."""
        words, name = " ".join(image.plain().split()), PurePosixPath(unquote(source[: _LONGEST_NAME * 6]))
        if not words:
            self.found.warn(image.line, "alt-missing", source=source[:80])
        elif words.casefold() in (name.name.casefold(), name.stem.casefold(), source.casefold()):
            self.found.warn(image.line, "alt-is-name", source=source[:80])


def _normalised(source: str) -> str:
    """The name as it is compared: percent-decoded, composed (NFC), without `./` before it.

    All spaces are equal: those in the names of macOS's screenshots can't be typed.
    """
    return _SPACE.sub(" ", unicodedata.normalize("NFC", unquote(source))).removeprefix("./")


def _words_of(image: Node, source: str) -> Node:
    """What an import shows without the picture: its words, as a link if it is on the web."""
    words = image.plain().strip() or image.attributes["title"] or PurePosixPath(unquote(source[:80])).stem
    text = Node("text", image.line, words)
    if not _WEB.fullmatch(source):
        return text
    return Node("link", image.line, "", (text,), {"url": source, "title": ""})
