"""Pictures that a text names: found however the name is written, or reported with what is wrong."""

import re
import unicodedata
from dataclasses import replace
from difflib import get_close_matches
from pathlib import PurePosixPath
from urllib.parse import unquote

from broadsheet.content.checks.plain_words import plain_words
from broadsheet.content.findings import Findings
from broadsheet.content.markdown import Node

PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_LONGEST_NAME = 200


class PictureNames:
    """Finds pictures beside the text; `pictures` are their paths, `images/…`, as the desk spells them."""

    def __init__(self, found: Findings, pictures: frozenset[str]) -> None:
        self.found, self.pictures = found, pictures
        self.spelt = {_composed(path): path for path in sorted(pictures)}
        self.small: dict[str, list[str]] = {}
        for spelt, path in self.spelt.items():
            self.small.setdefault(spelt.casefold(), []).append(path)

    def checked(self, image: Node) -> Node:
        """The image under its picture's path; when lenient, its words where there is no such picture."""
        source, caption = image.attributes["url"], image.attributes["title"]
        if caption:  # is words, as titles of issues are
            read = plain_words(self.found, image.line, caption[:40], caption)
            image = replace(image, attributes={**image.attributes, "title": read})
        self._check_words(image, source)
        path = self._path(source)
        if path:
            return replace(image, attributes={**image.attributes, "url": path})
        rule, values = self._wrong(source)
        self.found.strict(image.line, rule, source=source[:80], **values)
        if not self.found.lenient:
            return image
        nearest = values.get("nearest", "")
        if nearest and nearest.casefold() == _composed(source).casefold():
            return replace(image, attributes={**image.attributes, "url": nearest})
        return _words_of(image, source)

    def _path(self, source: str) -> str:
        """The path on the desk, or "": names may be percent-encoded, decomposed, or begin with a dot."""
        if not source.casefold().endswith(PICTURE_TYPES) or len(source) > _LONGEST_NAME * 6:
            return ""
        for name in (source, _composed(source)):
            if name in self.spelt:
                return self.spelt[name]
        return ""

    def _wrong(self, source: str) -> tuple[str, dict[str, str]]:
        """The rule that a source breaks, and values for its sentence."""
        if _ELSEWHERE.match(source) or len(source) > _LONGEST_NAME * 6:
            return "picture-elsewhere", {}
        name = _composed(source)
        if name.casefold().endswith(".svg"):
            return "picture-svg", {}
        if name.startswith("images/") and not name.casefold().endswith(PICTURE_TYPES):
            return "picture-ending", {"known": ", ".join(PICTURE_TYPES)}
        if nearest := self._nearest(name):
            return "picture-near", {"nearest": nearest}
        return ("picture-missing" if name.startswith("images/") else "picture-elsewhere"), {}

    def _nearest(self, name: str) -> str:
        """The picture that was probably meant."""
        same = self.small.get(name.casefold(), [])
        inside = self.spelt.get(f"images/{PurePosixPath(name).name}", "")
        if len(same) == 1 or inside:
            return inside or same[0]
        if self.found.is_full("picture-near") or self.found.is_full("picture-missing"):
            return ""
        close = get_close_matches(name[:_LONGEST_NAME].casefold(), list(self.small)[:100], 1, 0.8)
        return self.small[close[0]][0] if close else ""

    def _check_words(self, image: Node, source: str) -> None:
        """Warn where a picture says nothing to those who can't see it."""
        words, name = " ".join(image.plain().split()), PurePosixPath(unquote(source[: _LONGEST_NAME * 6]))
        if not words:
            self.found.warn(image.line, "alt-missing", source=source[:80])
        elif words.casefold() in (name.name.casefold(), name.stem.casefold(), source.casefold()):
            self.found.warn(image.line, "alt-is-name", source=source[:80])


def _composed(source: str) -> str:
    """A name as it is compared: decoded, composed, without ./ before it."""
    return unicodedata.normalize("NFC", unquote(source)).removeprefix("./")


def _words_of(image: Node, source: str) -> Node:
    """What an import shows for a picture that we don't have: its words, a link where it lies elsewhere."""
    words = image.plain().strip() or image.attributes["title"] or PurePosixPath(unquote(source[:80])).stem
    text = Node("text", image.line, words)
    if not _WEB.fullmatch(source):
        return text
    return Node("link", image.line, "", (text,), {"url": source, "title": ""})
