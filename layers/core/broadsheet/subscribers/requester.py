"""Who asks for a mail about a subscription, and how often their mailbox may be mailed."""

from dataclasses import dataclass, replace
from datetime import datetime

from broadsheet.probes import probe_of
from broadsheet.retention import NEW_ADDRESS, PENDING, PROBES
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.mailbox import mailbox_of
from broadsheet.subscribers.messages import NewAddressMessage, SignupMessage
from broadsheet.subscribers.ports import Limits, Subscribers, Vault
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import (
    Known,
    PendingAddress,
    PendingRequest,
    Reason,
    Status,
    Subscriber,
)

NOTHING = SendHistory()


class RecordChangedError(RuntimeError):
    """Another writer was first; nothing was mailed. Let the queue deliver the message again."""


@dataclass(frozen=True)
class Mailbox:
    """An address, its mailbox and their send histories.

    `fingerprint` is that of the address, under which the list has it; `mailbox_fingerprint` is that of its
    mailbox, for most addresses the same. `own` is the history of the address, `mails` that of the mailbox.
    """

    address: str
    fingerprint: str
    mailbox_fingerprint: str
    own: SendHistory = NOTHING
    mails: SendHistory = NOTHING

    @property
    def separate_fingerprint(self) -> str:
        """The mailbox's fingerprint if it differs from the address's, else ""; stored with a subscriber."""
        return "" if self.mailbox_fingerprint == self.fingerprint else self.mailbox_fingerprint

    def belongs_to(self, reader: Subscriber | PendingAddress) -> bool:
        """Whether a reader's present or pending address is of this mailbox, too.

        If the present one is, its confirmation and its manage links, without which nobody changes an address,
        do not count against the mail to the new spelling.
        """
        return self.mailbox_fingerprint in {reader.fingerprint, reader.mailbox}

    def with_histories(self, limits: Limits) -> "Mailbox":
        """The same with its stored histories."""
        own = limits.send_history(address_counter(self.fingerprint))
        if not self.separate_fingerprint:
            return replace(self, own=own, mails=own)
        mails = limits.send_history(address_counter(self.mailbox_fingerprint)).merged_with(own)
        return replace(self, own=own, mails=mails)

    @property
    def counted(self) -> SendHistory:
        """The mails that count against the next one; of a reader who has just left, only those since then.

        Who leaves and comes back is mailed, though their mailbox was mailed lately: leaving deletes its mails
        only where it is stored with the subscriber, and imports do not store it.
        """
        return self.mails if self.own.gone_at is None else self.own

    def begin_mail(self, history_id: str, limits: Limits, now: datetime) -> "Mailbox":
        """Record that a mail is about to be sent; returns what was written, for `end_mail`.

        Of an address with a tombstone it is recorded under both fingerprints: so later on it is known to be
        of a request made since.

        Raises:
            RecordChangedError: another mail was recorded, or the reader left, in between; send nothing.
        """
        after = self.mails.with_mail(history_id, now)
        if not limits.put_history(address_counter(self.mailbox_fingerprint), after):
            raise RecordChangedError(history_id)
        if not self.separate_fingerprint:
            return replace(self, own=after, mails=after)
        counter = address_counter(self.fingerprint)
        if self.own.gone_at is None:
            if limits.send_history(counter).version != self.own.version:
                raise RecordChangedError(history_id)
            return replace(self, mails=after)
        own = self.own.with_mail(history_id, now)
        if not limits.put_history(counter, own):
            raise RecordChangedError(history_id)
        return replace(self, own=own, mails=after)

    def end_mail(self, limits: Limits) -> None:
        """Record that the mail that was begun was sent."""
        limits.put_history(address_counter(self.mailbox_fingerprint), self.mails.confirmed())
        if self.separate_fingerprint and self.own.gone_at is not None:
            limits.put_history(address_counter(self.fingerprint), self.own.confirmed())


@dataclass(frozen=True)
class Requester:
    """An address that asks for a mail: its subscriber, or why it must not be mailed."""

    mailbox: Mailbox
    reason: Reason | None = None
    subscriber: Subscriber | None = None


def mailbox_for(address: str, vault: Vault, fingerprint: str = "") -> Mailbox:
    """The mailbox of an address, its histories not yet read; `fingerprint` is the address's, if known."""
    fingerprint, mailbox = fingerprint or vault.fingerprint(address), mailbox_of(address)
    mailbox_fingerprint = fingerprint if mailbox == address.lower() else vault.fingerprint(mailbox)
    return Mailbox(address, fingerprint, mailbox_fingerprint)


def find_subscriber(
    fingerprint: str, subscribers: Subscribers, now: datetime
) -> tuple[Known, Subscriber | None]:
    """What is known of an address, and its subscriber if it has one.

    A reader who moves in between the two looks has another address by now: then this one has no subscriber.
    A mail to it must not have links to their page.
    """
    known = subscribers.find(fingerprint, now)
    subscriber = subscribers.get(known.subscriber_id, now) if known.subscriber_id else None
    is_theirs = subscriber is not None and subscriber.fingerprint == fingerprint
    return known, subscriber if is_theirs else None


def requester_of(
    address: str, vault: Vault, subscribers: Subscribers, limits: Limits, now: datetime
) -> Requester:
    """Look up who asks. The tombstone of a reader who leaves is written first, so it is read last."""
    mailbox = mailbox_for(address, vault)
    known, subscriber = find_subscriber(mailbox.fingerprint, subscribers, now)
    if known.reason:
        return Requester(mailbox, known.reason)
    mailbox = mailbox.with_histories(limits)
    if probe_of(address):  # no probe signs up twice
        mailbox = replace(mailbox, mails=replace(mailbox.mails, kept_for=PROBES))
    return Requester(mailbox, None, subscriber)


def pending(
    message: SignupMessage, subscriber_id: str, mailbox: Mailbox, vault: Vault, now: datetime
) -> Subscriber:
    """The subscriber with this request pending; a probe's request expires sooner."""
    request = PendingRequest(
        message.request_id,
        message.audiences,
        message.language,
        message.text,
        message.form,
        message.asked_on,
        now + (PROBES if probe_of(mailbox.address) else PENDING),
    )
    return Subscriber(
        id=subscriber_id,
        status=Status.PENDING,
        fingerprint=mailbox.fingerprint,
        language=message.language,
        sealed_address=vault.seal(mailbox.address, subscriber_id),
        pending_request=request,
        mailbox=mailbox.separate_fingerprint,
    )


def pending_address(
    message: NewAddressMessage, mailbox: Mailbox, vault: Vault, now: datetime
) -> PendingAddress:
    """The new address as it waits for its confirmation, sealed for the reader who asked for it."""
    return PendingAddress(
        request_id=message.request_id,
        subscriber_id=message.subscriber_id,
        fingerprint=mailbox.fingerprint,
        sealed_address=vault.seal(mailbox.address, message.subscriber_id),
        asked_on=message.asked_on,
        expires_at=now + NEW_ADDRESS,
        mailbox=mailbox.separate_fingerprint,
        asked_at=message.asked_at,
    )


def lapsed(subscriber: Subscriber, now: datetime) -> Subscriber:
    """A pending subscriber whose request ends now."""
    request = subscriber.pending_request
    return replace(subscriber, pending_request=request and replace(request, expires_at=now))
