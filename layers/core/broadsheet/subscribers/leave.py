"""Leaving: one click deletes everything that is stored about a reader, but that they left."""

from collections.abc import Callable

from broadsheet.ports import Clock
from broadsheet.subscribers.limits import write_tombstone
from broadsheet.subscribers.ports import Limits, Subscribers
from broadsheet.subscribers.subscriber import Subscriber


def unsubscribe(subscriber_id: str, *, subscribers: Subscribers, limits: Limits, clock: Clock) -> None:
    """Delete the subscriber. A second call, or one with an unknown id, is no error and changes no list."""
    end_subscription(
        subscriber_id,
        lambda leaver: subscribers.leave(leaver, clock().date()),
        subscribers=subscribers,
        limits=limits,
        clock=clock,
    )


def end_subscription(
    subscriber_id: str,
    delete: Callable[[Subscriber], bool],
    *,
    subscribers: Subscribers,
    limits: Limits,
    clock: Clock,
) -> bool:
    """Write the tombstone and `delete` the subscriber; False if there is none.

    `delete` returns False if they have another address since they were looked up: then that one gets its
    tombstone, too.
    """
    while leaver := _find_leaver(subscriber_id, subscribers=subscribers, limits=limits, clock=clock):
        if delete(leaver):
            return True
    return False


def _find_leaver(
    subscriber_id: str, *, subscribers: Subscribers, limits: Limits, clock: Clock
) -> Subscriber | None:
    """The subscriber who leaves, once their tombstone is written; for an unknown id a tombstone of the id.

    The tombstone makes `process_signup` drop queued messages about the reader; it is written before they are
    deleted, so that no message is missed.

    An unknown id may belong to a record that was lost and is being copied back from a backup. Its tombstone
    is written before the second look: so a copy that is made in between is either refused or found.
    """
    found = subscribers.get(subscriber_id, clock())
    if found is None:
        limits.put_absent_tombstone(subscriber_id, clock())
        found = subscribers.get(subscriber_id, clock())
    if found is not None:
        write_tombstone(limits, found.id, found.fingerprint, clock(), mailbox=found.mailbox)
    return found
