"""A first deployment, as an operator meets it: SES keeps the account in its sandbox until AWS lets it out.

The local SES is in sandbox mode: verified recipients alone, 200 a day, one a second. What waits in the queue
for a quarter of an hour is offered again at once, as if that time had passed.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import urllib3

from broadsheet.mailings.control import Control
from cli.chosen_stack import StackOptions
from cli.mailings import act, mailings_of
from demo.reader import DemoReader, Inbox, Received
from local.engine import REGION
from local.system import LocalSystem, free_port
from tests.acceptance.conftest import desk_put, is_up, state_of, untracked, wait_for
from tests.canary import Searcher, logs
from tests.members import plant
from tests.proof.judge import accepted

OPERATOR, STRANGER = "operator@mail.test", "kqzvxwjpbnfh@mail.test"
HEAD = b"title: A first week\nsummary: In a sentence.\nmail: yes\nsend_at: 2017-01-01T08:00\n"
TEXT = b"---\n%b---\nOne paragraph.\n" % HEAD
FIRST, SECOND = "2018-05-07", "2018-05-14"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """A system that is deployed for the first time, into an account that is in the sandbox."""
    running = LocalSystem(tmp_path_factory.mktemp("first"), free_port(), free_port())
    try:
        running.start()
        settings(running, sandbox=True)
        running.deploy(hold_seconds=1)
        wait_for(lambda: is_up(running), "the empty site")
        yield running
    finally:
        running.stop()


@pytest.fixture
def sesv2(system: LocalSystem) -> Any:
    """What the operator's `aws sesv2` speaks to."""
    endpoint = f"{system.address}/_local/ses"
    return boto3.Session("local", "local", region_name=REGION).client("sesv2", endpoint_url=endpoint)


@pytest.fixture
def commands(system: LocalSystem) -> Control:
    """What `broadsheet … --local` works with."""
    return mailings_of(StackOptions(True, system.engine_port, system.state))


# The sandbox takes one mail a second; one that comes too early is tried again after a minute.
A_TURN_SECONDS = 150


def test_from_the_sandbox_to_the_first_mailing(system: LocalSystem, sesv2: Any, commands: Control) -> None:
    """One story; its parts come one after the other."""
    the_account_and_the_domain_are_as_deployed(sesv2)
    a_sign_up_is_refused_and_nothing_is_lost(system)
    the_operator_verifies_their_address_and_subscribes(system, sesv2)
    a_mailing_goes_to_the_verified_one_a_second(system, sesv2)
    a_mailing_waits_for_whom_the_sandbox_refuses(system, commands)
    out_of_the_sandbox_it_ends(system, commands)
    assert untracked(system) == []
    assert Searcher([STRANGER.partition("@")[0]]).search(logs(system)) == []


def the_account_and_the_domain_are_as_deployed(sesv2: Any) -> None:
    account = sesv2.get_account()
    quota = account["SendQuota"]
    assert account["ProductionAccessEnabled"] is False
    assert (quota["Max24HourSend"], quota["MaxSendRate"]) == (200, 1)
    domain = sesv2.get_email_identity(EmailIdentity="ninthbridge.example.org")
    assert domain["FeedbackForwardingStatus"] is False
    assert domain["ConfigurationSetName"]
    assert domain["MailFromAttributes"] == {
        "MailFromDomain": "bounce.ninthbridge.example.org",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


def a_sign_up_is_refused_and_nothing_is_lost(system: LocalSystem) -> None:
    for address in (OPERATOR, STRANGER):
        DemoReader(address, system.address, "en", "en").sign_up()
    wait_for(
        lambda: not_taken(system) == {"NOT_VERIFIED": 2}, "the reason, for the hour's warning", A_TURN_SECONDS
    )
    assert Inbox(system.address).count_to(OPERATOR) == 0
    # one that is put back for later is in the queue twice for a moment: sent again, then deleted
    wait_for(lambda: len(waiting(system, "SignupQueue")) == 2, "the two that wait, and no more")
    assert waiting(system, "SignupDeadLetters") == []


def the_operator_verifies_their_address_and_subscribes(system: LocalSystem, sesv2: Any) -> None:
    """Waiting sign-ups are mailed by themselves: nobody has to sign up again."""
    verify(system, sesv2, OPERATOR)
    a_quarter_of_an_hour_passes(system)
    inbox, reader = Inbox(system.address), DemoReader(OPERATOR, system.address, "en", "en")
    mail = wait_for(lambda: inbox.last_to(OPERATOR), "the confirmation", A_TURN_SECONDS)
    assert reader.open_confirmation(mail)
    reader.press_confirm()
    wait_for(lambda: inbox.count_to(OPERATOR) == 2, "the welcome", A_TURN_SECONDS)
    assert inbox.count_to(STRANGER) == 0


def a_mailing_goes_to_the_verified_one_a_second(system: LocalSystem, sesv2: Any) -> None:
    friends = [f"friend-{number}@mail.test" for number in range(3)]
    for friend in friends:
        verify(system, sesv2, friend)
    plant(system, friends, "en")
    publish(system, FIRST)
    wait_for(lambda: swept(system, FIRST) == "done", "the end", 90)
    assert mailed(system, FIRST) == sorted([OPERATOR, *friends])


def a_mailing_waits_for_whom_the_sandbox_refuses(system: LocalSystem, commands: Control) -> None:
    """Of an imported list only the verified addresses are mailed, and no other is refused permanently."""
    plant(system, [STRANGER], "en")
    publish(system, SECOND)
    wait_for(lambda: swept(system, SECOND) == "parked", "the mailing that waits", 90)
    (mailing,) = commands.mailings(SECOND)
    assert mailing.reason == "NOT_VERIFIED"
    assert STRANGER not in mailed(system, SECOND)
    wait_for(lambda: swept(system, SECOND) == "parked" and reports_with(system, "sandbox"), "the report")


def out_of_the_sandbox_it_ends(system: LocalSystem, commands: Control) -> None:
    settings(system, sandbox=False)
    act(commands, "resume", SECOND, None)
    wait_for(lambda: swept(system, SECOND) == "done", "the end", 90)
    everybody = mailed(system, SECOND)
    assert len(everybody) == len(set(everybody)) == 5
    assert STRANGER in everybody


# -- how it is done


def settings(system: LocalSystem, **changes: bool) -> None:
    urllib3.request("PUT", f"{system.address}/_local/ses/settings", json=changes)


def verify(system: LocalSystem, sesv2: Any, address: str) -> None:
    """Create the identity, and open the link of the mail that AWS sends for it."""
    sesv2.create_email_identity(EmailIdentity=address)
    url = f"{system.address}/_local/ses/identities/{address}"
    assert urllib3.request("PUT", url, json={"verification": "SUCCESS"}).status == 200


def waiting(system: LocalSystem, queue: str) -> list[str]:
    """The bodies of a queue's messages, delayed ones too."""
    url = f"{system.engine.endpoint}/_ministack/sqs/messages"
    answer = urllib3.request("GET", url, headers=system.engine_headers).json()
    found: dict[str, list[dict[str, Any]]] = {}
    for regions in answer["messages"].values():
        for messages_of in regions.values():
            found |= messages_of
    url = system.stack.physical(queue)
    return [message["Body"] for message in found.get(url, [])]


def a_quarter_of_an_hour_passes(system: LocalSystem) -> None:
    url = system.stack.physical("SignupQueue")
    for body in waiting(system, "SignupQueue"):
        system.stack.sqs.send_message(QueueUrl=url, MessageBody=body)


def not_taken(system: LocalSystem) -> dict[str, int]:
    """The number of sign-ups that wait because SES refused mail, by the code that the sweep logs."""
    limits = system.stack.client("dynamodb").scan(TableName=system.stack.physical("LimitsTable"))["Items"]
    codes: Counter[str] = Counter()
    for item in (item for item in limits if "not_taken" in item):
        codes[item["not_taken"]["S"]] += int(item["waited"]["N"])
    return dict(codes)


def publish(system: LocalSystem, issue: str) -> None:
    desk_put(system, f"issues/{issue}/en.md", TEXT)
    wait_for(lambda: swept(system, issue), "the mailing", A_TURN_SECONDS)


def swept(system: LocalSystem, issue: str) -> str:
    """The state of a mailing after the sweep has run."""
    functions = system.stack.client("lambda")
    answer = functions.invoke(FunctionName=system.stack.physical("SweepFunction"), Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    return state_of(system, f"{issue}_en")


def mailed(system: LocalSystem, issue: str) -> list[str]:
    return sorted(each.address for each in accepted(system.address, f"{issue}_en"))


def reports_with(system: LocalSystem, word: str) -> list[Received]:
    """The mails to the editors that contain a word."""
    return [mail for mail in Inbox(system.address).to("desk@ninthbridge.example.org") if word in mail.text]
