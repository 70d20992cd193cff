"""Mailings on which ledger and SES emulator disagree are suspended before the local system starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.agreement import Disagreement, suspend_where_they_disagree
from local.store import Store
from tests.fakes.ses import BULK, EmulatedSES, a_bulk, an_entry

LEDGER = "tables 000000000000 eu-central-1 broadsheet-LedgerTable-1"
MAILING = "2045-01-02_en"


def tags(**named: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named.items()]


def accepted(state: Path, count: int, chunk: int = 0, mailing: str = MAILING) -> None:
    """The emulator accepts mails of a chunk, and its inbox is emptied."""
    ses = EmulatedSES(state)
    entries = [an_entry(f"reader-{number}@example.org") for number in range(count)]
    call = a_bulk(*entries, DefaultEmailTags=tags(mailing=mailing, chunk=str(chunk)))
    assert ses.client.post(BULK, json=call).status_code == 200
    assert ses.events() is not None
    ses.outbox.empty()
    ses.outbox.store.close()


def a_ledger(state: Path, statuses: list[str] | None, head: str = "sending", **more: Any) -> None:
    """The head of the mailing, and its chunk 0 if it has been claimed."""
    items = [
        {"mailing": {"S": "mailings"}, "entry": {"S": MAILING}, "state": {"S": head}, "reason": {"S": ""}},
        *(
            [
                {
                    "mailing": {"S": MAILING},
                    "entry": {"S": "chunk#000000"},
                    "members": {"M": {f"{n}": {"S": status} for n, status in enumerate(statuses)}},
                    **more,
                }
            ]
            if statuses is not None
            else []
        ),
    ]
    store = Store(state / "engine" / "state.sqlite")
    store.write(
        {(LEDGER, json.dumps([one["mailing"]["S"], one["entry"]["S"]])): json.dumps(one) for one in items}
    )
    store.close()


def compared(state: Path) -> Disagreement:
    return suspend_where_they_disagree(state / "engine" / "state.sqlite", state / "mail" / "ses.sqlite")


def head_in(state: Path) -> dict[str, Any]:
    store = Store(state / "engine" / "state.sqlite")
    text = dict(store.entries(LEDGER))[json.dumps(["mailings", MAILING])]
    store.close()
    return {name: next(iter(value.values())) for name, value in json.loads(text).items()}


@pytest.mark.parametrize(
    ("count", "statuses", "more"),
    [
        (2, ["accepted", "accepted"], {}),
        (1, ["accepted", "waiting", "refused:FAILED"], {}),
        (1, ["in doubt", "in doubt"], {}),  # the worker died before it could write SES's answer
        (2, ["in doubt", "in doubt", "accepted"], {}),
        (3, ["accepted", "accepted"], {"expired": {"N": "1"}}),  # timed out, and mailed again
    ],
)
def test_what_a_kill_at_any_moment_leaves_is_no_disagreement(
    tmp_path: Path, count: int, statuses: list[str], more: dict[str, Any]
) -> None:
    accepted(tmp_path, count)
    a_ledger(tmp_path, statuses, **more)

    assert compared(tmp_path) == Disagreement()
    assert head_in(tmp_path)["state"] == "sending"


@pytest.mark.parametrize(
    ("count", "statuses"),
    [
        (2, None),  # the ledger is older than the chunk
        (2, ["waiting", "waiting"]),
        (2, ["accepted", "waiting"]),
        (1, ["accepted", "accepted"]),  # the emulator has lost a mail
    ],
)
@pytest.mark.parametrize("state", ["sending", "paused", "stopped"])
def test_a_mailing_on_which_they_disagree_waits_for_a_person(
    tmp_path: Path, count: int, statuses: list[str] | None, state: str
) -> None:
    accepted(tmp_path, count)
    a_ledger(tmp_path, statuses, state)

    for _ in range(2):
        assert compared(tmp_path) == Disagreement(suspended=(MAILING,))

    head = head_in(tmp_path)
    assert (head["state"], head["reason"]) == ("parked", "LEDGER_AND_SES_DISAGREE")


def test_a_held_mailing_that_was_mailed_waits_for_its_approval(tmp_path: Path) -> None:
    accepted(tmp_path, 1)
    a_ledger(tmp_path, None, "held")

    assert compared(tmp_path).suspended == (MAILING,)
    assert (head_in(tmp_path)["state"], head_in(tmp_path)["reason"]) == ("held", "SEVERAL_AT_ONCE")


@pytest.mark.parametrize("state", ["done", "cancelled", "withdrawn"])
def test_a_mailing_that_has_ended_is_left_alone(tmp_path: Path, state: str) -> None:
    accepted(tmp_path, 2)
    a_ledger(tmp_path, None, state)

    assert compared(tmp_path) == Disagreement()
    assert head_in(tmp_path)["state"] == state


def test_a_mailing_of_which_the_ledger_knows_nothing_is_named(tmp_path: Path) -> None:
    accepted(tmp_path, 1, mailing="2045-01-09_en")
    a_ledger(tmp_path, ["waiting"])

    assert compared(tmp_path) == Disagreement(unknown=("2045-01-09_en",))


def test_a_new_system_has_nothing_to_compare(tmp_path: Path) -> None:
    assert compared(tmp_path) == Disagreement()
    assert list(tmp_path.iterdir()) == []
