"""The rate limiter of the account: no second of slots holds more recipients than SES grants.

Its state is shared and written by version: workers reserve calls in it before they make them. SES counts when
a call arrives, which is later than its slot by different times. At a share of 90 %, no second holds more than
the grant at SES either if calls arrive within a tenth of a second of their slots. Times are seconds since the
epoch, rates are recipients a second.

Source: SES Developer Guide, sending quotas: the rate may be exceeded for short bursts, not for long.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

LARGEST_CALL = 50  # SendBulkEmail takes no more
LEAST_OF_A_CALL = 0.45  # of a full call: below it, waiting pays (measured, decision 8)
TICK = 1e-6  # tolerance for floating point
LATE_SECONDS = (
    0.05  # a call may begin this late for its slot; a share of 90 % leaves as much for its way to SES
)
SHORTEST_WARM_UP_SECONDS, LONGEST_WARM_UP_SECONDS = 0.1, 3.2  # before a slot
BLOCK_SECONDS = 4.0  # reserved at once, so that a pause takes effect within it


class Reservation(NamedTuple):
    """The slot of one call: its time, and its recipients at most."""

    at: float
    recipients: int


@dataclass(frozen=True)
class LimiterState:
    """The rate, and the reservations of the last and the next seconds. Version 0 is empty.

    No `window` seconds hold more than the rate allows. If only a share of SES's rate is used, the window is
    longer than a second by that factor, so that calls may reach SES late by the difference.
    """

    per_second: float = 1.0
    reservations: tuple[Reservation, ...] = ()
    version: int = 0
    window: float = 1.0

    @property
    def most(self) -> float:
        """The most recipients of a window: one, if the rate is below that."""
        return max(1.0, self.per_second * self.window + TICK)

    @property
    def largest_call(self) -> int:
        """The most recipients of one call."""
        return min(LARGEST_CALL, int(self.most))

    def reserved(self, wanted: int, now: float) -> tuple[list[Reservation], "LimiterState"]:
        """Reserve calls for `wanted` recipients, or as many as fit in a block; and the new state.

        They are spread evenly and keep the rate in any half-open window.
        """
        since = now - max(self.window, 1 / self.per_second)
        taken = [reservation for reservation in self.reservations if reservation.at > since]
        reserved_now: list[Reservation] = []
        while wanted > 0:
            reservation = self._next(taken, wanted, now)
            if reserved_now and reservation.at > reserved_now[0].at + BLOCK_SECONDS:
                break
            taken.append(reservation)
            reserved_now.append(reservation)
            wanted -= reservation.recipients
        return reserved_now, replace(self, reservations=tuple(taken), version=self.version + 1)

    def _next(self, taken: list[Reservation], wanted: int, now: float) -> Reservation:
        last = taken[-1] if taken else Reservation(now, 0)
        at = _rounded_up(max(now, last.at + last.recipients / self.per_second))
        wanted = min(wanted, self.largest_call)
        least = min(wanted, max(1, LEAST_OF_A_CALL * self.largest_call))
        while True:
            before = [reservation for reservation in taken if at - self.window + TICK < reservation.at]
            room = self.most - sum(reservation.recipients for reservation in before)
            if room >= least:
                return Reservation(at, min(wanted, int(room)))
            at = _rounded_up(before[0].at + self.window)


def _rounded_up(at: float) -> float:
    """The time in milliseconds, as stored."""
    return math.ceil(at * 1000 - TICK) / 1000


class RateLimits(Protocol):
    """The shared state. Reads are strongly consistent."""

    def state(self) -> LimiterState:
        """The stored state."""

    def put(self, state: LimiterState) -> LimiterState | None:
        """Write over version `state.version - 1`; returns the stored state if another was first."""

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        """Set the rate; reservations stay. A second time changes nothing."""


@dataclass
class RateLimiter:
    """Reserves calls; caches the state, so that mostly one write is enough.

    A worker starts to prepare for a slot `warm_up_seconds` before it. If it is late it takes another, with
    twice the warm-up. If its calls take longer than their slots, it reserves one call at a time.
    """

    rate_limits: RateLimits
    warm_up_seconds: float = SHORTEST_WARM_UP_SECONDS
    _cached: LimiterState | None = None
    _is_slow: bool = False

    def missed(self) -> None:
        """The worker was not ready for its slot."""
        self._is_slow = True
        self.warm_up_seconds = min(2 * self.warm_up_seconds, LONGEST_WARM_UP_SECONDS)

    def overtaken(self) -> None:
        """A slot passed during the worker's previous call."""
        self._is_slow = True

    def reserve(self, wanted: int, now: float, within: float = math.inf) -> list[Reservation]:
        """Reserve calls for up to `wanted` recipients; unused reservations are lost.

        If the first slot is later than `within` seconds, it is returned and nothing is reserved.
        """
        state = self._cached or self.rate_limits.state()
        while True:
            most = min(wanted, state.largest_call) if self._is_slow else wanted
            reserved_now, after = state.reserved(most, now + self.warm_up_seconds)
            if reserved_now[0].at - now > within:
                return reserved_now[:1]
            instead = self.rate_limits.put(after)
            if instead is None:
                self._cached = after
                return reserved_now
            state = instead
