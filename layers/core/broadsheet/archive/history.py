"""Records as plain maps: the items of the register's table, and the history file for moving to another stack.

Shape of a record: the fields of `Record` under their stored names, `editions` a map from edition to the
fields of `PublishedEdition`, `pictures` in it a map from source to `{"sizes": [{"path", "width",
"height"}]}`; dates and times as ISO text, times in UTC. A field that is null or missing has its default; a
map or list is empty. Shape of the file: JSON, `{"issues": [record, …]}`, ascending by id.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from broadsheet.archive.register import PublishedEdition, Record

STORED_NAMES = {"processed": "settled", "processed_at": "settled_at"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class HistoryFileError(ValueError):
    """The text is no history file; the message says where and why. No record was read from it."""


def record_map(record: Record) -> dict[str, Any]:
    """The record as text, whole numbers, lists and maps."""
    stored: dict[str, Any] = _plain(record)
    return stored


def record_from(stored: Mapping[str, Any]) -> Record:
    """The record of a map that `record_map` gave; unknown fields are ignored.

    Raises:
        ValueError: a field is missing or of another type; the message says which.
    """
    issue = _value(str, stored.get("issue"), "/issue")
    if not issue:
        raise _wrong("/issue", issue)
    _value(int, stored.get("version"), f"{issue}/version")  # has a default only for an issue without a record
    record: Record = _dataclass(Record, stored, issue)
    return record


def dump_history(records: Iterable[Record]) -> str:
    """The history file of these records; the same records give the same bytes."""
    issues = [record_map(record) for record in sorted(records, key=lambda record: record.issue)]
    return json.dumps({"issues": issues}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def load_history(text: str) -> list[Record]:
    """The records of a history file, ascending by id.

    Raises:
        HistoryFileError: it is not such a file; write it again, or correct what the message names.
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


def _plain(value: Any) -> Any:  # noqa: ANN401  # any field of a record
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return {STORED_NAMES.get(f.name, f.name): _plain(getattr(value, f.name)) for f in fields(value)}


_type_hints = cache(get_type_hints)


def _dataclass(kind: Any, stored: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401  # a record or a part of one
    if kind is PublishedEdition and stored.get("changed_at") is None:
        stored = {**stored, "changed_at": stored.get("first_published_at")}
    types, values = _type_hints(kind), {}
    for field in fields(kind):
        name = STORED_NAMES.get(field.name, field.name)
        if stored.get(name) is not None or field.default is MISSING:
            values[field.name] = _value(types[field.name], stored.get(name), f"{where}/{name}")
    return kind(**values)


def _value(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401  # any field of a record
    """A stored value as the type of its field."""
    container, parts = get_origin(kind), get_args(kind)
    if container is UnionType:  # of a type and None
        is_none = value is None or (value == "" and parts[0] is str)
        return None if is_none else _value(parts[0], value, where)
    if container is dict:
        stored = _checked(dict, {} if value is None else value, where)
        return {name: _value(parts[1], each, f"{where}/{name}") for name, each in stored.items()}
    if container is tuple:
        stored = _checked(list, [] if value is None else value, where)
        if not all(isinstance(each, dict if is_dataclass(parts[0]) else parts[0]) for each in stored):
            raise _wrong(where, value)
        return tuple(_value(parts[0], each, f"{where}/{number}") for number, each in enumerate(stored, 1))
    if is_dataclass(kind):
        return _dataclass(kind, _checked(dict, value, where), where)
    if kind is int:
        number = _checked((int, Decimal), value, where)
        if isinstance(value, bool) or number != int(number):
            raise _wrong(where, value)
        return int(number)
    return _day_or_time(kind, value, where) if kind in (date, datetime) else _checked(kind, value, where)


def _day_or_time(kind: type[date], value: object, where: str) -> date:
    text = _checked(str, value, where)
    try:
        found = kind.fromisoformat(text)
        if not isinstance(found, datetime):
            return found
        if found.tzinfo:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(where, value) from error
    raise _wrong(where, value)


def _checked(kind: type | tuple[type, ...], value: Any, where: str) -> Any:  # noqa: ANN401  # a stored value
    if value is None:
        raise ValueError(f"{where} is missing")
    if not isinstance(value, kind):
        raise _wrong(where, value)
    return value


def _wrong(where: str, value: object) -> ValueError:
    return ValueError(f"{where} can't be {value!r}")
