"""The DNS records that a deployed stack needs, for the to-do list, the doctor and the local DNS server.

Source: SES Developer Guide, "Easy DKIM", "Using a custom MAIL FROM domain"; RFC 7489 for DMARC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

HOSTED_ZONE = "dkim.amazonses.com"  # if the API names none; newer regions have zones of their own
Identity = Mapping[str, Any]  # GetEmailIdentity's answer, as boto3 returns it


@dataclass(frozen=True)
class DNSRecord:
    """One record: `kind` is CNAME, MX or TXT; `value` is in the form for DNS consoles, without quotes."""

    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """The record as a line of a zone file."""
        value = f'"{self.value}"' if self.kind == "TXT" else self.value
        return f"{self.name} {self.kind} {value}"


def dkim_records(domain: str, identity: Identity) -> list[DNSRecord]:
    """The three CNAMEs that lead to the public keys of SES's signatures.

    Source: SES v2 API, DkimAttributes: `Tokens`, `SigningHostedZone`.
    """
    attributes = identity.get("DkimAttributes", {})
    zone = attributes.get("SigningHostedZone") or HOSTED_ZONE
    return [
        DNSRecord(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{zone}")
        for token in attributes.get("Tokens", [])
    ]


def mail_from_records(identity: Identity, region: str) -> list[DNSRecord]:
    """MX and SPF of the custom MAIL FROM domain; none if the identity has no such domain."""
    domain = identity.get("MailFromAttributes", {}).get("MailFromDomain")
    if not domain:
        return []
    return [
        DNSRecord(domain, "MX", f"10 feedback-smtp.{region}.amazonses.com"),
        DNSRecord(domain, "TXT", "v=spf1 include:amazonses.com ~all"),
    ]


def dmarc_record(domain: str, reports_to: str) -> DNSRecord:
    """A DMARC record that only asks for reports.

    A stricter policy would harm a domain from which other systems send mail, too.
    """
    return DNSRecord(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:{reports_to}")


def mail_records(domain: str, identity: Identity, region: str, reports_to: str) -> list[DNSRecord]:
    """All records of a mail domain, in the order in which an operator makes them."""
    return [
        *dkim_records(domain, identity),
        *mail_from_records(identity, region),
        dmarc_record(domain, reports_to),
    ]


def site_record(outputs: Mapping[str, str]) -> DNSRecord | None:
    """The record that points a custom domain to the CDN; None if the site uses the CDN's own domain.

    A zone's apex can't have a CNAME: DNS providers offer an ALIAS or a flattened CNAME for it.
    """
    host = urlsplit(outputs.get("SiteAddress", "")).hostname or ""
    target = outputs.get("DistributionDomain", "")
    if not target or host == target or not _is_domain(host):
        return None
    return DNSRecord(host, "CNAME", target)


def _is_domain(host: str) -> bool:
    """Whether DNS can have a record of that name: not for an IP address, nor for `localhost`."""
    top = host.rpartition(".")[2]
    return "." in host and not top.isdigit() and ":" not in host
