"""Validates and normalises mail addresses.

Normalised: without invisible characters, NFC, the domain in lower case and in Punycode. Dots and plus tags
stay, for they may make another mailbox.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from broadsheet.characters import JOINERS, TURNING, UNSEEN, without_unseen

LONGEST_ADDRESS = 254
_AROUND = re.compile(rf"^[\s{UNSEEN}]+|[\s{UNSEEN}]+$")
_TURNED = re.compile(f"[{TURNING}]")
# Between letters of scripts that join them (Arabic, Indic), all of which are above U+0600.
_JOINED = re.compile(f"(?<=[\u0600-\uffff])[{JOINERS}](?=[\u0600-\uffff])")


class AddressError(ValueError):
    """The text is not a mail address. The message never repeats the text."""


@cache
def load() -> tuple[Callable[..., Any], type[ValueError]]:
    """The library's function, and its error. Functions that judge each address load it while they start."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # see ARCHITECTURE.md

    return validate_email, EmailNotValidError


def normalise(text: str) -> str:
    """The normalised address. Checks the syntax only, without any look-up.

    Source: SES v2 API, "EmailAddress": the local part must be 7-bit ASCII, domains Punycode.

    Raises:
        AddressError: ask the reader to correct it.
    """
    validate, not_valid = load()
    try:
        found = validate(
            _visible(text),
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except (not_valid, UnicodeError):
        raise AddressError("not a mail address") from None  # the library's message repeats parts of the text
    return f"{found.local_part}@{found.ascii_domain}"


def typed_address(fields: Mapping[str, Sequence[str]]) -> str:
    """The field `email` of a posted form, cut where no address could end."""
    return next(iter(fields.get("email", [])), "")[: LONGEST_ADDRESS + 1]


def address_in(typed: str) -> str:
    """The normalised address of what was typed; "" if it is none."""
    try:
        return normalise(typed)
    except AddressError:
        return ""


def error_of(typed: str) -> str:
    """The key of the words that tell a visitor what is wrong with what they typed; "" if nothing is."""
    if address_in(typed):
        return ""
    return "error_email" if typed.strip() else "error_email_missing"


def _visible(text: str) -> str:
    """The text without invisible characters.

    Those inside it stay if they change how the text reads (direction) or which name it is (joiners in a
    domain of a script that joins letters): the library refuses them. Source: RFC 5892, appendix A.1 and A.2.
    """
    if text.isascii():
        return text.strip()
    found = _AROUND.sub("", text)
    is_significant = _TURNED.search(found) or _JOINED.search(found.rpartition("@")[2])
    return found if is_significant else without_unseen(found).strip()
