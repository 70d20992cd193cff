"""Functions at work in a process of their own, against the answerer: what a whole mailing costs and calls.

Time is played: a worker that waits for its turn moves the clock, so that hours of a pace are over at once and
the calls are those of that pace. `python -m bench.worker mail|mailing|feedback <answerer> <members>` prints
what it measured as JSON.
"""

import heapq
import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.answering import taken
from bench.measuring import ROOT
from bench.readers import MAILING, reader_ids
from broadsheet.mailings.mailing import chunk_count, chunk_of

CONTAINERS = 5  # as the template's mapping allows; they take turns
SWEEP_EVERY = timedelta(minutes=1)
POLLERS = 5  # Source: Lambda developer guide, SQS: five of them read a queue at first, each its own batches
LARGEST_BATCH, WINDOW_SECONDS = 500, 10  # the template's, of FeedbackQueue
EVENTS_A_MEMBER = 2  # a send, and a delivery or a bounce
HARD_BOUNCE_EVERY = 100
INVOCATION = "52fdfc07-2182-454f-963f-5f0f9a621d72"


class Clock:
    """`Clock` and `sleep`: whoever sleeps moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Context:
    """What Lambda tells a function about its call."""

    function_name = "broadsheet"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:broadsheet"
    aws_request_id = INVOCATION

    def get_remaining_time_in_millis(self) -> int:
        """As long as the template gives."""
        return 90_000


@dataclass
class Work:
    """What was measured. `waited_seconds` are played: how long functions waited for their turns."""

    members: int = 0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    waited_seconds: float = 0.0
    invocations: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def a_thousand(self, count: float) -> float:
        """So many of so many members are how many of a thousand."""
        return 1000 * count / self.members


def mail(address: str, members: int) -> Work:
    """Mail all chunks with one worker; the first, with its keys and the body, is not measured."""
    clock, count = Clock(), chunk_count(members)
    functions = [_deliver_chunk(clock)]
    _deliver(functions, 0, clock, Work())
    taken(address, "counts")
    work = Work(sum(chunk_of(reader, count) > 0 for reader in reader_ids(members)))
    for number in range(1, count):
        _deliver(functions, number, clock, work)
    return _finished(work, address)


def mailing(address: str, members: int) -> Work:
    """A whole mailing: orders as the sweep releases them, workers who take turns, the sweep every minute."""
    clock, work = Clock(), Work(members)
    functions = [_deliver_chunk(clock) for _ in range(CONTAINERS)]
    sweep = _load("sweep").sweep
    sweep = replace(sweep, clock=clock, release=replace(sweep.release, clock=clock))
    sweep = replace(sweep, besides=lambda: None)  # which goes by the real clock, and is no mailing's
    orders: list[tuple[datetime, int]] = []
    sweep_at, has_ended = clock(), False
    while not has_ended:
        if orders and orders[0][0] <= max(sweep_at, clock()) and clock() < sweep_at:
            due_at, number = heapq.heappop(orders)
            clock.now = max(clock.now, due_at)
            _deliver(functions, number, clock, work)
        else:
            clock.now = max(clock.now, sweep_at)
            has_ended = bool(sweep()["ended"])
            sweep_at += SWEEP_EVERY
        for entry in taken(address, "orders"):
            due_at = clock() + timedelta(seconds=entry.get("DelaySeconds", 0))
            heapq.heappush(orders, (due_at, json.loads(entry["MessageBody"])["number"]))
    return _finished(work, address)


def feedback(address: str, members: int, per_second: float) -> Work:
    """What SES says afterwards: as many events at once as the pollers of the queue find in a window."""
    work = Work(members)
    record = _load("record_feedback")
    events = [event for place, one in enumerate(reader_ids(members)) for event in _said(one, place, members)]
    seen = max(POLLERS, round(per_second * EVENTS_A_MEMBER * WINDOW_SECONDS))
    started = time.process_time()
    for first in range(0, len(events), seen):
        for poller in range(POLLERS):
            batch = events[first : first + seen][poller::POLLERS][:LARGEST_BATCH]
            record.handler(_batch(batch), Context())
            work.invocations += bool(batch)
    work.cpu_seconds = time.process_time() - started
    work = _finished(work, address)
    work.counts["events"] = len(events)
    return work


def _deliver_chunk(clock: Clock) -> Any:  # noqa: ANN401  # see `_load`
    """The function as in a container of its own, on the played clock."""
    function = _load("deliver_chunk")
    function.deliver = replace(function.deliver, clock=clock, sleep=clock.sleep)
    return function


def _deliver(functions: list[Any], number: int, clock: Clock, work: Work) -> None:
    began_at, started = clock(), time.process_time()
    function = functions[work.invocations % len(functions)]
    answer = function.handler(_batch([json.dumps({"mailing": MAILING, "number": number})]), Context())
    if answer["batchItemFailures"]:
        raise RuntimeError(f"chunk {number} could not be mailed")
    work.cpu_seconds += time.process_time() - started
    work.invocations += 1
    work.waited_seconds += (clock() - began_at).total_seconds()


def _load(name: str) -> Any:  # noqa: ANN401  # a module whose names we know
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / name / "app.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _batch(bodies: list[str]) -> dict[str, Any]:
    """A batch as SQS hands it over."""
    common = {"receiptHandle": "handle", "attributes": {}, "messageAttributes": {}, "eventSource": "aws:sqs"}
    return {
        "Records": [{**common, "messageId": f"message-{n}", "body": body} for n, body in enumerate(bodies)]
    }


def _said(reader: str, place: int, members: int) -> list[str]:
    tags = {
        "mailing": [MAILING],
        "chunk": [str(chunk_of(reader, chunk_count(members)))],
        "subscriber": [reader],
    }
    common = {"mail": {"tags": tags, "messageId": INVOCATION, "destination": [f"reader-{place}@example.org"]}}
    bounced = [{"emailAddress": f"reader-{place}@example.org", "status": "5.1.1"}]
    last: dict[str, Any] = {"eventType": "Delivery", "delivery": {"smtpResponse": "250 OK"}}
    if place % HARD_BOUNCE_EVERY == 0:
        last = {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": bounced}}
    return [json.dumps(common | said) for said in ({"eventType": "Send", "send": {}}, last)]


def _finished(work: Work, address: str) -> Work:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    work.peak_bytes = 1024 * int(peak[1]) if peak else 0
    work.counts = taken(address, "counts")
    return work


def main(what: str, address: str, *numbers: str) -> None:
    """Measure; what the functions log goes nowhere."""
    own, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    measures: dict[str, Callable[..., Work]] = {"mail": mail, "mailing": mailing, "feedback": feedback}
    work = measures[what](address, *map(int, numbers))
    os.write(own, json.dumps(asdict(work)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
