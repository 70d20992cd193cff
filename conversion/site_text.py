"""A text of a static site with what its head says, and the parts of addresses that are made of it."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from broadsheet.content.front_matter import FrontMatter
from conversion.languages import language_code

_DAY_BEFORE_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:[ _.-]+(.+))?", re.ASCII)
_SLASHES = re.compile(r"[/\\]{2,}|\\")
_SAFE = "/~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True)
class SiteText:
    """A text; `path` is its path in the folder of texts, without the language that folders or name say.

    `stem` is the file's name without ending and language, `name` also without its day; for `index.md` those
    of its folder. `published` has the offset of the site.
    """

    path: PurePosixPath
    stem: str
    name: str
    front: FrontMatter
    title: str
    published: datetime
    language: str
    categories: tuple[str, ...]

    def word(self, *keys: str) -> str:
        """The first of these values that is text; "" without one."""
        return next((word for key in keys if (word := head_word(self.front, key))), "")

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders above the text, the outermost first; that of `index.md` is not one of them."""
        parents = self.path.parent.parts
        return parents[:-1] if self.path.stem == "index" else parents


def head_word(front: FrontMatter, key: str) -> str:
    """A value of the head that is text; "" if it is none."""
    value = front.values.get(key)
    return value.strip() if isinstance(value, str) else ""


def head_words(front: FrontMatter, *keys: str, separator: str = ",") -> tuple[str, ...]:
    """All values of these keys: items of a list, or parts of a text."""
    found: dict[str, None] = {}
    for key in keys:
        value = front.values.get(key) or ()
        parts = re.split(separator, value) if isinstance(value, str) else value
        found |= dict.fromkeys(part.strip().strip("\"'") for part in parts)
    return tuple(word for word in found if word)


def name_and_day(stem: str) -> tuple[str, str]:
    """A file's name without the day that it begins with, and that day, "" without one."""
    found = _DAY_BEFORE_NAME.fullmatch(stem)
    return (found[2] or "", found[1]) if found else (stem, "")


def without_language(path: PurePosixPath, known: Collection[str] | None) -> tuple[PurePosixPath, str]:
    """The path without the ending (`name.be.md`) or the folder that says its language, and the language.

    `known` are the site's languages; None for a site that does not name them, where any code may be one.
    """
    stem, _, ending = path.stem.rpartition(".")
    if stem and (code := _language(ending, known)):
        return path.with_name(stem + path.suffix), code
    for at, part in enumerate(path.parts[:-1]):
        if code := _language(part, known):
            return PurePosixPath(*path.parts[:at], *path.parts[at + 1 :]), code
    return path, ""


def _language(name: str, known: Collection[str] | None) -> str:
    """The language that a name means; "" for any other name."""
    code = name.casefold()
    return (language_code(code) if known is None else code if code in known else "") if name else ""


def filled(pattern: str, values: Mapping[str, str], placeholder: re.Pattern[str]) -> str:
    """The pattern with its placeholders filled; "" if one of them is unknown."""
    unknown = [found[1] for found in placeholder.finditer(pattern) if found[1] not in values]
    return "" if unknown else placeholder.sub(lambda found: values[found[1]], pattern)


def address(*parts: str) -> str:
    """The path on the old site, percent-encoded, beginning with one slash."""
    joined = _SLASHES.sub("/", "/" + "/".join(parts))
    return quote(unicodedata.normalize("NFC", joined), safe=_SAFE + "%")


def path_of(url: str) -> str:
    """The path of an address, with its query; that of the site's start for an address without one."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def base_path(url: str) -> str:
    """The folder in which an old site lay, by its own address: `/blog`; "" at the top of its host."""
    return path_of(url).partition("?")[0].rstrip("/") if url else ""
