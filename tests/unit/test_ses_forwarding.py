"""The local SES's e-mail feedback forwarding, and sends whose bounces might not be reported by an event."""

from pathlib import Path
from typing import Any

import pytest

from local.ses.identities import Identity
from local.ses.outbox import OutboxRecord
from tests.fakes.ses import BULK, SINGLE, EmulatedSES, a_bulk, a_single, an_entry

BOUNCES, COMPLAINS = "bounce+canary@simulator.amazonses.com", "complaint+canary@simulator.amazonses.com"
SENDER = "news@example.org"


@pytest.fixture
def ses(tmp_path: Path) -> EmulatedSES:
    """As the template sets it up: events are published, forwarding is off."""
    return EmulatedSES(tmp_path)


def with_forwarding(ses: EmulatedSES) -> EmulatedSES:
    """An identity with SES's default settings."""
    ses.declared["example.org"] = Identity("example.org")
    return ses


def feedback(ses: EmulatedSES) -> list[OutboxRecord]:
    return [record for record in ses.outbox.records() if record.is_feedback]


@pytest.mark.parametrize(
    ("to", "sender"),
    [
        (BOUNCES, "MAILER-DAEMON@eu-central-1.amazonses.com"),
        (COMPLAINS, "complaints@email-abuse.amazonses.com"),
        ("suppressionlist@simulator.amazonses.com", "MAILER-DAEMON@eu-central-1.amazonses.com"),
        ("ooto@simulator.amazonses.com", "MAILER-DAEMON@eu-central-1.amazonses.com"),
    ],
)
def test_with_forwarding_on_the_senders_mailbox_gets_the_readers_address_in_clear(
    ses: EmulatedSES, to: str, sender: str
) -> None:
    with_forwarding(ses).client.post(SINGLE, json=a_single(to))

    (record,) = feedback(ses)
    assert (record.sender, record.to) == (sender, (SENDER,))
    mail = ses.mail(record.id)
    assert (mail["From"], mail["To"]) == (sender, SENDER)
    assert to in mail.get_content()
    assert "Subject: The week" in mail.get_content()


def test_with_forwarding_off_and_events_published_no_feedback_mail_is_sent(ses: EmulatedSES) -> None:
    for to in (BOUNCES, COMPLAINS):
        ses.client.post(SINGLE, json=a_single(to))
    assert feedback(ses) == []
    assert {"Bounce", "Complaint"} <= set(ses.event_types())


def test_incoming_mail_is_not_forwarded(ses: EmulatedSES) -> None:
    with_forwarding(ses).client.post(SINGLE, json=a_single("reader@mail.example"))
    assert feedback(ses) == []


def test_events_are_published_with_forwarding_on_as_well(ses: EmulatedSES) -> None:
    with_forwarding(ses).client.post(SINGLE, json=a_single(BOUNCES))
    assert "Bounce" in ses.event_types()


def test_each_entry_of_a_bulk_call_becomes_its_own_mail(ses: EmulatedSES) -> None:
    entries = [an_entry(to, {"link": "x"}) for to in (BOUNCES, "reader@mail.example", COMPLAINS)]
    with_forwarding(ses).client.post(BULK, json=a_bulk(*entries))
    assert [record.to for record in feedback(ses)] == [(SENDER,), (SENDER,)]


def test_an_addresss_own_settings_win_over_its_domains(ses: EmulatedSES) -> None:
    with_forwarding(ses).declared[SENDER] = Identity(SENDER, forwards_feedback=False)
    ses.client.post(SINGLE, json=a_single(BOUNCES))
    assert feedback(ses) == []


def test_forwarded_feedback_uses_up_no_quota_even_after_a_restart(ses: EmulatedSES, tmp_path: Path) -> None:
    with_forwarding(ses).client.post(SINGLE, json=a_single("bounce@simulator.test"))
    assert (len(ses.outbox.records()), ses.emulator.account.sent_last_24_hours()) == (2, 1)
    again = EmulatedSES(tmp_path)
    assert again.emulator.account.sent_last_24_hours() == 1


# --- Sends whose bounces might not be reported by an event ---


def untracked(ses: EmulatedSES) -> list[Any]:
    return list(ses.client.get("/_local/ses/untracked").get_json())


def test_with_forwarding_off_ses_still_mails_feedback_that_has_no_event(ses: EmulatedSES) -> None:
    ses.client.post(SINGLE, json=a_single(COMPLAINS, ConfigurationSetName="quiet"))  # it reports bounces only
    ses.client.post(SINGLE, json=a_single(BOUNCES, ConfigurationSetName="quiet"))
    ses.client.post(SINGLE, json=a_single(BOUNCES, ConfigurationSetName=None))

    complaint, bounce = feedback(ses)

    assert (complaint.subject, bounce.subject) == (
        "Complaint about a message that you sent",
        "Delivery Status Notification (Failure)",
    )
    assert [one["why"] for one in untracked(ses)] == [
        "nothing tells of COMPLAINT",
        "nothing tells of COMPLAINT",
        "the call names no configuration set",
    ]


def test_a_call_without_a_configuration_set_uses_the_identitys_default_and_is_recorded(
    ses: EmulatedSES,
) -> None:
    ses.declared["example.org"] = Identity("example.org", "mail", forwards_feedback=False)
    tags = [{"Name": "kind", "Value": "welcome"}]

    answer = ses.client.post(SINGLE, json=a_single(BOUNCES, ConfigurationSetName=None, EmailTags=tags))

    assert "Bounce" in ses.event_types()
    assert feedback(ses) == []
    assert untracked(ses) == [
        {
            "id": answer.get_json()["MessageId"],
            "kind": "welcome",
            "why": "the call names no configuration set",
        }
    ]


def test_a_call_that_names_a_configuration_set_with_both_events_is_not_recorded(ses: EmulatedSES) -> None:
    ses.client.post(SINGLE, json=a_single())
    assert untracked(ses) == []
    assert ses.outbox.records()[0].configuration_set == "mail"
