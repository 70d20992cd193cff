"""/_local/log: the functions' newest log lines, the lengths of the queues, and failed API requests."""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError
from flask import Blueprint, render_template

from local.stack import LocalStack

PARTS_OF_A_NAME = 3
LOG_GROUPS = "/aws/lambda/"
MOST_LINES = 200
DAY_MS, FIRST_WINDOW_MS = 24 * 3600 * 1000, 60_000
MOST_EVENTS = 10_000  # of one call: the oldest, and MiniStack gives no token for the others
MOST_FAILURES = 100
BAD_LEVELS = {"ERROR", "CRITICAL", "WARNING"}
HOUSEKEEPING = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
# Source: powertools-lambda-python, Logger's standard keys; the page shows these elsewhere or not at all.
LEFT_OUT = {
    "level", "message", "timestamp", "location", "service", "cold_start", "function_name", "function_arn",
    "function_memory_size", "function_request_id", "xray_trace_id", "exception", "stack_trace",
}  # fmt: skip


@dataclass
class LogEntry:
    """One line of the log with its traceback, if it has one."""

    function: str
    at_ms: int
    level: str
    message: str
    keys: dict[str, str] = field(default_factory=dict)
    traceback: str = ""

    @property
    def at(self) -> str:
        """The time of day, UTC."""
        moment = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03}"

    @property
    def is_bad(self) -> bool:
        """Whether the page highlights it: a warning, an error, an exception, a time-out."""
        return self.level in BAD_LEVELS


@dataclass(frozen=True)
class QueueDepth:
    """The number of messages in a queue, by state."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    is_dead_letters: bool


@dataclass(frozen=True)
class FailedRequest:
    """A request that the API answered by 400 or more. The query is left out, because it can have tokens."""

    at: str
    method: str
    path: str
    status: int


class FailedRequests:
    """The failed API requests since the start. Safe to share between threads."""

    def __init__(self) -> None:
        self._newest: deque[FailedRequest] = deque(maxlen=MOST_FAILURES)

    def note(self, method: str, path: str, status: int) -> None:
        """Record the request if it failed."""
        if status >= HTTPStatus.BAD_REQUEST:
            at = datetime.now(UTC).strftime("%H:%M:%S")
            self._newest.appendleft(FailedRequest(at, method, path, status))

    def newest(self) -> list[FailedRequest]:
        """The latest failed requests, newest first."""
        return list(self._newest.copy())


def log_pages(stack: LocalStack, failures: FailedRequests) -> Blueprint:
    """The page over one stack."""
    pages = Blueprint("log_book", __name__, url_prefix="/_local/log")

    @pages.get("")
    def log() -> str:
        return render_template(
            "log.html", depths=_depths(stack), entries=_newest_entries(stack), failures=failures.newest()
        )

    return pages


def read_log_entries(function: str, events: list[dict[str, Any]]) -> list[LogEntry]:
    """The entries of a function's log events, in their order.

    MiniStack writes a stream for each invocation and an event for each line of a traceback; the lines of a
    traceback become one entry.
    """
    entries: list[LogEntry] = []
    unfinished: dict[str, LogEntry] = {}  # the entry of each stream whose traceback may continue
    for event in events:
        stream, text = str(event.get("logStreamName", "")), str(event["message"]).rstrip("\n")
        entry = unfinished.pop(stream, None)
        if text.startswith(HOUSEKEEPING) or not text.strip():
            continue
        if entry and not text.startswith("{"):
            entry.traceback, entry.message = f"{entry.traceback}\n{text}", text.strip()
            unfinished[stream] = entry
            continue
        entries.append(_entry(function, int(event["timestamp"]), text))
        if text.startswith("Traceback "):
            unfinished[stream] = entries[-1]
    return entries


def _entry(function: str, at_ms: int, text: str) -> LogEntry:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        is_error = text.startswith(("Traceback ", "[ERROR]")) or "Task timed out" in text
        first, _, rest = text.partition("\n")
        traceback = text if rest or is_error else ""
        return LogEntry(function, at_ms, "ERROR" if is_error else "PRINT", first, traceback=traceback)
    keys = {name: _text(value) for name, value in line.items() if name not in LEFT_OUT}
    # `<stack>-<logical id>-<suffix>`: functions may share a group
    parts = str(line.get("function_name", "")).split("-")
    if len(parts) == PARTS_OF_A_NAME:
        function = parts[1]
    traceback = str(line.get("exception", "")) or "\n".join(map(str, line.get("stackTrace") or ()))
    level, message = str(line.get("level", "PRINT")), _text(line.get("message", ""))
    return LogEntry(function, at_ms, level, message, keys, traceback)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _newest_entries(stack: LocalStack) -> list[LogEntry]:
    now_ms = int(time.time() * 1000)
    entries = [entry for group in _groups(stack) for entry in _of_group(stack, group, now_ms)]
    entries.sort(key=lambda entry: entry.at_ms)  # stable, so that a function's entries keep their order
    return entries[::-1][:MOST_LINES]


def _groups(stack: LocalStack) -> list[str]:
    ours = [group.physical_id for group in stack.resources("AWS::Logs::LogGroup")]
    pages = stack.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=LOG_GROUPS)
    return ours + [group["logGroupName"] for page in pages for group in page["logGroups"]]


def _of_group(stack: LocalStack, group: str, now_ms: int) -> list[LogEntry]:
    function = group.removeprefix(LOG_GROUPS).removeprefix(f"{stack.name}-").rpartition("-")[0] or group

    def read(since_ms: int, until_ms: int) -> list[dict[str, Any]]:
        found = stack.logs.filter_log_events(
            logGroupName=group, startTime=since_ms, endTime=until_ms, limit=MOST_EVENTS
        )
        return [dict(event) for event in found["events"]]

    try:
        return newest_entries(function, read, now_ms)
    except ClientError:
        return []  # the group was deleted meanwhile


def newest_entries(
    function: str, read: Callable[[int, int], list[dict[str, Any]]], now_ms: int
) -> list[LogEntry]:
    """At least the function's `MOST_LINES` newest entries of the last day, or all; the oldest first.

    `read` gives the events between two times, both included, but no more than the `MOST_EVENTS` oldest. So
    this reads backwards, in windows that grow, and that shrink where they have too many events.
    """
    end_ms, window_ms = now_ms + 1, FIRST_WINDOW_MS
    events: list[dict[str, Any]] = []
    entries: list[LogEntry] = []
    while end_ms > now_ms - DAY_MS and len(entries) < MOST_LINES:
        found = read(max(end_ms - window_ms, now_ms - DAY_MS), end_ms - 1)
        if len(found) >= MOST_EVENTS and window_ms > 1:
            window_ms = max(1, window_ms // 8)
            continue
        events = found + events
        entries = read_log_entries(function, events)
        end_ms, window_ms = end_ms - window_ms, 4 * window_ms
    return entries


def _depths(stack: LocalStack) -> list[QueueDepth]:
    found: dict[str, Any] = {}
    for queue in stack.resources("AWS::SQS::Queue"):
        answer = stack.sqs.get_queue_attributes(QueueUrl=queue.physical_id, AttributeNames=["All"])
        found[queue.logical_id] = answer["Attributes"]
    policies = (json.loads(attributes.get("RedrivePolicy") or "{}") for attributes in found.values())
    dead = {policy["deadLetterTargetArn"] for policy in policies if policy}
    return [
        QueueDepth(
            name,
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
            is_dead_letters=attributes["QueueArn"] in dead,
        )
        for name, attributes in found.items()
    ]
