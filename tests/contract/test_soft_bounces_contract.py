"""What `Subscribers` promises about soft bounces, kept by the fake and by DynamoDB."""

from dataclasses import replace

from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import SOFT_BOUNCES_KEPT, Reason, SoftBounces
from tests.contract.people import NOW, PENDING, TODAY, confirmed

MAILINGS = [f"2016-{month:02}-05_en" for month in range(1, 13)] + ["2017-01-02_en", "2017-01-09_en"]


def bounces(*mailings: str) -> SoftBounces:
    return SoftBounces(PENDING.fingerprint, frozenset(mailings))


def test_each_mailing_that_bounced_is_remembered_once(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    assert subscribers.bounced_softly(PENDING.id, "2016-12-05_en") == bounces("2016-12-05_en")
    both = bounces("2016-12-05_en", "2016-12-12_en")
    for _ in range(2):
        assert subscribers.bounced_softly(PENDING.id, "2016-12-12_en") == both

    assert subscribers.get(PENDING.id, NOW) == replace(person, soft_bounces=2)


def test_only_the_latest_mailings_are_remembered(subscribers: Subscribers) -> None:
    confirmed(subscribers)
    for mailing in MAILINGS:
        subscribers.bounced_softly(PENDING.id, mailing)

    kept = bounces(*MAILINGS[-SOFT_BOUNCES_KEPT:])
    assert subscribers.bounced_softly(PENDING.id, MAILINGS[-1]) == kept
    assert subscribers.bounced_softly(PENDING.id, MAILINGS[0]) == kept


def test_nothing_is_remembered_of_nobody(subscribers: Subscribers) -> None:
    assert subscribers.bounced_softly(PENDING.id, MAILINGS[0]) is None
    confirmed(subscribers)
    subscribers.bounced_softly(PENDING.id, MAILINGS[0])
    subscribers.suppress(PENDING.fingerprint, Reason.BOUNCE, TODAY)

    assert subscribers.bounced_softly(PENDING.id, MAILINGS[1]) is None
    assert subscribers.get(PENDING.id, NOW) is None


def test_a_subscriber_who_leaves_and_comes_back_starts_with_no_bounces(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)
    subscribers.bounced_softly(PENDING.id, MAILINGS[0])
    subscribers.leave(person, TODAY)
    confirmed(subscribers)

    assert subscribers.bounced_softly(PENDING.id, MAILINGS[1]) == bounces(MAILINGS[1])
