"""The day and the edition of a text from elsewhere, by its folder, its front matter or its name."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple

from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings, UnpublishableError
from broadsheet.content.front_matter import FrontMatter, split_front_matter
from broadsheet.content.written_dates import written_day
from broadsheet.newsletter import Newsletter

LONGEST_SLUG = 30
_MOST_FOLDERS = 3
_NAMED_BY_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ _.-]+(.*))?", re.ASCII)
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_INDEX = ("index", "readme", "_index")


class TextLocation(NamedTuple):
    """The issue and the edition of a file."""

    issue_id: str
    edition: str

    def named(self, slug: str) -> "TextLocation":
        """The same day and edition with this slug."""
        return TextLocation(f"{self.issue_id[:10]}-{slug}", self.edition)


def locate_text(
    path: PurePath,
    content: bytes,
    newsletter: Newsletter,
    edition_option: str | None = None,
    *,
    only_named: bool = False,
) -> TextLocation | Finding:
    """The issue and edition of one file; a finding if its day or its language is unknown.

    The day is that of the folder (`2016-12-05`, `2016-12-05-slug`, `2016/12/05`), of `date` in the front
    matter, or the one that the file's name begins with. The edition is the file's name, its ending
    (`name.be.md`), a folder, `lang` in the front matter, the option, or the only edition of the newsletter;
    the last one is not used with `only_named`.
    """
    found = Findings(path.as_posix(), lenient=True)
    try:
        front = split_front_matter(found, decoded(found, content))
    except UnpublishableError as error:
        return next(finding for finding in error.findings if finding.is_error)
    issue_id = _issue_id(path, front)
    if not issue_id:
        return Finding(path.as_posix(), front.lines.get("date", 1), "no-day")
    edition = _edition(path, front, newsletter, edition_option, only_named=only_named)
    if not edition:
        line = front.lines.get("lang", front.lines.get("language", 1))
        return Finding(path.as_posix(), line, "no-edition", {"known": ", ".join(newsletter.editions)})
    return TextLocation(issue_id, edition)


def locate_texts(
    files: Mapping[PurePath, bytes],
    newsletter: Newsletter,
    edition_option: str | None = None,
    *,
    only_named: bool = False,
) -> dict[PurePath, TextLocation | Finding]:
    """The locations of several files; issue ids of the same day and edition end with the files' names."""
    located = {
        path: locate_text(path, content, newsletter, edition_option, only_named=only_named)
        for path, content in files.items()
    }
    shared: dict[TextLocation, list[PurePath]] = {}
    for path, location in located.items():
        if isinstance(location, TextLocation):
            shared.setdefault(location, []).append(path)
    taken = set(shared)
    for location, paths in shared.items():
        for path in sorted(paths) if len(paths) > 1 else ():
            if own_slug := _own_slug(path, location.edition):
                named = location.named(own_slug)
                named = location.named(_digest(path.as_posix())) if named in taken else named
                located[path] = named
                taken.add(named)
    return _without_doubles(located)


def _without_doubles(
    located: dict[PurePath, TextLocation | Finding],
) -> dict[PurePath, TextLocation | Finding]:
    """Give a short hash to all but the first of the files with the same location, such as two `en.md`."""
    seen: set[TextLocation] = set()
    for path in sorted(located):
        location = located[path]
        if isinstance(location, TextLocation):
            if location in seen:
                location = located[path] = location.named(_digest(path.as_posix()))
            seen.add(location)
    return located


def slug(name: str) -> str:
    """A name as a part of an issue's id: small Latin letters, digits, hyphens; a short hash without any."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    short = _NOT_IN_SLUG.sub("-", letters).strip("-")[:LONGEST_SLUG].strip("-")
    return short or (_digest(name) if name.strip() else "")


def _own_slug(path: PurePath, edition: str) -> str:
    """The slug of a file's name without day and edition, or of its folder if the name says nothing else."""
    stem = path.stem.removesuffix(f".{edition}")
    if stem.casefold() in (*_INDEX, edition):
        stem = path.parent.name
    found = _NAMED_BY_DAY.fullmatch(stem)
    return slug((found[2] or "") if found else stem)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _folders(path: PurePath) -> list[str]:
    """The nearest folders, the innermost first; those above say nothing about a text."""
    return list(reversed(path.parent.parts[-_MOST_FOLDERS:]))


def _issue_id(path: PurePath, front: FrontMatter) -> str:
    """The id of the file's issue; "" if its day is unknown."""
    for folder in _folders(path):
        found = _NAMED_BY_DAY.fullmatch(folder)
        if found and (day := written_day(found[1])):
            return f"{day}-{slug(found[2])}" if found[2] else day.isoformat()
    parts = path.parent.parts[-_MOST_FOLDERS - 1 :]
    nested = ["/".join(parts[at : at + 3]) for at in range(len(parts) - 2)]
    days = (written_day(written) for written in (*nested, str(front.values.get("date") or ""), path.name))
    return next((day.isoformat() for day in days if day), "")


def _edition(
    path: PurePath, front: FrontMatter, newsletter: Newsletter, option: str | None, *, only_named: bool
) -> str:
    """The file's edition; "" if it is unknown."""
    editions = newsletter.editions
    ending = path.stem.rpartition(".")[2]
    for name in (path.stem, ending, *_folders(path)):
        if name in editions:
            return name
    language = front.values.get("lang") or front.values.get("language")
    if isinstance(language, str) and language:
        language = language.casefold()
        primary = re.split(r"[-_]", language)[0]
        return next((e.id for e in editions.values() if language == e.id or primary == e.language), "")
    if option in editions:
        return str(option)
    return next(iter(editions)) if len(editions) == 1 and not only_named else ""
