"""The events that SES publishes about an accepted message, in its JSON.

Source: SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS" and the examples
with it; the texts for a suppressed address: AWS knowledge center, "ses-suppression-list-sending-quota".
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.ses.checks import bare
from local.ses.configuration_sets import Destination
from local.ses.identities import Identity
from local.ses.mailbox_simulator import DeliveryOutcome
from local.ses.messages import Message
from local.ses.requests import Outgoing

ACCOUNT_ID = "000000000000"  # MiniStack's
ON_ACCOUNT_LIST = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your "
    "account."
)
ON_GLOBAL_LIST = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
    "invalid address."
)
Event = dict[str, Any]
# bounceType, bounceSubType, status, diagnosticCode; an empty status means that the recipient's server sent no
# delivery status notification.
BOUNCES: dict[DeliveryOutcome, tuple[str, str, str, str]] = {
    DeliveryOutcome.HARD_BOUNCE: ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    DeliveryOutcome.MAILBOX_FULL: ("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
    DeliveryOutcome.AUTOMATIC_REPLY: ("Transient", "General", "", ""),
    DeliveryOutcome.ON_GLOBAL_SUPPRESSION_LIST: ("Permanent", "Suppressed", "5.1.1", ON_GLOBAL_LIST),
    DeliveryOutcome.ON_ACCOUNT_SUPPRESSION_LIST: (
        "Permanent",
        "OnAccountSuppressionList",
        "5.1.1",
        ON_ACCOUNT_LIST,
    ),
}


@dataclass(frozen=True)
class Accepted:
    """An accepted message with the data that its record and its events need."""

    outgoing: Outgoing
    id: str
    unix_seconds: float
    region: str
    destinations: list[Destination]
    identity: Identity

    @property
    def at(self) -> datetime:
        """When it was accepted."""
        return datetime.fromtimestamp(self.unix_seconds, UTC)

    @property
    def domain(self) -> str:
        """The domain in SES's Message-IDs. Source: SES Developer Guide, for regions other than us-east-1."""
        return f"{self.region}.amazonses.com"


def new_id(unix_seconds: float) -> str:
    """A message id in SES's form, which begins with the time."""
    return f"0107{int(unix_seconds * 1000):012x}-{uuid.uuid4()}-000000"


def mail_object(accepted: Accepted, message: Message | None) -> Event:
    """The `mail` member of a message's events; `message` is None if there is no mail (yet)."""
    outgoing, address = accepted.outgoing, bare(accepted.outgoing.sender)
    mail: Event = {
        "timestamp": _timestamp(accepted.at),
        "source": outgoing.sender,
        "sourceArn": f"arn:aws:ses:{accepted.region}:{ACCOUNT_ID}:identity/{address}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": accepted.id,
        "destination": list(outgoing.to),
        "headersTruncated": False,
        "tags": {
            "ses:configuration-set": [outgoing.configuration_set or ""],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [address.rpartition("@")[2]],
            "ses:caller-identity": ["local"],
            **{name: [value] for name, value in outgoing.tags.items()},
        },
    }
    if message:
        unfolded = [(name, " ".join(value.split())) for name, value in message.fields]
        mail["headers"] = [{"name": name, "value": value} for name, value in unfolded]
        common = {"from": [outgoing.sender], "to": list(outgoing.to), "messageId": accepted.id}
        mail["commonHeaders"] = common | {"subject": dict(unfolded)["Subject"]}
    return mail


def send(mail: Event) -> Event:
    """The event of an accepted message."""
    return {"eventType": "Send", "mail": mail, "send": {}}


def reject(mail: Event) -> Event:
    """The event of a message that held a virus and was not delivered."""
    return {"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}


def rendering_failure(mail: Event, reason: str) -> Event:
    """The event of a template that could not be rendered; nothing was delivered."""
    failure = {"errorMessage": reason, "templateName": ""}
    return {"eventType": "Rendering Failure", "mail": mail, "failure": failure}


def after_send(mail: Event, outcome: DeliveryOutcome, addresses: Sequence[str], at: datetime) -> list[Event]:
    """The events that follow `Send` for the recipients with the same outcome, in order."""
    arrives = (DeliveryOutcome.DELIVERED, DeliveryOutcome.COMPLAINT, DeliveryOutcome.AUTOMATIC_REPLY)
    found = [_delivery(mail, addresses, at)] if outcome in arrives else []
    if outcome is DeliveryOutcome.COMPLAINT:
        found.append(_complaint(mail, addresses, at))
    elif outcome in BOUNCES:
        found.append(_bounce(mail, outcome, addresses, at))
    return found


def _delivery(mail: Event, addresses: Sequence[str], at: datetime) -> Event:
    delivery = {
        "timestamp": _timestamp(at),
        "processingTimeMillis": 300,
        "recipients": list(addresses),
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a0-0.smtp-out.amazonses.test",
    }
    return {"eventType": "Delivery", "mail": mail, "delivery": delivery}


def _bounce(mail: Event, outcome: DeliveryOutcome, addresses: Sequence[str], at: datetime) -> Event:
    kind, sub_type, status, diagnostic = BOUNCES[outcome]
    report = {"action": "failed", "status": status, "diagnosticCode": diagnostic} if status else {}
    bounce: Event = {
        "bounceType": kind,
        "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": bare(address), **report} for address in addresses],
        "timestamp": _timestamp(at),
        "feedbackId": f"{uuid.uuid4()}-000000",
    }
    if status:
        bounce["reportingMTA"] = "dsn; a0-0.smtp-out.amazonses.test"
    return {"eventType": "Bounce", "mail": mail, "bounce": bounce}


def _complaint(mail: Event, addresses: Sequence[str], at: datetime) -> Event:
    complaint = {
        "complainedRecipients": [{"emailAddress": bare(address)} for address in addresses],
        "timestamp": _timestamp(at),
        "feedbackId": f"{uuid.uuid4()}-000000",
        "complaintSubType": None,
        "userAgent": "Broadsheet local feedback loop",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _timestamp(at),
    }
    return {"eventType": "Complaint", "mail": mail, "complaint": complaint}


def _timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
