"""Publishes events to the configuration set's topic: delayed, in order, by one thread.

Events are in the store until they are published, so that they are published at least once, as SES's are:
they wait while the engine does not answer, and come again after a restart.

Shape: collection `events`: under a number, in the order of their scheduling, `at` (Unix seconds), `topic`
(its ARN) and `text`, as JSON.
"""

import heapq
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local.ses.configuration_sets import Destination
from local.ses.events import Event
from local.stack import LocalStack
from local.store import Key, Store

logger = logging.getLogger(__name__)
EVENTS = "events"
MOST_REFUSALS = 30
SECONDS_BETWEEN_TRIES = 1.0
MOST_A_BATCH = 10  # Source: SNS PublishBatch


@dataclass(frozen=True, order=True)
class ScheduledEvent:
    """An event for one topic, due at `at` (Unix seconds); `number` is its place among all."""

    at: float
    number: int
    topic_arn: str
    text: str

    @property
    def key(self) -> Key:
        """Where it is in the store; keys are in the order of numbers."""
        return (EVENTS, f"{self.number:020}")

    def to_json(self) -> str:
        """Its value in the store."""
        return json.dumps({"at": self.at, "topic": self.topic_arn, "text": self.text})


class Publisher:
    """Publishes the events in `store` by calling `publish(topic_arn, texts)`.

    `clock` says when they are due: it returns Unix seconds, but in tests, whose clocks jump.
    """

    def __init__(
        self,
        publish: Callable[[str, list[str]], None],
        store: Store,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._publish, self._store, self._clock = publish, store, clock
        self._waiting = [_from_json(key, text) for key, text in store.entries(EVENTS)]
        heapq.heapify(self._waiting)
        self._numbers = itertools.count(max((one.number for one in self._waiting), default=0) + 1)
        self._changed = threading.Condition()
        self._busy = False
        threading.Thread(target=self._run, name="ses-events", daemon=True).start()

    def prepared(
        self, destinations: list[Destination], event: Event, delay_seconds: float
    ) -> list[ScheduledEvent]:
        """The event, due after the delay, for each destination that wants its type. Nothing is stored."""
        text, at = json.dumps(event), self._clock() + delay_seconds
        wanted = [one.topic_arn for one in destinations if one.wants(event["eventType"])]
        return [ScheduledEvent(at, next(self._numbers), topic_arn, text) for topic_arn in wanted]

    def add(self, scheduled: list[ScheduledEvent]) -> None:
        """Publish events that the caller has put into the store."""
        with self._changed:
            for one in scheduled:
                heapq.heappush(self._waiting, one)
            self._changed.notify_all()

    def drained(self, timeout_seconds: float) -> bool:
        """Wait until everything scheduled is published; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_seconds)

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            self._publish_with_retries(batch[0].topic_arn, [scheduled.text for scheduled in batch])
            self._store.write({scheduled.key: None for scheduled in batch})
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _publish_with_retries(self, topic_arn: str, texts: list[str]) -> None:
        """Publish them. If the engine refuses that for half a minute, they are dropped."""
        refusals = 0
        while refusals < MOST_REFUSALS:
            try:
                self._publish(topic_arn, texts)
            except ClientError:
                refusals += 1
                time.sleep(SECONDS_BETWEEN_TRIES)
            except BotoCoreError:  # no answer
                time.sleep(SECONDS_BETWEEN_TRIES)
            else:
                return
        logger.error("%d events could not be published to %s and are lost", len(texts), topic_arn)

    def _next_batch(self) -> list[ScheduledEvent]:
        with self._changed:
            while not self._is_due():
                soonest = self._waiting[0].at - self._clock() if self._waiting else None
                self._changed.wait(soonest)
            self._busy = True
            batch = [heapq.heappop(self._waiting)]
            while (
                len(batch) < MOST_A_BATCH
                and self._is_due()
                and self._waiting[0].topic_arn == batch[0].topic_arn
            ):
                batch.append(heapq.heappop(self._waiting))
            return batch

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0].at <= self._clock()


def _from_json(key: str, text: str) -> ScheduledEvent:
    fields = json.loads(text)
    return ScheduledEvent(fields["at"], int(key), fields["topic"], fields["text"])


def publish_to_engine(stack: LocalStack) -> Callable[[str, list[str]], None]:
    """The function by which a Publisher publishes to SNS topics of the local engine."""

    def publish(topic_arn: str, texts: list[str]) -> None:
        entries = [{"Id": str(number), "Message": text} for number, text in enumerate(texts)]
        stack.sns.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=entries,  # type: ignore[arg-type]  # plain dicts are entries
        )

    return publish
