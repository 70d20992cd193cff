"""SignupQueue's work: open a sealed sign-up, keep it as pending, mail the confirmation; mail one reader."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from broadsheet.mail import Mail, MailRejectedError, NotSentError
from broadsheet.ports import Clock, Mailer
from broadsheet.probes import ROUND_TRIP, probe_of
from broadsheet.retention import SIGN_UP_QUEUE
from broadsheet.subscribers.asking import Asking, Mailbox, RecordChangedError, asking, mailbox_behind, pending
from broadsheet.subscribers.limits import SOON, WAITS, Budget, record_counter
from broadsheet.subscribers.links import Confirmation, Links
from broadsheet.subscribers.orders import Kind, Order, ReaderMail, SignUp
from broadsheet.subscribers.ports import Limits, Orders, Subscribers, Vault
from broadsheet.subscribers.records import Status, Subscriber, new_subscriber_id


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
    LINK_MAILED = "link mailed"
    NOBODY = "nobody there"


NO_TAGS: Mapping[str, str] = {}
SIGN_UP_MAIL = "sign-up"  # one tag for both mails that answer a sign-up: SES repeats tags in its events


@dataclass(frozen=True)
class Mails:
    """The mails of the sign-up.

    `confirmation` takes a token and a language, `already`, `welcome` and `link` take the reader, `record`
    also the address and the days on which it was lately mailed.
    """

    confirmation: Callable[[str, str], Mail]
    already: Callable[[Subscriber], Mail]
    welcome: Callable[[Subscriber], Mail]
    record: Callable[[Subscriber, str, Collection[date]], Mail]
    link: Callable[[Subscriber], Mail]


@dataclass(frozen=True)
class ProcessSignup:
    """The use case with its ports."""

    vault: Vault
    subscribers: Subscribers
    limits: Limits
    budget: Budget
    orders: Orders
    mailer: Mailer
    links: Links
    mails: Mails
    clock: Clock

    def __call__(self, order: Order) -> Outcome:
        """Work an order off."""
        return self._sign_up(order) if isinstance(order, SignUp) else self._to_reader(order)

    def _sign_up(self, order: SignUp) -> Outcome:
        """Keep the wish as pending for 48 hours and mail the link that confirms it; or tell a reader.

        The order of effects: a mail of the hour's budget is taken before anything is known of the address, so
        that whether an order waits tells nothing about it, and given back if none goes; it is remembered that
        the address is mailed, the record is written, the mail goes. So a crash mails the confirmation twice,
        never zero times, and never more than the budget in an hour. Nothing about a confirmed subscriber
        changes. While SES takes nothing the order waits, as it does for another hour's budget.
        """
        now = self.clock()
        if _is_old(order, now):
            return Outcome.TOO_OLD
        if self.budget.is_used_up(order.place, now) or not self.budget.take(order.place, now):
            return self._wait(order)
        try:
            who = asking(self.vault.open_order(order.sealed), self.vault, self.subscribers, self.limits, now)
        except Exception:
            self.budget.give_back(order.place, now)
            raise
        if kept_back := _kept_back(order, who, now):
            self.budget.give_back(order.place, now)
            return kept_back
        return self._within_limits(
            order, order.order_id, who.mailbox, lambda: self._mailed(order, who, now), now
        )

    def _within_limits(
        self,
        order: SignUp | ReaderMail,
        order_id: str,
        mailbox: Mailbox,
        mail: Callable[[], Outcome],
        now: datetime,
    ) -> Outcome:
        """Remember the mail, whose budget is taken, and send it; while SES takes none the order waits."""
        begun = mailbox.begin_mail(order_id, self.limits, now)
        try:
            outcome = mail()
        except MailRejectedError:
            raise
        except NotSentError as error:
            self.budget.give_back(order.place, now)
            return self._wait_for_ses(order, error)
        mailbox.end_mail(begun, self.limits)
        return outcome

    def _mailed(self, order: SignUp, who: Asking, now: datetime) -> Outcome:
        if who.subscriber and who.subscriber.status is Status.CONFIRMED:
            self._mail(self.mails.already(who.subscriber), who.mailbox.address, who.subscriber, SIGN_UP_MAIL)
            return Outcome.TOLD_SO
        self._ask(order, who, now)
        return Outcome.CONFIRMATION_MAILED

    def _ask(self, order: SignUp, who: Asking, now: datetime) -> None:
        """Write the pending subscriber, mail the link; a probe's mail is marked, for its events."""
        known, address = who.subscriber, who.mailbox.address
        wanted = pending(order, known.id if known else new_subscriber_id(), who.mailbox, self.vault, now)
        if not self.subscribers.ask(wanted, now, anew=known is None):
            raise RecordChangedError(wanted.id)
        token = self.links.confirm_token(Confirmation(wanted.id, order.order_id))
        probe = probe_of(address)
        marked = {ROUND_TRIP: probe} if probe else NO_TAGS
        self._mail(self.mails.confirmation(token, order.language), address, wanted, SIGN_UP_MAIL, marked)

    def _wait(self, order: Order, span: timedelta = WAITS, not_taken: str = "") -> Outcome:
        """Put the order again for later: the queue counts its tries anew."""
        self.orders.put(order, int(span.total_seconds()))
        if span == WAITS:
            self.budget.let_wait(self.clock(), not_taken)
        return Outcome.WAITING

    def _wait_for_ses(self, order: Order, error: NotSentError) -> Outcome:
        """Put the order again, and keep why: no fault of our account costs a reader their mail.

        The sandbox is such a thing: the first sign-up of a new deployment waits until SES knows its address
        as verified, or has let the account out, for as long as the queue keeps orders.
        """
        return self._wait(order, WAITS if error.stop else SOON, str(error))

    def _to_reader(self, order: ReaderMail) -> Outcome:
        """Mail a confirmed reader what was asked for; one who is gone by now gets nothing.

        While SES takes nothing the order waits.
        """
        now = self.clock()
        if _is_old(order, now):
            return Outcome.TOO_OLD
        if order.kind is Kind.LINK and self.budget.is_used_up(order.place, now):
            return self._wait(order)
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
        address = self.vault.open(subscriber.sealed_address, subscriber.id)
        match order.kind:
            case Kind.WELCOME:
                self._mail(self.mails.welcome(subscriber), address, subscriber, "welcome")
                return Outcome.WELCOMED
            case Kind.LINK:
                return self._link_mailed(order, subscriber, address, now)
        return self._record_mailed(order, subscriber, address, now)

    def _link_mailed(self, order: ReaderMail, subscriber: Subscriber, address: str, now: datetime) -> Outcome:
        """Mail a fresh link within the limits of a sign-up, for whoever has a letter may ask for it."""
        mailbox = mailbox_behind(address, self.vault, subscriber.fingerprint).remembered(self.limits)
        order_id = f"link-{order.known_by}"
        if not mailbox.mails.lets(order_id, now):
            return Outcome.TOO_SOON
        if not self.budget.take(order.place, now):
            return self._wait(order)

        def mail() -> Outcome:
            self._mail(self.mails.link(subscriber), address, subscriber, "link")
            return Outcome.LINK_MAILED

        return self._within_limits(order, order_id, mailbox, mail, now)

    def _record_mailed(
        self, order: ReaderMail, subscriber: Subscriber, address: str, now: datetime
    ) -> Outcome:
        """A record is mailed as often as a confirmation, whoever presses the button."""
        counter, order_id = record_counter(order.subscriber_id), order.known_by
        remembered = self.limits.remembered(counter)
        if not remembered.lets(order_id, now):
            return Outcome.TOO_SOON
        after = remembered.with_mail(order_id, now)
        if not self.limits.remember(counter, after):
            raise RecordChangedError(order.subscriber_id)
        mailbox = mailbox_behind(address, self.vault, subscriber.fingerprint).remembered(self.limits)
        days = after.days | mailbox.mails.days
        self._mail(self.mails.record(subscriber, address, days), address, subscriber, "record")
        self.limits.remember(counter, after.sure())
        return Outcome.RECORD_MAILED

    def _mail(
        self, mail: Mail, to: str, subscriber: Subscriber, kind: str, tags: Mapping[str, str] = NO_TAGS
    ) -> None:
        self.mailer.send(mail, to, {"kind": kind, "subscriber": subscriber.id, **tags})


def _is_old(order: Order, now: datetime) -> bool:
    """Whether it is older than the queue keeps orders: so are those that are put again and again."""
    return order.asked_at <= (now - SIGN_UP_QUEUE).timestamp()


def _kept_back(order: SignUp, who: Asking, now: datetime) -> Outcome | None:
    """Why an order must not be mailed, if so."""
    if who.reason:
        return Outcome.SUPPRESSED
    consent = who.subscriber.consent if who.subscriber else None
    if consent and consent.order_id == order.order_id:
        return Outcome.CONFIRMED_ALREADY
    if who.mailbox.own.is_over(order, now):
        return Outcome.GONE
    return None if who.mailbox.mails.lets(order.order_id, now) else Outcome.TOO_SOON
