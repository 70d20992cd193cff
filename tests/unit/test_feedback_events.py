"""SES's own events, stripped to what we keep; and what is none of them."""

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feedback.events import MailEvent, UnreadableEventError, read_event
from tests.builders import ADDRESS, SUBSCRIBER_ID, a_mail_event, a_mailing

MAILING = a_mailing()
SOFT = {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": ADDRESS}]}
HARD = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ADDRESS, "status": "5.1.1"}]}
COMPLAINT = {"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse"}


def an_event(
    kind: str, *, tags: dict[str, list[str]] | None = None, to: tuple[str, ...] = (ADDRESS,), **detail: Any
) -> str:
    """An event as SES publishes it; `detail` stands under the key that SES uses for it.

    Source: SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
    """
    ours = {"mailing": [MAILING.id], "chunk": ["3"], "subscriber": [SUBSCRIBER_ID]}
    mail = {
        "timestamp": "2016-12-12T06:10:00.000Z",
        "messageId": "0102018e-0000",
        "destination": list(to),
        "commonHeaders": {"to": [ADDRESS]},
        "tags": {"ses:configuration-set": ["press"], **(ours if tags is None else tags)},
    }
    return json.dumps({"eventType": kind, "mail": mail, **detail})


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (an_event("Send", send={}), a_mail_event("send")),
        (an_event("Delivery", delivery={"recipients": [ADDRESS]}), a_mail_event("delivery")),
        (an_event("Reject", reject={"reason": "Bad content"}), a_mail_event("reject")),
        (
            an_event("Rendering Failure", failure={"errorMessage": "no value"}),
            a_mail_event("rendering-failure"),
        ),
        (
            an_event("DeliveryDelay", deliveryDelay={"delayType": "MailboxFull"}),
            a_mail_event("deliverydelay"),
        ),
        (an_event("Bounce", bounce=SOFT), a_mail_event("bounce")),
        (an_event("Bounce", bounce={**SOFT, "bounceType": "Undetermined"}), a_mail_event("bounce")),
        (an_event("Bounce", bounce=HARD), a_mail_event("bounce", ADDRESS)),
        (an_event("Complaint", complaint=COMPLAINT), a_mail_event("complaint", ADDRESS)),
        (an_event("Send", tags={}, send={}), MailEvent("send")),
        (
            an_event("Bounce", tags={"kind": ["confirmation"], "subscriber": [SUBSCRIBER_ID]}, bounce=HARD),
            MailEvent("bounce", subscriber_id=SUBSCRIBER_ID, address=ADDRESS, hard=True),
        ),
    ],
)
def test_an_event_is_read_and_stripped_of_all_but(body: str, event: MailEvent) -> None:
    assert read_event(body) == event


@pytest.mark.parametrize(
    ("feedback", "sub_type", "kind", "suppresses"),
    [
        ("not-spam", None, "not-spam", False),
        ("Not-Spam", None, "not-spam", False),
        ("not-spam", "OnAccountSuppressionList", "not-spam", False),
        ("auth-failure", None, "auth-failure", False),
        ("abuse", None, "complaint", True),
        ("fraud", None, "complaint", True),
        ("virus", None, "complaint", True),
        ("other", None, "complaint", True),
        ("something new", None, "complaint", True),
        (None, None, "complaint", True),
        (None, "OnAccountSuppressionList", "complaint-listed", True),
        (None, "OnTenantSuppressionList", "complaint-listed", True),
    ],
)
def test_a_complaint_is_read_by_its_type(
    feedback: str | None,
    sub_type: str | None,
    kind: str,
    suppresses: bool,  # noqa: FBT001  # a column
) -> None:
    complaint = {**COMPLAINT, "complaintFeedbackType": feedback, "complaintSubType": sub_type}

    event = read_event(an_event("Complaint", complaint=complaint))

    assert event == a_mail_event(kind, ADDRESS if suppresses else "")


@pytest.mark.parametrize(
    ("bounce_type", "sub_type", "kind", "suppresses"),
    [
        ("Permanent", "General", "bounce", True),
        ("Permanent", "NoEmail", "bounce", True),
        ("Permanent", "Suppressed", "bounce", True),
        ("Permanent", "OnAccountSuppressionList", "bounce-listed", True),
        ("Permanent", "OnTenantSuppressionList", "bounce-listed", True),
        ("Permanent", "EmailValidationSuppressed", "bounce", False),
        ("Permanent", None, "bounce", True),
        ("Transient", "General", "bounce", False),
        ("Transient", "MailboxFull", "bounce", False),
        ("Transient", "CustomTimeoutExceeded", "bounce", False),
        ("Transient", "MessageTooLarge", "message-refused", False),
        ("Transient", "ContentRejected", "message-refused", False),
        ("Transient", "AttachmentRejected", "message-refused", False),
        ("Permanent", "ContentRejected", "message-refused", False),
        ("Undetermined", "Undetermined", "bounce", False),
        ("Something new", "General", "bounce", False),
    ],
)
def test_a_bounce_is_read_by_its_type_and_subtype(
    bounce_type: str,
    sub_type: str | None,
    kind: str,
    suppresses: bool,  # noqa: FBT001  # a column
) -> None:
    bounce = {**HARD, "bounceType": bounce_type, "bounceSubType": sub_type}

    event = read_event(an_event("Bounce", bounce=bounce))

    assert event == a_mail_event(kind, ADDRESS if suppresses else "")


def test_a_subscriber_that_is_none_of_ours_is_left_out() -> None:
    body = an_event("Send", tags={"mailing": [MAILING.id], "chunk": ["3"], "subscriber": ["ana"]}, send={})
    assert read_event(body) == MailEvent("send", MAILING.id, 3)


def test_the_mailed_address_is_suppressed_and_not_the_one_it_forwards_to() -> None:
    elsewhere = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "other@example.org"}]}

    assert read_event(an_event("Bounce", bounce=elsewhere)).address == ADDRESS
    assert read_event(an_event("Bounce", to=(), bounce=elsewhere)).address == "other@example.org"


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
        an_event("Bounce", to=(), bounce={**HARD, "bouncedRecipients": []}),
        an_event("Bounce", bounce=[ADDRESS]),
        an_event("Complaint", to=()),
        an_event("Complaint", to=(), complaint={"complainedRecipients": [ADDRESS]}),
        an_event("Send", tags={"chunk": [ADDRESS]}),
    ],
)
def test_a_message_that_is_no_event_is_refused_without_an_address_in_the_error(body: str) -> None:
    with pytest.raises(UnreadableEventError) as caught:
        read_event(body)

    traceback_text = "".join(traceback.format_exception(caught.value))
    assert [part for part in (ADDRESS, "ana@") if part in traceback_text] == []


TRIP = "0123456789abcdef" * 2
SIMULATED = ("bounce+broadsheet-1@simulator.amazonses.com",)


def a_tagged_bounce(trip: str, *to: str) -> MailEvent:
    tags = {"round-trip": [trip], "mailing": [MAILING.id], "subscriber": [SUBSCRIBER_ID]}
    hard = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": to[0]}]}
    return read_event(an_event("Bounce", tags=tags, to=to, bounce=hard))


def test_an_event_of_a_round_trip_is_about_no_address_and_no_mailing() -> None:
    assert a_tagged_bounce(TRIP, *SIMULATED) == MailEvent("bounce", hard=True, round_trip=TRIP)


@pytest.mark.parametrize(
    ("trip", "to"),
    [
        (TRIP, (ADDRESS,)),
        (TRIP, (ADDRESS, *SIMULATED)),
        (TRIP, (*SIMULATED, ADDRESS)),
        (TRIP, ("ana@simulator.amazonses.com.example.org",)),
        (TRIP, (f"bounce@simulator.amazonses.com <{ADDRESS}>",)),
        (TRIP, ("ana@notsimulator.amazonses.com",)),
        ("mine", SIMULATED),
        ("", SIMULATED),
    ],
)
def test_the_tag_of_a_round_trip_prevents_no_suppression(trip: str, to: tuple[str, ...]) -> None:
    event = a_tagged_bounce(trip, *to)
    assert (event.hard, event.round_trip, event.subscriber_id) == (True, "", SUBSCRIBER_ID)
    assert event.address == to[0]


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
def test_junk_is_read_as_an_event_or_refused(body: str) -> None:
    try:
        assert isinstance(read_event(body), MailEvent)
    except UnreadableEventError:
        return
