"""SignupQueue's work: open a sealed sign-up, keep it as pending, mail the confirmation."""

from collections.abc import Callable
from enum import StrEnum

from broadsheet.mail import Mail
from broadsheet.subscribers.links import Confirmation, Links
from broadsheet.subscribers.orders import SignUp
from broadsheet.subscribers.ports import Clock, Mailer, Subscribers, Vault
from broadsheet.subscribers.records import PENDING_FOR, Choice, Status, Subscriber, new_subscriber_id


class Outcome(StrEnum):
    """How a sign-up ended."""

    CONFIRMATION_MAILED = "confirmation mailed"
    CONFIRMED_ALREADY = "confirmed already"
    SUPPRESSED = "suppressed"


class RecordChangedError(RuntimeError):
    """The subscriber changed while we looked; nothing was mailed. The queue offers the order again."""


def process_signup(
    order: SignUp,
    *,
    vault: Vault,
    subscribers: Subscribers,
    mailer: Mailer,
    links: Links,
    confirmation: Callable[[str, str], Mail],
    clock: Clock,
) -> Outcome:
    """Keep the wish as pending for 48 hours, then mail the link that confirms it.

    The record comes first: a crash between the two mails the confirmation twice, never zero times, and
    both links are the same order's. A suppressed address gets nothing. Signing up again changes nothing
    about a confirmed subscriber until the new link is confirmed.

    `confirmation` makes the mail from a token and a language.
    """
    now = clock()
    address = vault.open_order(order.sealed)
    fingerprint = vault.fingerprint(address)
    known = subscribers.find(fingerprint, now)
    if known.reason:
        return Outcome.SUPPRESSED
    subscriber = _asking(order, known.subscriber_id, address, fingerprint, vault, subscribers, clock)
    if subscriber.consent and subscriber.consent.order_id == order.order_id:
        return Outcome.CONFIRMED_ALREADY
    if not subscribers.ask(subscriber, now):
        raise RecordChangedError(subscriber.id)
    token = links.confirm_token(Confirmation(subscriber.id, order.order_id))
    mailer.send(
        confirmation(token, order.language), address, {"kind": "confirmation", "subscriber": subscriber.id}
    )
    return Outcome.CONFIRMATION_MAILED


def _asking(
    order: SignUp,
    known_id: str | None,
    address: str,
    fingerprint: str,
    vault: Vault,
    subscribers: Subscribers,
    clock: Clock,
) -> Subscriber:
    """The subscriber with this wish waiting: the known one, or a new one."""
    choice = Choice(
        order.order_id,
        order.audiences,
        order.language,
        order.text,
        order.form,
        order.asked_on,
        clock() + PENDING_FOR,
    )
    known = subscribers.get(known_id, clock()) if known_id else None
    subscriber_id = known.id if known else new_subscriber_id()
    return Subscriber(
        id=subscriber_id,
        status=known.status if known else Status.PENDING,
        fingerprint=fingerprint,
        language=known.language if known else order.language,
        sealed_address=vault.close(address, subscriber_id),
        audiences=known.audiences if known else frozenset(),
        choice=choice,
        consent=known.consent if known else None,
    )
