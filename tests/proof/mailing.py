"""A mailing on the local system as the proofs see it: published, waited for, judged.

Two things are not as on AWS. DeliveryQueue redelivers messages sooner, so that a killed worker's chunk is
continued right after its lease of two minutes. And if the outcome of a member is unknown whom SES never
accepted, so that no event can come, the test sets back the time of the call instead of waiting 15 minutes.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from infrastructure.build import read_template
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, is_up, wait_for
from tests.proof import judge
from tests.proof.killing import Killer

LONGEST_SECONDS = 1_500
UNKNOWN_OUTCOME_SECONDS = 15 * 60
OVERDUE_SECONDS = 20 * 60
TEXT = "---\ntitle: {title}\nsummary: In a sentence.\nmail: yes\n---\nOne paragraph.\n"


class LocalMailing:
    """One issue to all members, with its judges. `aged` counts outcomes that timed out by time set back."""

    def __init__(self, system: LocalSystem, issue: str, members: dict[str, str]) -> None:
        self.system, self.issue, self.members = system, issue, members
        self.id, self.aged = f"{issue}_en", 0
        self.dynamodb = system.stack.client("dynamodb")
        self.table = system.stack.physical("LedgerTable")

    def publish(self) -> None:
        text = TEXT.format(title=f"The week of {self.issue}")
        desk_put(self.system, f"issues/{self.issue}/en.md", text.encode())
        wait_for(lambda: self.balance().state, "the held mailing")

    def begin_in_spite_of(self, killer: Killer) -> None:
        """The schedule calls again and its worker is killed again, until the mailing has begun."""
        deadline = time.monotonic() + 60
        while not self.has_begun and time.monotonic() < deadline:
            killer.strike_while_invoked("StartMailing", {"mailing": self.id}, within=1.0)

    @property
    def has_begun(self) -> bool:
        return self.balance().state not in ("", "held")

    def until_done(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while (now := self.balance()).state != "done":
            assert time.monotonic() < deadline, now
            meanwhile()
            self._let_unknown_outcomes_time_out()
            time.sleep(2)

    def everybody_got_it_once(self) -> None:
        """By SES's own count, and by the ledger's raw items."""
        assert Counter(each.address for each in self.accepted()) == Counter(self.members.values())
        now = self.balance()
        assert (now.state, now.closed, now.watermark) == ("done", now.chunk_count, now.chunk_count)
        assert sorted(now.members) == sorted(self.members)
        assert now.counts["accepted"] == len(self.members)
        assert now.balances, now
        assert now.counts["expired"] == self.aged

    def accepted(self) -> list[judge.Acceptance]:
        return judge.accepted(self.system.address, self.id)

    def balance(self) -> judge.Balance:
        return judge.balance(self.dynamodb, self.table, self.id)

    def orders_are_overdue(self) -> None:
        """Set back when messages were sent: as if the sweep had waited for them long enough."""
        key = {"mailing": {"S": "mailings"}, "entry": {"S": self.id}}
        head = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)["Item"]
        for release in head["releases"]["L"]:
            put_at = release["L"][1]
            put_at["N"] = str(int(put_at["N"]) - OVERDUE_SECONDS)
        self._set(key, "releases", head["releases"])

    def _let_unknown_outcomes_time_out(self) -> None:
        """Set back the time of a call that left the outcome of a member unknown whom SES never accepted.

        Only once no lease of the chunk runs and every other unknown outcome has an event: their events decide
        those, as they would have done before the timeout.
        """
        known: set[str] | None = None
        for chunk in judge.items(self.dynamodb, self.table, self.id):
            unknown = _unknown_without_events(chunk)
            is_old = int(chunk.get("called_at", {}).get("N", 0)) <= time.time() - UNKNOWN_OUTCOME_SECONDS
            if not unknown or is_old or int(chunk["leased_until"]["N"]) >= time.time():
                continue
            known = known or {each.tags["subscriber"] for each in self.accepted()}
            if not unknown & known:
                key = {name: chunk[name] for name in ("mailing", "entry")}
                self._set(key, "called_at", {"N": str(int(time.time()) - UNKNOWN_OUTCOME_SECONDS)})
                self.aged += len(unknown)

    def _set(self, key: dict[str, Any], name: str, value: dict[str, Any]) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key,
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


def _unknown_without_events(chunk: dict[str, Any]) -> set[str]:
    said = {member for name, its in chunk.items() if name.startswith("said_") for member in its["SS"]}
    members = chunk.get("members", {}).get("M", {})
    return {member for member, status in members.items() if status["S"] == "in doubt"} - said


@contextmanager
def local_system(folder: Path, rate: float, *, with_trial: bool) -> Iterator[LocalSystem]:
    """A local system whose SES grants `rate`, from the template with queues that redeliver messages soon."""
    running = LocalSystem(folder / "state", free_port(), free_port())
    try:
        running.start()
        running.deploy(hold_seconds=2, with_trial=with_trial, template=_sooner(folder))
        wait_for(lambda: is_up(running), "the empty site")
        ask_ses(running, "settings", {"max_send_rate": rate})
        yield running
    finally:
        running.stop()


def ask_ses(system: LocalSystem, what: str, value: object) -> None:
    """Put settings or faults of the SES emulator."""
    urllib3.request("PUT", f"{system.address}/_local/ses/{what}", json=value, retries=False)


def faults_to_come(system: LocalSystem) -> bool:
    """Whether a fault has not struck yet."""
    return bool(urllib3.request("GET", f"{system.address}/_local/ses/faults", retries=False).json())


def _sooner(folder: Path) -> Path:
    """The template with a queue that gives messages back soon after a lease's time is up."""
    template = read_template()
    template["Resources"]["DeliveryQueue"]["Properties"]["VisibilityTimeout"] = 125
    file = folder / "template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    return file
