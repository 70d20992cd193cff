"""Functions at work against the answerer: what a whole mailing costs and calls.

Time is played: a worker that waits for its slot moves the clock, so that hours of a rate are over at once and
the calls are those of that rate. Each function here runs in a fresh interpreter and gives its `Work`.
"""

import heapq
import json
import runpy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import time_machine

from bench import CONTEXT
from bench.answering import taken
from bench.mailing_data import MAILING, reader_ids
from bench.measuring import ROOT, peak_mb
from broadsheet.mailings.mailing import chunk_count, chunk_of

Handler = Callable[[dict[str, Any], Any], Any]
CONTAINERS = 5  # as the template's mapping allows; they take turns
SWEEP_EVERY_SECONDS = 60
POLLERS = 5  # Source: Lambda developer guide, SQS: five of them read a queue at first, each its own batches
LARGEST_BATCH, WINDOW_SECONDS = 500, 10  # the template's, of FeedbackQueue
EVENTS_A_MEMBER = 2  # a send, and a delivery or a bounce
HARD_BOUNCE_EVERY = 100


@dataclass
class Work:
    """What was measured. `waited_seconds` are played: how long functions waited for their slots."""

    members: int = 0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    waited_seconds: float = 0.0
    invocations: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def a_thousand(self, counts: Mapping[str, float]) -> dict[str, float]:
        """The counts for 1,000 members."""
        return {name: 1000 * count / self.members for name, count in counts.items()}

    def deliver(self, handlers: list[Handler], number: int) -> None:
        """Mail a chunk in the container whose turn it is; raises RuntimeError if it is not mailed."""
        began_at, started = time.time(), time.process_time()
        message = batch([json.dumps({"mailing": MAILING, "number": number})])
        if handlers[self.invocations % len(handlers)](message, CONTEXT)["batchItemFailures"]:
            raise RuntimeError(f"chunk {number} could not be mailed")
        self.cpu_seconds += time.process_time() - started
        self.waited_seconds += time.time() - began_at
        self.invocations += 1

    def finished(self, address: str) -> dict[str, Any]:
        """Itself for JSON, with memory and counts."""
        counts = {**taken(address), **taken(address, "units")}
        return asdict(replace(self, peak_mb=peak_mb(), counts=self.counts | counts))


def mail(address: str, members: int) -> dict[str, Any]:
    """Mail all chunks with one worker; the first, with its keys and the body, is not measured."""
    count = chunk_count(members)
    work = Work(sum(chunk_of(reader, count) > 0 for reader in reader_ids(members)))
    with played():
        handlers = [app("deliver_chunk")["handler"]]
        Work().deliver(handlers, 0)
        Work().finished(address)
        for number in range(1, count):
            work.deliver(handlers, number)
    return work.finished(address)


def mailing(address: str, members: int) -> dict[str, Any]:
    """A whole mailing: messages as the sweep sends them, workers who take turns, the sweep every minute."""
    work, messages, has_ended = Work(members), list[tuple[float, int]](), False
    with played() as clock:
        handlers = [app("deliver_chunk")["handler"] for _ in range(CONTAINERS)]
        sweep = replace(app("sweep")["sweep"], besides=lambda: None)  # the rest of the sweep is no mailing's
        sweep_at = time.time()
        while not has_ended:
            if messages and messages[0][0] <= max(sweep_at, time.time()) and time.time() < sweep_at:
                due_at, number = heapq.heappop(messages)
                clock.move_to(max(time.time(), due_at))
                work.deliver(handlers, number)
            else:
                clock.move_to(max(time.time(), sweep_at))
                has_ended = bool(sweep()["ended"])
                sweep_at += SWEEP_EVERY_SECONDS
            for entry in taken(address, "orders"):
                number = json.loads(entry["MessageBody"])["number"]
                heapq.heappush(messages, (time.time() + entry.get("DelaySeconds", 0), number))
    return work.finished(address)


def feedback(address: str, members: int, per_second: float) -> dict[str, Any]:
    """What SES says afterwards: as many events at once as the pollers of the queue find in a window."""
    work, handler = Work(members), app("record_feedback")["handler"]
    events = [
        event for place, one in enumerate(reader_ids(members)) for event in _events(one, place, members)
    ]
    seen = max(POLLERS, round(per_second * EVENTS_A_MEMBER * WINDOW_SECONDS))
    started = time.process_time()
    for first in range(0, len(events), seen):
        for poller in range(POLLERS):
            bodies = events[first : first + seen][poller::POLLERS][:LARGEST_BATCH]
            handler(batch(bodies), CONTEXT)
            work.invocations += bool(bodies)
    work.cpu_seconds, work.counts = time.process_time() - started, {"events": len(events)}
    return work.finished(address)


@contextmanager
def played() -> Iterator[time_machine.Traveller]:
    """Stop the clock; whoever sleeps moves it. Functions are to be loaded within."""
    real = time.sleep
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        time.sleep = clock.shift  # type: ignore[assignment]  # it takes seconds, too
        yield clock
    time.sleep = real


def app(name: str) -> dict[str, Any]:
    """What the file of a function defines, as in a container of its own."""
    return runpy.run_path(str(ROOT / "functions" / name / "app.py"))


def batch(bodies: list[str]) -> dict[str, Any]:
    """A batch as SQS hands it over."""
    common = {"receiptHandle": "handle", "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs"}
    return {
        "Records": [{**common, "messageId": f"message-{n}", "body": body} for n, body in enumerate(bodies)]
    }


def _events(reader: str, place: int, members: int) -> list[str]:
    tags = {"mailing": [MAILING], "subscriber": [reader]}
    tags["chunk"] = [str(chunk_of(reader, chunk_count(members)))]
    address = f"reader-{place}@example.org"
    common = {"mail": {"tags": tags, "messageId": CONTEXT.aws_request_id, "destination": [address]}}
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address, "status": "5.1.1"}]}
    delivered = {"eventType": "Delivery", "delivery": {"smtpResponse": "250 OK"}}
    last = delivered if place % HARD_BOUNCE_EVERY else {"eventType": "Bounce", "bounce": bounce}
    return [json.dumps(common | event) for event in ({"eventType": "Send", "send": {}}, last)]
