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

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING

from broadsheet.retention import ADDRESS_COOL_DOWN, GONE_MARK
from broadsheet.subscribers.orders import SignUp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broadsheet.newsletter import SharedExit
    from broadsheet.subscribers.ports import Limits

UNKNOWN = "unknown"
PREFIX_BITS = {4: 24, 6: 48}  # what one household, office or operator's customer usually has
# Whoever has a /32 of IPv6, which registries give to anybody with a company, has 65,536 networks of 48 bits.
WIDE_BITS = {4: 24, 6: 32}
WIDE_SHARES = 10  # so many shares a wide network has, for all networks in it
BETWEEN_MAILS = timedelta(days=1)
MAILS_IN_COOL_DOWN = 3
EARLY_PLACES = 2
LAST_RANK = EARLY_PLACES + 1
_DAY_SECONDS = 86_400
_AT_ONCE_SECONDS = 45  # an order takes seconds; one that comes again comes after the queue's 120
SOON = timedelta(minutes=1)  # what SES throttled
WAITS = timedelta(minutes=15)  # the longest that SQS can delay; budgets are by the hour


class ShareUsedUpError(RuntimeError):
    """A network has asked for more than its share of the day; nothing was queued."""


@dataclass(frozen=True)
class Share:
    """How a visitor is counted: under which network, and how many sign-ups a day that one has.

    `wide` is the network around it, which has `WIDE_SHARES` as many; for most it is the same one.
    """

    network: str
    most: int
    wide: str = ""

    @property
    def around(self) -> str:
        """The wide network, or the network itself."""
        return self.wide or self.network

    def place(self, own: int, wide: int) -> int:
        """The place of a sign-up that is the so manieth of its network, and of the wide one."""
        return max(own, ceil(wide / WIDE_SHARES))


def share_of(viewer: str, exits: "Sequence[SharedExit]", usual: int) -> Share:
    """The share of the visitor whose address and port these are; without an address, of `UNKNOWN`.

    A shared exit is counted as it is listed; of several that fit, the narrowest.

    Shape: `203.0.113.7:52814`, `2001:db8::7:52814`. Source: CloudFront developer guide,
    "CloudFront-Viewer-Address": address and port, IPv6 without brackets.
    """
    address = _address(viewer)
    if address is None:
        return Share(UNKNOWN, usual)
    fitting = [exit_ for exit_ in exits if address in exit_.network]
    if fitting:
        narrowest = max(fitting, key=lambda exit_: exit_.network.prefixlen)
        return Share(str(narrowest.network), narrowest.share)
    own, wide = (
        str(ip_network((address, bits[address.version]), strict=False)) for bits in (PREFIX_BITS, WIDE_BITS)
    )
    return Share(own, usual, "" if wide == own else wide)


def _address(viewer: str) -> IPv4Address | IPv6Address | None:
    host, _, port = viewer.strip().rpartition(":")
    if not port.isdecimal():
        return None
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


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


def address_counter(fingerprint: str) -> str:
    """Where it is kept when an address was mailed."""
    return f"address#{fingerprint}"


def record_counter(subscriber_id: str) -> str:
    """Where it is kept when a reader was mailed their record."""
    return f"record#{subscriber_id}"


def absent_counter(subscriber_id: str) -> str:
    """Where it is kept that somebody asked to leave who was not on the list."""
    return f"gone#{subscriber_id}"


def let_go(
    limits: "Limits", subscriber_id: str, fingerprint: str, now: datetime, *, mailbox: str = ""
) -> None:
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

    limits: "Limits"
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
