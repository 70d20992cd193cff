"""The MIME message that SES would hand to the recipient's server.

Text comes before HTML; bodies are UTF-8 in base64, or quoted-printable where they are all ASCII. Headers that
the caller gave stay as they are, on one line each. Message-ID and Date are SES's own (Source: SES Developer
Guide, "Header fields").

It is put together by hand: `email.message` would fold long headers, and takes three times as long.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.header import Header, decode_header, make_header
from email.utils import format_datetime

from local.ses.checks import FEEDBACK_TAGS
from local.ses.requests import Outgoing, Simple

LONGEST_LINE = 900  # well within RFC 5322's 998
LINE_OF_BASE64 = 76  # Source: RFC 2045 section 6.8

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A message for the wire: header fields as they are written, and the encoded body."""

    fields: Fields
    body: bytes

    def source(self) -> bytes:
        """The whole message, with CRLF."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return head.encode("ascii", "replace") + b"\r\n" + self.body

    def subject(self) -> str:
        """The subject, decoded."""
        written = next((value for name, value in self.fields if name.lower() == "subject"), "")
        return str(make_header(decode_header(written)))


def build(outgoing: Outgoing, content: Simple, message_id: str, at: datetime) -> Message:
    """The message for the wire: `content` is what `outgoing` asks for, with its variables filled in."""
    own = [("Message-ID", f"<{message_id}>"), ("Date", format_datetime(at))]
    named = (("To", outgoing.to), ("Reply-To", outgoing.reply_to))
    fields = [("From", outgoing.sender)]
    fields += [(name, _joined(addresses)) for name, addresses in named if addresses]
    fields += [
        ("Subject", encoded_subject(content.subject)),
        *own,
        *_feedback_id(outgoing.tags),
        *outgoing.headers,
        ("MIME-Version", "1.0"),
    ]
    texts = [
        (text, kind) for text, kind in ((content.text, "plain"), (content.html, "html")) if text is not None
    ]
    if len(texts) == 1:
        part_fields, body = _part(*texts[0])
        return Message(fields + part_fields, body)
    boundary = f"----=_Part_{message_id.partition('@')[0]}"
    fields.append(("Content-Type", f'multipart/alternative; boundary="{boundary}"'))
    return Message(
        fields, _multipart([Message(*_part(text, kind)) for text, kind in texts], boundary.encode())
    )


def domain_of_message_ids(region: str) -> str:
    """The domain in SES's Message-ID. Source: SES Developer Guide: `email.amazonses.com` in us-east-1."""
    return "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"


def encoded_subject(subject: str) -> str:
    """The subject on one line; by RFC 2047, folded, where it is not ASCII."""
    one_line = " ".join(subject.splitlines())
    if one_line.isascii() and len(one_line) < LONGEST_LINE:
        return one_line
    return Header(one_line, "utf-8", 75, "Subject").encode(linesep="\r\n")


def _feedback_id(tags: dict[str, str]) -> Fields:
    """By which mailbox providers group complaints. Source: AWS Messaging blog, July 2024."""
    own = [tags[name] for name in FEEDBACK_TAGS if tags.get(name)]
    return [("Feedback-ID", ":".join([*own, "AmazonSES"]))] if own else []


def _joined(addresses: tuple[str, ...]) -> str:
    joined = ", ".join(addresses)
    return joined if len(joined) < LONGEST_LINE else ",\r\n ".join(addresses)


def _part(text: str, kind: str) -> tuple[Fields, bytes]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    encoding, body = (
        ("quoted-printable", binascii.b2a_qp(lines)) if text.isascii() else ("base64", _base64(lines))
    )
    return [("Content-Type", f'text/{kind}; charset="utf-8"'), ("Content-Transfer-Encoding", encoding)], body


def _base64(data: bytes) -> bytes:
    encoded = base64.b64encode(data)
    return b"\r\n".join(encoded[i : i + LINE_OF_BASE64] for i in range(0, len(encoded), LINE_OF_BASE64))


def _multipart(parts: list[Message], boundary: bytes) -> bytes:
    opened = [b"--" + boundary + b"\r\n" + part.source() + b"\r\n" for part in parts]
    return b"".join(opened) + b"--" + boundary + b"--\r\n"
