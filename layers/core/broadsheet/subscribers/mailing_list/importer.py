"""Imports a table of subscribers: scan it, plan the status of each row, then write the new subscribers.

The table is read three times, row by row: to find who is not subscribed any more, to look the others up in
the list, and to write. Memory grows by a digest and a fingerprint for each row, about 250 bytes; no address.

An import never brings back a reader who left, bounced, complained or said "not again": they are looked up
first (`plan_import`), and each write is conditional (`MailingList.add_new`). So an interrupted run can be
repeated with the result of a single run, whether or not its checkpoint still exists.
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
from broadsheet.subscribers.mailing_list.csv_rows import InvalidRow, RowProblem, TableError
from broadsheet.subscribers.mailing_list.csv_table import CSVTable
from broadsheet.subscribers.mailing_list.ports import ImportStatus, MailingList
from broadsheet.subscribers.mailing_list.row_reader import Candidate, RowReader, RowState
from broadsheet.subscribers.ports import AddressCipher
from broadsheet.subscribers.subscriber import Consent, Status, Subscriber, for_fingerprint, new_subscriber_id

BATCH = 33  # people in a transaction: three items each, of the 100 that DynamoDB allows
WORKERS = 16
LINES_SHOWN = 10
FORM = "import"
_DIGEST_BYTES, _FINGERPRINT_BYTES = 16, 32
_STATUSES = tuple(ImportStatus)

What = TypeVar("What")
Result = TypeVar("Result")
OnProgress = Callable[[int], None]


@dataclass
class RowCounts:
    """The number of rows with each status; for each problem the first line numbers."""

    statuses: Counter[ImportStatus] = field(default_factory=Counter)
    problems: Counter[RowProblem] = field(default_factory=Counter)
    lines: dict[RowProblem, list[int]] = field(default_factory=dict)

    def add(self, status: ImportStatus, line: int = 0, problem: RowProblem | None = None) -> None:
        """Count a row."""
        self.statuses[status] += 1
        if problem:
            self.problems[problem] += 1
            if len(first := self.lines.setdefault(problem, [])) < LINES_SHOWN:
                first.append(line)


@dataclass(frozen=True)
class ScannedTable:
    """A table, its row reader, and digests of the addresses that some row says are not subscribed.

    `mailboxes` are digests of their mailboxes: a row with another spelling of one is invalid. `secret` is the
    key of the digests, so that they are useless outside this run.
    """

    table: CSVTable
    row_reader: RowReader
    secret: bytes
    ended: frozenset[bytes]
    last_line: int
    mailboxes: frozenset[bytes] = frozenset()

    def candidates(self, counts: RowCounts) -> Iterator[Candidate]:
        """Yield the people to import; all other rows are added to `counts`."""
        seen: dict[bytes, tuple[str, ...]] = {}
        for row in self.table.rows():
            found = row if isinstance(row, InvalidRow) else self.row_reader.read(row)
            if isinstance(found, InvalidRow):
                counts.add(ImportStatus.INVALID, found.line, found.problem)
                continue
            if found is None or (digest := self.digest(found)) in self.ended:
                counts.add(ImportStatus.NOT_SUBSCRIBED)
            elif self.mailboxes and _digest(mailbox_of(found.address), self.secret) in self.mailboxes:
                counts.add(ImportStatus.INVALID, found.line, RowProblem.SPELLING)
            elif digest in seen:
                wants_more = set(found.audiences) - set(seen[digest])
                counts.add(ImportStatus.DUPLICATE, found.line, RowProblem.AGAIN if wants_more else None)
            else:
                seen[digest] = found.audiences
                yield found

    def digest(self, one: Candidate) -> bytes:
        """The digest of an address, valid during this run."""
        return _digest(one.address, self.secret)


@dataclass
class ImportPlan:
    """The status of each candidate in the order of the table; `done` is the last line already processed."""

    source: ScannedTable
    counts: RowCounts
    done: int = 0
    digests: bytearray = field(default_factory=bytearray)
    fingerprints: bytearray = field(default_factory=bytearray)
    statuses: bytearray = field(default_factory=bytearray)

    def add(self, one: Candidate, fingerprint: str, status: ImportStatus) -> None:
        """Append the next candidate."""
        self.digests += self.source.digest(one)
        self.fingerprints += bytes.fromhex(fingerprint)
        self.statuses.append(_STATUSES.index(status))

    def of(self, order: int, one: Candidate) -> tuple[str, ImportStatus]:
        """The fingerprint and status of a candidate.

        Raises:
            TableError: the file was changed since the plan was made.
        """
        start, digest = order * _FINGERPRINT_BYTES, self.source.digest(one)
        if self.digests[order * _DIGEST_BYTES : (order + 1) * _DIGEST_BYTES] != digest:
            raise TableError(
                "The file was changed while it was read. Nobody else was imported; run it again."
            )
        return self.fingerprints[start : start + _FINGERPRINT_BYTES].hex(), _STATUSES[self.statuses[order]]


@dataclass(frozen=True)
class ImportConsent:
    """The consent of every imported subscriber: the import's id, and where they agreed."""

    import_id: str
    source: str


def scan_table(
    table: CSVTable, row_reader: RowReader, secret: bytes, others: Iterable[CSVTable] = ()
) -> ScannedTable:
    """Read the table once, without a call; every address in the `others` is excluded.

    Raises:
        TableError: a row of the others can't be read: it may name somebody who left.
    """
    ended, mailboxes, line = set[bytes](), set[bytes](), 0

    def exclude(address: str) -> None:
        ended.add(_digest(address, secret))
        mailboxes.add(_digest(mailbox_of(address), secret))

    for other in others:
        for address in _addresses_of(other):
            exclude(address)
    for row in table.rows():
        line = row.line
        if isinstance(row, InvalidRow) or row_reader.state(row) is RowState.SUBSCRIBED:
            continue
        if address := row_reader.address(row):
            exclude(address)
    return ScannedTable(table, row_reader, secret, frozenset(ended), line, frozenset(mailboxes))


def _addresses_of(table: CSVTable) -> Iterator[str]:
    for row in table.rows():
        if isinstance(row, InvalidRow):
            raise TableError(
                f"Line {row.line} of the file of those to leave out can't be read, and may name one of them."
                f" {row.problem}. Fix it first."
            )
        for found in (found for cell in row.cells for found in addresses_in(cell)):
            with suppress(AddressError):
                yield normalise(found)


def plan_import(
    source: ScannedTable,
    done: int,
    *,
    mailing_list: MailingList,
    clock: Clock,
    on_progress: OnProgress,
    workers: int = WORKERS,
) -> ImportPlan:
    """Look up every candidate below line `done` in the list; changes nothing.

    `on_progress` gets the last line that was looked up.
    """
    made = ImportPlan(source, RowCounts(), done)

    def look_up(batch: list[Candidate]) -> tuple[list[str], list[ImportStatus]]:
        fingerprints = mailing_list.fingerprints([one.address for one in batch])
        return fingerprints, mailing_list.look_up(fingerprints, clock())

    waiting = (one for one in source.candidates(made.counts) if one.line > done)
    for batch, (fingerprints, statuses) in in_order(_batches(waiting), look_up, workers):
        for one, fingerprint, status in zip(batch, fingerprints, statuses, strict=True):
            made.add(one, fingerprint, status)
            made.counts.add(status)
        on_progress(batch[-1].line)
    return made


def run_import(
    planned: ImportPlan,
    agreement: ImportConsent,
    *,
    mailing_list: MailingList,
    addresses: AddressCipher,
    clock: Clock,
    on_progress: Callable[[int, RowCounts], None],
    workers: int = WORKERS,
) -> RowCounts:
    """Write the candidates that are new by the plan and still are; returns the counts of all rows.

    Batches are written in the order of the table, several at once. `on_progress` gets the line up to which
    all rows are processed, for a checkpoint; after a crash, rows beyond it may have been written, too.
    """
    counts = RowCounts()

    def write_batch(batch: list[tuple[Candidate, str, ImportStatus]]) -> list[ImportStatus]:
        people = [
            _subscriber(one, fingerprint, agreement, addresses)
            for one, fingerprint, status in batch
            if status is ImportStatus.NEW
        ]
        written = iter(mailing_list.add_new(people, clock()) if people else [])
        return [next(written) if status is ImportStatus.NEW else status for _, _, status in batch]

    waiting = (one for one in planned.source.candidates(counts) if one.line > planned.done)
    planned_ones = ((one, *planned.of(order, one)) for order, one in enumerate(waiting))
    for batch, statuses in in_order(_batches(planned_ones), write_batch, workers):
        for status in statuses:
            counts.add(status)
        on_progress(batch[-1][0].line, counts)
    return counts


def in_order(
    batches: Iterable[What], work: Callable[[What], Result], workers: int
) -> Iterator[tuple[What, Result]]:
    """Process several batches at once, and yield them with their results in order.

    After an error or Ctrl-C the batches in progress are finished and no other is started.
    """
    in_progress: deque[tuple[What, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for batch in batches:
            in_progress.append((batch, pool.submit(work, batch)))
            if len(in_progress) > 2 * workers:
                first, future = in_progress.popleft()
                yield first, future.result()
        while in_progress:
            first, future = in_progress.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(found: Iterable[What]) -> Iterator[list[What]]:
    items = iter(found)
    while batch := list(islice(items, BATCH)):
        yield batch


def _subscriber(
    one: Candidate, fingerprint: str, agreement: ImportConsent, addresses: AddressCipher
) -> Subscriber:
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
        sealed_address=addresses.seal(one.address, subscriber_id),
        audiences=frozenset(one.audiences),
        consent=consent,
    )


def _digest(address: str, secret: bytes) -> bytes:
    return hashlib.blake2b(for_fingerprint(address), digest_size=_DIGEST_BYTES, key=secret).digest()
