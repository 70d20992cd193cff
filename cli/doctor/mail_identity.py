"""The mail domain as SES has it: free to be registered, verified, signing, with a MAIL FROM of its own.

SES uses an identity that is closer to the sender than the mail domain's, with that identity's settings.
Source: SES Developer Guide, "Creating and verifying identities": the settings of an address override those of
its domain, and those of a subdomain the ones above it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.doctor.calls import Clients, check, code_of
from cli.doctor.diagnosis import Diagnosis, fault, ok, todo, warning
from cli.stack_description import NO_SUCH_STACK
from infrastructure.dns_records import Identity

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_sesv2 import SESV2Client

LOOKS_FOR = "SES looks for the DKIM records for 72 hours; put those below into DNS."
LOOK_AGAIN = "Put the DKIM records below into DNS, then SES console, Identities: turn Easy DKIM off and on."
DEPLOY = "Run make deploy: the template sets it."


def identity_of(ses: "SESV2Client", domain: str) -> Identity | None:
    """SES's answer about the domain; None if SES has no such identity."""
    try:
        return ses.get_email_identity(EmailIdentity=domain)
    except ses.exceptions.NotFoundException:
        return None


def missing(domain: str) -> Diagnosis:
    """The finding if SES does not have the domain."""
    return fault(f"SES does not know {domain}", "Run make deploy: the template registers it.")


def verified(domain: str, identity: Identity) -> Diagnosis:
    """Whether the domain may send.

    Source: SES v2 API, GetEmailIdentity: VerificationStatus.
    """
    if identity.get("VerifiedForSendingStatus"):
        return ok(f"SES has verified {domain}")
    status = identity.get("VerificationStatus", "PENDING")
    if status == "PENDING":
        return todo(f"SES has not verified {domain} yet", LOOKS_FOR)
    if status == "TEMPORARY_FAILURE":
        return warning(f"SES could not look up {domain} for the moment", "Look again in an hour.")
    return fault(f"SES has given up verifying {domain} ({status})", LOOK_AGAIN)


def signing(domain: str, identity: Identity) -> Diagnosis:
    """Whether SES signs with the domain's key."""
    attributes = identity.get("DkimAttributes", {})
    if not attributes.get("SigningEnabled"):
        return fault(f"Emails from {domain} are not signed (DKIM is off)", DEPLOY)
    status = attributes.get("Status", "PENDING")
    if status == "SUCCESS":
        return ok(f"SES signs as {domain} (DKIM)")
    if status in ("PENDING", "NOT_STARTED"):
        return todo(f"SES does not sign as {domain} yet (DKIM)", LOOKS_FOR)
    if status == "TEMPORARY_FAILURE":
        return warning("SES could not look up the DKIM records", "Look again in an hour.")
    return fault(f"SES has given up looking for the DKIM records ({status})", LOOK_AGAIN)


def mail_from(domain: str, identity: Identity) -> Diagnosis:
    """Whether bounces go to a subdomain of the mail domain, so that SPF is about the sender's domain."""
    attributes = identity.get("MailFromAttributes", {})
    subdomain = attributes.get("MailFromDomain")
    if not subdomain:
        return warning(f"{domain} has no MAIL FROM of its own, so SPF does not align", DEPLOY)
    if attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE":
        return fault(f"Without the MX of {subdomain} SES would send nothing", DEPLOY)
    status = attributes.get("MailFromDomainStatus", "PENDING")
    if status == "SUCCESS":
        return ok(f"SES uses {subdomain} as MAIL FROM (SPF)")
    if status == "PENDING":
        repair = "SES looks for its two records for 72 hours; put those below into DNS."
        return todo(f"SES does not use {subdomain} as MAIL FROM yet", repair)
    repair = "Put its two records below into DNS, then SES console, Identities: save the MAIL FROM again."
    return warning(f"SES does not use {subdomain} as MAIL FROM ({status})", repair)


def forwarding(identity: Identity) -> Diagnosis:
    """Whether SES mails bounces, with readers' addresses in clear, to the sender's mailbox.

    Source: SES v2 API, GetEmailIdentity: FeedbackForwardingStatus.
    """
    if identity.get("FeedbackForwardingStatus"):
        return fault("SES emails every bounce, with the reader's address, to the sender's mailbox", DEPLOY)
    return ok("SES emails no bounces to a mailbox")


@check("Whether {domain} is free in SES")
def domain_is_free(clients: Clients, domain: str, stack: str) -> Iterator[Diagnosis]:
    """Whether SES has no identity for the domain, or the one that this very stack made.

    A first deployment would fail at an identity that somebody else made, and be rolled back.
    """
    if identity_of(clients("sesv2"), domain) is None:
        yield ok(f"{domain} is free to be registered in SES")
    elif _is_in_stack(clients("cloudformation"), domain, stack):
        yield ok(f"{domain} in SES is this stack's")
    else:
        yield fault(
            f"SES has an identity {domain} already, and it is not of the stack {stack}",
            "Find out who uses it. Then delete it in the SES console (Identities), or deploy with another"
            " sender in newsletter.toml, e.g. of a subdomain of its own.",
        )


def _is_in_stack(cloudformation: "CloudFormationClient", domain: str, stack: str) -> bool:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        return any(
            resource.get("PhysicalResourceId") == domain
            for page in pages
            for resource in page["StackResourceSummaries"]
        )
    except ClientError as error:
        if code_of(error) == NO_SUCH_STACK:
            return False
        raise


@check("Whether SES uses another identity for the sender")
def overriding_identities(ses: "SESV2Client", sender: str, domain: str) -> Iterator[Diagnosis]:
    """A fault for each identity that SES prefers to the mail domain's when it mails for the sender.

    The roles name the mail domain's identity alone, so SES refuses a send under another one.
    """
    identities = {name: identity_of(ses, name) for name in overriding_names(sender, domain)}
    overriding = {name: identity for name, identity in identities.items() if identity is not None}
    for name, identity in overriding.items():
        forwards = bool(identity.get("FeedbackForwardingStatus"))
        bounces = "bounces, with readers' addresses, are emailed to a mailbox, and " if forwards else ""
        refused = f"{bounces}outside the sandbox sends are refused"
        text = f"SES uses the identity {name} instead of {domain}: {refused}"
        yield fault(text, f"aws sesv2 delete-email-identity --email-identity {name}")
    if not overriding:
        yield ok(f"SES uses no identity but {domain} for the sender")


def overriding_names(sender: str, domain: str) -> list[str]:
    """The sender's address, then the domains between it and the mail domain, the closest first."""
    local_part, _, host = sender.rpartition("@")
    between, above = [], host.lower()
    while above.endswith(f".{domain.lower()}"):
        between.append(above)
        above = above.partition(".")[2]
    return [f"{local_part}@{host.lower()}", *between]
