"""Mails as SES hands them to a reader's server: strict MIME, names in their letters, headers for leaving."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.headerregistry import AddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from broadsheet.aws.mailing import SESBulkMailer
from broadsheet.aws.ses import SESMailer
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.ports import Letter
from broadsheet.subscribers.mails import confirmation_mail
from local.ses import messages
from local.ses.post_office import rendered
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


def an_issue_mail(edition: str, week: str = "2016-12-12") -> bytes:
    ses: Any = Wire()
    newsletter = the_sample_newsletter()
    letter = Letter("a" * 32, "ana@readers.example", LEAVE)
    body = mail_body(a_sample_issue(week, edition), newsletter)
    SESBulkMailer(ses, "set", newsletter).send(body, [letter], {"mailing": f"{week}_en"})
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
def test_subject_and_sender_are_in_the_letters_of_the_edition(edition: str) -> None:
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
