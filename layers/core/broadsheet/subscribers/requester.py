"""Who asks for a mail about a subscription, and where and how often they may be mailed."""

from dataclasses import dataclass, replace
from datetime import datetime

from broadsheet.probes import probe_of
from broadsheet.retention import PROBES
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.mailbox import mailbox_of
from broadsheet.subscribers.messages import SignUpMessage
from broadsheet.subscribers.ports import Limits, Subscribers, Vault
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import PENDING_FOR, PendingRequest, Reason, Status, Subscriber

NOTHING = SendHistory()


class RecordChangedError(RuntimeError):
    """Something changed while we looked; nothing was mailed. The queue delivers the message again."""


@dataclass(frozen=True)
class Mailbox:
    """Where an address leads, and how often it may be mailed.

    `fingerprint` is the list's, of the spelling; `counted` is the mailbox's, which most addresses have in
    common with the list's. `own` is what is remembered of the spelling, `mails` of the mailbox.
    """

    address: str
    fingerprint: str
    counted: str
    own: SendHistory = NOTHING
    mails: SendHistory = NOTHING

    @property
    def other(self) -> str:
        """The mailbox's fingerprint, where it is not the list's: what is kept with a subscriber."""
        return "" if self.counted == self.fingerprint else self.counted

    def remembered(self, limits: Limits) -> "Mailbox":
        """The same with what is remembered now."""
        own = limits.remembered(address_counter(self.fingerprint))
        if not self.other:
            return replace(self, own=own, mails=own)
        mails = limits.remembered(address_counter(self.counted)).merged_with(own)
        return replace(self, own=own, mails=mails)

    def begin_mail(self, request_id: str, limits: Limits, now: datetime) -> SendHistory:
        """Remember that a mail is about to go; gives what is remembered then, for `end_mail`.

        Raises:
            RecordChangedError: another mail was begun or a reader gone in between; nothing may be mailed.
        """
        after = self.mails.with_mail(request_id, now)
        if not limits.remember(address_counter(self.counted), after):
            raise RecordChangedError(request_id)
        if self.other and limits.remembered(address_counter(self.fingerprint)).version != self.own.version:
            raise RecordChangedError(request_id)
        return after

    def end_mail(self, begun: SendHistory, limits: Limits) -> None:
        """Remember that the mail is known to have gone."""
        limits.remember(address_counter(self.counted), begun.confirmed())


@dataclass(frozen=True)
class Requester:
    """Whose address it is, as far as that is known."""

    mailbox: Mailbox
    reason: Reason | None = None
    subscriber: Subscriber | None = None


def mailbox_for(address: str, vault: Vault, fingerprint: str = "") -> Mailbox:
    """The mailbox of an address, with nothing remembered yet; `fingerprint` is the address's, if known."""
    fingerprint, mailbox = fingerprint or vault.fingerprint(address), mailbox_of(address)
    counted = fingerprint if mailbox == address.lower() else vault.fingerprint(mailbox)
    return Mailbox(address, fingerprint, counted)


def requester_of(
    address: str, vault: Vault, subscribers: Subscribers, limits: Limits, now: datetime
) -> Requester:
    """What is known of who asks. Leaving is remembered before it is done, so that is looked at last."""
    mailbox = mailbox_for(address, vault)
    known = subscribers.find(mailbox.fingerprint, now)
    if known.reason:
        return Requester(mailbox, known.reason)
    subscriber = subscribers.get(known.subscriber_id, now) if known.subscriber_id else None
    mailbox = mailbox.remembered(limits)
    if probe_of(address):  # it asks once, ever
        mailbox = replace(mailbox, mails=replace(mailbox.mails, kept_for=PROBES))
    return Requester(mailbox, None, subscriber)


def pending(
    message: SignUpMessage, subscriber_id: str, mailbox: Mailbox, vault: Vault, now: datetime
) -> Subscriber:
    """The subscriber with this request pending; a probe's for less long."""
    choice = PendingRequest(
        message.request_id,
        message.audiences,
        message.language,
        message.text,
        message.form,
        message.asked_on,
        now + (PROBES if probe_of(mailbox.address) else PENDING_FOR),
    )
    return Subscriber(
        id=subscriber_id,
        status=Status.PENDING,
        fingerprint=mailbox.fingerprint,
        language=message.language,
        sealed_address=vault.close(mailbox.address, subscriber_id),
        choice=choice,
        mailbox=mailbox.other,
    )
