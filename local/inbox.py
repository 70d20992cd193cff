"""/_local/inbox: the mail that readers would have got, newest first, and each message in three views."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from flask import Blueprint, Response, abort, render_template

from local.ses.outbox import Outbox, OutboxRecord

# Nothing runs, nothing is fetched; a link may replace the whole window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
)
MOST_SHOWN = 500


def inbox_pages(outbox: Outbox) -> Blueprint:
    """The pages over one outbox."""
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
        return render_template("message.html", record=record, at=_time(record), **_views(source))

    @pages.get("/<message_id>/html")
    def html(message_id: str) -> Response:
        source = outbox.source(message_id) or abort(404)
        response = Response(_with_links_to_the_top(_part(_parsed(source), "html")), content_type="text/html")
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @pages.get("/<message_id>/source")
    def source(message_id: str) -> Response:
        return Response(outbox.source(message_id) or abort(404), content_type="text/plain; charset=utf-8")

    return pages


def _views(source: bytes) -> dict[str, object]:
    parsed = _parsed(source)
    return {
        "headers": [(name, str(value)) for name, value in parsed.items()],
        "has_html": bool(_part(parsed, "html")),
        "text": _part(parsed, "plain"),
        "source": source.decode("utf-8", "replace"),
    }


def _parsed(source: bytes) -> EmailMessage:
    return message_from_bytes(source, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _with_links_to_the_top(html: str) -> str:
    """The HTML, whose links would otherwise open inside the small frame."""
    return re.sub(r"(<head[^>]*>)", r'\1<base target="_top">', html, count=1, flags=re.IGNORECASE)


def _time(record: OutboxRecord) -> str:
    return datetime.fromtimestamp(record.accepted_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
