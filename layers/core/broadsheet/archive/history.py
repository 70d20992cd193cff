"""Records as plain maps: the items of the register's table, and the history file for moving to another stack.

Shape of a record: the fields of `Record`, `editions` a map from edition to the fields of `PublishedEdition`,
`pictures` in it a map from source to `{"sizes": [{"path", "width", "height"}]}`; dates and times as ISO
text, times in UTC. What an older record lacks is read as what was true then.
Shape of the file: JSON, `{"issues": [record, …]}`, ascending by id.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record
from broadsheet.content.pictures import PictureSize, SitePicture

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class HistoryFileError(ValueError):
    """The text is no history file; the message says where and what. Nothing was taken from it."""


def record_map(record: Record) -> dict[str, Any]:
    """The record in text, whole numbers, lists and maps."""
    return {
        "issue": record.issue,
        "version": record.version,
        "settled": record.processed,
        "settled_at": _iso(record.processed_at),
        "reported": dict(record.reported),
        "editions": {name: _edition_map(edition) for name, edition in record.editions.items()},
    }


def record_from(stored: Mapping[str, Any]) -> Record:
    """The record that `record_map` gave; what else is in the map is left alone.

    Raises:
        ValueError: a field is missing or of another kind; the message says which.
    """
    fields = _Fields("", stored)
    issue = fields.name("issue")
    fields = _Fields(issue, stored)
    editions = fields.map("editions")
    return Record(
        issue,
        fields.number("version"),
        fields.text("settled", ""),
        fields.moment("settled_at"),
        {edition: fields.map("reported").text(edition) for edition in fields.map("reported").stored},
        {edition: _edition(editions.map(edition)) for edition in editions.stored},
    )


def dump_history(records: Iterable[Record]) -> str:
    """The history file of these records; the same records give the same bytes."""
    issues = [record_map(record) for record in sorted(records, key=lambda record: record.issue)]
    return json.dumps({"issues": issues}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load_history(text: str) -> list[Record]:
    """The records of a history file, ascending by id.

    Raises:
        HistoryFileError: it is not such a file; write it anew, or mend what the message names.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise HistoryFileError(f"not JSON: {error}") from error
    issues = content.get("issues") if isinstance(content, dict) else None
    if not isinstance(issues, list):
        raise HistoryFileError("no list “issues”")
    found: dict[str, Record] = {}
    for number, stored in enumerate(issues, start=1):
        record = _record_of_file(number, stored)
        if record.issue in found:
            raise HistoryFileError(f"{record.issue} is there twice")
        found[record.issue] = record
    return [found[issue] for issue in sorted(found)]


def _record_of_file(number: int, stored: object) -> Record:
    if not isinstance(stored, dict):
        raise HistoryFileError(f"issue number {number} is not a map")
    try:
        record = record_from(stored)
    except ValueError as error:
        raise HistoryFileError(f"issue number {number}: {error}") from error
    if record.editions and not _DAY.match(record.issue):
        raise HistoryFileError(f"issue number {number}: “{record.issue}” does not begin with a day")
    return record


def _edition_map(edition: PublishedEdition) -> dict[str, Any]:
    return {
        "revision": edition.revision,
        "title": edition.title,
        "summary": edition.summary,
        "first_day": edition.first_day.isoformat(),
        "last_day": edition.last_day.isoformat(),
        "send_at": _iso(edition.send_at),
        "commentaries": [
            {"name": d.name, "topic": d.topic, "headline": d.headline, "trend": d.trend, "summary": d.summary}
            for d in edition.commentaries
        ],
        "pictures": {source: _picture_map(shown) for source, shown in edition.pictures.items()},
        "first_published_at": _iso(edition.first_published_at),
        "changed_at": _iso(edition.changed_at),
        "corrected_at": _iso(edition.corrected_at),
        "withdrawn_at": _iso(edition.withdrawn_at),
        "gone": list(edition.gone),
        "listed": edition.listed,
        "mail_digest": edition.mail_digest,
        "mail": edition.mail,
    }


def _picture_map(shown: SitePicture) -> dict[str, Any]:
    return {"sizes": [{"path": s.path, "width": s.width, "height": s.height} for s in shown.sizes]}


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _edition(fields: "_Fields") -> PublishedEdition:
    first_published_at = fields.known_moment("first_published_at")
    pictures = fields.map("pictures")
    return PublishedEdition(
        revision=fields.text("revision"),
        title=fields.text("title"),
        summary=fields.text("summary"),
        first_day=fields.day("first_day"),
        last_day=fields.day("last_day"),
        send_at=fields.moment("send_at"),
        commentaries=tuple(_digest(each) for each in fields.maps("commentaries")),
        pictures={source: _picture(pictures.map(source)) for source in pictures.stored},
        first_published_at=first_published_at,
        changed_at=fields.moment("changed_at") or first_published_at,
        corrected_at=fields.moment("corrected_at"),
        withdrawn_at=fields.moment("withdrawn_at"),
        gone=fields.texts("gone"),
        listed=fields.truth("listed", otherwise=True),
        mail_digest=fields.text("mail_digest", ""),
        mail=fields.known_truth("mail"),
    )


def _digest(fields: "_Fields") -> CommentarySummary:
    trend = fields.text("trend", "") or None
    return CommentarySummary(
        fields.text("name"), fields.text("topic"), fields.text("headline"), trend, fields.text("summary")
    )


def _picture(fields: "_Fields") -> SitePicture:
    return SitePicture(
        tuple(
            PictureSize(each.text("path"), each.number("width"), each.number("height"))
            for each in fields.maps("sizes")
        )
    )


@dataclass(frozen=True)
class _Fields:
    """A map with the words for where it was found, read field by field; a field that is null is missing."""

    where: str
    stored: Mapping[str, Any]

    def text(self, name: str, otherwise: str | None = None) -> str:
        return str(self._value(name, str, otherwise))

    def name(self, name: str) -> str:
        if text := self.text(name):
            return text
        raise self._wrong(name)

    def number(self, name: str) -> int:
        value = self._value(name, (int, Decimal), None)
        if isinstance(value, bool) or value != int(value):
            raise self._wrong(name)
        return int(value)

    def truth(self, name: str, *, otherwise: bool) -> bool:
        return bool(self._value(name, bool, otherwise))

    def known_truth(self, name: str) -> bool | None:
        return None if self.stored.get(name) is None else self.truth(name, otherwise=False)

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as error:
            raise self._wrong(name) from error

    def moment(self, name: str) -> datetime | None:
        return None if self.stored.get(name) is None else self.known_moment(name)

    def known_moment(self, name: str) -> datetime:
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._wrong(name) from error
        raise self._wrong(name)

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._value(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(name)
        return tuple(values)

    def map(self, name: str) -> "_Fields":
        return _Fields(f"{self.where}/{name}", self._value(name, dict, {}))

    def maps(self, name: str) -> list["_Fields"]:
        values = self._value(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self._wrong(name)
        return [_Fields(f"{self.where}/{name}/{number}", value) for number, value in enumerate(values, 1)]

    def _value(self, name: str, kind: type | tuple[type, ...], otherwise: object) -> Any:  # noqa: ANN401  # a stored value
        value = self.stored.get(name)
        if value is None:
            value = otherwise
        if value is None:
            raise ValueError(f"{self.where}/{name} is missing")
        if not isinstance(value, kind):
            raise self._wrong(name)
        return value

    def _wrong(self, name: str) -> ValueError:
        return ValueError(f"{self.where}/{name} can't be {self.stored.get(name)!r}")
