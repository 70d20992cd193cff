"""E-mail feedback forwarding: bounces and complaints as mails to the sender, with the reader in clear.

SES mails each to the address that the call names for feedback, else to the Return-Path, which is the sender's
address: while forwarding is on for the identity, whether or not events are published, too; and also while it
is off, if nothing else tells of the event (a configuration set with a destination for it).

Source: SES Developer Guide, "Receiving Amazon SES notifications through email"; botocore's model,
GetEmailIdentityResponse.FeedbackForwardingStatus ("even if this setting is disabled"). The senders are those
of real notifications, MAILER-DAEMON at the domain of Message-IDs and complaints@email-abuse.amazonses.com;
the wording is our own.
"""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from local.ses import messages
from local.ses.accepted_message import Accepted, new_id
from local.ses.addresses import bare
from local.ses.configuration_sets import Destination
from local.ses.events import Event
from local.ses.identities import Identity
from local.ses.outbox import FEEDBACK, OutboxRecord

COMPLAINTS_FROM = "complaints@email-abuse.amazonses.com"
SUBJECTS = {
    "Bounce": "Delivery Status Notification (Failure)",
    "Complaint": "Complaint about a message that you sent",
}
TOLD = {
    "Bounce": "The message could not be delivered to:",
    "Complaint": "These recipients reported the message as spam:",
}
TO_BE_TOLD = ("BOUNCE", "COMPLAINT")


def untracked(destinations: list[Destination], named: str | None) -> str:
    """Why feedback about a message is not safely told by events; empty if it is.

    A call that names no configuration set hangs on the identity's default one, and on SES's mails without it.
    """
    if not named:
        return "the call names no configuration set"
    told = {kind for destination in destinations for kind in destination.types}
    missing = [kind for kind in TO_BE_TOLD if kind not in told]
    return f"nothing tells of {' and '.join(missing)}" if missing else ""


def is_mailed(identity: Identity, destinations: list[Destination], event: Event) -> bool:
    """Whether SES mails an event to the sender."""
    is_published = any(destination.wants(event) for destination in destinations)
    return event["eventType"] in SUBJECTS and (identity.forwards_feedback or not is_published)


def feedback_mail(accepted: Accepted, event: Event) -> tuple[Callable[[int], OutboxRecord], bytes]:
    """What the outbox keeps of the mail about an event: its record, by its sequence number, and the mail."""
    kind, domain = event["eventType"], messages.domain_of_message_ids(accepted.region)
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = COMPLAINTS_FROM if kind == "Complaint" else f"MAILER-DAEMON@{domain}"
    mail["To"] = accepted.outgoing.feedback_to or bare(accepted.outgoing.sender)
    mail["Subject"] = SUBJECTS[kind]
    mail["Date"] = format_datetime(accepted.at)
    message_id = new_id(accepted.unix_seconds)
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(_text(event), cte="8bit")

    def record(sequence: int) -> OutboxRecord:
        return OutboxRecord(
            id=message_id,
            sequence=sequence,
            sender=str(mail["From"]),
            to=(str(mail["To"]),),
            subject=SUBJECTS[kind],
            tags={},
            status=FEEDBACK,
            accepted_at=accepted.unix_seconds,
        )

    return record, mail.as_bytes()


def _text(event: Event) -> str:
    """Whom the event is about, in clear, and the headers of the original message."""
    kind, mail = event["eventType"], event["mail"]
    recipients = event[kind.lower()]["bouncedRecipients" if kind == "Bounce" else "complainedRecipients"]
    about = "\n".join(recipient["emailAddress"] for recipient in recipients)
    original = "\n".join(f"{header['name']}: {header['value']}" for header in mail.get("headers", []))
    return f"{TOLD[kind]}\n{about}\n\nHeaders of the message:\n{original}\n"
