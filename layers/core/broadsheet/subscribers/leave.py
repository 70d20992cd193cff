"""Leaving: one click ends everything that is kept about a reader, but that they left."""

from collections.abc import Callable

from broadsheet.ports import Clock
from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Subscriber

Absent = Callable[[str], None]


def unsubscribe(
    subscriber_id: str,
    *,
    subscribers: Subscribers,
    gone: Callable[[Subscriber], None],
    absent: Absent,
    clock: Clock,
) -> None:
    """Delete the subscriber. A second call, or one for somebody unknown, is no error and changes no list.

    `gone` notes that sign-ups in the queue from before are to be dropped; it comes first, so that none slips
    through between. `absent` notes that somebody who is not on the list wants to leave it.
    """
    now = clock()
    subscriber = present(subscriber_id, subscribers=subscribers, absent=absent, clock=clock)
    if subscriber is not None:
        gone(subscriber)
        subscribers.leave(subscriber, now.date())


def present(
    subscriber_id: str, *, subscribers: Subscribers, absent: Absent, clock: Clock
) -> Subscriber | None:
    """Whoever has this id and wants to go; where there is nobody, that somebody wants to is noted.

    Their record may have been lost, and be copied back from a backup: the note keeps it out. It is written
    before the second look, so that a copy which comes between the two is either refused or found.
    """
    found = subscribers.get(subscriber_id, clock())
    if found is None:
        absent(subscriber_id)
        found = subscribers.get(subscriber_id, clock())
    return found
