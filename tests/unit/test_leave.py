"""One click ends everything that is kept about a reader."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadsheet.subscribers.leave import unsubscribe
from broadsheet.subscribers.limits import address_counter
from broadsheet.subscribers.send_history import end_of_day
from broadsheet.subscribers.subscriber import Known, Reason, Status, Subscriber
from tests.builders import SUBSCRIBER_ID, a_pending_request, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.subscribers import FakeLimits, FakeSubscribers


@dataclass
class NotedLimits(FakeLimits):
    """Checks that each tombstone is written while its reader is on the list; `gone_counters` are these."""

    subscribers: FakeSubscribers = field(default_factory=FakeSubscribers)
    gone_counters: list[str] = field(default_factory=list)
    copied_back: Subscriber | None = None

    def put_tombstone(self, counter: str, at: datetime) -> None:
        assert counter in map(address_counter, self.subscribers.fingerprints), "noted too late"
        self.gone_counters.append(counter)
        super().put_tombstone(counter, at)

    def put_absent_tombstone(self, subscriber_id: str, at: datetime) -> None:
        super().put_absent_tombstone(subscriber_id, at)
        if self.copied_back:
            self.subscribers.add(self.copied_back)


def left(
    subscribers: FakeSubscribers,
    subscriber_id: str = SUBSCRIBER_ID,
    clock: FakeClock | None = None,
    copied_back: Subscriber | None = None,
) -> NotedLimits:
    """Let a reader leave; return the limits with the tombstones."""
    limits = NotedLimits(subscribers=subscribers, copied_back=copied_back)
    unsubscribe(subscriber_id, subscribers=subscribers, limits=limits, clock=clock or FakeClock())
    return limits


def test_leaving_deletes_the_reader_with_all_audiences_and_requests() -> None:
    person = a_subscriber(audiences=frozenset({"en", "be-ru"}), pending_request=a_pending_request())
    subscribers = FakeSubscribers().add(person)

    left(subscribers)

    assert subscribers == FakeSubscribers()


def test_leaving_removes_nobody_else() -> None:
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


def test_a_tombstone_is_written_before_a_reader_is_deleted() -> None:
    person = a_subscriber()
    subscribers = FakeSubscribers().add(person)

    assert left(subscribers).gone_counters == [address_counter(person.fingerprint)]
    assert left(subscribers).gone_counters == []


def test_a_request_to_leave_by_an_absent_reader_is_recorded() -> None:
    clock = FakeClock()

    assert left(FakeSubscribers(), clock=clock).absent == {SUBSCRIBER_ID: end_of_day(clock())}
    assert left(FakeSubscribers().add(a_subscriber())).absent == {}


def test_a_reader_who_leaves_while_they_are_restored_has_left() -> None:
    person, subscribers = a_subscriber(), FakeSubscribers()

    limits = left(subscribers, copied_back=person)

    assert limits.gone_counters == [address_counter(person.fingerprint)]
    assert subscribers == FakeSubscribers()
