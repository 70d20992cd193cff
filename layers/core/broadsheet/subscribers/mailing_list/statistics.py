"""Counts the list; looks up or erases what is stored about one address."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from broadsheet.subscribers.limits import address_counter, record_counter, write_tombstone
from broadsheet.subscribers.mailing_list.ports import MailingList
from broadsheet.subscribers.ports import Limits, Subscribers
from broadsheet.subscribers.requester import find_subscriber
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import Known, PendingAddress, Reason, Status, Subscriber

FEWEST_SHOWN = 5  # fewer people might be recognised
FEW = f"fewer than {FEWEST_SHOWN}"
NOT_SHOWN = "not shown"
NOTHING = SendHistory()
LONG_AGO = datetime.fromtimestamp(0, UTC)  # when nothing had expired


@dataclass
class Counts:
    """Confirmed subscribers by audience, language and month (`2016-12`), and the number of pending ones."""

    confirmed: int = 0
    pending: int = 0
    audiences: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)


def count(people: Iterable[Subscriber], now: datetime) -> Counts:
    """Count subscribers, without expired requests."""
    counts = Counts()
    for one in people:
        if one.status is Status.PENDING:
            counts.pending += one.pending_request is not None and one.pending_request.expires_at > now
            continue
        counts.confirmed += 1
        counts.audiences.update(one.audiences)
        counts.languages[one.language] += 1
        counts.months[f"{one.consent.confirmed_on:%Y-%m}" if one.consent else "unknown"] += 1
    return counts


def shown(number: int) -> str:
    """A count, or that it is too small to be shown."""
    return str(number) if number >= FEWEST_SHOWN else FEW


def shown_parts(parts: Mapping[str, int], total: int | None = None) -> dict[str, str]:
    """Counts whose total is shown as well, so that a small count can't be derived from the others.

    If only one is small, the next smallest is hidden, too; with overlapping parts only if the others do not
    add up to the `total`.
    """
    shown_counts = {name: shown(number) for name, number in parts.items()}
    small = [name for name, number in parts.items() if number < FEWEST_SHOWN]
    others = sum(number for number in parts.values() if number >= FEWEST_SHOWN)
    if len(small) == 1 and len(parts) > 1 and (total is None or others < total):
        next_smallest = min((name for name in parts if name != small[0]), key=lambda name: parts[name])
        shown_counts[next_smallest] = NOT_SHOWN
    return shown_counts


@dataclass(frozen=True)
class StoredData:
    """Everything that is stored about an address.

    `send_history` is that of confirmations, `record` that of mails with the reader's record. `new_address`
    is one that the subscriber asked for; `asked_for` are other readers' requests for this address.
    """

    subscriber: Subscriber | None
    reason: Reason | None
    opted_out_on: date | None
    send_history: SendHistory
    record: SendHistory = NOTHING
    new_address: PendingAddress | None = None
    asked_for: tuple[PendingAddress, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is stored."""
        return self == StoredData(None, None, None, SendHistory(version=self.send_history.version))


def find_stored_data(
    fingerprint: str,
    *,
    subscribers: Subscribers,
    mailing_list: MailingList,
    limits: Limits,
    mailbox: str = "",
) -> StoredData:
    """Look up everything that is stored about an address, expired or not; changes nothing.

    `mailbox` is the fingerprint of its mailbox, if that differs.
    """
    known, person = find_subscriber(fingerprint, subscribers, LONG_AGO)
    of_mailbox = limits.send_history(address_counter(mailbox)) if mailbox else NOTHING
    return StoredData(
        person,
        known.reason,
        mailing_list.opted_out_on(fingerprint),
        limits.send_history(address_counter(fingerprint)).merged_with(of_mailbox),
        limits.send_history(record_counter(person.id)) if person else NOTHING,
        subscribers.pending_address(person.id, LONG_AGO) if person else None,
        tuple(mailing_list.asked_for(fingerprint)),
    )


def erase_address(
    fingerprint: str,
    *,
    not_again: bool,
    subscribers: Subscribers,
    mailing_list: MailingList,
    limits: Limits,
    now: datetime,
    mailbox: str = "",
    even_if_suppressed: bool = False,
) -> Known:
    """Erase everything that is stored about an address but its suppression; returns what was known before.

    `even_if_suppressed` erases the suppression, too. `mailbox` is the fingerprint of its mailbox, if that
    differs. `not_again` suppresses the fingerprint, so that nobody can sign it up or import it.

    The tombstone is written first: by it, queued messages about the person are dropped. A second call finds
    nothing to erase.
    """
    known, person = find_subscriber(fingerprint, subscribers, LONG_AGO)
    write_tombstone(limits, known.subscriber_id or "", fingerprint, now, mailbox=mailbox)
    if person:
        subscribers.erase(person, now.date(), not_again=not_again)
    elif not_again:
        subscribers.suppress(fingerprint, Reason.NOT_AGAIN, now.date())
    for pending in mailing_list.asked_for(fingerprint):
        mailing_list.delete_pending_address(pending)
    if even_if_suppressed:
        mailing_list.delete_suppression(fingerprint)
    mailing_list.delete_opt_out(fingerprint)
    return known
