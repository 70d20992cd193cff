"""The checks of SES on the parts of a call. Each function returns the checked part or raises RefusedError.

Source for addresses: botocore's model, Destination: no SMTPUTF8, so the local part is ASCII and a domain is
in Punycode. SES CLI reference: the whole address string is 7-bit ASCII; the caller encodes a display name by
RFC 2047. The wording is SES's own, as reported: github.com/18F/identity-idp/pull/7380 (domain),
github.com/openstax/accounts/issues/253 and github.com/egulias/EmailValidator/issues/414 (local part).
"""

import json
import re
from typing import Any

from local.ses.errors import Refusal, RefusedError

WITH_NAME = re.compile(r"\A\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>\s*\Z")
LOCAL_PART = re.compile(r"\A[!-~]{1,64}\Z")
DOMAIN = re.compile(
    r"\A[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+\Z"
)
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


def bare(address: str) -> str:
    """The address without its display name, unchecked."""
    named = WITH_NAME.match(address)
    return named["address"] if named else address.strip()


def checked_address(address: str) -> str:
    """The address as given, display name included."""
    local_part, at, domain = bare(address).rpartition("@")
    problems = {
        "Missing final '@domain'": not at,
        "Local address contains control or whitespace": not LOCAL_PART.match(local_part),
        "Missing domain": not domain,
        "Domain contains control or whitespace": re.search(r"[\s\x00-\x1f\x7f]", domain),
        "Domain contains illegal character": not DOMAIN.match(domain),
        "Illegal address: encode the display name by RFC 2047": not (
            address.isascii() and address.isprintable()
        ),
    }
    for problem, is_found in problems.items():
        if is_found:
            raise RefusedError(Refusal.BAD_REQUEST, problem)
    return address


def checked_addresses(addresses: list[str] | None) -> tuple[str, ...]:
    """All of the addresses as given."""
    return tuple(checked_address(address) for address in addresses or [])


def checked_destination(destination: Json) -> tuple[str, ...]:
    """The 1 to 50 recipients. Cc and Bcc, which the product never uses, are refused."""
    if destination.get("CcAddresses") or destination.get("BccAddresses"):
        raise RefusedError(Refusal.BAD_REQUEST, "The local SES sends no copies.")
    found = checked_addresses(destination.get("ToAddresses"))
    if not found:
        raise RefusedError(Refusal.BAD_REQUEST, "No recipients.")
    if len(found) > MOST_DESTINATIONS:
        raise RefusedError(Refusal.BAD_REQUEST, f"Recipient count exceeds {MOST_DESTINATIONS}.")
    return found


def checked_values(data: str | None) -> Json:
    """Template data as an object."""
    if len(data or "") > MOST_TEMPLATE_DATA:
        raise RefusedError(Refusal.BAD_REQUEST, "The template data is too long.")
    try:
        values = json.loads(data or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise RefusedError(Refusal.BAD_REQUEST, "The template data is invalid.")
    return values


def checked_headers(headers: list[Json] | None) -> Headers:
    """Headers as pairs, within the limits of the API."""
    pairs = _pairs(headers)
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
    pairs = _pairs(tags)
    if not all(TAG.match(word) or word in FEEDBACK_TAGS for pair in pairs for word in pair):
        raise RefusedError(
            Refusal.BAD_REQUEST, "Tag names and values take A-Z, a-z, 0-9, _ and -, up to 256."
        )
    return dict(pairs)


def _pairs(items: list[Json] | None) -> Headers:
    return tuple((str(item.get("Name", "")), str(item.get("Value", ""))) for item in items or [])
