"""What publishing one issue costs in a short and in a long archive: calls of the ports, and our CPU."""

import gc
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby

from bench.archive import texts, the_newsletter
from bench.measuring import Json, medians
from bench.report import Figures, kept, matrix
from broadsheet.archive.kept_texts import KeptIssues
from broadsheet.archive.register import Record
from broadsheet.mailings.hold import HoldMailings
from broadsheet.publishing.ports import IssueFiles
from broadsheet.publishing.publish import PublishIssue, PublishOutcome
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.site.issue_page_writer import IssuePages
from broadsheet.site.list_pages import ListPages
from cli.folder_ports import RegisterInMemory

FIRST = date(2016, 8, 1)  # the issues to publish; far enough from New Year for a year's lists to be long
SHORT, LONG, MOST_MORE_CPU = 50, 5_000, 1.10


class Archive:
    """An archive of so many issues before `FIRST`, and issues to publish into it, over ports in memory.

    `calls` counts the ports' calls of the last publication, `inside_seconds` is the CPU spent in them.
    """

    def __init__(self, size: int, waiting: int) -> None:
        """Two issues are published, the others are known to be like the first."""
        self.waiting = [list(week) for _, week in groupby(texts(waiting + 2, FIRST), lambda text: text.day)]
        self.register, self.kept, self.pages = RegisterInMemory(), dict[tuple[str, ...], bytes](), set[str]()
        self.publish()
        (pattern,) = self.register.records.values()
        for week in range(1, size - 1):
            self.remember(pattern, FIRST - timedelta(weeks=week))
        self.publish()

    def publish(self) -> float:
        """Publish the next issue; gives the CPU seconds outside the ports.

        Raises:
            RuntimeError: the issue could not be published.
        """
        issue, self.calls, self.inside_seconds = self.waiting.pop(0), Counter[str](), 0.0
        publish = self.use_case({text.edition: text.markdown.encode() for text in issue})
        started = time.process_time()
        outcome = publish(issue[0].day.isoformat())
        used = time.process_time() - started
        if outcome is not PublishOutcome.PUBLISHED:
            raise RuntimeError(f"{issue[0].day}: {outcome}")
        return used - self.inside_seconds

    def use_case(self, files: dict[str, bytes]) -> PublishIssue:
        """Publishing of these files."""
        newsletter, port, digest = the_newsletter(), partial(_Port, self), str(hash(str(files)))
        site = port("Site", etag=self._etag, replace=self._write, put=self._write, names=self._names)
        revisions = port("Revisions", keep=self._keep, text=lambda *key: self.kept[key])
        desk = port("Desk", digest=lambda _: digest, files=lambda _: IssueFiles(digest, files, {}))
        register = port(
            "Register", **{n: getattr(self.register, n) for n in ["get", "put", "newest", "of_year", "tally"]}
        )
        kept, ledger, clock = (
            KeptIssues(revisions, newsletter),
            port("Ledger"),
            lambda: datetime(2016, 12, 12, tzinfo=UTC),
        )
        notify = ReportMailer(port("Mailer"), port("ReportCounts", take=lambda *_: True), clock)
        ports = (newsletter, register, kept, site)
        requests, schedule = port("Requests"), port("Schedule")
        hold = HoldMailings(newsletter, ledger, requests, schedule.at, clock, timedelta(minutes=10))
        inspections = port("InspectionCache", of=lambda _: {})
        return PublishIssue(
            newsletter,
            desk,
            site,
            register,
            revisions,
            IssuePages(*ports),
            ListPages(*ports),
            hold,
            notify,
            clock,
            inspections,
        )

    def _etag(self, path: str) -> str | None:
        return path if path in self.pages else None

    def _write(self, path: str, *_: object, **__: object) -> bool:
        self.pages.add(path)
        return True

    def _names(self, prefix: str) -> list[str]:
        return sorted(path for path in self.pages if path.startswith(prefix))

    def _keep(self, issue: str, edition: str, revision: str, text: bytes, _: object) -> None:
        self.kept[issue, edition, revision] = text

    def remember(self, pattern: Record, day: date) -> None:
        """Have an issue of that day in the archive, in the words of another."""
        issue, last = day.isoformat(), day + timedelta(days=6)
        editions = {e: replace(entry, first_day=day, last_day=last) for e, entry in pattern.editions.items()}
        self.register.records[issue] = replace(pattern, issue=issue, editions=editions)
        for edition, entry in editions.items():
            self.kept[issue, edition, entry.revision] = self.kept[pattern.issue, edition, entry.revision]


class _Port:
    """A port by its methods; what has no method here does nothing."""

    def __init__(self, archive: Archive, name: str, **methods: Callable[..., Json]) -> None:
        self.archive, self.name, self.methods = archive, name, methods

    def __getattr__(self, method: str) -> Callable[..., Json]:
        def status_counts(*arguments: Json, **named: Json) -> Json:
            self.archive.calls[f"{self.name}.{method}"] += 1
            started = time.process_time()
            given = self.methods[method](*arguments, **named) if method in self.methods else None
            self.archive.inside_seconds += time.process_time() - started
            return given

        return status_counts


def publishing(rounds: int) -> list[Figures]:
    """Measure how one issue is published into a short and into a long archive."""
    archives = {size: Archive(size, rounds) for size in (SHORT, LONG)}
    gc.collect()
    gc.freeze()  # a long archive lies in DynamoDB, not on the heap that the collector walks
    seconds = medians({str(size): archive.publish for size, archive in archives.items()}, rounds).values()
    short, long = seconds
    calls, ratio = [archive.calls for archive in archives.values()], long / short
    rows = matrix(calls, "d")
    rows.append(("**all calls**", *(str(counts.total()) for counts in calls)))
    rows.append(("**CPU seconds**", *(f"{each:.3f}" for each in seconds)))
    verdict = kept(calls[0] == calls[1] and ratio <= MOST_MORE_CPU)
    return [
        Figures("Publishing one issue", rows, f"The long archive takes {ratio:.2f} times the CPU: {verdict}.")
    ]
