"""The MIME message that SES would send to the recipient's server.

Text comes before HTML; bodies are UTF-8 in base64, or quoted-printable if they are all ASCII. The caller's
headers are copied unchanged, on one line each. Message-ID and Date are SES's own (Source: SES Developer
Guide, "Header fields").

The standard library's `email.message` is not used: it would fold long headers, and takes three times as long.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from local.ses.checks import FEEDBACK_TAGS
from local.ses.requests import Content, Outgoing

LONGEST_LINE = 900  # well within RFC 5322's 998

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A message for the wire: its header fields as written, and the encoded body."""

    fields: Fields
    body: bytes

    def source(self) -> bytes:
        """The whole message, with CRLF."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return head.encode("ascii", "replace") + b"\r\n" + self.body


def build(outgoing: Outgoing, content: Content, message_id: str, at: datetime) -> Message:
    """The message for the wire; `content` is the rendered content of `outgoing`."""
    fields = [
        ("From", outgoing.sender),
        ("To", _joined(outgoing.to)),
        *([("Reply-To", _joined(outgoing.reply_to))] if outgoing.reply_to else []),
        ("Subject", _encoded_subject(content.subject)),
        ("Message-ID", f"<{message_id}>"),
        ("Date", format_datetime(at)),
        *_feedback_id(outgoing.tags),
        *outgoing.headers,
        ("MIME-Version", "1.0"),
    ]
    texts = ((content.text, "plain"), (content.html, "html"))
    parts = [_part(text, kind) for text, kind in texts if text is not None]
    if len(parts) == 1:
        return Message(fields + parts[0].fields, parts[0].body)
    boundary = f"----=_Part_{message_id.partition('@')[0]}"
    fields.append(("Content-Type", f'multipart/alternative; boundary="{boundary}"'))
    body = b"".join(f"--{boundary}\r\n".encode() + part.source() + b"\r\n" for part in parts)
    return Message(fields, body + f"--{boundary}--\r\n".encode())


def one_line(subject: str) -> str:
    """The subject without line breaks."""
    return " ".join(subject.splitlines())


def _encoded_subject(subject: str) -> str:
    line = one_line(subject)
    if line.isascii() and len(line) < LONGEST_LINE:
        return line
    return Header(line, "utf-8", 75, "Subject").encode(linesep="\r\n")


def _feedback_id(tags: dict[str, str]) -> Fields:
    """The header by which mailbox providers group complaints. Source: AWS Messaging blog, July 2024."""
    own = [tags[name] for name in FEEDBACK_TAGS if tags.get(name)]
    return [("Feedback-ID", ":".join([*own, "AmazonSES"]))] if own else []


def _joined(addresses: tuple[str, ...]) -> str:
    joined = ", ".join(addresses)
    return joined if len(joined) < LONGEST_LINE else ",\r\n ".join(addresses)


def _part(text: str, kind: str) -> Message:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    encoding, body = "quoted-printable", binascii.b2a_qp(lines)
    if not text.isascii():
        encoding, body = "base64", base64.encodebytes(lines).strip().replace(b"\n", b"\r\n")
    content_type = f'text/{kind}; charset="utf-8"'
    return Message([("Content-Type", content_type), ("Content-Transfer-Encoding", encoding)], body)
