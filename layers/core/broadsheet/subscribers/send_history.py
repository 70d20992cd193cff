"""What is remembered of the mails to one address, so that nobody gets too many."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from broadsheet.retention import ADDRESS_COOL_DOWN, TOMBSTONE
from broadsheet.subscribers.messages import SignUpMessage

BETWEEN_MAILS = timedelta(days=1)
MAILS_IN_COOL_DOWN = 3
_DAY_SECONDS = 86_400
_AT_ONCE_SECONDS = 45  # a message takes seconds; one that is delivered again comes after the queue's 120


@dataclass(frozen=True)
class SendHistory:
    """Which requests were mailed when, or when the reader was gone.

    `over` are the requests that had been mailed when the reader went. `unconfirmed` is the request whose mail
    was begun and is not known to have gone. `version` goes up with each write, so that of two writers only
    one succeeds. `kept_for`, after the last mail, is not stored: the address tells it.
    Units: epoch seconds, at the end of the day (UTC): a cool-down may be longer by that, never shorter.
    """

    mailed: tuple[tuple[str, int], ...] = ()
    gone_at: int | None = None
    version: int = 0
    unconfirmed: str = ""
    kept_for: timedelta = ADDRESS_COOL_DOWN
    over: frozenset[str] = frozenset()

    def allows(self, request_id: str, now: datetime) -> bool:
        """Whether a request may be mailed now; one that was, only while its mail is unconfirmed."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        others = [at for mailed, at in self.mailed if mailed != request_id and at > since]
        for mailed, _ in self.mailed:
            if mailed == request_id:
                return self.unconfirmed == request_id
        last_day = int((now - BETWEEN_MAILS).timestamp())
        return len(others) < MAILS_IN_COOL_DOWN and all(at <= last_day for at in others)

    def with_mail(self, request_id: str, now: datetime) -> "SendHistory":
        """The history once that request is about to be mailed, without what is older than the cool-down."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        kept = tuple(entry for entry in self.mailed if entry[0] != request_id and entry[1] > since)
        first = next((at for mailed, at in self.mailed if mailed == request_id), end_of_day(now))
        mailed = (*kept, (request_id, first))
        return replace(self, mailed=mailed, version=self.version + 1, unconfirmed=request_id)

    @property
    def days(self) -> frozenset[date]:
        """The days (UTC) on which it was mailed."""
        return frozenset(day_ending(at) for _, at in self.mailed)

    @property
    def gone_on(self) -> date | None:
        """The day (UTC) on which its reader was gone."""
        return None if self.gone_at is None else day_ending(self.gone_at)

    def merged_with(self, other: "SendHistory") -> "SendHistory":
        """The history with the mails of another one; version and `gone_at` stay.

        Earlier releases kept mails under the fingerprint of the spelling: these still count.
        """
        mailed = tuple(dict.fromkeys((*self.mailed, *other.mailed)))
        return replace(self, mailed=mailed, unconfirmed=self.unconfirmed or other.unconfirmed)

    def confirmed(self) -> "SendHistory":
        """The history once the mail is known to have gone."""
        return replace(self, version=self.version + 1, unconfirmed="")

    def outdates(self, message: SignUpMessage, now: datetime) -> bool:
        """Whether a request is from before its reader was gone.

        A request that was mailed before they went is known by its id. Of any other of that very day only its
        delay tells: one that is processed at once came after they had gone; one that had to wait is taken for
        older, and dropped.
        """
        if message.request_id in self.over:
            return True
        if self.gone_at is None or message.asked_at > self.gone_at:
            return False
        is_exact = self.gone_at % _DAY_SECONDS != 0  # as earlier releases wrote it
        is_of_that_day = datetime.fromtimestamp(message.asked_at, UTC).date() == self.gone_on
        return is_exact or not is_of_that_day or now.timestamp() - message.asked_at > _AT_ONCE_SECONDS


def end_of_day(moment: datetime) -> int:
    """The end of the day (UTC), in epoch seconds: all that is kept of a moment beside an address."""
    return (int(moment.timestamp()) // _DAY_SECONDS + 1) * _DAY_SECONDS


def day_ending(epoch_seconds: int) -> date:
    """The day (UTC) that ends then, or that a moment within it belongs to."""
    return datetime.fromtimestamp(epoch_seconds - 1, UTC).date()


def expiry_of(history: SendHistory) -> int:
    """When a history can be forgotten, in epoch seconds."""
    last = max((at for _, at in history.mailed), default=0)
    gone = 0 if history.gone_at is None else history.gone_at + int(TOMBSTONE.total_seconds())
    return max(last + int(history.kept_for.total_seconds()) if last else 0, gone)
