"""SignupQueue's work: open a sealed sign-up, keep it as pending, mail the confirmation; mail one reader."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from broadsheet.mail import Mail, MailRejectedError, NotSentError
from broadsheet.ports import Clock, Mailer
from broadsheet.probes import ROUND_TRIP, probe_of
from broadsheet.retention import SIGN_UP_QUEUE
from broadsheet.subscribers.limits import SOON, WAITS, Budget, record_counter
from broadsheet.subscribers.link_tokens import Confirmation, Links
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage, SignUpMessage, SignupMessage
from broadsheet.subscribers.ports import Limits, SignupQueue, Subscribers, Vault
from broadsheet.subscribers.requester import (
    Mailbox,
    RecordChangedError,
    Requester,
    mailbox_for,
    pending,
    requester_of,
)
from broadsheet.subscribers.subscriber import Status, Subscriber, new_subscriber_id


class SignupOutcome(StrEnum):
    """How a message ended."""

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
    queue: SignupQueue
    mailer: Mailer
    links: Links
    mails: Mails
    clock: Clock

    def __call__(self, message: SignupMessage) -> SignupOutcome:
        """Process a message."""
        return self._sign_up(message) if isinstance(message, SignUpMessage) else self._to_reader(message)

    def _sign_up(self, message: SignUpMessage) -> SignupOutcome:
        """Keep the wish as pending for 48 hours and mail the link that confirms it; or tell a reader.

        In this order: a mail is taken from the hour's budget before anything is known of the address, so that
        whether a message waits tells nothing about it, and given back if none is sent; the send is recorded,
        the subscriber written, the mail sent. So after a crash the confirmation is sent twice, never zero
        times, and never more than the budget in an hour. Nothing about a confirmed subscriber
        changes. While SES takes nothing the message waits, as it does for another hour's budget.
        """
        now = self.clock()
        if _is_old(message, now):
            return SignupOutcome.TOO_OLD
        if self.budget.is_used_up(message.attempt, now) or not self.budget.take(message.attempt, now):
            return self._wait(message)
        try:
            who = requester_of(
                self.vault.open_sign_up(message.sealed), self.vault, self.subscribers, self.limits, now
            )
        except Exception:
            self.budget.give_back(message.attempt, now)
            raise
        if kept_back := _kept_back(message, who, now):
            self.budget.give_back(message.attempt, now)
            return kept_back
        return self._within_limits(
            message, message.request_id, who.mailbox, lambda: self._mailed(message, who, now), now
        )

    def _within_limits(
        self,
        message: SignUpMessage | ReaderMailMessage,
        request_id: str,
        mailbox: Mailbox,
        mail: Callable[[], SignupOutcome],
        now: datetime,
    ) -> SignupOutcome:
        """Remember the mail, whose budget is taken, and send it; while SES takes none the message waits."""
        begun = mailbox.begin_mail(request_id, self.limits, now)
        try:
            outcome = mail()
        except MailRejectedError:
            raise
        except NotSentError as error:
            self.budget.give_back(message.attempt, now)
            return self._wait_for_ses(message, error)
        mailbox.end_mail(begun, self.limits)
        return outcome

    def _mailed(self, message: SignUpMessage, who: Requester, now: datetime) -> SignupOutcome:
        if who.subscriber and who.subscriber.status is Status.CONFIRMED:
            self._mail(self.mails.already(who.subscriber), who.mailbox.address, who.subscriber, SIGN_UP_MAIL)
            return SignupOutcome.TOLD_SO
        self._ask(message, who, now)
        return SignupOutcome.CONFIRMATION_MAILED

    def _ask(self, message: SignUpMessage, who: Requester, now: datetime) -> None:
        """Write the pending subscriber, mail the link; a probe's mail is marked, for its events."""
        known, address = who.subscriber, who.mailbox.address
        wanted = pending(message, known.id if known else new_subscriber_id(), who.mailbox, self.vault, now)
        if not self.subscribers.ask(wanted, now, anew=known is None):
            raise RecordChangedError(wanted.id)
        token = self.links.confirm_token(Confirmation(wanted.id, message.request_id))
        probe = probe_of(address)
        marked = {ROUND_TRIP: probe} if probe else NO_TAGS
        self._mail(self.mails.confirmation(token, message.language), address, wanted, SIGN_UP_MAIL, marked)

    def _wait(self, message: SignupMessage, span: timedelta = WAITS, not_taken: str = "") -> SignupOutcome:
        """Put the message again for later: the queue counts its tries anew."""
        self.queue.send(message, int(span.total_seconds()))
        if span == WAITS:
            self.budget.note_waiting(self.clock(), not_taken)
        return SignupOutcome.WAITING

    def _wait_for_ses(self, message: SignupMessage, error: NotSentError) -> SignupOutcome:
        """Put the message again, and keep why: no fault of our account costs a reader their mail.

        The sandbox is such a thing: the first sign-up of a new deployment waits until SES knows its address
        as verified, or has let the account out, for as long as the queue keeps messages.
        """
        return self._wait(message, WAITS if error.stop else SOON, str(error))

    def _to_reader(self, message: ReaderMailMessage) -> SignupOutcome:
        """Mail a confirmed reader what was asked for; one who is gone by now gets nothing.

        While SES takes nothing the message waits.
        """
        now = self.clock()
        if _is_old(message, now):
            return SignupOutcome.TOO_OLD
        if message.kind is MessageKind.LINK and self.budget.is_used_up(message.attempt, now):
            return self._wait(message)
        subscriber = self.subscribers.get(message.subscriber_id, now)
        if subscriber is None or subscriber.status is not Status.CONFIRMED:
            return SignupOutcome.NOBODY
        try:
            return self._reader_mailed(message, subscriber, now)
        except MailRejectedError:
            raise
        except NotSentError as error:
            return self._wait_for_ses(message, error)

    def _reader_mailed(
        self, message: ReaderMailMessage, subscriber: Subscriber, now: datetime
    ) -> SignupOutcome:
        address = self.vault.open(subscriber.sealed_address, subscriber.id)
        match message.kind:
            case MessageKind.WELCOME:
                self._mail(self.mails.welcome(subscriber), address, subscriber, "welcome")
                return SignupOutcome.WELCOMED
            case MessageKind.LINK:
                return self._link_mailed(message, subscriber, address, now)
        return self._record_mailed(message, subscriber, address, now)

    def _link_mailed(
        self, message: ReaderMailMessage, subscriber: Subscriber, address: str, now: datetime
    ) -> SignupOutcome:
        """Mail a fresh link within the limits of a sign-up, for whoever has a letter may ask for it."""
        mailbox = mailbox_for(address, self.vault, subscriber.fingerprint).remembered(self.limits)
        request_id = f"link-{message.known_by}"
        if not mailbox.mails.allows(request_id, now):
            return SignupOutcome.TOO_SOON
        if not self.budget.take(message.attempt, now):
            return self._wait(message)

        def mail() -> SignupOutcome:
            self._mail(self.mails.link(subscriber), address, subscriber, "link")
            return SignupOutcome.LINK_MAILED

        return self._within_limits(message, request_id, mailbox, mail, now)

    def _record_mailed(
        self, message: ReaderMailMessage, subscriber: Subscriber, address: str, now: datetime
    ) -> SignupOutcome:
        """A record is mailed as often as a confirmation, whoever presses the button."""
        counter, request_id = record_counter(message.subscriber_id), message.known_by
        remembered = self.limits.remembered(counter)
        if not remembered.allows(request_id, now):
            return SignupOutcome.TOO_SOON
        after = remembered.with_mail(request_id, now)
        if not self.limits.remember(counter, after):
            raise RecordChangedError(message.subscriber_id)
        mailbox = mailbox_for(address, self.vault, subscriber.fingerprint).remembered(self.limits)
        days = after.days | mailbox.mails.days
        self._mail(self.mails.record(subscriber, address, days), address, subscriber, "record")
        self.limits.remember(counter, after.confirmed())
        return SignupOutcome.RECORD_MAILED

    def _mail(
        self, mail: Mail, to: str, subscriber: Subscriber, kind: str, tags: Mapping[str, str] = NO_TAGS
    ) -> None:
        self.mailer.send(mail, to, {"kind": kind, "subscriber": subscriber.id, **tags})


def _is_old(message: SignupMessage, now: datetime) -> bool:
    """Whether it is older than the queue keeps messages: so are those that are sent again and again."""
    return message.asked_at <= (now - SIGN_UP_QUEUE).timestamp()


def _kept_back(message: SignUpMessage, who: Requester, now: datetime) -> SignupOutcome | None:
    """Why a message must not be mailed, if so."""
    if who.reason:
        return SignupOutcome.SUPPRESSED
    consent = who.subscriber.consent if who.subscriber else None
    if consent and consent.request_id == message.request_id:
        return SignupOutcome.CONFIRMED_ALREADY
    if who.mailbox.own.outdates(message, now):
        return SignupOutcome.GONE
    return None if who.mailbox.mails.allows(message.request_id, now) else SignupOutcome.TOO_SOON
