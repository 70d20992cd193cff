"""Process SignupQueue: store a sign-up or new address as pending, mail its confirmation; mail a reader."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from broadsheet.mail import Mail, MailRejectedError, NotSentError
from broadsheet.ports import Clock, Mailer
from broadsheet.probes import ROUND_TRIP, probe_of
from broadsheet.retention import SIGN_UP_QUEUE
from broadsheet.subscribers.limits import RETRY_LATER, RETRY_SOON, Budget, record_counter
from broadsheet.subscribers.link_tokens import Confirmation, Links
from broadsheet.subscribers.messages import (
    NEW_ADDRESS,
    AddressMessage,
    MessageKind,
    NewAddressMessage,
    ReaderMailMessage,
    SignupMessage,
    SignupQueueMessage,
)
from broadsheet.subscribers.ports import Limits, SignupQueue, Subscribers, Vault
from broadsheet.subscribers.requester import (
    Mailbox,
    RecordChangedError,
    Requester,
    lapsed,
    mailbox_for,
    pending,
    pending_address,
    requester_of,
)
from broadsheet.subscribers.subscriber import Status, Subscriber, new_subscriber_id


class SignupOutcome(StrEnum):
    """How a message ended."""

    CONFIRMATION_MAILED = "confirmation mailed"
    ALREADY_MAILED = "mailed that they are subscribed"
    CONFIRMED_ALREADY = "confirmed already"
    SUPPRESSED = "suppressed"
    TOO_SOON = "mailed lately"
    GONE = "gone since"
    TOO_OLD = "too old"
    WAITING = "enqueued again"
    NEW_ADDRESS_MAILED = "confirmation mailed to a new address"
    WELCOMED = "welcomed"
    MOVE_MAILED = "welcomed at their new address"
    RECORD_MAILED = "record mailed"
    LINK_MAILED = "link mailed"
    NOBODY = "no such reader"


NO_TAGS: Mapping[str, str] = {}
SIGN_UP_MAIL = "sign-up"  # one tag for both mails after a sign-up: SES repeats tags in its events


@dataclass(frozen=True)
class Mails:
    """Makes the mails about a subscription.

    `confirmation` and `new_address` take a token and a language, the others take the reader, `record` also
    their address and the recent days on which it was mailed.
    """

    confirmation: Callable[[str, str], Mail]
    already: Callable[[Subscriber], Mail]
    new_address: Callable[[str, str], Mail]
    welcome: Callable[[Subscriber], Mail]
    moved: Callable[[Subscriber], Mail]
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

    def __call__(self, message: SignupQueueMessage) -> SignupOutcome:
        """Process a message; enqueue it again if SES accepts no mail now, until it is two days old.

        So no fault of our account costs a reader their mail. In the sandbox the first sign-up of a new
        deployment waits until SES has verified its address or lets the account out of the sandbox.

        Raises:
            MailRejectedError: SES will never accept this mail.
            RecordChangedError: let the queue deliver the message again.
        """
        now = self.clock()
        if message.asked_at <= (now - SIGN_UP_QUEUE).timestamp():
            return SignupOutcome.TOO_OLD
        try:
            if isinstance(message, ReaderMailMessage):
                return self._mail_reader(message, now)
            return self._mail_address(message, now)
        except MailRejectedError:
            raise
        except NotSentError as error:
            return self._wait(message, RETRY_LATER if error.stop else RETRY_SOON, str(error))

    def _mail_address(self, message: AddressMessage, now: datetime) -> SignupOutcome:
        """Store the request as pending for 48 hours and mail its confirmation link, or tell a subscriber so.

        A mail is taken from the hour's budget before anything is known of the address, so that whether a
        message waits reveals nothing about it; the mail is given back if none is sent. Then, in this order,
        the send is recorded, the subscriber written, the mail sent. So after a crash the confirmation is sent
        again: at least once, and within the budget. A confirmed subscriber is not changed.
        """
        if self.budget.is_used_up(message.attempt, now) or not self.budget.take(message.attempt, now):
            return self._wait(message)
        try:
            address = self.vault.open_sign_up(message.sealed)
            requester = requester_of(address, self.vault, self.subscribers, self.limits, now)
            reader = self._reader_of(message, now)
            is_latest = self._let_wait(message, requester.mailbox, reader, now)
        except Exception:
            self.budget.give_back(message.attempt, now)
            raise
        refused = _refused(message, requester, reader, now) if is_latest else SignupOutcome.GONE
        if refused:
            self.budget.give_back(message.attempt, now)
            return refused
        return self._within_limits(
            message,
            message.history_id,
            requester.mailbox,
            lambda: self._store_and_mail(message, requester, reader, now),
            now,
        )

    def _reader_of(self, message: AddressMessage, now: datetime) -> Subscriber | None:
        """The confirmed reader who wants a new address; None for sign-ups, and if they are gone or moved.

        So what was asked for by a link in the mailbox of an earlier address changes nothing any more.
        """
        if isinstance(message, SignupMessage):
            return None
        reader = self.subscribers.get(message.subscriber_id, now)
        if reader is None or reader.status is not Status.CONFIRMED:
            return None
        return reader if reader.address_id == message.address_id else None

    def _let_wait(
        self, message: AddressMessage, mailbox: Mailbox, reader: Subscriber | None, now: datetime
    ) -> bool:
        """Store a reader's new address, whatever is known of it; False if one waits that was asked for later.

        So an earlier link ends whether or not this address is subscribed or mailed, and tells nothing of it.
        What waits of the same mailbox stays, because its link was mailed. In place of an address whose own
        reader is gone since, so that it must not be stored again, the present one is: it ends earlier links.
        """
        if reader is None or isinstance(message, SignupMessage):
            return True
        waiting = self.subscribers.pending_address(reader.id, now)
        if waiting and waiting.asked_at > message.asked_at and waiting.request_id != message.request_id:
            return False
        was_mailed = any(mailed == message.history_id for mailed, _ in mailbox.mails.mailed)
        if was_mailed or (waiting and mailbox.belongs_to(waiting)):
            return True
        wanted = pending_address(message, mailbox, self.vault, now)
        if mailbox.own.outdates(message, now):
            wanted = wanted.with_present_address(reader)
        if not self.subscribers.put_address(reader, wanted):
            raise RecordChangedError(reader.id)
        return True

    def _within_limits(
        self,
        message: SignupQueueMessage,
        history_id: str,
        mailbox: Mailbox,
        mail: Callable[[], SignupOutcome],
        now: datetime,
    ) -> SignupOutcome:
        """Record and send a mail that was taken from the budget; give it back if SES does not accept it."""
        begun = mailbox.begin_mail(history_id, self.limits, now)
        try:
            outcome = mail()
        except MailRejectedError:
            raise
        except NotSentError:
            self.budget.give_back(message.attempt, now)
            raise
        begun.end_mail(self.limits)
        return outcome

    def _store_and_mail(
        self, message: AddressMessage, requester: Requester, reader: Subscriber | None, now: datetime
    ) -> SignupOutcome:
        known, address = requester.subscriber, requester.mailbox.address
        if known and known.status is Status.CONFIRMED:
            self._mail(self.mails.already(known), address, known.id, SIGN_UP_MAIL)
            return SignupOutcome.ALREADY_MAILED
        if isinstance(message, NewAddressMessage):
            return self._ask_new_address(message, requester, reader, now)
        return self._ask_to_confirm(message, requester, now)

    def _ask_new_address(
        self, message: NewAddressMessage, requester: Requester, reader: Subscriber | None, now: datetime
    ) -> SignupOutcome:
        """End a pending sign-up of that address, store it as pending, and mail its confirmation link.

        In its tags the mail has an id of nobody: if it bounces, only the new address is suppressed.
        """
        known = requester.subscriber
        if known and not self.subscribers.put_pending(lapsed(known, now), now, is_new=False):
            raise RecordChangedError(known.id)
        wanted = pending_address(message, requester.mailbox, self.vault, now)
        if reader is None or not self.subscribers.put_address(reader, wanted):
            raise RecordChangedError(message.subscriber_id)
        token = self.links.confirm_token(Confirmation(reader.id, message.request_id))
        mail = self.mails.new_address(token, reader.language)
        self._mail(mail, requester.mailbox.address, new_subscriber_id(), SIGN_UP_MAIL)
        return SignupOutcome.NEW_ADDRESS_MAILED

    def _ask_to_confirm(self, message: SignupMessage, requester: Requester, now: datetime) -> SignupOutcome:
        known, address = requester.subscriber, requester.mailbox.address
        subscriber_id = known.id if known else new_subscriber_id()
        wanted = pending(message, subscriber_id, requester.mailbox, self.vault, now)
        if not self.subscribers.put_pending(wanted, now, is_new=known is None):
            raise RecordChangedError(wanted.id)
        token = self.links.confirm_token(Confirmation(wanted.id, message.request_id))
        probe = probe_of(address)  # its mail has a tag of its own, for SES's events
        tags = {ROUND_TRIP: probe} if probe else NO_TAGS
        self._mail(self.mails.confirmation(token, message.language), address, wanted.id, SIGN_UP_MAIL, tags)
        return SignupOutcome.CONFIRMATION_MAILED

    def _wait(
        self, message: SignupQueueMessage, delay: timedelta = RETRY_LATER, not_taken: str = ""
    ) -> SignupOutcome:
        """Enqueue the message again with a delay, as a new message: its retries are counted from zero."""
        self.queue.send(message, int(delay.total_seconds()))
        if delay == RETRY_LATER:
            self.budget.note_waiting(self.clock(), not_taken)
        return SignupOutcome.WAITING

    def _mail_reader(self, message: ReaderMailMessage, now: datetime) -> SignupOutcome:
        """Send a confirmed reader the mail that was asked for; a reader who is gone gets none."""
        if message.kind is MessageKind.LINK and self.budget.is_used_up(message.attempt, now):
            return self._wait(message)
        subscriber = self.subscribers.get(message.subscriber_id, now)
        if subscriber is None or subscriber.status is not Status.CONFIRMED:
            return SignupOutcome.NOBODY
        address = self.vault.open(subscriber.sealed_address, subscriber.id)
        match message.kind:
            case MessageKind.WELCOME:
                self._mail(self.mails.welcome(subscriber), address, subscriber.id, "welcome")
                return SignupOutcome.WELCOMED
            case MessageKind.MOVED:
                self._mail(self.mails.moved(subscriber), address, subscriber.id, "welcome")
                return SignupOutcome.MOVE_MAILED
            case MessageKind.LINK:
                return self._send_link(message, subscriber, address, now)
        return self._send_record(message, subscriber, address, now)

    def _send_link(
        self, message: ReaderMailMessage, subscriber: Subscriber, address: str, now: datetime
    ) -> SignupOutcome:
        """Mail a fresh link within the limits of a sign-up, for whoever holds a letter may ask for it."""
        mailbox = mailbox_for(address, self.vault, subscriber.fingerprint).with_histories(self.limits)
        request_id = f"link-{message.known_by}"
        if not mailbox.mails.allows(request_id, now):
            return SignupOutcome.TOO_SOON
        if not self.budget.take(message.attempt, now):
            return self._wait(message)

        def mail() -> SignupOutcome:
            self._mail(self.mails.link(subscriber), address, subscriber.id, "link")
            return SignupOutcome.LINK_MAILED

        return self._within_limits(message, request_id, mailbox, mail, now)

    def _send_record(
        self, message: ReaderMailMessage, subscriber: Subscriber, address: str, now: datetime
    ) -> SignupOutcome:
        """Mail the record within limits of its own, as for a confirmation."""
        counter, request_id = record_counter(message.subscriber_id), message.known_by
        history = self.limits.send_history(counter)
        if not history.allows(request_id, now):
            return SignupOutcome.TOO_SOON
        after = history.with_mail(request_id, now)
        if not self.limits.put_history(counter, after):
            raise RecordChangedError(message.subscriber_id)
        mailbox = mailbox_for(address, self.vault, subscriber.fingerprint).with_histories(self.limits)
        days = after.days | mailbox.mails.days
        mail = self.mails.record(subscriber, address, days)
        self._mail(mail, address, subscriber.id, "record")
        self.limits.put_history(counter, after.confirmed())
        return SignupOutcome.RECORD_MAILED

    def _mail(
        self, mail: Mail, to: str, subscriber_id: str, kind: str, tags: Mapping[str, str] = NO_TAGS
    ) -> None:
        self.mailer.send(mail, to, {"kind": kind, "subscriber": subscriber_id, **tags})


def _refused(
    message: AddressMessage, requester: Requester, reader: Subscriber | None, now: datetime
) -> SignupOutcome | None:
    """Why a request must not be mailed; None if it may. `reader` is who wants a new address."""
    if requester.reason:
        return SignupOutcome.SUPPRESSED
    if requester.subscriber and requester.subscriber.has_confirmed(message.request_id):
        return SignupOutcome.CONFIRMED_ALREADY
    if isinstance(message, NewAddressMessage) and reader is None:
        return SignupOutcome.NOBODY
    if requester.mailbox.own.outdates(message, now):
        return SignupOutcome.GONE
    mails = requester.mailbox.counted
    if reader and requester.mailbox.belongs_to(reader):
        mails = mails.only(NEW_ADDRESS)
    return None if mails.allows(message.history_id, now) else SignupOutcome.TOO_SOON
