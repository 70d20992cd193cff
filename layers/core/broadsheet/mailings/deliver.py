"""Mail one chunk: claim it, freeze its members, write who is about to be mailed, send, write the answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from broadsheet.mailings.body import Body
from broadsheet.mailings.mailing import Chunk, Mailing, Standing, State, chunk_range
from broadsheet.mailings.orders import ChunkOrder
from broadsheet.mailings.ports import (
    Addresses,
    Bodies,
    BulkMailer,
    Ledger,
    Letter,
    NotSentError,
    Reader,
    Readers,
)
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.links import Links
from broadsheet.subscribers.ports import Clock

LARGEST_CALL = 50
LEASE_SECONDS = 120


class LaterError(RuntimeError):
    """Not everybody could be mailed now; the rest wait in the ledger. The queue offers the order again."""


@dataclass(frozen=True)
class Delivered:
    """How the chunk stands after the call."""

    chunk: Chunk | None

    def counts(self) -> dict[str, int]:
        """Members by standing; empty if there was nothing to do."""
        return self.chunk.counts() if self.chunk else {}


@dataclass(frozen=True)
class DeliverChunk:
    """The use case with its ports."""

    newsletter: Newsletter
    ledger: Ledger
    readers: Readers
    bodies: Bodies
    addresses: Addresses
    links: Links
    mailer: BulkMailer
    clock: Clock

    def __call__(self, order: ChunkOrder) -> Delivered:
        """Mail those of the chunk who are still waiting; a closed chunk is done at once.

        Members are whoever is confirmed in the audience at the first claim; someone who has left since is
        skipped. Nobody whose answer is missing is mailed again here.

        Raises:
            LaterError, LeasedError: the order must come again.
            StaleAttemptError: another worker has taken over; this one stops.
        """
        mailing = self.ledger.mailing(order.mailing)
        if mailing is None or mailing.state is not State.SENDING:
            return Delivered(None)
        chunk = self.ledger.claim(mailing.id, order.number, self.clock(), LEASE_SECONDS)
        if chunk is None:
            return Delivered(None)
        found = self.readers.within(chunk_range(order.number, mailing.chunk_count), mailing.audience)
        readers = {reader.id: reader for reader in found}
        if chunk.members is None:
            chunk = self.ledger.freeze(chunk, list(readers))
        return Delivered(self._mail(mailing, chunk, readers))

    def _mail(self, mailing: Mailing, chunk: Chunk, readers: dict[str, Reader]) -> Chunk:
        waiting = [m for m, standing in (chunk.members or {}).items() if standing == Standing.WAITING]
        gone = {member: Standing.SKIPPED.value for member in waiting if member not in readers}
        pending: dict[str, str] = gone
        if len(waiting) > len(gone):
            body = self.bodies.body(mailing.issue, mailing.edition, mailing.revision)
            for batch in _batches([readers[m] for m in waiting if m in readers], LARGEST_CALL):
                letters = [self._letter(reader, body) for reader in batch]
                in_doubt = {reader.id: Standing.IN_DOUBT.value for reader in batch}
                chunk = self.ledger.record(chunk, {**pending, **in_doubt})
                pending = self._answers(mailing, chunk, body, letters)
        left = set({**(chunk.members or {}), **pending}.values())
        settled = not {Standing.WAITING, Standing.IN_DOUBT} & left
        chunk = self.ledger.record(chunk, pending, close=settled)
        if Standing.WAITING in left:
            raise LaterError(f"{mailing.id} chunk {chunk.number}")
        return chunk

    def _answers(self, mailing: Mailing, chunk: Chunk, body: Body, letters: list[Letter]) -> dict[str, str]:
        tags = {"mailing": mailing.id, "chunk": str(chunk.number)}
        try:
            standings = self.mailer.send(body, letters, tags)
        except NotSentError:
            standings = [Standing.WAITING.value] * len(letters)
        return {letter.subscriber_id: standing for letter, standing in zip(letters, standings, strict=True)}

    def _letter(self, reader: Reader, body: Body) -> Letter:
        token = self.links.unsubscribe_token(reader.id)
        url = f"{self.newsletter.origin}/api/unsubscribe?t={token}&in={body.edition}"
        return Letter(reader.id, self.addresses.open(reader.sealed_address, reader.id), url)


def _batches(readers: list[Reader], size: int) -> Iterator[list[Reader]]:
    rest = iter(readers)
    while batch := list(islice(rest, size)):
        yield batch
