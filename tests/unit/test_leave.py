"""One click ends everything that is kept about a reader."""

from collections.abc import Callable
from datetime import timedelta

from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import SUBSCRIBER_ID, a_choice, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeSubscribers


def left(
    subscribers: FakeSubscribers,
    subscriber_id: str = SUBSCRIBER_ID,
    clock: FakeClock | None = None,
    absent: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Have somebody leave; gives the fingerprints that were noted as gone."""
    gone: list[str] = []

    def note(person: Subscriber) -> None:
        assert person.fingerprint in subscribers.fingerprints, "noted too late"
        gone.append(person.fingerprint)

    unsubscribe(subscriber_id, subscribers=subscribers, gone=note, absent=absent, clock=clock or FakeClock())
    return gone


def test_leaving_deletes_the_reader_with_all_audiences_and_wishes() -> None:
    person = a_subscriber(audiences=frozenset({"en", "be-ru"}), choice=a_choice())
    subscribers = FakeSubscribers().add(person)

    left(subscribers)

    assert subscribers == FakeSubscribers()


def test_leaving_takes_nobody_else_along() -> None:
    stays = a_subscriber("bo@example.org", id="b" * 32)
    subscribers = FakeSubscribers().add(a_subscriber(), stays)

    left(subscribers)

    assert subscribers == FakeSubscribers().add(stays)


def test_leaving_again_or_as_a_stranger_is_no_error_and_changes_nothing() -> None:
    stays = a_subscriber("bo@example.org", id="b" * 32)
    subscribers = FakeSubscribers().add(a_subscriber(), stays)

    left(subscribers)
    left(subscribers)
    left(subscribers, "c" * 32)

    assert subscribers == FakeSubscribers().add(stays)


def test_a_link_from_long_ago_still_works() -> None:
    subscribers = FakeSubscribers().add(a_subscriber())
    ten_years_on = FakeClock()
    ten_years_on.move(timedelta(days=3650))

    left(subscribers, clock=ten_years_on)

    assert subscribers == FakeSubscribers()


def test_someone_who_never_confirmed_can_leave_too() -> None:
    subscribers = FakeSubscribers().add(a_subscriber(status=Status.PENDING))

    left(subscribers)

    assert subscribers == FakeSubscribers()


def test_leaving_does_not_lift_a_suppression() -> None:
    person = a_subscriber()
    subscribers = FakeSubscribers(
        people={person.id: person}, fingerprints={person.fingerprint: Known(reason=Reason.COMPLAINT)}
    )

    left(subscribers)

    assert subscribers == FakeSubscribers(fingerprints={person.fingerprint: Known(reason=Reason.COMPLAINT)})


def test_that_they_are_gone_is_noted_before_they_are_deleted() -> None:
    person = a_subscriber()
    subscribers = FakeSubscribers().add(person)

    assert left(subscribers) == [person.fingerprint]
    assert left(subscribers) == []


def test_that_somebody_wants_to_leave_who_is_not_there_is_noted() -> None:
    noted: list[str] = []

    left(FakeSubscribers(), absent=noted.append)
    left(FakeSubscribers().add(a_subscriber()), absent=noted.append)

    assert noted == [SUBSCRIBER_ID]


def test_who_is_copied_back_from_a_backup_while_they_leave_leaves() -> None:
    person, subscribers = a_subscriber(), FakeSubscribers()

    gone = left(subscribers, absent=lambda _: subscribers.add(person) and None)

    assert (gone, subscribers) == ([person.fingerprint], FakeSubscribers())
