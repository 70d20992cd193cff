"""The register: what is public, and since when. Pages are made from it and from the desk alone.

Shape (RegisterTable): partition `collection` ("issue"), sort key `issue`; `version` (number, for
conditional writes), `settled` (digest of the files whose work is done), `settled_at` (set while reports wait
to be mailed), `reported` (a map from edition to what its editors were told last), `editions` (a map from
edition to the fields of `Entry`); dates and times as ISO text.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol


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
    """An issue's edition as it is public: the revision, what lists show of it, and its history."""

    revision: str
    title: str
    summary: str
    first_day: date
    last_day: date
    send_at: datetime | None
    commentaries: tuple[Digest, ...]
    first_published_at: datetime


@dataclass(frozen=True)
class Record:
    """All that is public of one issue. Version 0 stands for an issue never published."""

    issue: str
    version: int = 0
    settled: str = ""
    settled_at: datetime | None = None
    reported: dict[str, str] = field(default_factory=dict)
    editions: dict[str, Entry] = field(default_factory=dict)


class Register(Protocol):
    """The single truth about what is public. Reads see every write that was acknowledged."""

    def get(self, issue: str) -> Record:
        """The record of one issue."""

    def put(self, record: Record) -> bool:
        """Write the record over version `record.version - 1`; false if another came first."""

    def newest(self, edition: str, most: int) -> list[Record]:
        """The newest issues that have this edition, newest first, at most so many."""

    def of_year(self, edition: str, year: int) -> list[Record]:
        """The issues of a year that have this edition, newest first."""

    def years(self, edition: str) -> list[int]:
        """The years in which this edition has issues, newest first."""
