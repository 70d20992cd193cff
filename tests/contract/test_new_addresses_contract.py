"""What `Subscribers` promises about changing an address, kept by the fake and by DynamoDB."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import (
    ConfirmedAddress,
    Known,
    OwnFingerprint,
    Reason,
    Status,
    Subscriber,
)
from tests.builders import REQUEST_ID, a_pending_address, a_pending_request, a_subscriber
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed

NEW = a_subscriber("ana@new.test", status=Status.PENDING, id="b" * 32)
WANTED = a_pending_address(NEW)
READER = PENDING.confirmed(TODAY)
LATER = date(2017, 2, 1)
MOVED = replace(
    READER,
    fingerprint=NEW.fingerprint,
    sealed_address=NEW.sealed_address,
    confirmed_address=ConfirmedAddress(REQUEST_ID, TODAY, TODAY),
)


def test_a_pending_address_waits_beside_its_subscriber_and_expires_on_time(subscribers: Subscribers) -> None:
    confirmed(subscribers)

    assert subscribers.put_address(READER, WANTED)

    assert subscribers.pending_address(PENDING.id, NOW) == WANTED
    assert subscribers.pending_address(PENDING.id, LAPSED - timedelta(seconds=1)) == WANTED
    assert subscribers.pending_address(PENDING.id, LAPSED) is None
    assert subscribers.get(PENDING.id, NOW) == READER
    assert subscribers.find(NEW.fingerprint, NOW) == Known()


def test_a_later_request_replaces_an_earlier_one(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    later = replace(WANTED, request_id="2" * 32, mailbox="a mailbox")

    for pending in (WANTED, later):
        assert subscribers.put_address(READER, pending)

    assert subscribers.pending_address(PENDING.id, NOW) == later
    assert not subscribers.change_address(READER, WANTED, NOW)
    assert subscribers.get(PENDING.id, NOW) == READER


def test_an_earlier_request_that_comes_late_replaces_nothing(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    later = replace(WANTED, request_id="2" * 32, asked_at=2)
    assert subscribers.put_address(READER, later)

    assert not subscribers.put_address(READER, replace(WANTED, asked_at=1))
    assert subscribers.put_address(READER, replace(later, asked_at=1))
    assert subscribers.put_address(READER, replace(WANTED, asked_at=1))

    assert subscribers.pending_address(PENDING.id, NOW) == replace(WANTED, asked_at=1)


def test_only_confirmed_subscribers_can_want_another_address(subscribers: Subscribers) -> None:
    assert not subscribers.put_address(READER, WANTED)
    subscribers.put_pending(PENDING, NOW, is_new=True)
    assert not subscribers.put_address(READER, WANTED)

    assert subscribers.pending_address(PENDING.id, NOW) is None


def test_who_has_moved_wants_no_address_that_they_asked_for_before(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    assert subscribers.change_address(READER, WANTED, NOW)

    assert not subscribers.put_address(READER, replace(WANTED, request_id="2" * 32))

    assert subscribers.pending_address(PENDING.id, NOW) is None


def test_a_change_keeps_everything_but_the_address(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    subscribers.bounced_softly(PENDING.id, "2016-12-05_en")

    assert subscribers.change_address(READER, WANTED, NOW)

    assert subscribers.get(PENDING.id, NOW) == MOVED
    assert subscribers.find(NEW.fingerprint, NOW) == Known(PENDING.id)
    assert subscribers.find(PENDING.fingerprint, NOW) == Known()
    assert subscribers.pending_address(PENDING.id, NOW) is None
    assert subscribers.fingerprint_of(PENDING.id) == OwnFingerprint(NEW.fingerprint, has_moved=True)


def test_the_mailbox_of_the_old_spelling_is_replaced_or_removed(subscribers: Subscribers) -> None:
    confirmed(subscribers, replace(PENDING, mailbox="the old mailbox"))
    subscribers.put_address(READER, replace(WANTED, mailbox="the new mailbox"))
    before = subscribers.get(PENDING.id, NOW)
    assert before

    assert subscribers.change_address(before, replace(WANTED, mailbox="the new mailbox"), NOW)

    now = subscribers.get(PENDING.id, NOW)
    assert now == replace(MOVED, mailbox="the new mailbox")
    back = a_pending_address(PENDING, request_id="2" * 32)
    subscribers.put_address(now, back)
    assert subscribers.change_address(now, back, NOW)
    assert subscribers.get(PENDING.id, NOW) == replace(
        READER, confirmed_address=ConfirmedAddress("2" * 32, TODAY, TODAY)
    )


def test_a_change_that_is_repeated_changes_nothing_more(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    assert subscribers.change_address(READER, WANTED, NOW)

    assert not subscribers.change_address(READER, WANTED, NOW)
    assert not subscribers.change_address(MOVED, WANTED, NOW)

    assert subscribers.get(PENDING.id, NOW) == MOVED


def sign_up(subscribers: Subscribers) -> None:
    confirmed(subscribers, NEW)


def ask_to_sign_up(subscribers: Subscribers) -> None:
    assert subscribers.put_pending(NEW, NOW, is_new=True)


def bounce(subscribers: Subscribers) -> None:
    subscribers.suppress(NEW.fingerprint, Reason.BOUNCE, TODAY)


@pytest.mark.parametrize("happens", [sign_up, ask_to_sign_up, bounce])
def test_an_address_that_is_taken_or_suppressed_meanwhile_changes_nothing(
    subscribers: Subscribers, happens: Callable[[Subscribers], None]
) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    happens(subscribers)
    known = subscribers.find(NEW.fingerprint, NOW)

    assert not subscribers.change_address(READER, WANTED, NOW)

    assert subscribers.get(PENDING.id, NOW) == READER
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(PENDING.id)
    assert subscribers.find(NEW.fingerprint, NOW) == known


def test_a_sign_up_of_the_new_address_that_lapsed_does_not_hinder(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    lapsed = replace(NEW, pending_request=a_pending_request(expires_at=NOW))
    subscribers.put_pending(lapsed, NOW - timedelta(days=1), is_new=True)

    assert subscribers.change_address(READER, WANTED, NOW)

    assert subscribers.get(NEW.id, NOW) is None
    assert subscribers.find(NEW.fingerprint, NOW) == Known(PENDING.id)


@pytest.mark.parametrize("act", ["leave", "erase", "suppress"])
def test_who_goes_leaves_no_pending_address(subscribers: Subscribers, act: str) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)

    goes(subscribers, act)

    assert subscribers.pending_address(PENDING.id, NOW) is None
    assert not subscribers.change_address(READER, WANTED, NOW)
    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(NEW.fingerprint, NOW) == Known()


@pytest.mark.parametrize("act", ["leave", "erase"])
def test_whoever_has_another_address_by_now_is_not_deleted_under_the_old_one(
    subscribers: Subscribers, act: str
) -> None:
    """The act had read the subscriber before the change was written: it has to look again."""
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    subscribers.change_address(READER, WANTED, NOW)

    assert not goes(subscribers, act)
    assert subscribers.get(PENDING.id, NOW) == MOVED

    assert goes(subscribers, act, MOVED)
    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(NEW.fingerprint, NOW) == Known()
    assert goes(subscribers, act, MOVED)


def test_a_bounce_of_the_old_address_does_not_end_the_subscription_at_the_new_one(
    subscribers: Subscribers,
) -> None:
    confirmed(subscribers)
    subscribers.put_address(READER, WANTED)
    subscribers.change_address(READER, WANTED, NOW)

    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, LATER)

    assert subscribers.get(PENDING.id, NOW) == MOVED
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.BOUNCE)
    assert subscribers.find(NEW.fingerprint, NOW) == Known(PENDING.id)


def goes(subscribers: Subscribers, act: str, reader: Subscriber = READER) -> bool:
    if act == "leave":
        return subscribers.leave(reader, TODAY)
    if act == "erase":
        return subscribers.erase(reader, TODAY, not_again=False)
    subscribers.suppress(reader.fingerprint, Reason.BOUNCE, TODAY)
    return True
