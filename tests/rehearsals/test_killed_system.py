"""The engine and the gateway are killed by SIGKILL in the middle of everything, and `up` goes on.

Readers sign up and leave, an issue is published and mailed; each time a process dies under it. List, ledger
and inbox are compared: nobody is mailed twice, nobody is lost, who left stays away, no issue is mailed again.
Queues redeliver sooner than on AWS, and a dead worker's lease is set back. The sweep is called again and
again, so that a trial follows its mails instead of the clock.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from demo.reader import DemoReader, Inbox
from infrastructure.build import read_template
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, is_up, swept, wait_for
from tests.members import plant
from tests.proof import judge
from tests.proof.mailing import TEXT, LocalMailing, ask_ses
from tests.rehearsals.test_killed_engine import kill

READERS, MEMBERS, SLOWLY = 12, 400, 50
FIRST, SECOND = "2045-01-02", "2045-01-09"
PATIENCE_SECONDS = 150
REDELIVERED_AFTER_SECONDS = 30


@dataclass
class Mortal:
    """A local system whose processes are killed, and started again as `broadsheet up` does."""

    system: LocalSystem
    template: Path

    def again(self) -> None:
        self.system.start()
        self.system.deploy(hold_seconds=2, template=self.template)

    def killed(self, *names: str) -> None:
        for name in names:
            kill(self.system, name)
        self.again()


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    folder = tmp_path_factory.mktemp("mortal")
    template = read_template()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::SQS::Queue" and "VisibilityTimeout" in resource.get("Properties", {}):
            resource["Properties"]["VisibilityTimeout"] = REDELIVERED_AFTER_SECONDS
    file = folder / "template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    system = LocalSystem(folder / "state", free_port(), free_port())
    found = Mortal(system, file)
    try:
        found.again()
        wait_for(lambda: is_up(system), "the empty site", PATIENCE_SECONDS)
        yield found
    finally:
        system.stop()


def sign_up_until_accepted(reader: DemoReader, accepted: list[str]) -> None:
    """As a visitor does who is told to try again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            led_to = reader.sign_up()
        except urllib3.exceptions.HTTPError:
            led_to = ""
        if led_to.endswith("/check-your-mail.html"):
            accepted.append(reader.address)
            return
        time.sleep(0.2)


def confirmed_in(system: LocalSystem) -> int:
    """How many subscribers are confirmed, by the table's raw items."""
    pages = (
        system.stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=system.stack.physical("SubscribersTable"), ConsistentRead=True)
    )
    return sum(item["status"]["S"] == "confirmed" for page in pages for item in page["Items"])


def mailed(system: LocalSystem, issue: str) -> Counter[str]:
    return Counter(one.address for one in judge.accepted(system.address, f"{issue}_en"))


def leases_are_over(system: LocalSystem, issue: str) -> None:
    """Set back the leases of the workers that died with the engine: they run for two minutes."""
    database, table = system.stack.client("dynamodb"), system.stack.physical("LedgerTable")
    for chunk in judge.items(database, table, f"{issue}_en"):
        if "leased_until" in chunk:
            database.update_item(
                TableName=table,
                Key={name: chunk[name] for name in ("mailing", "entry")},
                UpdateExpression="SET leased_until = :past",
                ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
            )


def test_nothing_is_lost_or_done_twice_whatever_is_killed(mortal: Mortal) -> None:
    system = mortal.system
    planted = plant(system, [f"member-{number}@readers.test" for number in range(MEMBERS)], "en")
    readers = [DemoReader(f"reader-{number}@readers.test", system.address) for number in range(READERS)]

    # Sign-ups
    accepted: list[str] = []
    visits = [threading.Thread(target=sign_up_until_accepted, args=(reader, accepted)) for reader in readers]
    for visit in visits:
        visit.start()
    wait_for(lambda: len(accepted) >= 3, "the first sign-ups", PATIENCE_SECONDS)
    mortal.killed("engine")
    for visit in visits:
        visit.join()
    assert sorted(accepted) == sorted(reader.address for reader in readers)
    inbox = Inbox(system.address)
    for reader in readers:
        mail = wait_for(lambda r=reader: inbox.last_to(r.address), "the confirmation", PATIENCE_SECONDS)
        assert reader.open_confirmation(mail)
        assert "You have been successfully subscribed" in reader.press_confirm()
    assert confirmed_in(system) == MEMBERS + READERS

    # Publishing
    text = TEXT.format(title="The first week").encode()
    desk_put(system, f"issues/{FIRST}/en.md", text)
    mortal.killed("engine")
    wait_for(
        lambda: readers[0].page(f"/en/{FIRST}/index.html") and swept(system, f"{FIRST}_en"),
        "page and mailing",
        PATIENCE_SECONDS,
    )
    assert confirmed_in(system) == MEMBERS + READERS

    # A mailing
    ask_ses(system, "settings", {"max_send_rate": SLOWLY})
    everybody = Counter([*planted.values(), *(reader.address for reader in readers)])
    wait_for(
        lambda: swept(system, f"{FIRST}_en") and len(mailed(system, FIRST)) > MEMBERS // 8,
        "a part of the mailing",
        PATIENCE_SECONDS,
    )
    assert len(mailed(system, FIRST)) < len(everybody)
    mortal.killed("engine")
    leases_are_over(system, FIRST)
    wait_for(
        lambda: swept(system, f"{FIRST}_en") and len(mailed(system, FIRST)) > MEMBERS // 2,
        "half of the mailing",
        PATIENCE_SECONDS,
    )
    assert len(mailed(system, FIRST)) < len(everybody)
    mortal.killed("front")
    leases_are_over(system, FIRST)
    mailing = LocalMailing(system, FIRST, planted)
    mailing.until_done(lambda: swept(system, f"{FIRST}_en"))
    assert mailed(system, FIRST) == everybody
    assert mailing.balance().balances
    assert mailing.balance().counts["accepted"] == len(everybody)

    # Leaving, and all of it once more
    gone = readers[0], readers[1]
    for reader in gone:
        [letter] = [one for one in inbox.to(reader.address) if "The first week" in one.subject]
        assert reader.one_click(letter)[0] in (200, 202, 303)
    mortal.killed("engine", "front")
    desk_put(system, f"issues/{FIRST}/en.md", text)
    desk_put(system, f"issues/{SECOND}/en.md", TEXT.format(title="The second week").encode())
    wait_for(lambda: swept(system, f"{SECOND}_en") == "done", "the second mailing", PATIENCE_SECONDS)
    assert mailed(system, SECOND) == everybody - Counter(reader.address for reader in gone)
    assert mailed(system, FIRST) == everybody
    assert confirmed_in(system) == MEMBERS + READERS - len(gone)
