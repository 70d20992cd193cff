"""Changing an address through the functions: their roles suffice, and nothing is stored or told in clear."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest

from tests.builders import ADDRESS
from tests.integration.test_logs_are_no_oracle import PEOPLE, become
from tests.integration.world import World, a_batch, a_sample, failed, spellings_in, text_of, token_in

NEW = "ana@new.example.org"
READER = "reader@example.net"


def ask(world: World, reader: str, address: str = NEW) -> dict[str, Any]:
    """Post a new address from the reader's page."""
    event = a_sample("manage_subscription/address", token=world.manage_token(reader))
    body = b64encode(f"action=address&email={quote(address)}".encode()).decode()
    answer: dict[str, Any] = world.cold_start("ManageSubscriptionFunction")({**event, "body": body})
    return answer


def process(world: World) -> list[str]:
    """Process what the sign-up queue has now; returns the messages."""
    messages = world.receive_all("SignupQueue")
    for message in messages:
        assert failed(world.cold_start("ProcessSignupFunction")(a_batch(message))) == []
    return messages


def press(world: World, token: str, case: str = "button") -> dict[str, Any]:
    answer: dict[str, Any] = world.cold_start("ConfirmSubscriptionFunction")(
        a_sample(f"confirm_subscription/{case}", token=token)
    )
    return answer


def leave(world: World, token: str) -> None:
    world.cold_start("UnsubscribeFunction")(a_sample("unsubscribe/one_click_urlencoded", token=token))


def recipients(world: World) -> list[str]:
    """To whom mails were sent, in order."""
    return [address for record in world.ses.sent() for address in record.to]


def in_clear(world: World, *more: str) -> set[str]:
    """The spellings of the two addresses in all that is stored, and in these texts."""
    texts = [repr(world.state()), *more]
    return {found for text in texts for address in (ADDRESS, NEW) for found in spellings_in(text, address)}


def test_a_reader_changes_their_address_and_only_the_new_one_is_mailed(world: World) -> None:
    reader = world.a_reader()
    letter = world.leave_token(reader)
    answer = ask(world, reader)
    assert (answer["statusCode"], answer["headers"]["location"].endswith("&done=address")) == (303, True)
    asked = process(world)
    (mail,) = world.ses.mails_to(NEW)
    token = token_in(mail)
    before = world.state()
    assert press(world, token, "get")["statusCode"] == 200
    assert (world.state(), in_clear(world, *asked)) == (before, set())

    for _ in range(2):
        answer = press(world, token)
        assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/new-address.html")
    process(world)

    assert recipients(world) == [NEW, NEW]
    assert in_clear(world) == set()
    (person,) = world.items("SubscribersTable")
    assert (person["subscriber_id"], person["audiences"]) == (reader, {"en"})
    assert person["consent"]["confirmed_on"] == "2016-11-11"
    leave(world, letter)
    assert world.items("SubscribersTable") == []
    assert [set(item) for item in world.items("FingerprintsTable")] == [{"fingerprint", "since"}] * 2


def test_a_mailing_goes_to_the_new_address_under_the_same_id(world: World) -> None:
    reader = world.a_reader()
    world.a_begun_mailing()
    ask(world, reader)
    process(world)
    press(world, token_in(world.ses.mails_to(NEW)[0]))
    process(world)

    for _ in range(2):
        world.cold_start("DeliverChunkFunction")(a_sample("deliver_chunk/one_chunk"))

    assert recipients(world) == [NEW] * 3
    assert world.ses.mails_to(ADDRESS) == []


def test_a_page_behind_an_earlier_link_is_that_of_somebody_who_left(world: World) -> None:
    moved, left = world.a_reader(), world.a_reader("cyryl@example.org")
    links = [world.manage_token(moved), world.manage_token(left)]
    ask(world, moved)
    process(world)
    press(world, token_in(world.ses.mails_to(NEW)[0]))
    leave(world, world.leave_token(left))

    page = world.cold_start("ManageSubscriptionFunction")
    answers = [page(a_sample("manage_subscription/get", token=link)) for link in links]

    assert answers[0]["statusCode"] == 410
    assert answers[0] == answers[1]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_line_and_no_tag_tells_whose_address_was_asked_for(
    world: World, capsys: pytest.CaptureFixture[str], person: str
) -> None:
    become(world, person)
    reader = world.a_reader(READER)
    capsys.readouterr()
    answer = ask(world, reader, ADDRESS)
    messages = process(world)

    assert capsys.readouterr().out == ""
    assert answer["statusCode"] == 303
    assert [len(message) for message in messages] == [len(messages[0])]
    mailed = [record.tags for record in world.ses.sent() if record.to == (ADDRESS,)]
    assert {tags["kind"] for tags in mailed} <= {"sign-up"}
    assert READER not in recipients(world)


def test_a_new_address_that_bounces_is_suppressed_and_the_reader_stays(world: World) -> None:
    reader = world.a_reader(READER)
    ask(world, reader, ADDRESS)
    process(world)
    (mail,) = world.ses.mails_to(ADDRESS)
    (tags,) = [record.tags for record in world.ses.sent()]
    (event,) = a_sample("record_feedback/complaint")["Records"]
    body = event["body"].replace("a1b2c3d4e5f60718293a4b5c6d7e8f90", tags["subscriber"])

    world.cold_start("RecordFeedbackFunction")(a_batch(body))

    (person,) = [item for item in world.items("SubscribersTable") if "status" in item]
    assert person["subscriber_id"] == reader
    assert press(world, token_in(mail))["statusCode"] == 410
    assert [set(item) for item in world.items("FingerprintsTable") if "reason" in item] == [
        {"fingerprint", "reason", "since"}
    ]


def test_the_record_names_neither_address_to_whoever_reads_the_old_mailbox(world: World) -> None:
    reader = world.a_reader()
    ask(world, reader)
    process(world)
    event = a_sample("manage_subscription/record", token=world.manage_token(reader))
    world.cold_start("ManageSubscriptionFunction")(event)
    process(world)

    (mail,) = world.ses.mails_to(ADDRESS)
    assert NEW not in text_of(mail)
    assert "new_address" not in text_of(mail)
