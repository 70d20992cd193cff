"""What publishing one issue costs in a short and in a long archive: calls of AWS, and CPU."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median

from jinja2 import Environment
from pyromark import html

from bench import CONTEXT
from bench.archive import texts
from bench.endpoint import answering
from bench.mailing import app, batch, simulated_clock
from bench.measuring import Figures, Json, call, kept, rows_of, taken
from bench.prices import calls
from bench.template import environment_of
from broadsheet.archive.register import Record
from broadsheet.mailings.body import Body
from broadsheet.publishing.desk_events import FolderDue

FIRST = date(2016, 8, 1)  # of the issues to publish; far enough from New Year for a year's lists to be long
SHORT, LONG, MOST_MORE_CPU, PLAIN_RENDERS = 50, 5_000, 1.10, 200
PLAIN = Environment(autoescape=True).from_string("<!DOCTYPE html><title>{{ title }}</title>{{ text|safe }}")
WEEK, WEEKS_WITH_TEXTS = timedelta(weeks=1), 60  # lists and feeds show no older texts


def publishing(rounds: int) -> Figures:
    """Measure how one issue is published into a short and into a long archive."""
    found = []
    for size in (SHORT, LONG):
        with answering() as address:
            environment = environment_of(address, "PublishIssueFunction")
            found.append(call(environment, publish_into, address, size, rounds))
    (short, long), counts = zip(*found, strict=True)
    rows = rows_of([{**each, "**all calls**": sum(each.values())} for each in counts], "d")
    plain = plain_render()
    rows.append(("**CPU seconds**", f"{short:.3f}", f"{long:.3f}"))
    rows.append(("**times a plain render**", f"{short / plain:.0f}", f"{long / plain:.0f}"))
    verdict = kept(counts[0] == counts[1] and long / short <= MOST_MORE_CPU)
    return Figures(
        "Publishing one issue", rows, f"The long one takes {long / short:.2f} times the CPU: {verdict}."
    )


def plain_render() -> float:
    """CPU seconds to render such an issue with the parser's own HTML in one template of Jinja."""
    editions, started = list(texts(1, FIRST)), time.process_time()
    for _ in range(PLAIN_RENDERS):
        for text in editions:
            PLAIN.render(title=text.edition, text=html(text.markdown))
    return (time.process_time() - started) / PLAIN_RENDERS


def publish_into(address: str, size: int, rounds: int) -> tuple[float, dict[str, int]]:
    """Publish issues into an archive of that size; median CPU seconds, and the calls of the last issue."""
    with simulated_clock() as clock:
        function, days = app("publish_issue"), [FIRST + number * WEEK for number in range(rounds + 2)]
        measured = []
        for day in days:
            clock.move_to(datetime.combine(day + WEEK, datetime.min.time(), UTC))
            measured.append(publish(address, function, day))
            if day == FIRST:
                pattern = function["register"].get(FIRST.isoformat())
                for weeks in range(1, size):
                    add_to_archive(function, pattern, weeks)
    warm = measured[2:]  # the second issue reads what the container then keeps in memory
    return median(seconds for seconds, _ in warm), warm[-1][1]


def publish(address: str, function: dict[str, Json], day: date) -> tuple[float, dict[str, int]]:
    """Publish the issue of that day; CPU seconds and calls. Raises RuntimeError if that fails."""
    issue, desk, editions = day.isoformat(), function["desk"], list(texts(1, day))
    for text in editions:
        key = f"issues/{issue}/{text.edition}.md"
        desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=text.markdown.encode())
    taken(address)
    started = time.process_time()
    function["handler"](batch([FolderDue(f"issues/{issue}").to_json()]), CONTEXT)
    used, counts = time.process_time() - started, calls(taken(address))
    if len(function["register"].get(issue).public) != len(editions):
        raise RuntimeError(f"{issue} was not published")
    return used, dict(sorted(counts.items()))


def add_to_archive(function: dict[str, Json], pattern: Record, weeks: int) -> None:
    """Register an issue like `pattern`, `weeks` weeks before `FIRST`; recent ones also get its texts."""
    day = FIRST - weeks * WEEK
    days = {"first_day": day, "last_day": day + timedelta(days=6)}
    editions = {name: replace(edition, **days) for name, edition in pattern.editions.items()}
    record, revisions = Record(day.isoformat(), 1, editions=editions), function["revisions"]
    function["register"].put(record, Record(record.issue))
    for name, edition in editions.items() if weeks < WEEKS_WITH_TEXTS else ():
        text = revisions.text(pattern.issue, name, edition.revision)
        revisions.keep(record.issue, name, edition.revision, text, Body("", name, "", "", "", ""))
