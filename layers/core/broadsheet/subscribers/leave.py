"""Leaving: one click ends everything that is kept about a reader, but that they left."""

from collections.abc import Callable

from broadsheet.subscribers.ports import Clock, Subscribers
from broadsheet.subscribers.records import Subscriber


def unsubscribe(
    subscriber_id: str, *, subscribers: Subscribers, gone: Callable[[Subscriber], None], clock: Clock
) -> None:
    """Delete the subscriber. A second call, or one for somebody unknown, does nothing and is no error.

    `gone` notes that sign-ups in the queue from before are to be dropped; it comes first, so that none slips
    through between.
    """
    now = clock()
    subscriber = subscribers.get(subscriber_id, now)
    if subscriber is not None:
        gone(subscriber)
        subscribers.leave(subscriber, now.date())
