"""Parses SES's events: keeps the fields that are needed, and classifies each subtype.

Complaints by `complaintFeedbackType` and `complaintSubType`:
- `not-spam`: ignored; the reader took the mail out of the spam folder.
- `auth-failure`: ignored; a provider reports our signature, not a reader's complaint.
- on a suppression list of SES: `complaint-listed`, suppressed; not counted, for nothing was sent.
- any other type, or none: `complaint`, suppressed and counted.

Bounces by `bounceType` and `bounceSubType`:
- too large, content, attachment: `message-refused`, ignored; it is about our message, not the mailbox.
- permanent, on a suppression list of SES: `bounce-listed`, suppressed; not counted, for nothing was sent.
- permanent, `EmailValidationSuppressed`: a soft bounce; SES guessed, and the mailbox never answered.
- any other permanent one: a hard bounce, suppressed and counted; SES counts `Suppressed` as well.
- any other: a soft bounce; the third in a row suppresses the address.

`DeliveryDelay` is ignored: SES keeps trying.

Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS" (bounce types,
complaint types); "Examples of event data that Amazon SES publishes to Amazon SNS". Source: RFC 5965, section
3.1, and RFC 6591, for the feedback types, which are not case-sensitive.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from broadsheet.probes import ROUND_TRIP, SIMULATOR

PERMANENT = "permanent"
LISTED = {"onaccountsuppressionlist", "ontenantsuppressionlist"}
GUESSED = {"emailvalidationsuppressed"}
ABOUT_THE_MESSAGE = {"messagetoolarge", "contentrejected", "attachmentrejected"}
NO_COMPLAINT = {"not-spam", "auth-failure"}
COMPLAINTS = {"complaint", "complaint-listed"}
SOFT_BOUNCE = "soft-bounce"
_ID = re.compile(r"[0-9a-f]{32}")  # of a subscriber, or of a round trip


@dataclass(frozen=True)
class MailEvent:
    """One event about one recipient. `address` is only set if it must be suppressed.

    `round_trip` is only set for mails of `broadsheet doctor --round-trip`, which go to no subscriber.
    """

    kind: str
    mailing: str = ""
    chunk: int = -1
    subscriber_id: str = ""
    address: str = ""
    hard: bool = False
    round_trip: str = ""

    @property
    def recorded_kind(self) -> str:
        """The kind as the ledger records it: soft bounces have a kind of their own."""
        return SOFT_BOUNCE if self.kind == "bounce" and not self.hard else self.kind


class UnreadableEventError(ValueError):
    """Not an SES event; it was ignored. The message names no address."""


def read_event(body: str) -> MailEvent:
    """The event in a message of FeedbackQueue.

    Raises:
        UnreadableEventError: not JSON, or without an event type.
    """
    try:
        content = json.loads(body)
        kind = str(content["eventType"]).lower().replace(" ", "-")
        tags = {name: values[0] for name, values in content["mail"]["tags"].items() if values}
        detail = content.get(kind, {})
        meaning, hard = _meaning(kind, detail)
        if round_trip := _round_trip(tags.get(ROUND_TRIP, ""), content["mail"]):
            return MailEvent(kind=kind, hard=hard, round_trip=round_trip)
        subscriber_id = tags.get("subscriber", "")
        return MailEvent(
            kind=meaning,
            mailing=tags.get("mailing", ""),
            chunk=int(tags.get("chunk", -1)),
            subscriber_id=subscriber_id if _ID.fullmatch(subscriber_id) else "",
            address=_recipient(content["mail"], kind, detail) if hard else "",
            hard=hard,
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableEventError(type(error).__name__) from None


def _meaning(kind: str, detail: dict[str, Any]) -> tuple[str, bool]:
    """The kind of an event, and whether its recipient must be suppressed: see the module's docstring."""
    if kind == "complaint":
        return _complaint(_lower(detail, "complaintFeedbackType"), _lower(detail, "complaintSubType"))
    if kind == "bounce":
        return _bounce(_lower(detail, "bounceType"), _lower(detail, "bounceSubType"))
    return kind, False


def _complaint(feedback: str, sub_type: str) -> tuple[str, bool]:
    if feedback in NO_COMPLAINT:
        return feedback, False
    return ("complaint-listed" if sub_type in LISTED else "complaint"), True


def _bounce(type_: str, sub_type: str) -> tuple[str, bool]:
    if sub_type in ABOUT_THE_MESSAGE:
        return "message-refused", False
    if type_ != PERMANENT or sub_type in GUESSED:
        return "bounce", False
    return ("bounce-listed" if sub_type in LISTED else "bounce"), True


def _lower(detail: dict[str, Any], name: str) -> str:
    return str(detail.get(name) or "").strip().lower()


def _round_trip(tag: str, mail: dict[str, list[str]]) -> str:
    """The id in the tag if the mail went to SES's simulator alone; else "", and events count."""
    if not _ID.fullmatch(tag):
        return ""
    to = mail.get("destination", [])
    return tag if to and all(address.lower().endswith(f"@{SIMULATOR}") for address in to) else ""


def _recipient(mail: dict[str, list[str]], kind: str, detail: dict[str, list[dict[str, str]]]) -> str:
    """The address that we mailed; the bounced one may be a forwarding target."""
    destination = mail.get("destination", [])
    if len(destination) == 1:
        return destination[0]
    recipients = detail["bouncedRecipients" if kind == "bounce" else "complainedRecipients"]
    return recipients[0]["emailAddress"]
