"""The register: what is public, and since when. Pages are rendered from it and from the kept revisions.

Shape (RegisterTable): partition `collection`, sort key `issue`.
- issues: collection "issue" ("misnamed" if the folder's name is no id of an issue), `issue` = its id;
  `version` (number, for conditional writes), `settled` (digest of the processed files), `settled_at` (set
  while reports wait to be mailed), `reported` (a map from edition to the digest of its last report),
  `editions` (a map from edition to the fields of `PublishedEdition`); dates and times as ISO text.
- the tally: collection "tally", `issue` = "all"; a number for each `tally_key`, updated with the issues in
  one transaction, so that the years are known without reading the archive.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

from broadsheet.content.pictures import SitePicture

ISSUE_ID = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,30})?")


@dataclass(frozen=True)
class CommentarySummary:
    """The fields of a commentary that lists show."""

    name: str
    topic: str
    headline: str
    trend: str | None
    summary: str


@dataclass(frozen=True)
class PublishedEdition:
    """An issue's edition: the accepted revision, the fields that lists show, and its history.

    `listed` is set once its pages exist. `changed_at` is the time of the last accepted change, `corrected_at`
    of the last one after its mailing had begun. A withdrawn edition keeps its history and the names of its
    pages, but no text. `gone` has the names of removed commentaries. `mail_digest` is the digest of its mail
    body, "" from an older release. `mail` says whether to mail it; None if the front matter does not say.
    """

    revision: str
    title: str
    summary: str
    first_day: date
    last_day: date
    send_at: datetime | None
    commentaries: tuple[CommentarySummary, ...]
    pictures: dict[str, SitePicture]
    first_published_at: datetime
    changed_at: datetime
    corrected_at: datetime | None = None
    withdrawn_at: datetime | None = None
    gone: tuple[str, ...] = ()
    listed: bool = True
    mail_digest: str = ""
    mail: bool | None = None

    @property
    def names(self) -> list[str]:
        """The names of its commentaries."""
        return [commentary.name for commentary in self.commentaries]

    @property
    def is_public(self) -> bool:
        """Whether lists, feeds and mailings include it."""
        return self.listed and self.withdrawn_at is None


@dataclass(frozen=True)
class Record:
    """The record of one issue. Version 0: it was never written."""

    issue: str
    version: int = 0
    processed: str = ""
    processed_at: datetime | None = None
    reported: dict[str, str] = field(default_factory=dict)
    editions: dict[str, PublishedEdition] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """The year whose lists contain it."""
        return int(self.issue[:4])

    @property
    def public(self) -> dict[str, PublishedEdition]:
        """The editions that lists, feeds and mailings include."""
        return {name: edition for name, edition in self.editions.items() if edition.is_public}

    @property
    def published(self) -> dict[str, PublishedEdition]:
        """The editions that are not withdrawn: the public ones, and those about to be listed."""
        return {name: edition for name, edition in self.editions.items() if edition.withdrawn_at is None}

    def pictures(self) -> list[tuple[str, SitePicture]]:
        """The pictures on the site, each with its name in the issue's folder."""
        return [pair for edition in self.published.values() for pair in edition.pictures.items()]

    def tally(self) -> Counter[str]:
        """The numbers that this issue adds to the tally."""
        counted: Counter[str] = Counter()
        for name, edition in self.public.items():
            counted[tally_key(name, self.year)] += 1
            counted.update(tally_key(name, self.year, each.topic) for each in edition.commentaries)
        return counted


def tally_key(edition: str, year: int, topic: str = "") -> str:
    """The key of a number in the tally: an edition's issues in a year, or its commentaries on a topic."""
    return f"{edition}#{year:04}#{topic}" if topic else f"{edition}#{year:04}"


@dataclass(frozen=True)
class ArchiveTally:
    """The number of issues, and of commentaries on each topic, by edition and year."""

    counts: dict[str, int]

    def years(self, edition: str, topic: str = "") -> list[int]:
        """The years that have any, newest first."""
        return self._years.get(f"{edition}#{topic}" if topic else edition, [])

    @cached_property
    def _years(self) -> dict[str, list[int]]:
        """By the key without its year."""
        found = defaultdict[str, list[int]](list)
        for key in (key for key, count in self.counts.items() if count > 0):
            edition, year, *topic = key.split("#")
            found["#".join((edition, *topic))].append(int(year))
        return {key: sorted(years, reverse=True) for key, years in found.items()}


class Register(Protocol):
    """The register. Reads see every acknowledged write."""

    def get(self, issue: str) -> Record:
        """The record of one issue."""

    def put(self, record: Record, before: Record) -> bool:
        """Write the record and the tally in one transaction; False if `before` is not the stored version."""

    def of_year(self, year: int) -> list[Record]:
        """The issues of a year, newest first, withdrawn ones included."""

    def tally(self) -> ArchiveTally:
        """The tally."""

    def after(self, issue: str, most: int) -> list[Record]:
        """The issues whose id sorts after `issue`, ascending, at most `most`."""
