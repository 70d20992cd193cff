"""Orders of chunks, released as the pace allows: nobody waits in a worker for hours, nothing runs dry."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.mailings.mailing import MEMBERS_A_CHUNK, Mailing
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.pace import Paces
from broadsheet.mailings.ports import Account, Accounts, Deliveries, Ledger

AHEAD_SECONDS = 150  # the sweep comes every minute; two may be missed
LONGEST_DELAY_SECONDS = 900  # SQS's
SLOWEST_RATE = 0.01  # where nothing is granted
AT_LEAST_OUT = 2  # chunks, so that the next one is ready
HALF_DONE = 0.5  # of those out one is being mailed: counted whole, a twentieth of the pace at 14/s was lost


@dataclass(frozen=True)
class Release:
    """The use case with its ports; `share` of the granted rate is used."""

    ledger: Ledger
    deliveries: Deliveries
    accounts: Accounts
    paces: Paces
    clock: Callable[[], datetime]
    share: float

    def follow_grant(self) -> Account:
        """Ask SES for its grant, and keep the pace to it from now on."""
        account = self.accounts.account()
        self.paces.set_rate(max(account.per_second * self.share, SLOWEST_RATE), max(1.0, 1 / self.share))
        return account

    def __call__(self, mailing: Mailing, closed: int, per_second: float) -> int:
        """Put the orders of as many more chunks as the pace takes until the sweep has come again.

        `closed` chunks lie between the frontier and what was released, `per_second` is this mailing's part of
        the pace. What is released is noted first: orders that are lost then are put again by the sweep.
        """
        members = mailing.totals.get("members", 0) / mailing.frontier if mailing.frontier else MEMBERS_A_CHUNK
        seconds_a_chunk = max(members, 1) / max(per_second, SLOWEST_RATE)
        out = mailing.released - mailing.frontier - closed
        wanted = max(AT_LEAST_OUT, math.ceil(AHEAD_SECONDS / seconds_a_chunk)) - out
        upto = min(mailing.chunk_count, mailing.released + max(0, wanted))
        if upto == mailing.released or not self.ledger.release(mailing, upto, self.clock()):
            return 0
        numbers = range(mailing.released, upto)
        before = max(0.0, out - HALF_DONE) * seconds_a_chunk
        delays = [min(LONGEST_DELAY_SECONDS, int(before + n * seconds_a_chunk)) for n in range(len(numbers))]
        self.deliveries.put([ChunkOrder(mailing.id, number) for number in numbers], delays)
        return len(numbers)
