"""SignupQueue's work: open a sealed sign-up, keep it as pending, mail the confirmation; mail one reader."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from broadsheet.feedback.events import ROUND_TRIP
from broadsheet.mail import Mail, MailRejectedError, NotSentError
from broadsheet.probes import probe_of
from broadsheet.retention import ADDRESS_COOL_DOWN, PROBES, SIGN_UP_QUEUE
from broadsheet.subscribers.limits import SOON, WAITS, Budget, Remembered, address_counter, record_counter
from broadsheet.subscribers.links import Confirmation, Links
from broadsheet.subscribers.orders import Kind, Order, ReaderMail, SignUp
from broadsheet.subscribers.ports import Clock, Limits, Mailer, Orders, Subscribers, Vault
from broadsheet.subscribers.records import (
    PENDING_FOR,
    Choice,
    Reason,
    Status,
    Subscriber,
    new_subscriber_id,
)


class Outcome(StrEnum):
    """How an order ended."""

    CONFIRMATION_MAILED = "confirmation mailed"
    TOLD_SO = "told that they are subscribed"
    CONFIRMED_ALREADY = "confirmed already"
    SUPPRESSED = "suppressed"
    TOO_SOON = "mailed lately"
    GONE = "gone since"
    TOO_OLD = "too old"
    WAITING = "put again"
    WELCOMED = "welcomed"
    RECORD_MAILED = "record mailed"
    NOBODY = "nobody there"


NOTHING = Remembered()
NO_TAGS: Mapping[str, str] = {}


class RecordChangedError(RuntimeError):
    """Something changed while we looked; nothing was mailed. The queue offers the order again."""


@dataclass(frozen=True)
class Mails:
    """The mails of the sign-up.

    `confirmation` takes a token and a language, `already` and `welcome` take the reader, `record` also the
    address and the days on which it was lately mailed.
    """

    confirmation: Callable[[str, str], Mail]
    already: Callable[[Subscriber], Mail]
    welcome: Callable[[Subscriber], Mail]
    record: Callable[[Subscriber, str, Collection[date]], Mail]


@dataclass(frozen=True)
class ProcessSignup:
    """The use case with its ports.

    `waiting` counts the orders that wait for another hour's budget, or for a person; `not_taken` is told the
    code by which SES took no mail.
    """

    vault: Vault
    subscribers: Subscribers
    limits: Limits
    budget: Budget
    orders: Orders
    mailer: Mailer
    links: Links
    mails: Mails
    waiting: Callable[[], None]
    clock: Clock
    not_taken: Callable[[str], None] = lambda _: None

    def __call__(self, order: Order) -> Outcome:
        """Work an order off."""
        return self._sign_up(order) if isinstance(order, SignUp) else self._to_reader(order)

    def _sign_up(self, order: SignUp) -> Outcome:
        """Keep the wish as pending for 48 hours and mail the link that confirms it; or tell a reader.

        The order of effects: a mail of the hour's budget is taken, it is remembered that the address is
        mailed, the record is written, the mail goes. So a crash mails the confirmation twice, never zero
        times, and never more than the budget in an hour. Nothing about a confirmed subscriber changes. While
        SES takes nothing the order waits, as it does for another hour's budget.
        """
        now = self.clock()
        if _is_old(order, now):
            return Outcome.TOO_OLD
        if self.budget.is_used_up(order.place, now):
            return self._wait(order)
        address = self.vault.open_order(order.sealed)
        asking = self._asking(address, now)
        if kept_back := _kept_back(order, asking, now):
            return kept_back
        if not self.budget.take(order.place, now):
            return self._wait(order)
        counter = address_counter(asking.fingerprint)
        after = asking.remembered.with_mail(order.order_id, now)
        if not self.limits.remember(counter, after):
            raise RecordChangedError(order.order_id)
        try:
            outcome = self._mailed(order, asking, now)
        except MailRejectedError:
            raise
        except NotSentError as error:
            self.budget.give_back(order.place, now)
            return self._wait_for_ses(order, error)
        self.limits.remember(counter, after.sure())
        return outcome

    def _mailed(self, order: SignUp, asking: "_Asking", now: datetime) -> Outcome:
        if asking.subscriber and asking.subscriber.status is Status.CONFIRMED:
            self._mail(self.mails.already(asking.subscriber), asking, asking.subscriber, "already")
            return Outcome.TOLD_SO
        self._ask(order, asking, now)
        return Outcome.CONFIRMATION_MAILED

    def _asking(self, address: str, now: datetime) -> "_Asking":
        """What is known of who asks. Leaving is remembered before it is done, so that is looked at last."""
        fingerprint = self.vault.fingerprint(address)
        known = self.subscribers.find(fingerprint, now)
        if known.reason:
            return _Asking(address, fingerprint, known.reason)
        subscriber = self.subscribers.get(known.subscriber_id, now) if known.subscriber_id else None
        remembered = self.limits.remembered(address_counter(fingerprint))
        kept_for = PROBES if probe_of(address) else ADDRESS_COOL_DOWN  # a probe's address asks once, ever
        return _Asking(address, fingerprint, None, subscriber, replace(remembered, kept_for=kept_for))

    def _ask(self, order: SignUp, asking: "_Asking", now: datetime) -> None:
        """Write the pending subscriber, mail the link; a probe's mail is marked, for its events."""
        known = asking.subscriber
        pending = _pending(order, known.id if known else new_subscriber_id(), asking, self.vault, now)
        if not self.subscribers.ask(pending, now, anew=known is None):
            raise RecordChangedError(pending.id)
        token = self.links.confirm_token(Confirmation(pending.id, order.order_id))
        probe = probe_of(asking.address)
        marked = {ROUND_TRIP: probe} if probe else {}
        self._mail(self.mails.confirmation(token, order.language), asking, pending, "confirmation", marked)

    def _wait(self, order: Order, span: timedelta = WAITS) -> Outcome:
        """Put the order again for later: the queue counts its tries anew."""
        self.orders.put(order, int(span.total_seconds()))
        if span == WAITS:
            self.waiting()
        return Outcome.WAITING

    def _wait_for_ses(self, order: Order, error: NotSentError) -> Outcome:
        """Put the order again, and say why: nothing that is wrong with our account costs a reader their mail.

        The sandbox is such a thing: the first sign-up of a new deployment waits until SES knows its address
        as verified, or has let the account out, for as long as the queue keeps orders.
        """
        self.not_taken(error.stop or str(error))
        return self._wait(order, WAITS if error.stop else SOON)

    def _to_reader(self, order: ReaderMail) -> Outcome:
        """Mail a confirmed reader what was asked for; one who is gone by now gets nothing.

        While SES takes nothing the order waits.
        """
        now = self.clock()
        if _is_old(order, now):
            return Outcome.TOO_OLD
        subscriber = self.subscribers.get(order.subscriber_id, now)
        if subscriber is None or subscriber.status is not Status.CONFIRMED:
            return Outcome.NOBODY
        try:
            return self._reader_mailed(order, subscriber, now)
        except MailRejectedError:
            raise
        except NotSentError as error:
            return self._wait_for_ses(order, error)

    def _reader_mailed(self, order: ReaderMail, subscriber: Subscriber, now: datetime) -> Outcome:
        """A record is mailed as often as a confirmation, whoever presses the button."""
        address = self.vault.open(subscriber.sealed_address, subscriber.id)
        reader = _Asking(address, subscriber.fingerprint)
        if order.kind is Kind.WELCOME:
            self._mail(self.mails.welcome(subscriber), reader, subscriber, "welcome")
            return Outcome.WELCOMED
        counter, order_id = record_counter(order.subscriber_id), str(order.asked_at)
        remembered = self.limits.remembered(counter)
        if not remembered.lets(order_id, now):
            return Outcome.TOO_SOON
        after = remembered.with_mail(order_id, now)
        if not self.limits.remember(counter, after):
            raise RecordChangedError(order.subscriber_id)
        days = after.days | self.limits.remembered(address_counter(subscriber.fingerprint)).days
        self._mail(self.mails.record(subscriber, address, days), reader, subscriber, "record")
        self.limits.remember(counter, after.sure())
        return Outcome.RECORD_MAILED

    def _mail(
        self, mail: Mail, to: "_Asking", subscriber: Subscriber, kind: str, tags: Mapping[str, str] = NO_TAGS
    ) -> None:
        self.mailer.send(mail, to.address, {"kind": kind, "subscriber": subscriber.id, **tags})


@dataclass(frozen=True)
class _Asking:
    """Whose address it is, as far as that is known."""

    address: str
    fingerprint: str
    reason: Reason | None = None
    subscriber: Subscriber | None = None
    remembered: Remembered = NOTHING


def _is_old(order: Order, now: datetime) -> bool:
    """Whether it is older than the queue keeps orders: so are those that are put again and again."""
    return order.asked_at <= (now - SIGN_UP_QUEUE).timestamp()


def _kept_back(order: SignUp, asking: _Asking, now: datetime) -> Outcome | None:
    """Why an order must not be mailed, if so."""
    if asking.reason:
        return Outcome.SUPPRESSED
    consent = asking.subscriber.consent if asking.subscriber else None
    if consent and consent.order_id == order.order_id:
        return Outcome.CONFIRMED_ALREADY
    if asking.remembered.is_over(order):
        return Outcome.GONE
    return None if asking.remembered.lets(order.order_id, now) else Outcome.TOO_SOON


def _pending(order: SignUp, subscriber_id: str, asking: _Asking, vault: Vault, now: datetime) -> Subscriber:
    """The subscriber with this wish waiting; a probe's for less long."""
    choice = Choice(
        order.order_id,
        order.audiences,
        order.language,
        order.text,
        order.form,
        order.asked_on,
        now + (PROBES if probe_of(asking.address) else PENDING_FOR),
    )
    return Subscriber(
        id=subscriber_id,
        status=Status.PENDING,
        fingerprint=asking.fingerprint,
        language=order.language,
        sealed_address=vault.close(asking.address, subscriber_id),
        choice=choice,
    )
