"""What IAM asks for a call of SES v2, compared with what the calls of the real service were refused for."""

from typing import Any

import pytest

from tests.ses_rights import UnknownOperationError, needed

SENDER = "Ninth Bridge <news@ninthbridge.example.org>"
IDENTITY = "identity/ninthbridge.example.org"
SIMPLE = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
INLINE = {"Template": {"TemplateContent": {"Subject": "Hello"}, "TemplateData": "{}"}}


def a_send(**changes: Any) -> dict[str, Any]:
    return {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["reader@mail.example"]},
        "Content": SIMPLE,
        **changes,
    }


def a_bulk_send(*to: str, **changes: Any) -> dict[str, Any]:
    entries = [{"Destination": {"ToAddresses": [address]}} for address in to]
    return {"FromEmailAddress": SENDER, "DefaultContent": INLINE, "BulkEmailEntries": entries, **changes}


def test_a_simple_mail_needs_the_raw_action_too() -> None:
    assert needed("SendEmail", a_send()) == [("ses:SendEmail", IDENTITY), ("ses:SendRawEmail", IDENTITY)]


def test_a_mail_from_a_template_needs_the_templated_action() -> None:
    assert needed("SendEmail", a_send(Content=INLINE)) == [
        ("ses:SendEmail", IDENTITY),
        ("ses:SendTemplatedEmail", IDENTITY),
    ]


def test_a_bulk_send_needs_the_older_bulk_action_too() -> None:
    assert needed("SendBulkEmail", a_bulk_send("reader@mail.example")) == [
        ("ses:SendBulkEmail", IDENTITY),
        ("ses:SendBulkTemplatedEmail", IDENTITY),
    ]


def test_each_action_is_needed_on_the_configuration_set_as_well() -> None:
    call = a_bulk_send("reader@mail.example", ConfigurationSetName="Press")
    assert needed("SendBulkEmail", call) == [
        ("ses:SendBulkEmail", IDENTITY),
        ("ses:SendBulkEmail", "configuration-set/Press"),
        ("ses:SendBulkTemplatedEmail", IDENTITY),
        ("ses:SendBulkTemplatedEmail", "configuration-set/Press"),
    ]


@pytest.mark.parametrize(
    "named",
    [
        {"TemplateName": "Weekly"},
        {"TemplateArn": "arn:aws:ses:eu-central-1:123456789012:template/Weekly"},
    ],
)
@pytest.mark.parametrize("operation", ["SendEmail", "SendBulkEmail"])
def test_a_stored_template_is_a_resource_of_its_own(operation: str, named: dict[str, str]) -> None:
    single, bulk = a_send(Content={"Template": named}), a_bulk_send(DefaultContent={"Template": named})
    asked = needed(operation, single if operation == "SendEmail" else bulk)
    assert {resource for _, resource in asked} == {IDENTITY, "template/Weekly"}


def test_outside_the_sandbox_no_recipient_is_asked_for() -> None:
    call = a_bulk_send("one@mail.example", "two@mail.example")
    assert {resource for _, resource in needed("SendBulkEmail", call)} == {IDENTITY}


def test_in_the_sandbox_every_recipient_is_asked_for_once() -> None:
    to_both = a_bulk_send("One <one@mail.example>", "two@mail.example", "one@mail.example")
    assert needed("SendBulkEmail", to_both, sandbox=True) == [
        (action, resource)
        for action in ("ses:SendBulkEmail", "ses:SendBulkTemplatedEmail")
        for resource in (IDENTITY, "identity/one@mail.example", "identity/two@mail.example")
    ]


def test_in_the_sandbox_copies_count_and_the_mailbox_simulator_does_not() -> None:
    destination = {
        "ToAddresses": ["success+1@simulator.amazonses.com"],
        "CcAddresses": ["copy@mail.example"],
        "BccAddresses": ["blind@mail.example"],
    }
    asked = needed("SendEmail", a_send(Destination=destination), sandbox=True)
    assert {resource for _, resource in asked} == {
        IDENTITY,
        "identity/copy@mail.example",
        "identity/blind@mail.example",
    }


def test_a_sender_that_is_an_identity_itself_is_asked_for_in_place_of_its_domain() -> None:
    verified = {"news@ninthbridge.example.org", "desk@ninthbridge.example.org"}
    assert {resource for _, resource in needed("SendEmail", a_send(), address_identities=verified)} == {
        "identity/news@ninthbridge.example.org"
    }
    others = {"desk@ninthbridge.example.org"}
    assert {resource for _, resource in needed("SendEmail", a_send(), address_identities=others)} == {
        IDENTITY
    }


def test_reading_an_identity_is_about_that_identity_and_the_account_about_nothing() -> None:
    domain = {"EmailIdentity": "ninthbridge.example.org"}
    assert needed("GetEmailIdentity", domain) == [("ses:GetEmailIdentity", IDENTITY)]
    assert needed("GetAccount", {}) == [("ses:GetAccount", "*")]


def test_an_operation_that_nobody_looked_up_is_an_error() -> None:
    with pytest.raises(UnknownOperationError, match="SendCustomVerificationEmail"):
        needed("SendCustomVerificationEmail", {"EmailAddress": "reader@mail.example"})
