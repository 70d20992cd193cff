"""Identities closer to the sender than the mail domain's: SES uses them in its place, as they are set.

Source: SES Developer Guide, "Creating and verifying identities": the settings of an address override those of
its domain, and those of a subdomain the ones above it.
"""

from typing import TYPE_CHECKING

from cli.doctor.aws_calls import run_check
from cli.doctor.diagnosis import Diagnosis, Level
from cli.doctor.mail_identity import identity_of
from infrastructure.dns_records import Identity

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client


def overriding_identities(ses: "SESV2Client", sender: str, domain: str) -> list[Diagnosis]:
    """A fault for each identity that SES prefers to the mail domain's when it mails for the sender."""

    def check() -> list[Diagnosis]:
        known = ((name, identity_of(ses, name)) for name in overriding_names(sender, domain))
        found = [_fault(name, identity, domain) for name, identity in known if identity is not None]
        return found or [Diagnosis(Level.OK, f"No other identity than {domain} speaks for the sender")]

    return run_check("Whether other identities speak for the sender", check)


def overriding_names(sender: str, domain: str) -> list[str]:
    """The sender's address, then the domains between it and the mail domain, the closest first."""
    local_part, _, own = sender.rpartition("@")
    between, own = [], own.lower()
    while own.endswith(f".{domain.lower()}"):
        between.append(own)
        own = own.partition(".")[2]
    return [f"{local_part}@{sender.rpartition('@')[2].lower()}", *between]


def _fault(name: str, identity: Identity, domain: str) -> Diagnosis:
    """The roles name the mail domain's identity alone, so SES refuses a send by way of another one."""
    forwards = bool(identity.get("FeedbackForwardingStatus"))
    bounces = "bounces, with readers' addresses, are mailed to a mailbox, and " if forwards else ""
    return Diagnosis(
        Level.FAULT,
        f"SES uses the identity {name} in place of {domain}: {bounces}outside the sandbox sends are refused",
        f"aws sesv2 delete-email-identity --email-identity {name}",
    )
