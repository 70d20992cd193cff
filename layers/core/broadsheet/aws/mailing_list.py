"""The whole list in DynamoDB and KMS, in batches, for an operator's import and export.

Each subscriber is three entries of one transaction: the record, the fingerprint, a check for an opt-out
record. So no record is ever without its fingerprint, importing twice writes once, and whoever leaves, bounces
or signs up at that moment wins. A failed condition cancels the whole transaction and says which entry it was
about; those subscribers are looked up, and the others are written without them. Two writes in a safe order
(the fingerprint first) would cost half the write units, but a crash would leave fingerprints without a
subscriber, which the next import would take for subscribers.

Shape: `broadsheet.subscribers.subscriber` describes both tables.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.aws.dynamodb import Item, Table, Write, pauses, read_keys
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.subscriber_items import (
    SHARDS,
    from_address_item,
    from_item,
    is_pending_address,
    key,
    known_by,
    opt_out_key,
    to_item,
)
from broadsheet.subscribers.mailing_list.ports import ImportStatus, ListBusyError
from broadsheet.subscribers.subscriber import PendingAddress, Subscriber, pending_address_id

MOST_KEYS = 100  # of one BatchGetItem
MOST_ENTRIES = 100  # of one TransactWriteItems
ENTRIES_A_SUBSCRIBER = 3
TEMPORARY = {  # reasons for a cancelled transaction
    *("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"),
    *("RequestLimitExceeded", "InternalServerError"),
}
FAILED, NONE = "ConditionalCheckFailed", "None"


@dataclass(frozen=True)
class DynamoDBMailingList:
    """The tables of subscribers and fingerprints; `sleep` waits between tries."""

    subscribers: Table
    fingerprints_table: Table
    hashes: KMSFingerprints
    sleep: Callable[[float], None]

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        """One KMS call for each address."""
        return [self.hashes.fingerprint(address) for address in addresses]

    def look_up(self, fingerprints: Sequence[str], now: datetime) -> list[ImportStatus]:
        """Read fingerprints and opt-out records, a hundred keys a call."""
        names = [name for one in fingerprints for name in (one, _opt_out_name(one))]
        found = self._items(names)
        return [_status(found.get(one), _opt_out_name(one) in found, now) for one in fingerprints]

    def add_new(self, people: Sequence[Subscriber], now: datetime) -> list[ImportStatus]:
        """Write in transactions of 33 subscribers; those that can't be written are looked up."""
        statuses: dict[str, ImportStatus] = {}
        size = MOST_ENTRIES // ENTRIES_A_SUBSCRIBER
        for start in range(0, len(people), size):
            statuses |= self._written(list(people[start : start + size]), now)
        return [statuses[person.fingerprint] for person in people]

    def everyone(self) -> Iterator[Subscriber]:
        """Query each shard, page by page."""
        return (from_item(item) for item in self._stored() if not is_pending_address(item))

    def asked_for(self, fingerprint: str) -> list[PendingAddress]:
        """Read the whole list: nothing leads from a fingerprint to whoever wants its address."""
        pending = (from_address_item(item) for item in self._stored() if is_pending_address(item))
        return [one for one in pending if one.fingerprint == fingerprint]

    def delete_pending_address(self, pending: PendingAddress) -> None:
        """Delete the item if it is still that request's."""
        is_same = "order_id = :request", {":request": pending.request_id}
        self.subscribers.delete(key(pending_address_id(pending.subscriber_id)), *is_same)

    def opted_out_on(self, fingerprint: str) -> date | None:
        """Read the opt-out record."""
        item = self.fingerprints_table.get(opt_out_key(fingerprint))
        return date.fromisoformat(item["since"]) if item else None

    def delete_opt_out(self, fingerprint: str) -> None:
        """Delete the opt-out record."""
        self.fingerprints_table.delete(opt_out_key(fingerprint))

    def delete_suppression(self, fingerprint: str) -> None:
        """Delete the fingerprint if it has a reason."""
        self.fingerprints_table.delete({"fingerprint": fingerprint}, "attribute_exists(reason)")

    def _stored(self) -> Iterator[Item]:
        for shard in SHARDS:
            for page in self.subscribers.query_pages("#shard = :shard", {":shard": shard}):
                yield from page

    def _items(self, names: list[str]) -> dict[str, Item]:
        """The items under these keys of the fingerprints table."""
        found: dict[str, Item] = {}
        for start in range(0, len(names), MOST_KEYS):
            keys = [{"fingerprint": name} for name in names[start : start + MOST_KEYS]]
            wanted = {self.fingerprints_table.name: keys}
            items = read_keys(self.fingerprints_table.client, wanted, self._pauses())
            found |= {item["fingerprint"]: item for _, item in items}
        return found

    def _written(self, people: list[Subscriber], now: datetime) -> dict[str, ImportStatus]:
        """Write one transaction of subscribers, and again without those whose condition failed."""
        statuses: dict[str, ImportStatus] = {}
        pauses = self._pauses()
        while people:
            reasons = self._transact([entry for person in people for entry in self._entries(person, now)])
            if not reasons:
                return statuses | {person.fingerprint: ImportStatus.NEW for person in people}
            looked = self._look_up_failed(people, reasons, now)
            statuses |= looked
            people = [person for person in people if person.fingerprint not in statuses]
            if TEMPORARY & set(reasons) or not looked:
                next(pauses)
        return statuses

    def _look_up_failed(
        self, people: Sequence[Subscriber], reasons: list[str], now: datetime
    ) -> dict[str, ImportStatus]:
        """Why conditions failed, by fingerprint; without those whose condition would hold by now."""
        size = ENTRIES_A_SUBSCRIBER
        failed = [one for n, one in enumerate(people) if FAILED in reasons[n * size : (n + 1) * size]]
        fingerprints = [person.fingerprint for person in failed]
        looked = zip(fingerprints, self.look_up(fingerprints, now), strict=True)
        return {one: status for one, status in looked if status is not ImportStatus.NEW}

    def _transact(self, entries: list[Write]) -> list[str]:
        """Write all or nothing; [] if it succeeded, else the reason of each entry."""
        client = self.subscribers.client
        try:
            client.transact_write_items(TransactItems=entries)
        except client.exceptions.TransactionCanceledException as error:
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if set(reasons) - TEMPORARY - {FAILED, NONE}:
                raise
            return reasons
        return []

    def _entries(self, person: Subscriber, now: datetime) -> list[Write]:
        """The entries of one subscriber: conditional on a free fingerprint and no opt-out record."""
        table, theirs = self.fingerprints_table, {"fingerprint": person.fingerprint}
        is_free = "attribute_not_exists(fingerprint) OR expires_at <= :now"
        return [
            self.subscribers.put_request(to_item(person), "attribute_not_exists(subscriber_id)"),
            table.put_request(
                {**theirs, "subscriber_id": person.id}, is_free, {":now": int(now.timestamp())}
            ),
            table.check_request(opt_out_key(person.fingerprint), "attribute_not_exists(fingerprint)"),
        ]

    def _pauses(self) -> Iterator[None]:
        busy = "Somebody else is writing to the list, or AWS accepts no more writes at the moment."
        return pauses(ListBusyError(busy), self.sleep)


def _opt_out_name(fingerprint: str) -> str:
    return opt_out_key(fingerprint)["fingerprint"]


def _status(item: Item | None, has_left: bool, now: datetime) -> ImportStatus:  # noqa: FBT001  # what was found beside it
    known = known_by(item, now)
    if known.reason:
        return ImportStatus.SUPPRESSED
    if known.subscriber_id:
        return ImportStatus.PRESENT
    return ImportStatus.LEFT if has_left else ImportStatus.NEW
