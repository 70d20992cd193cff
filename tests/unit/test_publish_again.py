"""Publishing in bad weather: crashes, races, files in the wrong place."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from broadsheet.mailings.mailing import MailingState
from broadsheet.publishing.publish import REGISTER_TRIES, ContendedError, PublishOutcome
from tests.builders import ISSUE_ID, a_newsletter
from tests.effort import tries
from tests.fakes.publishing import PublishingSystem, laid_out_once
from tests.pictures import a_picture

EDITORS = ("first@news.example.org", "second@news.example.org")
GOOD = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
PICTURED = GOOD + "\n![A bridge](images/bridge.png)\n"
TWO = PICTURED + "\n### A second headline\n\nA second text.\n"
BAD = GOOD + "\n## weather\n"
STRIDE = tries(23, proof=1)  # of the calls, one in so many
LATER = timedelta(minutes=6)


class CrashError(Exception):
    """The machine died."""


@dataclass
class Crash:
    """Crashes at the call of that number, before or after its effect."""

    at: int
    after: bool
    calls: int = 0

    def through(self, port: Any) -> Any:
        return Through(port, self.call)

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise CrashError
        result = method(*args, **named)
        if self.calls == self.at:
            raise CrashError
        return result


@dataclass
class Through:
    """A port whose methods are called by `call`."""

    port: Any
    call: Callable[..., Any]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *args, **named: self.call(method, *args, **named)


@laid_out_once
def a_first_folder() -> PublishingSystem:
    """Two good editions, one bad, and a picture: nothing is public yet."""
    system = PublishingSystem(a_newsletter(editors=EDITORS))
    system.upload(ISSUE_ID, "en.md", TWO)
    system.upload(ISSUE_ID, "be.md", GOOD)
    system.upload(ISSUE_ID, "ru.md", BAD)
    system.upload(ISSUE_ID, "images/bridge.png", a_picture())
    return system


@laid_out_once
def a_changed_folder() -> PublishingSystem:
    """The same after its mailing: one edition corrected, one deleted, one repaired, another picture."""
    system = a_first_folder()
    system.publish(ISSUE_ID)
    mailing = system.ledger.mailings[f"{ISSUE_ID}_en"]
    system.ledger.add(replace(mailing, state=MailingState.SENDING, edition="en"))
    system.mailer.sent.clear()
    system.clock.move(timedelta(hours=3))
    system.upload(ISSUE_ID, "en.md", PICTURED.replace("Nothing", "Little"))
    system.upload(ISSUE_ID, "ru.md", GOOD)
    system.upload(ISSUE_ID, "images/bridge.png", a_picture(shade=64))
    del system.desk.objects[f"issues/{ISSUE_ID}/be.md"]
    return system


@laid_out_once
def an_emptied_folder() -> PublishingSystem:
    """All its texts are deleted before it was mailed."""
    system = a_first_folder()
    system.publish(ISSUE_ID)
    system.mailer.sent.clear()
    system.clock.move(timedelta(minutes=3))
    for edition in ("en", "be", "ru"):
        del system.desk.objects[f"issues/{ISSUE_ID}/{edition}.md"]
    return system


def left_behind(system: PublishingSystem) -> dict[str, Any]:
    """All that the outside can see, but how often it was tried."""
    return {
        "site": system.site.objects,
        "forever": system.site.forever,
        "register": {name: replace(record, version=0) for name, record in system.register.records.items()},
        "texts": system.revisions.texts,
        "bodies": system.revisions.bodies,
        "mailings": system.ledger.mailings,
        "schedule": system.schedule.due,
        "reports": system.desk.reports,
        "mails": {(sent.to, sent.mail.subject, sent.mail.text) for sent in system.mailer.sent},
    }


@pytest.mark.parametrize("folder", [a_first_folder, a_changed_folder, an_emptied_folder])
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_crash_at_any_call_and_a_redelivery_end_as_if_there_had_been_no_crash(
    folder: Callable[[], PublishingSystem], *, after: bool
) -> None:
    """Some of the calls; `make proof` takes each of them."""
    undisturbed = folder()
    undisturbed.publish(ISSUE_ID)
    number = 0
    while True:
        number += STRIDE
        system, crash = folder(), Crash(number, after)
        try:
            system.publish_issue(crash.through)(ISSUE_ID)
        except CrashError:
            system.publish(ISSUE_ID)
            system.clock.move(LATER)
            system.publish(ISSUE_ID)
            assert left_behind(system) == left_behind(undisturbed), f"after a crash at call {number}"
        else:
            break
    assert number > 50


@pytest.mark.parametrize("folder", [a_first_folder, a_changed_folder])
def test_two_crashes_anywhere_end_as_if_there_had_been_none(folder: Callable[[], PublishingSystem]) -> None:
    undisturbed, chance = folder(), random.Random(7)  # noqa: S311  # the same each time
    undisturbed.publish(ISSUE_ID)
    for _ in range(tries(8, proof=300)):
        system, places = folder(), (chance.randint(1, 150), chance.randint(1, 150))
        for place in places:
            try:
                system.publish_issue(Crash(place, after=chance.random() < 0.5).through)(ISSUE_ID)
            except CrashError:
                continue
        system.publish(ISSUE_ID)
        system.clock.move(LATER)
        system.publish(ISSUE_ID)
        assert left_behind(system) == left_behind(undisturbed), places


@pytest.mark.parametrize("folder", [a_first_folder, a_changed_folder])
@pytest.mark.parametrize("before", range(4), ids=["the entry", "the listing", "the mark", "the end"])
def test_a_worker_that_loses_the_race_for_the_register_starts_again_and_succeeds(
    before: int, folder: Callable[[], PublishingSystem]
) -> None:
    undisturbed = folder()
    undisturbed.publish(ISSUE_ID)
    system = folder()
    system.register.meanwhile = [*[lambda: None] * before, lambda: system.publish(ISSUE_ID)]

    system.publish(ISSUE_ID)

    assert system.register.meanwhile == []
    assert left_behind(system) == left_behind(undisturbed)
    assert len(system.mailer.sent) == len(undisturbed.mailer.sent)


@pytest.mark.parametrize("before", range(3), ids=["the entry", "the listing", "the mark"])
def test_an_upload_while_we_publish_is_not_lost(before: int) -> None:
    undisturbed = a_first_folder()
    undisturbed.upload(ISSUE_ID, "ru.md", GOOD)
    undisturbed.publish(ISSUE_ID)
    system = a_first_folder()

    def fix_and_publish() -> None:
        system.upload(ISSUE_ID, "ru.md", GOOD)
        system.publish(ISSUE_ID)

    system.register.meanwhile = [*[lambda: None] * before, fix_and_publish]

    system.publish(ISSUE_ID)

    assert left_behind(system) == left_behind(undisturbed)


def test_a_worker_that_always_loses_the_race_gives_up_and_the_next_delivery_succeeds() -> None:
    undisturbed = a_first_folder()
    undisturbed.publish(ISSUE_ID)
    system = a_first_folder()

    def touch() -> None:
        record = system.register.get(ISSUE_ID)
        system.register.records[ISSUE_ID] = replace(record, version=record.version + 1)

    system.register.meanwhile = [touch] * REGISTER_TRIES
    with pytest.raises(ContendedError):
        system.publish(ISSUE_ID)
    assert system.mailer.sent == []

    assert system.publish(ISSUE_ID) is PublishOutcome.REPORTED
    assert left_behind(system) == left_behind(undisturbed)


@pytest.mark.parametrize(
    ("folder", "edition", "reported", "found"),
    [
        ("2016-12-06", "en", "2016-12-06/en.md", "Monday"),
        ("december", "en", "december/", "december"),
        ("2016-12-32", "en", "2016-12-32/", "2016-12-32"),
        (ISSUE_ID, "de", f"{ISSUE_ID}/", "“de”"),
    ],
)
def test_a_file_in_the_wrong_place_is_reported_and_changes_nothing(
    folder: str, edition: str, reported: str, found: str
) -> None:
    system = PublishingSystem(a_newsletter(editors=EDITORS))
    system.upload(folder, f"{edition}.md", GOOD)
    assert system.publish(folder) is PublishOutcome.REPORTED
    assert [sent.mail.subject for sent in system.mailer.sent] == [f"NOT published: {reported}"] * 2
    assert found in system.mailer.sent[0].mail.text.replace("\n", " ")
    assert system.site.objects == {}

    system.upload("2016-12-12", "en.md", GOOD)
    assert system.publish("2016-12-12") is PublishOutcome.PUBLISHED
    assert "A title" in system.site.page("en/archive/index.html")
