"""What SES checks of a call's pieces. Each function gives the piece back in a better shape, or refuses it."""

import json
import re
from typing import Any

from local.ses.addresses import checked_address
from local.ses.errors import Refusal, RefusedError

MOST_DESTINATIONS = 50  # Source: SES Developer Guide, quotas: destinations a bulk call, recipients a message
MOST_HEADERS = 15  # Source: botocore's model, MessageHeaderList, for this and the next three
HEADER_NAME = re.compile(r"\A[!-9;-@A-~]{1,126}\Z")
HEADER_VALUE = re.compile(r"\A[ -~]{1,995}\Z")
MOST_HEADER_CHARACTERS = 996
TAG = re.compile(r"\A[A-Za-z0-9_-]{1,256}\Z")  # Source: botocore's model, MessageTag
FEEDBACK_TAGS = ("ses:feedback-id-a", "ses:feedback-id-b")  # Source: AWS Messaging blog, July 2024
MOST_TEMPLATE_DATA = 262_144  # Source: botocore's model, EmailTemplateData

Json = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


def checked_values(data: str | None) -> Json:
    """Template data as an object."""
    if not data:
        return {}
    if len(data) > MOST_TEMPLATE_DATA:
        raise RefusedError(Refusal.BAD_REQUEST, "The template data is too long.")
    try:
        values = json.loads(data)
    except ValueError as error:
        raise RefusedError(Refusal.BAD_REQUEST, "The template data is invalid.") from error
    if not isinstance(values, dict):
        raise RefusedError(Refusal.BAD_REQUEST, "The template data is invalid.")
    return values


def checked_destination(destination: Json) -> tuple[str, ...]:
    """To whom: one recipient at least, fifty at most. Copies, which nothing here sends, are refused."""
    if destination.get("CcAddresses") or destination.get("BccAddresses"):
        raise RefusedError(Refusal.BAD_REQUEST, "The local SES sends no copies.")
    found = checked_addresses(destination.get("ToAddresses"))
    if not found:
        raise RefusedError(Refusal.BAD_REQUEST, "No recipients.")
    if len(found) > MOST_DESTINATIONS:
        raise RefusedError(Refusal.BAD_REQUEST, f"Recipient count exceeds {MOST_DESTINATIONS}.")
    return found


def checked_addresses(addresses: list[str] | None) -> tuple[str, ...]:
    """Addresses that SES would take."""
    return tuple(checked_address(address) for address in addresses or [])


def checked_headers(headers: list[Json] | None) -> Headers:
    """Headers as pairs, within the limits of the API."""
    pairs = tuple((str(one.get("Name", "")), str(one.get("Value", ""))) for one in headers or [])
    if len(pairs) > MOST_HEADERS:
        raise RefusedError(Refusal.BAD_REQUEST, f"Headers must have at most {MOST_HEADERS} members.")
    for name, value in pairs:
        if not HEADER_NAME.match(name):
            raise RefusedError(
                Refusal.BAD_REQUEST, "A header's name must be printable ASCII without a colon."
            )
        if not HEADER_VALUE.match(value) or len(name) + len(value) > MOST_HEADER_CHARACTERS:
            raise RefusedError(
                Refusal.BAD_REQUEST,
                f"The value of header {name} must be printable ASCII, 995 characters at most.",
            )
    return pairs


def checked_tags(tags: list[Json] | None) -> dict[str, str]:
    """Message tags by name."""
    pairs = {str(one.get("Name", "")): str(one.get("Value", "")) for one in tags or []}
    words = [word for pair in pairs.items() for word in pair if word not in FEEDBACK_TAGS]
    if not all(TAG.match(word) for word in words):
        raise RefusedError(
            Refusal.BAD_REQUEST, "Tag names and values take A-Z, a-z, 0-9, _ and -, up to 256."
        )
    return pairs
