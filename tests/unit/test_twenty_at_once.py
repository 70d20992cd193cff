"""Twenty workers at once, each interrupted by the others at every call: nothing is lost in any list."""

import json
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from broadsheet.mailings.mailing import MailingState
from broadsheet.publishing.publish import ContendedError
from broadsheet.site.conditional_writes import ContendedPageError
from tests.builders import ISSUE_ID
from tests.effort import tries
from tests.fakes.publishing import PublishingSystem, laid_out_once
from tests.pictures import a_picture

GOOD = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
PICTURED = GOOD + "\n![A bridge](images/bridge.png)\n"
MONDAYS = [date(2016, 10, 3) + timedelta(weeks=week) for week in range(20)]  # the last seven in 2017
NEWEST_FIRST = [str(day) for day in reversed(MONDAYS)]
IN_A_FEED = 10


@dataclass
class Through:
    """A port whose methods are called by `call`."""

    port: Any
    call: Callable[..., Any]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *args, **named: self.call(method, *args, **named)


@dataclass
class Turns:
    """Workers in threads, of which one runs at a time: each call of a port picks the next at random."""

    chance: random.Random
    waiting: dict[int, threading.Event] = field(default_factory=dict)
    switches: int = 0

    def run(self, workers: list[Callable[["Turns", int], None]]) -> None:
        """Run them all to their ends."""
        errors: list[BaseException] = []

        def work(number: int, worker: Callable[["Turns", int], None]) -> None:
            self.waiting[number].wait()
            try:
                worker(self, number)
            except BaseException as error:  # noqa: BLE001  # raised below, in the test's own thread
                errors.append(error)
            del self.waiting[number]
            self._wake_one()

        self.waiting = {number: threading.Event() for number in range(len(workers))}
        threads = [threading.Thread(target=work, args=each, daemon=True) for each in enumerate(workers)]
        for thread in threads:
            thread.start()
        self._wake_one()
        for thread in threads:
            thread.join(60)
        assert errors == []
        assert not any(thread.is_alive() for thread in threads)

    def through(self, number: int) -> Callable[[Any], Any]:
        """Stands between a worker and its ports."""

        def call(method: Callable[..., Any], *args: Any, **named: Any) -> Any:
            self.switches += 1
            own = self.waiting[number]
            own.clear()
            self._wake_one()
            own.wait()
            return method(*args, **named)

        return lambda port: Through(port, call)

    def _wake_one(self) -> None:
        if self.waiting:
            self.waiting[self.chance.choice(sorted(self.waiting))].set()


def a_worker(
    system: PublishingSystem, issue: str, change: Callable[[PublishingSystem], object] = lambda _: None
) -> Callable[[Turns, int], None]:
    """Changes the desk and publishes; the queue offers the event again where others were in the way."""

    def work(turns: Turns, number: int) -> None:
        change(system)
        while True:
            try:
                system.publish_issue(turns.through(number))(issue)
            except (ContendedError, ContendedPageError):
                continue
            return

    return work


@laid_out_once
def weeks() -> PublishingSystem:
    """Twenty weeks across a New Year, each with two editions on the desk."""
    system = PublishingSystem()
    for day in MONDAYS:
        for edition in ("en", "ru"):
            system.upload(str(day), f"{edition}.md", GOOD.replace("A title", f"Week of {day}"))
    return system


@laid_out_once
def one_by_one() -> PublishingSystem:
    """The same issues, published in the order of their days."""
    system = weeks()
    for day in MONDAYS:
        system.publish(str(day))
    return system


@pytest.mark.parametrize("seed", range(1, tries(2, proof=3)))
def test_twenty_issues_whose_workers_interleave_at_every_call_are_all_listed_everywhere(seed: int) -> None:
    system, turns = weeks(), Turns(random.Random(seed))  # noqa: S311  # the same each time

    turns.run([a_worker(system, str(day)) for day in MONDAYS])

    assert turns.switches > 20 * 100
    assert system.site.objects == one_by_one().site.objects
    assert linked(system, "en/archive/2017.html") + linked(system, "en/archive/2016.html") == NEWEST_FIRST
    topics = [linked(system, f"en/topics/security/{year}.html") for year in (2017, 2016)]
    assert topics[0] + topics[1] == NEWEST_FIRST
    items = json.loads(system.site.page("en/feed.json"))["items"]
    assert [item["url"].split("/")[-2] for item in items] == NEWEST_FIRST[:IN_A_FEED]
    entries = system.site.page("en/feed.xml").split("<entry>")[1:]
    assert [week_in(entry) for entry in entries] == NEWEST_FIRST[:IN_A_FEED]
    mapped = re.findall(
        "<loc>(.*?)</loc>", "".join(system.site.page(f"sitemaps/{y}.xml") for y in (2016, 2017))
    )
    pages = {
        f"{system.newsletter.origin}/{edition}/{day}/index.html"
        for edition in ("en", "ru")
        for day in MONDAYS
    }
    assert pages - set(mapped) == set()


def week_in(entry: str) -> str:
    """The issue that an entry of a feed leads to."""
    found = re.search(r"/(20\d\d-\d\d-\d\d)/index\.html", entry)
    return found[1] if found else ""


def linked(system: PublishingSystem, path: str) -> list[str]:
    """The issues that a list links to, in its order."""
    page = BeautifulSoup(system.site.page(path), "html.parser").select_one("main")
    assert page is not None
    hrefs = [str(a["href"]).split("/") for a in page.select("a[href]")]
    issues = [part for href in hrefs for part in href if part[:2] == "20" and part[-5:] != ".html"]
    return list(dict.fromkeys(issues))


def test_all_of_twenty_issues_are_in_the_archive_in_any_order_of_arrival() -> None:
    system = weeks()
    for day in MONDAYS[::2] + MONDAYS[1::2]:
        system.publish(str(day))
    assert system.site.objects == one_by_one().site.objects
    assert linked(system, "en/archive/2016.html") == [day for day in NEWEST_FIRST if day < "2017"]
    assert linked(system, "en/archive/index.html") == [day for day in NEWEST_FIRST if day > "2017"]
    assert linked(system, "be/archive/index.html") == []


@pytest.mark.parametrize("seed", range(3, 8))
def test_workers_on_one_issue_end_with_the_last_change_of_its_editors(seed: int) -> None:
    changes: list[Callable[[PublishingSystem], object]] = [
        lambda system: system.upload(ISSUE_ID, "ru.md", GOOD),
        lambda system: system.upload(ISSUE_ID, "en.md", PICTURED.replace("Nothing", "Little")),
        lambda system: system.upload(ISSUE_ID, "images/bridge.png", a_picture(shade=64)),
        lambda system: system.desk.objects.pop(f"issues/{ISSUE_ID}/be.md"),
    ]
    undisturbed, system = a_mailed_issue(), a_mailed_issue()
    for change in changes:
        change(undisturbed)
    undisturbed.publish(ISSUE_ID)

    turns = Turns(random.Random(seed))  # noqa: S311  # as above
    turns.run([a_worker(system, ISSUE_ID, change) for change in changes])
    system.publish(ISSUE_ID)

    assert system.site.objects == undisturbed.site.objects
    assert system.desk.reports == undisturbed.desk.reports
    assert system.ledger.mailings == undisturbed.ledger.mailings


@laid_out_once
def a_mailed_issue() -> PublishingSystem:
    """Two editions with a picture, three hours after one of them was mailed."""
    system = PublishingSystem()
    system.upload(ISSUE_ID, "en.md", PICTURED)
    system.upload(ISSUE_ID, "be.md", GOOD)
    system.upload(ISSUE_ID, "images/bridge.png", a_picture())
    system.publish(ISSUE_ID)
    mailing = system.ledger.mailings[f"{ISSUE_ID}_en"]
    system.ledger.add(replace(mailing, state=MailingState.SENDING, edition="en"))
    system.clock.move(timedelta(hours=3))
    return system
