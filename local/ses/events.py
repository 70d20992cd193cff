"""The events that SES publishes about a message, in its JSON.

Source: SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS" and the examples
beside it; the words for a suppressed address: AWS knowledge center, "ses-suppression-list-sending-quota".
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from local.ses.addresses import bare
from local.ses.mailbox_simulator import DeliveryOutcome
from local.ses.messages import Message
from local.ses.requests import Outgoing

ACCOUNT_ID = "000000000000"  # MiniStack's
LONGEST_HEADERS = 10 * 1024
ON_ACCOUNT_LIST = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your "
    "account."
)
ON_GLOBAL_LIST = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
    "invalid address."
)
Event = dict[str, Any]
# Fate -> bounceType, bounceSubType, status, diagnosticCode; without a status there was no delivery status
# notification.
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


def timestamp(at: datetime) -> str:
    """A time as SES writes it: UTC, milliseconds, Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def mail_object(
    outgoing: Outgoing, message: Message | None, message_id: str, at: datetime, region: str
) -> Event:
    """The `mail` member that a message's events repeat; `message` is None where there is no mail (yet)."""
    address = bare(outgoing.sender)
    headers = _headers(message) if message else []
    shown, length = [], 0
    for header in headers:
        length += len(header["name"]) + len(header["value"]) + 4
        if length > LONGEST_HEADERS:
            break
        shown.append(header)
    mail: Event = {
        "timestamp": timestamp(at),
        "source": outgoing.sender,
        "sourceArn": f"arn:aws:ses:{region}:{ACCOUNT_ID}:identity/{address}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": message_id,
        "destination": list(outgoing.to),
        "headersTruncated": len(shown) < len(headers),
        "tags": _tags(outgoing, address),
    }
    if message:
        mail["headers"] = shown
        common = {"from": [outgoing.sender], "to": list(outgoing.to), "messageId": message_id}
        mail["commonHeaders"] = common | {"subject": _unfolded(message, "Subject")}
    return mail


def send(mail: Event) -> Event:
    """The message was accepted."""
    return {"eventType": "Send", "mail": mail, "send": {}}


def reject(mail: Event) -> Event:
    """The message held a virus; nothing was delivered."""
    return {"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}


def rendering_failure(mail: Event, reason: str) -> Event:
    """The template could not be filled in; nothing was delivered."""
    return {
        "eventType": "Rendering Failure",
        "mail": mail,
        "failure": {"errorMessage": reason, "templateName": ""},
    }


def aftermath(mail: Event, outcome: DeliveryOutcome, addresses: Sequence[str], at: datetime) -> list[Event]:
    """What follows `Send` for the recipients that share a fate, in order."""
    if outcome is DeliveryOutcome.DELIVERED:
        return [_delivery(mail, addresses, at)]
    if outcome is DeliveryOutcome.COMPLAINT:
        return [_delivery(mail, addresses, at), _complaint(mail, addresses, at)]
    if outcome is DeliveryOutcome.AUTOMATIC_REPLY:
        return [_delivery(mail, addresses, at), _bounce(mail, outcome, addresses, at)]
    return [_bounce(mail, outcome, addresses, at)]


def _delivery(mail: Event, addresses: Sequence[str], at: datetime) -> Event:
    return {
        "eventType": "Delivery",
        "mail": mail,
        "delivery": {
            "timestamp": timestamp(at),
            "processingTimeMillis": 300,
            "recipients": list(addresses),
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "a0-0.smtp-out.amazonses.test",
        },
    }


def _bounce(mail: Event, outcome: DeliveryOutcome, addresses: Sequence[str], at: datetime) -> Event:
    kind, sub_type, status, diagnostic = BOUNCES[outcome]
    report = {"action": "failed", "status": status, "diagnosticCode": diagnostic} if status else {}
    bounce: Event = {
        "bounceType": kind,
        "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": bare(address), **report} for address in addresses],
        "timestamp": timestamp(at),
        "feedbackId": _feedback_id(),
    }
    if status:
        bounce["reportingMTA"] = "dsn; a0-0.smtp-out.amazonses.test"
    return {"eventType": "Bounce", "mail": mail, "bounce": bounce}


def _complaint(mail: Event, addresses: Sequence[str], at: datetime) -> Event:
    return {
        "eventType": "Complaint",
        "mail": mail,
        "complaint": {
            "complainedRecipients": [{"emailAddress": bare(address)} for address in addresses],
            "timestamp": timestamp(at),
            "feedbackId": _feedback_id(),
            "complaintSubType": None,
            "userAgent": "Broadsheet local feedback loop",
            "complaintFeedbackType": "abuse",
            "arrivalDate": timestamp(at),
        },
    }


def _feedback_id() -> str:
    return f"{uuid.uuid4()}-000000"


def _headers(message: Message) -> list[dict[str, str]]:
    return [{"name": name, "value": " ".join(value.split())} for name, value in message.fields]


def _unfolded(message: Message, name: str) -> str:
    return next((one["value"] for one in _headers(message) if one["name"].lower() == name.lower()), "")


def _tags(outgoing: Outgoing, address: str) -> dict[str, list[str]]:
    return {
        "ses:configuration-set": [outgoing.configuration_set or ""],
        "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": [address.rpartition("@")[2]],
        "ses:caller-identity": ["local"],
        **{name: [value] for name, value in outgoing.tags.items()},
    }
