"""How much of sign-up there is: for a network and day, for an address, for everybody in an hour.

Whoever is behind a flood of sign-ups must neither mail strangers through us nor keep readers out. So a
network has a share of a day; a mailbox is mailed once a day and three times in thirty days, whoever asks and
however its address is spelled (`mailbox.py`); and an hour has a budget of mails, half of which is kept for
the first two sign-ups of each network's day.

Shape (SaltTable): key `day`; `salt`, random bytes; `expires_at`. Earlier releases kept it in LimitsTable.

Shape (LimitsTable): key `counter`; `expires_at` (epoch seconds) in each. `network#<hex>`: `number`, of a
wide network; `own_<hex>`, of each in it; hex is HMAC-SHA-256 under the day's salt. `address#<fingerprint>`:
`mailed`, a list of [request id, epoch seconds], and `unsure` (our `unconfirmed`), both under the fingerprint
of the mailbox, which for most addresses is their own; `gone_at` and `over`, the requests that had been
mailed, under the reader's own; `record#<subscriber id>`: `mailed` and `unsure`; both have `version`.
`gone#<subscriber id>`: `gone_at`, written when a link to leave finds no subscriber, and kept as long as
backups are, so that copying back from one does not undo it. All times beside an address or an id are the
ends of their days, so that nobody learns more than the day; earlier releases wrote the second.
`budget#<hour>`: `total`, and how many of these were `later`; `waits_<priority>` (true) if one of that
priority had to wait in the hour before; `waited`, how often messages waited, and `not_taken`, SES's code if
it took no mail: `broadsheet.aws.signup_counts` reads these.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.subscribers.ports import Limits

EARLY_PLACES = 2
LOWEST_PRIORITY = EARLY_PLACES + 1
SOON = timedelta(minutes=1)  # what SES throttled
WAITS = timedelta(minutes=15)  # the longest that SQS can delay; budgets are by the hour


def address_counter(fingerprint: str) -> str:
    """The key of the send history of an address."""
    return f"address#{fingerprint}"


def record_counter(subscriber_id: str) -> str:
    """The key of the send history of a reader's record."""
    return f"record#{subscriber_id}"


def absent_counter(subscriber_id: str) -> str:
    """The key of the tombstone of somebody who asked to leave and was not on the list."""
    return f"gone#{subscriber_id}"


def write_tombstone(
    limits: Limits, subscriber_id: str, fingerprint: str, now: datetime, *, mailbox: str = ""
) -> None:
    """Write that a reader is gone as of now, so that queued messages about them are dropped; forget the rest.

    `mailbox` is the fingerprint of their mailbox, where it is not their own.
    """
    limits.gone(address_counter(fingerprint), now)
    if mailbox:
        limits.forget_mails(address_counter(mailbox), now)
    limits.forget(record_counter(subscriber_id))


@dataclass
class Budget:
    """The mails of an hour, for everybody together. A worker caches what it found used up.

    A network's first sign-up of the day has priority over its second, and both over all later ones: a lower
    priority gets nothing in an hour after one in which a higher one had to wait.
    """

    limits: Limits
    an_hour: int
    _used_up: dict[int, datetime] = field(default_factory=dict)

    def is_used_up(self, attempt: int, now: datetime) -> bool:
        """Whether this worker knows that there is nothing left this hour for that attempt; asks nobody."""
        return any(self._used_up.get(priority) == _hour(now) for priority in range(1, _priority(attempt) + 1))

    def take(self, attempt: int, now: datetime) -> bool:
        """Take one mail of this hour; false if there is none left for that attempt."""
        priority, hour = _priority(attempt), _hour(now)
        if self.limits.take(
            hour, self.an_hour, priority, self.an_hour // 2 if priority == LOWEST_PRIORITY else None
        ):
            return True
        self._used_up[priority] = hour
        if priority < LOWEST_PRIORITY:
            self.limits.note_waiting(hour + timedelta(hours=1), priority)
        return False

    def note_waiting(self, now: datetime, not_taken: str = "") -> None:
        """Count a message that waits; the sweep reports them by the hour, never one by one."""
        self.limits.waited(_hour(now), not_taken)

    def give_back(self, attempt: int, now: datetime) -> None:
        """Give back what was taken for a mail that did not go."""
        self.limits.give_back(_hour(now), is_late=_priority(attempt) == LOWEST_PRIORITY)


def _priority(attempt: int) -> int:
    return min(attempt, LOWEST_PRIORITY)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
