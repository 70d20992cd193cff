"""sweep: begins what is due, re-enqueues lost messages, ends what is complete."""

import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from broadsheet.aws.ledger import DynamoDBLedger
from broadsheet.aws.report_counts import DynamoDBReportCounts
from broadsheet.mailings.mailing import MailingState
from broadsheet.newsletter_file import read_newsletter
from broadsheet.probes import probe_draft
from broadsheet.publishing.report_mailer import MOST_AN_HOUR
from infrastructure.build import ROOT
from local.ses.faults import FaultKind, InjectedFault
from tests.builders import ADDRESS, ISSUE_ID
from tests.integration.clients import each_client
from tests.integration.world import (
    MAILING,
    World,
    a_batch,
    a_sample,
    assert_watched,
    failed,
    spellings_in,
    text_of,
)

EDITOR = "desk@ninthbridge.example.org"
ONE_CHUNK = "deliver_chunk/one_chunk"
UNSAID = "---\ntitle: A week\nsummary: In a sentence.\n---\nOne paragraph.\n"  # of a mailing


def sweep(world: World) -> None:
    assert world.cold_start("SweepFunction")(a_sample("sweep/every_minute")) is None


def test_a_minute_with_nothing_to_do_changes_nothing(world: World) -> None:
    sweep(world)
    assert world.items("LedgerTable") == []


def test_leftovers_of_killed_probes_and_nothing_else_are_deleted_within_two_hours(world: World) -> None:
    name = probe_draft("0" * 32)
    left = {f"drafts/{name}/en.md", f"reports/drafts/{name}/en.html"}
    under_way = f"drafts/{probe_draft('1' * 32)}/en.md"
    others = {"drafts/a-trip/en.md", "reports/drafts/a-trip/en.html", f"issues/{ISSUE_ID}/en.md", under_way}
    uploaded_at = datetime(2016, 12, 12, 8, 15, tzinfo=UTC)
    for key in left | others:
        with time_machine.travel(uploaded_at + timedelta(hours=1) * (key == under_way)):
            world.upload_text(key, "A text.")

    with time_machine.travel(uploaded_at + timedelta(minutes=45)):
        sweep(world)
        assert desk_keys(world) >= left | others
    with time_machine.travel(uploaded_at + timedelta(minutes=104)):
        sweep(world)
        assert desk_keys(world) >= left | others
    for _ in range(2):
        with time_machine.travel(uploaded_at + timedelta(minutes=105)):
            sweep(world)
        assert desk_keys(world) & (left | others) == others


def desk_keys(world: World) -> set[str]:
    listed = world.resources.s3.list_objects_v2(Bucket=world.refs["DeskBucket"])
    return {entry["Key"] for entry in listed.get("Contents", [])}


def test_a_mailing_whose_schedule_never_fired_is_begun(world: World) -> None:
    world.parameters["HoldSeconds"] = "0"
    world.upload_issue("en")
    world.process_desk_event("text_created")
    sweep(world)
    assert world.head()["state"] == "sending"
    assert len(world.messages("DeliveryQueue")) == 1


def test_several_recent_issues_at_once_mail_nobody_and_editors_are_asked_once(world: World) -> None:
    world.parameters["HoldSeconds"] = "0"
    world.a_reader()
    monday = date.today() - timedelta(days=date.today().weekday())  # noqa: DTZ011  # the functions' clock is real
    issues = [f"{monday - timedelta(weeks=weeks)}" for weeks in (1, 2)]
    for issue in issues:
        world.upload_text(f"issues/{issue}/en.md", UNSAID)
        text = json.dumps(a_sample("publish_issue/text_created")).replace(ISSUE_ID, issue)
        assert failed(world.cold_start("PublishIssueFunction")(json.loads(text))) == []
    while messages := world.receive_folder_messages():
        assert failed(world.cold_start("PublishIssueFunction")(a_batch(*messages))) == []

    for _ in range(2):
        sweep(world)
    heads = [item for item in world.items("LedgerTable") if item["mailing"] == "mailings"]
    assert {head["entry"]: (head["state"], head["reason"]) for head in heads} == {
        f"{issue}_en": ("held", "SEVERAL_AT_ONCE") for issue in issues
    }
    mails = world.ses.mails_to("desk@ninthbridge.example.org")
    asked = [mail["Subject"] for mail in mails if "NOT emailed" in mail["Subject"]]
    assert asked == ["NOT emailed until you say so (issues that came together: 2)"]
    assert "reports/mailings-to-confirm.html" in desk_keys(world)


def a_mailed_chunk(world: World, plan: list[list[int]], **attributes: object) -> None:
    """A mailing in its trial, of such a plan, whose first chunk has fifty members and is closed."""
    world.a_begun_mailing()
    world.receive_all("DeliveryQueue")
    now = int(time.time())
    table, head = world.table("LedgerTable"), {**world.head(), "chunk_count": plan}
    table.put_item(Item={**head, "releases": [[1, now]], "released": 1, "trial": 0})
    chunk = {"mailing": MAILING, "entry": "chunk#000000", "attempt": 1, "closed": True, "called_at": now}
    members = {f"{number:032x}": "accepted" for number in range(50)}
    table.put_item(Item={**chunk, "leased_until": now - 1, "members": members, **attributes})


@pytest.mark.parametrize(("delivered", "dispatched"), [(0, 1), (44, 1), (45, 4)])
def test_a_trial_goes_on_once_nine_tenths_of_its_mails_have_an_event(
    world: World, delivered: int, dispatched: int
) -> None:
    said = {f"{number:032x}" for number in range(delivered)}
    a_mailed_chunk(world, [[4, 3, 5]], **({"said_delivery": said} if said else {}))
    sweep(world)
    head, messages = world.head(), world.receive_all("DeliveryQueue")  # later chunks' messages are delayed
    assert (head["released"], head["trial"], head["frontier"]) == (dispatched, int(dispatched > 1), 0)
    assert bool(messages) is (dispatched > 1)


def test_the_parts_of_a_split_chunk_are_planned_and_dispatched(world: World) -> None:
    a_mailed_chunk(world, [[1, 1, 0]], parts=4, said_delivery={f"{number:032x}" for number in range(50)})
    sweep(world)
    head = world.head()
    assert (head["chunk_count"], head["released"]) == ([[1, 1, 0], [0, 4]], 4)


def test_without_a_trial_part_a_mailing_is_dispatched_to_everybody(world: World) -> None:
    world.parameters["TrialPart"] = "false"
    world.a_begun_mailing()
    assert (world.head()["chunk_count"], world.head()["trial"]) == (1, 2)


def test_a_mailing_with_all_chunks_closed_is_done(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    sweep(world)
    assert world.head()["state"] == "sending"
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    assert world.head()["state"] == "done"


def test_a_mailing_held_again_while_the_sweep_deactivates_it_stays_active(
    world: World,
) -> None:
    world.upload_issue("en")
    world.process_desk_event("text_created")
    world.delete_from_desk(f"issues/{ISSUE_ID}/en.md")
    world.apply_requests()
    world.process_desk_event("text_deleted")
    world.apply_requests()
    assert world.head()["state"] == "withdrawn"

    def meanwhile(**_: object) -> None:
        world.table("LedgerTable").update_item(
            Key={"mailing": "mailings", "entry": MAILING},
            UpdateExpression="SET #state = :held",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":held": "held"},
        )

    with each_client(lambda client: client.meta.events.register("after-call.dynamodb.DeleteItem", meanwhile)):
        sweep(world)
    assert [one["entry"] for one in world.items("LedgerTable") if one["mailing"] == "live"] == [MAILING]


def test_a_chunk_whose_message_was_lost_is_enqueued_again(world: World) -> None:
    world.a_reader()
    world.a_begun_mailing()
    world.ses.faults.script([InjectedFault(FaultKind.THROTTLE)])
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    world.receive_all("DeliveryQueue")
    expire_the_lease(world)
    sweep(world)
    messages = world.messages("DeliveryQueue")
    assert {"mailing": MAILING, "number": 0} in [json.loads(message) for message in messages]
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    assert world.head()["state"] == "done"


def test_an_hour_after_a_mailing_editors_get_its_report_on_the_desk_and_by_mail(world: World) -> None:
    editors = read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8")).editors
    world.a_reader()
    world.a_begun_mailing()
    world.cold_start("DeliverChunkFunction")(a_sample(ONE_CHUNK))
    sweep(world)
    it_ended(world, timedelta(minutes=59))
    sweep(world)
    assert world.keys("DeskBucket", "reports/") == []
    it_ended(world, timedelta(minutes=61))
    for _ in range(2):
        sweep(world)
    page = world.object("DeskBucket", f"reports/{ISSUE_ID}/mailing-en.html").decode()
    assert "fewer than 50" in page
    assert {len(world.ses.mails_to(editor)) for editor in editors} == {1}
    assert text_of(world.ses.mails_to(editors[0])[0]).startswith(f"[OK] Sent: {ISSUE_ID}, EN")
    assert spellings_in(page, ADDRESS) == set()
    assert [item["entry"] for item in world.items("LedgerTable") if item["mailing"] == "live"] == [MAILING]
    it_ended(world, timedelta(days=1))
    sweep(world)
    assert [item for item in world.items("LedgerTable") if item["mailing"] == "live"] == []


def test_a_stopped_mailing_is_reported_once_and_counted_for_the_alarm_each_time(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    editors = read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8")).editors
    world.a_begun_mailing()
    ledger = DynamoDBLedger(world.table("LedgerTable"))
    ledger.move(MAILING, [MailingState.SENDING], MailingState.STOPPED, datetime.now(UTC), "COMPLAINTS")
    capsys.readouterr()
    for _ in range(2):
        sweep(world)
    assert len(world.ses.mails_to(editors[0])) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [line["MailingsWaiting"] for line in lines] == [[1]] * 2
    assert_watched(world, lines[0], "MailingsWaitingAlarm")


def it_ended(world: World, ago: timedelta) -> None:
    world.table("LedgerTable").update_item(
        Key={"mailing": "mailings", "entry": MAILING},
        UpdateExpression="SET ended_at = :then",
        ExpressionAttributeValues={":then": (datetime.now(UTC) - ago).isoformat()},
    )


def expire_the_lease(world: World) -> None:
    world.table("LedgerTable").update_item(
        Key={"mailing": MAILING, "entry": "chunk#000000"},
        UpdateExpression="SET leased_until = :then",
        ExpressionAttributeValues={":then": int(time.time()) - 601},
    )


def test_reports_over_the_hour_s_limit_are_one_digest_when_the_hour_is_over(world: World) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    counts = DynamoDBReportCounts(world.table("RegisterTable"))
    for number in range(MOST_AN_HOUR + 2):
        counts.take(hour, f"NOT published: {ISSUE_ID}-{number}/en.md", MOST_AN_HOUR)

    for minute in (1, 2):
        with time_machine.travel(hour + timedelta(hours=1, minutes=minute), tick=True):
            sweep(world)

    (mail,) = world.ses.mails_to(EDITOR)
    assert mail["Subject"] == "Reports that were not emailed one by one: 2"
    assert [item for item in world.items("RegisterTable") if item["collection"] == "reports"] == []


@pytest.mark.parametrize(("minute", "looks"), [(20, True), (21, False)])
def test_a_missing_front_page_is_noticed_within_ten_minutes_and_comes_back(
    world: World,
    minute: int,
    looks: bool,  # noqa: FBT001  # a column
) -> None:
    hour = datetime.now(UTC).replace(minute=0) - timedelta(hours=1)
    with time_machine.travel(hour + timedelta(minutes=minute), tick=True):
        sweep(world)
    bodies = world.receive_all("DeskQueue")
    assert len(bodies) == looks
    if not looks:
        return
    assert failed(world.cold_start("PublishIssueFunction")(a_batch(*bodies))) == []
    assert "index.html" in world.keys("SiteBucket")
    world.receive_all("DeskQueue")
    with time_machine.travel(hour + timedelta(minutes=minute + 10), tick=True):
        sweep(world)
    assert world.receive_all("DeskQueue") == []
