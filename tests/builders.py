"""Builders of complete, plausible values. A test passes only the fields that it is about.

How to read a test: `a_subscriber(status=Status.PENDING)` is the usual subscriber but for the named field.
All builders use the same ids (`SUBSCRIBER_ID`, `ISSUE_ID`), so `a_mail_event()` belongs to `a_mailing()`.
`FakeVault` seals addresses and computes fingerprints. `the_sample_newsletter` and `the_sample_desk` are files
of the repository.
"""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from broadsheet.archive.register import CommentarySummary, PublishedEdition, Record
from broadsheet.content.issue import Issue
from broadsheet.content.pictures import PictureSize, SitePicture
from broadsheet.content.read import read_issue
from broadsheet.feedback.events import MailEvent
from broadsheet.http import FORM, JSON, Request
from broadsheet.mailings.body import Body, letter_digest
from broadsheet.mailings.chunk_plan import ChunkPlan
from broadsheet.mailings.mailing import Mailing, MailingState
from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_file import read_newsletter
from broadsheet.subscribers.messages import SignupMessage
from broadsheet.subscribers.subscriber import Consent, PendingAddress, PendingRequest, Status, Subscriber
from tests.fakes.issues import FakeDesk
from tests.fakes.subscribers import FakeVault

ROOT = Path(__file__).parents[1]

ADDRESS = "ana@example.org"
SUBSCRIBER_ID = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
REQUEST_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ISSUE_ID = "2016-12-05"
TEXT_VERSION = "en-0123456789abcdef"

NEWSLETTER_TOML = """
name = "The Ninth Bridge"
description = "A weekly commentary."
cadence = "week"
time_zone = "Europe/Vilnius"
origin = "https://news.example.org"
sender = "letter@news.example.org"
reply_to = "editors@news.example.org"
postal_address = "The Ninth Bridge, 9 Riverside Street, 00-009 Exampleton"
editors = ["desk@news.example.org"]
accent = "#1f4e5f"

[editions.en]
language = "en"
name = "The Ninth Bridge"
description = "Two topics, every week."
sign_up = "One letter a week."

[editions.be]
language = "be"
name = "Дзявяты мост"
description = "Дзве тэмы кожны тыдзень."
sign_up = "Адзін ліст на тыдзень."

[editions.ru]
language = "ru"
name = "Девятый мост"
description = "Две темы каждую неделю."
sign_up = "Одно письмо в неделю."

[[audiences]]
id = "en"
label = "EN"
editions = ["en"]

[[audiences]]
id = "be-ru"
label = "BE/RU"
editions = ["be", "ru"]

[[topics]]
id = "security"
en = "Security issues"
be = "Пытанні бяспекі"
ru = "Вопросы безопасности"

[[topics]]
id = "belarus-west"
en = "Belarus-West relations"
be = "Адносіны Беларусі з Захадам"
ru = "Отношения Беларуси с Западом"

[[trends]]
id = "same"
tone = "neutral"
en = "The situation has not changed"
be = "Сітуацыя не змянілася"
ru = "Ситуация не изменилась"

[[trends]]
id = "worse"
tone = "red"
en = "The situation got worse"
be = "Сітуацыя пагоршылася"
ru = "Ситуация ухудшилась"

[[trends]]
id = "better"
tone = "green"
en = "The situation has gotten better"
be = "Сітуацыя палепшылася"
ru = "Ситуация улучшилась"
"""


def a_newsletter(**changes: Any) -> Newsletter:
    """Editions en, be, ru; audiences en, be-ru; topics security, belarus-west; three trends."""
    return replace(read_newsletter(NEWSLETTER_TOML), **changes)


def a_pending_request(**changes: Any) -> PendingRequest:
    """A pending request that expires on Wednesday morning."""
    pending_request = PendingRequest(
        request_id=REQUEST_ID,
        audiences=("en",),
        language="en",
        text=TEXT_VERSION,
        form="page",
        asked_on=date(2016, 12, 12),
        expires_at=datetime(2016, 12, 14, 6, 0, tzinfo=UTC),
    )
    return replace(pending_request, **changes)


def a_pending_address(new: Subscriber, **changes: Any) -> PendingAddress:
    """A request of the usual subscriber for the address of `new`; it expires on Wednesday morning."""
    pending = PendingAddress(
        request_id=REQUEST_ID,
        subscriber_id=SUBSCRIBER_ID,
        fingerprint=new.fingerprint,
        sealed_address=new.sealed_address,
        asked_on=date(2016, 12, 12),
        expires_at=datetime(2016, 12, 14, 6, 0, tzinfo=UTC),
    )
    return replace(pending, **changes)


def a_consent(**changes: Any) -> Consent:
    """A consent of a month ago."""
    consent = Consent(
        request_id="00112233445566778899aabbccddeeff",
        text=TEXT_VERSION,
        form="page",
        language="en",
        asked_on=date(2016, 11, 10),
        confirmed_on=date(2016, 11, 11),
    )
    return replace(consent, **changes)


def a_subscriber(address: str = ADDRESS, **changes: Any) -> Subscriber:
    """Confirmed for audience en; with `status=Status.PENDING`, `a_choice()` is the pending request.

    `FakeVault` makes fingerprint and sealed address.
    """
    subscriber_id = changes.get("id", SUBSCRIBER_ID)
    pending = changes.get("status") is Status.PENDING
    subscriber = Subscriber(
        id=subscriber_id,
        status=Status.CONFIRMED,
        fingerprint=FakeVault().fingerprint(address),
        language="en",
        sealed_address=FakeVault().seal(address, subscriber_id),
        audiences=frozenset() if pending else frozenset({"en"}),
        pending_request=a_pending_request() if pending else None,
        consent=None if pending else a_consent(),
    )
    return replace(subscriber, **changes)


def a_sign_up(address: str = ADDRESS, **changes: Any) -> SignupMessage:
    """A sign-up for audience en, its address sealed by `FakeVault`."""
    message = SignupMessage(
        request_id=REQUEST_ID,
        sealed=FakeVault()(address),
        audiences=("en",),
        language="en",
        text=TEXT_VERSION,
        form="page",
        asked_on=date(2016, 12, 12),
        attempt=1,
        asked_at=int(datetime(2016, 12, 12, 6, 0, tzinfo=UTC).timestamp()),
    )
    return replace(message, **changes)


def a_request(
    method: str = "POST",
    path: str = "/api/subscribe",
    *,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    form: dict[str, Any] | None = None,
    content: Any = None,
    body: bytes = b"",
) -> Request:
    """A request with a urlencoded `form`, `content` as JSON, or a raw `body`."""
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if form is not None:
        sent, body = {"content-type": FORM, **sent}, urlencode(form, doseq=True).encode()
    elif content is not None:
        sent, body = {"content-type": JSON, **sent}, json.dumps(content).encode()
    return Request(method, path, query or {}, sent, body)


def an_event(request: Request, *, base64_encoded: bool = True) -> dict[str, Any]:
    """The request as an HTTP API's event (payload format 2.0)."""
    body = base64.b64encode(request.body).decode() if base64_encoded else request.body.decode()
    return {
        "version": "2.0",
        "routeKey": f"ANY {request.path}",
        "rawPath": request.path,
        "rawQueryString": urlencode(request.query),
        "headers": request.headers,
        "requestContext": {
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "Mozilla/5.0",
            },
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": base64_encoded,
    }


def a_mailing(**changes: Any) -> Mailing:
    """The mailing of `ISSUE_ID` for audience en, held until 6:10; in other states it has one chunk.

    `chunk_count` stands for a plan of so many chunks of equal width, without a trial.
    """
    if "chunk_count" in changes:
        changes["plan"] = ChunkPlan(changes.pop("chunk_count"))
    mailing = Mailing(ISSUE_ID, "en", MailingState.HELD, datetime(2016, 12, 12, 6, 10, tzinfo=UTC))
    if changes.get("state", MailingState.HELD) is not MailingState.HELD:
        digest = letter_digest(a_body().digest, a_newsletter())
        mailing = replace(
            mailing, edition="en", revision="0123456789abcdef0123", plan=ChunkPlan(1), digest=digest
        )
    return replace(mailing, **changes)


def a_mail_event(kind: str, address: str = "") -> MailEvent:
    """An event of SES for `SUBSCRIBER_ID` in chunk 3 of `a_mailing()`; hard if it has an address."""
    return MailEvent(kind, a_mailing().id, 3, SUBSCRIBER_ID, address, hard=bool(address))


def a_body(**changes: Any) -> Body:
    """A mail body as stored with a revision."""
    body = Body(
        sender_name="The Ninth Bridge",
        edition="en",
        language="en",
        subject="Two summits, one road",
        html='<p>Two summits.</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>',
        text="Two summits.\n\nUnsubscribe: {{unsubscribe_url}}\n",
    )
    return replace(body, **changes)


def a_published_edition(**changes: Any) -> PublishedEdition:
    """A published edition."""
    edition = PublishedEdition(
        revision="0123456789abcdef0123",
        title="Two summits, one road",
        summary="What the neighbours want.",
        first_day=date(2016, 12, 5),
        last_day=date(2016, 12, 11),
        send_at=None,
        commentaries=(
            CommentarySummary("security-1", "security", "A quiet border", "same", "Nothing moved."),
        ),
        pictures={},
        first_published_at=datetime(2016, 12, 12, 6, 0, tzinfo=UTC),
        changed_at=datetime(2016, 12, 12, 6, 0, tzinfo=UTC),
        mail_digest=a_body().digest,
    )
    return replace(edition, **changes)


def a_shown_picture(source: str = "images/bridge.jpg", issue: str = ISSUE_ID) -> SitePicture:
    """A picture on the site, in two widths."""
    name = f"media/{issue}/{Path(source).stem}-0123456789"
    return SitePicture((PictureSize(f"{name}-720.jpg", 720, 480), PictureSize(f"{name}-1440.jpg", 1440, 960)))


def a_record(issue: str = ISSUE_ID, **changes: Any) -> Record:
    """The record of an issue whose English edition was published once."""
    return replace(Record(issue, version=1, editions={"en": a_published_edition()}), **changes)


def the_sample_newsletter() -> Newsletter:
    """The newsletter of the repository."""
    return read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))


def the_sample_desk() -> dict[str, bytes]:
    """The files of `content/` by their keys on the desk."""
    content = ROOT / "content"
    return {
        path.relative_to(content).as_posix(): path.read_bytes()
        for path in sorted(content.glob("issues/**/*"))
        if path.is_file()
    }


def a_sample_issue(issue_id: str = ISSUE_ID, edition: str = "en") -> Issue:
    """One edition of a sample issue."""
    files = FakeDesk(the_sample_desk()).files(f"issues/{issue_id}")
    return read_issue(
        issue_id, edition, files.texts[edition], frozenset(files.pictures), the_sample_newsletter()
    ).issue


def an_issue(body: str, edition: str = "en", pictures: frozenset[str] = frozenset()) -> Issue:
    """An issue of `a_newsletter()` with this text below its front matter."""
    text = f"---\ntitle: A title\nsummary: A summary.\n---\n{body}"
    return read_issue(ISSUE_ID, edition, text.encode(), pictures, a_newsletter()).issue
