"""deliver_chunk: everybody in the chunk is mailed once, and the ledger says so."""

import json
import re
from datetime import UTC, datetime

import pytest

from broadsheet.aws.ledger import DynamoDBLedger
from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS
from tests.integration.world import MAILING, ORIGIN, World, a_batch, a_sample, failed, spellings_in, text_of

OTHER = "bahdan@example.org"


def delivered(world: World, case: str = "one_chunk") -> list[str]:
    return failed(world.cold_start("DeliverChunkFunction")(a_sample(f"deliver_chunk/{case}")))


def issues_mailed(world: World) -> list[tuple[str, ...]]:
    """Whom the mailing's mails went to; confirmations and reports are not of it."""
    return sorted(record.to for record in world.ses.sent() if record.tags.get("mailing") == MAILING)


def test_a_chunk_mails_its_readers_and_the_ledger_balances(world: World) -> None:
    ana, bahdan = world.a_reader(), world.a_reader(OTHER)
    world.a_begun_mailing()
    assert delivered(world) == []
    assert issues_mailed(world) == [(ADDRESS,), (OTHER,)]
    assert world.chunk()["members"] == {ana: "accepted", bahdan: "accepted"}
    assert world.chunk()["closed"] is True


def test_from_the_desk_to_the_mailbox(world: World) -> None:
    world.a_reader()
    world.parameters["HoldSeconds"] = "0"
    world.upload_issue("en")
    world.process_desk_event("text_created")
    world.cold_start("StartMailingFunction")(a_sample("start_mailing/due"))
    (message,) = world.messages("DeliveryQueue")
    assert failed(world.cold_start("DeliverChunkFunction")(a_batch(message))) == []
    mail = world.ses.mails_to(ADDRESS)[-1]
    assert mail["From"] == "The Ninth Bridge <letter@ninthbridge.example.org>"
    assert "December 5 – December 11, 2016" in text_of(mail)


def test_each_mail_has_its_readers_own_unsubscribe_link(world: World) -> None:
    subscriber = world.a_reader()
    world.a_begun_mailing()
    delivered(world)
    mail = world.ses.mails_to(ADDRESS)[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(rf"<{ORIGIN}/api/unsubscribe\?t=([\w.-]+)&in=en>", mail["List-Unsubscribe"])
    assert link is not None
    world.cold_start("UnsubscribeFunction")(a_sample("unsubscribe/one_click_urlencoded", token=link[1]))
    assert subscriber not in {item["subscriber_id"] for item in world.items("SubscribersTable")}


def test_events_about_a_mail_will_name_mailing_chunk_and_subscriber(world: World) -> None:
    subscriber = world.a_reader()
    world.a_begun_mailing()
    delivered(world)
    tags = world.ses.sent()[-1].tags
    told_to_providers = {"ses:feedback-id-a": MAILING, "ses:feedback-id-b": "en"}
    assert tags == {"mailing": MAILING, "chunk": "0", "subscriber": subscriber, **told_to_providers}


@pytest.mark.parametrize("key_id", ["address-2015", "no key at all"])
def test_a_reader_with_a_missing_key_does_not_keep_the_mail_from_others(world: World, key_id: str) -> None:
    lost, ana = world.a_reader(OTHER), world.a_reader()
    world.table("SubscribersTable").update_item(
        Key={"shard": lost[0], "subscriber_id": lost},
        UpdateExpression="SET address_key = :key",
        ExpressionAttributeValues={":key": key_id},
    )
    world.a_begun_mailing()
    assert delivered(world) == []
    assert issues_mailed(world) == [(ADDRESS,)]
    assert world.chunk()["members"] == {ana: "accepted", lost: "refused:SEAL_BROKEN"}


def test_a_repeated_message_mails_once(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    delivered(world)
    assert delivered(world) == []
    assert issues_mailed(world) == [(ADDRESS,)]


def test_a_reader_who_left_a_second_ago_and_an_unconfirmed_one_get_nothing(world: World) -> None:
    token = world.leave_token(world.a_reader())
    world.a_waiting_reader(OTHER)
    world.a_begun_mailing()
    world.cold_start("UnsubscribeFunction")(a_sample("unsubscribe/one_click_urlencoded", token=token))
    assert delivered(world) == []
    assert issues_mailed(world) == []
    assert world.chunk()["members"] == {}


def test_a_subscriber_of_another_audience_gets_nothing(world: World) -> None:
    world.a_reader(ADDRESS, "be-ru")
    world.a_begun_mailing()
    delivered(world)
    assert issues_mailed(world) == []


def test_a_damaged_message_is_retried_and_the_others_are_processed(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    event = a_sample("deliver_chunk/batch_with_a_damaged_order")
    assert delivered(world, "batch_with_a_damaged_order") == [event["Records"][0]["messageId"]]
    assert issues_mailed(world) == [(ADDRESS,)]


def test_a_throttled_call_mails_nobody_and_its_message_is_retried(world: World) -> None:
    subscriber = world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.THROTTLE)])
    assert delivered(world) == []
    assert issues_mailed(world) == []
    assert world.chunk()["members"] == {subscriber: "waiting"}
    assert world.count_delayed("DeliveryQueue") == 1
    assert delivered(world) == []
    assert issues_mailed(world) == [(ADDRESS,)]


def test_a_message_of_a_chunk_with_a_running_lease_is_dropped(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    DynamoDBLedger(world.table("LedgerTable")).claim(MAILING, 0, datetime.now(UTC), 120)
    assert delivered(world) == []
    assert issues_mailed(world) == []


def test_a_call_without_an_answer_leaves_its_readers_unknown_and_mails_nobody_twice(world: World) -> None:
    subscriber = world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.RESET_AFTER_ACCEPTING)])
    assert delivered(world) == []
    assert delivered(world) == []
    assert issues_mailed(world) == [(ADDRESS,)]
    assert world.chunk()["members"] == {subscriber: "in doubt"}


def test_ses_s_events_decide_the_outcome_of_a_call_without_an_answer(world: World) -> None:
    subscriber = world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.RESET_AFTER_ACCEPTING)])
    delivered(world)
    DynamoDBLedger(world.table("LedgerTable")).record_events(MAILING, 0, {subscriber: {"send"}})
    assert delivered(world) == []
    assert (world.chunk()["members"], world.chunk()["closed"]) == ({subscriber: "accepted"}, True)
    assert issues_mailed(world) == [(ADDRESS,)]


def test_neither_log_nor_ledger_reveals_an_address(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.a_reader()
    world.a_begun_mailing()
    capsys.readouterr()
    delivered(world)
    log = capsys.readouterr().out
    assert '"accepted":1' in log.replace(" ", "")
    assert spellings_in(log + repr(world.items("LedgerTable")), ADDRESS) == set()


def test_a_stored_body_that_was_changed_is_mailed_to_nobody_and_editors_get_a_report(world: World) -> None:
    reader = world.a_reader()
    world.a_begun_mailing()
    key = next(key for key in world.keys("DeskBucket", "revisions/") if key.endswith(".json"))
    stored = {**json.loads(world.object("DeskBucket", key)), "text": "Go there. {{unsubscribe_url}}"}
    world.resources.s3.put_object(Bucket=world.refs["DeskBucket"], Key=key, Body=json.dumps(stored).encode())

    assert delivered(world) == []
    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))

    assert issues_mailed(world) == []
    assert world.chunk()["members"] == {reader: "waiting"}
    assert (world.head()["state"], world.head()["reason"]) == ("stopped", "BODY_CHANGED")
    (report,) = world.keys("DeskBucket", "reports/")
    assert "not what was published" in world.object("DeskBucket", report).decode()
    assert {record.tags.get("kind") for record in world.ses.sent()} == {"report"}
