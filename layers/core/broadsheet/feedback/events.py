"""SES's own events, stripped to what we keep the moment they are read.

Source: SES developer guide, "Examples of event data that Amazon SES publishes to Amazon SNS".
"""

import json
import re
from dataclasses import dataclass

HARD = "Permanent"
SOFT_BOUNCE = "soft-bounce"
SUBSCRIBER_ID = re.compile(r"[0-9a-f]{32}")
ROUND_TRIP = (
    "round-trip"  # the tag of mails to SES's mailbox simulator, by which `broadsheet doctor` knows them
)
ROUND_TRIP_ID = re.compile(r"[0-9a-f]{32}")
SIMULATOR = "@simulator.amazonses.com"  # Source: SES Developer Guide, "Using the mailbox simulator"


@dataclass(frozen=True)
class MailEvent:
    """One event about one recipient. `address` is only set where someone must be suppressed.

    `round_trip` is set for a mail of `broadsheet doctor --round-trip` alone; such an event is about nobody.
    """

    kind: str
    mailing: str = ""
    chunk: int = -1
    subscriber_id: str = ""
    address: str = ""
    hard: bool = False
    round_trip: str = ""

    @property
    def word(self) -> str:
        """What the ledger keeps of it: the kind, and of bounces whether it was a soft one."""
        return SOFT_BOUNCE if self.kind == "bounce" and not self.hard else self.kind


class UnreadableEventError(ValueError):
    """Not an SES event; nothing was done with it. The message names no address."""


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
        hard = kind == "complaint" or (kind == "bounce" and detail.get("bounceType") == HARD)
        if round_trip := _round_trip(tags.get(ROUND_TRIP, ""), content["mail"]):
            return MailEvent(kind=kind, hard=hard, round_trip=round_trip)
        return MailEvent(
            kind=kind,
            mailing=tags.get("mailing", ""),
            chunk=int(tags.get("chunk", -1)),
            subscriber_id=_subscriber_id(tags.get("subscriber", "")),
            address=_recipient(content["mail"], kind, detail) if hard else "",
            hard=hard,
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableEventError(type(error).__name__) from None


def _subscriber_id(tag: str) -> str:
    return tag if SUBSCRIBER_ID.fullmatch(tag) else ""


def _round_trip(tag: str, mail: dict[str, list[str]]) -> str:
    """The id in the tag, where the mail went to SES's simulator and to nobody else.

    For anybody else the tag means nothing: it must not keep an address from being suppressed.
    """
    if not ROUND_TRIP_ID.fullmatch(tag):
        return ""
    to = mail.get("destination", [])
    return tag if to and all(address.lower().endswith(SIMULATOR) for address in to) else ""


def _recipient(mail: dict[str, list[str]], kind: str, detail: dict[str, list[dict[str, str]]]) -> str:
    """To whom we mailed; what the other side says may be where they forward their mail to."""
    destination = mail.get("destination", [])
    if len(destination) == 1:
        return destination[0]
    recipients = detail["bouncedRecipients" if kind == "bounce" else "complainedRecipients"]
    return recipients[0]["emailAddress"]
