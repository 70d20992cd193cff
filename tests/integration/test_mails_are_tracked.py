"""Every way in which the system mails names the configuration set.

Without it SES mails bounces to the sender's mailbox, the reader's address in clear, even while e-mail
feedback forwarding is off; see `local/ses/forwarding.py`.
"""

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime

import boto3
import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.mailings.mailing import MailingState
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from local.ses.outbox import OutboxRecord
from tests.builders import ADDRESS
from tests.integration.world import CONFIGURATION_SET, MAILING, World, a_batch, a_sample


def sign_up(world: World) -> None:
    sealed = base64.b64encode(world.sealed()).decode()
    world.cold_start("ProcessSignupFunction")(a_sample("process_signup/sign_up", sealed=sealed))


def sign_up_again(world: World) -> None:
    world.a_reader()
    sign_up(world)


def mail_to_reader(kind: MessageKind) -> Callable[[World], None]:
    def ask(world: World) -> None:
        message = ReaderMailMessage(kind, world.a_reader(), int(time.time()))
        world.cold_start("ProcessSignupFunction")(a_batch(message.to_json()))

    return ask


def an_issue(world: World) -> None:
    world.upload_issue("en")
    world.process_desk_event("text_created")


def a_draft(world: World) -> None:
    world.upload_issue("en", under="drafts")
    world.process_desk_event("draft_created")


def a_mailing(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))


def a_mailing_that_stops(world: World) -> None:
    world.a_begun_mailing()
    ledger = DynamoDBLedger(world.table("LedgerTable"))
    ledger.move(MAILING, [MailingState.SENDING], MailingState.STOPPED, datetime.now(UTC), "COMPLAINTS")
    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))


@pytest.mark.parametrize(
    ("way", "kinds"),
    [
        (sign_up, {"sign-up"}),
        (sign_up_again, {"sign-up"}),
        (mail_to_reader(MessageKind.WELCOME), {"welcome"}),
        (mail_to_reader(MessageKind.RECORD), {"record"}),
        (an_issue, {"report"}),
        (a_draft, {"draft"}),
        (a_mailing, {MAILING}),
        (a_mailing_that_stops, {"report"}),
    ],
)
def test_each_way_of_mailing_names_the_configuration_set(
    world: World, way: Callable[[World], None], kinds: set[str]
) -> None:
    way(world)
    assert {kind_of(record) for record in world.ses.sent()} == kinds
    assert {record.configuration_set for record in world.ses.sent()} == {CONFIGURATION_SET}


def kind_of(record: OutboxRecord) -> str:
    return record.tags.get("kind") or record.tags["mailing"]


def test_a_mail_without_a_configuration_set_would_be_noticed(world: World) -> None:
    """The check itself, which every test of this folder ends with."""
    boto3.client("sesv2").send_email(
        FromEmailAddress="letter@ninthbridge.example.org",
        Destination={"ToAddresses": [ADDRESS]},
        Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    )
    (noticed,) = world.ses.untracked()
    assert noticed["why"] == "the call names no configuration set"
    world.ses.forget()
