"""SES's events: stripped at once, then a hard bounce or a complaint suppresses, and the ledger keeps the word."""

import json
import traceback
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feedback.events import MailEvent, UnreadableEventError, read_event
from broadsheet.feedback.record import record_feedback
from broadsheet.mailings.mailing import State
from broadsheet.subscribers.records import Known, Reason
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_mailing, a_subscriber
from tests.fakes.clock import FakeClock
from tests.fakes.mailings import ChunkEntry, FakeLedger
from tests.fakes.subscribers import FakeSubscribers, FakeVault

MAILING = a_mailing(state=State.SENDING)
PERSON = a_subscriber()
SOFT = {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": ADDRESS}]}
HARD = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ADDRESS, "status": "5.1.1"}]}
COMPLAINT = {"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse"}


def an_event(kind: str, *, tags: dict[str, list[str]] | None = None, **detail: Any) -> str:
    """An event as SES publishes it; `detail` stands under the key that SES uses for it.

    Source: SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
    """
    ours = {"mailing": [MAILING.id], "chunk": ["3"], "subscriber": [SUBSCRIBER_ID]}
    mail = {
        "timestamp": "2016-12-12T06:10:00.000Z",
        "messageId": "0102018e-0000",
        "destination": [ADDRESS],
        "commonHeaders": {"to": [ADDRESS]},
        "tags": {"ses:configuration-set": ["press"], **(ours if tags is None else tags)},
    }
    return json.dumps({"eventType": kind, "mail": mail, **detail})


def noted(kind: str, address: str = "") -> MailEvent:
    return MailEvent(kind, MAILING.id, 3, SUBSCRIBER_ID, address, hard=bool(address))


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (an_event("Send", send={}), noted("send")),
        (an_event("Delivery", delivery={"recipients": [ADDRESS]}), noted("delivery")),
        (an_event("Reject", reject={"reason": "Bad content"}), noted("reject")),
        (an_event("Rendering Failure", failure={"errorMessage": "no value"}), noted("rendering-failure")),
        (an_event("DeliveryDelay", deliveryDelay={"delayType": "MailboxFull"}), noted("deliverydelay")),
        (an_event("Bounce", bounce=SOFT), noted("bounce")),
        (an_event("Bounce", bounce={**SOFT, "bounceType": "Undetermined"}), noted("bounce")),
        (an_event("Bounce", bounce=HARD), noted("bounce", ADDRESS)),
        (an_event("Complaint", complaint=COMPLAINT), noted("complaint", ADDRESS)),
        (an_event("Send", tags={}, send={}), MailEvent("send")),
        (
            an_event("Bounce", tags={"kind": ["confirmation"], "subscriber": [SUBSCRIBER_ID]}, bounce=HARD),
            MailEvent("bounce", subscriber_id=SUBSCRIBER_ID, address=ADDRESS, hard=True),
        ),
    ],
)
def test_an_event_is_read_and_stripped_of_all_but(body: str, event: MailEvent) -> None:
    assert read_event(body) == event


def test_an_address_is_only_kept_where_someone_must_be_suppressed() -> None:
    harmless = [an_event("Delivery", delivery={"recipients": [ADDRESS]}), an_event("Bounce", bounce=SOFT)]

    assert ADDRESS not in repr([read_event(body) for body in harmless])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "ana@example.org",
        "{",
        "[]",
        "null",
        f'"{ADDRESS}"',
        json.dumps({"notificationType": "Bounce", "bounce": HARD}),
        json.dumps({"eventType": "Bounce", "bounce": HARD}),
        json.dumps({"eventType": "Bounce", "mail": {"tags": None}, "bounce": HARD}),
        an_event("Bounce", bounce={**HARD, "bouncedRecipients": []}),
        an_event("Bounce", bounce=[ADDRESS]),
        an_event("Complaint"),
        an_event("Complaint", complaint={"complainedRecipients": [ADDRESS]}),
        an_event("Send", tags={"chunk": [ADDRESS]}),
    ],
)
def test_what_is_no_event_is_refused_without_an_address_in_the_words(body: str) -> None:
    with pytest.raises(UnreadableEventError) as caught:
        read_event(body)

    told = "".join(traceback.format_exception(caught.value))
    assert [part for part in (ADDRESS, "ana@") if part in told] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["eventType", "mail", "tags", "bounce", "bounceType", "bouncedRecipients"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.text(max_size=50) | JSON.map(json.dumps))
def test_junk_is_an_event_or_is_refused_as_none(body: str) -> None:
    try:
        assert isinstance(read_event(body), MailEvent)
    except UnreadableEventError:
        return


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

    office.record(noted(kind))

    assert office.words() == {SUBSCRIBER_ID: kind}
    assert office.subscribers == FakeSubscribers().add(PERSON)


@pytest.mark.parametrize(("kind", "reason"), [("bounce", Reason.BOUNCE), ("complaint", Reason.COMPLAINT)])
def test_a_hard_bounce_or_a_complaint_suppresses_at_once_and_twice_as_once(kind: str, reason: Reason) -> None:
    office = Office()

    for _ in range(2):
        office.record(noted(kind, "Ana@EXAMPLE.org".replace("Ana", "ana")))

    assert office.subscribers == suppressed(reason)
    assert office.words() == {SUBSCRIBER_ID: kind}


def test_a_complaint_after_a_bounce_keeps_the_bounce_and_notes_the_complaint() -> None:
    office = Office()

    office.record(noted("bounce", ADDRESS))
    office.record(noted("complaint", ADDRESS))

    assert (office.subscribers, office.words()) == (suppressed(Reason.BOUNCE), {SUBSCRIBER_ID: "complaint"})


def test_a_bounced_confirmation_suppresses_and_stands_in_no_ledger() -> None:
    office = Office()

    office.record(MailEvent("bounce", subscriber_id=SUBSCRIBER_ID, address=ADDRESS, hard=True))

    assert (office.subscribers, office.words()) == (suppressed(Reason.BOUNCE), {})


def test_a_complaint_of_someone_who_left_keeps_them_from_coming_back() -> None:
    office = Office(subscribers=FakeSubscribers())

    office.record(noted("complaint", ADDRESS))

    assert office.subscribers == suppressed(Reason.COMPLAINT)


def test_an_address_that_is_none_is_noted_and_suppresses_nobody() -> None:
    office = Office()

    office.record(noted("bounce", "not an address"))

    assert office.words() == {SUBSCRIBER_ID: "bounce"}
    assert office.subscribers == FakeSubscribers().add(PERSON)


def test_an_event_of_a_mailing_that_we_do_not_know_changes_nothing() -> None:
    office = Office()

    office.record(MailEvent("delivery", "2015-01-05_en", 0, SUBSCRIBER_ID))

    assert office == Office()
