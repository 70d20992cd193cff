"""What an operator is told of the list: how many of what kind, and what is kept of one address."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from broadsheet.subscribers.limits import address_counter, record_counter, write_tombstone
from broadsheet.subscribers.mailing_list.ports import Roster
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
    """Count them."""
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
    """A count as it may be shown."""
    return str(number) if number >= FEWEST_TOLD else FEW


def shown_parts(parts: Mapping[str, int], total: int | None = None) -> dict[str, str]:
    """Counts that add up to a number that is shown, too: a small one can't be told from the others.

    Where just one is small, the next smallest is not shown either. Parts that overlap need that only where
    the others leave somebody of the `total` over.
    """
    told = {name: shown(number) for name, number in parts.items()}
    small = [name for name, number in parts.items() if number < FEWEST_TOLD]
    others = sum(number for number in parts.values() if number >= FEWEST_TOLD)
    if len(small) == 1 and len(parts) > 1 and (total is None or others < total):
        told[min((name for name in parts if name != small[0]), key=lambda name: parts[name])] = NOT_SHOWN
    return told


@dataclass(frozen=True)
class Kept:
    """All that is kept of an address: it may be on the list, have left, or be one that must not be mailed.

    `remembered` has when it was mailed about a sign-up, `record` when its reader was mailed their record.
    """

    subscriber: Subscriber | None
    reason: Reason | None
    opted_out_on: date | None
    remembered: SendHistory
    record: SendHistory = NOTHING

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is kept at all."""
        return self == Kept(None, None, None, SendHistory(version=self.remembered.version))


def kept_of(
    fingerprint: str, *, subscribers: Subscribers, roster: Roster, limits: Limits, mailbox: str = ""
) -> Kept:
    """Look up all that is kept of an address, lapsed or not; changes nothing.

    `mailbox` is the fingerprint of its mailbox, where that is another.
    """
    known = subscribers.find(fingerprint, LONG_AGO)
    person = subscribers.get(known.subscriber_id, LONG_AGO) if known.subscriber_id else None
    return Kept(
        person,
        known.reason,
        roster.opted_out_on(fingerprint),
        limits.remembered(address_counter(fingerprint)).merged_with(
            limits.remembered(address_counter(mailbox)) if mailbox else NOTHING
        ),
        limits.remembered(record_counter(person.id)) if person else NOTHING,
    )


def forget(
    fingerprint: str,
    *,
    not_again: bool,
    subscribers: Subscribers,
    roster: Roster,
    limits: Limits,
    now: datetime,
    mailbox: str = "",
    even_if_suppressed: bool = False,
) -> Known:
    """Erase all that is kept of an address but why it must not be mailed; gives what was known of it.

    With `even_if_suppressed` that goes as well. `mailbox` is the fingerprint of its mailbox, where that is
    another.

    Work about the person that waits in a queue is dropped: that comes first, so that none slips through. With
    `not_again` the fingerprint stays, so that nobody can sign them up or import them. A second time finds
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
        roster.delete_suppression(fingerprint)
    roster.delete_opt_out(fingerprint)
    return known
