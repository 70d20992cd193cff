"""A mail address: whether it is one, and the one spelling under which a reader is known.

Normalised: without signs that nobody sees, NFC, domain in lower case and in Punycode; dots and plus tags
stay, they may be another mailbox.
"""

import re

from email_validator import EmailNotValidError, validate_email

from broadsheet.characters import JOINERS, TURNING, UNSEEN, without_unseen

_AROUND = re.compile(rf"^[\s{UNSEEN}]+|[\s{UNSEEN}]+$")
_TURNED = re.compile(f"[{TURNING}]")
# Between letters of scripts that join them (Arabic, the Indic ones), all of which stand behind U+0600.
_JOINED = re.compile(f"(?<=[\u0600-\uffff])[{JOINERS}](?=[\u0600-\uffff])")


class AddressError(ValueError):
    """The text is no address that mail can be sent to. The message never repeats the text."""


def normalise(text: str) -> str:
    """The address as a reader is known by it, domain in Punycode where it is not ASCII.

    Syntax alone, no look-up. SES takes ASCII before the `@` only.
    Source: SES v2 API, "EmailAddress": the local part must be 7-bit ASCII, domains Punycode.

    Raises:
        AddressError: ask the reader to look at what they typed.
    """
    try:
        found = validate_email(
            _visible(text),
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except (EmailNotValidError, UnicodeError):
        raise AddressError("not a mail address") from None  # the library's words repeat parts of the text
    return f"{found.local_part}@{found.ascii_domain}"


def _visible(text: str) -> str:
    """What one sees of the text.

    Signs within stay that make it read as another one, those that turn a line around, or that make another
    name, joiners in a domain whose script joins: the library refuses them there.
    Source: RFC 5892, appendix A.1 and A.2.
    """
    if text.isascii():
        return text.strip()
    found = _AROUND.sub("", text)
    telling = _TURNED.search(found) or _JOINED.search(found.rpartition("@")[2])
    return found if telling else without_unseen(found).strip()
