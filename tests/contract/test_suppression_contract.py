"""What `Subscribers` promises about addresses that must not be mailed again."""

import pytest

from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Known, OwnFingerprint, Reason
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed


@pytest.mark.parametrize("reason", list(Reason))
def test_suppressing_deletes_the_subscriber_and_keeps_the_reason(
    subscribers: Subscribers, reason: Reason
) -> None:
    confirmed(subscribers)

    subscribers.suppress(PENDING.fingerprint, reason, TODAY)

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=reason)


def test_suppressing_again_keeps_the_first_reason(subscribers: Subscribers) -> None:
    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)
    subscribers.suppress(PENDING.fingerprint, Reason.COMPLAINT, TODAY)

    assert subscribers.find(PENDING.fingerprint, LAPSED) == Known(reason=Reason.BOUNCE)


def test_a_suppressed_address_can_neither_sign_up_nor_confirm(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    subscribers.suppress(PENDING.fingerprint, Reason.COMPLAINT, TODAY)

    for is_new in (True, False):
        assert not subscribers.put_pending(PENDING, NOW, is_new=is_new)
        assert not subscribers.put_pending(PENDING, LAPSED, is_new=is_new)
    assert not subscribers.confirm(PENDING.confirmed(TODAY))

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.COMPLAINT)


def test_leaving_after_a_suppression_keeps_the_suppression(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)
    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)

    subscribers.leave(person, TODAY)

    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.BOUNCE)


def test_a_subscriber_s_own_fingerprint_is_returned_for_their_id_and_nothing_changes(
    subscribers: Subscribers,
) -> None:
    assert subscribers.fingerprint_of(PENDING.id) is None
    person = confirmed(subscribers)

    for _ in range(2):
        assert subscribers.fingerprint_of(PENDING.id) == OwnFingerprint(PENDING.fingerprint)

    assert subscribers.get(PENDING.id, NOW) == person
    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)
    assert subscribers.fingerprint_of(PENDING.id) is None
    assert subscribers.get(PENDING.id, NOW) is None
