"""The list as a whole, in DynamoDB and KMS: many people a call, for an operator's import and export.

How many at once, and in which order: a person is three entries of one transaction, which DynamoDB carries
out wholly or not at all: their record, their fingerprint, a look whether they left. So no record is ever
without its fingerprint, a person is written once however often they are imported, and somebody who leaves,
bounces or signs up at that very moment wins. A condition that fails cancels the whole transaction and says
whose it was; those are looked up, and the others are written without them. Two writes in a safe order (the
fingerprint first) would cost half the write units, but leave fingerprints of nobody after a crash, which the
next import would take for people.

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
from broadsheet.aws.subscriber_items import from_item, opt_out_key, to_item
from broadsheet.subscribers.mailing_list.ports import Fate, ListBusyError
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
SHARDS = "0123456789abcdef"
Item = dict[str, Any]


@dataclass(frozen=True)
class DynamoDBRoster:
    """Both tables by their names, in a client with plain values; `sleep` waits between tries."""

    dynamodb: Any
    hashes: KMSFingerprints
    table: str
    fingerprints_table: str
    sleep: Callable[[float], None]

    def fingerprints(self, addresses: Sequence[str]) -> list[str]:
        """One call of KMS each."""
        return [self.hashes.fingerprint(address) for address in addresses]

    def look(self, fingerprints: Sequence[str], now: datetime) -> list[Fate]:
        """Read the fingerprints and whether they left, a hundred keys a call."""
        keys = [key for print_ in fingerprints for key in (print_, opt_out_key(print_)["fingerprint"])]
        found = self._items(keys)
        return [_fate(found.get(one), opt_out_key(one)["fingerprint"] in found, now) for one in fingerprints]

    def take_in(self, people: Sequence[Subscriber], now: datetime) -> list[Fate]:
        """Write them by transactions of as many as fit; whoever can't be written is looked up."""
        fates: dict[str, Fate] = {}
        size = MOST_ENTRIES // len(self._entries(people[0], now)) if people else 1
        for start in range(0, len(people), size):
            fates |= self._written(list(people[start : start + size]), now)
        return [fates[person.fingerprint] for person in people]

    def everyone(self) -> Iterator[Subscriber]:
        """Query after query, page after page."""
        table = Table(self.dynamodb, self.table)
        for shard in SHARDS:
            for page in query_pages(table, "#shard = :shard", {":shard": shard}):
                yield from map(from_item, page)

    def opted_out_on(self, fingerprint: str) -> date | None:
        """Read the note."""
        found = self._items([opt_out_key(fingerprint)["fingerprint"]])
        return next((date.fromisoformat(item["since"]) for item in found.values()), None)

    def delete_opt_out(self, fingerprint: str) -> None:
        """Delete the note."""
        self.dynamodb.delete_item(TableName=self.fingerprints_table, Key=opt_out_key(fingerprint))

    def delete_suppression(self, fingerprint: str) -> None:
        """Delete the fingerprint, if it is kept for a reason."""
        with contextlib.suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.delete_item(
                TableName=self.fingerprints_table,
                Key={"fingerprint": fingerprint},
                ConditionExpression="attribute_exists(reason)",
            )

    def _items(self, keys: list[str]) -> dict[str, Item]:
        """What is stored under these keys of the fingerprints' table."""
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

    def _written(self, people: list[Subscriber], now: datetime) -> dict[str, Fate]:
        """The fates of people who fit into one transaction."""
        fates: dict[str, Fate] = {}
        for wait_seconds in self._waits():
            reasons = self._transact([entry for person in people for entry in self._entries(person, now)])
            if not reasons:
                return fates | {person.fingerprint: Fate.NEW for person in people}
            share = len(reasons) // len(people)
            failed = [one for n, one in enumerate(people) if FAILED in reasons[n * share : (n + 1) * share]]
            looked = self.look([person.fingerprint for person in failed], now)
            fates |= {
                person.fingerprint: fate
                for person, fate in zip(failed, looked, strict=True)
                if fate is not Fate.NEW  # who was in the way is gone again: once more
            }
            people = [person for person in people if person.fingerprint not in fates]
            if not people:
                return fates
            if set(reasons) - {FAILED, "None"} or not fates:
                self.sleep(wait_seconds)
        raise AssertionError("the last wait raises")

    def _transact(self, entries: list[Item]) -> list[str]:
        """Write all or nothing; nothing if it was done, else a reason for each entry."""
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
        """A person in a transaction: all hold only if nobody has this fingerprint, and they did not leave."""
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
        """How long to wait after each try, twice as long each time.

        Raises:
            ListBusyError: there have been enough tries.
        """
        for number in range(TRIES):
            yield FIRST_WAIT_SECONDS * 2**number
        raise ListBusyError("The list is being written by others, or AWS allows no more writes for now.")


def _fate(item: Item | None, has_left: bool, now: datetime) -> Fate:  # noqa: FBT001  # what was found beside it
    if item and "reason" in item:
        return Fate.SUPPRESSED
    if item and ("expires_at" not in item or int(item["expires_at"]) > now.timestamp()):
        return Fate.THERE
    return Fate.LEFT if has_left else Fate.NEW
