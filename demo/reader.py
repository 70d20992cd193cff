"""A simulated reader for the demo and the acceptance tests: a browser without scripts, and a mailbox."""

import email
import email.policy
import html
import json
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

OK = 200
_FORM = re.compile(r'<form method="post" action="([^"]+)">')
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Received:
    """One received mail."""

    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    def header(self, name: str) -> str:
        """A header's value, empty if there is none."""
        return str(self.message[name] or "")

    @property
    def text(self) -> str:
        """The text part."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        """The HTML part."""
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""

    def link(self, path: str) -> str:
        """The first link to that path in the text part; "" if there is none."""
        return next((link for link in _LINK.findall(self.text) if urlsplit(link).path == path), "")


class Inbox:
    """All mail that the SES emulator accepted."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pool = urllib3.PoolManager(retries=False)

    def to(self, recipient: str) -> list[Received]:
        """The mails to one address, oldest first."""
        return [self._read(listed["id"]) for listed in self._listed() if recipient in listed["to"]]

    def last_to(self, recipient: str) -> Received | None:
        """The newest mail to an address."""
        return next(reversed(self.to(recipient)), None)

    def count_to(self, recipient: str) -> int:
        """The number of mails to an address."""
        return sum(recipient in listed["to"] for listed in self._listed())

    def with_subject(self, recipient: str, subject: str) -> list[Received]:
        """The mails to one address with a subject."""
        return [mail for mail in self.to(recipient) if mail.subject == subject]

    def empty(self) -> None:
        """Delete all mails."""
        self.pool.request("DELETE", f"{self.address}/_local/ses/messages")

    def _listed(self) -> list[dict[str, Any]]:
        answer = self.pool.request("GET", f"{self.address}/_local/ses/messages")
        listed: list[dict[str, Any]] = json.loads(answer.data)
        return listed

    def _read(self, message_id: str) -> Received:
        raw = self.pool.request("GET", f"{self.address}/_local/inbox/{message_id}/source").data
        return Received(email.message_from_bytes(raw, policy=email.policy.default))


class DemoReader:
    """A reader with an address, who fills in forms and presses buttons."""

    def __init__(self, address: str, site: str, audience: str = "en", edition: str = "en") -> None:
        self.address, self.site, self.audience, self.edition = address, site, audience, edition
        self.pool = urllib3.PoolManager(retries=False)
        self._shown = ("", "")

    def page(self, path: str) -> str | None:
        """A page of the site; None if it does not exist."""
        answer = self.pool.request("GET", urljoin(self.site, path))
        return answer.data.decode() if answer.status == OK else None

    def sign_up(self) -> str:
        """Send the form; the target of the redirect, or the status if there is none."""
        fields = {"email": self.address, "audience": self.audience, "edition": self.edition}
        answer = self._post(f"{self.site}/api/subscribe", urlencode(fields))
        return answer.headers.get("location", str(answer.status))

    def open_confirmation(self, mail: Received) -> bool:
        """Open the link of a confirmation mail; whether the page has a button."""
        link = mail.link("/api/confirm")
        form = _FORM.search(self.page(link) or "")
        self._shown = (link, html.unescape(form[1])) if form else ("", "")
        return form is not None

    def press_confirm(self) -> str:
        """Press the button; the page after it."""
        link, action = self._shown
        answer = self._post(urljoin(link, action), "button=yes")
        return self.page(answer.headers.get("location", "/nowhere")) or ""

    def one_click(self, mail: Received) -> tuple[int, str]:
        """Post as a mail provider does; status, and redirect if any. Source: RFC 8058, section 3.2."""
        link = mail.header("List-Unsubscribe").strip("<> ")
        answer = self._post(link, "List-Unsubscribe=One-Click")
        return answer.status, answer.headers.get("location", "")

    def can_leave_by(self, mail: Received) -> bool:
        """Whether the mail offers one-click unsubscription, by the same link in its headers and its text."""
        offered = mail.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
        return offered and mail.link("/api/unsubscribe") == mail.header("List-Unsubscribe").strip("<> ") != ""

    def _post(self, url: str, body: str) -> urllib3.BaseHTTPResponse:
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
        return self.pool.request("POST", url, body=body, headers=headers, redirect=False)
