"""Every minute: begin what is due, put lost orders again, end what is complete."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from broadsheet.mailings.mailing import Mailing, State
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import ChunkState, Deliveries, Ledger
from broadsheet.mailings.start import Outcome
from broadsheet.subscribers.ports import Clock

SILENT_AFTER = timedelta(minutes=10)  # a lease and this are longer than DeliveryQueue hides an order


@dataclass(frozen=True)
class Sweep:
    """The use case with its ports; `start` begins a mailing by its id."""

    ledger: Ledger
    deliveries: Deliveries
    start: Callable[[str], Outcome]
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """What was done. Run twice it does the same: everything here can be repeated.

        Raises:
            ExceptionGroup: what failed, once every mailing has had its turn.
        """
        done = {"begun": 0, "ended": 0, "orders": 0}
        failures: list[Exception] = []
        for mailing in self.ledger.unfinished():
            try:
                self._look_after(mailing, done)
            except Exception as error:  # noqa: BLE001  # raised below: one bad mailing must not stop the others
                failures.append(error)
        if failures:
            raise ExceptionGroup("mailings that the sweep could not look after", failures)
        return done

    def _look_after(self, mailing: Mailing, done: dict[str, int]) -> None:
        if mailing.state is State.HELD:
            done["begun"] += self.start(mailing.id) is Outcome.BEGUN
            return
        chunks = self.ledger.chunks(mailing.id)
        orders = self._open_orders(mailing, chunks)
        self.deliveries.put(orders)
        done["orders"] += len(orders)
        done["ended"] += self._end_if_complete(mailing, chunks)

    def _open_orders(self, mailing: Mailing, chunks: list[ChunkState]) -> list[ChunkOrder]:
        """Orders that may be lost: of claimed chunks that wait in silence, of all if nothing moves."""
        long_ago = self.clock() - SILENT_AFTER
        waiting = [chunk for chunk in chunks if not chunk.closed and chunk.counts["waiting"]]
        numbers = {chunk.number for chunk in waiting if chunk.leased_until < long_ago}
        if max([mailing.due_at, *(chunk.leased_until for chunk in chunks)]) < long_ago:
            numbers |= set(range(mailing.chunk_count)) - {chunk.number for chunk in chunks}
        return [ChunkOrder(mailing.id, number) for number in sorted(numbers)]

    def _end_if_complete(self, mailing: Mailing, chunks: list[ChunkState]) -> bool:
        complete = len(chunks) == mailing.chunk_count and all(chunk.closed for chunk in chunks)
        if complete:
            self.ledger.end(mailing.id, State.DONE, self.clock())
        return complete
