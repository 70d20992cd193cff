"""A mail that is complete in itself: to one reader, or to the editors."""

import re
from dataclasses import dataclass, field
from email.header import Header
from email.utils import formataddr

from broadsheet.characters import without_control

LONGEST_WORD = 75  # RFC 2047 section 2
LONGEST_NAME = 100  # letters: encoded, these fit into the 995 characters of a header of SES's
_NO_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class HeaderError(ValueError):
    """A header's value that could hold another header. The message never repeats it."""


@dataclass(frozen=True)
class Mail:
    """Everything but whom it goes to. `sender` is a header value, its name encoded as RFC 2047 asks.

    Raises:
        HeaderError: subject, sender or another header has more than one line; nothing was sent.
    """

    sender: str
    subject: str
    text: str
    html: str
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would end a header and begin another, whoever wrote it."""
        for value in (self.sender, self.subject, self.reply_to, *self.headers, *self.headers.values()):
            if _NO_HEADER.search(value):
                raise HeaderError("a header of a mail holds a line break or a control character")


def named(name: str, address: str) -> str:
    """`name <address>` as a header carries it: ASCII, other letters as RFC 2047 encoded words.

    The name ends after `LONGEST_NAME` letters.
    """
    short = one_line(name)[:LONGEST_NAME].rstrip()
    if short.isascii():
        return formataddr((short, address))
    return f"{Header(short, 'utf-8', LONGEST_WORD).encode(linesep='')} <{address}>"


def one_line(text: str) -> str:
    """The text as a header may hold it: no line break, whatever the sign for it, and no control character."""
    return without_control(" ".join(text.split()))


QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"  # of all that stops sending what passes by itself
NOT_VERIFIED = "NOT_VERIFIED"  # our own word: the sandbox does not know a recipient, or SES our domain


class NotSentError(RuntimeError):
    """SES took nothing. Nobody was mailed. `stop` is why nothing more can be sent, "" if it may pass soon.

    The message is a code, never SES's own text, which may hold addresses.
    """

    def __init__(self, code: str, stop: str = "") -> None:
        super().__init__(code)
        self.stop = stop


class MailRejectedError(NotSentError):
    """SES will not take this mail as it is, however often it comes. Nobody was mailed."""


class SendFailedError(RuntimeError):
    """A mail may or may not have gone; the message is a code, never SES's own text."""
