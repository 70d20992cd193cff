"""How a visitor is counted, and how often an address is mailed."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.newsletter import SharedExit
from broadsheet.subscribers.networks import Share, share_of
from broadsheet.subscribers.send_history import SendHistory, end_of_day, expiry_of
from tests.builders import REQUEST_ID, a_sign_up
from tests.fakes.clock import MONDAY_MORNING as NOW

EXITS = (
    SharedExit(ip_network("198.51.0.0/16"), 400),
    SharedExit(ip_network("198.51.100.7/32"), 200),
    SharedExit(ip_network("2001:db8:ffff::/48"), 300),
)
EPOCH = int(NOW.timestamp())
DAY = 86_400
END = NOW.replace(hour=0) + timedelta(days=1)


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        ("203.0.113.7:52814", Share("203.0.113.0/24", 20)),
        ("203.0.113.255:1", Share("203.0.113.0/24", 20)),
        ("2001:db8:1:2:3:4:5:6:52814", Share("2001:db8:1::/48", 20, "2001:db8::/32")),
        ("2001:db8:1::6:52814", Share("2001:db8:1::/48", 20, "2001:db8::/32")),
        ("[2001:db8:1::6]:52814", Share("2001:db8:1::/48", 20, "2001:db8::/32")),
        ("::ffff:203.0.113.7:52814", Share("203.0.113.0/24", 20)),
        ("198.51.100.7:52814", Share("198.51.100.7/32", 200)),
        ("198.51.100.8:52814", Share("198.51.0.0/16", 400)),
        ("2001:db8:ffff:1::1:52814", Share("2001:db8:ffff::/48", 300)),
        ("::ffff:198.51.100.7:52814", Share("198.51.100.7/32", 200)),
        *(
            (viewer, Share("unknown", 20))
            for viewer in ("", ":", "203.0.113.7", "203.0.113.7:", "203.0.113.7:http", "203.0.113.300:1")
        ),
        *(
            (viewer, Share("unknown", 20))
            for viewer in ("203.0.113.7:1, 10.0.0.1:1", "203.0.113.0/24:1", "203.0.113.7\r\nx:1", "\u0661:1")
        ),
        ("fe80::1%eth0\r\nx:1", Share("fe80::/48", 20, "fe80::/32")),
    ],
)
def test_a_visitor_is_counted_with_their_network(viewer: str, expected: Share) -> None:
    assert share_of(viewer, EXITS, 20) == expected


@given(st.text(max_size=60))
def test_every_visitor_has_a_share_whatever_their_headers_say(viewer: str) -> None:
    assert share_of(viewer, EXITS, 20).most >= 20


def test_an_address_waits_a_whole_day_after_the_day_of_its_mail() -> None:
    once = SendHistory().with_mail("1", NOW)

    assert not once.allows("2", NOW + timedelta(days=1))
    assert not once.allows("2", END + timedelta(days=1, seconds=-1))
    assert once.allows("2", END + timedelta(days=1))


def test_of_a_mail_only_its_day_is_kept() -> None:
    kept = {SendHistory().with_mail("1", NOW + timedelta(hours=hours)).mailed for hours in range(-6, 18)}
    assert kept == {(("1", int(END.timestamp())),)}
    assert SendHistory(*kept).days == {NOW.date()}


def test_times_that_an_earlier_release_kept_to_the_second_can_be_read() -> None:
    exact = SendHistory((("1", EPOCH),), None, 1)
    assert exact.days == {NOW.date()}
    assert exact.allows("2", NOW + timedelta(days=1))
    assert not exact.allows("2", NOW + timedelta(days=1, seconds=-1))


def test_an_address_gets_three_mails_in_thirty_days() -> None:
    send_history = SendHistory()
    for day in range(3):
        send_history = send_history.with_mail(str(day), NOW + timedelta(days=day))

    assert not send_history.allows("3", END + timedelta(days=30, seconds=-1))
    assert send_history.allows("3", END + timedelta(days=30))
    later = send_history.with_mail("3", END + timedelta(days=30))
    assert [message for message, _ in later.mailed] == ["1", "2", "3"]


def test_a_confirmed_request_is_not_mailed_again() -> None:
    twice = SendHistory().with_mail("1", NOW).with_mail("1", NOW + timedelta(minutes=10)).confirmed()

    assert not twice.allows("1", NOW + timedelta(minutes=11))
    assert not twice.allows("1", NOW + timedelta(days=20))
    assert twice == SendHistory((("1", int(END.timestamp())),), None, 3)


def test_an_unconfirmed_request_may_be_mailed_for_as_long_as_it_is_delivered() -> None:
    begun = SendHistory().with_mail("1", NOW)

    assert begun.allows("1", NOW + timedelta(days=2))
    assert not begun.allows("2", NOW + timedelta(hours=23))
    assert not begun.with_mail("2", NOW + timedelta(days=2)).allows("1", NOW + timedelta(days=2, hours=1))


def test_a_sign_up_of_a_day_before_a_tombstone_is_dropped_and_one_of_a_later_day_is_not() -> None:
    gone = SendHistory(gone_at=end_of_day(NOW))
    asked = [replace(a_sign_up(), asked_at=EPOCH + days * DAY) for days in (-1, 1)]

    assert [gone.outdates(message, NOW + timedelta(days=1)) for message in asked] == [True, False]
    assert gone.gone_on == NOW.date()


def test_a_sign_up_of_the_day_of_a_tombstone_is_dropped_if_it_had_to_wait() -> None:
    gone, message = SendHistory(gone_at=end_of_day(NOW)), replace(a_sign_up(), asked_at=EPOCH)

    assert not gone.outdates(message, NOW + timedelta(seconds=45))
    assert gone.outdates(message, NOW + timedelta(seconds=46))


def test_a_message_that_was_mailed_before_its_reader_was_gone_is_over_however_soon_it_comes_again() -> None:
    gone = SendHistory(gone_at=end_of_day(NOW), over=frozenset({REQUEST_ID}))

    assert gone.outdates(replace(a_sign_up(), asked_at=EPOCH), NOW)
    assert not gone.outdates(replace(a_sign_up(), asked_at=EPOCH, request_id="2" * 32), NOW)


def test_a_sign_up_before_a_tombstone_to_the_second_of_an_earlier_release_is_dropped() -> None:
    gone = SendHistory(gone_at=EPOCH)
    asked = [replace(a_sign_up(), asked_at=EPOCH + seconds) for seconds in (-1, 0, 1)]

    assert [gone.outdates(message, NOW) for message in asked] == [True, True, False]
    assert not SendHistory().outdates(asked[0], NOW)


@pytest.mark.parametrize(
    ("send_history", "end"),
    [
        (SendHistory(gone_at=EPOCH), EPOCH + 2 * DAY),
        (SendHistory((("1", EPOCH),)), EPOCH + 30 * DAY),
        (SendHistory((("1", EPOCH - DAY), ("2", EPOCH)), EPOCH - DAY), EPOCH + 30 * DAY),
        (SendHistory((("1", EPOCH - 29 * DAY),), EPOCH), EPOCH + 2 * DAY),
    ],
)
def test_what_is_remembered_expires(send_history: SendHistory, end: int) -> None:
    assert expiry_of(send_history) == end
