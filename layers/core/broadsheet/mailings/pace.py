"""The pace: how many recipients may be given to SES when, so that no second holds more than is granted.

One book for the whole account, written by version: workers reserve calls in it before they make them. Times
are seconds since the epoch, rates recipients a second.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

LARGEST_CALL = 50  # SendBulkEmail takes no more
LEAST_OF_A_CALL = 0.4  # below this share of a full call it pays to wait: measured, decision 8
TICK = 1e-6  # what floating point may lose
LATE_SECONDS = 0.1  # a call may come so much after its turn: within what a share of 90 % leaves
SHORTEST_LEAD_SECONDS, LONGEST_LEAD_SECONDS = 0.1, 3.2  # to get ready for a turn
BLOCK_SECONDS = 4.0  # reserved at once: a pause takes effect within it


class Grant(NamedTuple):
    """One call: when, and to how many at most."""

    at: float
    recipients: int


@dataclass(frozen=True)
class Pace:
    """The book: the rate, and the calls of the last second and of the next ones. Version 0 is empty.

    Within any `window` seconds lies no more than the rate gives in so many. Where a share of what SES grants
    is used, the window is as much longer than a second: calls that come late by the difference still keep
    what any second holds within the grant.
    """

    per_second: float = 1.0
    grants: tuple[Grant, ...] = ()
    version: int = 0
    window: float = 1.0

    @property
    def most(self) -> float:
        """How many recipients a window holds at most: one a time where the rate is below that."""
        return max(1.0, self.per_second * self.window + TICK)

    @property
    def largest_call(self) -> int:
        """How many recipients one call has at most."""
        return min(LARGEST_CALL, int(self.most))

    def reserved(self, wanted: int, now: float) -> tuple[list[Grant], "Pace"]:
        """Calls for `wanted` recipients, or for as many as go within a block; and the book with them.

        Spread evenly, and never more than the rate in any window, ends included at one side.
        """
        book = [grant for grant in self.grants if grant.at > now - max(self.window, 1 / self.per_second)]
        granted: list[Grant] = []
        while wanted > 0:
            grant = self._next(book, wanted, now)
            if granted and grant.at > granted[0].at + BLOCK_SECONDS:
                break
            book.append(grant)
            granted.append(grant)
            wanted -= grant.recipients
        return granted, replace(self, grants=tuple(book), version=self.version + 1)

    def _next(self, book: list[Grant], wanted: int, now: float) -> Grant:
        at = _kept(max(now, book[-1].at + book[-1].recipients / self.per_second) if book else now)
        wanted = min(wanted, self.largest_call)
        least = min(wanted, max(1, LEAST_OF_A_CALL * self.largest_call))
        while True:
            before = [grant for grant in book if at - self.window + TICK < grant.at]
            room = self.most - sum(grant.recipients for grant in before)
            if room >= least:
                return Grant(at, min(wanted, int(room)))
            at = _kept(before[0].at + self.window)


def _kept(at: float) -> float:
    """The time as the book keeps it, in whole milliseconds, and not before."""
    return math.ceil(at * 1000 - TICK) / 1000


class Paces(Protocol):
    """The one book. Reads see every write that was acknowledged."""

    def pace(self) -> Pace:
        """The book as it is."""

    def put(self, pace: Pace) -> Pace | None:
        """Write over version `pace.version - 1`; gives what is there instead if another came first."""

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        """From now on at this rate; what is reserved stays. A second time changes nothing."""


class PaceBook:
    """Reserves calls; remembers the book as it last saw it, so that mostly one write is enough.

    A worker begins to get ready for a turn, with reads and writes, `lead_seconds` before it. One that was not
    ready in time misses it and takes another, with twice the lead. One whose calls take longer than the pace
    gives each of them no longer reserves several together; a longer lead would not help it.
    """

    def __init__(self, paces: Paces) -> None:
        self._paces, self._seen, self._is_slow = paces, None, False
        self.lead_seconds = SHORTEST_LEAD_SECONDS

    _seen: Pace | None

    def missed(self) -> None:
        """A slot came before this worker was ready for it."""
        self._is_slow = True
        self.lead_seconds = min(2 * self.lead_seconds, LONGEST_LEAD_SECONDS)

    def overtaken(self) -> None:
        """A slot went by while this worker's call before it still lasted."""
        self._is_slow = True

    def reserve(self, wanted: int, now: float, within: float = math.inf) -> list[Grant]:
        """Calls for up to `wanted` recipients. What is reserved and not used is lost, and harms nobody.

        Where the first is further off than `within` seconds it is only told, and nothing is reserved.
        """
        pace = self._seen or self._paces.pace()
        while True:
            most = min(wanted, pace.largest_call) if self._is_slow else wanted
            granted, after = pace.reserved(most, now + self.lead_seconds)
            if granted[0].at - now > within:
                return granted[:1]
            instead = self._paces.put(after)
            if instead is None:
                self._seen = after
                return granted
            pace = instead
