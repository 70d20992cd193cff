"""No bounce of a reader is mailed to the newsletter's mailbox; where SES may do that, the search finds it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from demo.reader import DemoReader, Inbox
from local.engine import REGION
from local.system import LocalSystem
from tests.acceptance.conftest import wait_for
from tests.canary import Searcher, files

DOMAIN = "ninthbridge.example.org"
SENDER = f"letter@{DOMAIN}"


@pytest.fixture
def forwarding(system: LocalSystem) -> Iterator[Any]:
    """Turn forwarding on for the identity; restore the template's setting afterwards."""
    sesv2 = boto3.Session("local", "local", region_name=REGION).client(
        "sesv2", endpoint_url=f"{system.address}/_local/ses"
    )

    def turn(on: bool) -> None:  # noqa: FBT001  # a switch
        sesv2.put_email_identity_feedback_attributes(EmailIdentity=DOMAIN, EmailForwardingEnabled=on)

    assert sesv2.get_email_identity(EmailIdentity=DOMAIN)["FeedbackForwardingStatus"] is False
    yield turn
    turn(False)


def signed_up(system: LocalSystem, inbox: Inbox, canary: str) -> None:
    """Sign up an address whose confirmation soft-bounces, so that other stories find the list unchanged."""
    address = f"mailboxfull-{canary}@simulator.test"
    DemoReader(address, system.address, "en", "en").sign_up()
    wait_for(lambda: inbox.last_to(address), "the confirmation")


def mailed_to_us(system: LocalSystem, canary: str) -> set[str]:
    found = Searcher([canary]).search(files(system))
    return {finding.where for finding in found if finding.where.startswith("file mail-to-us/")}


def test_as_deployed_a_bounce_comes_by_an_event_alone(
    system: LocalSystem, inbox: Inbox, forwarding: Any
) -> None:
    signed_up(system, inbox, "vzqkxjwquiet")
    assert inbox.count_to(SENDER) == 0
    assert mailed_to_us(system, "vzqkxjwquiet") == set()


def test_with_forwarding_on_the_readers_address_would_be_in_our_mailbox_and_be_found(
    system: LocalSystem, inbox: Inbox, forwarding: Any
) -> None:
    forwarding(True)
    signed_up(system, inbox, "vzqkxjwclear")
    mail = wait_for(lambda: inbox.last_to(SENDER), "the mail of SES")
    assert "mailboxfull-vzqkxjwclear@simulator.test" in mail.message.get_content()
    assert mailed_to_us(system, "vzqkxjwclear") != set()
