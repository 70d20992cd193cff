"""Confirms the pending request of a link in a confirmation mail."""

from broadsheet.ports import Clock
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.ports import SignupQueue, Subscribers


def is_waiting(confirmation: Confirmation, *, subscribers: Subscribers, clock: Clock) -> bool:
    """Whether the link can still confirm a request, or has confirmed it; changes nothing."""
    now, request_id = clock(), confirmation.request_id
    subscriber = subscribers.get(confirmation.subscriber_id, now)
    return subscriber is not None and (
        subscriber.has_confirmed(request_id) or subscriber.awaits(request_id, now)
    )


def confirm(
    confirmation: Confirmation, *, subscribers: Subscribers, queue: SignupQueue, clock: Clock
) -> bool:
    """Confirm the pending request and queue a welcome mail; False if there is nothing to confirm.

    A second call finds the request confirmed, returns True and queues nothing; so a crash between the write
    and the queue costs the welcome mail. A reader who left is not brought back: their record is gone.
    """
    now = clock()
    subscriber = subscribers.get(confirmation.subscriber_id, now)
    if subscriber is None:
        return False
    if subscriber.has_confirmed(confirmation.request_id):
        return True
    if not subscriber.awaits(confirmation.request_id, now):
        return False
    if not subscribers.confirm(subscriber.confirmed(now.date())):
        return False
    queue.send(ReaderMailMessage(MessageKind.WELCOME, subscriber.id, int(now.timestamp())))
    return True
