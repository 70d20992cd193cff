"""Leaving: one click ends everything that is kept about a reader."""

from broadsheet.subscribers.ports import Clock, Subscribers


def unsubscribe(subscriber_id: str, *, subscribers: Subscribers, clock: Clock) -> None:
    """Delete the subscriber. A second call, or one for somebody unknown, does nothing and is no error."""
    subscriber = subscribers.get(subscriber_id, clock())
    if subscriber is not None:
        subscribers.leave(subscriber)
