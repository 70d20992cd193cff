"""Events on their way to the configuration set's topic: a little later, in order, by one thread.

Publishing is tried again for half a minute, so events come at least once, as SES's do.
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


@dataclass(order=True)
class _Due:
    at: float
    number: int
    topic_arn: str
    text: str
    tries: int = 0


class Publisher:
    """Publishes scheduled events; `publish(topic_arn, texts)` is what reaches the topic."""

    def __init__(self, publish: Callable[[str, list[str]], None]) -> None:
        self._publish = publish
        self._numbers = itertools.count()
        self._waiting: list[_Due] = []
        self._changed = threading.Condition()
        self._busy = False
        threading.Thread(target=self._run, name="ses-events", daemon=True).start()

    def schedule(self, destinations: list[Destination], event: Event, delay_seconds: float) -> None:
        """Publish the event to each destination that wants it, after the delay."""
        text = json.dumps(event)
        with self._changed:
            for destination in destinations:
                if destination.wants(event):
                    due = _Due(
                        time.monotonic() + delay_seconds, next(self._numbers), destination.topic_arn, text
                    )
                    heapq.heappush(self._waiting, due)
            self._changed.notify_all()

    def drained(self, timeout_seconds: float) -> bool:
        """Wait until everything scheduled is published; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_seconds)

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            try:
                self._publish(batch[0].topic_arn, [due.text for due in batch])
            except (ClientError, BotoCoreError):
                self._try_again(batch)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next_batch(self) -> list[_Due]:
        """The events that are due, of one topic, at most ten; waits for them."""
        with self._changed:
            while not self._waiting or self._waiting[0].at > time.monotonic():
                soonest = self._waiting[0].at - time.monotonic() if self._waiting else None
                self._changed.wait(soonest)
            batch = [heapq.heappop(self._waiting)]
            while (
                len(batch) < MOST_A_BATCH
                and self._waiting
                and self._waiting[0].at <= time.monotonic()
                and self._waiting[0].topic_arn == batch[0].topic_arn
            ):
                batch.append(heapq.heappop(self._waiting))
            self._busy = True
            return batch

    def _try_again(self, batch: list[_Due]) -> None:
        with self._changed:
            for due in batch:
                if due.tries >= MOST_TRIES:
                    logger.error("an event could not be published to %s and is lost", due.topic_arn)
                    continue
                due.tries += 1
                due.at = time.monotonic() + SECONDS_BETWEEN_TRIES
                heapq.heappush(self._waiting, due)


def publish_to_engine(stack: LocalStack) -> Callable[[str, list[str]], None]:
    """Publishing to SNS topics of the local engine."""

    def publish(topic_arn: str, texts: list[str]) -> None:
        entries = [{"Id": str(number), "Message": text} for number, text in enumerate(texts)]
        stack.sns.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=entries,  # type: ignore[arg-type]  # plain dicts are entries
        )

    return publish
