"""Every minute: begin what is due, put lost orders again, end what is complete."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import Deliveries, Ledger
from broadsheet.mailings.start import Outcome
from broadsheet.subscribers.ports import Clock


@dataclass(frozen=True)
class Sweep:
    """The use case with its ports; `start` begins a mailing by its id."""

    ledger: Ledger
    deliveries: Deliveries
    start: Callable[[str], Outcome]
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """What was done. Run twice it does the same: everything here can be repeated."""
        done = {"begun": 0, "ended": 0, "orders": 0}
        for mailing in self.ledger.unfinished():
            if mailing.state is State.HELD:
                done["begun"] += self.start(mailing.id) is Outcome.BEGUN
            elif mailing.state is State.SENDING:
                orders = self._open_orders(mailing)
                self.deliveries.put(orders)
                done["orders"] += len(orders)
                done["ended"] += self._end_if_complete(mailing)
        return done

    def _open_orders(self, mailing: Mailing) -> list[ChunkOrder]:
        """Orders for claimed chunks whose lease ran out with members waiting: their order may be lost."""
        now = self.clock()
        silent = [c for c in self.ledger.chunks(mailing.id) if not c.closed and c.leased_until < now]
        return [ChunkOrder(mailing.id, chunk.number) for chunk in silent if chunk.counts["waiting"]]

    def _end_if_complete(self, mailing: Mailing) -> bool:
        chunks = self.ledger.chunks(mailing.id)
        complete = len(chunks) == mailing.chunk_count and all(chunk.closed for chunk in chunks)
        if complete:
            self.ledger.end(mailing.id, State.DONE, self.clock())
        return complete
