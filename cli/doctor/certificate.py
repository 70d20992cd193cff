"""A domain of one's own: its certificate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cli.doctor.aws_calls import Clients, run_check
from cli.doctor.diagnosis import Diagnosis, Level

if TYPE_CHECKING:
    from types_boto3_acm import ACMClient
    from types_boto3_acm.type_defs import CertificateDetailTypeDef

OF_CLOUDFRONT = "us-east-1"  # Source: CloudFront Developer Guide: certificates of viewers come from there
REQUEST = f"Request one in ACM, region {OF_CLOUDFRONT}, for this very name, and validate it by DNS."


def certificate(clients: Clients, parameters: Mapping[str, str]) -> list[Diagnosis]:
    """Whether DomainName has a certificate that CloudFront takes; nothing where there is no DomainName."""
    domain, arn = parameters.get("DomainName", ""), parameters.get("CertificateArn", "")
    if not domain:
        return []
    if not arn:
        text = f"DomainName is {domain}, and there is no CertificateArn"
        return [Diagnosis(Level.FAULT, text, f"Give CertificateArn, too. {REQUEST}")]
    if f":acm:{OF_CLOUDFRONT}:" not in arn:
        text = f"The certificate is not one of ACM in {OF_CLOUDFRONT}, and CloudFront takes no other"
        return [Diagnosis(Level.FAULT, text, REQUEST)]
    return run_check("The certificate", lambda: [_described(clients("acm", OF_CLOUDFRONT), domain, arn)])


def _described(acm: "ACMClient", domain: str, arn: str) -> Diagnosis:
    try:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        return Diagnosis(Level.FAULT, "There is no certificate with the ARN in CertificateArn", REQUEST)
    status = found.get("Status", "")
    if status != "ISSUED":
        validate = "Put its validation record into DNS (ACM shows it), and wait until it is issued."
        return Diagnosis(Level.FAULT, f"The certificate is not issued yet ({status})", validate)
    names = _names(found)
    if not any(_covers(name, domain) for name in names):
        text = f"The certificate is for {', '.join(names)}, and not for {domain}"
        return Diagnosis(Level.FAULT, text, REQUEST)
    return Diagnosis(Level.OK, f"The certificate covers {domain}")


def _names(found: "CertificateDetailTypeDef") -> list[str]:
    return sorted({found.get("DomainName", ""), *found.get("SubjectAlternativeNames", [])} - {""})


def _covers(name: str, domain: str) -> bool:
    """Source: RFC 6125 section 6.4.3: `*` is one label, the leftmost."""
    if name.startswith("*."):
        return domain.lower().partition(".")[2] == name[2:].lower()
    return name.lower() == domain.lower()
