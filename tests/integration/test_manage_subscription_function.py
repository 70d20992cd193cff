"""manage_subscription: a reader's own page; its role suffices for all that it does."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from broadsheet.subscribers.messages import MessageKind, NewAddressMessage, ReaderMailMessage, read_message
from tests.builders import ADDRESS
from tests.integration.world import World, a_batch, a_sample, spellings_in, text_of

ENDS = ["leave", "erase", "erase_and_never_again"]


@pytest.fixture
def subscriber(world: World) -> str:
    """The id of a confirmed reader who has had a link."""
    reader = world.a_reader()
    world.manage_token(reader)
    return reader


def answered(world: World, case: str, subscriber: str) -> dict[str, Any]:
    event = a_sample(f"manage_subscription/{case}", token=world.manage_token(subscriber))
    answer: dict[str, Any] = world.cold_start("ManageSubscriptionFunction")(event)
    return answer


def test_opening_the_link_shows_the_page_and_changes_nothing(world: World, subscriber: str) -> None:
    before = world.state()
    answer = answered(world, "get", subscriber)
    assert answer["statusCode"] == 200
    assert (answer["headers"]["referrer-policy"], answer["headers"]["cache-control"]) == (
        "no-referrer",
        "no-store",
    )
    assert f'action="manage?t={world.manage_token(subscriber)}&amp;in=en"' in answer["body"]
    assert spellings_in(answer["body"], ADDRESS) == set()
    assert world.state() == before


def test_what_was_chosen_is_kept(world: World, subscriber: str) -> None:
    answer = answered(world, "save", subscriber)
    place = urlsplit(answer["headers"]["location"])
    assert (answer["statusCode"], place.path, parse_qs(place.query)["done"]) == (303, "manage", ["saved"])
    (person,) = world.items("SubscribersTable")
    assert (person["audiences"], person["language"]) == ({"en", "be-ru"}, "be")
    assert (person["consent"]["form"], person["consent"]["confirmed_by"]) == ("manage", "manage")
    assert person["sealed_address"]


def test_without_any_edition_nothing_is_kept(world: World, subscriber: str) -> None:
    before = world.state()
    assert answered(world, "save_nothing", subscriber)["statusCode"] == 422
    assert world.state() == before


def test_the_record_is_enqueued_and_mailed_with_the_address(world: World, subscriber: str) -> None:
    before = world.state()
    assert answered(world, "record", subscriber)["statusCode"] == 303
    assert world.state() == before
    (body,) = world.receive_all("SignupQueue")
    message = read_message(body)
    assert isinstance(message, ReaderMailMessage)
    assert (message.kind, message.subscriber_id) == (MessageKind.RECORD, subscriber)
    assert spellings_in(body, ADDRESS) == set()

    world.cold_start("ProcessSignupFunction")(a_batch(body))

    (mail,) = world.ses.mails_to(ADDRESS)
    assert f'"address": "{ADDRESS}"' in text_of(mail)
    assert f'"subscriber": "{subscriber}"' in text_of(mail)


def test_with_the_link_of_a_mail_a_new_one_is_enqueued_and_mailed_to_the_reader(
    world: World, subscriber: str
) -> None:
    before = world.state()
    event = a_sample("manage_subscription/link", token=world.leave_token(subscriber))

    answer = world.cold_start("ManageSubscriptionFunction")(event)

    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/en/link-on-its-way.html")
    assert world.manage_token(subscriber) not in json.dumps(answer)
    counted = {item["counter"].partition("#")[0] for item in world.items("LimitsTable")}
    unsalted = {**world.state(), **{table: before[table] for table in ("LimitsTable", "SaltTable")}}
    assert (counted, unsalted) == ({"network"}, before)
    (body,) = world.receive_all("SignupQueue")

    world.cold_start("ProcessSignupFunction")(a_batch(body))

    (mail,) = world.ses.mails_to(ADDRESS)
    assert f"/api/manage?t={world.manage_token(subscriber)}" in text_of(mail)


def test_for_an_unknown_reader_a_fresh_link_is_enqueued_likewise_and_mailed_to_nobody(
    world: World, subscriber: str
) -> None:
    answers = [
        world.cold_start("ManageSubscriptionFunction")(
            a_sample("manage_subscription/link", token=world.leave_token(who))
        )
        for who in (subscriber, "0" * 32)
    ]
    assert answers[0] == answers[1]
    of_reader, of_nobody = world.receive_all("SignupQueue")
    assert len(of_reader) == len(of_nobody)

    world.cold_start("ProcessSignupFunction")(a_batch(of_nobody))

    assert world.ses.sent() == []


@pytest.mark.parametrize(
    ("case", "page", "kept"),
    [
        ("leave", "/en/goodbye.html", [{"fingerprint", "since"}]),
        ("erase", "/en/erased.html", []),
        ("erase_and_never_again", "/en/erased.html", [{"fingerprint", "reason", "since"}]),
    ],
)
def test_leaving_and_erasing_leave_only_what_they_promise(
    world: World, subscriber: str, case: str, page: str, kept: list[set[str]]
) -> None:
    answer = answered(world, case, subscriber)
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, page)
    assert world.items("SubscribersTable") == []
    assert [set(item) for item in world.items("FingerprintsTable")] == kept
    (mark,) = world.items("LimitsTable")
    assert set(mark) == {"counter", "gone_at", "expires_at", "version", "over"}


@pytest.mark.parametrize("end", ENDS)
def test_after_leaving_other_tabs_change_nothing_but_record_a_second_request_to_leave(
    world: World, subscriber: str, end: str
) -> None:
    answered(world, end, subscriber)
    after = world.state()
    answers = {case: answered(world, case, subscriber) for case in ("get", "save", "record", *ENDS)}
    noted = world.state()
    (note,) = [item for item in noted["LimitsTable"] if item["counter"].startswith("gone#")]
    noted["LimitsTable"].remove(note)
    assert noted == after
    assert set(note) == {"counter", "gone_at", "expires_at"}
    assert world.messages("SignupQueue") == []
    assert {case: answer["statusCode"] for case, answer in answers.items()} == {
        **dict.fromkeys(answers, 410),
        "leave": 303,
    }


def test_a_new_address_is_enqueued_sealed_and_changes_nothing_else(world: World, subscriber: str) -> None:
    before = world.state()
    assert answered(world, "address", subscriber)["statusCode"] == 303
    unsalted = {**world.state(), **{table: before[table] for table in ("LimitsTable", "SaltTable")}}
    assert unsalted == before
    (body,) = world.receive_all("SignupQueue")
    message = read_message(body)
    assert isinstance(message, NewAddressMessage)
    assert message.subscriber_id == subscriber
    assert spellings_in(body, "ana@new.example.org") == set()


@pytest.mark.usefixtures("subscriber")
def test_a_forged_link_opens_nothing(world: World) -> None:
    before = world.state()
    answer = world.cold_start("ManageSubscriptionFunction")(a_sample("manage_subscription/forged_link"))
    assert answer["statusCode"] == 410
    assert world.state() == before
