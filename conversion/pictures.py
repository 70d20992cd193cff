"""Finds the pictures of posts: in the export, in a folder of uploads, or in the text itself; never elsewhere.

A picture that the press can't show, or that is not there, is named with the reason.
"""

import base64
import binascii
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from broadsheet.content.import_locations import slug
from broadsheet.content.picture_formats import format_of, is_svg
from broadsheet.content.pictures import MOST_MEGABYTES, picture_rules
from broadsheet.content.text_names import PICTURES
from conversion.post import ExportReader

ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
MISSING = "not in the export, and not in the folder of uploads"
_DIGEST_DIGITS = 8
_SIZE = re.compile(r"-\d{2,5}x\d{2,5}(?=\.[A-Za-z]+$)|-scaled(?=\.[A-Za-z]+$)")  # WordPress's smaller copies
_SIZE_FOLDER = re.compile(r"(?<=/)size/[wh]\d+(?:[wh]\d+)?/(?:format/[a-z]+/)?")  # Ghost's
_UNMISTAKABLE = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}", re.IGNORECASE
)  # a name that no other has
_FEWEST_PARTS = 2  # of a path that are compared, so that no other site's picture of the same name is taken
_LONGEST_ADDRESS = 4_000
_WHY = {
    "picture-too-large": f"more than {MOST_MEGABYTES} MB",
    "picture-too-many-pixels": "too many pixels",
    "picture-cut": "damaged",
    "picture-unreadable": "damaged",
}


@dataclass(frozen=True)
class FoundPicture:
    """A picture: its path beside the text, its SHA-256, where `Pictures.content` finds it again, its bytes.

    `problem` says why it can't be shown; the rest is empty then.
    """

    path: str = ""
    digest: str = ""
    where: str = ""
    size: int = 0
    problem: str = ""


@dataclass
class Pictures:
    """The pictures of an export and of a folder of uploads, a copy of the old system's."""

    reader: ExportReader
    uploads: Path | None = None
    _found: dict[str, FoundPicture] = field(default_factory=dict)

    def find(self, address: str) -> FoundPicture:
        """The picture at an address of a post."""
        if address.startswith("data:"):
            return self._judged("picture", address, _embedded(address))
        if address not in self._found:
            self._found[address] = self._look_for(address)
        return self._found[address]

    def content(self, where: str) -> bytes | None:
        """A picture that was found before; None if it is gone."""
        if where.startswith("data:"):
            return _embedded(where)
        kind, _, place = where.partition(":")
        if kind == "uploads":
            return self._upload(place)
        return self.reader.file(place)

    @cached_property
    def listing(self) -> str:
        """A digest of the names, sizes and times of the uploads."""
        digest = hashlib.sha256()
        for name in sorted(self._index.values()):
            found = (self._folder / name).stat()
            digest.update(
                f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
            )
        return digest.hexdigest()

    def _look_for(self, address: str) -> FoundPicture:
        if len(address) > _LONGEST_ADDRESS:
            return FoundPicture(problem=MISSING)
        for candidate in _candidates(address):
            name = self._upload_name(candidate)
            if name:
                return self._judged(name, f"uploads:{name}", self._upload(name))
            content = self.reader.file(candidate)
            if content is not None:
                return self._judged(candidate, f"export:{candidate}", content)
        return FoundPicture(problem=MISSING)

    def _judged(self, name: str, where: str, content: bytes | None) -> FoundPicture:
        if content is None:
            return FoundPicture(problem=f"more than {MOST_MEGABYTES} MB")
        if problem := _problem(content):
            return FoundPicture(problem=problem)
        digest = hashlib.sha256(content).hexdigest()
        stem = slug(PurePosixPath(_path_of(name)).stem) or "picture"
        path = f"{PICTURES}{stem}-{digest[:_DIGEST_DIGITS]}{ENDINGS[format_of(content)]}"
        return FoundPicture(path, digest, where, len(content))

    @property
    def _folder(self) -> Path:
        return self.uploads or Path()

    @cached_property
    def _index(self) -> dict[str, str]:
        """The files below the folder by their names as they are compared; links are not followed."""
        if self.uploads is None:
            return {}
        names = sorted(_files_below(self.uploads))
        return {_nfc(name).casefold(): name for name in names} | {_nfc(name): name for name in names}

    def _upload_name(self, address: str) -> str:
        """The name of the upload with the longest end of the address's path; "" without one."""
        if not self._index:
            return ""
        parts = [part for part in _nfc(_path_of(address)).split("/") if part not in ("", ".", "..")]
        for at in range(len(parts)):
            rest = "/".join(parts[at:])
            is_clear = len(parts) - at >= min(_FEWEST_PARTS, len(parts)) or _UNMISTAKABLE.search(rest)
            if is_clear and (name := self._index.get(rest) or self._index.get(rest.casefold())):
                return name
        return ""

    def _upload(self, name: str) -> bytes | None:
        """The content of an upload; None if it is too large, nothing if it can't be read."""
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return b""
        with os.fdopen(descriptor, "rb") as opened:
            content = opened.read(MOST_MEGABYTES * 1_000_000 + 1)
        return content if len(content) <= MOST_MEGABYTES * 1_000_000 else None


def _candidates(address: str) -> Iterator[str]:
    """The address of the original of a smaller copy, then the address itself."""
    plain = _SIZE_FOLDER.sub("", address)
    above, mark, query = plain.partition("?")
    yield from dict.fromkeys((_SIZE.sub("", above) + mark + query, plain, address))


def _files_below(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place, name)
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(folder).as_posix()


def _path_of(address: str) -> str:
    """The path of an address, decoded; "" if it is no address."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # brackets that are not closed, in place of a host
        return ""


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _embedded(address: str) -> bytes | None:
    """The picture that is written in the text itself: `data:image/png;base64,…`."""
    head, _, written = address.partition(",")
    if len(written) > 2 * MOST_MEGABYTES * 1_000_000:
        return None
    try:
        raw = unquote_to_bytes(written)
        return base64.b64decode(raw) if head.endswith(";base64") else raw
    except (binascii.Error, ValueError):
        return b""


def _problem(content: bytes) -> str:
    """Why the press can't show a picture; "" if it can."""
    name = format_of(content)
    if name not in ENDINGS:
        kind = "SVG" if is_svg(content) else name
        return f"{kind} is not shown" if kind else "damaged"
    errors = [rule for rule, _, is_error in picture_rules(content) if is_error]
    return next((_WHY.get(rule, "damaged") for rule in errors), "")
