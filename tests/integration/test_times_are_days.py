"""No time that is stored with a person, an address or a fingerprint is finer than a day.

The ledger of a running mailing and an unexpired request are exceptions. Everything that can happen to readers
happens, then every item of every table is checked.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS
from tests.integration.world import MAILING, World, a_batch, a_sample, failed, token_in

A_DAY_SECONDS = 86_400
MOMENTS = (946_684_800, 4_102_444_800)  # from 2000 to 2100, in epoch seconds
A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
PERSONAL_COUNTERS = ("address#", "record#", "gone#")


def finer_than_a_day(value: Any, path: str = "") -> Iterator[str]:
    """The paths in an item of times that are more exact than a day."""
    match value:
        case dict():
            for name, within in value.items():
                yield from finer_than_a_day(within, f"{path}.{name}")
        case list() | set():
            for within in value:
                yield from finer_than_a_day(within, path)
        case str() if A_TIME.search(value):
            yield path
        case int() | Decimal() if MOMENTS[0] < value < MOMENTS[1] and value % A_DAY_SECONDS:
            yield path


def personal(world: World) -> dict[str, dict[str, Any]]:
    """Every item about a reader, by table and key."""
    chunks_and_marks = (
        (item["entry"], item) for item in world.items("LedgerTable") if item["mailing"] == MAILING
    )
    counters = ((item["counter"], item) for item in world.items("LimitsTable"))
    return {
        **{f"subscriber {item['subscriber_id']}": item for item in world.items("SubscribersTable")},
        **{f"fingerprint {item['fingerprint']}": item for item in world.items("FingerprintsTable")},
        **{f"limits {name}": item for name, item in counters if name.startswith(PERSONAL_COUNTERS)},
        **{f"ledger {name}": item for name, item in chunks_and_marks},
    }


def distinguishable_by_time(world: World) -> list[str]:
    return sorted(
        f"{name.split()[0]}{path}"
        for name, item in personal(world).items()
        for path in finer_than_a_day(item)
    )


def processed(world: World) -> None:
    """What waits for the sign-up queue's function, and what that puts there."""
    while messages := world.receive_all("SignupQueue"):
        for message in messages:
            assert failed(world.cold_start("ProcessSignupFunction")(a_batch(message))) == []


def managed(world: World, case: str, subscriber_id: str) -> None:
    token = world.manage_token(subscriber_id)
    world.cold_start("ManageSubscriptionFunction")(a_sample(f"manage_subscription/{case}", token=token))
    processed(world)


def deactivate(world: World) -> None:
    """The mailing ended two days ago, and the sweep comes by."""
    table, two_days = world.table("LedgerTable"), timedelta(days=2)
    table.update_item(
        Key={"mailing": "mailings", "entry": MAILING},
        UpdateExpression="SET #state = :done, frontier = :one, ended_at = :at",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={
            ":done": "done",
            ":one": 1,
            ":at": (datetime.now(UTC) - two_days).isoformat(),
        },
    )
    table.update_item(
        Key={"mailing": MAILING, "entry": "chunk#000000"},
        UpdateExpression="SET leased_until = :at",
        ExpressionAttributeValues={":at": int((datetime.now(UTC) - two_days).timestamp())},
    )
    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))


def under_another_spelling(world: World, address: str) -> str:
    """The id of a reader whose limits are stored under the fingerprint of their mailbox."""
    before = {item["subscriber_id"] for item in world.items("SubscribersTable")}
    token = world.a_waiting_reader(address)
    world.cold_start("ConfirmSubscriptionFunction")(a_sample("confirm_subscription/button", token=token))
    processed(world)
    (new,) = {str(item["subscriber_id"]) for item in world.items("SubscribersTable")} - before
    return new


@pytest.fixture
def lived(world: World) -> World:
    """Readers who signed up, confirmed, changed, moved, had record and link, left, were erased, bounced."""
    token = world.a_waiting_reader()
    world.cold_start("ConfirmSubscriptionFunction")(a_sample("confirm_subscription/button", token=token))
    processed(world)
    (ana,) = (item["subscriber_id"] for item in world.items("SubscribersTable"))
    for case in ("save", "record", "link"):
        managed(world, case, ana)
    moves = world.a_reader("dana@example.org")
    managed(world, "address", moves)
    token = token_in(world.ses.mails_to("ana@new.example.org")[-1])
    world.cold_start("ConfirmSubscriptionFunction")(a_sample("confirm_subscription/button", token=token))
    processed(world)
    for number, case in enumerate(("leave", "erase", "erase_and_never_again")):
        managed(world, case, world.a_reader(f"reader-{number}@example.org"))
    managed(world, "leave", "f" * 32)
    managed(world, "leave", under_another_spelling(world, "cyryl+letters@example.org"))
    world.a_reader("bahdan@example.org")
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.RESET_AFTER_ACCEPTING)])
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))
    for case in ("bounce_transient", "delivery", "send"):
        world.cold_start("RecordFeedbackFunction")(a_sample(f"record_feedback/{case}"))
    return world


def test_while_a_mailing_runs_only_its_ledger_is_finer_than_a_day(lived: World) -> None:
    assert {where.split(".")[0] for where in distinguishable_by_time(lived)} == {"ledger"}


def test_once_a_mailing_is_inactive_nothing_can_be_distinguished_by_time(lived: World) -> None:
    deactivate(lived)
    assert distinguishable_by_time(lived) == []
    assert len(personal(lived)) > len(PERSONAL_COUNTERS)


def test_only_the_times_of_a_pending_request_are_kept_to_the_second(world: World) -> None:
    world.a_waiting_reader(ADDRESS)
    managed(world, "address", world.a_reader("dana@example.org"))
    finer = {where.split(".")[-1] for where in distinguishable_by_time(world)}
    assert finer <= {"asked_at", "expires_at", "until"}
