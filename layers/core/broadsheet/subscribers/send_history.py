"""What is remembered of the mails to one address, so that nobody gets too many; stored in LimitsTable."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from broadsheet.retention import ADDRESS_COOL_DOWN, GONE_MARK
from broadsheet.subscribers.orders import SignUp

BETWEEN_MAILS = timedelta(days=1)
MAILS_IN_COOL_DOWN = 3
_DAY_SECONDS = 86_400
_AT_ONCE_SECONDS = 45  # an order takes seconds; one that comes again comes after the queue's 120


@dataclass(frozen=True)
class Remembered:
    """What is remembered of an address: which orders were mailed when, or when its reader was gone.

    `over` are the orders that had been mailed when the reader went. `unsure` is the order whose mail has been
    begun, and of which nobody knows yet that it went. `version` goes up with each write, so that of two that
    read the same only one writes. `kept_for`, after the last mail, is not stored: the address tells it.
    Units: epoch seconds, at the end of the day (UTC): a cool-down may be longer by that, never shorter.
    """

    mailed: tuple[tuple[str, int], ...] = ()
    gone_at: int | None = None
    version: int = 0
    unsure: str = ""
    kept_for: timedelta = ADDRESS_COOL_DOWN
    over: frozenset[str] = frozenset()

    def lets(self, order_id: str, now: datetime) -> bool:
        """Whether an order may be mailed now; one that was, only while nobody knows that its mail went."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        others = [at for mailed, at in self.mailed if mailed != order_id and at > since]
        for mailed, _ in self.mailed:
            if mailed == order_id:
                return self.unsure == order_id
        last_day = int((now - BETWEEN_MAILS).timestamp())
        return len(others) < MAILS_IN_COOL_DOWN and all(at <= last_day for at in others)

    def with_mail(self, order_id: str, now: datetime) -> "Remembered":
        """The same once that order is about to be mailed; what is older than the cool-down is forgotten."""
        since = int((now - ADDRESS_COOL_DOWN).timestamp())
        kept = tuple(entry for entry in self.mailed if entry[0] != order_id and entry[1] > since)
        first = next((at for mailed, at in self.mailed if mailed == order_id), end_of_day(now))
        mailed = (*kept, (order_id, first))
        return replace(self, mailed=mailed, version=self.version + 1, unsure=order_id)

    @property
    def days(self) -> frozenset[date]:
        """The days (UTC) on which it was mailed."""
        return frozenset(day_ending(at) for _, at in self.mailed)

    @property
    def gone_on(self) -> date | None:
        """The day (UTC) on which its reader was gone."""
        return None if self.gone_at is None else day_ending(self.gone_at)

    def with_those_of(self, other: "Remembered") -> "Remembered":
        """The same with the mails that are remembered elsewhere; version, and when one was gone, stay.

        Before limits counted mailboxes, mails lay under the fingerprint of the spelling: these count on.
        """
        mailed = tuple(dict.fromkeys((*self.mailed, *other.mailed)))
        return replace(self, mailed=mailed, unsure=self.unsure or other.unsure)

    def sure(self) -> "Remembered":
        """The same once the mail is known to have gone."""
        return replace(self, version=self.version + 1, unsure="")

    def is_over(self, order: SignUp, now: datetime) -> bool:
        """Whether the order is from before its reader was gone.

        An order that was mailed before they went is known by its id. Of any other of that very day only its
        delay tells: one that is worked off at once came after they had gone; one that had to wait is taken
        for older, and dropped.
        """
        if order.order_id in self.over:
            return True
        if self.gone_at is None or order.asked_at > self.gone_at:
            return False
        is_exact = self.gone_at % _DAY_SECONDS != 0  # as earlier releases wrote it
        is_of_that_day = datetime.fromtimestamp(order.asked_at, UTC).date() == self.gone_on
        return is_exact or not is_of_that_day or now.timestamp() - order.asked_at > _AT_ONCE_SECONDS


def end_of_day(moment: datetime) -> int:
    """The end of the day (UTC), in epoch seconds: all that is kept of a moment beside an address."""
    return (int(moment.timestamp()) // _DAY_SECONDS + 1) * _DAY_SECONDS


def day_ending(epoch_seconds: int) -> date:
    """The day (UTC) that ends then, or that a moment within it belongs to."""
    return datetime.fromtimestamp(epoch_seconds - 1, UTC).date()


def until(remembered: Remembered) -> int:
    """When what is remembered can be forgotten, in epoch seconds."""
    last = max((at for _, at in remembered.mailed), default=0)
    gone = 0 if remembered.gone_at is None else remembered.gone_at + int(GONE_MARK.total_seconds())
    return max(last + int(remembered.kept_for.total_seconds()) if last else 0, gone)
