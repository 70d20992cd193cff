"""How much of sign-up there is: for a network and day, for an address, for everybody in an hour.

Whoever is behind a flood of sign-ups must neither mail strangers through us nor keep readers out. So a
network has a share of a day; a mailbox is mailed once a day and three times in thirty days, whoever asks and
however its address is spelled (`mailbox.py`); and an hour has a budget of mails, half of which is kept for
the first two sign-ups of each network's day.

Shape (SaltTable): key `day`; `salt`, random bytes; `expires_at`. Earlier releases kept it in LimitsTable.

Shape (LimitsTable): key `counter`; `expires_at` (epoch seconds) in each. `network#<hex>`: `number`, of a wide
network; `own_<hex>`, of each in it; hex is HMAC-SHA-256 under the day's salt. `address#<fingerprint>`:
`mailed`, a list of [order id, epoch seconds], and `unsure`, both under the fingerprint of the mailbox, which
for most addresses is their own; `gone_at` and `over`, the mailed orders from before, under the reader's own;
`record#<subscriber id>`: `mailed` and `unsure`; both have `version`. `gone#<subscriber id>`: `gone_at`,
written when a link to leave finds no subscriber, and kept as long as backups are, so that copying back from
one does not undo it. All times beside an address or an id are the ends of their days, so that nobody learns
more than the day; earlier releases wrote the second. `budget#<hour>`: `total`, and how many of these were
`later`; `waits_<rank>` (true) if one of that rank had to wait in the hour before; `waited`, how often orders
waited, and `not_taken`, SES's code if it took no mail: `broadsheet.aws.signup_counts` reads these.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.subscribers.ports import Limits

EARLY_PLACES = 2
LAST_RANK = EARLY_PLACES + 1
SOON = timedelta(minutes=1)  # what SES throttled
WAITS = timedelta(minutes=15)  # the longest that SQS can delay; budgets are by the hour


def address_counter(fingerprint: str) -> str:
    """Where it is kept when an address was mailed."""
    return f"address#{fingerprint}"


def record_counter(subscriber_id: str) -> str:
    """Where it is kept when a reader was mailed their record."""
    return f"record#{subscriber_id}"


def absent_counter(subscriber_id: str) -> str:
    """Where it is kept that somebody asked to leave who was not on the list."""
    return f"gone#{subscriber_id}"


def let_go(limits: Limits, subscriber_id: str, fingerprint: str, now: datetime, *, mailbox: str = "") -> None:
    """Note that a reader is gone as of now, so that queued work about them is dropped; forget the rest.

    `mailbox` is the fingerprint of their mailbox, where it is not their own.
    """
    limits.gone(address_counter(fingerprint), now)
    if mailbox:
        limits.forget_mails(address_counter(mailbox), now)
    limits.forget(record_counter(subscriber_id))


@dataclass
class Budget:
    """The mails of an hour, for everybody together. A worker remembers what it found used up.

    A network's first sign-up of the day comes before its second, and both before all later ones: who comes
    later gets nothing in an hour after one in which somebody who comes earlier had to wait.
    """

    limits: Limits
    an_hour: int
    _used_up: dict[int, datetime] = field(default_factory=dict)

    def is_used_up(self, place: int, now: datetime) -> bool:
        """Whether this worker knows that there is nothing left this hour for such a place; asks nobody."""
        return any(self._used_up.get(rank) == _hour(now) for rank in range(1, _rank(place) + 1))

    def take(self, place: int, now: datetime) -> bool:
        """Take one mail of this hour; false if there is none left for such a place."""
        rank, hour = _rank(place), _hour(now)
        if self.limits.take(hour, self.an_hour, rank, self.an_hour // 2 if rank == LAST_RANK else None):
            return True
        self._used_up[rank] = hour
        if rank < LAST_RANK:
            self.limits.let_wait(hour + timedelta(hours=1), rank)
        return False

    def let_wait(self, now: datetime, not_taken: str = "") -> None:
        """Count an order that waits; the sweep reports them by the hour, so that none is told by itself."""
        self.limits.waited(_hour(now), not_taken)

    def give_back(self, place: int, now: datetime) -> None:
        """Give back what was taken for a mail that did not go."""
        self.limits.give_back(_hour(now), is_later=_rank(place) == LAST_RANK)


def _rank(place: int) -> int:
    return min(place, LAST_RANK)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
