"""The mail domain as SES sees it: verified, signing, with a MAIL FROM of its own, and telling no mailbox."""

from typing import TYPE_CHECKING

from cli.doctor.diagnosis import Diagnosis, Level
from infrastructure.dns_records import Identity

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

LOOKS_FOR = "SES looks for the DKIM records for 72 hours; put those below into DNS."
LOOK_AGAIN = "Put the DKIM records below into DNS, then SES console, Identities: turn Easy DKIM off and on."
DEPLOY = "Run make deploy: the template sets it."


def identity_of(ses: "SESV2Client", domain: str) -> Identity | None:
    """SES's answer about the domain; None where it knows no such identity."""
    try:
        return ses.get_email_identity(EmailIdentity=domain)
    except ses.exceptions.NotFoundException:
        return None


def missing(domain: str) -> Diagnosis:
    """The finding where SES does not know the domain."""
    return Diagnosis(
        Level.FAULT, f"SES does not know {domain}", "Run make deploy: the template registers it."
    )


def verified(domain: str, identity: Identity) -> Diagnosis:
    """Whether the domain may send.

    Source: SES v2 API, GetEmailIdentity: VerificationStatus.
    """
    if identity.get("VerifiedForSendingStatus"):
        return Diagnosis(Level.OK, f"SES has verified {domain}")
    status = identity.get("VerificationStatus", "PENDING")
    if status == "PENDING":
        return Diagnosis(Level.TODO, f"SES has not verified {domain} yet", LOOKS_FOR)
    if status == "TEMPORARY_FAILURE":
        return Diagnosis(
            Level.WARNING, f"SES could not look up {domain} for the moment", "Look again in an hour."
        )
    return Diagnosis(Level.FAULT, f"SES has given up verifying {domain} ({status})", LOOK_AGAIN)


def signing(domain: str, identity: Identity) -> Diagnosis:
    """Whether SES signs with the domain's key."""
    attributes = identity.get("DkimAttributes", {})
    if not attributes.get("SigningEnabled"):
        return Diagnosis(Level.FAULT, f"Mails of {domain} are not signed (DKIM is off)", DEPLOY)
    status = attributes.get("Status", "PENDING")
    if status == "SUCCESS":
        return Diagnosis(Level.OK, f"SES signs as {domain} (DKIM)")
    if status in ("PENDING", "NOT_STARTED"):
        return Diagnosis(Level.TODO, f"SES does not sign as {domain} yet (DKIM)", LOOKS_FOR)
    if status == "TEMPORARY_FAILURE":
        return Diagnosis(Level.WARNING, "SES could not look up the DKIM records", "Look again in an hour.")
    return Diagnosis(Level.FAULT, f"SES has given up looking for the DKIM records ({status})", LOOK_AGAIN)


def mail_from(domain: str, identity: Identity) -> Diagnosis:
    """Whether bounces go to a subdomain of ours, so that SPF speaks of the same domain as the sender."""
    attributes = identity.get("MailFromAttributes", {})
    subdomain = attributes.get("MailFromDomain")
    if not subdomain:
        return Diagnosis(Level.WARNING, f"{domain} has no MAIL FROM of its own, so SPF says nothing", DEPLOY)
    if attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE":
        return Diagnosis(Level.FAULT, f"Without the MX of {subdomain} SES would send nothing", DEPLOY)
    status = attributes.get("MailFromDomainStatus", "PENDING")
    if status == "SUCCESS":
        return Diagnosis(Level.OK, f"SES uses {subdomain} as MAIL FROM (SPF)")
    if status == "PENDING":
        put = "SES looks for its two records for 72 hours; put those below into DNS."
        return Diagnosis(Level.TODO, f"SES does not use {subdomain} as MAIL FROM yet", put)
    again = "Put its two records below into DNS, then SES console, Identities: save the MAIL FROM again."
    return Diagnosis(Level.WARNING, f"SES does not use {subdomain} as MAIL FROM ({status})", again)


def forwarding(identity: Identity) -> Diagnosis:
    """Whether SES mails bounces, with readers' addresses in clear, to the sender's mailbox.

    Source: SES v2 API, GetEmailIdentity: FeedbackForwardingStatus.
    """
    if identity.get("FeedbackForwardingStatus"):
        text = "SES mails every bounce, with the reader's address, to the sender's mailbox"
        return Diagnosis(Level.FAULT, text, DEPLOY)
    return Diagnosis(Level.OK, "SES mails no bounces to a mailbox")
