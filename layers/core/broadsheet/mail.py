"""A mail to one reader or to the editors, and why it was not sent."""

import re
from dataclasses import dataclass, field
from email.header import Header
from email.utils import formataddr

from broadsheet.characters import without_control

LONGEST_WORD = 75  # RFC 2047 section 2
LONGEST_NAME = 100  # letters: encoded, they fit into the 995 characters that SES allows in a header
_NO_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class HeaderError(ValueError):
    """A header's value contains a line break. The message never repeats it."""


@dataclass(frozen=True)
class Mail:
    """A mail without its recipient. `sender` is a header value, its name encoded by RFC 2047.

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
        """Refuse values that would end a header and begin another."""
        for value in (self.sender, self.subject, self.reply_to, *self.headers, *self.headers.values()):
            if _NO_HEADER.search(value):
                raise HeaderError("a header of a mail holds a line break or a control character")


def named(name: str, address: str) -> str:
    """`name <address>` as a header value: ASCII, other letters as RFC 2047 encoded words.

    The name is cut after `LONGEST_NAME` letters.
    """
    short = one_line(name)[:LONGEST_NAME].rstrip()
    if short.isascii():
        return formataddr((short, address))
    return f"{Header(short, 'utf-8', LONGEST_WORD).encode(linesep='')} <{address}>"


def one_line(text: str) -> str:
    """The text as a header value: without line breaks of any kind and control characters."""
    return without_control(" ".join(text.split()))


QUOTA = "ACCOUNT_DAILY_QUOTA_EXCEEDED"  # the only stop that ends by itself
NOT_VERIFIED = "NOT_VERIFIED"  # our own code: a recipient (in the sandbox) or our domain is not verified


class NotSentError(RuntimeError):
    """Nothing was sent, for SES did not accept the mail. `stop` is why it accepts none, "" if temporary.

    The message is a code, never SES's own text, which may contain addresses.
    """

    def __init__(self, code: str, stop: str = "") -> None:
        super().__init__(code)
        self.stop = stop


class MailRejectedError(NotSentError):
    """SES will never accept this mail. Nothing was sent."""


class SendFailedError(RuntimeError):
    """The mail may or may not have been sent; the message is a code, never SES's own text."""
