"""The SES sandbox, in which every new account begins: unverified readers wait, and no log reveals who."""

import base64
import json
import time

import pytest
from bs4 import BeautifulSoup

from tests.builders import ADDRESS, ISSUE_ID
from tests.integration.world import MAIL_DOMAIN, MAILING, World, a_batch, a_sample, failed, spellings_in

OTHER = "bahdan@example.org"


def sign_up(world: World) -> list[str]:
    sealed = base64.b64encode(world.sealed()).decode()
    return failed(
        world.cold_start("ProcessSignupFunction")(a_sample("process_signup/sign_up", sealed=sealed))
    )


def deliver(world: World) -> list[str]:
    return failed(world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk")))


def test_a_sign_up_that_the_sandbox_refuses_waits_and_why_is_kept_for_the_report_of_the_hour(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.ses.enter_sandbox()

    assert sign_up(world) == []

    assert world.ses.sent() == []
    assert world.count_delayed("SignupQueue") == 1
    assert capsys.readouterr().out == ""  # a line for each would reveal whose sign-up was mailed
    (kept,) = [item for item in world.items("LimitsTable") if "not_taken" in item]
    assert (kept["not_taken"], kept["waited"]) == ("NOT_VERIFIED", 1)  # the sweep's log of the hour


def test_once_the_address_is_verified_the_same_sign_up_gets_its_confirmation(world: World) -> None:
    world.ses.enter_sandbox()
    sign_up(world)
    world.ses.verify(ADDRESS)

    assert sign_up(world) == []

    assert [record.tags["kind"] for record in world.ses.sent()] == ["sign-up"]


@pytest.mark.parametrize("kind", ["welcome", "record"])
def test_a_mail_to_a_reader_waits_as_well(world: World, kind: str) -> None:
    message = {"kind": kind, "subscriber_id": world.a_reader(), "asked_at": int(time.time())}
    world.ses.enter_sandbox()
    assert failed(world.cold_start("ProcessSignupFunction")(a_batch(json.dumps(message)))) == []
    assert (world.ses.sent(), world.count_delayed("SignupQueue")) == ([], 1)


def test_a_mailing_goes_to_the_verified_and_waits_for_the_rest_with_a_reason(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    verified, other = world.a_reader(), world.a_reader(OTHER)
    world.ses.verify(ADDRESS)
    world.ses.enter_sandbox()
    world.a_begun_mailing()

    assert deliver(world) == []

    assert [record.to for record in world.ses.sent()] == [(ADDRESS,)]
    assert world.chunk()["members"] == {verified: "accepted", other: "waiting"}
    world.cold_start("SweepFunction")({})
    assert (world.head()["state"], world.head()["reason"]) == ("parked", "NOT_VERIFIED")
    assert spellings_in(capsys.readouterr().out, OTHER) == set()


def test_the_sweep_leaves_such_a_mailing_to_a_person_and_its_report_says_why(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.a_reader()
    world.ses.enter_sandbox()
    world.a_begun_mailing()
    deliver(world)

    world.cold_start("SweepFunction")(a_sample("sweep/every_minute"))

    assert world.head()["state"] == "parked"
    assert {record.tags.get("kind") for record in world.ses.sent()} == {"report"}  # of our own domain
    (report,) = world.keys("DeskBucket", "reports/")
    page = BeautifulSoup(world.object("DeskBucket", report), "html.parser").get_text()
    assert "sandbox" in page
    assert f"broadsheet resume {MAILING.partition('_')[0]}" in page
    assert spellings_in(capsys.readouterr().out, ADDRESS) == set()


def test_an_editor_whom_the_sandbox_refuses_keeps_no_issue_from_being_published_and_the_log_says_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.ses.emulator.identities.change(MAIL_DOMAIN, verification="PENDING")  # the DNS records are missing
    world.upload_issue("en")

    assert world.process_desk_event("text_created") == []

    world.ses.emulator.identities.change(MAIL_DOMAIN, verification="SUCCESS")
    assert world.keys("SiteBucket", f"en/{ISSUE_ID}/index.html")
    assert world.keys("DeskBucket", "reports/") != []
    assert world.ses.sent() == []
    assert '"code":"NOT_VERIFIED"' in capsys.readouterr().out
