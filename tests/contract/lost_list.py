"""A list of a few people that loses items, and is copied back from a backup.

How to read it: `LostList` holds the three live tables on moto, a clock, and copies of two of the tables.
People are numbers. `do` performs one act of a person by the product's own use cases, if the tables allow it;
`back_up` makes the copies and notes the time; `lose` deletes items without any use case; `restore` is what
the command does. `mailable` lists whom a mailing would reach. `wants` is what no table holds: whether each
person, by their own last act, should be on the list.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import plain_values
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.restore.copy_back import copy_back, dry_run
from broadsheet.restore.people import BackupTime
from broadsheet.restore.ports import Item, Verdict
from broadsheet.subscribers.confirm import Confirm, Confirmed
from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.manage import ManageSubscription
from broadsheet.subscribers.subscriber import Known, PendingAddress, Reason, Status, Subscriber
from cli.restore_steps import RestoreStep, RestoreTables
from tests import in_moto
from tests.builders import a_consent, a_pending_address, a_pending_request, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeNetworks, FakeSignupQueue, FakeVault
from tests.from_template import Template, create_tables, open_table

LIVE = ("SubscribersTable", "FingerprintsTable", "LimitsTable")
COPIES = {"subscribers": "copied-subscribers", "fingerprints": "copied-fingerprints"}
SOURCES = dict(zip(COPIES, LIVE, strict=False))
BETWEEN_ACTS = timedelta(minutes=2)  # more than clocks differ
OF_THEIR_OWN = 4  # the number of their second address, less their own
ABSENT = "0" * 32
IN, LEFT, ERASED, NEVER = "in", "left", "erased", "never"


class Killed(BaseException):
    """The operator's machine died. A BaseException, so that no `except Exception` catches it."""


@dataclass
class LostList:
    """See the top of the file. `ids` maps each person to the subscriber id in their latest mail."""

    tables: dict[str, Any]
    clock: FakeClock = field(default_factory=FakeClock)
    ids: dict[int, str] = field(default_factory=dict)
    wants: dict[int, str] = field(default_factory=dict)
    since: BackupTime | None = None
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    @classmethod
    def on(cls, template: Template) -> "LostList":
        """Empty tables in moto's account."""
        tables = create_tables(template, list(LIVE))
        dynamodb: Any = boto3.client("dynamodb")
        for name, source in SOURCES.items():
            described = dynamodb.describe_table(TableName=source)["Table"]
            dynamodb.create_table(
                TableName=COPIES[name],
                KeySchema=described["KeySchema"],
                AttributeDefinitions=described["AttributeDefinitions"],
                BillingMode="PAY_PER_REQUEST",
            )
            tables[COPIES[name]] = open_table(COPIES[name])
        return cls(tables)

    def empty(self) -> "LostList":
        """The same tables with nothing in them, for another story."""
        in_moto.empty_tables(*self.tables)
        return LostList(self.tables)

    # -- what people do

    def do(self, act: str, who: int) -> None:
        """Perform one act, named after one of the methods below."""
        self.clock.move(BETWEEN_ACTS)
        getattr(self, act)(who)

    def sign_up(self, who: int) -> None:
        """Sign up by the form and confirm by the button, if the tables allow it."""
        fingerprint = person(who).fingerprint
        known, now = self.both.find(fingerprint, self.clock()), self.clock()
        there = self.both.get(known.subscriber_id, now) if known.subscriber_id else None
        if known.reason or (there and there.status is Status.CONFIRMED):
            return
        asking = self._new(who, status=Status.PENDING)
        pending_request = a_pending_request(
            request_id=asking.id, expires_at=now + timedelta(hours=48), asked_on=now.date()
        )
        asking = replace(asking, pending_request=pending_request, consent=None, audiences=frozenset())
        if self.both.put_pending(asking, now, is_new=True) and self.both.confirm(
            asking.confirmed(now.date())
        ):
            self._is_in(who, asking.id)

    def ask(self, who: int) -> None:
        """Sign up by the form, and do not confirm."""
        asking = self._new(who, status=Status.PENDING)
        pending_request = a_pending_request(
            request_id=asking.id, expires_at=self.clock() + timedelta(hours=48)
        )
        self.both.put_pending(replace(asking, pending_request=pending_request), self.clock(), is_new=True)

    def import_(self, who: int) -> None:
        """Import the operator's file, which skips subscribers, those who left, and suppressed ones."""
        fingerprint = person(who).fingerprint
        prints = self.tables["FingerprintsTable"]
        if any(
            "Item" in prints.get_item(Key={"fingerprint": k}) for k in (fingerprint, f"left#{fingerprint}")
        ):
            return
        one = self._new(who, consent=a_consent(confirmed_by="import", form="import"))
        add(self.tables["SubscribersTable"], prints, one)
        if self.wants.get(who) != LEFT:  # else only a loss let them be imported
            self._is_in(who, one.id)

    def leave(self, who: int) -> None:
        """Unsubscribe by the link in their latest mail."""
        if who in self.ids:
            unsubscribe(self.ids[who], limits=self.limits, subscribers=self.both, clock=self.clock)
            if self.wants[who] != ERASED:  # of whom nothing is kept, so that an import may add them
                self._wants(who, LEFT)

    def erase(self, who: int) -> None:
        """Erase their record on their page."""
        if who in self.ids:
            queue, networks = FakeSignupQueue(), FakeNetworks()
            page = ManageSubscription(self.both, queue, networks, self.limits, self.clock, FakeVault())
            page.erase(self.ids[who], not_again=False)
            self._wants(who, ERASED)

    def ask_new_address(self, who: int, new: int) -> PendingAddress:
        """Ask for the address of the person `new`, and do not confirm."""
        pending = a_pending_address(
            person(new), subscriber_id=self.ids[who], expires_at=self.clock() + timedelta(hours=48)
        )
        reader = self.both.get(self.ids[who], self.clock())
        assert reader
        assert self.both.put_address(reader, pending)
        return pending

    def move(self, who: int, new: int) -> None:
        """Change their address to that of the person `new`, who they are from now on."""
        self.clock.move(BETWEEN_ACTS)
        pending = self.ask_new_address(who, new)
        confirm = Confirm(self.both, self.limits, FakeSignupQueue(), self.clock)
        assert confirm(Confirmation(pending.subscriber_id, pending.request_id)) is Confirmed.ADDRESS
        self.wants[who] = LEFT
        self._is_in(new, self.ids.pop(who))

    def change(self, who: int) -> None:
        """Change their address to one of their own, if they are on the list and it is free."""
        new, reader = who + OF_THEIR_OWN, self.both.get(self.ids.get(who, ABSENT), self.clock())
        known = self.both.find(person(new).fingerprint, self.clock())
        if reader and reader.fingerprint == person(who).fingerprint and known == Known():
            fingerprint = self.both.find(reader.fingerprint, self.clock())
            if fingerprint in (Known(), Known(reader.id)):
                self.move(who, new)

    def bounce(self, who: int) -> None:
        """Suppress the address after a hard bounce."""
        self.both.suppress(person(who).fingerprint, Reason.BOUNCE, self.clock().date())
        self.wants[who] = NEVER

    # -- what happens to the tables

    def back_up(self, *, include_missing: bool = False) -> None:
        """Replace the copies by the tables as they are now."""
        self.clock.move(BETWEEN_ACTS)
        self.since = BackupTime(self.clock(), include_missing)
        for name, source in SOURCES.items():
            in_moto.put_back(COPIES[name], in_moto.items(source))

    def unchanged(self) -> list[tuple[str, Item]]:
        """The live items that are the same in the copies, each with its table."""
        return [
            (source, item)
            for name, source in SOURCES.items()
            for item in self.items(source)
            if item in self.items(COPIES[name])
        ]

    def lose(self, source: str, item: Item) -> None:
        """Delete an item from a table, as by an accident."""
        table = self.tables[source]
        table.delete({name: item[name] for name in table.key_names})

    def lose_all(self, *sources: str) -> None:
        """Empty tables."""
        in_moto.empty_tables(*sources)

    def restore(self, *tables: str) -> dict[str, Counter[Verdict]]:
        """Copy back these tables, by default all; returns the verdicts on the items."""
        return {step.name: copy_back(step.pages(), step.part, lambda _: None) for step in self._steps(tables)}

    def counted(self, *tables: str) -> dict[str, Counter[Verdict]]:
        """The verdicts of a dry run."""
        return {step.name: dry_run(step.pages(), step.part) for step in self._steps(tables)}

    # -- what tests look at

    @property
    def mailable(self) -> list[int]:
        """Whom a mailing would reach, once for each mail."""
        who = {person(number).fingerprint: number for number in range(10)}
        confirmed = [i for i in self.items("SubscribersTable") if i["status"] == "confirmed"]
        return sorted(who[item["fingerprint"]] for item in confirmed)

    @property
    def with_tombstones(self) -> set[int]:
        """Who left or was erased within the last two days; perhaps they returned."""
        gone = {item["counter"] for item in self.items("LimitsTable") if "gone_at" in item}
        return {who for who in range(10) if address_counter(person(who).fingerprint) in gone}

    @property
    def dangling(self) -> list[str]:
        """Subscribers without a fingerprint of their own."""
        prints = {item["fingerprint"]: item for item in self.items("FingerprintsTable")}
        return [
            item["subscriber_id"]
            for item in self.items("SubscribersTable")
            if prints.get(item["fingerprint"], {}).get("subscriber_id") != item["subscriber_id"]
        ]

    def items(self, name: str) -> list[Item]:
        """All items of a table, sorted."""
        return sorted(self.tables[name].scan(ConsistentRead=True)["Items"], key=repr)

    def state(self) -> dict[str, list[Item]]:
        """All items of the live tables, sorted."""
        return {name: self.items(name) for name in LIVE}

    def kept(self) -> dict[str, Any]:
        """All items of the live tables, to be put back."""
        return {name: in_moto.items(name) for name in LIVE}

    def put_back(self, kept: dict[str, Any]) -> None:
        """Fill the live tables as they were."""
        for name, items in kept.items():
            in_moto.put_back(name, items)

    @property
    def both(self) -> DynamoDBSubscribers:
        return DynamoDBSubscribers(self.tables["SubscribersTable"], self.tables["FingerprintsTable"])

    @property
    def limits(self) -> DynamoDBLimits:
        return DynamoDBLimits(self.tables["LimitsTable"])

    def step(self, name: str) -> RestoreStep:
        """One of the passes of a restore."""
        return next(step for step in self._steps(()) if step.name == name)

    def _steps(self, tables: tuple[str, ...]) -> list[RestoreStep]:
        assert self.since is not None, "back up first"
        names = dict(zip(("subscribers", "fingerprints", "limits"), LIVE, strict=True))
        client = plain_values(boto3.client("dynamodb", config=Config(parameter_validation=False)))
        stack = RestoreTables("stack", client, None, names, "", self.clock)
        copies = {name: COPIES[name] for name in tables or COPIES}
        return stack.steps(copies, self.since)

    def _new(self, who: int, **changes: Any) -> Subscriber:
        return person(who, id=f"{who:x}{next(self.numbers):031x}", **changes)

    def _is_in(self, who: int, subscriber_id: str) -> None:
        self.ids[who] = subscriber_id
        if self.wants.get(who) != NEVER:
            self.wants[who] = IN

    def _wants(self, who: int, what: str) -> None:
        if self.wants[who] != NEVER:
            self.wants[who] = what


def person(who: int, **changes: Any) -> Subscriber:
    """The person of that number, by default confirmed long ago."""
    return a_subscriber(f"reader-{who}@example.org", **changes)


def add(subscribers: Any, fingerprints: Any, one: Subscriber) -> None:
    """Write a subscriber as an import does."""
    from broadsheet.aws.subscriber_items import to_item  # noqa: PLC0415  # moto must be there first

    subscribers.put_item(Item=to_item(one))
    fingerprints.put_item(Item={"fingerprint": one.fingerprint, "subscriber_id": one.id})


def tombstone(who: int) -> str:
    """The counter of a person's address."""
    return address_counter(person(who).fingerprint)


@contextmanager
def killed_at(call: int, *, answered: bool) -> Iterator[list[str]]:
    """Kill the process at this call of DynamoDB, from 0: before it is made, or before its answer is read.

    Clients that are made meanwhile are watched.
    """
    made: list[str] = []
    events = boto3.DEFAULT_SESSION.events
    on = "after-call.dynamodb" if answered else "before-call.dynamodb"

    def die(model: Any, **_: Any) -> None:
        made.append(model.name)
        if len(made) == call + 1:
            raise Killed

    hook = partial(die)
    events.register(on, hook)
    try:
        yield made
    finally:
        events.unregister(on, hook)


@contextmanager
def before_the_first_write(others: Callable[[], object]) -> Iterator[None]:
    """Let others act before the first write of the clients that are made meanwhile."""
    events, waiting = boto3.DEFAULT_SESSION.events, [others]

    def act(model: Any, **_: Any) -> None:
        if model.name in ("TransactWriteItems", "DeleteItem") and waiting:
            waiting.pop()()

    events.register("before-call.dynamodb", act)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb", act)
    assert not waiting
