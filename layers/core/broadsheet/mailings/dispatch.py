"""Dispatches chunk messages at the rate of SES, so that messages neither pile up nor run out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.mailings.chunk_plan import MEMBERS_A_CHUNK
from broadsheet.mailings.mailing import Mailing
from broadsheet.mailings.ports import ChunkMessage, DeliveryQueue, Ledger, SendingQuota
from broadsheet.mailings.rate_limit import RateLimits

AHEAD_SECONDS = 150  # the sweep runs every minute; two runs may be missed
LONGEST_DELAY_SECONDS = 900  # SQS's
SLOWEST_RATE = 0.01  # if the quota is zero
MIN_IN_FLIGHT = 2  # chunks, so that the next one is ready
HALF_DONE = 0.5  # of a chunk that is being mailed; counted as a whole one, 5 % of the rate at 14/s was lost


@dataclass(frozen=True)
class TrialStep:
    """The stage of a mailing's trial, and the chunk number up to which it may dispatch now."""

    stage: int
    upto: int


def first_step(mailing: Mailing) -> TrialStep:
    """The step of a mailing that has just begun, or has no trial."""
    return TrialStep(mailing.trial_stage, 1 if mailing.is_in_trial else mailing.chunk_count)


@dataclass(frozen=True)
class Dispatch:
    """The use case with its ports; `quota` reads SES's quota, of whose rate the part `share` is used."""

    ledger: Ledger
    queue: DeliveryQueue
    quota: Callable[[], SendingQuota]
    rate_limits: RateLimits
    clock: Callable[[], datetime]
    share: float

    def update_rate(self) -> SendingQuota:
        """Read SES's quota, and set the rate limiter to it."""
        quota = self.quota()
        self.rate_limits.set_rate(max(quota.per_second * self.share, SLOWEST_RATE), max(1.0, 1 / self.share))
        return quota

    def __call__(
        self, mailing: Mailing, closed: int, per_second: float, step: TrialStep | None = None
    ) -> int:
        """Send messages for as many chunks as are mailed until the next sweep; returns how many.

        `closed` counts closed chunks above the watermark, `per_second` is this mailing's part of the rate,
        `step` limits what is dispatched (`first_step` if none is given).
        The dispatch is recorded first: the sweep re-enqueues messages that are lost after that.
        """
        step = step or first_step(mailing)
        members = members_of_a_further_chunk(mailing)
        seconds_a_chunk = max(members, 1) / max(per_second, SLOWEST_RATE)
        in_flight = mailing.dispatched - mailing.watermark - closed
        wanted = max(MIN_IN_FLIGHT, math.ceil(AHEAD_SECONDS / seconds_a_chunk)) - in_flight
        upto = min(step.upto, mailing.dispatched + max(0, wanted))
        if upto <= mailing.dispatched:
            return 0
        if not self.ledger.record_dispatch(mailing, upto, self.clock(), step.stage):
            return 0
        numbers = range(mailing.dispatched, upto)
        before = max(0.0, in_flight - HALF_DONE) * seconds_a_chunk
        delays = [min(LONGEST_DELAY_SECONDS, int(before + n * seconds_a_chunk)) for n in range(len(numbers))]
        self.queue.enqueue([ChunkMessage(mailing.id, number) for number in numbers], delays)
        return len(numbers)


def members_of_a_further_chunk(mailing: Mailing) -> float:
    """How many members a chunk above the watermark has on average, by those below it."""
    further, below = mailing.chunk_count - mailing.watermark, mailing.plan.share(0, mailing.watermark)
    if not below or not further:
        return MEMBERS_A_CHUNK
    return mailing.totals.get("members", 0) * (1 / below - 1) / further
