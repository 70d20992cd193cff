"""When something was published, as the old systems write it."""

from datetime import UTC, datetime, tzinfo

_FORMATS = ("%b %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p", "%b %d, %Y", "%m/%d/%Y %H:%M")
_FIRST_YEAR, _LAST_YEAR = 1971, 2200  # others are defaults of a database


def moment(value: object, zone: tzinfo) -> datetime | None:
    """A moment with its offset; `zone` is for those that name none. None if it is no date.

    Understood are ISO 8601, milliseconds since 1970, and dates like `May 19, 2019 06:00 pm`.
    """
    found = _parsed(value)
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _parsed(value: object) -> datetime | None:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # the caller knows the zone
        except ValueError:
            continue
    return None
