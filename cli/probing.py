"""The steps of `broadsheet verify`: what readers and editors would see of a deployed stack, by one probe.

Each step can be run by itself, in this order; the last clears away what the others laid. None of them reads a
mail, signs a link or touches anything below `issues/`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

import urllib3

from broadsheet.newsletter import Edition, Newsletter
from broadsheet.probes import probe_address, probe_draft

UNKNOWN_LINK = "/api/unsubscribe?t=of-nobody"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
DELIVERED = "delivery"
SECONDS_BETWEEN_LOOKS = 1.0
PUBLISHING = "the log of PublishIssueFunction, the mapping of DeskQueue, and DeskDeadLetters"
MAILING = (
    "the logs of ProcessSignupFunction and RecordFeedbackFunction, the mappings of their queues, their dead"
    " letters, and `broadsheet doctor --round-trip`"
)
DRAFT = """---
title: A draft of broadsheet verify
summary: It is cleared away in a minute.
---
Whether a draft gets its preview and its report, and nothing else.
"""


class StepFailedError(Exception):
    """A step did not find what it looked for; the message says what it found instead."""


class ProbeDesk(Protocol):
    """The probe's own objects on the desk below `drafts/`, and their reports below `reports/drafts/`."""

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""

    def get(self, key: str) -> bytes | None:
        """Read an object; None if it is not there."""

    def remove(self, prefix: str) -> None:
        """Delete what begins with this; a second time changes nothing."""


@dataclass(frozen=True)
class ProbeStep:
    """What is done, how, and where to look if it fails. `run` gives a few words on what was found."""

    name: str
    run: Callable[[], str]
    look_at: str


@dataclass(frozen=True)
class Probe:
    """One run. `said` gives the words of the events that came back; waiting ends after `patience` looks."""

    name: str
    site: str
    newsletter: Newsletter
    desk: ProbeDesk
    said: Callable[[str], frozenset[str]]
    pool: urllib3.PoolManager
    sleep: Callable[[float], None]
    patience: int

    def steps(self) -> Iterator[ProbeStep]:
        """All of them, in order."""
        yield ProbeStep("front pages", self.front_pages, PUBLISHING)
        yield ProbeStep(
            "sign-up form", self.sign_up, "the log of SubscribeFunction, and the CDN by `broadsheet doctor`"
        )
        yield ProbeStep("confirmation delivered", self.delivered, MAILING)
        yield ProbeStep("draft laid", self.lay_draft, "your rights to the desk: the output VerifyPolicy")
        yield ProbeStep("preview", self.preview, PUBLISHING)
        yield ProbeStep("report", self.report, PUBLISHING)
        yield ProbeStep("leaving by a link", self.leave, "the log of UnsubscribeFunction, and the CDN")
        yield ProbeStep(
            "cleared away", self.clear_away, f"{PUBLISHING}; the sweep deletes what is left within two hours"
        )

    def front_pages(self) -> str:
        """Each edition's answers, in its language."""
        for edition in self.newsletter.editions.values():
            answer = self._answer("GET", f"/{edition.id}/index.html")
            if answer.status != HTTPStatus.OK or f'lang="{edition.language}"'.encode() not in answer.data:
                raise StepFailedError(f"/{edition.id}/index.html answered {answer.status}")
        return ", ".join(self.newsletter.editions)

    def sign_up(self) -> str:
        """The public form takes the simulator's address as it takes a reader's."""
        audience = self.newsletter.audiences[0].id
        fields = {"email": probe_address(self.name), "audience": audience, "edition": self._edition.id}
        answer = self._answer("POST", "/api/subscribe", urlencode(fields))
        if answer.status != HTTPStatus.SEE_OTHER:
            raise StepFailedError(f"/api/subscribe answered {answer.status}")
        return "taken"

    def delivered(self) -> str:
        """The event of the confirmation mail's delivery came back and was recorded."""
        if not self._until(lambda: DELIVERED in self.said(self.name)):
            came = ", ".join(sorted(self.said(self.name))) or "none"
            raise StepFailedError(f"no event of its delivery came back; events so far: {came}")
        return "event recorded"

    def lay_draft(self) -> str:
        """A text in a folder of its own below `drafts/`."""
        self.desk.put(f"drafts/{self._draft}/{self._edition.id}.md", DRAFT.encode())
        return f"drafts/{self._draft}"

    def preview(self) -> str:
        """The draft's page answers, and asks search engines to leave it out."""
        if not self._until(lambda: self._answer("GET", self._page).status == HTTPStatus.OK):
            raise StepFailedError(f"{self._page} answers {self._answer('GET', self._page).status}")
        answer = self._answer("GET", self._page)
        if "noindex" not in answer.headers.get("x-robots-tag", "") and b"noindex" not in answer.data:
            raise StepFailedError(f"{self._page} does not say noindex")
        return "noindex"

    def report(self) -> str:
        """The report stands on the desk and leads to the preview."""
        key = f"reports/drafts/{self._draft}/{self._edition.id}.html"
        if not self._until(lambda: self._page.encode() in (self.desk.get(key) or b"")):
            raise StepFailedError(f"{key} is {'another' if self.desk.get(key) else 'not there'}")
        return "on the desk"

    def leave(self) -> str:
        """A mail provider's post gets 200 whatever the link; opening it shows a page.

        Source: RFC 8058, section 3.2.
        """
        posted = self._answer("POST", UNKNOWN_LINK, "List-Unsubscribe=One-Click")
        if posted.status != HTTPStatus.OK:
            raise StepFailedError(f"a one-click post was answered {posted.status}")
        opened = self._answer("GET", UNKNOWN_LINK)
        if opened.status not in (HTTPStatus.OK, HTTPStatus.GONE) or b"</html>" not in opened.data:
            raise StepFailedError(f"opening the link was answered {opened.status}")
        return "answered"

    def clear_away(self) -> str:
        """The draft goes, and with it its preview; the report, which nobody may delete, expires in a day."""
        self.desk.remove(f"drafts/{self._draft}/")
        is_gone = self._until(lambda: self._answer("GET", self._page).status != HTTPStatus.OK)
        if not is_gone:
            raise StepFailedError(f"{self._page} still answers")
        return "nothing left but its report, which expires within a day"

    @property
    def _draft(self) -> str:
        return probe_draft(self.name)

    @property
    def _edition(self) -> Edition:
        return next(iter(self.newsletter.editions.values()))

    @property
    def _page(self) -> str:
        return f"/drafts/{self._draft}/{self._edition.id}/{self._draft}/index.html"

    def _answer(self, method: str, path: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
        try:
            return self.pool.request(
                method, self.site + path, body=body, headers=FORM if body else {}, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise StepFailedError(f"{path} can't be reached: {type(error).__name__}") from None

    def _until(self, held: Callable[[], bool]) -> bool:
        for _ in range(self.patience):
            if held():
                return True
            self.sleep(SECONDS_BETWEEN_LOOKS)
        return held()
