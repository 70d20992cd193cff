"""What follows from SES's events: who must be suppressed is, the ledger keeps the words, batch by batch."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from broadsheet.feedback.events import MailEvent
from broadsheet.feedback.record import RecordedBatch, RecordFeedback
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import MailingState
from broadsheet.subscribers.ports import FingerprintsClosedError
from broadsheet.subscribers.subscriber import ConfirmedAddress, Known, Reason
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_mail_event, a_mailing, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.feedback import FakeRoundTripEvents
from tests.fakes.mailings import ChunkEntry, FakeLedger
from tests.fakes.subscribers import FakeSubscribers, FakeVault

MAILING = a_mailing()
PERSON = a_subscriber()
OTHER = "0" * 32
ISSUES = ("2016-11-14", "2016-11-21", "2016-11-28", "2016-12-05", "2016-12-12")


@dataclass
class CountingLedger(FakeLedger):
    """Counts the writes of words; those for chunks in `broken` fail."""

    noted: list[tuple[str, int]] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)

    def record_events(self, mailing_id: str, number: int, words: dict[str, set[str]]) -> bool:
        self.noted.append((mailing_id, number))
        if number in self.broken:
            raise RuntimeError(f"no table for {ADDRESS}")
        return super().record_events(mailing_id, number, words)


class BrokenVault(FakeVault):
    """No fingerprint can be taken."""

    def fingerprint(self, address: str) -> str:
        raise RuntimeError(f"no key for {address}")


@dataclass
class ClosableVault(FakeVault):
    """Takes no fingerprints while its key is disabled; counts those that it was asked for."""

    is_closed: bool = True
    asked: int = 0

    def fingerprint(self, address: str) -> str:
        self.asked += 1
        if self.is_closed:
            raise FingerprintsClosedError("DisabledException")
        return super().fingerprint(address)


@dataclass
class FeedbackSystem:
    """The use case with its fakes: one reader, one chunk that the reader is in."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(PERSON))
    ledger: CountingLedger = field(
        default_factory=lambda: CountingLedger(
            entries={
                (MAILING.id, number): ChunkEntry(attempt=1, members={SUBSCRIBER_ID: "accepted"}, closed=True)
                for number in (3, 4)
            }
        )
    )
    vault: FakeVault = field(default_factory=FakeVault)
    round_trips: FakeRoundTripEvents = field(default_factory=FakeRoundTripEvents)
    absent: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    def record(self, *events: MailEvent) -> RecordedBatch:
        use_case = RecordFeedback(
            self.ledger,
            self.ledger,
            self.subscribers,
            self.vault.fingerprint,
            self.clock,
            self.round_trips.record,
            self.absent.append,
        )
        return use_case({f"m{number}": event for number, event in enumerate(events)})

    def events_of(self, number: int = 3) -> dict[str, set[str]]:
        return {
            who: set(event_of) for who, event_of in self.ledger.entries[MAILING.id, number].events.items()
        }


def suppressed(reason: Reason) -> FakeSubscribers:
    return FakeSubscribers(fingerprints={PERSON.fingerprint: Known(reason=reason)})


# -- one event


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        *((kind, kind) for kind in ("send", "delivery", "reject", "rendering-failure", "deliverydelay")),
        *((kind, kind) for kind in ("not-spam", "auth-failure", "message-refused")),
        ("bounce", "soft-bounce"),
    ],
)
def test_a_soft_bounce_is_recorded_and_suppresses_nobody(kind: str, word: str) -> None:
    system = FeedbackSystem()

    assert system.record(a_mail_event(kind)) == RecordedBatch(Counter({word: 1}))

    assert system.events_of() == {SUBSCRIBER_ID: {word}}
    assert system.subscribers.people == {PERSON.id: PERSON}
    assert system.ledger.marked == {}


@pytest.mark.parametrize(("kind", "reason"), [("bounce", Reason.BOUNCE), ("complaint", Reason.COMPLAINT)])
def test_a_hard_bounce_or_a_complaint_suppresses_at_once_and_twice_as_once(kind: str, reason: Reason) -> None:
    system = FeedbackSystem()

    for _ in range(2):
        assert system.record(a_mail_event(kind, "ana@EXAMPLE.org")).failed == {}

    assert system.subscribers == suppressed(reason)
    assert system.events_of() == {SUBSCRIBER_ID: {kind}}
    assert system.ledger.marked == {MAILING.id: {(kind, SUBSCRIBER_ID)}}


@pytest.mark.parametrize(
    ("kind", "reason"), [("bounce-listed", Reason.BOUNCE), ("complaint-listed", Reason.COMPLAINT)]
)
def test_an_address_on_the_suppression_list_of_ses_is_suppressed_and_does_not_count_against_the_mailing(
    kind: str, reason: Reason
) -> None:
    """Nothing was sent to them, so this mailing gave no cause."""
    system = FeedbackSystem()

    assert system.record(a_mail_event(kind, ADDRESS)) == RecordedBatch(Counter({kind: 1}))

    assert system.subscribers == suppressed(reason)
    assert (system.events_of(), system.ledger.marked) == ({SUBSCRIBER_ID: {kind}}, {})


def test_a_complaint_after_a_bounce_keeps_the_bounce_and_notes_both() -> None:
    system = FeedbackSystem()

    system.record(a_mail_event("bounce", ADDRESS), a_mail_event("complaint", ADDRESS))

    assert system.subscribers == suppressed(Reason.BOUNCE)
    assert system.events_of() == {SUBSCRIBER_ID: {"bounce", "complaint"}}


def test_a_bounced_confirmation_suppresses_and_writes_nothing_to_the_ledger() -> None:
    system = FeedbackSystem()

    system.record(
        MailEvent("bounce", subscriber_id=SUBSCRIBER_ID, address=ADDRESS, hard=True),
        MailEvent("delivery", subscriber_id=SUBSCRIBER_ID),
    )

    assert (system.subscribers, system.ledger.noted) == (suppressed(Reason.BOUNCE), [])


def test_a_complaint_of_someone_who_left_keeps_them_from_coming_back() -> None:
    system = FeedbackSystem(subscribers=FakeSubscribers())

    system.record(a_mail_event("complaint", ADDRESS))

    assert system.subscribers == suppressed(Reason.COMPLAINT)


def test_an_invalid_address_in_an_event_is_logged_and_suppresses_nobody() -> None:
    """The address is only used if there is no subscriber with the id of the mail."""
    system = FeedbackSystem(subscribers=FakeSubscribers())

    assert system.record(a_mail_event("bounce", "not an address")).failed == {}

    assert system.events_of() == {SUBSCRIBER_ID: {"bounce"}}
    assert system.subscribers == FakeSubscribers()


@pytest.mark.parametrize("kind", ["delivery", "bounce"])
def test_an_event_of_a_mailing_that_we_do_not_know_changes_nothing(kind: str) -> None:
    system = FeedbackSystem()

    assert system.record(MailEvent(kind, "2015-01-05_en", 0, SUBSCRIBER_ID)).failed == {}

    system.ledger.noted.clear()
    assert system == FeedbackSystem()


# -- panic: the key of fingerprints is disabled


def test_a_reader_is_suppressed_by_their_own_fingerprint_and_no_key_is_asked() -> None:
    vault = ClosableVault()
    system = FeedbackSystem(vault=vault)

    assert system.record(a_mail_event("complaint", ADDRESS)).failed == {}

    assert (system.subscribers, vault.asked, system.absent) == (suppressed(Reason.COMPLAINT), 0, [])
    assert system.events_of() == {SUBSCRIBER_ID: {"complaint"}}


def test_seven_days_of_panic_lose_no_bounce_and_no_complaint() -> None:
    """Each is processed when it arrives, so that none waits in a queue that deletes it after a day."""
    readers = [replace(PERSON, id=f"{day:032x}", fingerprint=f"{day:064x}") for day in range(7)]
    system = FeedbackSystem(FakeSubscribers().add(PERSON, *readers), vault=ClosableVault())
    kinds = {reader.fingerprint: "complaint" if day % 2 else "bounce" for day, reader in enumerate(readers)}
    for reader in readers:
        event = replace(
            a_mail_event(kinds[reader.fingerprint], "r@example.org"), subscriber_id=reader.id, mailing=""
        )
        for _ in range(2):
            assert system.record(event).failed == {}
        system.clock.move(timedelta(days=1))

    assert system.subscribers.people == {PERSON.id: PERSON}
    assert system.subscribers.fingerprints == {
        PERSON.fingerprint: Known(subscriber_id=PERSON.id),
        **{fingerprint: Known(reason=Reason(kind)) for fingerprint, kind in kinds.items()},
    }


def test_an_absent_reader_is_kept_out_of_restores_while_no_fingerprint_can_be_computed() -> None:
    vault = ClosableVault()
    system = FeedbackSystem(subscribers=FakeSubscribers(), vault=vault)

    assert system.record(a_mail_event("bounce", ADDRESS)).failed == {}

    assert (system.absent, system.subscribers) == ([SUBSCRIBER_ID], FakeSubscribers())
    vault.is_closed = False
    system.record(a_mail_event("bounce", ADDRESS))
    assert (system.absent, system.subscribers) == ([SUBSCRIBER_ID], suppressed(Reason.BOUNCE))


def test_a_mail_to_an_editor_neither_fails_nor_is_recorded_without_the_fingerprint_key() -> None:
    system = FeedbackSystem(vault=ClosableVault())

    assert system.record(MailEvent("bounce", address="ed@example.org", hard=True)).failed == {}

    assert system == FeedbackSystem(vault=ClosableVault(asked=1))


# -- a batch


def test_a_batch_is_one_write_a_chunk_however_many_events_it_holds() -> None:
    system = FeedbackSystem()
    events = [
        MailEvent(kind, MAILING.id, number, member)
        for kind in ("send", "delivery")
        for number in (3, 4)
        for member in (SUBSCRIBER_ID, OTHER)
    ]

    assert system.record(*events, *events) == RecordedBatch(Counter(send=8, delivery=8))

    assert system.ledger.noted == [(MAILING.id, 3), (MAILING.id, 4)]
    both = {SUBSCRIBER_ID: {"send", "delivery"}, OTHER: {"send", "delivery"}}
    assert (system.events_of(3), system.events_of(4)) == (both, both)


def test_a_chunk_that_cannot_be_written_fails_its_own_messages_only() -> None:
    system = FeedbackSystem()
    system.ledger.broken = {4}
    events = [MailEvent("send", MAILING.id, number, SUBSCRIBER_ID) for number in (3, 4, 4)]

    assert system.record(*events).failed == {"m1": "RuntimeError", "m2": "RuntimeError"}

    assert system.events_of(3) == {SUBSCRIBER_ID: {"send"}}


def test_an_address_that_cannot_be_suppressed_fails_its_own_message_and_is_not_noted() -> None:
    system = FeedbackSystem(subscribers=FakeSubscribers(), vault=BrokenVault())

    recorded = system.record(a_mail_event("send"), a_mail_event("complaint", ADDRESS))

    assert recorded.failed == {"m1": "RuntimeError"}
    assert ADDRESS not in repr(recorded)
    assert system.events_of() == {SUBSCRIBER_ID: {"send"}}


def test_an_empty_batch_is_nothing_to_do() -> None:
    assert FeedbackSystem().record() == RecordedBatch()


# -- soft bounces


def a_history(*issues: str, audience: str = "en", chunks: int = 5) -> FeedbackSystem:
    """These issues were mailed to the reader."""
    mailings = [
        a_mailing(issue=issue, audience=audience, state=MailingState.DONE, chunk_count=chunks)
        for issue in issues
    ]
    number = ChunkPlan(chunks).number_of(SUBSCRIBER_ID)
    entries = {(m.id, number): ChunkEntry(1, members={SUBSCRIBER_ID: "accepted"}) for m in mailings}
    return FeedbackSystem(ledger=CountingLedger({m.id: m for m in mailings}, entries))


def event_of(kind: str, issue: str, audience: str = "en") -> MailEvent:
    return MailEvent(kind, f"{issue}_{audience}", ChunkPlan(5).number_of(SUBSCRIBER_ID), SUBSCRIBER_ID)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_three_soft_bounces_in_a_row_suppress_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    system = a_history(*ISSUES[:3])

    for place in order[:2]:
        system.record(*[event_of("bounce", ISSUES[place])] * 2)
    assert system.subscribers.people == {PERSON.id: PERSON}
    system.record(event_of("bounce", ISSUES[order[2]]))

    assert system.subscribers == suppressed(Reason.BOUNCE)


def test_a_delivery_in_between_clears_the_soft_bounces() -> None:
    system = a_history(*ISSUES)

    for issue in (ISSUES[0], ISSUES[1], ISSUES[3], ISSUES[4]):
        system.record(event_of("bounce", issue))

    assert system.subscribers.people == {PERSON.id: PERSON}


def test_an_auto_reply_to_a_delivered_issue_does_not_count() -> None:
    system = a_history(*ISSUES[:3])
    for issue in ISSUES[:3]:
        system.record(event_of("bounce", issue), event_of("delivery", issue))
    assert system.subscribers.people == {PERSON.id: PERSON}


def test_an_issue_that_was_rejected_for_its_content_does_not_count() -> None:
    system = a_history(*ISSUES[:3])
    for issue, kind in zip(ISSUES[:3], ("bounce", "message-refused", "bounce"), strict=True):
        system.record(event_of(kind, issue))
    assert system.subscribers.people == {PERSON.id: PERSON}


def test_bounces_of_another_audience_neither_add_nor_clear() -> None:
    system = a_history(*ISSUES[:3])
    others = a_history(ISSUES[1], audience="be-ru").ledger
    system.ledger.mailings |= others.mailings
    system.ledger.entries |= others.entries

    for event in (
        event_of("bounce", ISSUES[0]),
        event_of("bounce", ISSUES[1], "be-ru"),
        event_of("bounce", ISSUES[2]),
    ):
        system.record(event)
    assert system.subscribers.people == {PERSON.id: PERSON}
    system.record(event_of("bounce", ISSUES[1]))

    assert system.subscribers == suppressed(Reason.BOUNCE)


def test_a_soft_bounce_of_someone_who_left_changes_nothing() -> None:
    system = a_history(*ISSUES[:3])
    system.subscribers = FakeSubscribers()
    for issue in ISSUES[:3]:
        assert system.record(event_of("bounce", issue)).failed == {}
    assert system.subscribers == FakeSubscribers()


def test_a_row_of_long_ago_whose_last_bounce_comes_late_still_counts() -> None:
    system = a_history(*ISSUES)
    for issue in (ISSUES[0], ISSUES[2], ISSUES[4]):
        system.record(event_of("bounce", issue))
    assert system.subscribers.people == {PERSON.id: PERSON}
    system.record(event_of("bounce", ISSUES[1]))
    assert system.subscribers == suppressed(Reason.BOUNCE)


# -- round trips


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (MailEvent("delivery", round_trip=OTHER), "delivery"),
        (MailEvent("bounce", hard=True, round_trip=OTHER), "bounce"),
        (MailEvent("complaint", hard=True, round_trip=OTHER), "complaint"),
    ],
)
def test_an_event_of_a_round_trip_is_recorded_and_changes_nothing_else(event: MailEvent, word: str) -> None:
    system = FeedbackSystem(vault=BrokenVault())  # which would fail if it were asked
    assert system.record(event, event).failed == {}
    assert system.round_trips.noted == {OTHER: {word}}
    assert system.subscribers == FakeSubscribers().add(PERSON)
    assert (system.ledger.noted, system.events_of()) == ([], {})


def test_a_round_trip_that_cannot_be_recorded_is_retried_and_the_others_are_recorded() -> None:
    system = FeedbackSystem(round_trips=FakeRoundTripEvents(is_broken=True))
    recorded = system.record(MailEvent("delivery", round_trip=OTHER), a_mail_event("delivery"))
    assert recorded.failed == {"m0": "RuntimeError"}
    assert system.events_of() == {SUBSCRIBER_ID: {"delivery"}}


# -- readers who changed their address

ON = date(2016, 12, 2)
MOVED = a_subscriber("ana@new.test", confirmed_address=ConfirmedAddress("3" * 32, ON, ON))


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_an_event_of_the_former_address_suppresses_that_one_and_the_reader_stays(kind: str) -> None:
    system = FeedbackSystem(FakeSubscribers().add(MOVED))

    system.record(a_mail_event(kind, ADDRESS))

    assert system.subscribers.people == {SUBSCRIBER_ID: MOVED}
    assert system.subscribers.fingerprints[PERSON.fingerprint].reason is not None
    assert system.subscribers.fingerprints[MOVED.fingerprint] == Known(SUBSCRIBER_ID)


def test_an_event_of_the_new_address_suppresses_the_reader() -> None:
    system = FeedbackSystem(FakeSubscribers().add(MOVED))

    system.record(a_mail_event("complaint", "ana@new.test"))

    assert system.subscribers.people == {}
    assert system.subscribers.fingerprints == {MOVED.fingerprint: Known(reason=Reason.COMPLAINT)}


def test_while_no_fingerprint_can_be_computed_a_complaint_counts_for_the_address_that_is_mailed() -> None:
    system = FeedbackSystem(FakeSubscribers().add(MOVED), vault=ClosableVault())

    system.record(a_mail_event("complaint", ADDRESS))

    assert system.subscribers.fingerprints == {MOVED.fingerprint: Known(reason=Reason.COMPLAINT)}
    assert system.absent == []
