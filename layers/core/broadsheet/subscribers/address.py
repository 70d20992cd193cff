"""A mail address: whether it is one, and the one spelling under which a reader is known.

Normalised: NFC, domain in lower case and in Punycode; dots and plus tags stay, they may be another mailbox.
"""

from email_validator import EmailNotValidError, validate_email


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
            text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except (EmailNotValidError, UnicodeError):
        raise AddressError("not a mail address") from None  # the library's words repeat parts of the text
    return f"{found.local_part}@{found.ascii_domain}"
