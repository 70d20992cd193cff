"""A mail that is complete in itself: to one reader, or to the editors."""

from dataclasses import dataclass, field
from email.header import Header
from email.utils import formataddr

LONGEST_WORD = 75  # RFC 2047 section 2


@dataclass(frozen=True)
class Mail:
    """Everything but whom it goes to. `sender` is a header value, its name encoded as RFC 2047 asks."""

    sender: str
    subject: str
    text: str
    html: str
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def named(name: str, address: str) -> str:
    """`name <address>` as a header carries it: ASCII, other letters as RFC 2047 encoded words."""
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', LONGEST_WORD).encode(linesep='')} <{address}>"
