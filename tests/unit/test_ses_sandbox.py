"""The local SES in the sandbox: verified recipients only, 200 in a day, one a second."""

from pathlib import Path

import pytest

from local.ses.account import Settings
from local.ses.identities import Identity
from tests.fakes.ses import BULK, SINGLE, EmulatedSES, a_bulk, a_single, an_entry

NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
)
SIMULATOR = "success+1@simulator.amazonses.com"
ME = "me@mail.example"


@pytest.fixture
def ses(tmp_path: Path) -> EmulatedSES:
    ses = EmulatedSES(tmp_path, Settings(event_delay_seconds=0, sandbox=True))
    ses.declared[ME] = Identity(ME)
    return ses


def send(ses: EmulatedSES, *to: str) -> int:
    """The status of a message to all of them, a second after the last one."""
    ses.now += len(to)
    destination = {"ToAddresses": list(to)}
    return int(ses.client.post(SINGLE, json=a_single(Destination=destination)).status_code)


@pytest.mark.parametrize("to", [ME, "Me <me@MAIL.example>", "anybody@example.org", SIMULATOR])
def test_a_verified_address_a_verified_domains_address_and_the_simulator_are_mailed(
    ses: EmulatedSES, to: str
) -> None:
    assert send(ses, to) == 200


def test_others_are_refused_in_the_words_of_ses_and_count_for_nothing(ses: EmulatedSES) -> None:
    destination = {"ToAddresses": [ME, "One <one@mail.example>", "two@mail.example"]}

    answer = ses.client.post(SINGLE, json=a_single(Destination=destination))

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (400, "MessageRejected")
    assert answer.get_json()["message"] == f"{NOT_VERIFIED}One <one@mail.example>, two@mail.example"
    assert ses.outbox.records() == []
    assert ses.emulator.account.sent_last_24_hours() == 0
    assert ses.emulator.account.throttled == 0


def test_an_address_that_still_waits_for_its_verification_is_refused(ses: EmulatedSES) -> None:
    ses.client.post("/_local/ses/v2/email/identities", json={"EmailIdentity": "new@mail.example"})
    assert send(ses, "new@mail.example") == 400
    ses.client.put("/_local/ses/identities/new@mail.example", json={"verification": "SUCCESS"})
    assert send(ses, "new@mail.example") == 200


def test_a_bulk_call_answers_each_entry_for_itself(ses: EmulatedSES) -> None:
    data = {"link": "x"}
    answer = ses.client.post(BULK, json=a_bulk(an_entry("one@mail.example", data), an_entry(ME, data)))
    stranger, mine = answer.get_json()["BulkEmailEntryResults"]
    assert stranger == {"Status": "MESSAGE_REJECTED", "Error": f"{NOT_VERIFIED}one@mail.example"}
    assert mine["Status"] == "SUCCESS"


def test_one_a_second_is_taken(ses: EmulatedSES) -> None:
    codes = [ses.client.post(SINGLE, json=a_single(ME)).status_code for _ in range(2)]
    ses.now += 1
    assert [*codes, send(ses, ME)] == [200, 429, 200]


def test_two_hundred_recipients_are_accepted_in_a_day(ses: EmulatedSES) -> None:
    assert {send(ses, ME) for _ in range(200)} == {200}
    assert send(ses, ME) == 400
    assert send(ses, SIMULATOR) == 200
    ses.now += 24 * 3600
    assert send(ses, ME) == 200


def test_the_account_shows_whether_it_is_in_the_sandbox(ses: EmulatedSES) -> None:
    def account_state() -> tuple[bool, float, float]:
        account = ses.client.get("/_local/ses/v2/email/account").get_json()
        quota = account["SendQuota"]
        return account["ProductionAccessEnabled"], quota["Max24HourSend"], quota["MaxSendRate"]

    assert account_state() == (False, 200, 1)
    ses.client.put("/_local/ses/settings", json={"sandbox": False})
    assert account_state() == (True, 50_000, 200)
    assert send(ses, "anybody@mail.example") == 200
