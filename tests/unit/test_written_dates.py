"""Dates and times in the heads of other programs' texts."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from broadsheet.content.written_dates import written_day, written_moment

WARSAW = ZoneInfo("Europe/Warsaw")
PLUS_THREE = timezone(timedelta(hours=3))


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2016-12-05", datetime(2016, 12, 5, tzinfo=WARSAW)),
        ("2016/7/5 8:15", datetime(2016, 7, 5, 8, 15, tzinfo=WARSAW)),
        ("2016-12-05 10:20:30 +0300", datetime(2016, 12, 5, 10, 20, 30, tzinfo=PLUS_THREE)),
        ("2016-12-05T10:20:30.123+03:00", datetime(2016, 12, 5, 10, 20, 30, tzinfo=PLUS_THREE)),
        ("2016-12-05T10:20:30Z", datetime(2016, 12, 5, 10, 20, 30, tzinfo=UTC)),
        ("2016-12-05 10:20 UTC", datetime(2016, 12, 5, 10, 20, tzinfo=UTC)),
        ("Mon, 05 Dec 2016 10:20:30 +0300", datetime(2016, 12, 5, 10, 20, 30, tzinfo=PLUS_THREE)),
        ("December 5, 2016 at 10:20", datetime(2016, 12, 5, 10, 20, tzinfo=WARSAW)),
    ],
)
def test_a_time_has_its_own_offset_or_that_of_the_site(written: str, moment: datetime) -> None:
    found = written_moment(written, WARSAW)
    assert found
    assert found.isoformat() == moment.isoformat()


@pytest.mark.parametrize("written", ["2016-12-05 25:61", "2016-12-05 10:20 +9900", "2016-12-05 soon"])
def test_an_impossible_time_leaves_the_day(written: str) -> None:
    assert written_moment(written, UTC) == datetime(2016, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize("written", ["", "soon", "2016-13-05", "31 June 2016"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert written_moment(written, UTC) is None


@pytest.mark.parametrize("written", ["0001-01-01 00:00 +0300", "9999-12-31 23:00 -0300"])
def test_a_time_beyond_the_calendar_leaves_the_day(written: str) -> None:
    found = written_moment(written, UTC)
    assert found
    assert found.tzinfo is UTC


def test_a_day_of_an_unlikely_year_is_none() -> None:
    assert written_day("0001-01-01") is None
    assert written_day("1 Dec 2016") == date(2016, 12, 1)
