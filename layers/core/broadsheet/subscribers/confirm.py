"""Confirming: the button behind the link in the confirmation mail."""

from enum import StrEnum

from broadsheet.ports import Clock
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.ports import SignupQueue, Subscribers


class ConfirmOutcome(StrEnum):
    """What pressing the button led to."""

    CONFIRMED = "confirmed"
    NOT_WAITING = "not waiting"


def is_waiting(confirmation: Confirmation, *, subscribers: Subscribers, clock: Clock) -> bool:
    """Whether the link still has something to confirm, or has confirmed it; changes nothing."""
    now = clock()
    subscriber = subscribers.get(confirmation.subscriber_id, now)
    if subscriber is None:
        return False
    choice, consent = subscriber.choice, subscriber.consent
    if consent and consent.request_id == confirmation.request_id:
        return True
    return choice is not None and choice.request_id == confirmation.request_id and choice.expires_at > now


def confirm(
    confirmation: Confirmation, *, subscribers: Subscribers, queue: SignupQueue, clock: Clock
) -> ConfirmOutcome:
    """Move the waiting choice to confirmed, and have the reader welcomed.

    Pressing again finds it confirmed and says so, nothing more; so a crash between the two costs a welcome.
    It never brings back someone who left: their record is gone and the link finds nothing.
    """
    now = clock()
    subscriber = subscribers.get(confirmation.subscriber_id, now)
    if subscriber is None:
        return ConfirmOutcome.NOT_WAITING
    if subscriber.consent and subscriber.consent.request_id == confirmation.request_id:
        return ConfirmOutcome.CONFIRMED
    choice = subscriber.choice
    if choice is None or choice.request_id != confirmation.request_id or choice.expires_at <= now:
        return ConfirmOutcome.NOT_WAITING
    if not subscribers.confirm(subscriber.confirmed(now.date())):
        return ConfirmOutcome.NOT_WAITING
    queue.send(ReaderMailMessage(MessageKind.WELCOME, subscriber.id, int(now.timestamp())))
    return ConfirmOutcome.CONFIRMED
