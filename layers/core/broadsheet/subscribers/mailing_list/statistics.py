"""Statistics of the list, and looking up or erasing what is stored about one address."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from broadsheet.subscribers.limits import address_counter, record_counter, write_tombstone
from broadsheet.subscribers.mailing_list.ports import MailingList
from broadsheet.subscribers.ports import Limits, Subscribers
from broadsheet.subscribers.send_history import SendHistory
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber

FEWEST_TOLD = 5  # a smaller number in a table may be known persons
FEW = f"fewer than {FEWEST_TOLD}"
NOT_SHOWN = "not shown"
NOTHING = SendHistory()
LONG_AGO = datetime.fromtimestamp(0, UTC)  # nothing had lapsed


@dataclass
class Counts:
    """Confirmed subscribers by what they chose and by month (`2016-12`); and how many wait to confirm."""

    confirmed: int = 0
    pending: int = 0
    audiences: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)


def count(people: Iterable[Subscriber], now: datetime) -> Counts:
    """Count subscribers; lapsed requests are left out."""
    counts = Counts()
    for one in people:
        if one.status is Status.PENDING:
            counts.pending += one.choice is not None and one.choice.expires_at > now
            continue
        counts.confirmed += 1
        counts.audiences.update(one.audiences)
        counts.languages[one.language] += 1
        counts.months[f"{one.consent.confirmed_on:%Y-%m}" if one.consent else "unknown"] += 1
    return counts


def shown(number: int) -> str:
    """A count, or that it is too small to be shown."""
    return str(number) if number >= FEWEST_TOLD else FEW


def shown_parts(parts: Mapping[str, int], total: int | None = None) -> dict[str, str]:
    """Counts beside a total that is shown, too, so that a small count can't be derived from the others.

    Where just one is small, the next smallest is hidden as well. Overlapping parts need that only where
    the others do not add up to the `total`.
    """
    shown_counts = {name: shown(number) for name, number in parts.items()}
    small = [name for name, number in parts.items() if number < FEWEST_TOLD]
    others = sum(number for number in parts.values() if number >= FEWEST_TOLD)
    if len(small) == 1 and len(parts) > 1 and (total is None or others < total):
        shown_counts[min((name for name in parts if name != small[0]), key=lambda name: parts[name])] = (
            NOT_SHOWN
        )
    return shown_counts


@dataclass(frozen=True)
class StoredData:
    """All that is stored about an address: a subscriber, a suppression, an opt-out record.

    `remembered` is the send history of confirmations, `record` that of mails with their own record.
    """

    subscriber: Subscriber | None
    reason: Reason | None
    opted_out_on: date | None
    remembered: SendHistory
    record: SendHistory = NOTHING

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is stored at all."""
        return self == StoredData(None, None, None, SendHistory(version=self.remembered.version))


def find_stored_data(
    fingerprint: str,
    *,
    subscribers: Subscribers,
    mailing_list: MailingList,
    limits: Limits,
    mailbox: str = "",
) -> StoredData:
    """Look up all that is stored about an address, lapsed or not; changes nothing.

    `mailbox` is the fingerprint of its mailbox, if that differs.
    """
    known = subscribers.find(fingerprint, LONG_AGO)
    person = subscribers.get(known.subscriber_id, LONG_AGO) if known.subscriber_id else None
    return StoredData(
        person,
        known.reason,
        mailing_list.opted_out_on(fingerprint),
        limits.remembered(address_counter(fingerprint)).merged_with(
            limits.remembered(address_counter(mailbox)) if mailbox else NOTHING
        ),
        limits.remembered(record_counter(person.id)) if person else NOTHING,
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
    """Erase all that is stored about an address but its suppression; gives what was known before.

    With `even_if_suppressed` the suppression goes as well. `mailbox` is the fingerprint of its mailbox, if
    that differs. With `not_again` the fingerprint stays, so that nobody can sign them up or import them.

    The tombstone comes first: it drops messages about the person that wait in a queue. A second call finds
    nothing, and ends the same.
    """
    known = subscribers.find(fingerprint, LONG_AGO)
    person = subscribers.get(known.subscriber_id, LONG_AGO) if known.subscriber_id else None
    write_tombstone(limits, known.subscriber_id or "", fingerprint, now, mailbox=mailbox)
    if person:
        subscribers.erase(person, now.date(), not_again=not_again)
    elif not_again:
        subscribers.suppress(fingerprint, Reason.NOT_AGAIN, now.date())
    if even_if_suppressed:
        mailing_list.delete_suppression(fingerprint)
    mailing_list.delete_opt_out(fingerprint)
    return known
