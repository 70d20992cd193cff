"""Where a file of the desk belongs by its key: `2016-12-5/English.txt` means `issues/2016-12-05/en.md`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath

from broadsheet.content.front_matter_values import YEARS
from broadsheet.content.text_names import (
    PICTURE_TYPES,
    PICTURES,
    is_like_a_text,
    is_plain_text,
    issue_day,
    text_stem,
)
from broadsheet.newsletter import Newsletter

FOLDERS = ("issues", "drafts")
EXAMPLE_DAY = "2016-12-05"
_DAY = re.compile(
    r"(?<!\d)(?:(?P<year>\d{4})(?P<sign>[-_. /])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"|(?P<last>\d{1,2})[-_. /](?P<middle>\d{1,2})[-_. /](?P<end>\d{4})"
    r"|(?P<digits>\d{8}))(?!\d)(?P<slug>-[a-z0-9-]{1,30}(?=/))?",
    re.ASCII,
)
_DRAFTS = ("draft", "drafts", "чарнавік", "чарнавікі", "черновик", "черновики")
_WORDS = re.compile(r"[\W_]+")
_NAMES = {  # of languages, as files are called
    "en": ("eng", "english"),
    "be": ("bel", "by", "blr", "belarusian", "беларуская", "белорусский"),
    "ru": ("rus", "russian", "русский", "руская"),
    "uk": ("ukr", "ua", "ukrainian", "українська"),
    "pl": ("pol", "polish", "polski"),
    "de": ("ger", "deu", "german", "deutsch"),
}


@dataclass(frozen=True)
class RightPlace:
    """The folder that a key names, "" if it names no day, and the names that may be meant.

    `example` is such a folder for a key that names no day. Without any name, the file is neither a text nor a
    picture. `is_document` is a text in another format.
    """

    folder: str
    names: tuple[str, ...]
    example: str
    is_document: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in an example's folder if the key names no day."""
        return tuple(f"{self.folder or self.example}/{name}" for name in self.names)


def right_place(key: str, newsletter: Newsletter) -> RightPlace:
    """Where the file belongs, by the day and the language in its key."""
    name = key.rpartition("/")[2]
    folder, example = folder_of(key, newsletter), f"{top_of(key)}/{EXAMPLE_DAY}"
    if name.casefold().startswith("readme"):
        return RightPlace(folder, (), example)
    if PurePosixPath(name).suffix.casefold() in PICTURE_TYPES:
        return RightPlace(folder, (f"{PICTURES}{name}",) if folder else (), example)
    if not is_like_a_text(name):
        return RightPlace(folder, (), example)
    edition = _edition(key, newsletter)
    names = (f"{edition}.md",) if edition else tuple(f"{each}.md" for each in newsletter.editions)
    return RightPlace(folder, names, example, is_document=not is_plain_text(name))


def folder_of(key: str, newsletter: Newsletter) -> str:
    """The folder that a key lies in or names a day of: `issues/2016-12-05`; "" if there is none.

    A weekly newsletter's is the Monday of that day.
    """
    parts, top = key.split("/"), top_of(key)
    if len(parts) > 1 and parts[0] in FOLDERS and issue_day(parts[1]):
        return f"{top}/{parts[1]}"
    for day, slug in _days(key):
        monday = day - timedelta(days=day.weekday()) if newsletter.wants_monday(day) else day
        return f"{top}/{monday}{slug}"
    return ""


def issue_meant(name: str, newsletter: Newsletter) -> str:
    """The name that a folder of an issue probably is meant to have; "" if it names no day."""
    return folder_of(f"{FOLDERS[0]}/{name}", newsletter).partition("/")[2]


def top_of(key: str) -> str:
    """`drafts` if a folder of the key or its name says so, however it is spelled; else `issues`.

    Whoever follows a report must not make a draft public.
    """
    *folders, name = key.casefold().split("/")
    words = [folder.strip() for folder in folders] + _WORDS.split(name)
    is_draft = "draft" in (folders or [name])[0] or not set(_DRAFTS).isdisjoint(words)
    return "drafts" if is_draft else "issues"


def _days(key: str) -> Iterator[tuple[date, str]]:
    """The days in a key, each with what follows it in the name of its folder."""
    for found in _DAY.finditer(key):
        digits = found["digits"] or ""
        year, month, day = (
            (digits[:4], digits[4:6], digits[6:])
            if digits
            else (
                found["year"] or found["end"],
                found["month"] or found["middle"],
                found["day"] or found["last"],
            )
        )
        try:
            at = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if at.year in YEARS:
            yield at, found["slug"] or ""


def _edition(key: str, newsletter: Newsletter) -> str:
    """The edition that the file's name means, or a folder's; "" if none."""
    *folders, _ = key.split("/")
    return next(
        (edition for name in (text_stem(key), *reversed(folders)) if (edition := _named(name, newsletter))),
        "",
    )


def _named(name: str, newsletter: Newsletter) -> str:
    """The edition whose id, name or language this is, or the first or last word of this."""
    whole = name.casefold().strip()
    parts = [part for part in _WORDS.split(whole) if part]
    for edition in newsletter.editions.values():
        if whole in (edition.id, edition.name.casefold(), *_NAMES.get(edition.language, ())):
            return edition.id
    ends = (parts[-1], parts[0]) if parts else ()
    return next(
        (e.id for word in ends for e in newsletter.editions.values() if word in (e.id, e.name.casefold())), ""
    )
