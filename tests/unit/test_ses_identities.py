"""The emulator's identities: what the template made, what requests change, and who may send."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.server import serve
from local.ses.identities import Identity, engine_identities
from tests.fakes.ses import BULK, SINGLE, EmulatedSES, a_bulk, a_single, an_entry

NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
)
CONTROL = "/_local/ses/identities/"


@pytest.fixture
def ses(tmp_path: Path) -> EmulatedSES:
    return EmulatedSES(tmp_path)


@pytest.fixture
def sesv2(ses: EmulatedSES) -> Iterator[Any]:
    """boto3's client of the emulator, over HTTP."""
    server = serve(ses.app, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = boto3.Session("key", "secret", region_name="eu-central-1").client(
        "sesv2", endpoint_url=f"http://127.0.0.1:{server.server_port}/_local/ses"
    )
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


def refused(answer: Any) -> tuple[str, str]:
    return answer.headers["x-amzn-ErrorType"], answer.get_json()["message"]


def test_boto3_reads_what_the_template_made_of_a_domain(ses: EmulatedSES, sesv2: Any) -> None:
    ses.declared["example.org"] = Identity(
        "example.org", "mail", forwards_feedback=False, mail_from_domain="bounce.example.org"
    )

    found = sesv2.get_email_identity(EmailIdentity="example.org")

    tokens = found["DkimAttributes"].pop("Tokens")
    assert len({*tokens}) == 3
    assert {len(token) for token in tokens} == {32}
    del found["ResponseMetadata"]
    assert found == {
        "IdentityType": "DOMAIN",
        "FeedbackForwardingStatus": False,
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "ConfigurationSetName": "mail",
        "DkimAttributes": {
            "SigningEnabled": True,
            "Status": "SUCCESS",
            "SigningHostedZone": "dkim.amazonses.com",
            "SigningAttributesOrigin": "AWS_SES",
            "NextSigningKeyLength": "RSA_2048_BIT",
            "CurrentSigningKeyLength": "RSA_2048_BIT",
        },
        "MailFromAttributes": {
            "MailFromDomain": "bounce.example.org",
            "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
        "Policies": {},
        "Tags": [],
    }


def test_an_address_of_ones_own_is_created_waits_is_verified_and_goes(ses: EmulatedSES, sesv2: Any) -> None:
    address = "ops+sandbox@mail.example"
    made = sesv2.create_email_identity(EmailIdentity=address)
    assert (made["IdentityType"], made["VerifiedForSendingStatus"]) == ("EMAIL_ADDRESS", False)
    assert sesv2.get_email_identity(EmailIdentity=address)["VerificationStatus"] == "PENDING"

    ses.client.put(CONTROL + address, json={"verification": "SUCCESS"})

    assert sesv2.get_email_identity(EmailIdentity=address)["VerifiedForSendingStatus"] is True
    with pytest.raises(sesv2.exceptions.AlreadyExistsException):
        sesv2.create_email_identity(EmailIdentity=address)
    sesv2.delete_email_identity(EmailIdentity=address)
    for call in (sesv2.get_email_identity, sesv2.delete_email_identity):
        with pytest.raises(sesv2.exceptions.NotFoundException):
            call(EmailIdentity=address)


def test_forwarding_and_mail_from_can_be_set(sesv2: Any) -> None:
    sesv2.put_email_identity_feedback_attributes(EmailIdentity="example.org", EmailForwardingEnabled=True)
    sesv2.put_email_identity_mail_from_attributes(
        EmailIdentity="example.org", MailFromDomain="b.example.org", BehaviorOnMxFailure="REJECT_MESSAGE"
    )

    found = sesv2.get_email_identity(EmailIdentity="example.org")

    assert found["FeedbackForwardingStatus"] is True
    assert found["MailFromAttributes"]["MailFromDomain"] == "b.example.org"
    assert found["MailFromAttributes"]["BehaviorOnMxFailure"] == "REJECT_MESSAGE"


def test_an_identity_can_have_its_own_hosted_zone(ses: EmulatedSES) -> None:
    ses.client.put(
        f"{CONTROL}example.org", json={"signing_hosted_zone": "c7.dkim.eu-central-1.amazonses.com"}
    )
    found = ses.client.get("/_local/ses/v2/email/identities/example.org").get_json()
    assert found["DkimAttributes"]["SigningHostedZone"] == "c7.dkim.eu-central-1.amazonses.com"


@pytest.mark.parametrize(
    "changes", [{"verification": "perhaps"}, {"dkim": True}, {"forwards_feedback": True}, ["SUCCESS"]]
)
def test_a_change_that_makes_no_sense_is_refused(ses: EmulatedSES, changes: Any) -> None:
    assert ses.client.put(f"{CONTROL}example.org", json=changes).status_code == 400


def test_changed_records_survive_a_restart(ses: EmulatedSES, tmp_path: Path) -> None:
    ses.client.post("/_local/ses/v2/email/identities", json={"EmailIdentity": "ops@mail.example"})
    ses.client.put(f"{CONTROL}ops@mail.example", json={"verification": "SUCCESS"})
    ses.client.delete("/_local/ses/v2/email/identities/example.org")

    again = EmulatedSES(tmp_path)

    assert set(again.emulator.identities.all()) == {"ops@mail.example"}
    assert again.emulator.identities.get("ops@mail.example").is_verified


# --- Who may send ---


@pytest.mark.parametrize(
    "sender",
    ["News <news@other.example>", "news@badexample.org", "news@example.org.evil.example"],
)
def test_a_sender_of_no_identity_is_refused_by_name(ses: EmulatedSES, sender: str) -> None:
    single = ses.client.post(SINGLE, json=a_single(FromEmailAddress=sender))
    bulk = ses.client.post(BULK, json=a_bulk(an_entry("reader@mail.example"), FromEmailAddress=sender))
    assert refused(single) == ("MessageRejected", NOT_VERIFIED + sender)
    assert refused(bulk) == ("MessageRejected", NOT_VERIFIED + sender)
    assert (single.status_code, bulk.status_code) == (400, 400)
    assert ses.outbox.records() == []


@pytest.mark.parametrize("sender", ["news@example.org", "news@EXAMPLE.org", "N <n@a.b.example.org>"])
def test_a_verified_domain_sends_for_its_addresses_and_subdomains(ses: EmulatedSES, sender: str) -> None:
    assert ses.client.post(SINGLE, json=a_single(FromEmailAddress=sender)).status_code == 200


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"])
def test_a_domain_that_is_not_verified_sends_nothing(ses: EmulatedSES, status: str) -> None:
    ses.client.put(f"{CONTROL}example.org", json={"verification": status})
    answer = ses.client.post(SINGLE, json=a_single())
    assert refused(answer) == ("MessageRejected", f"{NOT_VERIFIED}News <news@example.org>")


def test_an_unverified_mail_from_domain_stops_only_the_identities_that_require_it(ses: EmulatedSES) -> None:
    for on_failure, code in (("USE_DEFAULT_VALUE", 200), ("REJECT_MESSAGE", 400)):
        ses.declared["example.org"] = Identity(
            "example.org", mail_from_domain="b.example.org", on_mx_failure=on_failure, mail_from="FAILED"
        )
        answer = ses.client.post(SINGLE, json=a_single())
        assert answer.status_code == code
    assert answer.headers["x-amzn-ErrorType"] == "MailFromDomainNotVerifiedException"


# --- What stands in the engine ---


class Engine:
    """The engine's SES with one domain; `reads` counts how often it was listed."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.names = ["example.org"]
        self.reads = 0
        self.sesv2 = self

    def list_email_identities(self) -> dict[str, Any]:
        self.reads += 1
        return {"EmailIdentities": [{"IdentityName": name} for name in self.names]}

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803  # boto3's name
        return {"EmailIdentity": EmailIdentity, **self.answer}


def test_an_identity_of_the_engine_is_taken_for_verified_and_forwards_unless_it_says_otherwise() -> None:
    quiet: Any = Engine(
        FeedbackForwardingStatus=False,
        ConfigurationSetName="mail",
        MailFromAttributes={"MailFromDomain": "b.example.org", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
    )
    silent: Any = Engine()
    assert engine_identities(quiet)() == {
        "example.org": Identity(
            "example.org", "mail", forwards_feedback=False, mail_from_domain="b.example.org"
        )
    }
    assert engine_identities(silent)() == {"example.org": Identity("example.org", forwards_feedback=True)}


def test_the_engine_is_queried_again_while_it_knows_no_function_but_not_for_each_message() -> None:
    engine: Any = Engine()
    engine.names = []
    identities = engine_identities(engine)
    assert identities() == {}
    engine.names = ["example.org"]
    assert [set(identities()) for _ in range(5)] == [{"example.org"}] * 5
    assert engine.reads == 2
