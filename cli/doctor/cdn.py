"""CloudFront: whether the account may use it, the certificate of a custom domain, and the origin secret.

A new account can list distributions, and its first one is still refused until AWS Support has verified it.
Source, for the words: github.com/aws-samples/aws-cdk-examples/issues/279.
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from broadsheet.subscribers.endpoints.boundary import HEADER
from cli.doctor.calls import REFUSED, Clients, check, code_of
from cli.doctor.diagnosis import Diagnosis, fault, ok, todo

if TYPE_CHECKING:
    from types_boto3_acm import ACMClient
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_secretsmanager import SecretsManagerClient

NOT_VERIFIED = "Your account must be verified before you can add new CloudFront resources"
ASK_SUPPORT = "Ask AWS Support to verify the account for CloudFront, quoting the message; then deploy again."
OF_CLOUDFRONT = "us-east-1"  # Source: CloudFront Developer Guide: certificates of viewers come from there
REQUEST = f"Request one in ACM, region {OF_CLOUDFRONT}, for this very name, and validate it by DNS."
ROTATION = "OriginSecretRotation"


@check("CloudFront")
def cdn(cloudfront: "CloudFrontClient", *, is_first: bool) -> Iterator[Diagnosis]:
    """Whether CloudFront answers; on a first deployment also that a new account may still be refused.

    An account that has a distribution already is verified.
    """
    try:
        distributions = cloudfront.list_distributions(MaxItems="1")["DistributionList"]
    except ClientError as error:
        if code_of(error) not in REFUSED:
            raise
        yield fault(
            "CloudFront refuses whoever deploys", "Give whoever deploys the permissions for CloudFront."
        )
        return
    yield ok("CloudFront answers; that says nothing about a new distribution")
    if is_first and not distributions.get("Quantity"):
        text = f'A new account may still be refused its first distribution: "{NOT_VERIFIED}"'
        yield todo(text, f"If that happens: {ASK_SUPPORT}")


def advice_on(failure: str) -> str:
    """What to do if CloudFront refused an account that is not verified; empty for any other failure."""
    return ASK_SUPPORT if NOT_VERIFIED.lower() in failure.lower() else ""


@check("The certificate")
def certificate(clients: Clients, parameters: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Whether DomainName and the other names have a certificate that CloudFront accepts.

    Nothing if there is no DomainName.
    """
    domain, arn = parameters.get("DomainName", ""), parameters.get("CertificateArn", "")
    if domain and not arn:
        repair = f"Give CertificateArn, too. {REQUEST}"
        yield fault(f"DomainName is {domain}, and there is no CertificateArn", repair)
    elif domain and f":acm:{OF_CLOUDFRONT}:" not in arn:
        text = f"The certificate is not from ACM in {OF_CLOUDFRONT}, and CloudFront accepts no other"
        yield fault(text, REQUEST)
    elif domain:
        others = parameters.get("OtherDomainNames", "").split(",")
        yield _issued(clients("acm", OF_CLOUDFRONT), [domain, *filter(None, others)], arn)


def _issued(acm: "ACMClient", domains: list[str], arn: str) -> Diagnosis:
    try:
        found = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except acm.exceptions.ResourceNotFoundException:
        return fault("There is no certificate with the ARN in CertificateArn", REQUEST)
    status = found.get("Status", "")
    if status != "ISSUED":
        repair = "Put its validation record into DNS (ACM shows it), and wait until it is issued."
        return fault(f"The certificate is not issued yet ({status})", repair)
    names = sorted({found.get("DomainName", ""), *found.get("SubjectAlternativeNames", [])} - {""})
    lacking = [each for each in domains if not any(_covers(name.lower(), each.lower()) for name in names)]
    if lacking:
        return fault(f"The certificate is for {', '.join(names)}, and not for {', '.join(lacking)}", REQUEST)
    return ok(f"The certificate covers {', '.join(domains)}")


def _covers(name: str, domain: str) -> bool:
    """Source: RFC 6125 section 6.4.3: `*` is one label, the leftmost."""
    return name in (domain, f"*.{domain.partition('.')[2]}")


@check("The secret of CDN and API")
def origin_secret(
    cloudfront: "CloudFrontClient",
    secrets: "SecretsManagerClient",
    outputs: Mapping[str, str],
    parameters: Mapping[str, str],
) -> Iterator[Diagnosis]:
    """Whether the CDN sends the secret that the API expects. No secret is shown.

    CloudFormation does not read a changed secret again as long as the template's reference is the same.
    Source: CloudFormation User Guide, "Dynamic references", considerations.
    """
    config = cloudfront.get_distribution_config(Id=outputs["DistributionId"])["DistributionConfig"]
    expected = secrets.get_secret_value(SecretId=outputs["OriginSecret"])["SecretString"]
    sent = _sent_secret(config)
    if sent and hmac.compare_digest(sent.encode(), expected.encode()):
        yield ok("CDN and API have the same secret")
        return
    rotation = int(parameters.get(ROTATION) or 0) + 1
    text = "CDN and API have different secrets" if sent else "The CDN sends the API no secret"
    yield fault(text, f"make deploy PARAMETERS={ROTATION}={rotation}")


def _sent_secret(config: Mapping[str, Any]) -> str:
    """The secret in the header that the distribution adds for an origin; empty if none has it."""
    headers = (
        header
        for origin in config.get("Origins", {}).get("Items", [])
        for header in origin.get("CustomHeaders", {}).get("Items", [])
    )
    return next((str(one["HeaderValue"]) for one in headers if one["HeaderName"].lower() == HEADER), "")
