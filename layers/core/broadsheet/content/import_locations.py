"""Where a text from elsewhere belongs: its day and its edition, by its folder, its head or its name."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import NamedTuple

from broadsheet.content.decode import decoded
from broadsheet.content.findings import Finding, Findings, UnpublishableError
from broadsheet.content.front_matter import FrontMatter, split_front_matter
from broadsheet.content.head_values import YEARS
from broadsheet.newsletter import Newsletter

LONGEST_SLUG = 30
_FOLDERS = 3
_NAMED_BY_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ _.-]+(.*))?", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_IN_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[A-Za-z]{3,9})\.?,?"
    r"|(?P<named>[A-Za-z]{3,9})\.?\s+(?P<date>\d{1,2})(?:st|nd|rd|th)?,?)\s+(?P<year>\d{4})(?!\d)",
    re.ASCII,
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_LEAST_OF_A_MONTH = 3
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_INDEX = ("index", "readme", "_index")


class TextLocation(NamedTuple):
    """Which issue's edition a file is."""

    issue_id: str
    edition: str


class _Unplaced(Exception):  # noqa: N818  # carries a finding, is no failure of ours
    def __init__(self, finding: Finding) -> None:
        self.finding = finding


def locate_text(
    path: PurePath,
    content: bytes,
    newsletter: Newsletter,
    edition_option: str | None = None,
    *,
    only_named: bool = False,
) -> TextLocation | Finding:
    """The issue and edition of one file; a finding if its day or its language is unknown.

    The day is the folder's (`2016-12-05`, `2016-12-05-slug`, `2016/12/05`), or that of `date` in the head, or
    the one that the file's name begins with. The edition is the file's name, its ending
    (`name.be.md`), a folder, `lang` in the head, the option, or the only one that there is;
    `only_named` leaves that last one out.
    """
    found = Findings(path.as_posix(), lenient=True)
    try:
        front = split_front_matter(found, decoded(found, content))
        return TextLocation(
            _issue_id(path, front),
            _edition(path, front, newsletter, edition_option, only_named=only_named),
        )
    except UnpublishableError as error:
        return next(finding for finding in error.findings if finding.is_error)
    except _Unplaced as error:
        return error.finding


def locate_texts(
    files: Mapping[PurePath, bytes],
    newsletter: Newsletter,
    edition_option: str | None = None,
    *,
    only_named: bool = False,
) -> dict[PurePath, TextLocation | Finding]:
    """The places of several files; those of one day and edition get ids that go on with their names."""
    placed = {
        path: locate_text(path, content, newsletter, edition_option, only_named=only_named)
        for path, content in files.items()
    }
    shared: dict[TextLocation, list[PurePath]] = {}
    for path, where in placed.items():
        if isinstance(where, TextLocation):
            shared.setdefault(where, []).append(path)
    taken = set(shared)
    for where, paths in shared.items():
        for path in sorted(paths) if len(paths) > 1 else ():
            slug = _own_slug(path, where.edition)
            if slug:
                named = TextLocation(f"{where.issue_id[:10]}-{slug}", where.edition)
                if named in taken:
                    named = TextLocation(f"{where.issue_id[:10]}-{_digest(path.as_posix())}", where.edition)
                placed[path] = named
                taken.add(named)
    return _without_doubles(placed)


def _without_doubles(
    placed: dict[PurePath, TextLocation | Finding],
) -> dict[PurePath, TextLocation | Finding]:
    """Two files still of one place, as `en.md` in two folders: all but the first get a short hash."""
    seen: set[TextLocation] = set()
    for path in sorted(placed):
        where = placed[path]
        if isinstance(where, TextLocation):
            if where in seen:
                where = placed[path] = TextLocation(
                    f"{where.issue_id[:10]}-{_digest(path.as_posix())}", where.edition
                )
            seen.add(where)
    return placed


def slug(name: str) -> str:
    """A name as part of an issue's id: small Latin letters, digits, hyphens; a short hash if it has none."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    short = _NOT_IN_SLUG.sub("-", letters).strip("-")[:LONGEST_SLUG].strip("-")
    return short or (_digest(name) if name.strip() else "")


def _own_slug(path: PurePath, edition: str) -> str:
    """The slug of a file's own name, day and edition left out; of its folder where the name says nothing."""
    stem = path.stem.removesuffix(f".{edition}")
    if stem.casefold() in (*_INDEX, edition):
        stem = path.parent.name
    found = _NAMED_BY_DAY.fullmatch(stem)
    return slug((found[2] or "") if found else stem)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _folders(path: PurePath) -> list[str]:
    """The nearest folders, the innermost first; what lies above says nothing about a text."""
    return list(reversed(path.parent.parts[-_FOLDERS:]))


def _issue_id(path: PurePath, front: FrontMatter) -> str:
    for folder in _folders(path):
        found = _NAMED_BY_DAY.fullmatch(folder)
        if found and (day := _day(found[1])):
            return f"{day}-{slug(found[2])}" if found[2] else day.isoformat()
    parts = path.parent.parts[-_FOLDERS - 1 :]
    for at in range(len(parts) - 2):
        if day := _day("/".join(parts[at : at + 3])):
            return day.isoformat()
    day = _day(str(front.values.get("date") or "")) or _day(path.name)
    if not day:
        raise _Unplaced(Finding(path.as_posix(), front.lines.get("date", 1), "no-day"))
    return day.isoformat()


def _day(written: str) -> date | None:
    """The day that a text begins with: `2016-12-05`, `2016/12/5`, `5 December 2016`, `Dec 5, 2016`."""
    found = _DATE.match(written.strip())
    in_words = None if found else _IN_WORDS.match(written.strip())
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
        if in_words:
            month = _month(in_words["month"] or in_words["named"])
            day = date(int(in_words["year"]), month, int(in_words["day"] or in_words["date"]))
    except ValueError:
        return None
    return day if day and day.year in YEARS else None


def _month(word: str) -> int:
    """The number of an English month, also of one that is cut short; 0 where it is none."""
    names = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(word.casefold())]
    return names[0] if names and len(word) >= _LEAST_OF_A_MONTH else 0


def _edition(
    path: PurePath, front: FrontMatter, newsletter: Newsletter, option: str | None, *, only_named: bool
) -> str:
    editions = newsletter.editions
    ending = path.stem.rpartition(".")[2]
    for name in (path.stem, ending, *_folders(path)):
        if name in editions:
            return name
    said = front.values.get("lang") or front.values.get("language")
    if isinstance(said, str) and said:
        primary = re.split(r"[-_]", said.casefold())[0]
        matching = [e.id for e in editions.values() if said.casefold() == e.id or primary == e.language]
        if matching:
            return matching[0]
    elif option in editions:
        return str(option)
    elif len(editions) == 1 and not only_named:
        return next(iter(editions))
    line = front.lines.get("lang", front.lines.get("language", 1))
    raise _Unplaced(Finding(path.as_posix(), line, "no-edition", {"known": ", ".join(editions)}))
