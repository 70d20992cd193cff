"""What follows from SES's events: a hard bounce or a complaint suppresses, the ledger keeps the word."""

from dataclasses import dataclass, field

import pytest

from broadsheet.feedback.events import MailEvent
from broadsheet.feedback.record import record_feedback
from broadsheet.subscribers.records import Known, Reason
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_mail_event, a_mailing, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.mailings import ChunkEntry, FakeLedger
from tests.fakes.subscribers import FakeSubscribers, FakeVault

MAILING = a_mailing()
PERSON = a_subscriber()


@dataclass
class Office:
    """The use case with its fakes: one reader, one chunk that the reader is in."""

    subscribers: FakeSubscribers = field(default_factory=lambda: FakeSubscribers().add(PERSON))
    ledger: FakeLedger = field(
        default_factory=lambda: FakeLedger(
            entries={(MAILING.id, 3): ChunkEntry(attempt=1, members={SUBSCRIBER_ID: "accepted"}, closed=True)}
        )
    )

    def record(self, event: MailEvent) -> None:
        record_feedback(
            event,
            ledger=self.ledger,
            subscribers=self.subscribers,
            fingerprints=FakeVault(),
            clock=FakeClock(),
        )

    def words(self) -> dict[str, str]:
        return self.ledger.entries[MAILING.id, 3].afterwards


def suppressed(reason: Reason) -> FakeSubscribers:
    return FakeSubscribers(fingerprints={PERSON.fingerprint: Known(reason=reason)})


@pytest.mark.parametrize(
    "kind", ["send", "delivery", "reject", "rendering-failure", "deliverydelay", "bounce"]
)
def test_an_event_that_is_not_hard_is_noted_and_suppresses_nobody(kind: str) -> None:
    office = Office()

    office.record(a_mail_event(kind))

    assert office.words() == {SUBSCRIBER_ID: kind}
    assert office.subscribers == FakeSubscribers().add(PERSON)


@pytest.mark.parametrize(("kind", "reason"), [("bounce", Reason.BOUNCE), ("complaint", Reason.COMPLAINT)])
def test_a_hard_bounce_or_a_complaint_suppresses_at_once_and_twice_as_once(kind: str, reason: Reason) -> None:
    office = Office()

    for _ in range(2):
        office.record(a_mail_event(kind, "ana@EXAMPLE.org"))

    assert office.subscribers == suppressed(reason)
    assert office.words() == {SUBSCRIBER_ID: kind}


def test_a_complaint_after_a_bounce_keeps_the_bounce_and_notes_the_complaint() -> None:
    office = Office()

    office.record(a_mail_event("bounce", ADDRESS))
    office.record(a_mail_event("complaint", ADDRESS))

    assert (office.subscribers, office.words()) == (suppressed(Reason.BOUNCE), {SUBSCRIBER_ID: "complaint"})


def test_a_bounced_confirmation_suppresses_and_stands_in_no_ledger() -> None:
    office = Office()

    office.record(MailEvent("bounce", subscriber_id=SUBSCRIBER_ID, address=ADDRESS, hard=True))

    assert (office.subscribers, office.words()) == (suppressed(Reason.BOUNCE), {})


def test_a_complaint_of_someone_who_left_keeps_them_from_coming_back() -> None:
    office = Office(subscribers=FakeSubscribers())

    office.record(a_mail_event("complaint", ADDRESS))

    assert office.subscribers == suppressed(Reason.COMPLAINT)


def test_an_address_that_is_none_is_noted_and_suppresses_nobody() -> None:
    office = Office()

    office.record(a_mail_event("bounce", "not an address"))

    assert office.words() == {SUBSCRIBER_ID: "bounce"}
    assert office.subscribers == FakeSubscribers().add(PERSON)


def test_an_event_of_a_mailing_that_we_do_not_know_changes_nothing() -> None:
    office = Office()

    office.record(MailEvent("delivery", "2015-01-05_en", 0, SUBSCRIBER_ID))

    assert office == Office()
