"""Taking in a table of people: read it, say what would become of each row, then write those who are new.

The table is read three times, row by row: to know who in it is not subscribed any more, to ask the list about
the others, and to write. What grows with it is a digest and a fingerprint a row, about 250 bytes; no address.

Nobody comes back by an import who left, bounced, complained or said "not again": the list is asked beforehand
(`plan`), and each write holds only if nothing of that came about since (`Roster.take_in`). So a run that
ended anywhere is begun again and ends as one run would have, whether or not its bookmark is still there.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from broadsheet.ports import Clock
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.mailbox import mailbox_of
from broadsheet.subscribers.mailing_list.cells import addresses_in
from broadsheet.subscribers.mailing_list.lines import BadRow, Fault, SheetError
from broadsheet.subscribers.mailing_list.ports import Addresses, Fate, Roster
from broadsheet.subscribers.mailing_list.rows import Candidate, NotSubscribed, Reading, State
from broadsheet.subscribers.mailing_list.sheet import Sheet
from broadsheet.subscribers.subscriber import Consent, Status, Subscriber, for_fingerprint, new_subscriber_id

AT_ONCE = 33  # people in a transaction: three entries each, of the 100 that DynamoDB takes
WORKERS = 16
LINES_TOLD = 10
FORM = "import"
_DIGEST_BYTES, _PRINT_BYTES = 16, 32
_FATES = tuple(Fate)

What = TypeVar("What")
Result = TypeVar("Result")
Told = Callable[[int], None]


@dataclass
class Tally:
    """How many rows came to what; of faulty ones the first lines."""

    fates: Counter[Fate] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    lines: dict[Fault, list[int]] = field(default_factory=dict)

    def add(self, fate: Fate, line: int = 0, fault: Fault | None = None) -> None:
        """One more row."""
        self.fates[fate] += 1
        if fault:
            self.faults[fault] += 1
            if len(first := self.lines.setdefault(fault, [])) < LINES_TOLD:
                first.append(line)

    @property
    def rows(self) -> int:
        """All of them."""
        return self.fates.total()


@dataclass(frozen=True)
class Source:
    """A table with how it is read, and the digests of those whom some row does not call subscribed.

    `mailboxes` are those of their mailboxes: another spelling of one is a finding, not somebody to take in.
    `secret` makes digests of addresses mean nothing outside this run.
    """

    sheet: Sheet
    reading: Reading
    secret: bytes
    ended: frozenset[bytes]
    last_line: int
    mailboxes: frozenset[bytes] = frozenset()

    def candidates(self, tally: Tally) -> Iterator[Candidate]:
        """Who is to be taken in; all other rows are added to the tally."""
        seen: dict[bytes, tuple[str, ...]] = {}
        for row in self.sheet.rows():
            found = row if isinstance(row, BadRow) else self.reading.read(row)
            if isinstance(found, BadRow):
                tally.add(Fate.BAD, found.line, found.fault)
                continue
            if isinstance(found, NotSubscribed):
                tally.add(Fate.NOT_SUBSCRIBED)
                continue
            digest = self.digest(found)
            if digest in self.ended:
                tally.add(Fate.NOT_SUBSCRIBED)
            elif self.mailboxes and _digest(mailbox_of(found.address), self.secret) in self.mailboxes:
                tally.add(Fate.BAD, found.line, Fault.SPELLING)
            elif digest in seen:
                wants_more = set(found.audiences) - set(seen[digest])
                tally.add(Fate.TWICE, found.line, Fault.AGAIN if wants_more else None)
            else:
                seen[digest] = found.audiences
                yield found

    def digest(self, one: Candidate) -> bytes:
        """What stands for an address during this run."""
        return _digest(one.address, self.secret)


@dataclass
class Plan:
    """What would become of whom, by their order in the table; `done` is the last line that is settled."""

    source: Source
    tally: Tally
    done: int = 0
    digests: bytearray = field(default_factory=bytearray)
    prints: bytearray = field(default_factory=bytearray)
    fates: bytearray = field(default_factory=bytearray)

    def add(self, one: Candidate, fingerprint: str, fate: Fate) -> None:
        """The next candidate."""
        self.digests += self.source.digest(one)
        self.prints += bytes.fromhex(fingerprint)
        self.fates.append(_FATES.index(fate))

    def of(self, order: int, one: Candidate) -> tuple[str, Fate]:
        """Fingerprint and fate of a candidate.

        Raises:
            SheetError: it is another one than when this was planned.
        """
        start, digest = order * _PRINT_BYTES, self.source.digest(one)
        if self.digests[order * _DIGEST_BYTES : (order + 1) * _DIGEST_BYTES] != digest:
            raise SheetError(
                "The file was changed while it was read. Nobody else was taken in; run it again."
            )
        return self.prints[start : start + _PRINT_BYTES].hex(), _FATES[self.fates[order]]


@dataclass(frozen=True)
class Agreement:
    """What is written of the consent of all: the import's id, and where they agreed."""

    import_id: str
    source: str


def survey(sheet: Sheet, reading: Reading, secret: bytes, others: Iterable[Sheet] = ()) -> Source:
    """Read the table once, without asking anybody; whoever stands anywhere in the `others` stays out.

    Raises:
        SheetError: a row of the others can't be read. It may name somebody who left.
    """
    ended, mailboxes, line = set(), set(), 0
    for address in (address for other in others for address in _everybody_in(other)):
        ended.add(_digest(address, secret))
        mailboxes.add(_digest(mailbox_of(address), secret))
    for row in sheet.rows():
        line = row.line
        if isinstance(row, BadRow) or reading.state(row) is State.SUBSCRIBED:
            continue
        if address := reading.address(row):
            ended.add(_digest(address, secret))
            mailboxes.add(_digest(mailbox_of(address), secret))
    return Source(sheet, reading, secret, frozenset(ended), line, frozenset(mailboxes))


def _everybody_in(sheet: Sheet) -> Iterator[str]:
    for row in sheet.rows():
        if isinstance(row, BadRow):
            raise SheetError(
                f"Line {row.line} of the file of those who stay out {row.fault}. Mend it: it may name one."
            )
        for found in (found for cell in row.cells for found in addresses_in(cell)):
            with suppress(AddressError):
                yield normalise(found)


def plan(
    source: Source, done: int, *, roster: Roster, clock: Clock, told: Told, workers: int = WORKERS
) -> Plan:
    """Ask the list about everybody in the table below line `done`; changes nothing.

    `told` gets the line up to which that is done.
    """
    made = Plan(source, Tally(), done)

    def ask(batch: list[Candidate]) -> tuple[list[str], list[Fate]]:
        prints = roster.fingerprints([one.address for one in batch])
        return prints, roster.look(prints, clock())

    waiting = (one for one in source.candidates(made.tally) if one.line > done)
    for batch, (prints, fates) in in_order(_batches(waiting), ask, workers):
        for one, fingerprint, fate in zip(batch, prints, fates, strict=True):
            made.add(one, fingerprint, fate)
            made.tally.add(fate)
        told(batch[-1].line)
    return made


def carry_out(
    planned: Plan,
    agreement: Agreement,
    *,
    roster: Roster,
    addresses: Addresses,
    clock: Clock,
    told: Callable[[int, Tally], None],
    workers: int = WORKERS,
) -> Tally:
    """Take in who is new by the plan and still is; the tally of all rows.

    Everybody is written in the order of the table, some at once. `told` gets the line up to which all are
    settled, for a bookmark; after a crash people beyond it may have been taken in, too.
    """
    tally = Tally()

    def take_in(batch: list[tuple[Candidate, str, Fate]]) -> list[Fate]:
        people = [
            _subscriber(one, prints, agreement, addresses) for one, prints, fate in batch if fate is Fate.NEW
        ]
        written = iter(roster.take_in(people, clock()) if people else [])
        return [next(written) if fate is Fate.NEW else fate for _, _, fate in batch]

    waiting = (one for one in planned.source.candidates(tally) if one.line > planned.done)
    planned_ones = ((one, *planned.of(order, one)) for order, one in enumerate(waiting))
    for batch, fates in in_order(_batches(planned_ones), take_in, workers):
        for fate in fates:
            tally.add(fate)
        told(batch[-1][0].line, tally)
    return tally


def in_order(
    batches: Iterable[What], work: Callable[[What], Result], workers: int
) -> Iterator[tuple[What, Result]]:
    """Work on a few batches at once, and give them back in their order.

    Whatever ends this early, an error or Ctrl-C, waits for those that are worked on and begins no other.
    """
    under_way: deque[tuple[What, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for batch in batches:
            under_way.append((batch, pool.submit(work, batch)))
            if len(under_way) > 2 * workers:
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(found: Iterable[What]) -> Iterator[list[What]]:
    entries = iter(found)
    while batch := list(islice(entries, AT_ONCE)):
        yield batch


def _subscriber(one: Candidate, fingerprint: str, agreement: Agreement, addresses: Addresses) -> Subscriber:
    subscriber_id = new_subscriber_id()
    consent = Consent(
        request_id=agreement.import_id,
        text=agreement.source,
        form=FORM,
        language=one.language,
        asked_on=one.consent_on,
        confirmed_on=one.consent_on,
        confirmed_by=FORM,
    )
    return Subscriber(
        id=subscriber_id,
        status=Status.CONFIRMED,
        fingerprint=fingerprint,
        language=one.language,
        sealed_address=addresses.close(one.address, subscriber_id),
        audiences=frozenset(one.audiences),
        consent=consent,
    )


def _digest(address: str, secret: bytes) -> bytes:
    return hashlib.blake2b(for_fingerprint(address), digest_size=_DIGEST_BYTES, key=secret).digest()
