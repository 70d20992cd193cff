"""A mailing: the mail, its subscribers, and the functions that begin, deliver and record it.

The clock is simulated: a worker that waits for its slot moves it, so that hours at a low rate pass at once.
What takes an endpoint's address runs in a fresh interpreter with the variables of the functions.
"""

import heapq
import json
import random
import runpy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import count

import time_machine

from bench import CONTEXT
from bench.archive import texts, the_newsletter
from bench.measuring import ROOT, Json, peak_mb, taken
from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.rate_limits import DynamoDBRateLimits
from broadsheet.aws.resources import Resources
from broadsheet.aws.revisions import S3Revisions
from broadsheet.content.read import read_issue
from broadsheet.mailings.body import Body, letter_digest
from broadsheet.mailings.chunk_plan import plan_for
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import Mailing, MailingState, mailing_id
from broadsheet.settings import setting

ISSUE, AUDIENCE, REVISION = "2026-11-23", "en", "0" * 16
MAILING = mailing_id(ISSUE, AUDIENCE)
MAIL_BYTES, STEP_BYTES = 46_000, 500  # of both parts
PACE_SHARE, CONTAINERS, SWEEP_EVERY_SECONDS = 0.9, 5, 60  # as in the template
POLLERS = 5  # Source: Lambda developer guide, SQS: five read a queue at first, each its own batches
LARGEST_BATCH, WINDOW_SECONDS = 500, 10  # the template's, of FeedbackQueue
EVENTS_A_MEMBER, HARD_BOUNCE_EVERY = 2, 100  # a send, and a delivery or a bounce


@dataclass
class Work:
    """What was measured; `waited_seconds` are simulated: how long functions waited for their slots."""

    members: int = 0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    waited_seconds: float = 0.0
    invocations: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def per_thousand(self, counts: Mapping[str, float]) -> dict[str, float]:
        """The counts for 1,000 members."""
        return {name: 1000 * number / self.members for name, number in counts.items()}

    def deliver(self, handlers: list[Callable[[Json, Json], Json]], number: int) -> None:
        """Mail a chunk in the next container. Raises RuntimeError if that fails."""
        began_at, started = time.time(), time.process_time()
        message = batch([json.dumps({"mailing": MAILING, "number": number})])
        if handlers[self.invocations % len(handlers)](message, CONTEXT)["batchItemFailures"]:
            raise RuntimeError(f"chunk {number} could not be mailed")
        self.cpu_seconds += time.process_time() - started
        self.waited_seconds += time.time() - began_at
        self.invocations += 1

    def finished(self, address: str) -> Json:
        """Itself as JSON, with memory and the endpoint's counts."""
        return asdict(replace(self, peak_mb=peak_mb(), counts=self.counts | taken(address)))


@cache
def a_mail(edition: str) -> Body:
    """The body of an issue of the archive, the first that is large enough."""
    for size_bytes in count(STEP_BYTES, STEP_BYTES):
        text = next(t for t in texts(1, date.fromisoformat(ISSUE), size_bytes) if t.edition == edition)
        read = read_issue(ISSUE, edition, text.markdown.encode(), frozenset(), the_newsletter())
        body = mail_body(read.issue, the_newsletter())
        if len(body.html.encode()) + len(body.text.encode()) >= MAIL_BYTES:
            return body
    raise AssertionError  # the sizes have no end


@cache
def subscriber_ids(members: int) -> list[str]:
    """Random ids in order; the same each time."""
    chance = random.Random(members)  # noqa: S311  # the same each time, no secret
    return sorted(f"{chance.getrandbits(128):032x}" for _ in range(members))


def begin(edition: str, members: int, per_second: float) -> None:
    """Store the mail, and a begun mailing of it at SES's rate, whose trial does not wait for events."""
    aws, body = Resources(), a_mail(edition)
    S3Revisions(aws.s3, setting("DESK_BUCKET")).keep(ISSUE, edition, REVISION, b"", body)
    mailing = Mailing(
        ISSUE,
        AUDIENCE,
        MailingState.HELD,
        datetime.now(UTC),
        edition,
        REVISION,
        plan_for(MAILING, members),
        digest=letter_digest(body.digest, the_newsletter()),
    )
    ledger = DynamoDBLedger(aws.table("LEDGER_TABLE"))
    ledger.hold(mailing)
    ledger.begin(mailing)
    DynamoDBRateLimits(ledger.table).set_rate(PACE_SHARE * per_second)


def mail(address: str, members: int) -> Json:
    """Mail all chunks with one worker; the first one, which loads keys and body, is not measured."""
    plan = plan_for(MAILING, members)
    work = Work(sum(plan.number_of(subscriber) > 0 for subscriber in subscriber_ids(members)))
    with simulated_clock():
        handlers = [app("deliver_chunk")["handler"]]
        Work().deliver(handlers, 0)
        taken(address)
        for number in range(1, plan.count):
            work.deliver(handlers, number)
    return work.finished(address)


def mail_by_sweep(address: str, members: int) -> Json:
    """Mail with several workers; the sweep, every minute until the mailing ends, sends the messages."""
    work, messages, has_ended = Work(members), list[tuple[float, int]](), False
    taken(address)
    with simulated_clock() as clock:
        handlers = [app("deliver_chunk")["handler"] for _ in range(CONTAINERS)]
        sweep = replace(app("sweep")["sweep"], other_work=lambda: None)  # its other work is not the mailing's
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
            for message in taken(address, "messages"):
                number = json.loads(message["MessageBody"])["number"]
                heapq.heappush(messages, (time.time() + message.get("DelaySeconds", 0), number))
    return work.finished(address)


def record_feedback(address: str, members: int, per_second: float) -> Json:
    """Record SES's events: at once as many as the queue's pollers find in a batching window."""
    work, handler = Work(members), app("record_feedback")["handler"]
    ids = enumerate(subscriber_ids(members))
    events = [event for number, subscriber in ids for event in _events(subscriber, number, members)]
    size = min(round(per_second * EVENTS_A_MEMBER * WINDOW_SECONDS), POLLERS * LARGEST_BATCH)
    windows = [events[first : first + size] for first in range(0, len(events), size)]
    started = time.process_time()
    for bodies in (window[poller::POLLERS] for window in windows for poller in range(POLLERS)):
        handler(batch(bodies), CONTEXT)
        work.invocations += 1
    work.cpu_seconds, work.counts = time.process_time() - started, {"events": len(events)}
    return work.finished(address)


def _events(subscriber: str, number: int, members: int) -> list[str]:
    chunk, address = plan_for(MAILING, members).number_of(subscriber), f"reader-{number}@example.org"
    tags = {"mailing": [MAILING], "subscriber": [subscriber], "chunk": [str(chunk)]}
    common = {"mail": {"tags": tags, "messageId": CONTEXT.aws_request_id, "destination": [address]}}
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": address, "status": "5.1.1"}]}
    delivered = {"eventType": "Delivery", "delivery": {"smtpResponse": "250 OK"}}
    last = delivered if number % HARD_BOUNCE_EVERY else {"eventType": "Bounce", "bounce": bounce}
    return [json.dumps(common | event) for event in ({"eventType": "Send", "send": {}}, last)]


@contextmanager
def simulated_clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock; a sleep moves it. Functions must be loaded within."""
    real = time.sleep
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        time.sleep = clock.shift  # type: ignore[assignment]  # it takes seconds, too
        yield clock
    time.sleep = real


def app(name: str) -> dict[str, Json]:
    """The names that a function's `app.py` defines, run again as in a new container."""
    return runpy.run_path(str(ROOT / "functions" / name / "app.py"))


def batch(bodies: list[str]) -> Json:
    """A batch of messages as Lambda passes it."""
    common = {"receiptHandle": "handle", "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs"}
    return {"Records": [{**common, "messageId": f"{n}", "body": body} for n, body in enumerate(bodies)]}
