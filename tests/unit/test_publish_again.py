"""Publishing in bad weather: crashes, races, many issues, files in the wrong place."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from broadsheet.issues.publish import REGISTER_TRIES, ContendedError, Outcome
from tests.builders import ISSUE_ID, a_newsletter
from tests.fakes.press import Press

EDITORS = ("first@news.example.org", "second@news.example.org")
GOOD = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
PICTURED = GOOD + "\n![A bridge](images/bridge.jpg)\n"
BAD = GOOD + "\n## weather\n"
LATER = timedelta(minutes=6)


class CrashError(Exception):
    """The machine died."""


@dataclass
class Crash:
    """Dies at the call of that number, before it has its effect or after."""

    at: int
    after: bool
    calls: int = 0

    def through(self, port: Any) -> Any:
        return _Breakable(port, self)

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise CrashError
        result = method(*args, **named)
        if self.calls == self.at:
            raise CrashError
        return result


@dataclass
class _Breakable:
    port: Any
    crash: Crash

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *args, **named: self.crash.call(method, *args, **named)


def a_press() -> Press:
    """Two good editions, one bad, and a picture."""
    press = Press(a_newsletter(editors=EDITORS))
    press.upload(ISSUE_ID, "en.md", PICTURED)
    press.upload(ISSUE_ID, "be.md", GOOD)
    press.upload(ISSUE_ID, "ru.md", BAD)
    press.upload(ISSUE_ID, "images/bridge.jpg", b"JPEG")
    return press


def left_behind(press: Press) -> tuple[Any, ...]:
    """All that the outside can see, but how often it was tried."""
    return (
        press.site.objects,
        press.site.forever,
        {name: replace(record, version=0) for name, record in press.register.records.items()},
        press.revisions.bodies,
        press.ledger.mailings,
        press.schedule.due,
        press.desk.reports,
        {(sent.to, sent.mail.subject) for sent in press.mailer.sent},
    )


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_crash_at_any_call_and_a_second_delivery_end_as_if_nothing_had_been(*, after: bool) -> None:
    undisturbed = a_press()
    undisturbed.publish(ISSUE_ID)
    number = 0
    while True:
        number += 1
        press, crash = a_press(), Crash(number, after)
        try:
            press.publish_issue(crash.through)(ISSUE_ID)
        except CrashError:
            press.publish(ISSUE_ID)
            press.clock.move(LATER)
            press.publish(ISSUE_ID)
            assert left_behind(press) == left_behind(undisturbed), f"after a crash at call {number}"
        else:
            break
    assert number > 30


@pytest.mark.parametrize("before", [0, 1, 2], ids=["the entry", "the mark", "the end"])
def test_who_loses_the_race_for_the_register_starts_again_and_ends_right(before: int) -> None:
    undisturbed = a_press()
    undisturbed.publish(ISSUE_ID)
    press = a_press()
    press.register.meanwhile = [*[lambda: None] * before, lambda: press.publish(ISSUE_ID)]

    press.publish(ISSUE_ID)

    assert press.register.meanwhile == []
    assert left_behind(press) == left_behind(undisturbed)
    assert len(press.mailer.sent) == len(undisturbed.mailer.sent)


@pytest.mark.parametrize("before", [0, 1], ids=["the entry", "the mark"])
def test_an_upload_while_we_publish_is_not_lost(before: int) -> None:
    undisturbed = a_press()
    undisturbed.upload(ISSUE_ID, "ru.md", GOOD)
    undisturbed.publish(ISSUE_ID)
    press = a_press()

    def mend_and_publish() -> None:
        press.upload(ISSUE_ID, "ru.md", GOOD)
        press.publish(ISSUE_ID)

    press.register.meanwhile = [*[lambda: None] * before, mend_and_publish]

    press.publish(ISSUE_ID)

    assert left_behind(press)[:-2] == left_behind(undisturbed)[:-2]
    assert "✓" in press.desk.reports[f"{ISSUE_ID}/ru.html"]


def test_who_always_loses_gives_up_and_the_next_delivery_ends_right() -> None:
    undisturbed = a_press()
    undisturbed.publish(ISSUE_ID)
    press = a_press()

    def touch() -> None:
        record = press.register.get(ISSUE_ID)
        press.register.records[ISSUE_ID] = replace(record, version=record.version + 1)

    press.register.meanwhile = [touch] * REGISTER_TRIES
    with pytest.raises(ContendedError):
        press.publish(ISSUE_ID)
    assert press.mailer.sent == []

    assert press.publish(ISSUE_ID) is Outcome.REPORTED
    assert left_behind(press) == left_behind(undisturbed)


def test_all_of_twenty_issues_are_in_the_archive_in_whatever_order_they_came() -> None:
    press = Press()
    mondays = [date(2016, 10, 3) + timedelta(weeks=week) for week in range(20)]
    for day in mondays[::2] + mondays[1::2]:
        press.upload(str(day), "en.md", GOOD.replace("A title", f"Week of {day}"))
        press.publish(str(day))

    def listed(name: str) -> list[str]:
        page = BeautifulSoup(press.site.page(f"en/archive/{name}.html"), "html.parser")
        return [str(a["href"]).split("/")[1] for a in page.select(".issues a")]

    def years(name: str) -> list[str]:
        page = BeautifulSoup(press.site.page(f"en/archive/{name}.html"), "html.parser")
        return [a.text for a in page.select(".years a")]

    newest_first = [str(day) for day in reversed(mondays)]
    assert listed("2016") + listed("2017") == [day for day in newest_first if day < "2017"] + listed("index")
    assert listed("2017") == listed("index") == [day for day in newest_first if day > "2017"]
    assert [years(name) for name in ("index", "2016", "2017")] == [["2017", "2016"]] * 3
    assert newest_first[0] in press.site.page("en/index.html")
    assert "archive/2016.html" not in press.site.page("be/archive/index.html")


@pytest.mark.parametrize(
    ("folder", "edition", "found"),
    [
        ("2016-12-06", "en", "2016-12-06 is not a Monday."),
        ("december", "en", "The folder “december” is not named by a day."),
        ("2016-12-32", "en", "The folder “2016-12-32” is not named by a day."),
        (ISSUE_ID, "de", "There is no edition “de”."),
    ],
)
def test_a_file_in_the_wrong_place_is_reported_and_disturbs_nothing(
    folder: str, edition: str, found: str
) -> None:
    press = Press(a_newsletter(editors=EDITORS))
    press.upload(folder, f"{edition}.md", GOOD)
    assert press.publish(folder) is Outcome.REPORTED
    assert found in press.mailer.sent[0].mail.text.replace("\n", " ")
    assert press.site.objects == {}

    press.upload("2016-12-12", "en.md", GOOD)
    assert press.publish("2016-12-12") is Outcome.PUBLISHED
    assert "A title" in press.site.page("en/archive/index.html")
