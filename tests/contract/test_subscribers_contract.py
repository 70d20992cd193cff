"""What `Subscribers` promises about asking, confirming and leaving, kept by the fake and by DynamoDB."""

from dataclasses import replace
from datetime import timedelta

from broadsheet.subscribers.ports import Subscribers
from broadsheet.subscribers.subscriber import Known, Reason
from tests.builders import a_consent, a_pending_request
from tests.contract.people import LAPSED, NOW, PENDING, TODAY, confirmed

OTHER_ID = "b" * 32


def test_nobody_is_on_an_empty_list(subscribers: Subscribers) -> None:
    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known()


def test_a_pending_subscriber_is_found_by_id_and_by_fingerprint(subscribers: Subscribers) -> None:
    assert subscribers.put_pending(PENDING, NOW, is_new=True)

    assert subscribers.get(PENDING.id, NOW) == PENDING
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(PENDING.id)


def test_signing_up_twice_ends_as_signing_up_once(subscribers: Subscribers) -> None:
    assert subscribers.put_pending(PENDING, NOW, is_new=True)
    assert subscribers.put_pending(PENDING, NOW, is_new=False)

    assert subscribers.get(PENDING.id, NOW) == PENDING


def test_a_later_request_replaces_a_pending_one(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    later = replace(
        PENDING, pending_request=a_pending_request(request_id="2" * 32, audiences=("be-ru", "en"))
    )

    assert subscribers.put_pending(later, NOW, is_new=False)

    assert subscribers.get(PENDING.id, NOW) == later


def test_a_first_pending_request_expires_exactly_on_time(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    just_before = LAPSED - timedelta(seconds=1)

    assert subscribers.get(PENDING.id, just_before) == PENDING
    assert subscribers.find(PENDING.fingerprint, just_before) == Known(PENDING.id)
    assert subscribers.get(PENDING.id, LAPSED) is None
    assert subscribers.find(PENDING.fingerprint, LAPSED) == Known()


def test_a_subscriber_whose_pending_request_expired_may_sign_up_under_a_new_id(
    subscribers: Subscribers,
) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    again = replace(
        PENDING, id=OTHER_ID, pending_request=a_pending_request(expires_at=LAPSED + timedelta(hours=48))
    )

    assert subscribers.put_pending(again, LAPSED, is_new=True)

    assert subscribers.find(PENDING.fingerprint, LAPSED) == Known(OTHER_ID)


def test_one_address_has_one_subscriber_however_its_sign_ups_race(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)

    assert not subscribers.put_pending(replace(PENDING, id=OTHER_ID), NOW, is_new=True)

    assert subscribers.get(OTHER_ID, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(PENDING.id)


def test_a_confirmed_subscriber_stays_without_end(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    assert subscribers.get(PENDING.id, LAPSED) == person
    assert subscribers.find(PENDING.fingerprint, LAPSED) == Known(PENDING.id)


def test_confirming_what_was_replaced_changes_nothing(subscribers: Subscribers) -> None:
    later = replace(PENDING, pending_request=a_pending_request(request_id="2" * 32))
    subscribers.put_pending(PENDING, NOW, is_new=True)
    subscribers.put_pending(later, NOW, is_new=False)

    assert not subscribers.confirm(PENDING.confirmed(TODAY))

    assert subscribers.get(PENDING.id, NOW) == later


def test_confirming_twice_is_refused_and_changes_nothing(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    assert not subscribers.confirm(person)

    assert subscribers.get(PENDING.id, NOW) == person


def test_confirming_without_consent_or_for_an_unknown_subscriber_is_refused(subscribers: Subscribers) -> None:
    assert not subscribers.confirm(PENDING)
    assert not subscribers.confirm(PENDING.confirmed(TODAY))

    assert subscribers.get(PENDING.id, NOW) is None


def test_a_pending_request_that_arrives_after_its_confirmation_does_not_undo_it(
    subscribers: Subscribers,
) -> None:
    person = confirmed(subscribers)

    for is_new in (True, False):
        assert not subscribers.put_pending(PENDING, NOW, is_new=is_new)

    assert subscribers.get(PENDING.id, NOW) == person


def test_a_pending_subscriber_who_left_meanwhile_is_not_brought_back(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    subscribers.leave(PENDING, TODAY)

    assert not subscribers.put_pending(PENDING, NOW, is_new=False)

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known()


def test_a_new_sign_up_with_an_existing_id_is_refused(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    later = replace(PENDING, pending_request=a_pending_request(request_id="2" * 32))

    assert not subscribers.put_pending(later, NOW, is_new=True)

    assert subscribers.get(PENDING.id, NOW) == PENDING


def test_a_reader_who_leaves_is_deleted_from_both_tables_at_once(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    subscribers.leave(person, TODAY)
    subscribers.leave(person, TODAY)

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known()


def test_a_late_unsubscribe_does_not_remove_a_newcomer_of_the_same_address(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)
    subscribers.leave(person, TODAY)
    newcomer = replace(PENDING, id=OTHER_ID)
    subscribers.put_pending(newcomer, NOW, is_new=True)

    subscribers.leave(person, TODAY)

    assert subscribers.get(OTHER_ID, NOW) == newcomer
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(OTHER_ID)


def test_an_erased_reader_is_deleted_from_both_tables_and_may_come_again(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    for _ in range(2):
        subscribers.erase(person, TODAY, not_again=False)

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known()
    assert subscribers.put_pending(PENDING, NOW, is_new=True)


def test_of_an_erased_reader_who_said_not_again_only_the_suppression_stays(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)

    for _ in range(2):
        subscribers.erase(person, TODAY, not_again=True)

    assert subscribers.get(PENDING.id, NOW) is None
    assert subscribers.find(PENDING.fingerprint, NOW) == Known(reason=Reason.NOT_AGAIN)
    assert not subscribers.put_pending(PENDING, NOW, is_new=True)


def test_a_reader_chooses_other_audiences_and_another_language(subscribers: Subscribers) -> None:
    person = confirmed(subscribers)
    consent = a_consent(request_id="3" * 32, form="manage")
    chosen = replace(person, audiences=frozenset({"be-ru"}), language="be", consent=consent)

    assert subscribers.put_preferences(chosen)
    assert subscribers.put_preferences(chosen)

    assert subscribers.get(PENDING.id, NOW) == chosen


def test_nobody_chooses_who_is_not_confirmed_or_takes_nothing(subscribers: Subscribers) -> None:
    subscribers.put_pending(PENDING, NOW, is_new=True)
    assert not subscribers.put_preferences(PENDING.confirmed(TODAY))
    assert subscribers.confirm(PENDING.confirmed(TODAY))
    assert not subscribers.put_preferences(replace(PENDING.confirmed(TODAY), audiences=frozenset()))
    assert not subscribers.put_preferences(replace(PENDING.confirmed(TODAY), id=OTHER_ID))

    assert subscribers.get(PENDING.id, NOW) == PENDING.confirmed(TODAY)
    assert subscribers.get(OTHER_ID, NOW) is None


def test_the_mailbox_digest_stays_with_a_subscriber_until_they_are_deleted(
    subscribers: Subscribers,
) -> None:
    pending = replace(PENDING, mailbox="the mailbox")
    person = confirmed(subscribers, pending)
    assert subscribers.put_preferences(replace(person, language="ru"))

    found = subscribers.get(person.id, NOW)

    assert (found.mailbox if found else None) == "the mailbox"
