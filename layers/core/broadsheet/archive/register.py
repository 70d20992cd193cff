"""The register: what is public, and since when. Pages are made from it and from the kept revisions alone.

Shape (RegisterTable): partition `collection`, sort key `issue`.
- issues: collection "issue" ("misnamed" for folders that no issue can have), `issue` = its id; `version`
  (number, for conditional writes), `settled` (digest of the files whose work is done), `settled_at` (set
  while reports wait to be mailed), `reported` (a map from edition to what its editors were told last),
  `editions` (a map from edition to the fields of `Entry`); dates and times as ISO text.
- the tally: collection "tally", `issue` = "all"; a number for each `tally_key`, moved with the issues in one
  transaction, so that nobody has to read the archive to know its years.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from broadsheet.content.pictures import Shown

ISSUE_ID = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z0-9-]{1,30})?")


@dataclass(frozen=True)
class Digest:
    """A commentary as lists show it."""

    name: str
    topic: str
    headline: str
    trend: str | None
    summary: str


@dataclass(frozen=True)
class Entry:
    """An issue's edition: the revision that was accepted, what lists show of it, and its history.

    `listed` once its pages are there. `changed_at` is the last accepted change, `corrected_at` the last one
    after its mailing had begun. A withdrawn one keeps its history and the names of its pages, no words.
    `gone` names commentaries that once had a page. `mail_digest` is the digest of the mail that was made of
    it; "" where an older release made it. `mail` is what the head says on whether to mail it; None where it
    says nothing, as in what an older release kept.
    """

    revision: str
    title: str
    summary: str
    first_day: date
    last_day: date
    send_at: datetime | None
    commentaries: tuple[Digest, ...]
    pictures: dict[str, Shown]
    first_published_at: datetime
    changed_at: datetime
    corrected_at: datetime | None = None
    withdrawn_at: datetime | None = None
    gone: tuple[str, ...] = ()
    listed: bool = True
    mail_digest: str = ""
    mail: bool | None = None

    @property
    def is_public(self) -> bool:
        """Whether lists, feeds and mailings take it."""
        return self.listed and self.withdrawn_at is None


@dataclass(frozen=True)
class Record:
    """All that is known of one issue. Version 0 stands for an issue never published."""

    issue: str
    version: int = 0
    settled: str = ""
    settled_at: datetime | None = None
    reported: dict[str, str] = field(default_factory=dict)
    editions: dict[str, Entry] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """The year whose lists it stands in."""
        return int(self.issue[:4])

    @property
    def public(self) -> dict[str, Entry]:
        """The editions that lists, feeds and mailings take."""
        return {edition: entry for edition, entry in self.editions.items() if entry.is_public}

    @property
    def standing(self) -> dict[str, Entry]:
        """The editions that have a page with their text: the public ones, and those about to be."""
        return {e: entry for e, entry in self.editions.items() if entry.withdrawn_at is None}

    def shown(self) -> list[tuple[str, Shown]]:
        """What the site holds for this issue: the pictures' names in its folder, and where they are."""
        return [pair for entry in self.standing.values() for pair in entry.pictures.items()]

    def tally(self) -> Counter[str]:
        """What this issue adds to the register's tally."""
        counted: Counter[str] = Counter()
        for edition, entry in self.public.items():
            counted[tally_key(edition, self.year)] += 1
            counted.update(tally_key(edition, self.year, digest.topic) for digest in entry.commentaries)
        return counted


def tally_key(edition: str, year: int, topic: str = "") -> str:
    """Names a number of the tally: issues of an edition in a year, or commentaries on a topic."""
    return f"{edition}#{year:04}#{topic}" if topic else f"{edition}#{year:04}"


@dataclass(frozen=True)
class Tally:
    """How many issues, and commentaries on a topic, an edition has in each year."""

    counts: dict[str, int]

    def years(self, edition: str, topic: str = "") -> list[int]:
        """The years that have any, newest first."""
        keys = {key for key, count in self.counts.items() if count > 0}
        years = {int(key.split("#")[1]) for key in keys}
        return [year for year in sorted(years, reverse=True) if tally_key(edition, year, topic) in keys]


class Register(Protocol):
    """The single truth about what is public. Reads see every write that was acknowledged."""

    def get(self, issue: str) -> Record:
        """The record of one issue."""

    def put(self, record: Record, before: Record) -> bool:
        """Write the record over `before`, the version that it follows; false if another came first.

        The tally moves in the same transaction.
        """

    def newest(self, edition: str, most: int) -> list[Record]:
        """The newest issues whose edition is public, newest first, at most so many."""

    def of_year(self, year: int) -> list[Record]:
        """The issues of a year, newest first, withdrawn ones included."""

    def tally(self) -> Tally:
        """How many there are in each year."""

    def after(self, issue: str, most: int) -> list[Record]:
        """The issues whose id sorts behind `issue`, in that order, at most so many."""
