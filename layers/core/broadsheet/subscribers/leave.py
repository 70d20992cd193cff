"""Leaving: one click ends everything that is kept about a reader, but that they left."""

from broadsheet.subscribers.ports import Clock, Subscribers


def unsubscribe(subscriber_id: str, *, subscribers: Subscribers, clock: Clock) -> None:
    """Delete the subscriber. A second call, or one for somebody unknown, does nothing and is no error."""
    now = clock()
    subscriber = subscribers.get(subscriber_id, now)
    if subscriber is not None:
        subscribers.leave(subscriber, now.date())
