"""Mails as SES hands them to a reader's server: strict MIME, names in their script, unsubscribe headers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import policy
from email.headerregistry import AddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from broadsheet.aws.ses import SESMailer
from broadsheet.aws.ses_bulk import SESBulkMailer
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.ports import Addressee
from broadsheet.subscribers.reader_mails import confirmation_mail
from local.ses import messages
from local.ses.emulator import rendered
from local.ses.requests import Outgoing, read_bulk, read_single
from tests.builders import a_sample_issue, the_sample_newsletter

AT = datetime(2016, 12, 12, 6, 10, tzinfo=UTC)
LEAVE = "https://ninthbridge.example.org/api/unsubscribe?t=2016.abc.def&in=en"
EDITIONS = ("en", "be", "ru")
STRICT = policy.SMTP.clone(raise_on_defect=True)
TITLES = {
    "en": "Who signs for winter: papers, honey and trains",
    "be": "Хто падпісвае зіму: паперы, мёд і цягнікі",
    "ru": "Кто подписывает зиму: бумаги, мёд и поезда",
}


@dataclass
class Wire:
    """An SES that keeps what it was asked for."""

    calls: list[dict[str, Any]] = field(default_factory=list)

    def send_bulk_email(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return {"BulkEmailEntryResults": [{"Status": "SUCCESS"} for _ in call["BulkEmailEntries"]]}

    def send_email(self, **call: Any) -> None:
        self.calls.append(call)


def assembled(outgoing: Any) -> bytes:
    assert isinstance(outgoing, Outgoing), outgoing
    content = rendered(outgoing.content)
    return messages.build(outgoing, content, "0107-abc-000000@email.amazonses.com", AT).source()


def an_issue_mail(edition: str, week: str = "2016-12-12", name: str = "", title: str = "") -> bytes:
    ses: Any = Wire()
    newsletter, issue = the_sample_newsletter(), a_sample_issue(week, edition)
    if name:
        editions = {edition: replace(newsletter.editions[edition], name=name)}
        newsletter = replace(newsletter, editions=editions)
    addressee = Addressee("a" * 32, "ana@readers.example", LEAVE)
    body = mail_body(replace(issue, title=title or issue.title), newsletter)
    SESBulkMailer(ses, "set", newsletter).send(body, [addressee], {"mailing": f"{week}_en"})
    return assembled(*read_bulk(ses.calls[0]))


def a_confirmation(edition: str) -> bytes:
    ses: Any = Wire()
    mail = confirmation_mail("2016.abc.def", edition, the_sample_newsletter())
    SESMailer(ses, "set").send(mail, "ana@readers.example", {"kind": "confirm"})
    return assembled(read_single(ses.calls[0]))


def parsed(source: bytes) -> EmailMessage:
    message = BytesParser(EmailMessage, policy=STRICT).parsebytes(source)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("made", [an_issue_mail, a_confirmation])
def test_a_mail_is_strict_mime_with_text_before_html(made: Any, edition: str) -> None:
    source = made(edition)
    message = parsed(source)
    assert message.defects == []
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.defects for part in parts] == [[], []]
    assert all(part.get_content().strip() for part in parts)
    assert source.isascii()
    lines = source.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert b"\n" not in b"".join(lines)


@pytest.mark.parametrize("edition", EDITIONS)
def test_subject_and_sender_are_in_the_script_of_the_edition(edition: str) -> None:
    message = parsed(an_issue_mail(edition))
    sender = message["From"]
    assert isinstance(message["Subject"], UnstructuredHeader)
    assert isinstance(sender, AddressHeader)
    newsletter = the_sample_newsletter()
    assert message["Subject"] == TITLES[edition]
    assert [(a.display_name, a.addr_spec) for a in sender.addresses] == [
        (newsletter.editions[edition].name, newsletter.sender)
    ]


@pytest.mark.parametrize("edition", EDITIONS)
def test_both_parts_arrive_as_they_were_written(edition: str) -> None:
    body = mail_body(a_sample_issue("2016-12-12", edition), the_sample_newsletter()).filled(LEAVE)
    text, html = parsed(an_issue_mail(edition)).iter_parts()
    assert text.get_content().replace("\r\n", "\n") == body.text
    assert html.get_content().replace("\r\n", "\n") == body.html


def test_the_headers_of_a_list_are_there_and_the_list_is_the_edition() -> None:
    ids = {}
    for edition in EDITIONS:
        first, second = (parsed(an_issue_mail(edition, week)) for week in ("2016-12-05", "2016-12-12"))
        assert first["List-Unsubscribe"] == f"<{LEAVE}>"
        assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        ids[edition] = str(first["List-Id"]).rpartition("<")[2]
        assert str(first["List-Id"]) == str(second["List-Id"])
    assert ids == {edition: f"{edition}.ninthbridge.example.org>" for edition in EDITIONS}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('A "quoted" name, Inc.', 'A "quoted" name, Inc.'),
        ("Back\\slash; (a comment): b", "Back\\slash; (a comment): b"),
        ("«Дзявяты», мост", "«Дзявяты», мост"),
        ("שלום \u200f🗞️", "שלום \u200f🗞️"),
        ("A name\r\nBcc: ana@example.org", "A name Bcc: ana@example.org"),
        ("Імя\u2028\nBcc: x\x00\x1b", "Імя Bcc: x"),
        ("word " * 60, " ".join(["word"] * 20)),
        ("Ў" * 900, "Ў" * 100),
        ("🗞" * 900, "🗞" * 100),
    ],
)
def test_headers_are_valid_for_any_name_of_the_newsletter(name: str, shown: str) -> None:
    message = parsed(an_issue_mail("en", name=name))
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "letter@ninthbridge.example.org"
    assert sender.display_name.replace(" ", "") == shown.replace(" ", "")  # the parser parts encoded words
    phrase, _, list_id = str(message["List-Id"]).rpartition(" ")
    assert list_id == "<en.ninthbridge.example.org>"
    assert "".join(phrase.replace("\\", "").strip('"').split()) == "".join(
        shown.replace("\\", "").strip('"').split()
    )
    assert "Bcc" not in message


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("A title\r\nBcc: ana@example.org", "A title Bcc: ana@example.org"),
        ("Two\u2028lines\x0b", "Two lines"),
        ("a\x00b\x1bc", "abc"),
        ("Ў" * 300, "Ў" * 300),
        ("long " * 59 + "title", "long " * 59 + "title"),
        ("🗞️ {{x}} \u202eRTL\u202c", "🗞️ {{x}} \u202eRTL\u202c"),
    ],
)
def test_whatever_a_title_is_the_subject_is_one_line(title: str, subject: str) -> None:
    message = parsed(an_issue_mail("en", title=title))
    assert (str(message["Subject"]), message["Subject"].defects) == (subject, ())
    assert "Bcc" not in message


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("made", [an_issue_mail, a_confirmation])
def test_each_header_occurs_once_and_replies_go_to_the_editors(made: Any, edition: str) -> None:
    message = parsed(made(edition))
    assert len(message.keys()) == len({name.lower() for name in message})
    assert str(message["Reply-To"]) == "editors@ninthbridge.example.org"
    assert str(message["To"]) == "ana@readers.example"
    assert message["Date"].datetime == AT
    is_issue = made is an_issue_mail
    assert message["Feedback-ID"] == (f"2016-12-12_en:{edition}:AmazonSES" if is_issue else None)
    assert message["Auto-Submitted"] == (None if is_issue else "auto-generated")
