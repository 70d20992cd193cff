"""Which addresses SES takes, and what it says of the others.

Source: botocore's model, Destination: no SMTPUTF8, so the local part is ASCII and a domain is in Punycode.
SES CLI reference: the whole address string is 7-bit ASCII, a display name in other letters is RFC
2047-encoded by the caller. The wording is SES's own, as reported: github.com/18F/identity-idp/pull/7380
(domain), github.com/openstax/accounts/issues/253 and github.com/egulias/EmailValidator/issues/414 (local
part).
"""

import re

from local.ses.errors import Refusal, RefusedError

WITH_NAME = re.compile(r"\A\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>\s*\Z")
LOCAL_PART = re.compile(r"\A[!-~]{1,64}\Z")
DOMAIN = re.compile(
    r"\A[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+\Z"
)


def bare(address: str) -> str:
    """The address without its display name, as it was written; unchecked."""
    named = WITH_NAME.match(address)
    return named["address"] if named else address.strip()


def checked_address(address: str) -> str:
    """The address as it was given, once SES would take it.

    Raises:
        RefusedError: with the words of SES.
    """
    local_part, at, domain = bare(address).rpartition("@")
    if not at:
        raise RefusedError(Refusal.BAD_REQUEST, "Missing final '@domain'")
    if not local_part or not LOCAL_PART.match(local_part):
        raise RefusedError(Refusal.BAD_REQUEST, "Local address contains control or whitespace")
    if not domain:
        raise RefusedError(Refusal.BAD_REQUEST, "Missing domain")
    if re.search(r"[\s\x00-\x1f\x7f]", domain):
        raise RefusedError(Refusal.BAD_REQUEST, "Domain contains control or whitespace")
    if not DOMAIN.match(domain):
        raise RefusedError(Refusal.BAD_REQUEST, "Domain contains illegal character")
    if not address.isascii() or not address.isprintable():
        raise RefusedError(Refusal.BAD_REQUEST, "Illegal address: encode the display name by RFC 2047")
    return address
