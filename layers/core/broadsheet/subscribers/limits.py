"""The limits of sign-up: of a network in a day, of a mailbox, and of all mails in an hour.

A flood of sign-ups must neither mail strangers through us nor keep readers out. So a network has a share of
sign-ups a day; a mailbox is mailed once a day and three times in thirty days, whoever asks and however its
address is spelled (`mailbox.py`); and an hour has a budget of mails, half of it reserved for the first two
sign-ups of each network's day.

Shape (SaltTable): key `day`; `salt`, random bytes; `expires_at`. Earlier releases kept it in LimitsTable.

Shape (LimitsTable): key `counter`; `expires_at` (epoch seconds) in each. `network#<hex>`: `number`, of a wide
network; `own_<hex>`, of each in it; hex is HMAC-SHA-256 under the day's salt. `address#<fingerprint>`:
`mailed`, a list of [request id, epoch seconds], and `unsure` (our `unconfirmed`), both under the fingerprint
of the mailbox, for most addresses their own; `gone_at` and `over`, the requests mailed before, under the
reader's own, where `mailed` and `unsure` then have what was mailed since. `record#<subscriber id>`: `mailed`
and `unsure`; both have `version`. `gone#<subscriber id>`: `gone_at`, written when an unsubscribe link finds
no subscriber, and kept as long as backups are, so that a restore does not undo it. Every time beside an
address or an id is the end of its day, so that it reveals no more than the day; earlier releases wrote the
second. `budget#<hour>`: `total`, and how many of these were `later`; `waits_<priority>` (true) if a request
of that priority had to wait in the hour before; `waited`, how often messages waited, and `not_taken`, SES's
code if it accepted no mail; `aws.signup_counts` reads the last two.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.subscribers.ports import Limits

LOWEST_PRIORITY = 3  # from the third sign-up of a network's day on
RETRY_SOON = timedelta(minutes=1)  # after SES throttled a mail
RETRY_LATER = timedelta(minutes=15)  # the longest delay of SQS; budgets are by the hour


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
    """Write the tombstone by which queued messages about a reader are dropped, and delete their histories.

    `mailbox` is the fingerprint of their mailbox, if it differs from their own.
    """
    write_address_tombstone(limits, fingerprint, now, mailbox=mailbox)
    limits.delete_history(record_counter(subscriber_id))


def write_address_tombstone(limits: Limits, fingerprint: str, now: datetime, *, mailbox: str = "") -> None:
    """The same for an address whose reader stays, at another one."""
    limits.put_tombstone(address_counter(fingerprint), now)
    if mailbox:
        limits.delete_mails(address_counter(mailbox), now)


@dataclass
class Budget:
    """The mails of an hour, for all requests together. A worker caches which priorities have none left.

    A network's first sign-up of the day has priority over its second, and both over all later ones: if one
    has to wait, lower priorities get no mail in the next hour.
    """

    limits: Limits
    per_hour: int
    _used_up: dict[int, datetime] = field(default_factory=dict)

    def is_used_up(self, attempt: int, now: datetime) -> bool:
        """Whether this worker has cached that no mail is left this hour for that attempt; makes no call."""
        return any(self._used_up.get(priority) == _hour(now) for priority in range(1, _priority(attempt) + 1))

    def take(self, attempt: int, now: datetime) -> bool:
        """Take one mail of this hour; False if none is left for that attempt."""
        priority, hour = _priority(attempt), _hour(now)
        later = self.per_hour // 2 if priority == LOWEST_PRIORITY else None
        if self.limits.take(hour, self.per_hour, priority, later):
            return True
        self._used_up[priority] = hour
        if priority < LOWEST_PRIORITY:
            self.limits.note_waiting(hour + timedelta(hours=1), priority)
        return False

    def note_waiting(self, now: datetime, not_taken: str = "") -> None:
        """Count a waiting message; the sweep reports the sum of an hour, never a single one."""
        self.limits.count_waiting(_hour(now), not_taken)

    def give_back(self, attempt: int, now: datetime) -> None:
        """Give back a mail that was not sent."""
        self.limits.give_back(_hour(now), is_late=_priority(attempt) == LOWEST_PRIORITY)


def _priority(attempt: int) -> int:
    return min(attempt, LOWEST_PRIORITY)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
