"""Publishes events to the configuration set's topic: delayed, in order, by one thread.

A failed call is repeated for half a minute, so events are published at least once, as SES's are.
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

logger = logging.getLogger(__name__)
MOST_TRIES = 30
SECONDS_BETWEEN_TRIES = 1.0
MOST_A_BATCH = 10  # Source: SNS PublishBatch


@dataclass(frozen=True, order=True)
class _Scheduled:
    at: float
    number: int
    topic_arn: str
    text: str


class Publisher:
    """Publishes scheduled events by calling `publish(topic_arn, texts)`."""

    def __init__(self, publish: Callable[[str, list[str]], None]) -> None:
        self._publish = publish
        self._numbers = itertools.count()
        self._waiting: list[_Scheduled] = []
        self._changed = threading.Condition()
        self._busy = False
        threading.Thread(target=self._run, name="ses-events", daemon=True).start()

    def schedule(self, destinations: list[Destination], event: Event, delay_seconds: float) -> None:
        """Publish the event after the delay, to each destination that wants its type."""
        text, at = json.dumps(event), time.monotonic() + delay_seconds
        with self._changed:
            for destination in destinations:
                if destination.wants(event["eventType"]):
                    scheduled = _Scheduled(at, next(self._numbers), destination.topic_arn, text)
                    heapq.heappush(self._waiting, scheduled)
            self._changed.notify_all()

    def drained(self, timeout_seconds: float) -> bool:
        """Wait until everything scheduled is published; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_seconds)

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            self._publish_with_retries(batch[0].topic_arn, [scheduled.text for scheduled in batch])
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _publish_with_retries(self, topic_arn: str, texts: list[str]) -> None:
        for _ in range(MOST_TRIES):
            try:
                self._publish(topic_arn, texts)
            except (ClientError, BotoCoreError):
                time.sleep(SECONDS_BETWEEN_TRIES)
            else:
                return
        logger.error("%d events could not be published to %s and are lost", len(texts), topic_arn)

    def _next_batch(self) -> list[_Scheduled]:
        with self._changed:
            while not self._is_due():
                soonest = self._waiting[0].at - time.monotonic() if self._waiting else None
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
        return bool(self._waiting) and self._waiting[0].at <= time.monotonic()


def publish_to_engine(stack: LocalStack) -> Callable[[str, list[str]], None]:
    """The function by which a Publisher publishes to SNS topics of the local engine."""

    def publish(topic_arn: str, texts: list[str]) -> None:
        entries = [{"Id": str(number), "Message": text} for number, text in enumerate(texts)]
        stack.sns.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=entries,  # type: ignore[arg-type]  # plain dicts are entries
        )

    return publish
