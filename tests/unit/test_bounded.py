"""Publishing one issue: calls and records are counted, and as many however long the archive is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from broadsheet.archive.register import ArchiveTally, Record
from tests.builders import a_published_edition, a_record
from tests.effort import IS_PROOF
from tests.fakes.issues import FakeRegister, FakeRevisions
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

LARGE = (1_000, 5_000) if IS_PROOF else (1_000,)
ARCHIVES = {"the newest": (20, *LARGE), "an old one": (40, *LARGE)}  # old: in no feed any more
ENDS = 10  # issues of the first year and of the last, so that the smallest archive has as many there
FIRST_YEARS = {20: 2015, 40: 2014, 1_000: 1990, 5_000: 1912}
LAST_YEAR = 2016
TEXT = (
    "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\n"
    "![A bridge](images/bridge.png)\n\nNothing moved.\n"
)
EDITIONS = ("en", "be", "ru")


@dataclass
class Counted:
    """Ports whose calls, and the records or names that come back, are counted."""

    counts: Counter[str] = field(default_factory=Counter)

    def through(self, port: Any) -> Any:
        return _Counting(port, self.counts)


@dataclass
class _Counting:
    port: Any
    counts: Counter[str]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, called = getattr(self.port, name), f"{type(self.port).__name__}.{name}"

        def counted(*args: Any, **named: Any) -> Any:
            answer = method(*args, **named)
            self.counts[called] += 1
            if isinstance(answer, list):
                self.counts[f"{called}: items"] += len(answer)
            return answer

        return counted


def mondays(count: int) -> list[date]:
    """So many, ascending: a few in the middle of the first year and of the last, the others between."""
    first = FIRST_YEARS[count]
    between = [date(first + 1, 1, 8) + timedelta(weeks=week) for week in range(count - 2 * ENDS)]
    between = [day - timedelta(days=day.weekday()) for day in between]
    assert not between or between[-1].year < LAST_YEAR
    return [*_midsummer(first), *between, *_midsummer(LAST_YEAR)]


def _midsummer(year: int) -> list[date]:
    june = date(year, 6, 1)
    first = june + timedelta(days=-june.weekday() % 7)
    return [first + timedelta(weeks=2 * week) for week in range(ENDS)]


class Texts(FakeRevisions):
    """Every old revision has the same text."""

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        self.texts.setdefault(
            (issue, edition, revision), TEXT.replace("![A bridge](images/bridge.png)", "").encode()
        )
        return super().text(issue, edition, revision)


class Archive(FakeRegister):
    """As the fake, but quicker with thousands: their sum is kept."""

    summed: Counter[str]

    def put(self, record: Record, before: Record) -> bool:
        is_written = super().put(record, before)
        if is_written:
            self.summed.update(record.tally())
            self.summed.subtract(before.tally())
        return is_written

    def tally(self) -> ArchiveTally:
        return ArchiveTally(dict(self.summed))


def an_archive(count: int) -> PublishingSystem:
    """So many issues in three editions, written directly to the register; the static pages exist."""
    days = mondays(count)
    records = (
        a_record(
            str(day),
            editions={
                edition: a_published_edition(
                    first_day=day, last_day=day + timedelta(days=6), title=f"Week {day}"
                )
                for edition in EDITIONS
            },
        )
        for day in days
    )
    register = Archive()
    register.add(*records)
    register.summed = sum((record.tally() for record in register.records.values()), Counter())
    system = PublishingSystem(register=register, revisions=Texts())
    system.publish_issue().lists.write_static_pages()
    return system


def publishing(system: PublishingSystem, day: date) -> Counter[str]:
    """What publishing an issue of that day asks and touches."""
    for edition in EDITIONS:
        system.upload(str(day), f"{edition}.md", TEXT)
    system.upload(str(day), "images/bridge.png", a_picture())
    return working_off(system, day)


def working_off(system: PublishingSystem, day: date) -> Counter[str]:
    counted = Counted()
    system.publish_issue(counted.through)(str(day))
    return counted.counts


@pytest.fixture(scope="module", params=sorted(ARCHIVES))
def counts(request: pytest.FixtureRequest) -> list[dict[str, Counter[str]]]:
    """For each archive: first published, corrected, withdrawn."""
    found = []
    for count in ARCHIVES[request.param]:
        system = an_archive(count)
        days = mondays(count)
        neighbour = days[-1] if request.param == "the newest" else days[0]
        day = neighbour + timedelta(weeks=1)  # between two others, or behind the last
        first = publishing(system, day)
        system.clock.move(timedelta(days=1))
        system.upload(str(day), "en.md", TEXT.replace("Nothing", "Little"))
        corrected = working_off(system, day)
        for edition in EDITIONS:
            del system.desk.objects[f"issues/{day}/{edition}.md"]
        found.append({"published": first, "corrected": corrected, "withdrawn": working_off(system, day)})
    return found


@pytest.mark.parametrize("deed", ["published", "corrected", "withdrawn"])
def test_publishing_one_issue_asks_and_touches_as_much_however_long_the_archive_is(
    deed: str, counts: list[dict[str, Counter[str]]]
) -> None:
    smallest, *larger = (found[deed] for found in counts)
    assert larger == [smallest] * len(LARGE)


@pytest.mark.parametrize("deed", ["published", "corrected", "withdrawn"])
def test_the_counts_cover_every_port(deed: str, counts: list[dict[str, Counter[str]]]) -> None:
    found = counts[0][deed]
    assert {name.split(".")[0] for name in found} >= {"Archive", "FakeSite", "FakeDesk", "FakeLedger"}
    assert found["FakeSite.replace"] >= 4
    assert 0 < found["Archive.of_year: items"] <= 6 * (ENDS + 1)
    assert "Archive.after" not in found


def test_a_repeated_event_reads_one_record_and_lists_one_folder() -> None:
    system, day = an_archive(20), mondays(20)[-1] + timedelta(weeks=1)
    publishing(system, day)
    assert working_off(system, day) == {"Archive.get": 1, "FakeDesk.files": 1}


def test_texts_are_read_for_the_feeds_alone_and_once() -> None:
    system, day = an_archive(1_000), mondays(1_000)[-1] + timedelta(weeks=1)
    system.revisions.calls.clear()
    publishing(system, day)
    assert system.revisions.calls["text"] <= len(EDITIONS) * 10
