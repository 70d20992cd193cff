"""What publishing one issue costs in a short and in a long archive: calls of the ports, and our CPU."""

import gc
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from bench.archive import Text, texts, the_newsletter
from bench.measuring import Section, kept, medians
from broadsheet.archive.register import Record
from broadsheet.publishing.publish import Outcome
from tests.fakes.press import Press

FIRST = date(2016, 8, 1)  # the issues to publish; far enough from New Year for a year's lists to be long
SHORT, LONG = 50, 5_000
MOST_MORE_CPU = 1.10
MEANING = """\
One issue in three editions, about 30 kB each, published into an archive. The ports are those of the tests
and lie in memory, so that their calls can be counted and their own time left out. What is left is our CPU;
what DynamoDB and S3 take is in the number of calls.

Budget: the same number of calls and at most 10 % more CPU, however long the archive."""


@dataclass
class Watch:
    """Counts the calls of ports, and sums up the CPU seconds spent in them."""

    calls: Counter[str] = field(default_factory=Counter)
    inside_seconds: float = 0.0

    def __call__(self, port: Any) -> Any:  # noqa: ANN401  # any port
        """The port, watched."""
        return _Watched(port, self)


class _Watched:
    def __init__(self, port: Any, watch: Watch) -> None:  # noqa: ANN401  # stands for any port or value
        self._port, self._watch = port, watch

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # stands for any port or value
        method = getattr(self._port, name)

        def watched(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # stands for any port or value
            self._watch.calls[f"{type(self._port).__name__.removeprefix('Fake')}.{name}"] += 1
            started = time.process_time()
            try:
                return method(*arguments, **named)
            finally:
                self._watch.inside_seconds += time.process_time() - started

        return watched


@dataclass
class Archive:
    """A press with an archive of so many issues before `FIRST`, and issues to publish into it."""

    press: Press
    waiting: list[list[Text]]

    @classmethod
    def of(cls, size: int, waiting: int) -> "Archive":
        """Lay the archive out: two issues are published, the others are known to be like the first."""
        archive = cls(Press(newsletter=the_newsletter()), _by_week(list(texts(waiting + 2, FIRST))))
        archive.publish(Watch())
        (pattern,) = archive.press.register.records.values()
        for week in range(1, size - 1):
            archive.remember(pattern, FIRST - timedelta(weeks=week))
        archive.publish(Watch())
        return archive

    def publish(self, watch: Watch) -> float:
        """Publish the next issue; gives the CPU seconds outside the ports.

        Raises:
            RuntimeError: the issue could not be published.
        """
        issue = self.waiting.pop(0)
        for text in issue:
            head = f"---\ntitle: {text.title}\nsummary: {text.summary}\n---\n\n"
            self.press.upload(text.name, f"{text.edition}.md", head + text.body)
        publish = self.press.publish_issue(watch)
        started = time.process_time()
        outcome = publish(issue[0].name)
        used = time.process_time() - started
        if outcome is not Outcome.PUBLISHED:
            raise RuntimeError(f"{issue[0].name}: {outcome}")
        return used - watch.inside_seconds

    def remember(self, pattern: Record, day: date) -> None:
        """Have an issue of that day in the archive, in the words of another."""
        issue, last = day.isoformat(), day + timedelta(days=6)
        revisions = self.press.revisions.texts
        editions = {e: replace(entry, first_day=day, last_day=last) for e, entry in pattern.editions.items()}
        self.press.register.add(replace(pattern, issue=issue, editions=editions))
        for edition, entry in editions.items():
            revisions[issue, edition, entry.revision] = revisions[pattern.issue, edition, entry.revision]


def publishing(rounds: int) -> Section:
    """Measure how one issue is published into a short and into a long archive."""
    archives = {"short": Archive.of(SHORT, rounds), "long": Archive.of(LONG, rounds)}
    watches: dict[str, Watch] = {}
    gc.collect()
    gc.freeze()  # a long archive lies in DynamoDB, not on the heap that the collector walks

    def measure(name: str) -> float:
        watches[name] = Watch()
        return archives[name].publish(watches[name])

    seconds = medians({name: partial(measure, name) for name in archives}, rounds)
    calls = {name: watch.calls for name, watch in watches.items()}
    names = sorted(calls["short"] | calls["long"])
    rows: list[tuple[str, ...]] = [
        (name, str(calls["short"][name]), str(calls["long"][name])) for name in names
    ]
    totals = {name: counted.total() for name, counted in calls.items()}
    rows.append(("**all calls**", str(totals["short"]), str(totals["long"])))
    rows.append(("**CPU seconds**", f"{seconds['short']:.3f}", f"{seconds['long']:.3f}"))
    holds = calls["short"] == calls["long"] and seconds["long"] <= MOST_MORE_CPU * seconds["short"]
    verdict = (
        f"\n\nThe long archive takes {seconds['long'] / seconds['short']:.2f} times the CPU: {kept(holds)}."
    )
    columns = ("", f"into {SHORT} issues", f"into {LONG:,} issues")
    return Section("Publishing one issue", MEANING + verdict, columns, rows)


def _by_week(found: list[Text]) -> list[list[Text]]:
    names = sorted({text.name for text in found})
    return [[text for text in found if text.name == name] for name in names]
