"""What a subscriber is, before and after confirming."""

from dataclasses import replace
from datetime import date

from broadsheet.subscribers.subscriber import Status, new_subscriber_id
from tests.builders import a_consent, a_pending_request, a_subscriber

TODAY = date(2016, 12, 12)


def test_confirming_makes_the_pending_request_a_consent_and_adds_its_audiences() -> None:
    before = a_subscriber(pending_request=a_pending_request(audiences=("be-ru",), language="be", form="api"))

    after = before.confirmed(TODAY)

    consent = a_consent(
        request_id=a_pending_request().request_id,
        form="api",
        language="be",
        asked_on=TODAY,
        confirmed_on=TODAY,
    )
    audiences = frozenset({"en", "be-ru"})
    assert after == replace(before, language="be", audiences=audiences, pending_request=None, consent=consent)


def test_a_pending_subscriber_becomes_a_confirmed_one() -> None:
    after = a_subscriber(status=Status.PENDING).confirmed(TODAY)

    request, audiences = after.pending_request, after.audiences
    assert (after.status, audiences, request) == (Status.CONFIRMED, frozenset({"en"}), None)


def test_without_a_pending_request_there_is_nothing_to_confirm() -> None:
    assert a_subscriber().confirmed(TODAY) == a_subscriber()


def test_ids_are_128_random_bits_in_hex() -> None:
    ids = {new_subscriber_id() for _ in range(512)}

    assert len(ids) == 512
    assert {len(bytes.fromhex(subscriber_id)) for subscriber_id in ids} == {16}
    assert {subscriber_id[0] for subscriber_id in ids} == set("0123456789abcdef")
