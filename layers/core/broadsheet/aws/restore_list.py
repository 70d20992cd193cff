"""Copies subscribers and fingerprints of a backup back to the live list, and repairs that list before.

Shape: `broadsheet.subscribers.subscriber` describes the tables of the list, `broadsheet.subscribers.limits`
the tombstones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from broadsheet.aws.dynamodb import Item, Table, Write, is_expired, pauses, read_keys
from broadsheet.aws.subscriber_items import (
    SHARDS,
    from_item,
    is_pending_address,
    key,
    known_by,
    opt_out_key,
    since,
)
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.restore.people import (
    BackupTime,
    Evidence,
    judge_live,
    judge_opt_out,
    judge_person,
    judge_suppression,
)
from broadsheet.restore.ports import RestoreBusyError, Verdict
from broadsheet.subscribers.limits import absent_counter, address_counter
from broadsheet.subscribers.subscriber import Reason, Status, Subscriber

OPT_OUT = opt_out_key("")["fingerprint"]  # how the keys of opt-out records begin
IS_MISSING = "attribute_not_exists(fingerprint)"
OF_FINGERPRINT = ("fingerprint", "subscriber_id", "expires_at")  # what it shares with its subscriber's item


def subscribers_in(page: list[Item]) -> list[Item]:
    """A page of the subscribers table without pending addresses: those are never restored, but asked anew."""
    return [item for item in page if not is_pending_address(item)]


@dataclass(frozen=True)
class ListTables(DynamoDBSubscribers):
    """The live list, with the tombstones of its readers."""

    limits: Table

    def look_up(self, wanted: Sequence[tuple[str, str]], now: datetime) -> list[Evidence]:
        """What is known of each pair of a subscriber id, empty if none is meant, and a fingerprint."""
        ids = [subscriber_id for subscriber_id, _ in wanted if subscriber_id]
        fingerprints = [fingerprint for _, fingerprint in wanted]
        found = self._read(
            map(key, ids),
            [{"fingerprint": one} for one in fingerprints] + [opt_out_key(one) for one in fingerprints],
            [
                {"counter": counter}
                for counter in (*map(absent_counter, ids), *map(address_counter, fingerprints))
            ],
        )
        known = [known_by(found.get((self.fingerprints.name, one)), now) for one in fingerprints]
        others = {one.subscriber_id for one in known if one.subscriber_id} - {*ids}
        found |= self._read(map(key, others), [], [])
        return [self._evidence(found, *pair, now) for pair in wanted]

    def evidence(self, items: Sequence[Item], now: datetime) -> list[Evidence]:
        """What is known of each item of the subscribers table."""
        return self.look_up([(item["subscriber_id"], item["fingerprint"]) for item in items], now)

    def everyone(self) -> Iterator[list[Item]]:
        """The live list, page by page."""
        for shard in SHARDS:
            yield from map(subscribers_in, self.table.query_pages("#shard = :shard", {":shard": shard}))

    def put_fingerprint(self, item: Item, other_id: str, now: datetime) -> Write:
        """Have a subscriber's fingerprint lead to their item, if it is missing, expired or `other_id`'s."""
        fingerprint = {name: item[name] for name in OF_FINGERPRINT if name in item}
        is_free = f"{IS_MISSING} OR subscriber_id = :id OR expires_at <= :now"
        return self.fingerprints.put_request(
            fingerprint, is_free, {":id": other_id, ":now": int(now.timestamp())}
        )

    def _read(
        self, subscribers: Iterable[Item], fingerprints: Iterable[Item], counters: Iterable[Item]
    ) -> dict[tuple[str, str], Item]:
        """The items under these keys, by table name and last part of the key; each is read once."""
        tables = {self.table.name: "subscriber_id", self.fingerprints.name: "fingerprint"}
        tables[self.limits.name] = "counter"
        wanted = {
            table: list({one[name]: one for one in keys}.values())
            for (table, name), keys in zip(tables.items(), (subscribers, fingerprints, counters), strict=True)
        }
        busy = RestoreBusyError("DynamoDB allows no more reads for now. Run it again later.")
        items = read_keys(self.table.client, wanted, pauses(busy))
        return {(table, item[tables[table]]): item for table, item in items}

    def _evidence(
        self, found: dict[tuple[str, str], Item], subscriber_id: str, fingerprint: str, now: datetime
    ) -> Evidence:
        def person(subscriber_id: str | None) -> Subscriber | None:
            item = found.get((self.table.name, subscriber_id or ""))
            return from_item(item) if item else None

        known = known_by(found.get((self.fingerprints.name, fingerprint)), now)
        opt_out = found.get((self.fingerprints.name, opt_out_key(fingerprint)["fingerprint"]))
        counters = (address_counter(fingerprint), absent_counter(subscriber_id))
        tombstones = [found.get((self.limits.name, counter), {}) for counter in counters]
        return Evidence(
            person(subscriber_id),
            known,
            person(known.subscriber_id) if known.subscriber_id != subscriber_id else None,
            date.fromisoformat(opt_out["since"]) if opt_out else None,
            max((item["gone_at"] for item in tombstones if "gone_at" in item), default=None),
        )


@dataclass(frozen=True)
class _ListPart:
    tables: ListTables
    since: BackupTime
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class RestoredSubscribers(_ListPart):
    """Subscribers of a backup."""

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_person`."""
        now = self.clock()
        return [
            judge_person(from_item(item), evidence, self.since, now, lapsed=is_expired(item, now))
            for item, evidence in zip(items, self.tables.evidence(items, now), strict=True)
        ]

    def write(self, item: Item, _: Verdict) -> bool:
        """Record and fingerprint in one transaction, conditional on no opt-out, suppression or tombstone."""
        tables, subscriber_id = self.tables, item["subscriber_id"]
        is_here = "attribute_not_exists(gone_at) OR gone_at < :since"
        since = {":since": self.since.tombstones_from}
        counters = (address_counter(item["fingerprint"]), absent_counter(subscriber_id))
        return tables.table.transact(
            tables.table.put_request(item, "attribute_not_exists(subscriber_id)"),
            tables.put_fingerprint(item, subscriber_id, self.clock()),
            tables.fingerprints.check_request(opt_out_key(item["fingerprint"]), IS_MISSING),
            *(tables.limits.check_request({"counter": one}, is_here, since) for one in counters),
        )


@dataclass(frozen=True)
class OptOuts(_ListPart):
    """Fingerprints of a backup: suppressions and opt-out records. The others come with their subscriber.

    One whose subscriber has another address since stands for the opt-out record that the change had written.
    """

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_suppression` and `judge_opt_out`."""
        return [self._verdict(*pair) for pair in zip(items, self._evidence(*items), strict=True)]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Suppress, write the opt-out record, or make a subscriber leave who was imported since."""
        if "reason" in item:
            on = date.fromisoformat(item["since"])
            self.tables.suppress(item["fingerprint"], Reason(item["reason"]), on)
            return True
        (evidence,) = self._evidence(item)
        record = _opt_out_record(item, evidence)
        if verdict is Verdict.REMOVED or record is None:
            return record is not None and self._leave(record, evidence)
        fingerprint = {"fingerprint": _address_of(item)}
        is_nobodys_or_pending = f"{IS_MISSING} OR attribute_exists(expires_at)"
        table = self.tables.fingerprints
        return table.transact(
            table.put_request(record, IS_MISSING), table.check_request(fingerprint, is_nobodys_or_pending)
        )

    def _evidence(self, *items: Item) -> list[Evidence]:
        wanted = [(item.get("subscriber_id", ""), _address_of(item)) for item in items]
        return self.tables.look_up(wanted, self.clock())

    def _verdict(self, item: Item, evidence: Evidence) -> Verdict:
        if "reason" in item:
            return judge_suppression(evidence)
        record = _opt_out_record(item, evidence)
        if record is None:
            return Verdict.SKIPPED
        return judge_opt_out(date.fromisoformat(record["since"]), evidence, self.since)

    def _leave(self, record: Item, evidence: Evidence) -> bool:
        on = date.fromisoformat(record["since"])
        if evidence.other is None or judge_opt_out(on, evidence, self.since) is not Verdict.REMOVED:
            return False
        return self.tables.leave(evidence.other, on)


@dataclass(frozen=True)
class LiveList(_ListPart):
    """Subscribers on the list, each of whom must have their own fingerprint."""

    def judge(self, items: Sequence[Item]) -> list[Verdict]:
        """By the rules of `judge_live`; who moved since the item was read has all that belongs to them."""
        now = self.clock()
        return [
            judge_live(evidence, self.since, lapsed=is_expired(item, now) or _has_moved(item, evidence))
            for item, evidence in zip(items, self.tables.evidence(items, now), strict=True)
        ]

    def write(self, item: Item, verdict: Verdict) -> bool:
        """Delete a subscriber who must not stay, or point the fingerprint at one who must."""
        (evidence,) = self.tables.evidence([item], self.clock())
        lapsed = _has_moved(item, evidence)
        if evidence.person is None or judge_live(evidence, self.since, lapsed=lapsed) is not verdict:
            return False
        if verdict is Verdict.REMOVED and evidence.opted_out_on:
            return self.tables.leave(evidence.person, evidence.opted_out_on)
        if verdict is Verdict.REMOVED:
            return self.tables.delete_subscriber(item["subscriber_id"], item["fingerprint"])
        return self._rejoin(item, evidence.known.subscriber_id or "")

    def _rejoin(self, item: Item, other_id: str) -> bool:
        """Point the fingerprint at the record that is there; a pending one of the same address is deleted."""
        table, is_pending = self.tables.table, "attribute_not_exists(subscriber_id) OR #status = :pending"
        other = [
            table.delete_request(key(one), is_pending, {":pending": Status.PENDING.value})
            for one in (other_id,)
            if one
        ]
        is_unchanged = (
            "#status = :status AND fingerprint = :fingerprint",
            {":status": item["status"], ":fingerprint": item["fingerprint"]},
        )
        return table.transact(
            self.tables.put_fingerprint(item, other_id, self.clock()),
            table.check_request(key(item["subscriber_id"]), *is_unchanged),
            *other,
        )


def _address_of(item: Item) -> str:
    """The fingerprint of the address that an item of the fingerprints table is about."""
    return str(item["fingerprint"]).removeprefix(OPT_OUT)


def _opt_out_record(item: Item, evidence: Evidence) -> Item | None:
    """The opt-out record that an item of a backup is or stands for; None if its subscriber did not move."""
    if item["fingerprint"].startswith(OPT_OUT):
        return item
    moved = evidence.person.confirmed_address if evidence.person and _has_moved(item, evidence) else None
    return {**opt_out_key(item["fingerprint"]), **since(moved.confirmed_on)} if moved else None


def _has_moved(item: Item, evidence: Evidence) -> bool:
    """Whether a subscriber has another address than in an item that was read before."""
    return evidence.person is not None and evidence.person.fingerprint != item["fingerprint"]
