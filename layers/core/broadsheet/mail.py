"""A mail that is complete in itself: to one reader, or to the editors."""

from dataclasses import dataclass, field
from email.utils import formataddr


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
    return formataddr((name, address), charset="utf-8")
