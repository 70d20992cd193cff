"""The button behind the link in the confirmation mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from broadsheet.subscribers.confirm import Confirm, Confirmed
from broadsheet.subscribers.link_tokens import Confirmation
from broadsheet.subscribers.messages import MessageKind, ReaderMailMessage
from broadsheet.subscribers.subscriber import Consent, Known, Reason, Status
from tests.builders import REQUEST_ID, SUBSCRIBER_ID, TEXT_VERSION, a_pending_request, a_subscriber
from tests.fakes.clock import MONDAY_MORNING, FakeClock
from tests.fakes.subscribers import FakeLimits, FakeSignupQueue, FakeSubscribers

THIS = Confirmation(SUBSCRIBER_ID, REQUEST_ID)
ANOTHER_REQUEST = Confirmation(SUBSCRIBER_ID, "2" * 32)
NOBODYS = Confirmation("b" * 32, REQUEST_ID)
PENDING = a_subscriber(status=Status.PENDING)
LAPSED = FakeClock(FakeClock().now + timedelta(hours=48))


def pressed(
    subscribers: FakeSubscribers,
    confirmation: Confirmation,
    clock: FakeClock | None = None,
    queue: FakeSignupQueue | None = None,
) -> bool:
    return (
        Confirm(subscribers, FakeLimits(), queue or FakeSignupQueue(), clock or FakeClock())(confirmation)
        is Confirmed.SUBSCRIPTION
    )


def shown(subscribers: FakeSubscribers, confirmation: Confirmation, clock: FakeClock | None = None) -> bool:
    confirm = Confirm(subscribers, FakeLimits(), FakeSignupQueue(), clock or FakeClock())
    return confirm.waiting(confirmation) is Confirmed.SUBSCRIPTION


def test_confirming_makes_the_pending_request_a_consent() -> None:
    subscribers = FakeSubscribers().add(PENDING)

    assert pressed(subscribers, THIS)

    consent = Consent(
        request_id=REQUEST_ID,
        text=TEXT_VERSION,
        form="page",
        language="en",
        asked_on=date(2016, 12, 12),
        confirmed_on=date(2016, 12, 12),
        confirmed_by="button",
    )
    confirmed = replace(
        PENDING, status=Status.CONFIRMED, audiences=frozenset({"en"}), pending_request=None, consent=consent
    )
    assert subscribers.people == {SUBSCRIBER_ID: confirmed}


def test_pressing_the_button_again_says_confirmed_and_changes_nothing() -> None:
    subscribers = FakeSubscribers().add(PENDING)
    pressed(subscribers, THIS)
    once = dict(subscribers.people)

    assert pressed(subscribers, THIS, LAPSED)

    assert subscribers.people == once


@pytest.mark.parametrize("confirmation", [ANOTHER_REQUEST, NOBODYS])
def test_a_link_of_another_request_or_reader_confirms_nothing(confirmation: Confirmation) -> None:
    subscribers = FakeSubscribers().add(PENDING)

    assert not pressed(subscribers, confirmation)

    assert subscribers.people == {SUBSCRIBER_ID: PENDING}


def test_an_expired_request_is_not_confirmed() -> None:
    subscribers = FakeSubscribers().add(PENDING)
    just_before = FakeClock(LAPSED.now - timedelta(seconds=1))

    assert not pressed(subscribers, THIS, LAPSED)
    assert pressed(subscribers, THIS, just_before)


def test_a_link_brings_back_nobody_who_left_or_was_suppressed() -> None:
    left, suppressed = FakeSubscribers(), FakeSubscribers().add(PENDING)
    suppressed.suppress(PENDING.fingerprint, Reason.COMPLAINT, date(2016, 12, 12))

    assert [pressed(left, THIS), pressed(suppressed, THIS)] == [False] * 2

    assert left == FakeSubscribers()
    assert suppressed == FakeSubscribers(fingerprints={PENDING.fingerprint: Known(reason=Reason.COMPLAINT)})


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda list_: list_.leave(PENDING, MONDAY_MORNING.date()),
        lambda list_: list_.add(replace(PENDING, pending_request=a_pending_request(request_id="2" * 32))),
    ],
    ids=["left", "asked again"],
)
def test_a_change_between_reading_and_writing_wins(
    meanwhile: Callable[[FakeSubscribers], object],
) -> None:
    subscribers, expected = FakeSubscribers().add(PENDING), FakeSubscribers().add(PENDING)
    meanwhile(expected)
    subscribers.meanwhile.append(lambda: meanwhile(subscribers))

    assert not pressed(subscribers, THIS)

    assert subscribers == expected


@pytest.mark.parametrize(
    ("subscribers", "confirmation", "expected"),
    [
        (FakeSubscribers().add(PENDING), THIS, True),
        (FakeSubscribers().add(PENDING), ANOTHER_REQUEST, False),
        (FakeSubscribers().add(PENDING), NOBODYS, False),
        (FakeSubscribers().add(PENDING.confirmed(date(2016, 12, 12))), THIS, True),
        (FakeSubscribers().add(PENDING.confirmed(date(2016, 12, 12))), ANOTHER_REQUEST, False),
        (FakeSubscribers(), THIS, False),
    ],
    ids=["waiting", "another request", "nobody's", "confirmed by it", "confirmed by another", "gone"],
)
def test_the_button_is_shown_while_the_link_still_works(
    subscribers: FakeSubscribers,
    confirmation: Confirmation,
    expected: bool,  # noqa: FBT001  # a parameter of the table above
) -> None:
    before = replace(subscribers, people=dict(subscribers.people))

    assert shown(subscribers, confirmation) is expected

    assert subscribers == before


def test_no_button_is_shown_for_an_expired_request() -> None:
    subscribers = FakeSubscribers().add(PENDING)

    assert not shown(subscribers, THIS, LAPSED)


def test_a_reader_who_confirms_gets_one_welcome_mail() -> None:
    subscribers, queue = FakeSubscribers().add(PENDING), FakeSignupQueue()

    for _ in range(2):
        assert pressed(subscribers, THIS, queue=queue)

    assert queue.messages == [ReaderMailMessage(MessageKind.WELCOME, SUBSCRIBER_ID, 1_481_522_400)]


def test_a_reader_who_does_not_confirm_gets_no_welcome_mail() -> None:
    subscribers, queue = FakeSubscribers().add(PENDING), FakeSignupQueue()

    pressed(subscribers, ANOTHER_REQUEST, queue=queue)
    pressed(subscribers, THIS, LAPSED, queue)
    subscribers.meanwhile.append(lambda: subscribers.leave(PENDING, MONDAY_MORNING.date()))
    pressed(subscribers, THIS, queue=queue)

    assert queue.messages == []
