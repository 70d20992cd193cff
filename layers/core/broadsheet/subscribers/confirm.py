"""Confirms the pending request, or the new address, of a link in a confirmation mail."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broadsheet.ports import Clock
from broadsheet.subscribers.limits import write_address_tombstone
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.ports import Limits, SignupQueue, Subscribers
from broadsheet.subscribers.subscriber import PendingAddress, Subscriber


class Confirmed(StrEnum):
    """What a link confirms."""

    SUBSCRIPTION = "subscription"
    ADDRESS = "address"


@dataclass(frozen=True)
class Confirm:
    """The use case with its ports."""

    subscribers: Subscribers
    limits: Limits
    queue: SignupQueue
    clock: Clock

    def waiting(self, confirmation: Confirmation) -> Confirmed | None:
        """What the link can still confirm, or has confirmed; None if it is worth nothing. Changes nothing."""
        now, request_id = self.clock(), confirmation.request_id
        subscriber = self.subscribers.get(confirmation.subscriber_id, now)
        if subscriber is None:
            return None
        if done := _confirmed_before(subscriber, request_id):
            return done
        if subscriber.awaits(request_id, now):
            return Confirmed.SUBSCRIPTION
        return Confirmed.ADDRESS if self._pending_address(confirmation, now) else None

    def __call__(self, confirmation: Confirmation) -> Confirmed | None:
        """Confirm what the link asks for and queue a mail that says so; None if there is nothing to confirm.

        A second call finds the request confirmed, and queues nothing; so a crash between the write and the
        queue costs the mail. A reader who left is not brought back: their record is gone.
        """
        now = self.clock()
        subscriber = self.subscribers.get(confirmation.subscriber_id, now)
        if subscriber is None:
            return None
        if done := _confirmed_before(subscriber, confirmation.request_id):
            return done
        if subscriber.awaits(confirmation.request_id, now):
            done = self._begin(subscriber, now)
        else:
            pending = self._pending_address(confirmation, now)
            done = self._move(subscriber, pending, now) if pending else None
        return done or self._confirmed_meanwhile(confirmation, now)

    def _begin(self, subscriber: Subscriber, now: datetime) -> Confirmed | None:
        if not self.subscribers.confirm(subscriber.confirmed(now.date())):
            return None
        self._enqueue(MessageKind.WELCOME, subscriber.id, now)
        return Confirmed.SUBSCRIPTION

    def _confirmed_meanwhile(self, confirmation: Confirmation, now: datetime) -> Confirmed | None:
        """What a call at the same moment has confirmed: the button was pressed twice."""
        subscriber = self.subscribers.get(confirmation.subscriber_id, now)
        return _confirmed_before(subscriber, confirmation.request_id) if subscriber else None

    def _move(self, subscriber: Subscriber, pending: PendingAddress, now: datetime) -> Confirmed | None:
        """Have the new address replace the old one, unless it may not: then whoever stays has no tombstone.

        The tombstone of the old one has queued messages about it dropped. A crash before it costs only that:
        the opt-out record that the change writes keeps the old address out of restores and imports.
        """
        if not self.subscribers.change_address(subscriber, pending, now):
            return None
        write_address_tombstone(self.limits, subscriber.fingerprint, now, mailbox=subscriber.mailbox)
        self._enqueue(MessageKind.MOVED, subscriber.id, now)
        return Confirmed.ADDRESS

    def _pending_address(self, confirmation: Confirmation, now: datetime) -> PendingAddress | None:
        pending = self.subscribers.pending_address(confirmation.subscriber_id, now)
        return pending if pending and pending.request_id == confirmation.request_id else None

    def _enqueue(self, kind: MessageKind, subscriber_id: str, now: datetime) -> None:
        self.queue.send(ReaderMailMessage(kind, subscriber_id, int(now.timestamp())))


def _confirmed_before(subscriber: Subscriber, request_id: str) -> Confirmed | None:
    """What that request confirmed for the address that the subscriber has now.

    A link in the mailbox of an earlier address must not show that its reader is still on the list.
    """
    if not subscriber.has_confirmed(request_id):
        return None
    if subscriber.address_id:
        return Confirmed.ADDRESS if request_id == subscriber.address_id else None
    return Confirmed.SUBSCRIPTION
