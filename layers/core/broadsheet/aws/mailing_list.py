"""The whole list in DynamoDB and KMS, in batches, for an operator's import and export.

A subscriber is three entries of one transaction: the record, the fingerprint, a check for an opt-out record.
So no record is ever without its fingerprint, importing twice writes once, and somebody who leaves,
bounces or signs up at that moment wins. A failing condition cancels the whole transaction and says whose it
was; those are looked up, and the others are written without them. Two writes in a safe order (the fingerprint
first) would cost half the write units, but a crash would leave fingerprints without a subscriber, which the
next import would take for subscribers.

Shape: `broadsheet.subscribers.subscriber` describes both tables. The client takes plain values
(`broadsheet.aws.dynamodb`).
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from broadsheet.aws.dynamodb import Table, query_pages
from broadsheet.aws.fingerprints import KMSFingerprints
from broadsheet.aws.subscriber_items import SHARDS, from_item, opt_out_key, to_item
from broadsheet.subscribers.mailing_list.ports import ImportStatus, ListBusyError
from broadsheet.subscribers.subscriber import Subscriber

MOST_KEYS = 100  # of one BatchGetItem
MOST_ENTRIES = 100  # of one TransactWriteItems
TRIES = 8
FIRST_WAIT_SECONDS = 0.05
PASSING = {  # reasons why a transaction was cancelled that go away by themselves
    *("None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"),
    *("RequestLimitExceeded", "InternalServerError"),
}
FAILED = "ConditionalCheckFailed"
Item = dict[str, Any]


@dataclass(frozen=True)
class DynamoDBMailingList:
    """The tables of subscribers and fingerprints; `sleep` waits between tries."""

    dynamodb: Any
    hashes: KMSFingerprints
    table: str
    fingerprints_table: str
    sleep: Callable[[float], None]

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        """One KMS call for each address."""
        return [self.hashes.fingerprint(address) for address in addresses]

    def look(self, fingerprints: Sequence[str], now: datetime) -> list[ImportStatus]:
        """Read fingerprints and opt-out records, a hundred keys a call."""
        keys = [key for print_ in fingerprints for key in (print_, opt_out_key(print_)["fingerprint"])]
        found = self._items(keys)
        return [
            _status(found.get(one), opt_out_key(one)["fingerprint"] in found, now) for one in fingerprints
        ]

    def add_new(self, people: Sequence[Subscriber], now: datetime) -> list[ImportStatus]:
        """Write in transactions of 33 subscribers; those that can't be written are looked up."""
        statuses: dict[str, ImportStatus] = {}
        size = MOST_ENTRIES // len(self._entries(people[0], now)) if people else 1
        for start in range(0, len(people), size):
            statuses |= self._written(list(people[start : start + size]), now)
        return [statuses[person.fingerprint] for person in people]

    def everyone(self) -> Iterator[Subscriber]:
        """Query each shard, page by page."""
        table = Table(self.dynamodb, self.table)
        for shard in SHARDS:
            for page in query_pages(table, "#shard = :shard", {":shard": shard}):
                yield from map(from_item, page)

    def opted_out_on(self, fingerprint: str) -> date | None:
        """Read the opt-out record."""
        found = self._items([opt_out_key(fingerprint)["fingerprint"]])
        return next((date.fromisoformat(item["since"]) for item in found.values()), None)

    def delete_opt_out(self, fingerprint: str) -> None:
        """Delete the opt-out record."""
        self.dynamodb.delete_item(TableName=self.fingerprints_table, Key=opt_out_key(fingerprint))

    def delete_suppression(self, fingerprint: str) -> None:
        """Delete the fingerprint if it has a reason."""
        with contextlib.suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.fingerprints_table,
                Key={"fingerprint": fingerprint},
                ConditionExpression="attribute_exists(reason)",
            )

    def _items(self, keys: list[str]) -> dict[str, Item]:
        """The items under these keys of the fingerprints table."""
        found: dict[str, Item] = {}
        for start in range(0, len(keys), MOST_KEYS):
            wanted = [{"fingerprint": key} for key in keys[start : start + MOST_KEYS]]
            for wait_seconds in self._waits():
                asked = {self.fingerprints_table: {"Keys": wanted, "ConsistentRead": True}}
                answer = self.dynamodb.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self.fingerprints_table, []):
                    found[item["fingerprint"]] = item
                wanted = answer.get("UnprocessedKeys", {}).get(self.fingerprints_table, {}).get("Keys", [])
                if not wanted:
                    break
                self.sleep(wait_seconds)
        return found

    def _written(self, people: list[Subscriber], now: datetime) -> dict[str, ImportStatus]:
        """Write one transaction of subscribers, and again without those whose condition failed."""
        statuses: dict[str, ImportStatus] = {}
        for wait_seconds in self._waits():
            reasons = self._transact([entry for person in people for entry in self._entries(person, now)])
            if not reasons:
                return statuses | {person.fingerprint: ImportStatus.NEW for person in people}
            share = len(reasons) // len(people)
            failed = [one for n, one in enumerate(people) if FAILED in reasons[n * share : (n + 1) * share]]
            looked = self.look([person.fingerprint for person in failed], now)
            statuses |= {
                person.fingerprint: status
                for person, status in zip(failed, looked, strict=True)
                if status is not ImportStatus.NEW  # what failed the condition is gone again: retry
            }
            people = [person for person in people if person.fingerprint not in statuses]
            if not people:
                return statuses
            if set(reasons) - {FAILED, "None"} or not statuses:
                self.sleep(wait_seconds)
        raise AssertionError("the last wait raises")

    def _transact(self, entries: list[Item]) -> list[str]:
        """Write all or nothing; [] if it succeeded, else the reason of each entry."""
        errors = self.dynamodb.exceptions
        try:
            self.dynamodb.transact_write_items(TransactItems=entries)
        except errors.TransactionCanceledException as error:
            reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if set(reasons) - PASSING - {FAILED}:
                raise
            return reasons
        return []

    def _entries(self, person: Subscriber, now: datetime) -> list[Item]:
        """The entries of one subscriber: conditional on a free fingerprint and no opt-out record."""
        theirs = {"fingerprint": person.fingerprint, "subscriber_id": person.id}
        return [
            {
                "Put": {
                    "TableName": self.table,
                    "Item": to_item(person),
                    "ConditionExpression": "attribute_not_exists(subscriber_id)",
                }
            },
            {
                "Put": {
                    "TableName": self.fingerprints_table,
                    "Item": theirs,
                    "ConditionExpression": "attribute_not_exists(fingerprint) OR expires_at <= :now",
                    "ExpressionAttributeValues": {":now": int(now.timestamp())},
                }
            },
            {
                "ConditionCheck": {
                    "TableName": self.fingerprints_table,
                    "Key": opt_out_key(person.fingerprint),
                    "ConditionExpression": "attribute_not_exists(fingerprint)",
                }
            },
        ]

    def _waits(self) -> Iterator[float]:
        """Seconds to wait after each try, doubled each time.

        Raises:
            ListBusyError: the tries are used up.
        """
        for number in range(TRIES):
            yield FIRST_WAIT_SECONDS * 2**number
        raise ListBusyError("The list is being written by others, or AWS allows no more writes for now.")


def _status(item: Item | None, has_left: bool, now: datetime) -> ImportStatus:  # noqa: FBT001  # what was found beside it
    if item and "reason" in item:
        return ImportStatus.SUPPRESSED
    if item and ("expires_at" not in item or int(item["expires_at"]) > now.timestamp()):
        return ImportStatus.PRESENT
    return ImportStatus.LEFT if has_left else ImportStatus.NEW
