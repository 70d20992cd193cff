"""Whole mailings on the local system, with workers that are killed while they work and an SES with faults.

The tests only do what an operator or an accident could: they kill real processes by SIGKILL, with all that
those had in memory; the functions, queues and tables are the deployed ones; the SES emulator has faults. They
check that every reader gets the issue exactly once, by the emulator's own count; that the ledger balances,
added up from DynamoDB's raw items; and that the mailing ends as done.

`tests/proof/mailing.py` says which times are shorter than on AWS.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.members import plant
from tests.proof.killing import ENOUGH, Killer
from tests.proof.mailing import LocalMailing, ask_ses, faults_to_come, local_system

MEMBERS = 2_400
RATE = 45
SEED = 20161205
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "throttle"},
    {"kind": "transient-failure", "share": 0.3},
    {"kind": "error-500"},
    {"kind": "error-500-after-accepting"},
    {"kind": "reset-before-accepting"},
    {"kind": "reset-after-accepting"},
    {"kind": "time-out-after-accepting", "seconds": 35},
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    with local_system(tmp_path_factory.mktemp("system"), RATE, with_trial=True) as running:
        yield running


@pytest.fixture(scope="module")
def members(system: LocalSystem) -> dict[str, str]:
    return plant(system, [f"member-{number}@readers.test" for number in range(MEMBERS)], "en")


def test_workers_killed_at_any_moment(
    system: LocalSystem, members: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """Workers of each function that mails are killed by SIGKILL, at random and while SES accepts a call."""
    mailing = LocalMailing(system, "2045-01-02", members)
    with Killer(system, Random(SEED)) as killer:  # noqa: S311  # for a test, to be repeated
        mailing.publish()
        mailing.begin_in_spite_of(killer)
        mailing.until_done()
    hits = killer.hits()
    mailing.everybody_got_it_once()
    assert hits.total() >= ENOUGH, hits
    record_property("figures", f"{MEMBERS:,} members; killed in the middle of work: {_summary(hits)}")


def test_workers_killed_while_ses_answers_badly(
    system: LocalSystem, members: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """SES throttles, refuses some for now, fails before and after accepting, hangs, hangs up; and kills."""
    mailing = LocalMailing(system, "2045-01-09", members)
    dice = Random(SEED)  # noqa: S311  # as above
    struck: Counter[str] = Counter()

    def one_more_fault() -> None:
        fault = dice.choice(FAULTS)
        if mailing.has_begun and not faults_to_come(system):
            ask_ses(system, "faults", [fault])
            struck[fault["kind"]] += 1

    with Killer(system, dice, pause=(4.0, 12.0)) as killer:
        mailing.publish()
        mailing.until_done(meanwhile=one_more_fault)
    hits = killer.hits()
    mailing.everybody_got_it_once()
    assert set(struck) == {fault["kind"] for fault in FAULTS}
    figures = f"{MEMBERS:,} members; {struck.total()} bad answers; killed: {_summary(hits)}"
    record_property(
        "figures", f"{figures}; timed out and sent again, SES having accepted none of them: {mailing.aged}"
    )


def test_a_delivery_queue_that_is_purged(
    system: LocalSystem, members: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """All messages are purged half-way, as by an operator; the sweep sends them again."""
    mailing = LocalMailing(system, "2045-01-16", members)
    mailing.publish()
    wait_for(lambda: len(mailing.accepted()) > MEMBERS // 5, "a fifth of the mailing, after its trial")
    system.stack.sqs.purge_queue(QueueUrl=system.stack.physical("DeliveryQueue"))
    lost = MEMBERS - len(mailing.accepted())
    mailing.orders_are_overdue()
    mailing.until_done()
    mailing.everybody_got_it_once()
    record_property("figures", f"{MEMBERS:,} members; messages for about {lost:,} of them purged")


def _summary(hits: Counter[str]) -> str:
    return ", ".join(f"{function} {count}" for function, count in sorted(hits.items()))
