"""Records as plain maps: the items of the register's table, and the history file for moving to another stack.

Shape of a record: the fields of `Record` under their stored names, `editions` a map from edition to the
fields of `PublishedEdition`, `pictures` in it a map from source to `{"sizes": [{"path", "width",
"height"}]}`; dates and times as ISO text, times in UTC. A field that is null or missing has its default; a
map or list is empty. Shape of the file: JSON, `{"issues": [record, …]}`, ascending by id.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, partial
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from broadsheet.archive.register import PublishedEdition, Record

STORED_NAMES = {"processed": "settled", "processed_at": "settled_at"}
_Reader = Callable[[Any, str], Any]
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
    issue = _checked(str, stored.get("issue"), "/issue")
    if not issue:
        raise _wrong("/issue", issue)
    _whole_number(
        stored.get("version"), f"{issue}/version"
    )  # has a default only for an issue without a record
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


@cache
def _fields(kind: Any) -> list[tuple[str, str, bool, _Reader]]:  # noqa: ANN401  # a record or a part of one
    """The fields: name, stored name, whether there is no default, and what reads a stored value."""
    types = get_type_hints(kind)
    return [
        (
            field.name,
            STORED_NAMES.get(field.name, field.name),
            field.default is MISSING,
            _reader(types[field.name]),
        )
        for field in fields(kind)
    ]


def _dataclass(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401  # a record or a part of one
    stored = _checked(dict, value, where)
    if kind is PublishedEdition and stored.get("changed_at") is None:
        stored = {**stored, "changed_at": stored.get("first_published_at")}
    values = {
        name: read(stored.get(stored_name), f"{where}/{stored_name}")
        for name, stored_name, is_required, read in _fields(kind)
        if is_required or stored.get(stored_name) is not None
    }
    return kind(**values)


def _reader(kind: Any) -> _Reader:  # noqa: ANN401  # the type of any field
    """Makes a value of this type of a stored one, given its place; made once for each field."""
    container, parts = get_origin(kind), get_args(kind)
    if container is UnionType:  # of a type and None
        return partial(_optional, parts[0], _reader(parts[0]))
    if container is dict:
        return partial(_map, _reader(parts[1]))
    if container is tuple:
        return partial(_tuple, dict if is_dataclass(parts[0]) else parts[0], _reader(parts[0]))
    if is_dataclass(kind):
        return partial(_dataclass, kind)
    if kind is int:
        return _whole_number
    return partial(_day_or_time if kind in (date, datetime) else _checked, kind)


def _optional(kind: type, read: _Reader, value: Any, where: str) -> Any:  # noqa: ANN401  # a stored value
    return None if value is None or (value == "" and kind is str) else read(value, where)


def _map(read: _Reader, value: Any, where: str) -> dict[str, Any]:  # noqa: ANN401  # a stored value
    stored = _checked(dict, {} if value is None else value, where)
    return {name: read(each, f"{where}/{name}") for name, each in stored.items()}


def _tuple(kind: type, read: _Reader, value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401  # a stored value
    stored = _checked(list, [] if value is None else value, where)
    if not all(isinstance(each, kind) for each in stored):
        raise _wrong(where, value)
    return tuple(read(each, f"{where}/{number}") for number, each in enumerate(stored, 1))


def _whole_number(value: Any, where: str) -> int:  # noqa: ANN401  # a stored value
    number = _checked((int, Decimal), value, where)
    if isinstance(value, bool) or number != int(number):
        raise _wrong(where, value)
    return int(number)


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
