"""/_local/inbox: the mail that SES would have delivered, newest first, and each message in three views."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from flask import Blueprint, Response, abort, render_template

from local.ses.outbox import Outbox, OutboxRecord

# No scripts and no requests; a link may open in the whole window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
)
MOST_SHOWN = 500
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
LINKS_TO_THE_TOP = r'\g<0><base target="_top">'  # else they would open inside the small frame


def inbox_pages(outbox: Outbox) -> Blueprint:
    """The pages of one outbox."""
    pages = Blueprint("inbox", __name__, url_prefix="/_local/inbox")

    @pages.get("")
    def inbox() -> str:
        records = outbox.records()
        newest = [(one, _time(one)) for one in reversed(records[-MOST_SHOWN:])]
        return render_template("inbox.html", newest=newest, count=len(records))

    @pages.get("/<message_id>")
    def message(message_id: str) -> str:
        record = outbox.record(message_id) or abort(404)
        source = outbox.source(message_id) or b""
        mail = _parsed(source)
        return render_template(
            "message.html",
            record=record,
            at=_time(record),
            headers=[(name, str(value)) for name, value in mail.items()],
            has_html=bool(_part(mail, "html")),
            text=_part(mail, "plain"),
            source=source.decode("utf-8", "replace"),
        )

    @pages.get("/<message_id>/html")
    def html(message_id: str) -> Response:
        source = outbox.source(message_id) or abort(404)
        page = HEAD.sub(LINKS_TO_THE_TOP, _part(_parsed(source), "html"), count=1)
        response = Response(page, content_type="text/html")
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @pages.get("/<message_id>/source")
    def source(message_id: str) -> Response:
        return Response(outbox.source(message_id) or abort(404), content_type="text/plain; charset=utf-8")

    return pages


def _parsed(source: bytes) -> EmailMessage:
    return message_from_bytes(source, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _time(record: OutboxRecord) -> str:
    return datetime.fromtimestamp(record.accepted_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
