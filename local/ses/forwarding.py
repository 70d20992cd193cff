"""E-mail feedback forwarding: bounces and complaints mailed to the sender, with readers' addresses in clear.

SES sends these mails to the Return-Path, which is the sender's address; it does so for every event while
forwarding is on for the identity, and otherwise for an event that no destination of the configuration set
receives.

Source: SES Developer Guide, "Receiving Amazon SES notifications through email"; botocore's model,
GetEmailIdentityResponse.FeedbackForwardingStatus ("even if this setting is disabled"). The senders are those
of real notifications, MAILER-DAEMON at the domain of Message-IDs and complaints@email-abuse.amazonses.com;
the wording is our own.
"""

from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from local.ses.checks import bare
from local.ses.configuration_sets import Destination
from local.ses.events import Accepted, Event, new_id
from local.ses.outbox import FEEDBACK, OutboxRecord

COMPLAINTS_FROM = "complaints@email-abuse.amazonses.com"
SUBJECTS = {
    "Bounce": "Delivery Status Notification (Failure)",
    "Complaint": "Complaint about a message that you sent",
}
INTRODUCTIONS = {
    "Bounce": "The message could not be delivered to:",
    "Complaint": "These recipients reported the message as spam:",
}


def untracked(destinations: list[Destination], named: str | None) -> str:
    """Why some feedback about a message may reach no event destination; empty if all of it will.

    A call that names no configuration set depends on the identity's default one.
    """
    if not named:
        return "the call names no configuration set"
    missing = [kind.upper() for kind in SUBJECTS if not any(one.wants(kind) for one in destinations)]
    return f"nothing tells of {' and '.join(missing)}" if missing else ""


def is_mailed(accepted: Accepted, event: Event) -> bool:
    """Whether SES mails an event to the sender."""
    kind = event["eventType"]
    is_published = any(destination.wants(kind) for destination in accepted.destinations)
    return kind in SUBJECTS and (accepted.identity.forwards_feedback or not is_published)


def feedback_mail(accepted: Accepted, event: Event) -> tuple[OutboxRecord, bytes]:
    """The mail about an event, as the outbox stores it."""
    kind, message_id = event["eventType"], new_id(accepted.unix_seconds)
    record = OutboxRecord(
        id=message_id,
        sender=COMPLAINTS_FROM if kind == "Complaint" else f"MAILER-DAEMON@{accepted.domain}",
        to=(bare(accepted.outgoing.sender),),
        subject=SUBJECTS[kind],
        tags={},
        status=FEEDBACK,
        accepted_at=accepted.unix_seconds,
    )
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = record.sender, record.to[0], record.subject
    mail["Date"] = format_datetime(accepted.at)
    mail["Message-ID"] = f"<{message_id}@{accepted.domain}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(_text(event), cte="8bit")
    return record, mail.as_bytes()


def _text(event: Event) -> str:
    kind, mail = event["eventType"], event["mail"]
    recipients = event[kind.lower()]["bouncedRecipients" if kind == "Bounce" else "complainedRecipients"]
    addresses = "\n".join(recipient["emailAddress"] for recipient in recipients)
    original = "\n".join(f"{header['name']}: {header['value']}" for header in mail.get("headers", []))
    return f"{INTRODUCTIONS[kind]}\n{addresses}\n\nHeaders of the message:\n{original}\n"
