"""The doctor on the mail domain: what SES says of it, and what a DNS server on this machine does."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.doctor import dns_checks, mail_identity
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.lookups import Lookups, lookups_at
from cli.doctor.mail_identity import overriding_identities, overriding_names
from infrastructure.dns_records import DNSRecord, mail_records, site_record
from local.dns import DnsServer, Zone
from tests.fakes.aws import REGION, FakeAWS, refused

DOMAIN, REPORTS = "news.example.org", "editors@example.org"
BOUNCE = f"bounce.{DOMAIN}"
TOKENS = ["one", "two", "three"]
IDENTITY: dict[str, Any] = {
    "VerifiedForSendingStatus": True,
    "VerificationStatus": "SUCCESS",
    "FeedbackForwardingStatus": False,
    "DkimAttributes": {
        "SigningEnabled": True,
        "Status": "SUCCESS",
        "Tokens": TOKENS,
        "SigningHostedZone": "dkim.amazonses.com",
    },
    "MailFromAttributes": {
        "MailFromDomain": BOUNCE,
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    },
}


def an_identity(dkim: dict[str, Any] | None = None, mail_from: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        **IDENTITY,
        **changes,
        "DkimAttributes": {**IDENTITY["DkimAttributes"], **(dkim or {})},
        "MailFromAttributes": {**IDENTITY["MailFromAttributes"], **(mail_from or {})},
    }


@dataclass
class Dns:
    """A zone with every record that SES needs, and a resolver for it."""

    zone: Zone
    lookups: Lookups

    def dkim(self) -> list[Diagnosis]:
        return dns_checks.dkim(DOMAIN, IDENTITY, self.lookups)

    def mail_from(self) -> list[Diagnosis]:
        return dns_checks.mail_from(IDENTITY, REGION, self.lookups)

    def dmarc(self, domain: str = DOMAIN) -> list[Diagnosis]:
        return dns_checks.dmarc(domain, REPORTS, self.lookups)


@pytest.fixture
def dns() -> Iterator[Dns]:
    zone = Zone(lambda: mail_records(DOMAIN, IDENTITY, REGION, REPORTS))
    server = DnsServer(zone)
    yield Dns(zone, lookups_at(server.port))
    server.close()


@pytest.fixture
def silence() -> Iterator[Lookups]:
    """A resolver that answers nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        lookups = lookups_at(nobody.getsockname()[1])
        lookups.resolver.lifetime = 0.1
        yield lookups


# -- the records


def test_the_records_of_a_domain_are_those_that_ses_names() -> None:
    assert list(map(str, mail_records(DOMAIN, IDENTITY, REGION, REPORTS))) == [
        *(f"{token}._domainkey.{DOMAIN} CNAME {token}.dkim.amazonses.com" for token in TOKENS),
        f"{BOUNCE} MX 10 feedback-smtp.eu-central-1.amazonses.com",
        f'{BOUNCE} TXT "v=spf1 include:amazonses.com ~all"',
        f'_dmarc.{DOMAIN} TXT "v=DMARC1; p=none; rua=mailto:{REPORTS}"',
    ]


def test_dkim_records_point_to_the_zone_that_ses_names_else_to_the_oldest_one() -> None:
    elsewhere = an_identity(dkim={"SigningHostedZone": "dkim.eu-central-2.amazonses.com"})
    unnamed = an_identity(dkim={"SigningHostedZone": ""})
    found = [mail_records(DOMAIN, known, REGION, REPORTS)[0].value for known in (elsewhere, unnamed)]
    assert found == ["one.dkim.eu-central-2.amazonses.com", "one.dkim.amazonses.com"]


def test_without_a_mail_from_domain_there_are_no_records_of_one() -> None:
    known = {**IDENTITY, "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}
    assert {record.kind for record in mail_records(DOMAIN, known, REGION, REPORTS)} == {"CNAME", "TXT"}


@pytest.mark.parametrize(
    ("address", "record"),
    [
        ("https://news.example.org", DNSRecord("news.example.org", "CNAME", "d1.cloudfront.net")),
        ("https://d1.cloudfront.net", None),
        ("http://127.0.0.1:8080", None),
        ("http://[::1]:8080", None),
        ("http://localhost:8080", None),
    ],
)
def test_the_record_of_a_custom_domain_points_to_the_cdn(address: str, record: DNSRecord | None) -> None:
    assert site_record({"SiteAddress": address, "DistributionDomain": "d1.cloudfront.net"}) == record


# -- what DNS says


def test_if_all_records_exist_nothing_is_to_do(dns: Dns) -> None:
    found = [*dns.dkim(), *dns.mail_from(), *dns.dmarc()]
    assert [(one.level, one.repair) for one in found] == [(Level.OK, "")] * 3


def test_a_missing_dkim_record_is_a_fault_that_names_it(dns: Dns) -> None:
    dns.zone.change(f"two._domainkey.{DOMAIN}", "CNAME", [])
    assert dns.dkim() == [
        Diagnosis(
            Level.FAULT,
            f"two._domainkey.{DOMAIN} has no CNAME record",
            f"Put into DNS: two._domainkey.{DOMAIN} CNAME two.dkim.amazonses.com",
        )
    ]


def test_a_domain_for_which_ses_names_no_dkim_records_is_not_in_order(dns: Dns) -> None:
    (found,) = dns_checks.dkim(DOMAIN, an_identity(dkim={"Tokens": []}), dns.lookups)
    assert (found.level, "names no DKIM records" in found.text) == (Level.WARNING, True)


def test_a_dkim_record_that_points_elsewhere_is_a_fault(dns: Dns) -> None:
    dns.zone.change(f"two._domainkey.{DOMAIN}", "CNAME", ["two.dkim.example.net"])
    (found,) = dns.dkim()
    assert (found.level, "says two.dkim.example.net" in found.text) == (Level.FAULT, True)


def test_case_and_a_dot_at_the_end_make_no_difference(dns: Dns) -> None:
    dns.zone.change(f"TWO._domainkey.{DOMAIN}.", "CNAME", ["Two.DKIM.amazonses.com."])
    assert [one.level for one in dns.dkim()] == [Level.OK]


SPF = "v=spf1 include:amazonses.com ~all"


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("MX", [], "has no MX record"),
        ("MX", ["10 mx.example.net"], "says mx.example.net"),
        ("MX", ["10 feedback-smtp.eu-west-1.amazonses.com"], "says feedback-smtp.eu-west-1"),
        ("MX", ["10 feedback-smtp.eu-central-1.amazonses.com", "20 mx.example.net"], "mx.example.net"),
        ("TXT", [], "has no TXT record"),
        ("TXT", ["something else"], "has no TXT record"),
        ("TXT", ["v=spf1 include:example.net ~all"], "says v=spf1 include:example.net ~all"),
        ("TXT", [SPF, "v=spf1 -all"], "v=spf1 -all"),
    ],
)
def test_a_mail_from_record_that_is_wrong_is_a_warning(
    kind: str, values: list[str], said: str, dns: Dns
) -> None:
    dns.zone.change(BOUNCE, kind, values)
    (found,) = dns.mail_from()
    assert (found.level, said in found.text) == (Level.WARNING, True)
    assert f"DNS: {BOUNCE} {kind} " in found.repair


@pytest.mark.parametrize("text", ["v=spf1 include:amazonses.com -all", "V=SPF1 a include:amazonses.com ~all"])
def test_another_spf_that_lets_ses_send_is_as_good(text: str, dns: Dns) -> None:
    dns.zone.change(BOUNCE, "TXT", [text, "a note"])
    assert [one.level for one in dns.mail_from()] == [Level.OK]


def test_a_domain_without_dmarc_is_advised_to_begin_with_reports(dns: Dns) -> None:
    dns.zone.change(f"_dmarc.{DOMAIN}", "TXT", [])
    (found,) = dns.dmarc()
    assert found.level is Level.WARNING
    assert found.repair == f'Put into DNS: _dmarc.{DOMAIN} TXT "v=DMARC1; p=none; rua=mailto:{REPORTS}"'


def test_an_existing_dmarc_policy_is_kept_even_of_a_parent_domain(dns: Dns) -> None:
    dns.zone.change(f"_dmarc.{DOMAIN}", "TXT", [])
    dns.zone.change("_dmarc.example.org", "TXT", ["v=DMARC1; p=reject"])
    assert dns.dmarc() == [Diagnosis(Level.OK, "_dmarc.example.org has a DMARC policy (reject)")]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 DMARC records"),
        (["v=DMARC1; rua=mailto:a@example.org"], "names no policy"),
        (["v=DMARC1; p=some"], "names no policy"),
    ],
)
def test_a_dmarc_record_that_receivers_do_not_heed_is_a_warning(
    values: list[str], said: str, dns: Dns
) -> None:
    dns.zone.change(f"_dmarc.{DOMAIN}", "TXT", values)
    (found,) = dns.dmarc()
    assert (found.level, said in found.text) == (Level.WARNING, True)


def test_the_root_domain_is_not_asked_for_a_policy(dns: Dns) -> None:
    dns.zone.change("_dmarc.org", "TXT", ["v=DMARC1; p=reject"])
    assert [one.level for one in dns.dmarc("example.org")] == [Level.WARNING]


def test_a_site_domain_that_points_nowhere_is_a_fault(dns: Dns) -> None:
    outputs = {"SiteAddress": "https://read.example.org", "DistributionDomain": "d1.cloudfront.net"}
    (found,) = dns_checks.site(outputs, dns.lookups)
    assert found == Diagnosis(
        Level.FAULT,
        "read.example.org has no CNAME record",
        "Put into DNS: read.example.org CNAME d1.cloudfront.net",
    )
    dns.zone.change("read.example.org", "A", ["192.0.2.7"])
    assert [one.level for one in dns_checks.site(outputs, dns.lookups)] == [Level.OK]


def test_a_resolver_that_does_not_answer_is_a_warning_and_is_asked_once(silence: Lookups) -> None:
    found = [
        *dns_checks.dkim(DOMAIN, IDENTITY, silence),
        *dns_checks.mail_from(IDENTITY, REGION, silence),
        *dns_checks.dmarc(DOMAIN, REPORTS, silence),
    ]
    assert [one.level for one in found] == [Level.WARNING] * 3
    assert all("could not be checked (no answer in time)" in one.text for one in found)
    assert silence.silent


# -- what SES says


def test_a_correctly_configured_domain_is_in_order() -> None:
    found = [
        mail_identity.verified(DOMAIN, IDENTITY),
        mail_identity.signing(DOMAIN, IDENTITY),
        mail_identity.mail_from(DOMAIN, IDENTITY),
        mail_identity.forwarding(IDENTITY),
    ]
    assert [(one.level, one.repair) for one in found] == [(Level.OK, "")] * 4


@pytest.mark.parametrize(
    ("status", "level"),
    [
        *(("PENDING", Level.TODO), ("TEMPORARY_FAILURE", Level.WARNING)),
        *(("FAILED", Level.FAULT), ("NOT_STARTED", Level.FAULT)),
    ],
)
def test_a_domain_that_is_not_verified_is_reported_with_what_to_do(status: str, level: Level) -> None:
    found = mail_identity.verified(
        DOMAIN, an_identity(VerifiedForSendingStatus=False, VerificationStatus=status)
    )
    assert found.level is level
    assert found.repair


@pytest.mark.parametrize(
    ("dkim", "level"),
    [
        ({"SigningEnabled": False}, Level.FAULT),
        ({"Status": "FAILED"}, Level.FAULT),
        ({"Status": "PENDING"}, Level.TODO),
        ({"Status": "TEMPORARY_FAILURE"}, Level.WARNING),
    ],
)
def test_a_domain_that_does_not_sign_is_reported_with_what_to_do(dkim: dict[str, Any], level: Level) -> None:
    found = mail_identity.signing(DOMAIN, an_identity(dkim=dkim))
    assert found.level is level
    assert found.repair


@pytest.mark.parametrize(
    ("mail_from", "level"),
    [
        ({"MailFromDomain": ""}, Level.WARNING),
        ({"MailFromDomainStatus": "PENDING"}, Level.TODO),
        ({"MailFromDomainStatus": "FAILED"}, Level.WARNING),
        ({"BehaviorOnMxFailure": "REJECT_MESSAGE"}, Level.FAULT),
    ],
)
def test_a_mail_from_that_is_not_used_is_reported_with_what_to_do(
    mail_from: dict[str, Any], level: Level
) -> None:
    found = mail_identity.mail_from(DOMAIN, an_identity(mail_from=mail_from))
    assert found.level is level
    assert found.repair


def test_bounces_that_are_mailed_to_a_mailbox_are_a_fault() -> None:
    found = mail_identity.forwarding({**IDENTITY, "FeedbackForwardingStatus": True})
    assert (found.level, "reader's address" in found.text) == (Level.FAULT, True)


def test_an_identity_that_ses_does_not_know_is_distinguished_from_one_that_cannot_be_queried() -> None:
    unknown = FakeAWS({"sesv2.GetEmailIdentity": refused("NotFoundException")})
    assert mail_identity.identity_of(unknown.client("sesv2"), DOMAIN) is None
    assert mail_identity.missing(DOMAIN).level is Level.FAULT


# -- identities that SES prefers to the domain's


def closer(sender: str, known: dict[str, dict[str, Any]]) -> list[Diagnosis]:
    missing = refused("NotFoundException")
    aws = FakeAWS({"sesv2.GetEmailIdentity": lambda params: known.get(params["EmailIdentity"], missing)})
    return overriding_identities(aws.client("sesv2"), sender, DOMAIN)


def test_if_only_the_domain_is_an_identity_it_is_used_for_the_sender() -> None:
    assert closer(f"letter@{DOMAIN}", {DOMAIN: IDENTITY, f"editor@{DOMAIN}": IDENTITY}) == [
        Diagnosis(Level.OK, f"SES uses no identity but {DOMAIN} for the sender")
    ]


def test_a_sender_who_was_verified_as_an_address_is_a_fault_with_the_command_that_ends_it() -> None:
    sender = f"letter@{DOMAIN}"
    (found,) = closer(sender, {DOMAIN: IDENTITY, sender: an_identity(FeedbackForwardingStatus=True)})
    assert found == Diagnosis(
        Level.FAULT,
        f"SES uses the identity {sender} instead of {DOMAIN}: bounces, with readers' addresses, are"
        " emailed to a mailbox, and outside the sandbox sends are refused",
        f"aws sesv2 delete-email-identity --email-identity {sender}",
    )


def test_an_address_that_forwards_nothing_is_a_fault_all_the_same() -> None:
    sender = f"letter@{DOMAIN}"
    (found,) = closer(sender, {sender: IDENTITY})
    assert (found.level, "mailbox" in found.text, "refused" in found.text) == (Level.FAULT, False, True)


def test_a_subdomain_between_sender_and_mail_domain_is_a_fault_too() -> None:
    (found,) = closer(f"letter@a.b.{DOMAIN}", {DOMAIN: IDENTITY, f"b.{DOMAIN}": IDENTITY})
    assert (found.level, found.repair.split()[-1]) == (Level.FAULT, f"b.{DOMAIN}")


@pytest.mark.parametrize(
    ("sender", "names"),
    [
        ("Letter@News.Example.org", ["Letter@news.example.org"]),
        (
            "a@x.y.news.example.org",
            ["a@x.y.news.example.org", "x.y.news.example.org", "y.news.example.org"],
        ),
    ],
)
def test_overriding_identities_are_the_address_and_its_subdomains(sender: str, names: list[str]) -> None:
    assert overriding_names(sender, DOMAIN) == names


def test_identities_that_may_not_be_asked_are_a_warning() -> None:
    aws = FakeAWS({"sesv2.GetEmailIdentity": refused("AccessDeniedException")})
    (found,) = overriding_identities(aws.client("sesv2"), f"letter@{DOMAIN}", DOMAIN)
    assert (found.level, "DoctorPolicy" in found.repair) == (Level.WARNING, True)
