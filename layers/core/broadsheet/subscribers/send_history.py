"""The recent mails to one address, so that nobody gets too many."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from broadsheet.retention import ADDRESS_COOL_DOWN, TOMBSTONE
from broadsheet.subscribers.messages import AddressMessage

BETWEEN_MAILS = timedelta(days=1)
MAILS_IN_COOL_DOWN = 3
_DAY_SECONDS = 86_400
_AT_ONCE_SECONDS = 45  # a message takes seconds; one that is delivered again comes after the queue's 120


@dataclass(frozen=True)
class SendHistory:
    """Which requests were mailed when, and when the reader was gone.

    `over` are the requests that had been mailed by then. `unconfirmed` is the request whose mail was begun
    and may not have been sent. `version` rises with each write, so that of two writers only one succeeds.
    `kept_for` counts from the last mail and is not stored: it follows from the address.
    Units: epoch seconds, at the end of the day (UTC): a cool-down may be a day longer, never shorter.
    """

    mailed: tuple[tuple[str, int], ...] = ()
    gone_at: int | None = None
    version: int = 0
    unconfirmed: str = ""
    kept_for: timedelta = ADDRESS_COOL_DOWN
    over: frozenset[str] = frozenset()

    def allows(self, request_id: str, now: datetime) -> bool:
        """Whether a request may be mailed now; one that was mailed may be only while it is unconfirmed."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        others = [at for mailed, at in self.mailed if mailed != request_id and at > since]
        for mailed, _ in self.mailed:
            if mailed == request_id:
                return self.unconfirmed == request_id
        last_day = int((now - BETWEEN_MAILS).timestamp())
        return len(others) < MAILS_IN_COOL_DOWN and all(at <= last_day for at in others)

    def with_mail(self, request_id: str, now: datetime) -> "SendHistory":
        """The history with a mail for that request begun, without mails older than the cool-down."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        kept = tuple((mailed, at) for mailed, at in self.mailed if mailed != request_id and at > since)
        first = next((at for mailed, at in self.mailed if mailed == request_id), end_of_day(now))
        mailed = (*kept, (request_id, first))
        return replace(self, mailed=mailed, version=self.version + 1, unconfirmed=request_id)

    @property
    def days(self) -> frozenset[date]:
        """The days (UTC) of the mails."""
        return frozenset(day_ending(at) for _, at in self.mailed)

    @property
    def gone_on(self) -> date | None:
        """The day (UTC) on which the reader was gone."""
        return None if self.gone_at is None else day_ending(self.gone_at)

    def merged_with(self, other: "SendHistory") -> "SendHistory":
        """The history with the mails of another one; version and `gone_at` stay.

        Earlier releases stored mails under the fingerprint of the address: these still count.
        """
        mailed = tuple(dict.fromkeys((*self.mailed, *other.mailed)))
        return replace(self, mailed=mailed, unconfirmed=self.unconfirmed or other.unconfirmed)

    def confirmed(self) -> "SendHistory":
        """The history with its last mail known to be sent."""
        return replace(self, version=self.version + 1, unconfirmed="")

    def only(self, prefix: str) -> "SendHistory":
        """The history without the mails whose ids begin in another way."""
        return replace(self, mailed=tuple(mail for mail in self.mailed if mail[0].startswith(prefix)))

    def outdates(self, message: AddressMessage, now: datetime) -> bool:
        """Whether a request was made before its reader was gone.

        A request that was mailed is known by its id, before or since. Of another one of the same day only the
        delay is known: if it is processed at once it was made after; if it had to wait it counts as made
        before.
        """
        if message.history_id in self.over:
            return True
        if any(mailed == message.history_id for mailed, _ in self.mailed):
            return False
        if self.gone_at is None or message.asked_at > self.gone_at:
            return False
        is_exact = self.gone_at % _DAY_SECONDS != 0  # as earlier releases wrote it
        is_of_that_day = datetime.fromtimestamp(message.asked_at, UTC).date() == self.gone_on
        return is_exact or not is_of_that_day or now.timestamp() - message.asked_at > _AT_ONCE_SECONDS


def end_of_day(moment: datetime) -> int:
    """The end of the day (UTC), in epoch seconds: no finer time is stored beside an address."""
    return (int(moment.timestamp()) // _DAY_SECONDS + 1) * _DAY_SECONDS


def day_ending(epoch_seconds: int) -> date:
    """The day (UTC) that contains that time or ends with it."""
    return datetime.fromtimestamp(epoch_seconds - 1, UTC).date()


def expiry_of(history: SendHistory) -> int:
    """When a history expires, in epoch seconds."""
    last = max((at for _, at in history.mailed), default=0)
    gone = 0 if history.gone_at is None else history.gone_at + int(TOMBSTONE.total_seconds())
    return max(last + int(history.kept_for.total_seconds()) if last else 0, gone)
